"""Connection tables as Codex offers them: FlyWire and BANC, one row per pair and neuropil."""

import pandas as pd

from brainwright.connectome.connectome import Connectome
from brainwright.connectome.errors import ConnectomeError, shown
from brainwright.connectome.loaders.annotations import codex_tables, joined_to
from brainwright.connectome.loaders.common import required, source_of
from brainwright.connectome.readers.delimited import column_names, read_table
from brainwright.datasets import Dataset, File, find

COLUMNS = ("pre_root_id", "post_root_id", "syn_count")


def load(entry: Dataset, *, min_count: int = 1) -> Connectome:
    """It returns a connectome from Codex tables; rows of one pair are summed over neuropils.

    Args:
        min_count: edges with fewer synapses, summed, are dropped (5 in the central brain by FlyWire's own
            habit).
    """
    older = find(entry, File("connections.csv.gz"))
    path = older if find(entry, entry.files[0]) is None and older else required(entry, entry.files[0].name)
    names = column_names(path)
    missing = [name for name in COLUMNS if name not in names]
    if missing:
        raise ConnectomeError(f"{path.name}: no column {shown(missing)} among {shown(names, 20)}")
    edges = read_table(path, wanted=list(COLUMNS))
    ids = pd.Index(pd.concat([edges[name] for name in COLUMNS[:2]]).unique()).sort_values()
    annotations = codex_tables(entry)
    if annotations is not None:
        ids = ids.union(pd.Index(annotations["id"]))
    cells, note = joined_to(pd.DataFrame({"id": ids}), annotations)
    whole = Connectome.from_dataframe(
        edges,
        cells,
        pre=COLUMNS[0],
        post=COLUMNS[1],
        count=COLUMNS[2],
        id="id",
        duplicates="sum",
        source=source_of(entry, path, note),
    )
    return whole.threshold(min_count) if min_count > 1 else whole
