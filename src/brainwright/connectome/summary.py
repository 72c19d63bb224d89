"""What a wiring diagram looks like in numbers."""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csgraph

from brainwright.connectome.errors import ConnectomeError
from brainwright.connectome.paths import graph
from brainwright.connectome.signs import Given, Signs, dale_violations
from brainwright.connectome.statistics import degrees, reciprocity, shortcut_share
from brainwright.untrusted import printable

QUANTILES = (0.0, 0.25, 0.5, 0.75, 0.99, 1.0)
"""Ends and quarters; 99 % because degrees and counts have long tails."""


@dataclass(frozen=True, eq=False)
class Summary:
    """It holds the numbers of `Connectome.describe`; printing it gives a short table.

    Attributes:
        name, n_cells, n_edges, n_synapses, n_gap_junctions, n_autapses, unit: as of the connectome.
        density: edges between different cells over ordered pairs of different cells.
        kinds: kind → (edges, weight).
        out_degree, in_degree, weight: quantiles at 0, 25, 50, 75, 99, 100 %, over cells or edges.
        reciprocity: share of edges answered by one back.
        weak_components, strong_components: numbers; largest_weak, largest_strong: cells in the largest.
        pools: pool → cells. types: number of distinct types, 0 without a `type` column.
        shortcut_share: share of edges straight from sensory to output cells.
        signs: coverage of the signs of cells, or None without any.
        edge_signs: numbers of positive and negative edges, and of cells that send both; None where edges
            carry no signs of their own. Degrees and weights are those of magnitudes.
        citation, licence, notes: provenance.
    """

    name: str
    n_cells: int
    n_edges: int
    n_synapses: float
    n_gap_junctions: int
    n_autapses: int
    unit: str
    density: float
    kinds: dict[str, tuple[int, float]]
    out_degree: tuple[float, ...]
    in_degree: tuple[float, ...]
    weight: tuple[float, ...]
    reciprocity: float
    weak_components: int
    strong_components: int
    largest_weak: int
    largest_strong: int
    pools: dict[str, int]
    types: int
    shortcut_share: float
    signs: Signs | None
    edge_signs: tuple[int, int, int] | None
    citation: str
    licence: str
    notes: tuple[str, ...]

    def __str__(self) -> str:
        total = "synapses" if self.unit == "count" else "total weight"
        total = f"{total} in magnitude" if self.edge_signs else total
        lines = [
            self.name,
            f"  cells            {self.n_cells:,}" + (f" of {self.types:,} types" if self.types else ""),
            f"  edges            {self.n_edges:,}  ({total} {self.n_synapses:,.6g}, autapses "
            f"{self.n_autapses:,})"
            if self.unit == "real"
            else (
                f"  edges            {self.n_edges:,}  ({total} {self.n_synapses:,}, autapses "
                f"{self.n_autapses:,})"
            ),
            f"  gap junctions    {self.n_gap_junctions:,}",
            f"  kinds            {', '.join(f'{k} {e:,} / {w:,.6g}' for k, (e, w) in self.kinds.items())}",
            f"  density          {self.density:.4%}",
            f"  reciprocity      {self.reciprocity:.4f}",
            f"  out-degree       {_spread(self.out_degree)}",
            f"  in-degree        {_spread(self.in_degree)}",
            f"  weight           {_spread(self.weight)}",
            f"  components       {self.weak_components} weak (largest {self.largest_weak:,}), "
            f"{self.strong_components} strong (largest {self.largest_strong:,})",
            f"  pools            {', '.join(f'{k} {n:,}' for k, n in self.pools.items()) or 'none'}",
            f"  sensory→output   {self.shortcut_share:.4%} of edges",
            f"  signs            {self._signs()}",
            f"  cite             {self.citation or '-'}",
            f"  licence          {self.licence or '-'}",
        ]
        lines += [f"  note             {note}" for note in self.notes]
        if "sensory" not in self.pools or "output" not in self.pools:
            lines = [line for line in lines if "sensory→output" not in line]
        return "\n".join(printable(line) for line in lines)

    def _signs(self) -> str:
        """It says where signs are: on cells, on single edges, or nowhere."""
        if self.edge_signs is None:
            return self.signs.report() if self.signs else "none: choose a policy"
        positive, negative, both = self.edge_signs
        words = f"of single edges: {positive:,} positive, {negative:,} negative"
        if both:
            return f'{words}; {both:,} cells send both, so that no sign per cell fits: weights(signs="given")'
        return f"{words}; every cell sends one sign"


def _spread(quantiles: tuple[float, ...]) -> str:
    low, q1, median, q3, q99, high = (f"{value:,.6g}" for value in quantiles)
    return f"median {median} (quartiles {q1}, {q3}; 99 % {q99}; range {low} to {high})"


def describe(connectome, signs=None) -> Summary:
    """It returns counts, density, degree and weight distributions, reciprocity, components, E/I and sign
    coverage.

    Args:
        connectome: any; one with gap junctions alone has zero edges.
        signs: a `signs.Signs`, or a policy; the given signs where None.
    """
    edges = connectome.edges_of("chemical") if connectome.kinds != ("electrical",) else connectome.edges
    n, out_in = connectome.n_cells, degrees(connectome) if connectome.kinds != ("electrical",) else ([0], [0])
    autapses = int(np.unique(edges.pre[edges.pre == edges.post]).size)
    n_edges = connectome.n_edges if connectome.kinds != ("electrical",) else 0
    weak, strong = (_components(connectome, connection) for connection in ("weak", "strong"))
    return Summary(
        name=connectome.source.name,
        n_cells=n,
        n_edges=n_edges,
        n_synapses=connectome.n_synapses if n_edges else 0,
        n_gap_junctions=connectome.n_gap_junctions,
        n_autapses=autapses,
        unit=connectome.unit,
        density=(n_edges - autapses) / (n * (n - 1)) if n > 1 and n_edges else 0.0,
        kinds={kind: _size(connectome.edges_of(kind)) for kind in connectome.kinds},
        out_degree=_quantiles(out_in[0]),
        in_degree=_quantiles(out_in[1]),
        weight=_quantiles(edges.count),
        reciprocity=reciprocity(connectome) if n_edges else float("nan"),
        weak_components=weak[0],
        strong_components=strong[0],
        largest_weak=weak[1],
        largest_strong=strong[1],
        pools={name: int(members.size) for name, members in connectome.pools.items()},
        types=int(connectome.cells["type"].nunique()) if "type" in connectome.cells else 0,
        shortcut_share=shortcut_share(connectome) if n_edges else float("nan"),
        signs=_coverage(connectome, signs),
        edge_signs=_edge_signs(connectome) if signs is None else None,
        citation=connectome.source.citation,
        licence=connectome.source.licence,
        notes=connectome.source.notes,
    )


def _components(connectome, connection: str) -> tuple[int, int]:
    if connectome.n_cells == 0:
        return 0, 0
    number, label = csgraph.connected_components(graph(connectome), directed=True, connection=connection)
    return int(number), int(np.bincount(label).max())


def _quantiles(values) -> tuple[float, ...]:
    values = np.asarray(values)
    return tuple(float(q) for q in np.quantile(values, QUANTILES)) if values.size else (0.0,) * len(QUANTILES)


def _size(edges) -> tuple[int, float]:
    return int(edges.pre.size), float(edges.count.sum(dtype=np.float64))


def _edge_signs(connectome) -> tuple[int, int, int] | None:
    if not connectome.is_signed:
        return None
    sign = connectome.edges.sign
    return int((sign > 0).sum()), int((sign < 0).sum()), int(dale_violations(connectome).size)


def _coverage(connectome, signs) -> Signs | None:
    if signs is not None:
        return signs if isinstance(signs, Signs) else signs(connectome)
    try:
        return Given(unknown=0.0)(connectome)
    except ConnectomeError:
        return None
