"""The larval brain of Winding et al. 2023, from the paper's own zip."""

import zipfile
import zlib
from pathlib import Path

import numpy as np
import pandas as pd

from brainwright.connectome.connectome import Connectome
from brainwright.connectome.edges import Edges
from brainwright.connectome.errors import ConnectomeError, shown
from brainwright.connectome.loaders.common import required, source_of
from brainwright.connectome.nulls.rewire import joined
from brainwright.connectome.source import Source
from brainwright.datasets import Dataset

KINDS = ("ad", "aa", "da", "dd")
ZIP = "Supplementary-Data-S1.zip"
LARGEST_MEMBER_BYTES = 200_000_000
"""Ten times a table of 2,952 × 2,952 counts of one digit each."""
BLOCK_BYTES = 1 << 26
"""64 MB hold a whole table: Arrow guesses types from the first block."""
ANNOTATIONS = ("left_id", "right_id", "celltype", "additional_annotations", "level_7_cluster")
OUTPUTS = ("DN-VNC", "DN-SEZ", "RGN")


def load(entry: Dataset, *, kinds=KINDS, outputs=OUTPUTS) -> Connectome:
    """It loads the larval brain: 2,952 cells; kinds "ad" (axon to dendrite), "aa", "da", "dd".

    Cells have type (17 classes, missing for 346), class (modality and the like), cluster, side, partner (id
    of the homologue, -1 without), pool. No transmitter or sign is published.

    Args:
        kinds: which of the four kinds to read.
        outputs: cell types that form the output pool; the 218 outputs of Yu et al. 2025 are ("DN-SEZ",
            "RGN").

    Raises:
        ConnectomeError: a zip with other content.
    """
    path = required(entry, ZIP)
    return read_zip(path, tuple(kinds), tuple(outputs), source_of(entry, path))


def read_zip(path: Path, kinds=KINDS, outputs=OUTPUTS, source: Source | None = None) -> Connectome:
    """It does as `load`, from a given zip."""
    unknown = [kind for kind in kinds if kind not in KINDS]
    if unknown or not kinds:
        raise ConnectomeError(f"no kind {unknown}: there are {KINDS}")
    try:
        with zipfile.ZipFile(path) as archive:
            ids, parts = np.empty(0, np.int64), []
            for code, kind in enumerate(kinds):
                matrix_ids, dense = matrix(archive, f"{kind}_connectivity_matrix.csv")
                ids = np.sort(matrix_ids) if code == 0 else ids
                parts.append(_edges(matrix_ids, dense, ids, code, kind))
            cells = annotated(ids, _annotations(archive), outputs)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise ConnectomeError(f"{Path(path).name}: not a readable zip ({error}): fetch it again") from error
    return Connectome.build(cells, joined(parts), kinds, source=source or Source(Path(path).name))


def matrix(archive: zipfile.ZipFile, name: str) -> tuple[np.ndarray, np.ndarray]:
    """It returns the ids in the order of this matrix, and (N, N) counts, pre × post.

    Raises:
        ConnectomeError: no such member, not square, row and column ids that differ, fractional or negative
            counts.
    """
    import pyarrow as pa
    from pyarrow import csv

    with archive.open(_member(archive, name)) as file:
        try:
            table = csv.read_csv(file, read_options=csv.ReadOptions(block_size=BLOCK_BYTES))
        except pa.ArrowException as error:
            raise ConnectomeError(f"{name}: not a readable table: {str(error).splitlines()[0]}") from error
    try:
        rows, columns = table.column(0).to_numpy(), np.array(table.column_names[1:], np.int64)
        dense = np.column_stack([table.column(i).to_numpy() for i in range(1, table.num_columns)])
    except (ValueError, IndexError) as error:
        raise ConnectomeError(
            f"{name}: expected a matrix with cell ids as first row and column ({error})"
        ) from error
    if not np.array_equal(rows, columns):
        raise ConnectomeError(
            f"{name}: expected the same ids as rows and columns, got {rows.size} × {columns.size}"
        )
    if dense.dtype.kind not in "if" or not (dense >= 0).all() or not (dense == np.floor(dense)).all():
        raise ConnectomeError(f"{name}: expected whole synapse counts")
    if np.unique(rows).size != rows.size:
        raise ConnectomeError(f"{name}: an id appears twice")
    return rows, dense


def _member(archive: zipfile.ZipFile, name: str) -> zipfile.ZipInfo:
    members = [
        m for m in archive.infolist() if m.filename.split("/")[-1] == name and "__MACOSX" not in m.filename
    ]
    if len(members) != 1:
        raise ConnectomeError(
            f"expected one {name} in the zip, found {len(members)}: is it Data S1 of Winding et al.?"
        )
    if members[0].file_size > LARGEST_MEMBER_BYTES:
        raise ConnectomeError(
            f"{name} unpacks to {members[0].file_size:,} bytes, more than any of the published tables"
        )
    return members[0]


def _edges(matrix_ids: np.ndarray, dense: np.ndarray, ids: np.ndarray, code: int, kind: str) -> Edges:
    """It returns edges with positions in the common order `ids`: every matrix of the zip has an order of its
    own.
    """
    place = np.searchsorted(ids, matrix_ids)
    if matrix_ids.size != ids.size or not np.array_equal(ids[np.minimum(place, ids.size - 1)], matrix_ids):
        raise ConnectomeError(
            f"the {kind} matrix names other cells than the first one: a zip with mixed matrices"
        )
    pre, post = np.nonzero(dense)
    count = dense[pre, post].astype(np.int32)
    return Edges(
        place[pre].astype(np.int32), place[post].astype(np.int32), count, np.full(pre.size, code, np.uint8)
    )


def _annotations(archive: zipfile.ZipFile) -> pd.DataFrame:
    """It returns id, type, class, cluster, side, partner: one row per side of each row of the published
    table.
    """
    with archive.open(_member(archive, "annotations.csv")) as file:
        try:
            table = pd.read_csv(file, dtype=str)
        except (ValueError, pd.errors.ParserError) as error:
            raise ConnectomeError(f"annotations.csv: not a readable table: {error}") from error
    missing = [name for name in ANNOTATIONS if name not in table]
    if missing:
        raise ConnectomeError(f"annotations.csv: no column {shown(missing)} among {shown(table.columns, 20)}")
    try:
        return _by_cell(table)
    except ValueError as error:
        raise ConnectomeError(f"annotations.csv: expected whole-number ids ({error})") from error


def _by_cell(table: pd.DataFrame) -> pd.DataFrame:
    rows = []
    for side, other in (("left", "right"), ("right", "left")):
        present = table[table[f"{side}_id"] != "no pair"]
        partner = present[f"{other}_id"].where(present[f"{other}_id"] != "no pair", "-1")
        rows.append(
            pd.DataFrame(
                {
                    "id": present[f"{side}_id"].astype(np.int64),
                    "type": present["celltype"],
                    "class": present["additional_annotations"],
                    "cluster": present["level_7_cluster"],
                    "side": side,
                    "partner": partner.astype(np.int64),
                }
            )
        )
    return pd.concat(rows).drop_duplicates("id").set_index("id")


def annotated(ids: np.ndarray, annotations: pd.DataFrame, outputs) -> pd.DataFrame:
    """It returns the cell table in the order of `ids`."""
    cells = annotations.reindex(ids).reset_index(names="id")
    cells["partner"] = cells["partner"].fillna(-1).astype(np.int64)
    pool = np.where(
        cells["type"] == "sensory", "sensory", np.where(cells["type"].isin(outputs), "output", "internal")
    )
    return cells.assign(pool=pool.astype(str))
