"""Activity as pictures: events, rates, answers to a stimulus, spectra."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from brainwright.datasets.activity import Activity
from brainwright.datasets.bins import bins_within
from brainwright.datasets.errors import DatasetError
from brainwright.report.style import BLUE, DASHED, SOFT, interval
from brainwright.signal import Recording, bin_counts
from brainwright.signal.frames import edges_to_windows

from .drawn import axes_or_new

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def raster(recording: Recording, axes: "Axes | None" = None, *, dish: int = 0) -> "Axes":
    """It draws a tick for every event of one dish, channel over time.

    Args:
        recording: of any number of dishes.
        axes: to draw into; new ones where None.
        dish: which one.

    Raises:
        IndexError: no such dish.
    """
    events = recording.of_dish(dish)
    axes = axes_or_new(axes)
    axes.plot(events.time_s, events.channel, "|", color=BLUE, ms=4, mew=0.8)
    axes.set(xlim=(events.start_s, events.stop_s), ylim=(-1, events.n_channels))
    axes.set(xlabel="time (s)", ylabel="channel", title=f"{len(events):,} spikes")
    return axes


def rates(recording: Recording, axes: "Axes | None" = None, *, bin_s: float = 0.05, dish: int = 0) -> "Axes":
    """It draws the mean rate of all channels of one dish over time, in hertz per channel.

    Args:
        recording: of any number of dishes.
        axes: to draw into; new ones where None.
        bin_s: width of a bin in seconds; a last bin that is not full is left out.
        dish: which one.

    Raises:
        DatasetError: a bin that is no number above 0, or longer than the recording.
        IndexError: no such dish.
    """
    activity = _binned(recording, bin_s, dish)
    at_s = recording.start_s + bin_s * (np.arange(activity.shape[0]) + 0.5)
    axes = axes_or_new(axes)
    axes.plot(at_s, activity.mean(axis=1) / bin_s, color=BLUE, lw=1)
    axes.set(xlim=(recording.start_s, recording.stop_s), ylim=(0, None))
    axes.set(xlabel="time (s)", ylabel="rate (Hz per channel)")
    return axes


def psth(
    recording: Recording,
    times_s: ArrayLike,
    axes: "Axes | None" = None,
    *,
    before_s: float = 0.1,
    after_s: float = 0.3,
    bin_s: float = 0.01,
    dish: int = 0,
) -> "Axes":
    """It draws the rate around given times (stimuli, say): the mean over them, with its 95 % interval.

    Args:
        recording: of any number of dishes.
        times_s: of the stimuli on the recording's clock, [stimulus]; those whose window reaches beyond the
            recording are left out.
        axes: to draw into; new ones where None.
        before_s, after_s: how much is shown of each, in seconds.
        bin_s: width of a bin in seconds.
        dish: which one.

    Raises:
        DatasetError: no stimulus whose window was recorded whole, or a window shorter than a bin.
        IndexError: no such dish.
    """
    n_before, n_after = (round(float(span) / bin_s) for span in (before_s, after_s))
    if n_before < 0 or n_before + n_after < 1:
        raise DatasetError(f"psth: expected a window of bins of {bin_s} s, got {before_s} and {after_s} s")
    offsets = bin_s * np.arange(-n_before, n_after + 1)
    at = np.asarray(times_s, np.float64).ravel()
    at = at[(at + offsets[0] >= recording.start_s) & (at + offsets[-1] <= recording.stop_s)]
    if not len(at):
        raise DatasetError("psth: expected at least one stimulus whose window was recorded whole, got none")
    events = recording.of_dish(dish)
    windows = np.concatenate([edges_to_windows(time + offsets) for time in at])
    counts = bin_counts(events, windows).counts[0].reshape(len(at), -1, events.n_channels)
    rate_hz = counts.mean(axis=2) / bin_s
    axes = axes_or_new(axes)
    middle = (offsets[:-1] + offsets[1:]) / 2
    low, high = np.transpose([interval(column) for column in rate_hz.T])
    axes.fill_between(middle, low, high, color=BLUE, alpha=0.25, lw=0)
    axes.plot(middle, rate_hz.mean(axis=0), color=BLUE, lw=1.2)
    axes.axvline(0, color=SOFT, lw=0.8, ls=DASHED)
    axes.set(xlabel="time after the stimulus (s)", ylabel="rate (Hz per channel)", title=f"{len(at)} stimuli")
    return axes


def spectrum(
    recorded: Recording | Activity, axes: "Axes | None" = None, *, bin_s: float = 0.005, dish: int = 0
) -> "Axes":
    """It draws the power spectrum of the summed activity, by Welch's method (`scipy.signal.welch`).

    Args:
        recorded: events, which are counted in bins; or activity, whose trials' spectra are averaged.
        axes: to draw into; new ones where None.
        bin_s: width of a bin in seconds, of events alone.
        dish: which one, of events alone.

    Raises:
        DatasetError: values that are missing, or fewer than eight bins.
    """
    from scipy.signal import welch

    if isinstance(recorded, Activity):
        summed, bin_s = recorded.values.sum(axis=2), recorded.bin_s
    else:
        summed = _binned(recorded, bin_s, dish).sum(axis=1)[None]
    if np.isnan(summed).any() or summed.shape[1] < 8:
        raise DatasetError(f"spectrum: expected 8 bins or more, none missing, got {summed.shape[1]}")
    per_segment = min(256, summed.shape[1])  # welch's own default
    hz, power = welch(summed.astype(np.float64), fs=1 / bin_s, nperseg=per_segment, axis=1)
    axes = axes_or_new(axes)
    axes.loglog(hz[1:], power.mean(axis=0)[1:], color=BLUE, lw=1.2)
    axes.set(xlabel="frequency (Hz)", ylabel="power (per Hz)")
    return axes


def _binned(recording: Recording, bin_s: float, dish: int) -> np.ndarray:
    """Counts [bin, channel] of one dish, silent channels too."""
    n_bins = bins_within(recording.start_s, recording.stop_s, bin_s)
    edges_s = recording.start_s + bin_s * np.arange(n_bins + 1)
    edges_s[-1] = min(edges_s[-1], recording.stop_s)
    return bin_counts(recording.of_dish(dish), edges_to_windows(edges_s)).counts[0]
