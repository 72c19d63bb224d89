"""What readers read: the parts that a `Connectome` is built from."""

from typing import NamedTuple

import pandas as pd

from brainwright.connectome.edges import Edges
from brainwright.connectome.source import Source


class Parts(NamedTuple):
    """They are the arguments of `Connectome.build`, which checks and sorts them."""

    cells: pd.DataFrame
    edges: Edges
    kinds: tuple[str, ...] = ("chemical",)
    unit: str = "count"
    source: Source | None = None
    duplicates: str = "error"
    """What becomes of repeated rows; see `edges.canonical`."""
