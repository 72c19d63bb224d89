"""The optic lobe of Lappalainen et al. 2024: filters between cell types, unrolled over a hexagonal
lattice.
"""

import json
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.spatial import ConvexHull

from brainwright.connectome.connectome import Connectome
from brainwright.connectome.edges import Edges, magnitudes
from brainwright.connectome.errors import ConnectomeError
from brainwright.connectome.loaders.common import required, source_of
from brainwright.connectome.source import Source
from brainwright.datasets import Dataset


def load(entry: Dataset, *, extent: int = 15, fill: float = 0.0) -> Connectome:
    """It loads every cell type on every column that it occupies.

    Cells have type, u, v (hexagonal coordinates; 0, 0 is the centre), pool, sign (of the cell, where all its
    filters agree). Weights are mean synapse numbers, so real. Edges are signed: a few types excite some
    targets and inhibit others, which `signs.dale_violations` shows.

    Args:
        extent: radius of the lattice in columns; 15 gives 721 columns.
        fill: synapses assumed in empty taps inside a filter's convex hull or on its border; 0 takes the
            listed taps alone.
    """
    path = required(entry, entry.files[0].name)
    return read(path, extent=extent, fill=fill, source=source_of(entry, path))


def read(path: Path, *, extent: int = 15, fill: float = 0.0, source: Source | None = None) -> Connectome:
    """It does as `load`, from a given file.

    Raises:
        ConnectomeError: not a file of this kind, a pattern other than "stride", an extent below 0.
    """
    if extent < 0 or fill < 0:
        raise ConnectomeError(f"expected extent >= 0 and fill >= 0, got {extent} and {fill}")
    try:
        spec = json.loads(Path(path).read_text("utf-8"))
        patterns = {node["name"]: node["pattern"] for node in spec["nodes"]}
        filters = [(e["src"], e["tar"], e["alpha"], e["offsets"]) for e in spec["edges"]]
        inputs, outputs = set(spec["input_units"]), set(spec["output_units"])
    except (ValueError, KeyError, TypeError) as error:
        raise ConnectomeError(f"{Path(path).name}: not a filter file of this kind ({error!r})") from error
    number, cells = _lattice(patterns, extent)
    cells["pool"] = np.where(
        cells["type"].isin(inputs), "sensory", np.where(cells["type"].isin(outputs), "output", "internal")
    ).astype(str)
    parts = [
        _unrolled(number[a], number[b], alpha, offsets, extent, fill) for a, b, alpha, offsets in filters
    ]
    pre, post, weight = (np.concatenate(column) for column in zip(*parts, strict=True))
    magnitude, sign, unit = magnitudes(weight, "real")
    edges = Edges(pre, post, magnitude, np.zeros(pre.size, np.uint8), sign)
    note = f"unrolled to extent {extent}, " + (f"hulls filled with {fill:g}" if fill else "listed taps only")
    return Connectome.build(cells, edges, unit=unit, source=(source or Source(Path(path).name)).noted(note))


def _lattice(patterns: dict, extent: int) -> tuple[dict[str, np.ndarray], pd.DataFrame]:
    """It returns per type a (2 extent + 1, 2 extent + 1) table of cell numbers by u and v, -1 where none; and
    the cells.
    """
    u, v = np.meshgrid(np.arange(-extent, extent + 1), np.arange(-extent, extent + 1), indexing="ij")
    inside = np.abs(u + v) <= extent
    number, rows, n = {}, [], 0
    for name, (pattern, stride) in patterns.items():
        if pattern != "stride":
            raise ConnectomeError(f"expected pattern 'stride' for {name}, got {pattern!r}")
        occupied = inside & (u % stride[0] == 0) & (v % stride[1] == 0)
        table = np.full(u.shape, -1, np.int32)
        table[occupied] = np.arange(n, n + occupied.sum())
        number[name] = table
        rows.append(pd.DataFrame({"type": name, "u": u[occupied], "v": v[occupied]}))
        n += int(occupied.sum())
    cells = pd.concat(rows, ignore_index=True)
    return number, cells.assign(id=np.arange(n))[["id", "type", "u", "v"]]


def _unrolled(sources, targets, alpha: int, offsets, extent: int, fill: float):
    """It returns the edges of one filter: a source at (u, v) reaches the target at (u + du, v + dv)."""
    taps = {(int(du), int(dv)): float(n) for (du, dv), n in offsets if n != 0}
    if fill and len(taps) >= 3:
        taps |= {point: fill for point in _hull(taps) if point not in taps}
    width = 2 * extent + 1
    ends: list[tuple] = [(np.empty(0, np.int32), np.empty(0, np.int32), np.empty(0))]
    for (du, dv), synapses in taps.items():
        if abs(du) >= width or abs(dv) >= width:
            continue
        a = sources[max(0, -du) : width - max(0, du), max(0, -dv) : width - max(0, dv)]
        b = targets[max(0, du) : width - max(0, -du), max(0, dv) : width - max(0, -dv)]
        present = (a >= 0) & (b >= 0)
        ends.append((a[present], b[present], np.full(int(present.sum()), alpha * synapses)))
    return tuple(np.concatenate(column) for column in zip(*ends, strict=True))


def _hull(taps: dict) -> list[tuple[int, int]]:
    """It returns the lattice points inside the convex hull of the taps, its border included; none where the
    taps lie on a line.
    """
    points = np.array(list(taps), float)
    if np.linalg.matrix_rank(points - points[0]) < 2:
        return []
    sides = np.asarray(ConvexHull(points).equations)
    low, high = points.min(axis=0).astype(int), points.max(axis=0).astype(int)
    grid = np.stack(np.meshgrid(*(np.arange(a, b + 1) for a, b in zip(low, high, strict=True))), -1).reshape(
        -1, 2
    )
    # whole coordinates: what lies beyond a side lies off by 1 / its length or more, what is on it by rounding
    inside = (np.matmul(grid, sides[:, :2].T) + sides[:, 2] < 1e-9).all(axis=1)
    return [(int(a), int(b)) for a, b in grid[inside]]
