"""Spike times per channel, as laboratories store them, checked and turned into a `Recording`."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from brainwright.signal import Recording
from brainwright.signal.clock import TOLERANCE_S, inside
from brainwright.signal.seconds import LONGEST_S, why_no_seconds
from brainwright.untrusted import Bounds, Fault, Unreadable

SECONDS = ("s", "sec", "second", "seconds")


class BadRecording(Fault):
    """A file of spike times that cannot be trusted: what was expected, what came, what to do."""


def from_trains(
    trains: Sequence[ArrayLike],
    *,
    source: str,
    channels: Sequence[int] | None = None,
    n_channels: int | None = None,
    start_s: float = 0.0,
    stop_s: float | None = None,
    sure: bool = False,
    bounds: Bounds | None = None,
) -> Recording:
    """It makes one dish from one train of rising spike times in seconds per channel.

    Args:
        trains: times of each train, [event] each.
        source: where they come from, for error messages.
        channels: channel of each train; default 0, 1, 2 ...
        n_channels: channels of the array; default one more than the largest that is named.
        start_s, stop_s: the recorded interval; `stop_s` by default the first whole second after the last
            spike (so silence at the end is lost: give it where it is known).
        sure: the times are known to be seconds; else times that cannot be are refused.
        bounds: on the number of channels.

    Raises:
        BadRecording: times that fall, are not finite, lie outside the interval or are not seconds; channels
            that repeat or do not fit `n_channels`; no train at all.
    """
    numbers = list(range(len(trains))) if channels is None else [int(c) for c in channels]
    if not numbers:
        raise BadRecording(f"{source}: expected spike times of at least one channel, got none")
    if len(numbers) != len(trains):
        raise BadRecording(f"{source}: expected one channel per train, got {len(numbers)} for {len(trains)}")
    n_channels = max(numbers) + 1 if n_channels is None else n_channels
    check_channels(n_channels, source, bounds)
    _check_channels(numbers, n_channels, source)
    times = [_rising(train, number, source) for train, number in zip(trains, numbers, strict=True)]
    doubt = None if sure else why_no_seconds(times)
    if doubt:
        raise BadRecording(f"{source}: {doubt}")
    time_s = np.concatenate(times)
    channel = np.repeat(np.array(numbers, np.int32), [len(train) for train in times])
    last_s = float(time_s.max(initial=start_s))
    stop_s = float(np.floor(last_s + TOLERANCE_S) + 1) if stop_s is None else float(stop_s)
    _check_span(time_s, start_s, stop_s, source)
    order = np.argsort(time_s, kind="stable")
    return Recording(
        np.zeros(len(order), np.int32), channel[order], time_s[order], 1, n_channels, float(start_s), stop_s
    )


def check_channels(n_channels: int, source: str, bounds: Bounds | None) -> None:
    """It raises BadRecording for more channels than `bounds` allow: what follows takes memory for each."""
    try:
        (bounds or Bounds()).check("channels", n_channels, source)
    except Unreadable as error:
        raise BadRecording(str(error)) from error


def by_channel(values: NDArray[np.generic], channel: NDArray[np.integer], n_channels: int) -> list[NDArray]:
    """It returns the values of each channel in their order, sorted once whatever the number of channels."""
    order = np.argsort(channel, kind="stable")
    return np.split(values[order], np.searchsorted(channel[order], np.arange(1, n_channels)))


def in_seconds(
    times: ArrayLike, unit: str | None, source: str, tick_s: float | None = None
) -> NDArray[np.float64]:
    """It takes times that say that they are seconds, or that are floats and say nothing, or in steps of
    `tick_s`.

    Raises:
        BadRecording: another unit, or whole numbers (ticks of an unknown clock), without a `tick_s`.
    """
    values = np.asarray(times)
    if values.dtype.kind not in "iuf":
        raise BadRecording(f"{source}: expected spike times as numbers, got {values.dtype}")
    if tick_s is not None:
        if not (np.isfinite(tick_s) and tick_s > 0):
            raise BadRecording(f"{source}: expected tick_s above 0, the seconds of one step, got {tick_s}")
        return values.astype(np.float64) * tick_s
    if unit is not None and unit.strip().lower() not in SECONDS:
        raise BadRecording(
            f"{source}: expected spike times in seconds, got the unit {unit!r}; convert them and save again, "
            "or give tick_s"
        )
    if unit is None and values.size and values.dtype.kind not in "f":
        raise BadRecording(
            f"{source}: expected spike times in seconds as floats, got {values.dtype}, which looks like "
            "ticks of a clock; give tick_s (1 / rate)"
        )
    return values.astype(np.float64)


def _check_channels(numbers: list[int], n_channels: int, source: str) -> None:
    if len(set(numbers)) != len(numbers):
        twice = sorted(number for number, times in Counter(numbers).items() if times > 1)[:8]
        raise BadRecording(f"{source}: expected each channel once, got {twice} more than once")
    if min(numbers) < 0 or max(numbers) >= n_channels:
        raise BadRecording(
            f"{source}: expected channels 0 to {n_channels - 1}, got {min(numbers)} to {max(numbers)}; "
            "correct n_channels, or renumber the channels"
        )


def _rising(train: ArrayLike, number: int, source: str) -> NDArray[np.float64]:
    times = np.asarray(train, np.float64)
    if times.ndim != 1 or not np.isfinite(times).all():
        raise BadRecording(f"{source}: channel {number}: expected finite times in one row, got {times.shape}")
    falls = np.flatnonzero(np.diff(times) < 0)
    if len(falls):
        i = int(falls[0])
        raise BadRecording(
            f"{source}: channel {number}: expected rising spike times, got {times[i]} s and then "
            f"{times[i + 1]} s; the clock jumped or the file is spoiled: cut it there, or sort it knowingly"
        )
    return times


def _check_span(time_s: NDArray[np.float64], start_s: float, stop_s: float, source: str) -> None:
    if not (np.isfinite(start_s) and np.isfinite(stop_s) and stop_s > start_s):
        raise BadRecording(f"{source}: expected finite start_s < stop_s, got {start_s} and {stop_s}")
    if stop_s - start_s > LONGEST_S:
        raise BadRecording(
            f"{source}: expected seconds, got an interval of {stop_s - start_s:.4g}; "
            "are these milliseconds or ticks? Convert them and save again"
        )
    outside = ~inside(time_s, start_s, stop_s)
    if outside.any():
        raise BadRecording(
            f"{source}: expected spikes in [{start_s}, {stop_s}) s, got {int(outside.sum())} outside, the "
            f"first at {time_s[outside][0]}; wrong unit, or wrong start_s and stop_s"
        )
