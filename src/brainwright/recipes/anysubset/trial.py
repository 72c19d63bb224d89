"""Trials: known truths, sleep, cells of recordings, a table of one's own."""

from collections.abc import Callable, Mapping
from functools import cache, partial
from pathlib import Path

import numpy as np

from brainwright.connectome import Connectome
from brainwright.datasets import recordings
from brainwright.datasets.activity import Activity
from brainwright.emulator.forecast import cells_from_cells as cells
from brainwright.objective.any_subset import MLP, AnySubset, known, read_variables, score_grid
from brainwright.objective.any_subset.grid import given_nothing

SMALL = partial(MLP, width=128)
GAUSSIAN = {"settling": ("settling", 2_500), "mlp": ("mlp", 6_000)}
ISING = {"settling": ("settling", 3_000), "mlp": (SMALL, 4_000)}
"""Networks and updates."""
FLOOR = "nothing given"
SPIN_TEST = 100
"""Rows that are asked about twelve spins, each with twenty Gibbs chains."""
AWAKE = 1_500
"""Updates before a night: as many as leave a gap to close."""
SETS: dict[str, tuple[Callable[[], dict[str, Activity]], int]] = {
    "worms": (recordings.worms, 2),
    "cultures": (recordings.cultures, 2),
    "bci": (recordings.bci, 4),
}
"""Recordings, and how many blocks of each are held out in turn."""
N_CELLS, WIRED_CELLS = 12, 24


def gaussian(size: known.Size, arm: str, seed: int, draw: int) -> Mapping[str, float]:
    """The grid of one network on one Gaussian of 16 variables."""
    return known.gaussian_grid(*GAUSSIAN[arm], seed, size)


def ising(size: known.Size, arm: str, seed: int, draw: int) -> Mapping[str, float]:
    """Distance from enumeration by one pass, by Gibbs sampling and by spikes: "route/metric"."""
    if arm == "spikes":
        return joined({arm: known.spike_errors(seed, size)})
    return joined({f"{arm}, {k}": row for k, row in known.spin_errors(*ISING[arm], seed, size).items()})


def curves(size: known.Size, arm: str, seed: int, draw: int) -> Mapping[str, float]:
    """Error over updates and over sampling steps."""
    scores = known.teaching_or_sampling(SMALL, seed, size)
    return {"minus error": -scores[f"updates {known.CURVE_UPDATES[-1]}"], **scores}


def sleep(size: known.Size, arm: str, seed: int, draw: int) -> Mapping[str, float]:
    """One day and its nights: "night/metric"."""
    return joined(known.nights(SMALL, AWAKE, seed, size))


def joined(rows: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    """Several arms of one trial."""
    return {f"{arm}/{metric}": value for arm, row in rows.items() for metric, value in row.items()}


@cache
def recorded(name: str) -> tuple[Activity, ...]:
    """Recordings of a set, read once per process."""
    return tuple(SETS[name][0]().values())


def cells_of(name: str, offset: int, arm: str, seed: int, draw: int) -> Mapping[str, float]:
    """One model on one held-out block, whose number is the seed."""
    blocks = SETS[name][1]
    held = cells.Cells.of(recorded(name)[seed // blocks], N_CELLS, seed % blocks, blocks)
    return cells.explained(held, arm, seed=offset + seed)


def wired(offset: int, arm: str, seed: int, draw: int) -> Mapping[str, float]:
    """A network whose edges are those of the connectome, or of a rewired one, on the last half of a worm."""
    wiring = Connectome.load("celegans/cook2019")
    held = cells.named_cells(recorded("worms")[seed], wiring, WIRED_CELLS, offset + seed)
    graph = cells.wired_graph(wiring, held.names, held.lag, None if arm == "wiring" else draw)
    return cells.explained_on(held, graph, seed=offset + seed)


def own(path: Path, updates: int, arm: str, seed: int, draw: int) -> Mapping[str, float]:
    """The grid on a table of one's own, a fifth of the rows held out by the seed, and a floor."""
    table = read_variables(path)
    test, train = np.split(np.random.default_rng(seed).permutation(len(table)), [len(table) // 5])
    network = "mlp" if arm == FLOOR else arm
    model = AnySubset.fit(table.iloc[train], network=network, updates=updates, seed=seed)
    if arm == FLOOR:
        return {"log score": -given_nothing(model, table.iloc[test], seed)}
    grid = score_grid(model, table.iloc[test], seed=seed).set_index("family")
    return {"log score": -float(grid["one pass"].mean()), **known.flat(grid)}
