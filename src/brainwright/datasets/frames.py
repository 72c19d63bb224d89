"""Frames of a continuous signal by their own times: camera and amplifier clocks jitter, drift and skip."""

import numpy as np

from brainwright.datasets.errors import DatasetError
from brainwright.signal.clock import TOLERANCE_S

LONGEST_STEP = 20.0
"""Steps of time beyond so many medians are taken for mixed units, or for a recording that was joined."""
GAP = 1.5
"""Steps beyond so many medians have a frame left out."""
AGREES = 0.01
"""Of a step: rates of cameras are given in rounded numbers, so that 1/30 s is also written 0.0333."""
ROUNDING = 0.01
"""Of a step: a trial of 29.9999 mean steps was meant to hold 30."""


def on_grid(time_s: np.ndarray, traces: np.ndarray) -> tuple[float, np.ndarray]:
    """It returns the step of an even grid, and the frames on it, float32 [place, unit]; places without a
    frame are NaN.

    Raises:
        DatasetError: times that do not rise, jump, or wander off every even grid; another number of frames.
    """
    time_s, traces = np.asarray(time_s, np.float64), np.asarray(traces, np.float32)
    if traces.ndim != 2 or time_s.shape != traces.shape[:1] or len(time_s) < 2:
        raise DatasetError(f"expected a time for each frame, got {time_s.shape} for traces {traces.shape}")
    step_s, place = places(time_s)
    values = np.full((place[-1] + 1, traces.shape[1]), np.nan, np.float32)
    values[place] = traces
    return step_s, values


def places(time_s: np.ndarray) -> tuple[float, np.ndarray]:
    """It returns the step of the grid in seconds, and the place of each frame on it, int64 [frame], rising
    from 0.

    The step is the mean of the steps without a frame left out: that of neighbours, often rounded to
    milliseconds, would drift away from the times. Frames follow one another place by place; after a gap the
    place is that of the time.
    """
    steps, usual = steps_of(time_s)
    gap = steps > GAP * usual
    step_s = float(steps[~gap].mean())
    place = np.arange(len(time_s))
    for first in np.flatnonzero(gap) + 1:
        wanted = round((time_s[first] - time_s[0]) / step_s)
        place[first:] += max(wanted, place[first - 1] + 1) - place[first]
    away = np.abs(time_s - time_s[0] - place * step_s).max()
    if away > step_s:
        raise DatasetError(
            f"frames {step_s:g} s apart on average are up to {away:g} s away from even steps: their rate "
            "changed; split the recording there, or average in wider bins (bin_s)"
        )
    return step_s, place


def steps_of(time_s: np.ndarray) -> tuple[np.ndarray, float]:
    """It returns steps of time between frames in seconds, and their median.

    Raises:
        DatasetError: times that are not finite, do not rise, or jump by more than `LONGEST_STEP` medians.
    """
    steps = np.diff(time_s)
    if not np.isfinite(time_s).all():
        raise DatasetError("expected times that rise, finite and in seconds, got NaN or infinity")
    if not (steps > 0).all():
        raise DatasetError(f"expected times that rise, got a step of {steps.min():g} s; sort the frames")
    usual = float(np.quantile(steps, 0.5, method="lower"))  # a step that was taken, also of two
    if steps.max() > LONGEST_STEP * usual:
        raise DatasetError(
            f"a step of {steps.max():g} s among steps of {usual:g} s: mixed units of time, or two "
            "recordings joined; convert to seconds, or split there"
        )
    return steps, usual


def check_step(bin_s: float | None, step_s: float, source: str) -> None:
    """Raises DatasetError where a width of bins was given and the file's own times have another step."""
    if bin_s is not None and abs(bin_s - step_s) > AGREES * step_s:
        raise DatasetError(
            f"{source}: its own times are {step_s:g} s apart, got bin_s={bin_s:g}; leave bin_s out, or "
            "average or add up bins before they are read"
        )


def cut(
    time_s: np.ndarray, values: np.ndarray, begins_s: np.ndarray, ends_s: np.ndarray
) -> tuple[float, np.ndarray]:
    """It returns the step of the frames, and those within each trial by their own times, [trial, frame,
    unit].

    Trials begin with the first frame at or after their start and are cut to the length of the shortest.

    Raises:
        DatasetError: a trial that holds no frame, and all that `places` refuses.
    """
    step_s, place = places(time_s)
    first, last = (np.searchsorted(time_s, edge - TOLERANCE_S) for edge in (begins_s, ends_s))
    outside = (begins_s < time_s[0] - step_s + TOLERANCE_S) | (ends_s > time_s[-1] + step_s + TOLERANCE_S)
    if outside.any() or (last <= first).any():
        trial = int(np.flatnonzero(outside | (last <= first))[0])
        raise DatasetError(
            f"expected trials within frames at {time_s[0]:g} to {time_s[-1]:g} s, one or more in each; "
            f"got trial {trial} from {begins_s[trial]:g} to {ends_s[trial]:g} s: are both in seconds?"
        )
    late = (time_s[first] - begins_s) / step_s
    begin = place[first] - np.where(late > GAP, np.floor(late), 0).astype(np.int64)
    following = np.append(place, place[-1] + 1)[last]  # the first frame that is no longer the trial's
    fitting = np.floor((ends_s - begins_s) / step_s + ROUNDING).astype(np.int64)
    length = max(1, int(np.minimum(following - begin, fitting).min()))
    whole = np.full((place[-1] + 1, values.shape[1]), np.nan)
    whole[place] = values
    return step_s, np.stack([whole[a : a + length] for a in begin])
