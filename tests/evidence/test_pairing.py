"""The diagonal of a matrix of kinds: what rows and columns add falls out, what pairs add stays."""

import numpy as np
import pytest

from brainwright.evidence import pairing


def additive(n=4, units=6, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, 1, 1)) + rng.normal(size=(1, n, 1)) + rng.normal(size=(1, 1, units))


def test_rows_and_columns_are_no_excess():
    found = pairing(additive())
    np.testing.assert_allclose(found.excess, 0, atol=1e-12)
    assert found.rows + found.columns == pytest.approx(1)
    assert found.interaction == pytest.approx(0, abs=1e-12)
    assert found.rank == pytest.approx(1)  # every pairing has the same mean


def test_an_advantage_of_pairs_is_the_excess_and_nothing_ranks_above_it():
    found = pairing(additive() + 0.3 * np.eye(4)[:, :, None])
    np.testing.assert_allclose(found.excess, 0.3, atol=1e-12)
    assert found.rank == 0
    plain = pairing(0.3 * np.eye(4)[:, :, None] + np.zeros((4, 4, 2)))
    assert (plain.rows, plain.columns, plain.interaction) == pytest.approx((0, 0, 1), abs=1e-12)


def test_kinds_that_are_shuffled_lose_the_excess():
    values = additive(seed=1) + 0.3 * np.eye(4)[:, :, None]
    assert pairing(values[:, [1, 2, 3, 0]]).excess.mean() < 0


def test_a_matrix_that_is_not_square_is_refused():
    with pytest.raises(ValueError, match="as many rows as columns"):
        pairing(np.zeros((3, 4, 2)))
