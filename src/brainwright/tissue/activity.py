"""The seizure guard: activity outside its band pauses writing until it has been calm for a while."""

from collections import deque
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from brainwright.signal import Recording


@dataclass(frozen=True, kw_only=True)
class ActivityBand:
    """What activity is let be written into.

    rate_hz: detections of a whole dish per second, (lowest, highest), over the last `window_s`.
    burst_spikes: detections of a whole dish in `burst_s`, at most. Stimulus artifacts that were detected
        count, so leave room for them or blank them.
    calm_s: writing resumes after this long inside the band, the upper bounds times `hysteresis`.
    channel_rate_hz: expected rate of each channel [dish, channel]; a channel that owes `dead_after_spikes`
        without one detection is dead. None: not watched.
    """

    rate_hz: tuple[float, float] = (0.0, 5_000.0)
    window_s: float = 1.0
    burst_spikes: int = 2_000
    burst_s: float = 0.05
    hysteresis: float = 0.8
    calm_s: float = 2.0
    channel_rate_hz: NDArray[np.float64] | None = None
    dead_after_spikes: float = 40.0

    def __post_init__(self) -> None:
        low, high = self.rate_hz
        if not 0 <= low < high:
            raise ValueError(f"rate_hz: expected 0 <= lowest < highest, got {self.rate_hz}")
        if not 0 < self.burst_s <= self.window_s:
            raise ValueError(
                f"burst_s: expected 0 < burst_s <= window_s, got {self.burst_s}, {self.window_s}"
            )
        if not (0 < self.hysteresis <= 1 and self.burst_spikes > 0 and self.calm_s >= 0):
            raise ValueError("expected 0 < hysteresis <= 1, burst_spikes > 0 and calm_s >= 0")

    @classmethod
    def from_baseline(cls, baseline: Recording, *, sds: float = 5.0, burst_s: float = 0.05) -> "ActivityBand":
        """It returns a band from spontaneous activity: mean +- `sds` standard deviations over seconds, and
        over bursts.

        Raises:
            ValueError: a baseline shorter than ten seconds.
        """
        if baseline.duration_s < 10:
            raise ValueError(f"from_baseline: expected at least 10 s, got {baseline.duration_s}")
        rate, burst = (_counts(baseline, width_s) for width_s in (1.0, burst_s))
        low = float((rate.mean(axis=1) - sds * _spread(rate)).min())
        high = float((rate.mean(axis=1) + sds * _spread(rate)).max())
        most = (burst.mean(axis=1) + sds * _spread(burst)).max()
        return cls(
            rate_hz=(max(0.0, low), max(1.0, high)),
            burst_spikes=max(1, int(np.ceil(max(most, burst.max())))),
            burst_s=burst_s,
            channel_rate_hz=baseline.rate_hz(),
        )


@dataclass
class SeizureGuard:
    """It watches one piece of tissue. `cause` says why writing is paused; empty when it is not."""

    band: ActivityBand = field(default_factory=ActivityBand)
    cause: str = ""
    _parts: deque[tuple[float, NDArray[np.int64]]] = field(default_factory=deque)
    _observed_s: float = 0.0
    _total: NDArray[np.int64] | int = 0
    _calm_s: float = 0.0
    _owed: NDArray[np.float64] | None = None

    def heard(self, recording: Recording) -> None:
        """It takes in the next piece of activity (pieces of `burst_s` or shorter let it act in time)."""
        counts = recording.counts()
        by_dish = counts.sum(axis=1)
        self._parts.append((recording.duration_s, by_dish))
        self._observed_s, self._total = self._observed_s + recording.duration_s, self._total + by_dish
        while self._observed_s - self._parts[0][0] >= self.band.window_s - 1e-9:
            lasted_s, gone = self._parts.popleft()
            self._observed_s, self._total = self._observed_s - lasted_s, self._total - gone
        cause = self._wrong(1.0) or self._dead(counts, recording.duration_s)
        if cause:
            self.cause, self._calm_s = cause, 0.0
        elif self.cause:
            self._calm_s = 0.0 if self._wrong(self.band.hysteresis) else self._calm_s + recording.duration_s
            if self._calm_s >= self.band.calm_s:
                self.cause = ""

    def _wrong(self, share: float) -> str:
        """It tells what lies outside the band whose upper bounds are multiplied by `share`."""
        burst, most = self._burst().max(), share * self.band.burst_spikes
        if burst > most:
            return f"burst: {int(burst)} detections in {self.band.burst_s:g} s, limit {most:g}"
        if self._observed_s < self.band.window_s - 1e-9:
            return ""
        rate = np.atleast_1d(self._total / self._observed_s)
        low, high = self.band.rate_hz[0], share * self.band.rate_hz[1]
        if rate.max() > high:
            return f"rate: {rate.max():.4g} Hz in dish {int(rate.argmax())}, limit {high:g} Hz"
        if rate.min() < low:
            return f"rate: {rate.min():.4g} Hz in dish {int(rate.argmin())}, at least {low:g} Hz expected"
        return ""

    def _dead(self, counts: NDArray[np.int64], duration_s: float) -> str:
        """It names the channel whose silence cannot be chance (probability exp(-owed) for a Poisson
        train).
        """
        if self.band.channel_rate_hz is None:
            return ""
        owed = self.band.channel_rate_hz * duration_s
        self._owed = np.where(counts > 0, 0.0, owed if self._owed is None else self._owed + owed)
        if self._owed.max() <= self.band.dead_after_spikes:
            return ""
        dish, channel = np.unravel_index(int(self._owed.argmax()), self._owed.shape)
        rate = self.band.channel_rate_hz[dish, channel]
        return f"dead channel: dish {dish}, channel {channel} is silent where {rate:.3g} Hz are usual"

    def _burst(self) -> NDArray[np.int64]:
        """It returns the detections [dish] in the last pieces that together last `burst_s` (one piece at
        least).
        """
        total, lasted = np.zeros_like(self._parts[0][1]), 0.0
        for duration_s, counts in reversed(self._parts):
            if lasted + duration_s > self.band.burst_s + 1e-9 and lasted > 0:
                break
            total, lasted = total + counts, lasted + duration_s
        return total


def _spread(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """It returns the standard deviation over bins [dish], not below that of a Poisson train."""
    return np.maximum(counts.std(axis=1), np.sqrt(counts.mean(axis=1)))


def _counts(recording: Recording, width_s: float) -> NDArray[np.int64]:
    """It returns the detections per dish and whole bin, [dish, bin]."""
    n = int(recording.duration_s / width_s + 1e-9)
    at = np.floor((recording.time_s - recording.start_s) / width_s).astype(np.int64)
    keep = at < n
    flat = recording.dish[keep].astype(np.int64) * n + at[keep]
    return np.bincount(flat, minlength=recording.n_dishes * n).reshape(recording.n_dishes, n)
