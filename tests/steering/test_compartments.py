"""Compartments: dopamine where it comes, a null that moves it, and none of it where all is alike."""

import numpy as np
import pandas as pd
import pytest

from brainwright.connectome import Connectome
from brainwright.steering import SteeringError
from brainwright.steering.compartments import Compartments, valence
from brainwright.steering.mushroom_body import Calyx, odours

TYPES = ("PAM01", "PAM02", "PPL101", "PPL201")


def wired():
    """Two output cells of each event, and one that gets what no event excites."""
    dopamine = np.array([[9, 0, 0, 0], [0, 7, 0, 0], [0, 0, 30, 0], [1, 0, 9, 0], [0, 0, 0, 8]], float)
    return Compartments(dopamine, TYPES, np.array([-1, -1, 1, 1, 0]))


def calyx(seed=0):
    rng = np.random.default_rng(seed)
    weights = np.zeros((400, 30))
    for row in weights:
        row[rng.choice(30, 5, replace=False)] = rng.integers(5, 30, 5)
    return Calyx(weights, np.arange(30), rng.integers(0, 20, (5, 400)).astype(float))


def test_gates_are_shares_of_the_synapses_that_speak():
    np.testing.assert_allclose(wired().gate("punished"), [0, 0, 1, 0.9, 0])
    np.testing.assert_allclose(wired().gate("rewarded"), [1, 1, 0, 0.1, 0])


def test_shuffled_types_keep_their_synapses_and_where_output_cells_lead():
    null = wired().shuffled(3)
    assert sorted(null.dopamine.sum(0)) == sorted(wired().dopamine.sum(0))
    np.testing.assert_array_equal(null.dopamine[:, 3], wired().dopamine[:, 3])
    np.testing.assert_array_equal(null.towards, wired().towards)
    assert {tuple(wired().shuffled(k).gate("punished")) for k in range(9)} - {tuple(wired().gate("punished"))}


def test_reward_is_told_from_punishment_only_where_dopamine_differs():
    odour = odours(40, 30, 2)
    real = np.mean([valence(calyx(), wired(), odour, seed) for seed in range(4)])
    alike = np.mean([valence(calyx(), wired().everywhere(), odour, seed) for seed in range(4)])
    assert real > 0.85
    assert abs(alike - 0.5) < 0.15
    swapped = Compartments(wired().dopamine[:, [2, 1, 0, 3]], TYPES, wired().towards)
    assert valence(calyx(), swapped, odour, 0) < valence(calyx(), wired(), odour, 0)
    np.testing.assert_allclose(wired().everywhere().gate("punished"), 0.5)
    np.testing.assert_allclose(wired().everywhere().gate("rewarded"), 0.5)


def test_compartments_of_a_wiring():
    cells = pd.DataFrame(
        {
            "id": range(7),
            "class": ["ALPN", "Kenyon_Cell", "MBON", "MBON", "DAN", "DAN", "DAN"],
            "sub_class": ["uniglomerular", "", "", "", "", "", ""],
            "glomerulus": ["DA1", None, None, None, None, None, None],
            "side": ["right"] * 6 + ["left"],
            "type": ["x", "x", "MBON01", "MBON11", "PAM01", "PPL101", "PAM01"],
        }
    )
    edges = pd.DataFrame(
        {"pre": [0, 1, 4, 6, 5, 4], "post": [1, 2, 2, 2, 3, 3], "count": [9, 9, 7, 6, 20, 4]}
    )
    wiring = Connectome.from_dataframe(edges, cells, pre="pre", post="post", count="count", id="id")
    made = Compartments.of(wiring, "right")
    assert made.types == ("PAM01", "PPL101")
    np.testing.assert_array_equal(
        made.dopamine, [[13, 0], [0, 20]]
    )  # of both sides; four synapses are too few
    np.testing.assert_array_equal(made.towards, [-1, 1])
    with pytest.raises(SteeringError, match="expected cells with a type"):
        Compartments.of(Connectome.from_matrix(np.eye(3)), "right")
