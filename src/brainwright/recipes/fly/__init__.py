"""Whole-fly-brain spiking model: activate cells, see what answers, silence single cells, beside nulls."""

from dataclasses import dataclass
from typing import Annotated, Literal

from brainwright.experiment import Above, AtLeast, Between, Options

SUMMARY = "Whole-fly-brain spiking model: activate cells, rank what silencing does, beside shuffled wirings"
SOURCES = (
    "Shiu et al. 2024, Nature 634, doi:10.1038/s41586-024-07763-9 (model, published spikes)",
    "Kakaria & de Bivort 2017, doi:10.3389/fnbeh.2017.00008; Paul et al. 2015, doi:10.3389/fncel.2015.00029 "
    "(its constants)",
    "Dorkenwald et al. 2024, Nature 634, doi:10.1038/s41586-024-07558-y (FlyWire, where its files are here)",
)
SYNTHETIC = "synthetic/fly_like"


@dataclass(frozen=True)
class Config(Options):
    """Which wiring, what is activated, what is screened."""

    wiring: str = SYNTHETIC
    """Data set, file (CSV, Parquet, NPZ, MAT, XLSX, ...), or folder of a saved connectome. The default is
    made up: of the fly's size and degrees, with a labelled input, evidence about no animal. flywire/783 and
    flywire/630 need their public files.
    """
    signs: Literal["given", "fly", "shiu", "worm", "sampled"] = "given"
    """Where a wiring without signs gets them: from a transmitter table, or drawn at random (30 % inhibit)."""
    activate: tuple[str, ...] = ()
    """Types, classes, pools, names or ids to activate. Default: the labelled input of the synthetic brain; of
    flywire/630 the sugar neurons of the published runs, when those are here.
    """
    rate_hz: Annotated[float, Above(0), Between(0, 10_000)] = 150.0
    """Poisson rate of each activated cell; at most one event per step of 0.1 ms."""
    silence: tuple[str, ...] = ()
    """Cells whose outputs are cut throughout."""
    outputs: tuple[str, ...] = ("output",)
    """Cells whose mean rate is the measure."""
    duration_s: Annotated[float, Above(0)] = 1.0
    """Length of a trial."""
    trials: Annotated[int, AtLeast(2)] = 30
    """Trials of the main run."""
    candidates: tuple[str, ...] = ()
    """What is screened, one at a time: types, classes, pools, names, ids. Default: the most active cells."""
    screen: Annotated[int, AtLeast(1)] = 40
    """How many of the most active cells are screened where no candidates are given."""
    screen_by: Literal["silence", "activate"] = "silence"
    """What is done to each of them."""
    screen_rate_hz: Annotated[float, Above(0), Between(0, 10_000)] = 100.0
    """Poisson rate of each, where they are activated."""
    screen_trials: Annotated[int, AtLeast(2)] = 5
    """Trials of each of those."""
    screen_duration_s: Annotated[float, Above(0)] = 0.5
    """Length of their trials."""
    null: Literal["signs", "weights", "degree"] = "signs"
    """What is shuffled in the control wirings: signs over cells, counts over edges, or the edges themselves
    with all degrees kept (slow at full size).
    """
    nulls: Annotated[int, AtLeast(1)] = 39
    """How many control wirings; with fewer than 39 (40 for each candidate named, less one) no verdict can be
    reached.
    """
    precision: Literal["exact", "fast"] = "exact"
    """float64, spike for spike as Brian2, or float32."""
