"""The spectral radius against mathematics and dense eigenvalues: periodic, reducible, nilpotent and so on."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from scipy.optimize import brentq

from brainwright.connectome import Connectome, ConnectomeError, expand, radius
from brainwright.connectome.radius import spectral_radius


def ring(weights) -> sparse.csr_array:
    weights = np.asarray(weights, float)
    at = np.arange(weights.size)
    return sparse.csr_array((weights, ((at + 1) % at.size, at)), shape=(at.size, at.size))


def chain(n: int, weight: float = 2.0) -> sparse.lil_array:
    at = np.arange(n - 1)
    return sparse.csr_array((np.full(n - 1, weight), (at + 1, at)), shape=(n, n)).tolil()


def dense_radius(matrix) -> float:
    return float(np.abs(np.linalg.eigvals(matrix)).max())


@pytest.mark.parametrize("n", [2, 3, 150, 199, 200, 400, 1_500])
def test_a_ring_has_radius_one(n):
    assert spectral_radius(ring(np.ones(n))) == pytest.approx(1, rel=1e-12)


def test_a_ring_of_any_weights_has_their_geometric_mean():
    rng = np.random.default_rng(1)
    for n in (7, 450, 1_200):
        weights = rng.uniform(0.5, 2, n) * rng.choice([-1, 1], n)
        assert spectral_radius(ring(weights)) == pytest.approx(
            np.exp(np.log(np.abs(weights)).mean()), rel=1e-12
        )
    assert spectral_radius(ring(np.full(1_200, 1e10))) == pytest.approx(1e10, rel=1e-11)


@pytest.mark.parametrize(("n", "chord"), [(400, 133), (700, 40)])
def test_a_ring_with_a_chord_solves_its_characteristic_equation(n, chord):
    """z^-n + z^-(chord + 1) = 1, the sum over the two cycles; eigenvalues crowd along a circle."""
    matrix = ring(np.ones(n)).tolil()
    matrix[0, chord] = 1
    truth = brentq(lambda z: 1 - z**-n - z ** -(chord + 1), 1.0, 2.0, rtol=1e-14)
    assert spectral_radius(matrix.tocsr()) == pytest.approx(truth, rel=1e-10)


@pytest.mark.parametrize("n", [40, 400, 3_000])
@pytest.mark.parametrize("weight", [2.0, -0.5])
def test_a_chain_with_an_autapse_has_the_autapse(n, weight):
    matrix = chain(n)
    assert spectral_radius(matrix.tocsr()) == 0.0
    matrix[n // 2, n // 2] = weight
    assert spectral_radius(matrix.tocsr()) == abs(weight)


@pytest.mark.parametrize("n", [400, 1_500])
def test_a_chain_that_is_hardly_closed(n):
    matrix = chain(n)
    matrix[0, n - 1] = 1e-30
    assert spectral_radius(matrix.tocsr()) == pytest.approx(2 * (1e-30 / 2) ** (1 / n), rel=1e-12)


@pytest.mark.parametrize("n", [60, 260, 700])
def test_an_acyclic_graph_in_any_order_has_radius_zero(n):
    rng = np.random.default_rng(n)
    matrix = np.triu((rng.random((n, n)) < 0.2) * rng.normal(size=(n, n)) * 9, 1)
    order = rng.permutation(n)
    assert spectral_radius(matrix[np.ix_(order, order)]) == 0.0


def test_cycles_that_cancel_give_exactly_zero():
    balanced = np.ones((400, 400))
    balanced[:, 200:] = -1  # every row sums to 0, and all are equal, so that the square is 0
    for matrix in (
        [[1, -1], [1, -1]],
        [[0.1, -0.1], [0.1, -0.1]],
        [[5, -3, 2], [15, -9, 6], [10, -6, 4]],
        balanced,
    ):
        assert np.abs(np.linalg.matrix_power(np.array(matrix), 3)).max() < 1e-30
        assert spectral_radius(np.array(matrix, float)) == 0.0
    # P N adj(P) of whole numbers, N one Jordan block of five: dense eigenvalues say about 0.3
    upper = np.triu(np.arange(1, 26).reshape(5, 5) % 7 - 3, 1) + np.eye(5, dtype=int)
    change = (upper @ upper.T).astype(object)
    back = np.rint(np.linalg.inv(change.astype(float))).astype(int).astype(object)
    assert ((change @ back) == np.eye(5, dtype=int)).all()
    nilpotent = change @ np.eye(5, k=1, dtype=int).astype(object) @ back
    assert not np.linalg.matrix_power(nilpotent, 5).any()
    assert dense_radius(nilpotent.astype(float)) > 1e-3, "rounding must show here, or this test shows nothing"
    assert spectral_radius(nilpotent.astype(float)) == 0.0


def test_parts_are_taken_apart_and_the_largest_decides():
    rng = np.random.default_rng(3)
    small, large = rng.normal(size=(30, 30)), 0.1 * rng.normal(size=(420, 420))
    matrix = sparse.block_diag([small, large, ring(np.full(300, 1.5))]).tolil()
    matrix[29, 40] = 1e6  # a bridge from part to part adds no cycle
    assert spectral_radius(matrix.tocsr()) == pytest.approx(
        max(dense_radius(small), dense_radius(large)), rel=1e-10
    )


@pytest.mark.parametrize("sign", [True, False])
@pytest.mark.parametrize("dense_cells", [10, 1_000])
def test_random_graphs_as_dense_eigenvalues(sign, dense_cells, monkeypatch):
    """Signed ones end in a complex pair amid a disc of eigenvalues, where one Arnoldi run may miss the
    largest.
    """
    monkeypatch.setattr(radius, "DENSE_CELLS", dense_cells)  # so that small graphs take either way
    for seed in range(4):
        rng = np.random.default_rng([seed])
        n = int(rng.integers(60, 400))
        matrix = (rng.random((n, n)) < 12 / n) * (rng.normal(size=(n, n)) if sign else rng.random((n, n)))
        assert spectral_radius(matrix) == pytest.approx(dense_radius(matrix), rel=1e-10)
        assert spectral_radius(sparse.csr_array(matrix)) == pytest.approx(dense_radius(matrix), rel=1e-10)


@pytest.mark.parametrize("signed", [True, False])
def test_what_arnoldi_iteration_misses_is_found_densely(signed, monkeypatch):
    """Rings with chords, whose eigenvalues crowd along a circle."""
    monkeypatch.setattr(radius, "DENSE_CELLS", 10)
    rng = np.random.default_rng(5)
    for n in (150, 300):
        matrix = ring(rng.choice([-1, 1], n) if signed else np.ones(n)).tolil()
        matrix[0, 40] = matrix[7, 90] = 1
        order = rng.permutation(n)
        shuffled = matrix.tocsr()[order][:, order]
        assert spectral_radius(shuffled) == pytest.approx(dense_radius(shuffled.toarray()), rel=1e-10)


def test_what_neither_way_reaches_is_refused(monkeypatch):
    monkeypatch.setattr(radius, "DENSE_CELLS", 10)
    monkeypatch.setattr(radius, "FALLBACK_CELLS", 100)
    matrix = ring(np.ones(300)).tolil()
    matrix[0, 40] = 1
    with pytest.raises(ConnectomeError, match="300 cells did not converge"):
        spectral_radius(matrix.tocsr())


@pytest.mark.parametrize("period", [2, 3, 6])
def test_several_eigenvalues_on_the_circle(period):
    """Blocks that lead on in a circle: the radius is a root of that of their product."""
    rng = np.random.default_rng(period)
    blocks = [sparse.random_array((250, 250), density=0.02, rng=rng) for _ in range(period)]
    table = [[blocks[j] if i == (j + 1) % period else None for j in range(period)] for i in range(period)]
    product = np.linalg.multi_dot([b.toarray() for b in blocks[::-1]])
    assert spectral_radius(sparse.block_array(table)) == pytest.approx(
        dense_radius(product) ** (1 / period), rel=1e-9
    )


def test_rotations_repeats_scales_and_nothing():
    assert spectral_radius(np.array([[0, -2.0], [2.0, 0]])) == pytest.approx(2, rel=1e-15)
    assert spectral_radius(np.array([[0, 1], [1e-20, 0]])) == pytest.approx(1e-10, rel=1e-12)
    for scale in (1e300, 1e-300):
        assert spectral_radius(scale * np.array([[1.0, 1], [1, 0]])) == pytest.approx(
            scale * (1 + np.sqrt(5)) / 2, rel=1e-12
        )
    repeated = sparse.coo_array(([1, 1, 2], ([0, 0, 1], [1, 1, 0])), shape=(2, 2))
    assert spectral_radius(repeated) == pytest.approx(2)
    cancelling = sparse.coo_array(([1, -1, 2], ([0, 0, 1], [1, 1, 0])), shape=(2, 2))
    assert spectral_radius(cancelling) == 0.0
    assert spectral_radius(np.array([[3.0, 1], [0, -2]])) == 3.0
    assert spectral_radius(np.zeros((0, 0))) == spectral_radius(np.zeros((4, 4))) == 0.0


def test_the_given_matrix_stays_as_it_is():
    given = sparse.csr_array(
        (np.array([1.0, 2.0, 0.0]), np.array([1, 1, 0]), np.array([0, 2, 3])), shape=(2, 2)
    )
    spectral_radius(given)
    assert given.data.tolist() == [1, 2, 0]
    assert given.indices.tolist() == [1, 1, 0]


@pytest.mark.parametrize(
    ("matrix", "message"),
    [
        (np.ones((2, 3)), "square"),
        (np.array([[np.nan, 1], [1, 0]]), "finite"),
        (np.array([[np.inf, 1], [1, 0]]), "finite"),
        (np.array([[1j, 1], [1, 0]]), "real"),
    ],
)
def test_what_has_no_radius_is_refused(matrix, message):
    with pytest.raises(ConnectomeError, match=message):
        spectral_radius(matrix)


def test_a_radius_that_hangs_on_rounding_is_refused():
    """Sums of tenths cancel but for the last digit: neither 0 nor any other number is the radius."""
    matrix = np.array([[0.1 + 0.2, -0.3], [0.3, -0.3]])
    with pytest.raises(ConnectomeError, match="hangs on the rounding"):
        spectral_radius(matrix)
    doubtful = chain(300)  # two cycles of products 1e-30 below those of the chain: no solver sees them
    doubtful[0, 299] = doubtful[0, 298] = 1e-30
    with pytest.raises(ConnectomeError, match="hangs on the rounding"):
        spectral_radius(doubtful.tocsr())


def test_expansions_report_the_same_radius():
    at = np.arange(240)
    table = pd.DataFrame({"pre": at, "post": (at + 1) % 240, "count": 1})
    wiring = Connectome.from_dataframe(table).with_cells(type="T")
    (found,) = expand.report(wiring, factors=(1,))["radius"]
    assert found == pytest.approx(1, rel=1e-12)
