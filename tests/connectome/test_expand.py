"""Expansion: exact subgraph, Dale's law, preserved statistics, controls, refusals."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brainwright.connectome import (
    Connectome,
    ConnectomeError,
    InvariantError,
    expand,
    nulls,
    signs,
    synthetic,
)
from brainwright.connectome.expand import checks
from brainwright.connectome.statistics import degrees, ks_distance, reciprocity


@pytest.fixture(scope="module")
def wiring() -> Connectome:
    rng = np.random.default_rng(0)
    base = synthetic.fly_like(600, 15_000, seed=4, n_inputs=7, n_followers=56)
    return base.with_cells(type=rng.choice(["A", "B", "C"], 600, p=[0.6, 0.3, 0.1]))


@pytest.mark.parametrize("grow", [expand.block_model, expand.clone])
@pytest.mark.parametrize("factor", [1.3, 2, 3.5])
def test_the_original_is_an_exact_subgraph(wiring, grow, factor):
    larger = grow(wiring, factor, seed=1)
    n = wiring.n_cells
    assert larger.n_cells == round(factor * n)
    inside = larger.weights(signs="given")[:n, :n]
    assert (inside != wiring.weights(signs="given")).nnz == 0
    assert larger.ids[:n].tolist() == wiring.ids.tolist()
    assert signs.dale_violations(larger.weights(signs="given")).size == 0


def test_lineage_and_inheritance(wiring):
    larger = expand.block_model(wiring, 2.5, seed=1)
    cells, n = larger.cells, wiring.n_cells
    assert (cells["parent"][:n] == cells["id"][:n]).all()
    assert (cells["copy"] == 0).sum() == n
    parents = cells.set_index("id").loc[cells["parent"]]
    for column in ("type", "pool", "transmitter", "sign"):
        assert (parents[column].to_numpy() == cells[column].to_numpy()).all()
    sizes = cells["type"].value_counts() / wiring.cells["type"].value_counts()
    assert sizes.between(2.49, 2.51).all()
    children = cells["parent"][n:].value_counts()
    assert set(children.unique()) <= {1, 2}
    assert cells["id"].is_unique


def test_factor_one_returns_the_original_and_seeds_repeat(wiring):
    assert expand.block_model(wiring, 1) is wiring
    one, two, other = (expand.block_model(wiring, 1.5, seed=s) for s in (3, 3, 4))
    pd.testing.assert_frame_equal(one.synapses, two.synapses)
    assert not one.synapses.equals(other.synapses)


@pytest.mark.parametrize(("preserve", "power"), [("degree", 1), ("density", 2)])
def test_edges_grow_as_promised(wiring, preserve, power):
    factor = 2
    larger = expand.block_model(wiring, factor, seed=2, preserve=preserve)
    thinning = 1 / factor if power == 1 else 1
    expected = wiring.n_edges * (1 + (factor**2 - 1) * thinning)
    assert larger.n_edges == pytest.approx(expected, rel=0.02)
    n = wiring.n_cells
    growth = factor ** (power - 1)
    parent = wiring.locate(larger.cells["parent"])[n:]
    for now, before in zip(degrees(larger), degrees(wiring), strict=True):
        assert ks_distance(now[n:], growth * before[parent]) < 0.06
        assert np.corrcoef(now[n:], before[parent])[0, 1] > 0.95


def test_block_densities_and_counts(wiring):
    table = expand.report(wiring, factors=(1, 2, 3), by="type")
    assert table["block_low"].min() > 0.85
    assert table["block_high"].max() < 1.1
    assert table["ks_weight"].max() < 0.05
    assert (table["dale_violations"] == 0).all()
    assert table.loc[1, "ks_out"] == 0
    assert table.loc[1, "edge_ratio"] == 1


def test_clone_keeps_reciprocity_and_counts():
    matrix = np.random.default_rng(1).geometric(0.4, (80, 80)) * (
        np.random.default_rng(2).random((80, 80)) < 0.1
    )
    base = Connectome.from_matrix(np.maximum(matrix, matrix.T) - np.diag(np.diag(matrix)))
    larger = expand.clone(base, 3, seed=1)
    assert reciprocity(larger) == pytest.approx(1.0)
    assert reciprocity(expand.block_model(base, 3, seed=1)) > 0.98
    assert reciprocity(expand.block_model(base, 3, seed=1, reciprocity=False)) < 0.6
    weights, parent = larger.weights().tocoo(), base.locate(larger.cells["parent"])
    original = base.weights().toarray()
    row, column = weights.coords
    assert np.array_equal(weights.data, original[parent[row], parent[column]])


def test_expanded_null_differs_from_the_expanded_original(wiring):
    control = expand.expanded_null(wiring, 2, seed=1, null=nulls.degree_preserving)
    assert control.n_cells == 2 * wiring.n_cells
    n = wiring.n_cells
    assert (control.weights()[:n, :n] != wiring.weights()).nnz > 0


def test_kinds_and_gap_junctions():
    rng = np.random.default_rng(3)
    table = pd.DataFrame(
        {
            "pre": rng.integers(50, size=600),
            "post": rng.integers(50, size=600),
            "count": rng.geometric(0.5, 600),
            "kind": rng.choice(["ad", "electrical"], 600),
        }
    )
    base = Connectome.from_dataframe(table, kind="kind", duplicates="sum")
    larger = expand.block_model(base, 2, seed=1)
    gap = larger.weights(kind="electrical")
    assert (gap != gap.T).nnz == 0
    apart = base.of_kind("electrical").without_autapses().n_gap_junctions
    grown = larger.of_kind("electrical").without_autapses().n_gap_junctions
    assert grown == pytest.approx(2.5 * apart, rel=0.1)


def test_names_of_new_cells():
    base = Connectome.from_matrix(np.array([[0, 1, 1], [2, 0, 1], [1, 3, 0]]), ids=["a", "a~1", "b"])
    larger = expand.block_model(base, 3, seed=0)
    assert larger.cells["id"].is_unique
    assert larger.ids[:3].tolist() == ["a", "a~1", "b"]
    assert sorted(larger.cells["parent"].value_counts()) == [3, 3, 3]


def test_edge_signs_are_inherited():
    matrix = np.array([[0, -2, 1, 1], [3, 0, 1, 2], [1, -1, 0, 1], [1, -1, 1, 0]])
    larger = expand.block_model(Connectome.from_matrix(matrix), 2, seed=0)
    signed = np.sign(larger.weights(signs="given").toarray())
    for column, parent in zip(signed.T, larger.cells["parent"], strict=True):
        assert set(column[column != 0]) <= {-1.0 if parent == 1 else 1.0}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"factor": 0.5}, "factor >= 1"),
        ({"factor": float("nan")}, "factor >= 1"),
        ({"preserve": "everything"}, 'preserve "degree"'),
        ({"by": "colour"}, "no column 'colour'"),
    ],
)
def test_refusals(wiring, change, message):
    with pytest.raises(ConnectomeError, match=message):
        expand.block_model(wiring, **{"factor": 2, **change})


def test_real_weights_and_broken_dale_are_refused():
    with pytest.raises(ConnectomeError, match="whole counts"):
        expand.block_model(Connectome.from_matrix(np.array([[0, 0.5], [1, 0]])), 2)
    with pytest.raises(ConnectomeError, match="both signs"):
        expand.block_model(Connectome.from_matrix(np.array([[0, 1, 0], [1, 0, 0], [-1, 0, 0]])), 2)


def test_the_check_can_fail(wiring):
    larger = expand.block_model(wiring, 1.5, seed=1)
    with pytest.raises(InvariantError, match="exact subgraph"):
        checks.check(wiring.threshold(2), larger)
    flipped = larger.with_cells(sign=-larger.cells["sign"])
    with pytest.raises(InvariantError, match="sign of its parent"):
        checks.check(wiring, flipped)


@settings(max_examples=30, deadline=None)
@given(
    values=st.lists(st.lists(st.integers(0, 4), min_size=5, max_size=5), min_size=5, max_size=5),
    factor=st.floats(1, 4),
    seed=st.integers(0, 2**31),
)
def test_any_small_matrix(values, factor, seed):
    base = Connectome.from_matrix(np.array(values))
    for grow in (expand.block_model, expand.clone):
        larger = grow(base, factor, seed=seed)
        assert larger.n_cells == round(factor * 5)
        assert np.array_equal(larger.weights().toarray()[:5, :5], values)
        assert (larger.weights().diagonal()[5:] == 0).all()
