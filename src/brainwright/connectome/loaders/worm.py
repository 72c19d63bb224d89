"""Worm connectomes: the built-in one, and those of the table made with cect."""

import numpy as np
import pandas as pd

from brainwright.connectome.connectome import Connectome
from brainwright.connectome.edges import ELECTRICAL, Edges
from brainwright.connectome.errors import ConnectomeError
from brainwright.connectome.loaders.common import required, source_of
from brainwright.connectome.readers.columnar import read_columns
from brainwright.connectome.source import Source
from brainwright.datasets import Dataset, embedded
from brainwright.datasets.catalog_worms import TABLE_SETS

EMBEDDED = "celegans_varshney2011.json"
KINDS = {"Generic_CS": "chemical", "Generic_GJ": ELECTRICAL}
COLUMNS = ("dataset", "pre", "post", "synclass", "weight")
POOLS = {"Sensory": "sensory", "Interneuron": "internal", "Motorneuron": "output", "Other": "internal"}


def load(entry: Dataset) -> Connectome:
    """It returns a worm connectome with kinds "chemical" and "electrical"; weights are numbers of contacts.

    Cells have type (anatomical class), class (description), pool, transmitter (missing where unknown), side.
    """
    short = entry.name.split("/")[1]
    return built_in(entry) if short == "varshney2011" else from_table(entry, TABLE_SETS[short][0])


def built_in(entry: Dataset) -> Connectome:
    """It loads the somatic nervous system of Varshney et al. 2011, from the file within the package."""
    content = embedded(EMBEDDED)
    cells = pd.DataFrame(content["cells"])
    cells["transmitter"] = cells["transmitter"].where(cells["transmitter"] != "")
    triples = [np.array(content[kind], np.int32) for kind in ("chemical", ELECTRICAL)]
    kind = np.repeat(np.arange(2, dtype=np.uint8), [len(t) for t in triples])
    edges = Edges(*np.concatenate(triples).T.copy(), kind)
    provenance = content["provenance"]
    source = Source(entry.name, provenance["citation"], provenance["licence"], notes=(provenance["made_by"],))
    return Connectome.build(cells, edges, ("chemical", ELECTRICAL), source=source)


def from_table(entry: Dataset, dataset: str) -> Connectome:
    """It takes one data set of the long table, neurons only."""
    path = required(entry, "edges_all_datasets.parquet")
    table = read_columns(path, [*COLUMNS])
    table = table[table["dataset"] == dataset]
    if table.empty:
        raise ConnectomeError(f"{path.name} holds no data set {dataset!r}")
    neurons = pd.read_csv(required(entry, "neurons.csv"))
    cells = _cells(neurons, dataset, table)
    known = set(cells["id"])
    inside = table["pre"].isin(known) & table["post"].isin(known)
    edges = table[inside & table["synclass"].isin(list(KINDS))].assign(
        kind=lambda t: t["synclass"].map(KINDS)
    )
    dropped = int((~inside).sum())
    source = source_of(
        entry, path, f"{dropped} rows to or from cells that are no neurons of this table dropped"
    )
    return Connectome.from_dataframe(
        edges,
        cells,
        pre="pre",
        post="post",
        count="weight",
        kind="kind",
        id="id",
        duplicates="max",
        source=source,
    )


def _cells(neurons: pd.DataFrame, dataset: str, table: pd.DataFrame) -> pd.DataFrame:
    """It returns the hermaphrodite neurons that the data set mentions."""
    used = neurons["neuron"].isin(set(table["pre"]) | set(table["post"]))
    neurons = neurons[used]
    has_sides = neurons["contralateral"].notna() & (neurons["contralateral"] != neurons["neuron"])
    side = neurons["neuron"].str[-1].map({"L": "left", "R": "right"})
    return pd.DataFrame(
        {
            "id": neurons["neuron"],
            "type": neurons["class"],
            "class": neurons["type"],
            "pool": neurons["sim"].map(POOLS),
            "transmitter": neurons["nt"].where(neurons["nt"] != "unknown"),
            "side": side.where(has_sides & side.notna(), "center"),
        }
    ).reset_index(drop=True)
