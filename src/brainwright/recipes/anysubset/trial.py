"""Trials: known truths, sleep, cells of recordings, a table of one's own."""

from collections.abc import Callable, Mapping
from functools import cache, partial
from pathlib import Path

from brainwright.connectome import Connectome
from brainwright.datasets import recordings
from brainwright.datasets.activity import Activity
from brainwright.emulator.forecast import cells_from_cells as cells
from brainwright.objective.any_subset import MLP, known, known_draws, known_energy, read_variables

SMALL = partial(MLP, width=64)
GAUSSIAN = {"settling": ("settling", 2_500), "mlp": ("mlp", 3_000)}
ISING = {"settling": ("settling", 3_000), "mlp": (SMALL, 3_000)}
"""Networks and updates."""
FLOOR = "nothing given"
SPIN_TEST = 100
"""Rows that are asked about twelve spins, each with twenty Gibbs chains."""
AWAKE = 750
"""Updates before a night: as many as leave a gap to close."""
SETS: dict[str, tuple[Callable[[], dict[str, Activity]], int, str]] = {
    "worms": (recordings.worms, 2, "celegans/calcium_dag2023"),
    "cultures": (recordings.cultures, 2, "mea/charlesworth2015"),
    "bci": (recordings.bci, 4, "monkey/golub2018"),
}
"""Recordings, how many blocks of each are held out in turn, and their files."""
N_CELLS, WIRED_CELLS = 12, 24


def gaussian(size: known.Size, arm: str, seed: int, draw: int) -> Mapping[str, float]:
    """The grid of one network on one Gaussian of 16 variables."""
    return known.gaussian_grid(*GAUSSIAN[arm], seed, size)


def ising(size: known.Size, arm: str, seed: int, draw: int) -> Mapping[str, float]:
    """Distance from enumeration by one pass, by Gibbs sampling and by spikes: "route/metric"."""
    if arm == "spikes":
        return known.joined({arm: known.spike_errors(seed, size)})
    return known.joined({f"{arm}, {k}": row for k, row in known.spin_errors(*ISING[arm], seed, size).items()})


WHOLE = {
    "nights": partial(known.nights, SMALL, AWAKE),
    "energies": known_energy.energy_errors,
    "draws": known_draws.drawn_beside,
    "curves": partial(known.teaching_or_sampling, SMALL),
}


def together(size: known.Size, arm: str, seed: int, draw: int) -> Mapping[str, float]:
    """Several arms that share a truth or a network: "arm/metric"."""
    return known.joined(WHOLE[arm](seed, size))


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
    return known.own_table(read_variables(path), None if arm == FLOOR else arm, updates, seed)
