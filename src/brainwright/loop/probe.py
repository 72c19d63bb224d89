"""Ask tissue what it has learned without teaching it: a readout that is fixed beforehand, copies that stay
untaught.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from brainwright.tissue import SimulatedCulture, Tissue

from .layout import Layout, Timing
from .present import AFTER, EARLY, LATE, Periods, present
from .readout import IdentityReadout, successor_share


@dataclass(frozen=True, eq=False)
class Answers:
    """What tissue answered to symbols, by a readout that does not change.

    Attributes:
        heard: what was presented and heard.
        readout: how it was read.
        decoded: the answers, int64 [dish, period].
    """

    heard: Periods
    readout: IdentityReadout
    decoded: NDArray[np.int64]

    def share(self, successor: NDArray[np.int64]) -> NDArray[np.float64]:
        """Share of answers that are the successor [symbol] of the symbol presented, [dish]."""
        return successor_share(self.decoded, self.heard.symbols, successor)

    def log_score_bits(self) -> NDArray[np.float64]:
        """Mean log2 probability that the readout gives to the symbol that comes next, [dish]; the last symbol
        is only a target.
        """
        p = self.readout.probabilities(self.heard.counts[:, :-1, AFTER])
        coming = np.take_along_axis(p, self.heard.symbols[:, 1:, None], axis=2)[:, :, 0]
        return np.log2(coming).mean(axis=1)


def fix_readout(
    tissue: Tissue, layout: Layout, symbols: NDArray[np.int64]
) -> tuple[IdentityReadout, Periods]:
    """Fits the readout to naive tissue; it stays as it is from then on.

    Args:
        tissue: untaught, with its plasticity off where that can be had.
        layout: electrodes of every symbol.
        symbols: independent random ones, int64 [dish, period]: a stream would teach the readout its order.

    Returns:
        The readout, and what it was fitted to.

    Raises:
        ValueError: a symbol of the layout that was never presented to some dish.
    """
    heard = present(tissue, layout, symbols)
    return IdentityReadout.fit(heard, layout.n_symbols), heard


def ask(tissue: Tissue, layout: Layout, readout: IdentityReadout, symbols: NDArray[np.int64]) -> Answers:
    """Presents symbols [dish, period], writes nothing between them, and decodes what follows each.

    Tissue that is plastic learns from the symbols themselves: ask an `untaught_copy` of a simulated culture.
    """
    heard = present(tissue, layout, symbols)
    return Answers(heard, readout, readout.answers(heard.counts[:, :, AFTER]))


def untaught_copy(culture: SimulatedCulture, into: SimulatedCulture | None = None) -> SimulatedCulture:
    """A copy of a simulated culture as it is now, with plasticity off: what is asked of it teaches the
    culture nothing.

    Args:
        culture: left as it is.
        into: an earlier copy to use again, which saves growing the wiring anew.

    Raises:
        ValueError: `into` has other seeds, parameters or cells.
    """
    if into is None:
        into = SimulatedCulture(
            culture.seeds,
            culture.parameters,
            cells=culture.cells,
            limits=culture.limits,
            threads=culture.threads,
        )
    same = (into.seeds, into.parameters, into.cells) == (culture.seeds, culture.parameters, culture.cells)
    if not same or into is culture:
        raise ValueError(
            "into: expected a copy of this culture, got other seeds, parameters or cells, or itself"
        )
    into.plasticity, into.synapses = False, culture.synapses
    into.restore(culture.snapshot())
    return into


def rate_hz(heard: Periods, timing: Timing, n_neurons: int) -> NDArray[np.floating]:
    """Mean rate per neuron in the early and late windows, [dish]. The end of the stimulus artifact counts
    too: a dish of saline shows how much that is.
    """
    seconds = sum(stop - start for start, stop in (timing.early_s, timing.late_s))
    return heard.counts[:, :, (EARLY, LATE)].sum((2, 3)).mean(1) / seconds / n_neurons


def write_precision(heard: Periods, layout: Layout) -> NDArray[np.bool_]:
    """Which written electrodes belong to the wanted symbol, [dish, period, electrode]; none where nothing was
    written or wanted.
    """
    wanted = layout.electrodes[np.arange(len(heard.symbols))[:, None], heard.targets]
    hits = (heard.written[..., None] == wanted[:, :, None]).any(3)
    return hits & (heard.written >= 0) & (heard.targets >= 0)[..., None]
