"""The activity of a brain whose wiring is changed, under the same external events."""

import numpy as np
from scipy.stats import rankdata

from brainwright.connectome import Connectome
from brainwright.connectome.perturb import holders
from brainwright.simulation.whole_brain import WholeBrain


class PairedActivity:
    """Activity of one brain, and of what becomes of it by errors of its wiring.

    Args:
        brain: with activated cells.
        duration_s: of each trial, a whole number of time steps.
        trials: how many.
        seed: of the events, which are the same for all wirings.

    Example:
        >>> from brainwright.connectome.perturb import delete_synapses
        >>> brain = WholeBrain.load("synthetic/fly_like", n_cells=1000, n_edges=20_000, n_followers=100)
        >>> activity = PairedActivity(brain.activate("input", rate_hz=150), duration_s=0.1)
        >>> activity.correlation(brain.connectome)
        1.0
        >>> activity.correlation(delete_synapses(brain.connectome, 0.9)) < 0.9
        True
    """

    def __init__(self, brain: WholeBrain, duration_s: float = 0.5, trials: int = 1, seed: int = 0) -> None:
        self.brain, self.driven = brain, brain.driven
        self.steps = brain.parameters.steps(duration_s)
        self.events = [brain.events(self.steps, seed, trial) for trial in range(trials)]
        self.unchanged = self.rates(brain.connectome)

    def rates(self, wiring: Connectome) -> np.ndarray:
        """Mean rate in Hz of every cell of the brain, float64 [cell], over a changed wiring; of a merged cell
        (`connectome.perturb`) that of the cell that has swallowed it, where its events arrive too.
        """
        place = holders(self.brain.connectome, wiring)
        old = self.brain.engine
        engine = WholeBrain(wiring, parameters=old.parameters, precision=old.precision).engine
        driven, total = np.unique(place[self.driven]), np.zeros(wiring.n_cells)
        for events in self.events:
            kicks = np.unique(np.stack([events[:, 0], place[events[:, 1]]], axis=1), axis=0)
            spikes, _ = engine.run(self.steps, kicks=kicks, driven=driven)
            total += spikes.rate_hz()
        return total[place] / len(self.events)

    @property
    def free(self) -> np.ndarray:
        """It says which cells are not driven, bool [cell]."""
        return ~np.isin(np.arange(len(self.unchanged)), self.driven)

    @property
    def silent(self) -> bool:
        """It says whether nothing answers the input, so that errors have no activity to harm."""
        return not self.unchanged[self.free].any()

    def correlation(self, wiring: Connectome) -> float:
        """Spearman's correlation of the rates with those of the unchanged brain, over all cells that are not
        driven; cells of one rate share their rank. 0 where either brain has one rate for all.
        """
        free = self.free
        before, after = (rankdata(rates[free]) for rates in (self.unchanged, self.rates(wiring)))
        if not (np.ptp(before) and np.ptp(after)):
            return 0.0
        return 1.0 if np.array_equal(before, after) else float(np.corrcoef(before, after)[0, 1])
