"""How near does an emulator of neural activity come to what can be known? On suites with a known ceiling."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

SUMMARY = "how near a generative model of activity comes to the ceiling: smooth, fill in, forecast, sample"

PROVENANCE = {
    "citations": [
        "Chen et al. 2024, arXiv:2407.01392 (diffusion forcing)",
        "Kapoor et al. 2024, arXiv:2407.08751 (latent diffusion for neural spiking)",
        "Peebles & Xie 2023, arXiv:2212.09748 (adaptive norm)",
        "Pei et al. 2021, arXiv:2109.04463 (bits per spike, co-smoothing)",
        "Keshtkaran & Pandarinath 2019, arXiv:1908.07896 (coordinated dropout)",
        "Czado, Gneiting & Held 2009, Biometrics 65:1254 (randomised PIT)",
        "Ye & Pandarinath 2021, arXiv:2108.01210 (the transformer baseline)",
        "Mi et al. 2022, ICLR (connectome-constrained models)",
    ],
    "splits": "LZ40 by initial condition (420 / 60 / 120 trials), LIF80 by time block (80 / 20 %)",
}


@dataclass(frozen=True)
class Config:
    """Which suites, and how often."""

    seed: int = 0
    """Of all training; the data of LZ40 and LIF80 have seed 0 by definition."""
    quick: bool = False
    """A small run that ends within 45 seconds: to see that all works, not to measure."""
    seeds: int = 3
    """Training seeds of every model that is trained from random values; six or more can decide."""
    draws: int = 8
    """Null wirings of LIF80 with 5 % of the data; with all data there are two."""
    sessions: int = 1
    """Seeds of the comparison on a new session; 0 leaves it out."""
    workers: int = 0
    """Processes; 0 for one per core. Results do not depend on it."""
    recordings: Literal["auto", "off", "only"] = "auto"
    """Recordings found through BRAINWRIGHT_DATA: with the suites (not in a quick run), never, or alone."""
    data: Path | None = None
    """A recording of your own (NWB, CSV, NPZ, MAT, HDF5) instead; the suites are left out."""
    array: str | None = None
    """Name of its array (NPZ, MAT), group (HDF5) or source (NWB)."""
    bin_s: float = 0.02
    """Width of its bins in seconds."""
    seen: int = 50
    """Bins seen, of a recording that is not cut into trials."""
    ahead: int = 10
    """Bins forecast of it."""


def check(config: Config) -> None:
    """Refuse what cannot work. Raises ValueError."""
    asked = (
        ("seeds", 1),
        ("draws", 2),
        ("sessions", 0),
        ("workers", 0),
        ("seed", 0),
        ("seen", 12),
        ("ahead", 1),
    )
    for name, least in asked:
        if getattr(config, name) < least:
            raise ValueError(f"--{name} must be at least {least}, got {getattr(config, name)}")
    if not config.bin_s > 0:
        raise ValueError(f"--bin-s must be above 0 seconds, got {config.bin_s}")
    if config.data is not None:
        from brainwright.recipes._emulate.recording_sets import tasks_of

        tasks_of("file", config)  # what cannot be used is refused before anything is trained


def run(config: Config, folder: Path, progress: Callable[..., None]) -> dict[str, Any]:
    """Do what is not yet done in `folder/units`, then compare with baselines and oracles."""
    from brainwright.recipes._emulate import recordings
    from brainwright.recipes._emulate.analysis import analyse
    from brainwright.recipes._emulate.design import setup_of
    from brainwright.recipes._emulate.work import run_all

    if config.recordings == "only" or config.data is not None:
        from brainwright.recipes._emulate.recording_results import alone

        return alone(recordings.run_all(config, folder, progress))
    setup = setup_of(config)
    result = analyse(setup, run_all(setup, config, folder, progress))
    return result | {"recordings": recordings.run_all(config, folder, progress)}


def page(folder: Path) -> str:
    """The body of the report."""
    from brainwright.recipes._emulate import recordings_page
    from brainwright.recipes._emulate.page import body

    if recordings_page.alone(folder):
        return recordings_page.body(folder)
    return body(folder) + recordings_page.sections(folder)
