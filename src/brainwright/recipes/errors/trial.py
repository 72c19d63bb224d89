"""One trial: a wiring, a kind of error, a seed → the ranks of its activity over growing doses."""

from functools import cache

from brainwright.connectome import Connectome, nulls, perturb, signs
from brainwright.connectome.own import own_wiring
from brainwright.evidence import dose_at
from brainwright.network.reservoir import Steps, changed_reservoir_scores
from brainwright.simulation import LIFParameters, PairedActivity, WholeBrain

FLOOR = "random edits"
MODELS: dict[str, perturb.ErrorModel] = {
    "synapse deletion": perturb.delete_synapses,
    "synapse insertion": perturb.insert_synapses,
    "neuron split": perturb.split_neurons,
    "neuron merge": perturb.merge_neurons,
    FLOOR: perturb.random_edits,
}
DOSES = (0.01, 0.02, 0.05, 0.1, 0.2, 0.4, 0.6)
"""Shares of all synapses: from a proofread wiring to one that is wrong by more than half."""
MOST = {"neuron split": 0.4, "neuron merge": 0.4}
"""Largest dose where that of all cells is not much more."""
LEVEL = 0.9
"""Rank correlation at which a wiring counts as accurate no more; fixed before the first run."""
DOSE_AT = f"dose at {LEVEL:g}"
KEPT = "rank correlation where degrees are kept"
RATE_HZ = 100.0
"""Of each driven cell."""
DURATION_S = 0.5
"""Of a trial. In four of them a cell that fires as often as the driven ones has 200 spikes: its rate is known
to 7 % (one by the root of their number, were they a Poisson process).
"""
WEIGHT_MV = 1.0
"""Per synapse. At the fly's 0.275 mV fewer than one cell in ten answers in the worm and the larva, and ranks
of the silent say nothing; at 1 mV it is four in ten, and two in three.
"""
REAL, NULL = "unperturbed", "degrees kept"
RESERVOIR_DOSE = 0.1
"""About what automatic detection of synapses misses, and invents."""
MEASURES = {"memory": "memory, steps of input", "one_step": "precision one step ahead, decades"}
"""What is asked of a reservoir: capacity (Jaeger 2001), and -log10 of the error on the Lorenz system."""
INPUT = {"worm": "sensory", "larva": "sensory", "fly": "input"}
OWN_INPUT = "sensory"
"""Pool that is driven in a wiring of the user's own."""
EDGES_PER_CELL = 15_091_983 / 138_639
"""Of the fly."""


@cache
def wiring_of(name: str, seed: int, fly_cells: int) -> Connectome:
    """A signed wiring, or one's own. The larva's signs are not known: 30 % inhibit, drawn for each seed."""
    if name == "worm":
        worm = Connectome.load("celegans/varshney2011").of_kind("chemical")
        return worm.signed(signs.ByTransmitter("worm", unknown=1.0))
    if name == "larva":
        return Connectome.load("larva/winding2023").signed(signs.Sampled(0.3, seed=seed))
    if name != "fly":
        return own_wiring(name, seed)
    edges = round(EDGES_PER_CELL * fly_cells)
    return Connectome.load("synthetic/fly_like", n_cells=fly_cells, n_edges=min(edges, fly_cells**2 // 8))


def correlations(
    name: str, fly_cells: int, trials: int, doses: tuple[float, ...], arm: str, seed: int, draw: int
) -> dict[str, float]:
    """Rank correlation with the activity of the unperturbed wiring at each dose, and the dose at which it
    falls to `LEVEL`. Of one seed, larger doses hold the errors of smaller ones where they can (missed
    synapses, split and merged cells).
    """
    wiring, activity = wiring_of(name, seed, fly_cells), activity_of(name, seed, fly_cells, trials)
    given = [dose for dose in doses if dose <= MOST.get(arm, 1)]
    values = [activity.correlation(MODELS[arm](wiring, dose, seed)) for dose in given]
    dose = dose_at(LEVEL, given, values)
    reached = {DOSE_AT: min(dose, given[-1]), "not reached": float(dose > given[-1])}
    return reached | {at(dose): value for dose, value in zip(given, values, strict=True)}


def degrees_alone(name: str, fly_cells: int, trials: int, arm: str, seed: int, draw: int) -> dict[str, float]:
    """Rank correlation with a wiring that has the same degrees and nothing else of the real one."""
    wiring, activity = wiring_of(name, seed, fly_cells), activity_of(name, seed, fly_cells, trials)
    return {KEPT: activity.correlation(nulls.degree_preserving(wiring, seed))}


def activity_of(name: str, seed: int, fly_cells: int, trials: int) -> PairedActivity:
    """The unperturbed brain with its input."""
    wiring = wiring_of(name, seed, fly_cells)
    brain = WholeBrain(wiring, parameters=LIFParameters(weight_mV=WEIGHT_MV))
    driven = INPUT.get(name) or wiring.ids[wiring.pools[OWN_INPUT]].tolist()
    return PairedActivity(brain.activate(driven, rate_hz=RATE_HZ), DURATION_S, trials, seed)


def at(dose: float) -> str:
    """Name of the metric at a dose."""
    return f"rank correlation at {dose:g}"


def remembered(steps: Steps, arm: str, seed: int, draw: int) -> dict[str, float]:
    """What the larva's wiring, as a reservoir, remembers and predicts: as it is, with errors, or rewired. The
    input and its weights follow from the seed; swallowed cells are driven and read where they are now.
    """
    wiring = changed = wiring_of("larva", seed, 0)
    if arm == NULL:
        changed = nulls.degree_preserving(wiring, seed=draw)
    elif arm != REAL:
        changed = MODELS[arm](wiring, RESERVOIR_DOSE, seed)
    scores = changed_reservoir_scores(wiring, changed, seed, steps)
    return {name: scores[f"{measure} 0.95"] for measure, name in MEASURES.items()}
