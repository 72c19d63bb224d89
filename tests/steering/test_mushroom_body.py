"""The mushroom body: a null that keeps what it promises, measures against known cases."""

import numpy as np
import pandas as pd
import pytest

from brainwright.connectome import Connectome
from brainwright.steering import SteeringError
from brainwright.steering.mushroom_body import Calyx, dimension, faithfulness, learned, odours


def calyx(n_kenyon=300, n_pre=40, seed=0):
    rng = np.random.default_rng(seed)
    weights = np.zeros((n_kenyon, n_pre))
    for row in weights:
        row[rng.choice(n_pre, 5, replace=False)] = rng.integers(5, 30, 5)
    return Calyx(weights, np.arange(n_pre) % 20, rng.integers(0, 20, (6, n_kenyon)).astype(float))


def test_rewired_wirings_keep_degrees_and_what_each_gives():
    real = calyx()
    null = real.rewired(1)
    np.testing.assert_array_equal((null.weights > 0).sum(0), (real.weights > 0).sum(0))
    np.testing.assert_array_equal((null.weights > 0).sum(1), (real.weights > 0).sum(1))
    for pre in range(40):
        assert sorted(null.weights[:, pre]) == sorted(real.weights[:, pre])
    assert ((null.weights > 0) & (real.weights > 0)).sum() < 0.3 * (real.weights > 0).sum()
    np.testing.assert_array_equal(null.weights, real.rewired(1).weights)


def test_measures_of_known_codes():
    one_each = np.eye(20, dtype=bool)
    assert dimension(one_each) == pytest.approx(19), "n cells of which one answers: rank n - 1, all alike"
    line = np.repeat(np.arange(2), 10)[:, None] == np.array([[0, 0, 1]])
    assert dimension(line) == pytest.approx(1)
    given = odours(30, 20, 3)
    assert given.shape == (30, 20)
    straight = Calyx(np.eye(20), np.arange(20), np.ones((1, 20)))
    code = straight.code(given, 0.5)
    assert (code.sum(1) == 10).all()
    assert faithfulness(code, given) > 0.5, "cells that are the glomeruli themselves"


def test_a_sparse_code_learns_more_odours_than_a_dense_one():
    given = odours(60, 20, 5)
    assert learned(calyx(), given[:8], 5, noise=0.0) > 0.95
    sparse, dense = (np.mean([learned(calyx(), given, s, active=a) for s in range(5)]) for a in (0.06, 0.5))
    assert sparse > dense


def test_a_wiring_becomes_a_calyx_of_one_side():
    cells = pd.DataFrame(
        {
            "id": range(7),
            "class": ["ALPN", "ALPN", "Kenyon_Cell", "Kenyon_Cell", "MBON", "ALPN", "Kenyon_Cell"],
            "sub_class": ["uniglomerular", "multiglomerular", "", "", "", "uniglomerular", ""],
            "glomerulus": ["DA1", "DA1", None, None, None, "VA6", None],
            "side": ["right"] * 5 + ["left", "right"],
        }
    )
    edges = pd.DataFrame({"pre": [0, 0, 1, 2, 5, 0], "post": [2, 3, 3, 4, 2, 6], "count": [9, 4, 9, 7, 9, 5]})
    wiring = Connectome.from_dataframe(edges, cells, pre="pre", post="post", count="count", id="id")
    right = Calyx.of(wiring, "right")
    np.testing.assert_array_equal(right.weights, [[9], [5]])  # four synapses are too few
    np.testing.assert_array_equal(right.onto, [[7, 0]])
    with pytest.raises(SteeringError, match=r"no projection neurons, Kenyon or .* side 'top'"):
        Calyx.of(wiring, "top")
    with pytest.raises(SteeringError, match="expected cells with"):
        Calyx.of(Connectome.from_matrix(np.eye(3)), "right")
