"""Control writers: what else could be written at the same times with the same charge."""

import numpy as np
from numpy.typing import NDArray

from .layout import Layout
from .present import EARLY, Moment, Periods

NEARLY_SILENT = 0.1
"""Spikes, added to a channel's deviation: one that hardly fires does not stand out by a tiny spread."""


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


class RuleWriter(_Fixed):
    """Writes the true successor of the symbol heard, where nobody says what is wanted.

    Args:
        layout: electrodes of every symbol.
        successor: of each symbol, [dish, symbol].
    """

    def __init__(self, layout: Layout, successor: NDArray[np.int64]):
        self.layout, self.successor = layout, successor

    def channels(self, moment: Moment) -> NDArray[np.int64]:
        wanted = np.take_along_axis(self.successor, moment.history[:, :1], axis=1)[:, 0]
        return np.sort(self.layout.of(wanted), axis=1)


class LookupWriter:
    """Writes the channels that stand out in the mean response to the wanted symbol: no model, no gradient.

    Args:
        n_electrodes: of a write.
        channels: that may stimulate.
    """

    def __init__(self, n_electrodes: int, channels: tuple[int, ...]):
        self.n_electrodes, self.usable = n_electrodes, np.array(channels)

    def learn(self, heard: Periods) -> None:
        """Makes the table: channels in the order in which they stand out, [dish, symbol, electrode]."""
        chosen = []
        for symbols, evoked in zip(heard.symbols, heard.counts[:, :, EARLY, self.usable], strict=True):
            k = int(max(heard.symbols.max(), heard.targets.max())) + 1
            usual, spread = evoked.mean(0), evoked.std(0) + NEARLY_SILENT
            means = [evoked[symbols == s].mean(0) if (symbols == s).any() else usual for s in range(k)]
            order = np.argsort(-(np.stack(means) - usual) / spread, axis=1, kind="stable")
            chosen.append(self.usable[order[:, : self.n_electrodes]])
        self.table = np.stack(chosen)

    def channels(self, moment: Moment) -> NDArray[np.int64]:
        return np.sort(self.table[np.arange(len(self.table)), moment.target], axis=1)


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
