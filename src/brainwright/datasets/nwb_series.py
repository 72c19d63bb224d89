"""A series of an NWB file (voltage, fluorescence): shape, channels, clock, and its values to scale."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from brainwright.datasets.errors import DatasetError

RATES_APART = 100.0  # an imaging rate may count planes or volumes; so far apart it is in another unit


@dataclass(frozen=True)
class Series:
    """A series has values [frame, channel] that stay in the file until they are read."""

    name: str
    data: Any
    n_frames: int
    channels: tuple[str, ...]
    """Rows of the table of electrodes or cells that the columns belong to; numbers where there is none."""
    start_s: float
    rate_hz: float | None
    """None where frames have times of their own, `stamps_s`."""
    stamps_s: np.ndarray | None
    scale: np.ndarray
    offset: float

    def read(self, first: int = 0, last: int | None = None) -> np.ndarray:
        """It returns frames [first, last), float64 [frame, channel], scaled as the file says."""
        part = np.asarray(self.data[first:last], np.float64).reshape(-1, len(self.channels))
        return part * self.scale + self.offset

    def time_s(self) -> np.ndarray:
        """It is the time of each frame."""
        if self.stamps_s is not None:
            return self.stamps_s
        assert self.rate_hz is not None
        return self.start_s + np.arange(self.n_frames) / self.rate_hz


def checked_series(name: str, series: Any) -> Series:
    """It returns a series whose numbers of frames and channels agree with its clock and its table.

    Raises:
        DatasetError: no numbers, no frames, another number of channels than the table has rows (transposed?),
            timestamps that are not one finite number per frame, a rate that is none.
    """
    data, shape = series.data, tuple(np.shape(series.data))
    if len(shape) not in (1, 2) or 0 in shape or np.dtype(getattr(data, "dtype", float)).kind not in "iuf":
        raise DatasetError(f"{name}: expected numbers [frame, channel], got shape {shape}")
    n_frames, n_channels = shape[0], 1 if len(shape) == 1 else shape[1]
    table = getattr(series, "rois", None) if hasattr(series, "rois") else getattr(series, "electrodes", None)
    stamps = None if series.timestamps is None else np.asarray(series.timestamps[:], np.float64).ravel()
    if table is not None and len(table.data) != n_channels:
        raise DatasetError(_other_channels(name, len(table.data), shape))
    start_s, rate_hz = _clock(name, series, stamps, shape)
    if stamps is not None:
        _check_declared_rate(name, series, stamps)
    rows = range(n_channels) if table is None else table.data[:]
    return Series(
        name,
        data,
        n_frames,
        tuple(str(i) for i in rows),
        start_s,
        rate_hz,
        stamps,
        _scale(name, series, n_channels),
        float(series.offset or 0.0),
    )


def _other_channels(name: str, rows: int, shape: tuple[int, ...]) -> str:
    n_channels = 1 if len(shape) == 1 else shape[1]
    advice = (
        "the data stand transposed, [channel, frame]: write them as [frame, channel]"
        if len(shape) == 2 and shape[0] == rows
        else "did the number of channels change during the recording?"
    )
    return f"{name}: expected {rows} channels, as its table has rows, got {n_channels}: {advice}"


def _clock(
    name: str, series: Any, stamps: np.ndarray | None, shape: tuple[int, ...]
) -> tuple[float, float | None]:
    """It returns first time and rate; the rate is None where frames have timestamps."""
    if stamps is None:
        start_s, rate_hz = float(series.starting_time or 0.0), float(series.rate or 0.0)
        if not (np.isfinite(start_s) and np.isfinite(rate_hz) and rate_hz > 0):
            raise DatasetError(
                f"{name}: expected a rate above 0 and a start, got {rate_hz} Hz from {start_s} s"
            )
        return start_s, rate_hz
    if len(stamps) != shape[0]:
        turned = ": the data stand transposed" if len(stamps) in shape else ""
        raise DatasetError(
            f"{name}: expected {shape[0]} timestamps, one per frame, got {len(stamps)}{turned}"
        )
    if not np.isfinite(stamps).all():
        raise DatasetError(f"{name}: expected finite timestamps, got {int((~np.isfinite(stamps)).sum())} NaN")
    return float(stamps[0]), None


def _check_declared_rate(name: str, series: Any, stamps: np.ndarray) -> None:
    """Timestamps in milliseconds or samples give themselves away by the rate of the microscope."""
    plane = getattr(getattr(getattr(series, "rois", None), "table", None), "imaging_plane", None)
    declared = getattr(plane, "imaging_rate", None)
    if not declared or len(stamps) < 2:
        return
    ratio = float(np.median(np.diff(stamps))) * float(declared)
    if ratio > RATES_APART or 0 < ratio < 1 / RATES_APART:
        raise DatasetError(
            f"{name}: frames are {np.median(np.diff(stamps)):g} apart, the imaging plane declares "
            f"{declared:g} frames/s: are the timestamps in seconds?"
        )


def _scale(name: str, series: Any, n_channels: int) -> np.ndarray:
    scale = 1.0 if series.conversion is None else float(series.conversion)
    per_channel = getattr(series, "channel_conversion", None)
    whole = np.full(n_channels, scale) * (
        1.0 if per_channel is None else np.asarray(per_channel[:], np.float64)
    )
    if not (np.isfinite(whole).all() and whole.all()):
        raise DatasetError(f"{name}: expected conversions that are finite and not 0, got {whole.min():g}")
    return whole
