"""A connectome as a folder: `cells.parquet`, `synapses.parquet`, `connectome.json`. Written whole or not at
all.
"""

import hashlib
import json
import shutil
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

from brainwright.connectome.edges import Edges
from brainwright.connectome.errors import ConnectomeError, shown
from brainwright.connectome.parts import Parts
from brainwright.connectome.readers.columnar import read_columns
from brainwright.connectome.source import Source
from brainwright.untrusted import Unreadable, parse_json

FORMAT_VERSION = 1
"""Goes up when a folder of an older version can be read no more."""
PARTS = ("cells.parquet", "synapses.parquet")
HEADER = "connectome.json"


def save(connectome, folder) -> Path:
    """Writes the three files into a temporary folder beside `folder`, then moves it there.

    Raises:
        FileExistsError: `folder` is a file, or holds anything but a saved connectome.
    """
    folder = Path(folder)
    if folder.exists() and not folder.is_dir():
        raise FileExistsError(f"{folder} is a file: choose a folder")
    others = {path.name for path in folder.iterdir()} - {*PARTS, HEADER} if folder.exists() else set()
    if others:
        raise FileExistsError(f"{folder} holds other files ({shown(sorted(others))}): choose another folder")
    folder.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        _write(connectome, scratch)
        old = scratch.with_name(scratch.name + ".old")
        if folder.exists():
            folder.rename(old)
        scratch.rename(folder)
        shutil.rmtree(old, ignore_errors=True)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return folder


def _write(connectome, folder: Path) -> None:
    edges = connectome.edges
    names = Edges._fields if edges.sign is not None else Edges._fields[:-1]
    connectome.cells.to_parquet(folder / PARTS[0], index=False)
    pd.DataFrame({name: getattr(edges, name) for name in names}).to_parquet(folder / PARTS[1], index=False)
    header = {
        "format_version": FORMAT_VERSION,
        "kinds": list(connectome.kinds),
        "unit": connectome.unit,
        "n_cells": connectome.n_cells,
        "n_rows": int(edges.pre.size),
        "sha256": {part: _sha256(folder / part) for part in PARTS},
        "source": connectome.source.to_dict(),
    }
    header["header_sha256"] = _header_sha256(header)
    (folder / HEADER).write_text(json.dumps(header, indent=2) + "\n")


def load_folder(folder) -> Parts:
    """Reads back what `save` wrote, as parts.

    Raises:
        ConnectomeError: another format version, a missing part, or a part that does not match its checksum.
    """
    folder = Path(folder)
    header = _header(folder)
    for part in PARTS:
        if not (folder / part).exists():
            raise ConnectomeError(f"{folder}: {part} is missing")
        if _sha256(folder / part) != header["sha256"][part]:
            raise ConnectomeError(
                f"{folder / part} does not match its checksum in connectome.json: it was changed"
            )
    cells, table = (read_columns(folder / part) for part in PARTS)
    _check(folder, header, cells, table)
    sign = table["sign"].to_numpy(np.int8) if "sign" in table else None
    edges = Edges(*(table[name].to_numpy() for name in Edges._fields[:-1]), sign)
    source = Source.from_dict(header["source"])
    return Parts(cells, edges, tuple(header["kinds"]), header["unit"], source)


def _check(folder: Path, header: dict, cells: pd.DataFrame, table: pd.DataFrame) -> None:
    """Raises `ConnectomeError` unless header and tables are of the kind that `save` writes: a checksum proves
    that they belong together, not that they are sound.
    """
    wanted = {"pre": "i", "post": "i", "count": "if", "kind": "u"}
    for name, kinds in wanted.items():
        if name not in table or table[name].dtype.kind not in kinds:
            raise ConnectomeError(f"{folder / PARTS[1]}: expected numbers in a column {name!r}")
    if "sign" in table and not table["sign"].isin((-1, 1)).all():
        raise ConnectomeError(f"{folder / PARTS[1]}: expected signs of -1 or 1")
    for name in ("pre", "post"):
        if len(table) and not 0 <= table[name].min() <= table[name].max() < len(cells):
            raise ConnectomeError(f"{folder / PARTS[1]}: {name} leaves the {len(cells)} cells")
    kinds = header["kinds"]
    if not (isinstance(kinds, list) and kinds and all(isinstance(kind, str) for kind in kinds)):
        raise ConnectomeError(f"{folder / HEADER}: expected a list of kinds, got {kinds!r}")
    if len(table) and int(table["kind"].max()) >= len(kinds):
        raise ConnectomeError(f"{folder / PARTS[1]}: expected {len(kinds)} kinds")
    if (len(cells), len(table)) != (header.get("n_cells"), header.get("n_rows")):
        raise ConnectomeError(f"{folder}: expected the numbers of cells and rows of {HEADER}")
    if header["unit"] != ("real" if table["count"].dtype.kind == "f" else "count"):
        raise ConnectomeError(f"{folder / HEADER}: the unit {header['unit']!r} does not fit the counts")


def _header(folder: Path) -> dict:
    path = folder / HEADER
    try:
        header = parse_json(path.read_bytes(), HEADER)
    except (OSError, Unreadable) as error:
        raise ConnectomeError(f"{folder}: no readable connectome.json ({error})") from error
    if not isinstance(header, dict) or "format_version" not in header:
        raise ConnectomeError(
            f"{folder}: no readable connectome.json (expected an object with format_version)"
        )
    if header["format_version"] != FORMAT_VERSION:
        raise ConnectomeError(
            f"{folder}: expected format version {FORMAT_VERSION}, got {header['format_version']}"
        )
    if header.get("header_sha256") != _header_sha256(header):
        raise ConnectomeError(f"{path} does not match its own checksum: it was changed")
    missing = {"kinds", "unit", "source", "sha256"} - header.keys()
    sums = header.get("sha256")
    if missing or not (isinstance(sums, dict) and set(PARTS) <= sums.keys()):
        raise ConnectomeError(f"{path}: expected kinds, unit, source and the checksums of {', '.join(PARTS)}")
    if not isinstance(header["source"], dict):
        raise ConnectomeError(f"{path}: expected the source as an object")
    return header


def _header_sha256(header: dict) -> str:
    """It is that of the header without this very checksum."""
    rest = {name: value for name, value in header.items() if name != "header_sha256"}
    return hashlib.sha256(json.dumps(rest, sort_keys=True).encode()).hexdigest()


def _sha256(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
