"""Neurodata Without Borders: sorted units, or voltages to detect in, by the rules of `datasets.nwb_file`."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from brainwright.datasets.errors import DatasetError
from brainwright.datasets.frames import GAP
from brainwright.datasets.nwb_file import (
    UNITS,
    VOLTAGE,
    Trains,
    chosen,
    opened,
    series_of,
    sources,
    trains_of,
)
from brainwright.datasets.nwb_series import Series
from brainwright.signal import Recording
from brainwright.signal.clock import TOLERANCE_S
from brainwright.untrusted import Bounds

from .detection import ThresholdDetector, robust_sd
from .optional import need
from .spike_trains import BadRecording, by_channel, check_channels, from_trains

_CHUNK = 250_000  # samples that are in memory at once
_LEARN_S = 10.0  # stretch that sets the thresholds
_SLOWEST_HZ = 500.0  # a spike lasts 1 to 2 ms: slower samples miss it, and such a rate is often meant in kHz

Span = tuple[float, float] | None


def read_nwb(
    path: Path,
    n_channels: int | None = None,
    *,
    source: str | None = None,
    tick_s: float | None = None,
    between_s: Span = None,
    bounds: Bounds | None = None,
) -> Recording:
    """It reads the spike times of `units`, one channel per unit; without units spikes in the only
    ElectricalSeries.

    Voltages are taken as they are (five robust sd below the median): filter them first where slow waves
    exceed the noise. Channels in which no spike can be found are named by a `DeadChannels` warning. The
    recorded interval is that of the units' `obs_intervals`, and where the file has none the whole seconds
    from the first to the last spike.

    Args:
        source: which series, where there are several; see `datasets.nwb.nwb_sources`.
        tick_s: seconds of one step of the times; see `load_recording`.
        between_s: the part to read; needed where units were observed at different times or with gaps.
        bounds: how much the file may unpack to, and how many channels it may have.

    Raises:
        BadRecording: neither units nor a series, or several; spoiled times; gaps; sizes beyond the bounds.
        MissingPackage: pynwb is not installed.
    """
    need("pynwb", "nwb")
    bounds = bounds or Bounds()
    try:
        with opened(path, bounds) as file:
            name = chosen(path, file, source, (VOLTAGE,))
            if name == UNITS:
                check_channels(len(file.units), str(path), bounds)
                return _units(trains_of(path, file, tick_s), n_channels, path, between_s)
            series = series_of(name, sources(file, (VOLTAGE,))[name])
            check_channels(len(series.channels), str(path), bounds)
            return _voltages(series, n_channels, path, tick_s, between_s)
    except DatasetError as error:
        raise BadRecording(str(error)) from error


def _units(units: Trains, n_channels: int | None, path: Path, between_s: Span) -> Recording:
    start_s, stop_s = _recorded(units, path, between_s)
    trains = units.times_s
    if between_s is not None:
        trains = [t[(t >= start_s - TOLERANCE_S) & (t < stop_s - TOLERANCE_S)] for t in trains]
    last_s = max((float(t[-1]) for t in trains if len(t)), default=start_s)
    stop_s = max(stop_s, last_s + 2 * TOLERANCE_S)  # NWB's intervals hold their end
    return from_trains(
        trains, source=str(path), n_channels=n_channels, start_s=start_s, stop_s=stop_s, sure=True
    )


def _recorded(units: Trains, path: Path, between_s: Span) -> tuple[float, float]:
    """It returns the interval in which all units were observed, or that which was asked for and lies within
    it.
    """
    spans = [span for span in units.spans if span is not None]
    if not spans:
        first_s, last_s = units.interval_s()
        return between_s or (float(np.floor(first_s)), float(np.floor(last_s + TOLERANCE_S) + 1))
    common = spans[0]
    for span in spans[1:]:
        common = _overlap(common, span)
    if between_s is not None:
        start_s, stop_s = between_s
        inside = (common[:, 0] <= start_s + TOLERANCE_S) & (common[:, 1] >= stop_s - TOLERANCE_S)
        if not (start_s < stop_s and inside.any()):
            raise BadRecording(
                f"{path}: expected between_s within {_shown(common)} s, got {start_s} to {stop_s}"
            )
        return between_s
    if len(common) == 1 and all(
        len(span) == 1 and np.allclose(span, common, atol=TOLERANCE_S) for span in spans
    ):
        return float(common[0, 0]), float(common[0, 1])
    raise BadRecording(
        f"{path}: units were observed at different times or with gaps, which a recording would show as "
        f"silence; give between_s=(start, stop) within one of the stretches common to all: {_shown(common)} s"
    )


def _overlap(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    """It returns the stretches that lie in an interval of both, [interval, 2]."""
    low, high = np.maximum(a[:, None, 0], b[None, :, 0]), np.minimum(a[:, None, 1], b[None, :, 1])
    return np.column_stack([low[high > low], high[high > low]])


def _shown(spans: NDArray[np.float64]) -> str:
    return ", ".join(f"{a:g} to {b:g}" for a, b in spans[:5]) or "none"


def _voltages(
    series: Series, n_channels: int | None, path: Path, tick_s: float | None, between_s: Span
) -> Recording:
    channels, where = len(series.channels), f"{path}: {series.name}"
    if n_channels not in (None, channels):
        raise BadRecording(f"{where}: holds {channels} channels, asked for {n_channels}")
    time_s = series.time_s() * (tick_s if tick_s is not None and series.stamps_s is not None else 1.0)
    begin, end = _wanted(time_s, between_s, where)
    rate_hz = series.rate_hz or _steady_rate_hz(time_s[begin:end], where)
    if rate_hz < _SLOWEST_HZ:
        raise BadRecording(
            f"{where}: expected {_SLOWEST_HZ:g} samples/s or more to see spikes in, got {rate_hz:g}: is the "
            "rate in kHz, or are the timestamps in milliseconds (tick_s)?"
        )
    opening = series.read(begin, min(end, begin + max(2, round(_LEARN_S * rate_hz))))
    if not (robust_sd(opening) > 0).any():
        raise BadRecording(f"{where}: every channel is flat in the first {_LEARN_S} s")
    detector = ThresholdDetector(channels, rate_hz, source=where)
    detector.learn(opening)
    parts = [detector.detect(series.read(i, min(i + _CHUNK, end)), i) for i in range(begin, end, _CHUNK)]
    at, channel = (np.concatenate(column) for column in zip(*parts, strict=True))
    trains = [time_s[train] for train in by_channel(at, channel, channels)]
    span = between_s or (float(time_s[begin]), float(time_s[end - 1]) + 1 / rate_hz)
    return from_trains(trains, source=where, start_s=span[0], stop_s=span[1], sure=True)


def _wanted(time_s: NDArray[np.float64], between_s: Span, where: str) -> tuple[int, int]:
    """It returns the first sample, and the one after the last, of the part that was asked for."""
    if between_s is None:
        return 0, len(time_s)
    begin, end = (int(i) for i in np.searchsorted(time_s, np.array(between_s) - TOLERANCE_S))
    step_s = (time_s[-1] - time_s[0]) / max(len(time_s) - 1, 1)
    if not (end > begin and between_s[0] >= time_s[0] - step_s and between_s[1] <= time_s[-1] + 2 * step_s):
        raise BadRecording(
            f"{where}: expected between_s within {time_s[0]:g} to {time_s[-1]:g} s, got {between_s[0]} to "
            f"{between_s[1]}"
        )
    return begin, end


def _steady_rate_hz(time_s: NDArray[np.float64], where: str) -> float:
    """It returns the samples per second of timestamps. Raises BadRecording where samples are missing among
    them.
    """
    if len(time_s) < 2:
        raise BadRecording(f"{where}: expected two samples or more, got {len(time_s)}")
    steps = np.diff(time_s)
    if not (steps > 0).all():
        raise BadRecording(f"{where}: expected timestamps that rise, got a step of {steps.min():g} s")
    gaps = np.flatnonzero(steps > GAP * np.median(steps))
    if len(gaps):
        a, b = time_s[gaps[0]], time_s[gaps[0] + 1]
        raise BadRecording(
            f"{where}: no samples between {a:g} and {b:g} s ({len(gaps)} gaps), which a recording would show "
            "as silence; give between_s=(start, stop) for a part without gaps"
        )
    return float(1 / steps.mean())
