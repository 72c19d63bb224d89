"""One trial: a wiring, a kind of error, a seed → the ranks of its activity over growing doses."""

from functools import cache

import numpy as np
from scipy.stats import rankdata

from brainwright.connectome import Connectome, nulls, perturb, signs
from brainwright.simulation import LIFParameters, WholeBrain

FLOOR = "random edits"
MODELS: dict[str, perturb.ErrorModel] = {
    "synapse deletion": perturb.delete_synapses,
    "synapse insertion": perturb.insert_synapses,
    "neuron split": perturb.split_neurons,
    "neuron merge": perturb.merge_neurons,
    FLOOR: perturb.random_edits,
}
DOSES = (0.01, 0.02, 0.05, 0.1, 0.2, 0.4)
"""Shares of all synapses: from a proofread wiring to one that is wrong almost by half; splits and merges of
all cells reach no more.
"""
LEVEL = 0.9
"""Rank correlation at which a wiring counts as accurate no more; fixed before the first run."""
DOSE_AT = f"dose at {LEVEL:g}"
KEPT = "rank correlation where degrees are kept"
RATE_HZ = 100.0
"""Of each driven cell."""
DURATION_S = 0.5
WEIGHT_MV = 1.0
"""Per synapse. At the fly's 0.275 mV fewer than one cell in ten answers in the worm and the larva, and ranks
of the silent say nothing; at 1 mV it is four in ten, and two in three.
"""
INPUT = {"worm": "sensory", "larva": "sensory", "fly": "input"}
EDGES_PER_CELL = 15_091_983 / 138_639
"""Of the fly."""


@cache
def wiring_of(name: str, seed: int, fly_cells: int) -> Connectome:
    """A signed wiring. The larva's signs are not known: 30 % of its cells inhibit, drawn for each seed."""
    if name == "worm":
        worm = Connectome.load("celegans/varshney2011").of_kind("chemical")
        return worm.signed(signs.ByTransmitter("worm", unknown=1.0))
    if name == "larva":
        return Connectome.load("larva/winding2023").signed(signs.Sampled(0.3, seed=seed))
    edges = round(EDGES_PER_CELL * fly_cells)
    return Connectome.load("synthetic/fly_like", n_cells=fly_cells, n_edges=min(edges, fly_cells**2 // 8))


def correlations(name: str, fly_cells: int, trials: int, arm: str, seed: int, draw: int) -> dict[str, float]:
    """Rank correlation with the activity of the unperturbed wiring at each dose, and the dose at which it
    falls to `LEVEL`. Of one seed, larger doses hold the errors of smaller ones where they can (missed
    synapses, split and merged cells).
    """
    wiring = wiring_of(name, seed, fly_cells)
    stimulus = Stimulus(name, wiring, seed, trials)
    before = stimulus.rates(wiring)
    values = [stimulus.correlation(before, MODELS[arm](wiring, dose, seed)) for dose in DOSES]
    at_doses = {at(dose): value for dose, value in zip(DOSES, values, strict=True)}
    return {DOSE_AT: crossing(DOSES, values), "not reached": float(min(values) >= LEVEL)} | at_doses


def at(dose: float) -> str:
    """Name of the metric at a dose."""
    return f"rank correlation at {dose:g}"


def degrees_alone(name: str, fly_cells: int, trials: int, arm: str, seed: int, draw: int) -> dict[str, float]:
    """Rank correlation with a wiring that has the same degrees and nothing else of the real one."""
    wiring = wiring_of(name, seed, fly_cells)
    stimulus = Stimulus(name, wiring, seed, trials)
    return {KEPT: stimulus.correlation(stimulus.rates(wiring), nulls.degree_preserving(wiring, seed))}


def crossing(doses: tuple[float, ...], values: list[float]) -> float:
    """The first dose at which the correlation, 1 without errors, is `LEVEL`, straight between two doses; the
    largest where it is not reached.
    """
    x, y = np.array([0.0, *doses]), np.array([1.0, *values])
    below = np.flatnonzero(y < LEVEL)
    if not below.size:
        return float(x[-1])
    k = below[0]
    return float(x[k - 1] + (x[k] - x[k - 1]) * (y[k - 1] - LEVEL) / (y[k - 1] - y[k]))


class Stimulus:
    """The same external events for a wiring and all that becomes of it by errors.

    Args:
        name: of the wiring.
        wiring: before any error.
        seed: of the events.
        trials: how many.
    """

    def __init__(self, name: str, wiring: Connectome, seed: int, trials: int) -> None:
        self.wiring, self.parameters = wiring, LIFParameters(weight_mV=WEIGHT_MV)
        brain = WholeBrain(wiring, parameters=self.parameters).activate(INPUT[name], rate_hz=RATE_HZ)
        self.steps, self.driven = self.parameters.steps(DURATION_S), brain.driven
        self.events = [brain.events(self.steps, seed, trial) for trial in range(trials)]

    def rates(self, wiring: Connectome) -> np.ndarray:
        """Mean rate in Hz of every cell of the unperturbed wiring, [cell]; of a merged cell that of the cell
        it is part of now, where its events arrive too.
        """
        place, brain = perturb.holders(self.wiring, wiring), WholeBrain(wiring, parameters=self.parameters)
        driven, total = np.unique(place[self.driven]), np.zeros(wiring.n_cells)
        for events in self.events:
            kicks = np.unique(np.stack([events[:, 0], place[events[:, 1]]], axis=1), axis=0)
            spikes, _ = brain.engine.run(self.steps, kicks=kicks, driven=driven)
            total += spikes.rate_hz()
        return total[place] / len(self.events)

    def correlation(self, before: np.ndarray, after: Connectome) -> float:
        """Spearman's correlation over all cells that are not driven; cells of one rate share their rank. 0
        where all have one rate.
        """
        free = np.ones(len(before), bool)
        free[self.driven] = False
        ranks = [rankdata(rates[free]) for rates in (before, self.rates(after))]
        return float(np.corrcoef(*ranks)[0, 1]) if all(np.ptp(each) for each in ranks) else 0.0
