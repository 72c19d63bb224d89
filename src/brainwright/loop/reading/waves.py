"""EEG, MEG or ECoG while a text is read: what a continuous signal does after the onset of each word."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy.signal import butter, sosfiltfilt

from brainwright.datasets.frames import on_grid
from brainwright.datasets.nwb_series import Series

from .windows import Windows
from .words import ReadingError

LOWPASS_HZ, ORDER = 30.0, 4
"""Responses to words are slower (N400: a wave of .2 s); mains and muscle are faster. Filtered forwards and
backwards, so that nothing is late.
"""
RATE_HZ = 100.0
"""Frames are thinned out to the whole part of their rate that leaves so many a second, or more."""
BASELINE_S = 0.1
"""Before each onset; its mean is taken off, which takes off slow drift too."""
MEAN_ROOT = 3.0
SD_ROOT = 0.5
"""A deviation of a signal is told to the emulator as that of a count of nine, whose root varies by a half."""
FLAT = 1e-9
"""Of a channel's largest absolute value: one that varies less holds nothing."""


@dataclass(frozen=True, eq=False)
class Waves:
    """A continuous signal of one clock with word onsets, filtered and thinned out.

    Attributes:
        values: in deviations of each channel, [frame, channel].
        channels: their names in the file.
        start_s, rate_hz: when the first frame was, and frames a second.
    """

    values: Float[np.ndarray, "frame channel"]
    channels: tuple[str, ...]
    start_s: float
    rate_hz: float

    @property
    def stop_s(self) -> float:
        """End of the last frame."""
        return self.start_s + len(self.values) / self.rate_hz

    @classmethod
    def of(cls, series: Series) -> "Waves":
        """A series of a file, channel by channel, so that no more than one is held at the full rate.

        Raises:
            ReadingError: channels with missing values or of one value throughout (their names are said),
                fewer than a second of frames.
            DatasetError: frames whose times are not even.
        """
        step_s, columns, missing, flat = _step(series), [], [], []
        thin = max(1, int(1 / step_s / RATE_HZ))
        if series.n_frames * step_s < 1:
            raise ReadingError(
                f"{series.name}: expected a second of signal or more, got {series.n_frames * step_s:g} s"
            )
        for number, name in enumerate(series.channels):
            column = _column(series, number)
            if not np.isfinite(column).all():
                missing.append(name)
            elif np.ptp(column) <= FLAT * np.abs(column).max():
                flat.append(name)
            else:
                columns.append(_thinned(column, step_s, thin))
        for names, fault in ((missing, "missing values (NaN)"), (flat, "one value throughout")):
            if names:
                raise ReadingError(
                    f"{series.name}: expected channels that were recorded throughout, got {fault} in channel "
                    f"{', '.join(names)}: leave them out of the file, or fill them in"
                )
        values = np.stack(columns, axis=1)
        values = (values - values.mean(0)) / values.std(0)
        return cls(values.astype(np.float32), series.channels, series.start_s, 1 / (step_s * thin))

    def after(
        self, onset_s: Float[np.ndarray, " word"], windows: Windows
    ) -> Float[np.ndarray, "1 word 2 feature"]:
        """The mean in each bin after each onset, less that before it, for every channel, early and late.

        In the units in which `FittedReading` takes counts: a root of `MEAN_ROOT`, give or take `SD_ROOT` for
        a deviation over words.

        Raises:
            ReadingError: onsets too near the beginning or the end of the recording.
        """
        first, last = onset_s[0] - BASELINE_S, onset_s[-1] + windows.late[-1][1]
        if first < self.start_s or last > self.stop_s:
            raise ReadingError(
                f"expected a recording from {BASELINE_S:g} s before the first onset to "
                f"{windows.late[-1][1]:g} s behind the last ({first:g} to {last:g} s), got {self.start_s:g} "
                f"to {self.stop_s:g} s: leave out the first or last text, or take a shorter --window-s"
            )
        sums = np.concatenate([np.zeros((1, len(self.channels))), np.cumsum(self.values, 0, np.float64)])
        before = self._mean(sums, onset_s, -BASELINE_S, 0.0)
        parts = [
            np.concatenate([self._mean(sums, onset_s, *bin_s) - before for bin_s in window], axis=1)
            for window in (windows.early, windows.late)
        ]
        made = np.stack(parts, axis=1)  # [word, window, bin x channel]
        spread = made.std(0, keepdims=True)
        root = MEAN_ROOT + SD_ROOT * (made - made.mean(0, keepdims=True)) / np.where(spread > 0, spread, 1.0)
        return np.square(root.clip(min=0))[None].astype(np.float32)

    def _mean(self, sums, onset_s, start_s: float, stop_s: float) -> Float[np.ndarray, "word channel"]:
        """Of frames from `start_s` to `stop_s` after each onset; one at least."""
        a, b = (
            np.round((onset_s + at - self.start_s) * self.rate_hz).astype(int) for at in (start_s, stop_s)
        )
        a = a.clip(0, len(self.values) - 1)
        b = np.maximum(b.clip(0, len(self.values)), a + 1)
        return (sums[b] - sums[a]) / (b - a)[:, None]


def _step(series: Series) -> float:
    """Seconds between two frames. Raises DatasetError: times that are not even."""
    if series.stamps_s is None:
        assert series.rate_hz is not None
        return 1 / series.rate_hz
    step_s, placed = on_grid(series.stamps_s, np.zeros((series.n_frames, 1), np.float32))
    if len(placed) != series.n_frames:
        raise ReadingError(
            f"{series.name}: expected frames without a gap, got {len(placed) - series.n_frames} left out: "
            "give one stretch of the recording"
        )
    return step_s


def _column(series: Series, number: int) -> Float[np.ndarray, " frame"]:
    raw = series.data[:, number] if len(series.channels) > 1 else np.ravel(series.data[:])
    return np.asarray(raw, np.float64) * series.scale[number] + series.offset


def _thinned(column: Float[np.ndarray, " frame"], step_s: float, thin: int) -> Float[np.ndarray, " few"]:
    rate_hz = 1 / step_s
    if rate_hz > 2 * LOWPASS_HZ:
        column = sosfiltfilt(butter(ORDER, LOWPASS_HZ, fs=rate_hz, output="sos"), column)
    return column[::thin]  # nothing is left above `LOWPASS_HZ`, far below half of the new rate
