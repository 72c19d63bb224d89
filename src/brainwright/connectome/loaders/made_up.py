"""Synthetic diagrams by name."""

from brainwright.connectome.connectome import Connectome
from brainwright.connectome.synthetic import fly_like
from brainwright.datasets import Dataset


def load(entry: Dataset, **options) -> Connectome:
    """It makes `synthetic.fly_like` with its options (n_cells, n_edges, seed)."""
    return fly_like(**options)
