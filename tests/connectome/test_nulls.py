"""Null models: invariants counted independently, uniformity of the chain, agreement with NetworkX."""

import itertools

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brainwright.connectome import Connectome, ConnectomeError, Edges, InvariantError, nulls, signs, synthetic
from brainwright.connectome.nulls import invariants, random_graphs

REWIRING = (
    nulls.degree_preserving,
    nulls.strength_preserving,
    nulls.block_preserving,
    nulls.dale_preserving,
    nulls.boundary_preserving,
    nulls.distance_preserving,
)
EVERY = (*REWIRING, nulls.erdos_renyi, nulls.ring, nulls.shuffle_weights, nulls.shuffle_signs, nulls.clone)


def brain(seed: int = 0, n: int = 120, gaps: int = 150) -> Connectome:
    """Two synapse kinds, gap junctions, autapses, types, pools, positions, signs."""
    rng = np.random.default_rng(seed)
    parts = []
    for code, size in ((0, 900), (1, 300), (2, gaps)):
        key = np.unique(rng.integers(n * n, size=size))
        pre, post = np.divmod(key, n)
        if code == 2:
            low, high = np.minimum(pre, post), np.maximum(pre, post)
            pre, post = np.divmod(np.unique(low * n + high), n)
        count = rng.geometric(0.3, pre.size)
        parts.append((pre, post, count, np.full(pre.size, code)))
    pre, post, count, kind = (np.concatenate(column) for column in zip(*parts, strict=True))
    cells = pd.DataFrame(
        {
            "id": np.arange(n) * 7 + 3,
            "type": rng.choice(["A", "B", "C"], n),
            "pool": rng.choice(["sensory", "internal", "output"], n, p=[0.15, 0.7, 0.15]),
            "sign": rng.choice([1, -1], n, p=[0.7, 0.3]),
            "x_um": rng.normal(size=n),
            "y_um": rng.normal(size=n),
        }
    )
    edges = Edges(pre.astype(np.int32), post.astype(np.int32), count.astype(np.int32), kind.astype(np.uint8))
    return Connectome.build(cells, edges, ("ad", "aa", "electrical"))


def dense(wiring: Connectome, kind: str) -> np.ndarray:
    return wiring.weights(kind=kind).toarray()


@pytest.mark.parametrize("null", REWIRING)
@pytest.mark.parametrize("kind", ["ad", "aa", "electrical"])
def test_degrees_and_sent_counts(null, kind):
    wiring = brain()
    before, after = dense(wiring, kind), dense(null(wiring, seed=5), kind)
    assert np.array_equal((before > 0).sum(axis=0), (after > 0).sum(axis=0))
    assert np.array_equal((before > 0).sum(axis=1), (after > 0).sum(axis=1))
    assert np.array_equal(np.diag(before), np.diag(after))
    assert np.array_equal(np.sort(before, axis=None), np.sort(after, axis=None))
    if kind != "electrical":
        assert np.array_equal(
            np.sort(before, axis=0), np.sort(after, axis=0)
        )  # each cell sends the same counts
        assert (before != after).any()


@pytest.mark.parametrize("null", EVERY)
def test_equal_seeds_equal_graphs_and_the_original_is_untouched(null):
    wiring = brain()
    before = wiring.synapses.copy()
    one, two, other = null(wiring, seed=3), null(wiring, seed=3), null(wiring, seed=4)
    pd.testing.assert_frame_equal(one.synapses, two.synapses)
    pd.testing.assert_frame_equal(one.cells, two.cells)
    assert not (one.synapses.equals(other.synapses) and one.cells.equals(other.cells))
    pd.testing.assert_frame_equal(wiring.synapses, before)
    assert one.kinds == wiring.kinds
    assert one.source.notes != wiring.source.notes


def test_block_null_keeps_block_counts():
    wiring = brain()
    types = wiring.cells["type"].to_numpy()
    after = nulls.block_preserving(wiring, seed=1)
    for kind, a, b in itertools.product(("ad", "electrical"), "ABC", "ABC"):
        counts = [(dense(w, kind)[np.ix_(types == b, types == a)] > 0).sum() for w in (wiring, after)]
        assert counts[0] == counts[1]
    with pytest.raises(ConnectomeError, match="no column 'colour'"):
        nulls.block_preserving(wiring, by="colour")


def test_dale_null_keeps_received_signs():
    wiring = brain()
    after = nulls.dale_preserving(wiring, seed=1)
    for sign in (1, -1):
        senders = wiring.cells["sign"].to_numpy() == sign
        received = [(dense(w, "ad")[:, senders] > 0).sum(axis=1) for w in (wiring, after)]
        assert np.array_equal(*received)
    plain = nulls.degree_preserving(wiring, seed=1)
    senders = wiring.cells["sign"].to_numpy() == 1
    assert (
        (dense(plain, "ad")[:, senders] > 0).sum(axis=1) != (dense(wiring, "ad")[:, senders] > 0).sum(axis=1)
    ).any()
    with pytest.raises(ConnectomeError, match="needs signs"):
        nulls.dale_preserving(Connectome.from_matrix(np.array([[0, 1], [1, 0]])))


def test_boundary_null_touches_internal_edges_only():
    wiring = brain()
    after = nulls.boundary_preserving(wiring, seed=1)
    internal = wiring.cells["pool"].to_numpy() == "internal"
    edge = np.ix_(internal, internal)
    before_w, after_w = dense(wiring, "ad"), dense(after, "ad")
    assert (before_w[edge] != after_w[edge]).any()
    for w in (before_w, after_w):
        w[edge] = 0
    assert np.array_equal(before_w, after_w)
    with pytest.raises(ConnectomeError, match="'pool' column"):
        nulls.boundary_preserving(Connectome.from_matrix(np.array([[0, 1], [1, 0]])))


def test_distance_null_keeps_the_histogram_and_moves_edges():
    wiring = brain()
    after = nulls.distance_preserving(wiring, seed=1, bins=8)
    position = wiring.cells[["x_um", "y_um"]].to_numpy()

    def lengths(w):
        edges = w.edges_of("ad")
        return np.linalg.norm(position[edges.pre] - position[edges.post], axis=1)

    limits = np.unique(np.quantile(lengths(wiring), np.linspace(0, 1, 9)[1:-1]))
    assert np.array_equal(
        *(np.bincount(np.searchsorted(limits, lengths(w), side="right")) for w in (wiring, after))
    )
    assert nulls.overlap(wiring, after) < 0.7
    assert abs(lengths(nulls.degree_preserving(wiring, seed=1)).mean() - lengths(wiring).mean()) > 0
    with pytest.raises(ConnectomeError, match="positions"):
        nulls.distance_preserving(Connectome.from_matrix(np.array([[0, 1], [1, 0]])))


def test_strength_null_is_closer_than_the_degree_null():
    wiring = synthetic.fly_like(1_000, 30_000, seed=2, n_inputs=7, n_followers=56)
    close = nulls.relative_strength_error(wiring, nulls.strength_preserving(wiring, seed=1))
    plain = nulls.relative_strength_error(wiring, nulls.degree_preserving(wiring, seed=1))
    assert np.median(close) < 0.3 * np.median(plain)
    assert close.mean() < 0.4 * plain.mean()
    even = brain(n=60)
    assert np.median(nulls.relative_strength_error(even, nulls.strength_preserving(even, seed=1))) < 0.02


def test_erdos_renyi_is_uniform_over_pairs():
    matrix = np.zeros((5, 5), int)
    matrix[0, 1:] = 1
    wiring = Connectome.from_matrix(matrix)
    seen = sum((nulls.erdos_renyi(wiring, seed=s).weights().toarray() > 0).astype(int) for s in range(2_000))
    assert np.diag(seen).sum() == 0
    off = seen[~np.eye(5, dtype=bool)]
    expected = 2_000 * 4 / 20
    assert ((off - expected) ** 2 / expected).sum() < 43.8  # chi-square, 19 degrees, p = 0.001


def test_pair_numbers_are_bijections():
    pre, post = random_graphs.off_diagonal(np.arange(30), 6)
    assert len(set(zip(pre, post, strict=True))) == 30
    assert (pre != post).all()
    assert max(pre.max(), post.max()) == 5
    low, high = random_graphs.unordered(np.arange(15))
    assert set(zip(low, high, strict=True)) == {(a, b) for b in range(6) for a in range(b)}
    far = np.array([2**40, 2**40 + 1])
    low, high = random_graphs.unordered(far)
    assert np.array_equal(high * (high - 1) // 2 + low, far)
    assert (low < high).all()


def test_ring_joins_neighbours():
    wiring = brain()
    after = nulls.ring(wiring, seed=2, order="x_um")
    place = wiring.cells["x_um"].rank().to_numpy().astype(int) - 1
    edges = after.edges_of("ad")
    edges = edges.take(edges.pre != edges.post)
    away = np.abs(place[edges.pre] - place[edges.post])
    away = np.minimum(away, wiring.n_cells - away)
    out = np.bincount(edges.pre, minlength=wiring.n_cells)
    assert away.max() <= (out.max() + 1) // 2
    loose = nulls.ring(wiring, seed=2, order="x_um", rewired=0.5)
    assert 0.3 < nulls.overlap(after.of_kind("ad"), loose.of_kind("ad")) < 0.7
    with pytest.raises(ConnectomeError, match="within"):
        nulls.ring(wiring, rewired=2)


def test_shuffles():
    wiring = brain()
    after = nulls.shuffle_weights(wiring, seed=1)
    for kind in wiring.kinds:
        assert np.array_equal(dense(wiring, kind) > 0, dense(after, kind) > 0)
        assert np.array_equal(*(np.sort(w.edges_of(kind).count) for w in (wiring, after)))
    within = nulls.shuffle_weights(wiring, seed=1, within="pre")
    assert np.array_equal(dense(wiring, "ad").sum(axis=0), dense(within, "ad").sum(axis=0))
    assert (dense(wiring, "ad").sum(axis=0) != dense(after, "ad").sum(axis=0)).any()
    moved = nulls.shuffle_signs(wiring, seed=1)
    assert (moved.cells["sign"] == -1).sum() == (wiring.cells["sign"] == -1).sum()
    assert (moved.cells["sign"] != wiring.cells["sign"]).any()
    typed = nulls.shuffle_signs(wiring, seed=1, within="type")
    for name, group in wiring.cells.groupby("type"):
        assert group["sign"].sum() == typed.cells["sign"][typed.cells["type"] == name].sum()


def test_shuffled_edge_signs_keep_dale():
    matrix = np.array([[0, -2, 1], [3, 0, 1], [1, -1, 0]])
    wiring = Connectome.from_matrix(matrix)
    drawn = {
        tuple(np.sign(nulls.shuffle_signs(wiring, seed=s).weights(signs="given").toarray()).sum(axis=0))
        for s in range(40)
    }
    assert drawn == {(-2, 2, 2), (2, -2, 2), (2, 2, -2)}


def test_clone_trades_whole_rows_within_types():
    wiring = brain(gaps=20)
    after = nulls.clone(wiring, seed=1)
    assert np.array_equal(dense(wiring, "electrical"), dense(after, "electrical"))
    types = wiring.cells["type"].to_numpy()
    old, new = (dense(w, "ad") * ~np.eye(wiring.n_cells, dtype=bool) for w in (wiring, after))
    assert np.array_equal(old.sum(axis=1), new.sum(axis=1))
    traded = 0
    for name in "ABC":
        columns = [sorted(map(tuple, w[:, types == name].T)) for w in (old, new)]
        assert columns[0] == columns[1]
        traded += (old[:, types == name] != new[:, types == name]).any(axis=0).sum()
    assert traded > 60


def test_the_chain_is_uniform_over_all_graphs_with_these_degrees():
    """Every simple digraph on 4 cells with all degrees 1: the derangements, two of them only reachable by
    triples.
    """
    matrix = np.zeros((4, 4), int)
    matrix[[1, 2, 3, 0], [0, 1, 2, 3]] = 1
    wiring = Connectome.from_matrix(matrix)
    runs = 3_600
    seen: dict[bytes, int] = {}
    for seed in range(runs):
        key = nulls.degree_preserving(wiring, seed=seed, swaps_per_edge=30).weights().toarray().tobytes()
        seen[key] = seen.get(key, 0) + 1
    assert len(seen) == 9
    expected = runs / 9
    assert (
        sum((n - expected) ** 2 / expected for n in seen.values()) < 26.1
    )  # chi-square, 8 degrees, p = 0.001


def test_directed_triangles_turn_round():
    wiring = Connectome.from_matrix(np.array([[0, 0, 1], [1, 0, 0], [0, 1, 0]]))
    turned = [nulls.degree_preserving(wiring, seed=s, swaps_per_edge=40).weights()[0, 1] for s in range(60)]
    assert 10 < sum(turned) < 50


def test_undirected_chain_is_uniform():
    """Perfect matchings of six cells: 15 of them."""
    table = pd.DataFrame({"pre": [0, 2, 4], "post": [1, 3, 5], "count": 1, "kind": "electrical"})
    wiring = Connectome.from_dataframe(table, kind="kind")
    runs = 3_000
    seen: dict[tuple, int] = {}
    for seed in range(runs):
        edges = nulls.degree_preserving(wiring, seed=seed, swaps_per_edge=30).edges
        key = tuple(zip(edges.pre, edges.post, strict=True))
        seen[key] = seen.get(key, 0) + 1
    assert len(seen) == 15
    expected = runs / 15
    assert (
        sum((n - expected) ** 2 / expected for n in seen.values()) < 36.1
    )  # chi-square, 14 degrees, p = 0.001


def test_motif_counts_agree_with_networkx():
    rng = np.random.default_rng(1)
    matrix = (rng.random((60, 60)) < rng.random(60) * 0.2).astype(int)
    np.fill_diagonal(matrix, 0)
    wiring = Connectome.from_matrix(matrix)

    def feed_forward(m):
        m = m.astype(float)
        return float(((m @ m) * m).sum())

    ours = [feed_forward(nulls.degree_preserving(wiring, seed=s).weights().toarray()) for s in range(40)]
    theirs = []
    for seed in range(12):
        graph = nx.from_numpy_array(matrix.T, create_using=nx.DiGraph)
        nx.directed_edge_swap(graph, nswap=2 * matrix.sum(), max_tries=10**6, seed=seed)
        theirs.append(feed_forward(nx.to_numpy_array(graph).T))
    error = np.sqrt(np.var(ours) / len(ours) + np.var(theirs) / len(theirs))
    assert abs(np.mean(ours) - np.mean(theirs)) < 4 * error
    assert abs(feed_forward(matrix) - np.mean(ours)) < 50 * error


@settings(max_examples=40, deadline=None)
@given(
    values=st.lists(st.lists(st.integers(0, 3), min_size=6, max_size=6), min_size=6, max_size=6),
    seed=st.integers(0, 2**31),
    real=st.booleans(),
)
def test_any_small_matrix(values, seed, real):
    matrix = np.array(values) * (0.5 if real else 1)
    wiring = Connectome.from_matrix(matrix)
    for null in (nulls.degree_preserving, nulls.strength_preserving, nulls.erdos_renyi, nulls.ring):
        after = null(wiring, seed=seed).weights().toarray()
        assert np.array_equal(np.diag(after), np.diag(matrix))
        assert np.array_equal(np.sort(after, axis=None), np.sort(matrix, axis=None))
        if null in (nulls.degree_preserving, nulls.strength_preserving):
            assert np.array_equal((after > 0).sum(axis=1), (matrix > 0).sum(axis=1))
            assert np.array_equal(np.sort(after, axis=0), np.sort(matrix, axis=0))


def test_broken_promises_are_noticed():
    wiring = brain()
    other = nulls.erdos_renyi(wiring, seed=1)
    for check in (invariants.same_degrees, invariants.same_out_weights, invariants.same_topology):
        with pytest.raises(InvariantError, match="broke its promise"):
            check(wiring, other)
    with pytest.raises(InvariantError):
        invariants.same_size(wiring, wiring.threshold(2))
    with pytest.raises(InvariantError):
        invariants.same_autapses(wiring, wiring.without_autapses())


def test_composition_and_real_signed_weights():
    wiring = brain()
    both = nulls.compose(nulls.degree_preserving, nulls.shuffle_signs)(wiring, seed=2)
    assert np.array_equal((dense(both, "ad") > 0).sum(axis=1), (dense(wiring, "ad") > 0).sum(axis=1))
    assert (both.cells["sign"] != wiring.cells["sign"]).any()
    signed = Connectome.from_matrix(np.random.default_rng(0).normal(size=(12, 12)).round(1))
    after = nulls.degree_preserving(signed, seed=1).weights(signs="given").toarray()
    before = signed.weights(signs="given").toarray()
    assert np.array_equal(np.sort(before, axis=0), np.sort(after, axis=0))


def test_ensemble_percentiles():
    rng = np.random.default_rng(4)
    ring = np.zeros((40, 40), int)
    for step in (1, 2, -1, -2):
        ring[(np.arange(40) + step) % 40, np.arange(40)] = 1
    from brainwright.connectome.statistics import reciprocity

    planted = nulls.ensemble(Connectome.from_matrix(ring), nulls.degree_preserving, 39, reciprocity, seed=1)
    assert planted.real == 1.0
    assert planted.percentile == 100.0
    assert planted.p_two_sided == pytest.approx(2 / 40)
    assert planted.effect_size > 5
    assert planted.seeds.size == 39
    same = nulls.ensemble(brain(), nulls.degree_preserving, 5, lambda w: w.n_synapses / 7, seed=1)
    assert np.isnan(same.effect_size)
    assert same.p_two_sided == 1
    start = Connectome.from_matrix((rng.random((25, 25)) < 0.15).astype(int))
    values = []
    for seed in range(60):
        null = nulls.degree_preserving(start, seed=10_000 + seed)
        values.append(nulls.ensemble(null, nulls.degree_preserving, 19, reciprocity, seed=seed).p_two_sided)
    assert np.mean(np.array(values) <= 0.1) <= 0.2  # no effect, few small p
    with pytest.raises(ConnectomeError, match="n >= 1"):
        nulls.ensemble(start, nulls.degree_preserving, 0, reciprocity)


def test_signed_nulls_keep_dale():
    wiring = brain().signed(signs.Sampled(0.3, seed=1))
    matrix = nulls.degree_preserving(wiring, seed=1).weights(signs="given")
    assert signs.dale_violations(matrix).size == 0


@pytest.mark.parametrize("seed", range(15))
def test_rewired_rings_of_dense_graphs_have_no_repeats(seed):
    wiring = Connectome.from_matrix((np.random.default_rng(seed).random((12, 12)) < 0.9).astype(int))
    for rewired in (0.3, 1.0):
        after = nulls.ring(wiring, seed, rewired=rewired)
        assert np.bincount(after.edges.pre).tolist() == np.bincount(wiring.edges.pre).tolist()


def test_random_graphs_keep_dale_where_the_original_does():
    rng = np.random.default_rng(0)
    matrix = (rng.random((20, 20)) < 0.3) * rng.choice([-1, 1], 20)
    matrix[:, 3] = 0
    after = nulls.erdos_renyi(Connectome.from_matrix(matrix), 1)
    assert signs.dale_violations(after).size == 0
    sign = np.zeros(20)
    sign[after.edges.pre] = after.edges.sign
    assert all(sign[j] in (0, matrix[:, j].sum() / abs(matrix[:, j].sum())) for j in range(20) if j != 3)


def test_percentiles_of_what_a_null_keeps_do_not_hang_on_rounding():
    kept = nulls.Ensemble(0.3, np.array([0.1 + 0.2] * 9), np.arange(9))
    assert (kept.percentile, kept.p_two_sided) == (50.0, 1.0)


@pytest.mark.parametrize("null", [nulls.block_preserving, nulls.clone])
def test_typed_nulls_of_no_cells(null):
    empty = Connectome.from_matrix(np.eye(2)).with_cells(type="T").subset(where=[])
    assert null(empty).n_edges == 0


def test_nulls_have_names_and_each_changes_what_it_says():
    wiring = brain()
    for name in nulls.NULLS:
        changed = nulls.named(name)(wiring, seed=3)
        again = nulls.named(name)(wiring, seed=3)
        same_graph = np.array_equal(changed.edges.post, wiring.edges.post)
        assert same_graph == (name in ("weights", "signs", "both")), name
        assert np.array_equal(changed.edges.count, again.edges.count), name
    with pytest.raises(ConnectomeError, match="got 'degrees'; did you mean 'degree'"):
        nulls.named("degrees")
