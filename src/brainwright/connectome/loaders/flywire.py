"""The adult fly brain as Shiu et al. 2024 published it: signed counts by cell number, v783 and v630."""

from pathlib import Path

import numpy as np
import pandas as pd

from brainwright.connectome.connectome import Connectome
from brainwright.connectome.edges import Edges, magnitudes
from brainwright.connectome.errors import ConnectomeError
from brainwright.connectome.loaders.annotations import flywire_783, joined_to
from brainwright.connectome.loaders.common import required, source_of
from brainwright.connectome.readers.columnar import read_columns
from brainwright.connectome.signs import dale_violations
from brainwright.connectome.source import Source
from brainwright.datasets import Dataset, dataset, find

PRE, POST, SIGNED = "Presynaptic_Index", "Postsynaptic_Index", "Excitatory x Connectivity"


def load(entry: Dataset, *, annotations: bool = True) -> Connectome:
    """It loads the whole brain; cells are in the order of the published model, with `sign` from the published
    signs.

    Args:
        annotations: join types, classes, transmitters and sides (v783 only) where their table is here.
    """
    wiring, cells = (file.name for file in entry.files[:2])
    path = required(entry, wiring)
    table = flywire_783() if annotations and entry.name.endswith("783") else None
    return read(path, cell_ids(entry, cells), table, source_of(entry, path))


def cell_ids(entry: Dataset, name: str) -> np.ndarray:
    """It returns the (n_cells,) root ids in model order, from the completeness table or from the ids beside
    the published spikes.
    """
    spikes = dataset("fly/shiu2024_spikes")
    version = entry.name.split("/")[1]
    listed = next((f for f in spikes.files if f.name == f"root_ids_{version}.parquet"), None)
    table = next(f for f in entry.files if f.name == name)
    if find(entry, table) is None and listed is not None and (path := find(spikes, listed)) is not None:
        return pd.read_parquet(path)["root_id"].to_numpy(np.int64)
    return pd.read_csv(required(entry, name)).iloc[:, 0].to_numpy(np.int64)


def read(path: Path, ids: np.ndarray, annotations: pd.DataFrame | None = None, source: Source | None = None):
    """It does as `load`, from a Parquet file with the columns of Shiu et al. and the ids in its order.

    Raises:
        ConnectomeError: missing columns, numbers beyond the ids, ids in the file that disagree with the
            numbers.
    """
    table = read_columns(path, [PRE, POST, SIGNED])
    pre, post = (table.pop(name).to_numpy() for name in (PRE, POST))
    if pre.size == 0:
        raise ConnectomeError(f"{path.name}: no rows")
    if min(pre.min(), post.min()) < 0 or max(pre.max(), post.max()) >= ids.size:
        raise ConnectomeError(
            f"{path.name}: cell number {max(pre.max(), post.max())} beyond the {ids.size} cells listed"
        )
    _same_ids(path, ids)
    count, sign, unit = magnitudes(table.pop(SIGNED).to_numpy(), "auto")
    edges = Edges(pre.astype(np.int32), post.astype(np.int32), count, np.zeros(pre.size, np.uint8), sign)
    kept = edges.count > 0
    edges = edges if kept.all() else edges.take(kept)
    cells, note = joined_to(pd.DataFrame({"id": ids}), annotations)
    built = Connectome.build(cells, edges, unit=unit, source=(source or Source(path.name)).noted(note))
    return _signs_to_cells(built)


def _same_ids(path: Path, ids: np.ndarray) -> None:
    """Compares ids and numbers over the first rows: a table of another version would be nonsense with these
    cells.
    """
    import pyarrow.parquet as pq

    file = pq.ParquetFile(path)
    columns = ["Presynaptic_ID", PRE]
    if set(columns) - set(file.schema_arrow.names):
        return
    # of 15 million rows: another version differs in the first few
    batch = next(file.iter_batches(100_000, columns=columns))
    named, number = (batch.column(i).to_numpy() for i in range(2))
    if not np.array_equal(ids[number], named):
        raise ConnectomeError(
            f"{path.name}: ids and cell numbers disagree: wiring and cell list of different versions?"
        )


def _signs_to_cells(connectome):
    """Edge signs become signs of presynaptic cells where Dale's law holds; cells without outputs get none."""
    if not connectome.is_signed or dale_violations(connectome).size:
        return connectome
    sign = np.full(connectome.n_cells, np.nan)
    sign[connectome.edges.pre] = connectome.edges.sign
    unsigned = connectome.edges._replace(sign=None)
    return Connectome(
        connectome.cells.assign(sign=sign), unsigned, connectome.kinds, connectome.unit, connectome.source
    )
