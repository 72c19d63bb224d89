"""`Connectome`: cells, synapses and where they come from. Frozen; every change is a new object."""

from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from brainwright.connectome import views
from brainwright.connectome.edges import ELECTRICAL, Edges, canonical
from brainwright.connectome.errors import ConnectomeError, shown
from brainwright.connectome.ids import clean_ids, locate, native_columns
from brainwright.connectome.source import Source
from brainwright.connectome.statistics import distinct_pairs
from brainwright.shown import Shown
from brainwright.untrusted import printable


@dataclass(frozen=True, eq=False, repr=False)
class Connectome(Shown):
    """A wiring diagram says which cell makes how many synapses onto which.

    An edge is `(pre, post, count, kind)`. Every kind is directed, save `"electrical"`: a gap junction is
    stored once and read as a symmetric conductance. Magnitudes are unsigned; signs belong to cells (`signs`),
    or to single edges where the data came signed. Matrices are always post × pre, so that drive is `W @
    rate`.

    Make one by `load`, `from_csv`, `from_dataframe`, `from_matrix`, `from_networkx` and their like, not by
    hand.

    Args:
        cells: one row per cell; `id` is unique; `type`, `class`, `pool` ("sensory", "internal", "output"),
            `transmitter`, `sign` (real, in [-1, 1]), `side`, `x_um`, `y_um`, `z_um` are understood where
            present.
        edges: canonical arrays, see `edges.Edges`.
        kinds: names that `edges.kind` points into.
        unit: "count" for whole synapse numbers, "real" for anything else.
        source: provenance.
    """

    _cells: pd.DataFrame
    edges: Edges
    kinds: tuple[str, ...] = ("chemical",)
    unit: str = "count"
    source: Source = field(default_factory=Source)

    def __post_init__(self):
        object.__setattr__(self, "edges", self.edges.native())
        object.__setattr__(self, "_cells", native_columns(self._cells))
        views.validate(self)
        for array in self.edges:
            if array is not None:
                array.flags.writeable = False

    # ---- construction --------------------------------------------------------------------------------------

    @classmethod
    def build(cls, cells, edges: Edges, kinds=("chemical",), unit="count", source=None, duplicates="error"):
        """Checks and sorts index arrays into a `Connectome`: what every reader ends in.

        Args:
            cells: table with an `id` column.
            edges: arrays in any order, taken over and made read-only; see `edges.canonical` for `duplicates`.
        """
        if "id" not in cells:
            raise ConnectomeError(
                f"expected a cells table with an 'id' column, got {shown(list(cells.columns), 20)}"
            )
        cells = native_columns(cells.reset_index(drop=True))
        cells = cells.assign(id=clean_ids(cells["id"], "id"))
        kinds, source = tuple(kinds), source or Source()
        ordered, merged = canonical(edges.native(), kinds, len(cells), duplicates, cells["id"].to_numpy())
        if merged:
            source = source.noted(f"{merged} repeated rows merged ({duplicates})")
        return cls(cells, ordered, kinds, unit, source)

    @classmethod
    def load(cls, name: str | Path, **options) -> "Connectome":
        """It loads a data set by name (`brainwright data list`), a folder written by `save`, or any file.

        Files are edge lists and matrices as CSV, TSV, Parquet, Feather, NPY, NPZ, MATLAB, GraphML, XLSX, and
        connectivity zips of The Virtual Brain. What was guessed of one (columns, orientation, labels) stands
        in `source.notes`, which `describe()` prints; options that say it: `readers.any_file.from_file`.

        Raises:
            brainwright.datasets.MissingData: the files are not here; says which file to put where.
            ConnectomeError: no such name, folder or file.
        """
        from brainwright.connectome.loaders import load

        return load(name, **options)

    @classmethod
    def from_dataframe(cls, edges, cells=None, **options) -> "Connectome":
        """It reads tables of edges and, if any, cells; see `readers.table.from_dataframe`."""
        from brainwright.connectome.readers.table import from_dataframe

        return cls.build(*from_dataframe(edges, cells, **options))

    @classmethod
    def from_csv(cls, path, **options) -> "Connectome":
        """It reads a CSV or TSV edge list, plain or gzip; see `readers.delimited.from_csv`."""
        from brainwright.connectome.readers.delimited import from_csv

        return cls.build(*from_csv(path, **options))

    @classmethod
    def from_parquet(cls, path, **options) -> "Connectome":
        """It reads a Parquet or Feather edge table; see `readers.columnar.from_parquet`."""
        from brainwright.connectome.readers.columnar import from_parquet

        return cls.build(*from_parquet(path, **options))

    @classmethod
    def from_matrix(cls, matrix, ids=None, **options) -> "Connectome":
        """It takes a dense or sparse matrix, post × pre unless told otherwise; see
        `readers.matrix.from_matrix`.
        """
        from brainwright.connectome.readers.matrix import from_matrix

        return cls.build(*from_matrix(matrix, ids, **options))

    @classmethod
    def from_npz(cls, path, **options) -> "Connectome":
        """It reads an NPZ file holding a dense or SciPy sparse matrix; see `readers.matrix.from_npz`."""
        from brainwright.connectome.readers.matrix import from_npz

        return cls.build(*from_npz(path, **options))

    @classmethod
    def from_networkx(cls, graph, **options) -> "Connectome":
        """It takes a NetworkX graph; see `readers.graph.from_networkx`."""
        from brainwright.connectome.readers.graph import from_networkx

        return cls.build(*from_networkx(graph, **options))

    @classmethod
    def from_graphml(cls, path, **options) -> "Connectome":
        """It reads a GraphML file; see `readers.graph.from_graphml`."""
        from brainwright.connectome.readers.graph import from_graphml

        return cls.build(*from_graphml(path, **options))

    def save(self, folder) -> Path:
        """Writes Parquet and JSON into `folder`, whole or not at all; `load(folder)` reads it back."""
        from brainwright.connectome.storage import save

        return save(self, folder)

    # ---- size and tables -----------------------------------------------------------------------------------

    @property
    def cells(self) -> pd.DataFrame:
        """It is the (n_cells, columns) table; a copy that costs nothing until it is written to."""
        return self._cells.copy(deep=False)

    @property
    def ids(self) -> np.ndarray:
        """They are the (n_cells,) ids, int64 or str."""
        return self._cells["id"].to_numpy()

    @cached_property
    def index(self) -> pd.Index:
        """It looks up the position of an id."""
        return pd.Index(self._cells["id"])

    @property
    def n_cells(self) -> int:
        """It is the number of cells."""
        return len(self._cells)

    @cached_property
    def n_edges(self) -> int:
        """It is the number of distinct ordered pairs (pre, post) joined by a synapse; gap junctions are
        counted apart.
        """
        return int(distinct_pairs(self)[0].size)

    @cached_property
    def n_synapses(self) -> int | float:
        """It is the total synapse count, or total weight where weights are real; gap junctions are counted
        apart.
        """
        total = self.edges_of("chemical").count.sum(dtype=np.float64 if self.unit == "real" else np.int64)
        return total.item()

    @cached_property
    def n_gap_junctions(self) -> int:
        """It is the number of unordered pairs joined by gap junctions, a cell with itself included."""
        return int(self.edges_of(ELECTRICAL).pre.size) if ELECTRICAL in self.kinds else 0

    @property
    def is_signed(self) -> bool:
        """It is True when single edges carry signs."""
        return self.edges.sign is not None

    def edges_of(self, kind: str | None = None) -> Edges:
        """It returns the edge arrays of one kind; "chemical" means every kind but gap junctions; None means
        all rows.
        """
        return views.edges_of(self, kind)

    def to_pandas(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        """It returns (cells, synapses): synapses has columns pre, post (ids), count, kind, and sign where
        edges are signed.
        """
        return self.cells, views.synapse_table(self)

    @property
    def synapses(self) -> pd.DataFrame:
        """It is the synapse table of `to_pandas`, built at each call."""
        return views.synapse_table(self)

    def to_networkx(self):
        """It returns a `networkx.MultiDiGraph` keyed by kind, `weight` being sign × count; gap junctions
        appear in both directions.
        """
        from brainwright.connectome.readers.graph import to_networkx

        return to_networkx(self)

    def weights(self, signs=None, kind: str | None = None, dtype=None, format: str = "csr"):
        """It returns the weights as a SciPy sparse array, post × pre: `drive = weights @ rate`.

        Args:
            signs: None for unsigned counts; "given" for the signs in the data; (n_cells,) signs of the
                presynaptic cells, or a `signs.Signs`.
            kind: None or "chemical" sums all synapse kinds; "electrical" is the symmetric conductance matrix.
            dtype: of the entries; by default int32 for counts, float64 else.
            format: "csr", "csc" (by presynaptic cell, no copy of the order) or "coo".

        Returns:
            (n_cells, n_cells) sparse array.
        """
        return views.weights(self, signs, kind, dtype, format)

    # ---- narrowing and changing ----------------------------------------------------------------------------

    def locate(self, ids) -> np.ndarray:
        """It returns the int32 positions of these ids. Raises `ConnectomeError` for unknown ones."""
        return locate(np.atleast_1d(np.asarray(ids)), self.index, "ids")

    @property
    def pools(self) -> dict[str, np.ndarray]:
        """It is name → positions of its cells: from the `pool` column, and the user's from `with_pool`."""
        return views.pools(self)

    def with_pool(self, name: str, ids) -> "Connectome":
        """It returns the same wiring with a named pool of cells; pools may overlap."""
        member = np.zeros(self.n_cells, bool)
        member[self.locate(ids)] = True
        return self.with_cells(**{f"pool:{name}": member})

    def with_cells(self, **columns) -> "Connectome":
        """It returns the same wiring with cell columns added or replaced, each (n_cells,) or one value."""
        if "id" in columns:
            raise ConnectomeError("ids cannot be replaced by with_cells: use relabel")
        return replace(self, _cells=self._cells.assign(**columns))

    def with_edges(self, edges: Edges, *notes: str, unit: str | None = None) -> "Connectome":
        """It returns the same cells with other edges, in any order, none repeated."""
        arrays = [array.copy() for array in edges if array is not None]  # the caller keeps its own
        ordered, _ = canonical(Edges(*arrays), self.kinds, self.n_cells, ids=self.ids)
        return replace(self, edges=ordered, unit=unit or self.unit, source=self.source.noted(*notes))

    def signed(self, policy) -> "Connectome":
        """It returns the same wiring with the cell column `sign` set by a policy of `signs` (or by finished
        `signs.Signs`); signs of single edges give way to it.
        """
        signs = policy if hasattr(policy, "coverage") else policy(self)
        unsigned = replace(self, edges=self.edges._replace(sign=None))
        return unsigned.with_cells(sign=signs.values).noted(f"signs {signs.report()}")

    def noted(self, *notes: str) -> "Connectome":
        """It returns the same wiring with notes added to its provenance."""
        return replace(self, source=self.source.noted(*notes))

    def subset(self, ids=None, *, where=None) -> "Connectome":
        """It returns the cells named by `ids`, or chosen by `where` (mask, positions, or a query such as
        "type == 'KC'", see `query`).
        """
        return views.subset(self, views.chosen(self, ids, where))

    def of_kind(self, *kinds: str) -> "Connectome":
        """It keeps only the edges of these kinds; all cells stay."""
        unknown = [kind for kind in kinds if kind not in self.kinds]
        if unknown or not kinds:
            raise ConnectomeError(f"no edges of kind {shown(unknown)}: there are {shown(self.kinds, 30)}")
        codes = np.array([self.kinds.index(kind) for kind in kinds])
        kept = self.edges.take(np.isin(self.edges.kind, codes))
        renumber = np.zeros(len(self.kinds), np.uint8)
        renumber[codes] = np.arange(codes.size)
        kept = kept._replace(kind=renumber[kept.kind])
        ordered, _ = canonical(kept, tuple(kinds), self.n_cells)
        note = f"kinds {shown(kinds, 30)} of {shown(self.kinds, 30)}"
        return replace(self, edges=ordered, kinds=tuple(kinds), source=self.source.noted(note))

    def threshold(self, least) -> "Connectome":
        """It keeps only edges with a count (or magnitude) of at least `least`; all cells stay."""
        kept = self.edges.count >= least
        note = f"threshold {least}: {int(kept.sum())} of {kept.size} edge rows kept"
        return replace(self, edges=self.edges.take(kept), source=self.source.noted(note))

    def without_autapses(self) -> "Connectome":
        """It leaves out the edges from a cell to itself."""
        kept = self.edges.pre != self.edges.post
        note = f"{int((~kept).sum())} autapse rows dropped"
        return replace(self, edges=self.edges.take(kept), source=self.source.noted(note))

    def merge_parallel(self) -> "Connectome":
        """It makes one edge of every ordered pair: all synapse kinds summed into "chemical"; gap junctions
        stay apart.
        """
        return views.merge_parallel(self)

    def relabel(self, mapping) -> "Connectome":
        """It gives new ids: (n_cells,) array, a dict or a function of the old id. Raises where they are not
        unique.
        """
        old = self._cells["id"]
        if callable(mapping):
            new = old.map(mapping)
        elif isinstance(mapping, dict):
            new = old.astype(object).where(~old.isin(list(mapping)), old.map(mapping)).infer_objects()
        else:
            new = pd.Series(mapping)
        if len(new) != self.n_cells:
            raise ConnectomeError(f"expected {self.n_cells} new ids, got {len(new)}")
        return replace(self, _cells=self._cells.assign(id=clean_ids(new, "new ids")))

    def largest_component(self, connection: str = "weak") -> "Connectome":
        """It returns the largest weakly or strongly connected component (`connection="strong"`), all kinds
        counted.
        """
        from brainwright.connectome.paths import largest_component

        return views.subset(self, largest_component(self, connection))

    # ---- looking -------------------------------------------------------------------------------------------

    def hops(self, sources, targets=None) -> np.ndarray:
        """It counts the fewest synapses from any of `sources` to each of `targets`; see `paths.hops`."""
        from brainwright.connectome.paths import hops

        return hops(self, sources, targets)

    def describe(self, signs=None):
        """It returns counts, density, distributions, reciprocity, components, signs; see
        `summary.Summary`.
        """
        from brainwright.connectome.summary import describe

        return describe(self, signs)

    def plot(self, path=None, **options):
        """It shows adjacency by pool, degree and weight distributions, positions; see `plot.plot`."""
        from brainwright.connectome.plot import plot

        return plot(self, path, **options)

    def glance(self) -> dict[str, str]:
        """What a notebook shows of it: size, signs, pools, where it comes from and under which licence."""
        pools = ", ".join(f"{name} {len(cells):,}" for name, cells in self.pools.items())
        facts = {
            "": self.source.name,
            "cells": f"{self.n_cells:,}",
            "edges": f"{self.n_edges:,}",
            "gap junctions": f"{self.n_gap_junctions:,}",
            "synapses": f"{self.n_synapses:,}" if self.unit == "count" else f"{self.n_synapses:.6g}",
            "signs": "yes" if self.is_signed else "none yet: `signed` gives them",
            "pools": pools or "none",
            "licence": self.source.licence,
            "notes": "; ".join(self.source.notes),
        }
        return {name: value for name, value in facts.items() if value}

    def __repr__(self) -> str:
        gaps = f", {self.n_gap_junctions:,} gap junctions" if self.n_gap_junctions else ""
        name = printable(self.source.name)
        return f"Connectome({name}: {self.n_cells:,} cells, {self.n_edges:,} edges{gaps})"
