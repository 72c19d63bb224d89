"""Connectivity of The Virtual Brain: a zip with `weights` and `centres` as text (Sanz-Leon et al. 2015,
NeuroImage 111:385).
"""

import bz2
import zipfile
from pathlib import Path, PurePosixPath

import numpy as np
import pandas as pd

from brainwright.connectome.errors import ConnectomeError
from brainwright.connectome.parts import Parts
from brainwright.connectome.readers.matrix import oriented
from brainwright.untrusted import Bounds, refused_as

UM_PER_MM = 1000.0
PARTS = ("weights", "centres", "centers")


def from_tvb(path, *, rows: str | None = None, bounds: Bounds | None = None, **options) -> Parts:
    """It reads the parts of a `Connectome` from a connectivity zip of The Virtual Brain.

    Regions are cells with the positions of `centres` (millimetres become micrometres). In its simulator
    entry [i, j] of `weights` is the connection from j onto i, which is what `rows="post"` says; tract lengths
    are left out.

    Args:
        path: the file.
        rows: "post" or "pre"; by The Virtual Brain's own rule where None.
        bounds: how much the texts may unpack to.
        options: `unit`, `source`.

    Raises:
        ConnectomeError: no zip, no `weights`, texts that are no numbers, another number of centres.
    """
    path, bounds = Path(path), bounds or Bounds()
    with refused_as(ConnectomeError, path.name, "a connectivity zip"), zipfile.ZipFile(path) as archive:
        texts = _texts(archive, bounds, path)
        if "weights" not in texts:
            raise ConnectomeError(
                f"{path.name}: expected weights.txt, got {', '.join(archive.namelist()[:8])}"
            )
        matrix = np.array([row.split() for row in texts["weights"].splitlines() if row.strip()], float)
        centres = texts.get("centres") or texts.get("centers")
        cells = None if centres is None else _cells(centres)
    note = "regions of The Virtual Brain, tract lengths left out"
    if rows is None:
        rows, note = "post", f"{note}; rows are targets, by its rule (rows='post')"
    return oriented(path, matrix, None, cells=cells, rows=rows, note=note, **options)


def _texts(archive: zipfile.ZipFile, bounds: Bounds, path: Path) -> dict[str, str]:
    """Name without suffix → text of the parts that are read."""
    found = {}
    for member in archive.infolist():
        name = PurePosixPath(member.filename).name.lower()
        if name.split(".")[0] not in PARTS or not name.endswith((".txt", ".txt.bz2")):
            continue
        bounds.check_values(member.file_size // 2, path.stat().st_size, member.filename)
        raw = archive.read(member)
        if name.endswith(".bz2"):
            most = 2 * bounds.largest(path.stat().st_size)
            unpacker = bz2.BZ2Decompressor()
            raw = unpacker.decompress(raw, most)
            if not unpacker.eof:
                raise ConnectomeError(
                    f"{member.filename} unpacks to more than {most:,} bytes (bounds: values)"
                )
        found[name.split(".")[0]] = raw.decode("utf-8-sig")
    return found


def _cells(centres: str) -> pd.DataFrame:
    """Label and x, y, z of each region."""
    rows = [row.split() for row in centres.splitlines() if row.strip()]
    if any(len(row) != 4 for row in rows):
        raise ConnectomeError("expected a label and three numbers in each line of centres")
    place = UM_PER_MM * np.array([row[1:] for row in rows], float)
    axes = {name: place[:, k] for k, name in enumerate(("x_um", "y_um", "z_um"))}
    return pd.DataFrame({"id": [row[0] for row in rows], **axes})
