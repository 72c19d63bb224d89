"""How might a brain learn? Every rule on the same networks and data, beside the gradient and a floor."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from brainwright.experiment import AtLeast, Options

SUMMARY = "learning rules on digits, sequences and connectomes: accuracy, alignment, locality and cost"
SOURCES = (
    "Lillicrap et al. 2016, Nat Commun 7:13276 (feedback alignment)",
    "Nøkland 2016, arXiv:1609.01596 (direct feedback alignment)",
    "Akrout et al. 2019, arXiv:1904.05391 (weight mirror, Kolen-Pollack)",
    "Bellec et al. 2020, Nat Commun 11:3625 (e-prop)",
    "Alpaydin & Kaynak 1998, doi:10.24432/C50P49 (digits, built in, CC BY 4.0)",
    "Varshney et al. 2011, PLoS Comput Biol 7:e1001066 (worm connectome, built in)",
    "Winding et al. 2023, Science 379:eadd9330 (larval connectome)",
    "LeCun et al. 1998, Proc IEEE 86:2278 (MNIST)",
    "Signs: no transmitters are used; 30 % of the cells, drawn once, inhibit, in all arms",
    "All rules: docs/rules.md",
)


@dataclass(frozen=True)
class Config(Options):
    """Which boards, with how many seeds."""

    boards: tuple[str, ...] = ()
    """Which: narrow, equilibrium, goodness, features, features-200, spike-features, spike-features-200, wide,
    rows, worm, spiking, mnist, larva. Default: all whose files are here.
    """
    wiring: Path | None = None
    """A wiring of your own as the only board, trained like the worm: a file (CSV, Parquet, NPZ, XLSX, ...) or
    a saved folder. What it does not say (signs, which cells are driven and read) is drawn.
    """
    seeds: Annotated[int, AtLeast(2)] = 6
    """Training seeds, shared by all arms of a board; with fewer than six no comparison is decided."""
