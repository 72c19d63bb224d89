"""Promises at the size of the larva: 2,952 cells and 110,677 edges."""

import doctest
import importlib

import numpy as np
import pytest

from brainwright.connectome import Connectome, expand, nulls, signs, synthetic
from brainwright.connectome.statistics import spectral_radius
from brainwright.datasets import MissingData


@pytest.fixture(scope="module")
def brain() -> Connectome:
    try:
        return Connectome.load("larva/winding2023").merge_parallel().signed(signs.Sampled(0.3, seed=0))
    except MissingData:
        return synthetic.fly_like(2_952, 110_677, seed=1)


@pytest.mark.parametrize(
    "null",
    [
        nulls.degree_preserving,
        nulls.strength_preserving,
        nulls.block_preserving,
        nulls.dale_preserving,
        nulls.boundary_preserving,
    ],
)
def test_exact_invariants_at_110k_edges(brain, null):
    after = null(brain, seed=1)
    n = brain.n_cells
    for end in ("pre", "post"):
        assert np.array_equal(*(np.bincount(getattr(w.edges, end), minlength=n) for w in (brain, after)))
    sent = [np.bincount(w.edges.pre, w.edges.count, n) for w in (brain, after)]
    assert np.array_equal(*sent)
    key = after.edges.pre.astype(np.int64) * n + after.edges.post
    assert np.unique(key).size == 110_677
    autapses = [(w.edges.pre == w.edges.post).sum() for w in (brain, after)]
    assert autapses[0] == autapses[1]
    assert signs.dale_violations(after.weights(signs="given")).size == 0
    assert nulls.overlap(brain, after) < 0.45


def test_larva_strengths(brain):
    if not brain.source.name.startswith("larva"):
        pytest.skip("the zip of larva/winding2023 is not here")
    after = nulls.strength_preserving(brain, seed=3)
    assert np.median(nulls.relative_strength_error(brain, after)) == 0
    assert np.abs(nulls.strength_error(brain, after)).max() <= 20


def test_larva_expansion(brain):
    if not brain.source.name.startswith("larva"):
        pytest.skip("the zip of larva/winding2023 is not here")
    table = expand.report(brain, (1, 2, 5), by="type")
    assert (table["dale_violations"] == 0).all()
    assert table[["ks_out", "ks_in", "ks_weight"]].to_numpy().max() <= 0.05
    assert table["block_low"].min() >= 0.88
    assert table["block_high"].max() <= 1.1
    assert table["radius"].to_numpy() == pytest.approx(spectral_radius(brain.weights()), rel=0.1)
    assert table["reciprocity"].to_numpy() == pytest.approx(table.loc[1, "reciprocity"], abs=0.01)
    assert table["cells"].tolist() == [2_952, 5_904, 14_760]


@pytest.mark.parametrize("module", ["readers.table"])
def test_examples_run(module):
    found = importlib.import_module(f"brainwright.connectome.{module}")
    assert doctest.testmod(found).failed == 0
    assert doctest.testmod(found).attempted > 0
