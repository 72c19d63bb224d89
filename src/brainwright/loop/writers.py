"""Control writers: what else could be written at the same times with the same charge."""

import numpy as np
from numpy.typing import NDArray

from .layout import Layout
from .present import Moment, Periods


class _Fixed:
    """This is a writer that needs no data."""

    def learn(self, heard: Periods) -> None:
        """There is nothing to fit."""


class OracleWriter(_Fixed):
    """Writes the electrodes of the symbol that is wanted next: the ceiling of writing."""

    def __init__(self, layout: Layout):
        self.layout = layout

    def channels(self, moment: Moment) -> NDArray[np.int64]:
        return np.sort(self.layout.of(moment.target), axis=1)


class SilentWriter(_Fixed):
    """Writes nothing: the tissue only hears the stream."""

    def channels(self, moment: Moment) -> None:
        return None


class MatchedWriter(_Fixed):
    """Writes as many pulses on randomly chosen channels."""

    def __init__(self, layout: Layout, channels: tuple[int, ...], seeds: list[int]):
        self.n_electrodes, self.usable = layout.n_electrodes, np.array(channels)
        # 404 gives a stream of its own, apart from those of the dishes and of the layout, of the same seed
        self.rngs = [np.random.default_rng([seed, 404]) for seed in seeds]

    def channels(self, moment: Moment) -> NDArray[np.int64]:
        return np.stack(
            [np.sort(rng.choice(self.usable, self.n_electrodes, replace=False)) for rng in self.rngs]
        )


class ReplayWriter(_Fixed):
    """Replays writes [dish, period, electrode]: a partner's (yoked) or the dish's own (frozen, saline)."""

    def __init__(self, written: NDArray[np.int64]):
        self.written = written
        self.next = 0

    def channels(self, moment: Moment) -> NDArray[np.int64] | None:
        chosen = self.written[:, self.next]
        self.next += 1
        return None if (chosen < 0).all() else chosen
