"""Exports of neuPrint data sets: hemibrain, MANC (CSV) and the male nervous system (Feather)."""

from pathlib import Path

import pandas as pd

from brainwright.connectome.connectome import Connectome
from brainwright.connectome.errors import ConnectomeError, shown
from brainwright.connectome.loaders.common import renamed, required, source_of, wished
from brainwright.connectome.readers.columnar import FEATHER, read_columns
from brainwright.connectome.readers.columns import COUNT, POST, PRE, guess
from brainwright.connectome.readers.delimited import read_table
from brainwright.datasets import Dataset

NAMES = {
    "bodyId": "id",
    "bodyid": "id",
    "body": "id",
    "bodyId:ID(Body-ID)": "id",
    "superclass": "class",
    "consensus_nt": "transmitter",
    "predicted_nt": "transmitter",
    "somaSide": "side",
}
SIDES = {"L": "left", "R": "right", "M": "center", "LHS": "left", "RHS": "right"}


def load(entry: Dataset, *, min_count: int = 1) -> Connectome:
    """It returns a connectome of traced bodies; edges to bodies that the cell table lacks are dropped, which
    the notes say.

    Args:
        min_count: edges with fewer synapses are dropped.
    """
    path = required(entry, entry.files[0].name)
    cells = renamed(_table(required(entry, entry.files[1].name)), NAMES, entry.files[1].name)
    for file in entry.files[2:]:
        if (extra := wished(entry, file.name)) is not None:
            more = renamed(_table(extra), NAMES, file.name)
            cells = cells.merge(more[[c for c in more if c == "id" or c not in cells]], on="id", how="left")
    if "side" in cells:
        cells = cells.assign(side=cells["side"].map(SIDES))
    return build(_table(path), cells, source_of(entry, path), min_count)


def build(edges: pd.DataFrame, cells: pd.DataFrame, source, min_count: int = 1) -> Connectome:
    """It does as `load`, from tables."""
    pre = guess(edges.columns, ("bodyidpre", "bodypre", *PRE))
    post = guess(edges.columns, ("bodyidpost", "bodypost", *POST))
    count = guess(edges.columns, COUNT)
    if pre is None or post is None or count is None:
        raise ConnectomeError(f"no columns of two bodies and a count among {shown(edges.columns, 20)}")
    inside = edges[pre].isin(cells["id"]) & edges[post].isin(cells["id"]) & (edges[count] >= min_count)
    note = (
        f"{int((~inside).sum())} rows to bodies without a row in the cell table, or below {min_count}, "
        f"dropped"
    )
    return Connectome.from_dataframe(
        edges[inside], cells, pre=pre, post=post, count=count, id="id", source=source.noted(note)
    )


def _table(path: Path) -> pd.DataFrame:
    return read_columns(path) if path.suffix in FEATHER else read_table(path)
