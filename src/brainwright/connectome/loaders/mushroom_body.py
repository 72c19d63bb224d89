"""The learning circuit of the adult fly's mushroom body, FlyWire v783."""

import pandas as pd

from brainwright.connectome.connectome import Connectome
from brainwright.connectome.loaders.common import renamed, required, source_of
from brainwright.datasets import Dataset

POOLS = {"ALPN": "sensory", "MBON": "output"}


def load(entry: Dataset) -> Connectome:
    """It loads 5,836 cells: Kenyon cells, projection neurons (ALPN), dopaminergic neurons (DAN), MBON and
    MBIN.

    Cells have class (of those five), type (cell type), transmitter, side, hemilineage, pool (ALPN sensory,
    MBON output, the rest internal). The table lacks KC → DAN, KC → APL, APL → KC and all inputs of DAN.
    """
    path = required(entry, "edges.parquet")
    cells = renamed(
        pd.read_parquet(required(entry, "neurons.parquet")),
        {"root_id": "id", "cell_type": "type", "nt_type": "transmitter"},
        "neurons.parquet",
    )
    cells = cells.assign(pool=cells["class"].map(POOLS).fillna("internal"))
    return Connectome.from_dataframe(
        pd.read_parquet(path),
        cells,
        pre="pre",
        post="post",
        count="syn_count",
        id="id",
        source=source_of(entry, path),
    )
