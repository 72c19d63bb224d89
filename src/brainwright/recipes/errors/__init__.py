"""How accurate must a connectome be? Activity of a brain under errors of its reconstruction."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from brainwright.experiment import AtLeast, Options

SUMMARY = "how accurate must a connectome be? errors of reconstruction in doses, beside random edits"
SOURCES = (
    "Staffler et al. 2017, eLife 6:e26414 (SynEM: precision and recall of automatic synapse detection)",
    "Buhmann et al. 2021, Nat Methods 18:771 (synaptic partners of a whole fly brain)",
    "Dorkenwald et al. 2024, Nature 634:124 (FlyWire: splits, merges and their proofreading)",
    "Shiu et al. 2024, Nature 634, doi:10.1038/s41586-024-07763-9 (the spiking model)",
    "Varshney et al. 2011, PLoS Comput Biol 7:e1001066 (worm connectome, built in)",
    "Winding et al. 2023, Science 379:eadd9330 (larval connectome)",
)


@dataclass(frozen=True)
class Config(Options):
    """Which wirings, with how many seeds."""

    wirings: tuple[str, ...] = ()
    """Which: worm, larva, fly (synthetic, of the fly's degrees, evidence about no animal). Default: worm, and
    larva where its files are.
    """
    errors: tuple[str, ...] = ()
    """Which, for a wiring that is too large for all of them: "synapse deletion", on which the verdict rests,
    and any of "synapse insertion", "neuron split", "neuron merge"; random edits always stand beside them.
    Default: all, and what is left where a wiring keeps its degrees alone.
    """
    doses: tuple[float, ...] = ()
    """Shares of the synapses, growing. Default: 0.01 to 0.6. The dose that is sought is the same with fewer,
    provided that those around it are there.
    """
    wiring: Path | None = None
    """A wiring of your own in place of these: a file (CSV, Parquet, NPZ, MAT, XLSX, ...) or a saved folder.
    What it does not say (signs, which cells are driven) is drawn.
    """
    seeds: Annotated[int, AtLeast(2)] = 8
    """Draws of errors and events, shared by all kinds of errors; with fewer than six nothing is decided."""
    trials: Annotated[int, AtLeast(1)] = 4
    """Of half a second each, whose mean rates are ranked."""
    fly_cells: Annotated[int, AtLeast(2_000)] = 138_639
    """Cells of the synthetic wiring; its edges are in proportion."""
