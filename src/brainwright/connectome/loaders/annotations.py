"""FlyWire annotations: transmitter, class, type, side and flow by cell id."""

import pandas as pd

from brainwright.connectome.loaders.common import file_named, renamed
from brainwright.datasets import Dataset, dataset, find, require

NAMES = {
    "root_id": "id",
    "Root ID": "id",
    "nt_type": "transmitter",
    "super_class": "class",
    "class": "sub_class_of",
    "cell_type": "type",
    "primary_type": "type",
}
JOINED = "neurons_v783.parquet"
POOLS = {"afferent": "sensory", "intrinsic": "internal", "efferent": "output"}


def flywire_783() -> pd.DataFrame | None:
    """It returns all annotated neurons of v783: the joined table with cell types where that is here, else the
    tables that Codex offers, else None.
    """
    entry = dataset("flywire/annotations")
    joined = file_named(entry, JOINED)
    if find(entry, joined) is None:
        return codex_tables(entry)
    return tidy(pd.read_parquet(require(entry, joined)), JOINED)


def codex_tables(entry: Dataset) -> pd.DataFrame | None:
    """It returns `neurons.csv.gz` and `classification.csv.gz` as Codex offers them, joined; None where
    neither is here.
    """
    tables = []
    for name in ("neurons.csv.gz", "classification.csv.gz", "consolidated_cell_types.csv.gz"):
        file = next((f for f in entry.files if f.name == name), None)
        path = find(entry, file) if file else None
        if path is not None:
            tables.append(tidy(pd.read_csv(path), name).set_index("id"))
    if not tables:
        return None
    whole = tables[0]
    for table in tables[1:]:
        whole = whole.join(table[[c for c in table if c not in whole]], how="outer")
    return whole.reset_index()


def tidy(table: pd.DataFrame, file_name: str) -> pd.DataFrame:
    """It puts columns under our names, and makes a pool from `flow`; "none" transmitters become missing."""
    table = renamed(table, NAMES, file_name)
    if "flow" in table:
        table = table.assign(pool=table["flow"].map(POOLS))
    return table


def joined_to(cells: pd.DataFrame, annotations: pd.DataFrame | None) -> tuple[pd.DataFrame, str]:
    """It returns the cells with their annotations, in the order of `cells`, and a note on how many were
    found.
    """
    if annotations is None:
        return cells, "no annotations here: cells have no types"
    annotated = cells["id"].isin(annotations["id"])
    extra = annotations[[c for c in annotations if c == "id" or c not in cells]]
    return cells.merge(
        extra, on="id", how="left"
    ), f"annotations for {int(annotated.sum())} of {len(cells)} cells"
