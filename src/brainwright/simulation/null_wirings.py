"""Shuffled wirings by name, rewired ones kept since they take minutes to make at the size of a fly."""

from collections.abc import Callable
from pathlib import Path

from brainwright.connectome import Connectome, nulls
from brainwright.simulation.fingerprint import fingerprint

NULLS: dict[str, Callable[..., Connectome]] = {
    "signs": nulls.shuffle_signs,
    "weights": nulls.shuffle_weights,
    "degree": nulls.degree_preserving,
}


def null_wiring(connectome: Connectome, null: str, seed: int, cache: str | Path | None = None) -> Connectome:
    """A shuffled wiring; a rewired one is kept in `cache` (Parquet) and read from there the next time."""
    if null != "degree" or cache is None:
        return NULLS[null](connectome, seed)
    folder = Path(cache) / "wirings" / f"{null}-{seed}-{fingerprint(connectome)[:16]}"
    if not folder.exists():
        NULLS[null](connectome, seed).save(folder)
    return Connectome.load(folder)
