"""Shuffled wirings by name, rewired ones kept since they take minutes to make at the size of a fly."""

from pathlib import Path

from brainwright.connectome import Connectome
from brainwright.connectome.nulls import NULLS
from brainwright.simulation.fingerprint import fingerprint

REWIRED = ("degree", "block")
"""Nulls that are slow to make at the size of a fly, so that they are kept once made."""


def null_wiring(connectome: Connectome, null: str, seed: int, cache: str | Path | None = None) -> Connectome:
    """A shuffled wiring; a rewired one is kept in `cache` (Parquet) and read from there the next time."""
    if null not in REWIRED or cache is None:
        return NULLS[null](connectome, seed)
    folder = Path(cache) / "wirings" / f"{null}-{seed}-{fingerprint(connectome)[:16]}"
    if not folder.exists():
        NULLS[null](connectome, seed).save(folder)
    return Connectome.load(folder)
