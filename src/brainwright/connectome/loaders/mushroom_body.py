"""The learning circuit of the adult fly's mushroom body, FlyWire v783."""

import pandas as pd

from brainwright.connectome.connectome import Connectome
from brainwright.connectome.loaders import codex
from brainwright.connectome.loaders.common import file_named, renamed, required, source_of
from brainwright.datasets import Dataset, dataset, find

POOLS = {"ALPN": "sensory", "MBON": "output"}
CLASSES = ("ALPN", "Kenyon_Cell", "MBON", "DAN", "MBIN")
"""Of the classes that Codex tells apart, those of the learning circuit."""


def load(entry: Dataset) -> Connectome:
    """It loads 5,836 cells: Kenyon cells, projection neurons (ALPN), dopaminergic neurons (DAN), MBON and
    MBIN.

    Cells have class (of those five), type (cell type), transmitter, side, hemilineage, pool (ALPN sensory,
    MBON output, the rest internal). The table lacks KC → DAN, KC → APL, APL → KC and all inputs of DAN.

    Where it is not here but the tables of `flywire/codex` are, the circuit is cut from them, with those
    edges.
    """
    whole = dataset("flywire/codex")
    if find(entry, file_named(entry, "edges.parquet")) is None and find(whole, whole.files[0]) is not None:
        return of_codex(whole)
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


def of_codex(entry: Dataset) -> Connectome:
    """It returns the same classes of the whole brain as Codex offers it, with all edges among them.

    Raises:
        MissingData: no classification.csv.gz, which names the classes.
    """
    required(entry, "classification.csv.gz")
    whole = codex.load(entry)
    circuit = whole.subset(whole.ids[whole.cells["sub_class_of"].isin(CLASSES).to_numpy()])
    named = circuit.cells["sub_class_of"]
    pool = named.map(POOLS).fillna("internal")
    return circuit.with_cells(**{"class": named.to_numpy(), "pool": pool.to_numpy()}).noted(
        "cut from the tables of flywire/codex"
    )
