"""The synthetic fly-like diagram keeps the statistics it states."""

import numpy as np
import pytest

from brainwright.connectome import ConnectomeError, synthetic


@pytest.fixture(scope="module")
def brain():
    return synthetic.fly_like(5_000, 500_000, seed=7)


def test_size_and_simplicity(brain):
    edges = brain.edges
    assert (brain.n_cells, brain.n_edges, edges.pre.size) == (5_000, 500_000, 500_000)
    assert (edges.pre != edges.post).all()


def test_statistics(brain):
    planted = brain.cells["type"] != "background"
    count = brain.edges.count[~(planted[brain.edges.pre].to_numpy() & planted[brain.edges.post].to_numpy())]
    for k in (2, 5, 20, 100):
        assert (count >= k).mean() == pytest.approx(k**-1.25, rel=0.1)
    assert count.max() == 400
    assert (brain.cells["sign"] == 1).mean() == pytest.approx(0.6, abs=0.03)
    out = np.bincount(brain.edges.pre, minlength=5_000)
    into = np.bincount(brain.edges.post, minlength=5_000)
    assert np.corrcoef(np.log(out + 1), np.log(into + 1))[0, 1] == pytest.approx(0.6, abs=0.08)
    assert 0.55 < np.median(out) / out.mean() < 0.72


def test_planted_circuit(brain):
    cells = brain.cells
    inputs = np.flatnonzero(cells["type"] == "input")
    assert inputs.size == 21
    assert (cells["sign"].to_numpy()[inputs] == 1).all()
    assert (cells["layer"] >= 0).sum() == 400
    weights = brain.weights()
    first = np.flatnonzero(cells["layer"] == 0)
    received = weights[first][:, inputs]
    assert (np.diff(received.tocsr().indptr) >= 7).all()
    assert 17 < received.data.mean() < 27
    assert set(brain.hops(cells["id"][inputs], cells["id"][first])) == {1}


def test_seeds():
    one, two, other = (synthetic.fly_like(1_000, 20_000, seed=s) for s in (1, 1, 2))
    assert all(a is b or np.array_equal(a, b) for a, b in zip(one.edges, two.edges, strict=True))
    assert not np.array_equal(one.edges.post, other.edges.post)


@pytest.mark.parametrize("size", [(500, 10_000), (2_000, 3_000_000), (2_000, 100)])
def test_impossible_sizes(size):
    with pytest.raises(ConnectomeError, match="expected"):
        synthetic.fly_like(*size)
