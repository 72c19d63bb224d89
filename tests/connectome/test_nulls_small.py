"""Nulls of graphs so small that all graphs with the same invariants can be written down: each as likely."""

import itertools
from collections import Counter

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from brainwright.connectome import Connectome, nulls
from brainwright.connectome.nulls import small

DRAWS = 400
LEAST_P = 1e-5  # some thirty tests of right code fail once in a few thousand runs, and seeds are fixed


def realisations(edges, n):
    """Every simple directed graph with these degrees, as sets of edges."""
    out, into = (
        np.bincount([a for a, _ in edges], minlength=n),
        np.bincount([b for _, b in edges], minlength=n),
    )
    rows = [list(itertools.combinations([j for j in range(n) if j != i], int(out[i]))) for i in range(n)]
    graphs = []
    for choice in itertools.product(*rows):
        targets = [j for row in choice for j in row]
        if np.array_equal(np.bincount(targets, minlength=n), into):
            graphs.append(frozenset((i, j) for i, row in enumerate(choice) for j in row))
    return graphs


def wiring_of(edges, n, **cells) -> Connectome:
    matrix = np.zeros((n, n), int)
    for a, b in edges:
        matrix[b, a] = 1
    wiring = Connectome.from_matrix(matrix)
    return wiring.with_cells(**cells) if cells else wiring


def drawn(null, wiring, draws=DRAWS, **options):
    edges = (null(wiring, seed, **options).edges for seed in range(draws))
    return Counter(frozenset(zip(e.pre.tolist(), e.post.tolist(), strict=True)) for e in edges)


def demand_uniform(seen: Counter, every) -> None:
    assert set(seen) <= set(every)
    counts = [seen[graph] for graph in every]
    if len(counts) > 1:
        assert stats.chisquare(counts).pvalue > LEAST_P, counts


def random_graph(seed: int, n: int, n_edges: int):
    rng = np.random.default_rng(seed)
    pairs = [(i, j) for i in range(n) for j in range(n) if i != j]
    return [pairs[k] for k in rng.choice(len(pairs), n_edges, replace=False)]


GRAPHS = {
    "triangle": (3, [(0, 1), (1, 2), (2, 0)]),
    "only a triangle moves": (4, [(2, 3), (2, 0), (0, 3), (0, 1), (1, 3), (1, 2)]),
    "square": (4, [(0, 1), (1, 2), (2, 3), (3, 0)]),
    "triangle beside two edges": (7, [(0, 1), (1, 2), (2, 0), (3, 4), (5, 6)]),
    "two edges": (4, [(0, 1), (2, 3)]),
    "star": (5, [(0, 1), (0, 2), (0, 3), (0, 4)]),
    "complete": (3, [(0, 1), (0, 2), (1, 0), (1, 2), (2, 0), (2, 1)]),
    "two-sided": (6, [(0, 3), (0, 4), (1, 4), (1, 5), (2, 3)]),
    **{
        f"at random {seed}": (4 + seed % 2, random_graph(seed, 4 + seed % 2, 5 + seed % 3))
        for seed in range(8)
    },
}


@pytest.mark.parametrize("name", GRAPHS)
def test_every_graph_with_these_degrees_is_as_likely(name):
    n, edges = GRAPHS[name]
    demand_uniform(drawn(nulls.degree_preserving, wiring_of(edges, n)), realisations(edges, n))


def test_a_triangle_among_many_edges_turns_round():
    """Each cell sends to all before it, which no other graph with these degrees does, save that three of them
    form a ring, which may turn round: two graphs of 120 edges.
    """
    n = 16
    edges = [(i, j) for i in range(n) for j in range(i) if (i, j) != (8, 6)] + [(6, 8)]
    seen = drawn(nulls.degree_preserving, wiring_of(edges, n), 60)
    assert len(edges) == 120
    assert len(seen) == 2
    assert 15 < seen[frozenset(edges)] < 45


def test_counts_are_dealt_out_evenly_too():
    matrix = np.zeros((4, 4), int)
    matrix[[1, 2, 3], [0, 0, 0]] = [1, 2, 3]
    seen = Counter(
        tuple(nulls.degree_preserving(Connectome.from_matrix(matrix), s).weights().toarray()[1:, 0])
        for s in range(DRAWS)
    )
    demand_uniform(seen, list(itertools.permutations((1, 2, 3))))


@pytest.mark.parametrize("seed", range(4))
def test_blocks(seed):
    n, edges = 5, random_graph(100 + seed, 5, 9)
    block = np.array([0, 0, 0, 1, 1])

    def between(graph):
        return Counter((block[a], block[b]) for a, b in graph)

    def degrees(graph):
        return Counter((a, block[b], "sent") for a, b in graph) + Counter(
            (block[a], b, "got") for a, b in graph
        )

    every = [
        graph
        for graph in realisations(edges, n)
        if between(graph) == between(edges) and degrees(graph) == degrees(edges)
    ]
    wiring = wiring_of(edges, n, type=["A", "A", "A", "B", "B"])
    demand_uniform(drawn(nulls.block_preserving, wiring), every)


@pytest.mark.parametrize("seed", range(3))
def test_signs(seed):
    n, edges = 5, random_graph(200 + seed, 5, 8)
    sign = np.array([1, 1, 1, -1, -1])

    def received(graph):
        return Counter((b, sign[a]) for a, b in graph)

    every = [graph for graph in realisations(edges, n) if received(graph) == received(edges)]
    demand_uniform(drawn(nulls.dale_preserving, wiring_of(edges, n, sign=sign)), every)


@pytest.mark.parametrize("seed", range(3))
def test_boundaries(seed):
    n, edges = 6, [*random_graph(300 + seed, 4, 5), (4, 0), (1, 5), (4, 5)]
    every = [graph | {(4, 0), (1, 5), (4, 5)} for graph in realisations(edges[:5], 4)]
    wiring = wiring_of(edges, n).with_pool("sensory", [4]).with_pool("output", [5])
    demand_uniform(drawn(nulls.boundary_preserving, wiring), every)


@pytest.mark.parametrize("seed", range(3))
def test_distances(seed):
    n, edges = 5, random_graph(400 + seed, 5, 7)
    x_um = np.array([0.0, 1.0, 2.0, 4.0, 8.0])

    def lengths(graph):
        return np.array([abs(x_um[a] - x_um[b]) for a, b in sorted(graph)])

    limits = np.unique(np.quantile(lengths(edges), np.linspace(0, 1, 4)[1:-1]))

    def histogram(graph):
        return Counter(np.searchsorted(limits, lengths(graph), side="right").tolist())

    every = [graph for graph in realisations(edges, n) if histogram(graph) == histogram(edges)]
    seen = drawn(nulls.distance_preserving, wiring_of(edges, n, x_um=x_um), bins=3)
    reached = [graph for graph in every if graph in seen]
    demand_uniform(seen, reached)
    assert len(reached) > len(every) / 2


def test_gap_junctions():
    """Five junctions on five cells: undirected graphs by exhaustion."""
    edges = [(0, 1), (1, 2), (2, 3), (3, 4), (0, 2)]
    degree = np.bincount(np.ravel(edges), minlength=5)
    every = [
        frozenset(graph)
        for graph in itertools.combinations(itertools.combinations(range(5), 2), 5)
        if np.array_equal(np.bincount(np.ravel(graph), minlength=5), degree)
    ]
    table = pd.DataFrame(edges, columns=["pre", "post"]).assign(count=1, kind="electrical")
    demand_uniform(drawn(nulls.degree_preserving, Connectome.from_dataframe(table, kind="kind")), every)


@pytest.mark.parametrize("n_cells", [2, 3, 4])
def test_rows_are_traded_by_every_permutation(n_cells):
    """Each cell sends to a target of its own, so that the graph tells the permutation; 2 cells trade too."""
    n = 2 * n_cells
    wiring = wiring_of([(i, n_cells + i) for i in range(n_cells)], n, type=["A"] * n_cells + ["B"] * n_cells)
    every = [
        frozenset((a, n_cells + b) for a, b in enumerate(order))
        for order in itertools.permutations(range(n_cells))
    ]
    demand_uniform(drawn(nulls.clone, wiring), every)


def test_a_null_without_room_says_so():
    star = wiring_of([(0, 1), (0, 2), (0, 3)], 4)
    assert "none of 3 edges could move" in nulls.degree_preserving(star, 0).source.notes[-1]
    room = wiring_of(random_graph(1, 6, 12), 6)
    assert nulls.degree_preserving(room, 0).source.notes[-1].endswith("exchanges")
    assert "few for 12 edges" in nulls.degree_preserving(room, 0, swaps_per_edge=0.05).source.notes[-1]


def test_large_graphs_keep_the_draws_that_they_had():
    """The number of proposals and the chain stay as they were from 200 edges on."""
    assert small.attempts(10.0, small.EDGES) == 10 * small.EDGES
    rng = np.random.default_rng(0)
    matrix = (rng.random((40, 40)) < 0.2) * rng.integers(1, 9, (40, 40))
    drawn_edges = nulls.degree_preserving(Connectome.from_matrix(matrix), 3).edges
    assert drawn_edges.pre.size > small.EDGES
    assert int((drawn_edges.post.astype(np.int64) * np.arange(1, drawn_edges.pre.size + 1)).sum()) == KEPT


KEPT = 1097573


def test_autapses_of_summed_repeats_stay_on_the_diagonal():
    table = pd.DataFrame({"pre": list("AAABBC"), "post": list("AABBCA"), "weight": [4, 7, 2, 1, 5, 3]})
    wiring = Connectome.from_dataframe(table, duplicates="sum")
    truth = table.groupby(["post", "pre"])["weight"].sum().unstack(fill_value=0).to_numpy()
    for seed in range(20):
        assert np.diag(nulls.degree_preserving(wiring, seed).weights().toarray()).tolist() == [11, 1, 0]
    assert np.array_equal(wiring.weights().toarray(), truth)


def test_a_two_sided_graph_stays_two_sided():
    rng = np.random.default_rng(0)
    matrix = np.zeros((50, 50), int)
    matrix[20:, :20] = (rng.random((30, 20)) < 0.2) * rng.integers(1, 9, (30, 20))
    after = nulls.degree_preserving(Connectome.from_matrix(matrix), 0).weights().toarray()
    assert not after[:20].any()
    assert not after[:, 20:].any()
    assert (after != matrix).any()
