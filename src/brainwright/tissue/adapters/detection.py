"""Spikes in sampled voltages: downward crossings of five robust standard deviations (Quiroga et al. 2004,
Neural Comput 16:1661: sd = median |x| / 0.6745), chunk by chunk as samples arrive."""

import warnings

import numpy as np
from numpy.typing import ArrayLike, NDArray

GAUSSIAN_MEDIAN = 0.6745  # median of |x| for a standard normal x
OUTER_SHARE = 0.005  # at either end, left out of the sd of coarse samples: spikes take less of the time
MOST_NAMED = 10  # dead channels in the words of a warning


class DeadChannels(UserWarning):
    """Channels have no noise, or no samples, while thresholds are learnt: they are silent, not quiet."""


def robust_sd(samples: ArrayLike) -> NDArray[np.float64]:
    """It returns median |x - median x| / 0.6745 of each column over the samples that are there: float64
    [channel] of samples [sample, channel].

    Where more than half of the samples are one value (noise below a step of the converter) that median is 0.
    The sd of the inner 99 % then stands in its place; of whole numbers also that of rounding, 1 / √12
    (Bennett 1948, Bell Syst Tech J 27:446), where it is larger. 0 for a channel without noise, NaN for one
    without samples.
    """
    return np.array([_column_sd(x[np.isfinite(x)]) for x in np.asarray(samples, np.float64).T], np.float64)


def _column_sd(x: NDArray[np.float64]) -> float:
    if not x.size:
        return np.nan
    sd = float(np.median(np.abs(x - np.median(x)))) / GAUSSIAN_MEDIAN
    if sd > 0 or x.min() == x.max():
        return sd
    low, high = np.quantile(x, (OUTER_SHARE, 1 - OUTER_SHARE), method="nearest")
    inner = float(x[(x >= low) & (x <= high)].std())
    return max(inner, 12**-0.5) if (x == np.rint(x)).all() else inner


class ThresholdDetector:
    """It detects crossings below `-threshold_sd` robust sd from the median, in a stream of chunks.

    The first `learn_s` seconds set median and sd of each channel (no detections in them unless asked). A
    channel that has no noise there, or no samples, is dead: it never fires, `dead` names it, and a
    `DeadChannels` warning says so. Filter beforehand where slow waves exceed the noise.

    Args:
        source: whose channels these are, for the warning.
        rate_hz: samples per second.
        threshold_sd: depth of the threshold, in robust sd.
        dead_s: after a detection the channel is deaf for this long.
        learn_s: length of the stretch that sets the threshold.
    """

    def __init__(
        self,
        n_channels: int,
        rate_hz: float,
        *,
        source: str = "the recording",
        threshold_sd: float = 5.0,
        dead_s: float = 0.001,
        learn_s: float = 1.0,
    ):
        if not (rate_hz > 0 and np.isfinite(rate_hz)):
            raise ValueError(f"rate_hz must be positive and finite, got {rate_hz}")
        if threshold_sd <= 0 or dead_s < 0 or learn_s <= 0:
            raise ValueError(
                f"expected threshold_sd > 0, dead_s >= 0 and learn_s > 0, "
                f"got {threshold_sd}, {dead_s} and {learn_s}"
            )
        self.n_channels, self.rate_hz, self.threshold_sd = n_channels, float(rate_hz), threshold_sd
        self._source = source
        self._dead, self._learn = round(dead_s * rate_hz), max(2, round(learn_s * rate_hz))
        self._heard: list[NDArray[np.float64]] = []
        self._above = np.ones(n_channels, bool)
        self._deaf_until = np.zeros(n_channels, np.int64)
        self.level: NDArray[np.float64] | None = None
        """Threshold of each channel, [channel]; None while learning, -inf where the channel is dead."""

    @property
    def dead(self) -> NDArray[np.int64]:
        """These channels had no noise or no samples while thresholds were learnt and cannot fire; none before
        that.
        """
        return np.flatnonzero(np.isneginf(self.level)) if self.level is not None else np.zeros(0, np.int64)

    def learn(self, samples: ArrayLike) -> None:
        """It sets the thresholds from samples [sample, channel], at once."""
        values = self._checked(samples)
        sd = robust_sd(values)
        middle = [
            np.median(x[np.isfinite(x)]) if live else 0.0 for x, live in zip(values.T, sd > 0, strict=True)
        ]
        self.level = np.where(sd > 0, np.asarray(middle) - self.threshold_sd * sd, -np.inf)
        self._tell_dead()

    def detect(self, samples: ArrayLike, first: int) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        """It returns the detections in the next samples [sample, channel], whose first has the number
        `first`.

        Returns:
            Sample numbers [event] and channels [event], in order of time.

        Raises:
            ValueError: another number of channels.
        """
        values = self._checked(samples)
        if self.level is None:
            self._heard.append(values)
            if sum(map(len, self._heard)) >= self._learn:
                self.learn(np.concatenate(self._heard))
                self._heard = []
            return np.zeros(0, np.int64), np.zeros(0, np.int32)
        above = ~((values < self.level) & np.isfinite(values))  # a lost sample is not a spike
        before = np.concatenate([self._above[None], above[:-1]]) if len(above) else above
        if len(above):
            self._above = above[-1]
        at, channel = np.nonzero(before & ~above)
        keep = np.zeros(len(at), bool)
        for i, (sample, line) in enumerate(zip(at + first, channel, strict=True)):
            if sample >= self._deaf_until[line]:
                keep[i], self._deaf_until[line] = True, sample + self._dead
        return (at[keep] + first).astype(np.int64), channel[keep].astype(np.int32)

    def _tell_dead(self) -> None:
        dead = self.dead
        if len(dead):
            more = f" and {len(dead) - MOST_NAMED} more" if len(dead) > MOST_NAMED else ""
            warnings.warn(
                f"{self._source}: {len(dead)} of {self.n_channels} channels have no noise or no samples and "
                f"never fire: {', '.join(map(str, dead[:MOST_NAMED]))}{more}",
                DeadChannels,
                stacklevel=3,
            )

    def _checked(self, samples: ArrayLike) -> NDArray[np.float64]:
        values = np.asarray(samples, np.float64)
        if values.ndim != 2 or values.shape[1] != self.n_channels:
            raise ValueError(f"expected samples [sample, {self.n_channels}], got shape {values.shape}")
        return values
