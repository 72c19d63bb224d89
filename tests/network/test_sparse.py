"""The sparse product against dense autograd, SciPy and finite differences."""

import numpy as np
import pytest
import scipy.sparse
import torch

from brainwright.network.errors import NetworkError
from brainwright.network.sparse import Pattern, SparseMatrix

BACKENDS = ("numba", "torch")


def random_pattern(n_pre=23, n_post=31, n_edges=120, seed=0) -> Pattern:
    """Distinct pairs in shuffled order; the last column and row stay empty."""
    rng = np.random.default_rng(seed)
    pairs = rng.choice((n_pre - 1) * (n_post - 1), n_edges, replace=False)
    return Pattern.of(pairs % (n_pre - 1), pairs // (n_pre - 1), n_pre, n_post)


def draw(*shape, dtype=torch.float64, seed=1):
    return torch.randn(*shape, dtype=dtype, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("batch", [1, 7, 64])
def test_forward_is_scipys_product(backend, dtype, batch):
    pattern, values, h = random_pattern(), draw(120, dtype=dtype), draw(batch, 23, dtype=dtype, seed=2)
    authority = scipy.sparse.coo_array((values.double(), (pattern.post, pattern.pre)), shape=(31, 23))
    found = SparseMatrix(pattern, values, backend) @ h
    assert found.dtype == dtype
    tolerance = 1e-5 if dtype == torch.float32 else 1e-12
    np.testing.assert_allclose(found, (authority @ h.double().numpy().T).T, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("backend", BACKENDS)
def test_gradients_are_those_of_the_dense_matrix(backend):
    pattern, values, h, weight = random_pattern(), draw(120), draw(5, 23, seed=2), draw(5, 31, seed=3)
    gradients = []
    for product in (lambda v, x: SparseMatrix(pattern, v, backend) @ x, lambda v, x: x @ pattern.dense(v).T):
        v, x = values.clone().requires_grad_(), h.clone().requires_grad_()
        (product(v, x).tanh() * weight).sum().backward()
        gradients.append((v.grad, x.grad))
    for ours, dense in zip(*gradients, strict=True):
        torch.testing.assert_close(ours, dense, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(("needs_values", "needs_state"), [(True, True), (True, False), (False, True)])
def test_finite_differences(backend, needs_values, needs_state):
    pattern = random_pattern(n_edges=40)
    values, h = draw(40).requires_grad_(needs_values), draw(3, 23).requires_grad_(needs_state)
    assert torch.autograd.gradcheck(lambda v, x: SparseMatrix(pattern, v, backend) @ x, (values, h))


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("n_edges", [0, 1])
def test_none_and_one_edge(backend, n_edges):
    pattern = Pattern.of([2][:n_edges], [0][:n_edges], 3, 2)
    values, h = draw(n_edges).requires_grad_(), draw(1, 3).requires_grad_()
    y = SparseMatrix(pattern, values, backend) @ h
    assert y.shape == (1, 2)
    y.sum().backward()
    assert h.grad.count_nonzero() == n_edges


@pytest.mark.parametrize("backend", BACKENDS)
def test_an_ensemble_is_its_members_one_by_one(backend):
    pattern, values, h = random_pattern(), draw(3, 120).requires_grad_(), draw(3, 5, 23, seed=2)
    together = SparseMatrix(pattern, values, backend) @ h
    alone = torch.stack([SparseMatrix(pattern, v, backend) @ x for v, x in zip(values, h, strict=True)])
    torch.testing.assert_close(together, alone, rtol=0, atol=0)
    (both,) = torch.autograd.grad((together**2).sum(), values)
    (each,) = torch.autograd.grad((alone**2).sum(), values)
    torch.testing.assert_close(both, each, rtol=0, atol=0)


def test_an_ensemble_passes_finite_differences():
    pattern = random_pattern(n_edges=30)
    values, h = draw(2, 30).requires_grad_(), draw(2, 3, 23).requires_grad_()
    assert torch.autograd.gradcheck(lambda v, x: SparseMatrix(pattern, v) @ x, (values, h))


def test_more_axes_of_samples_are_kept():
    pattern, values, h = random_pattern(), draw(120), draw(2, 3, 23)
    y = SparseMatrix(pattern, values) @ h
    torch.testing.assert_close(y[1, 2], pattern.dense(values) @ h[1, 2], rtol=1e-12, atol=1e-12)


def test_the_order_of_edges_does_not_matter():
    pattern, values, h = random_pattern(), draw(120), draw(5, 23)
    order = np.random.default_rng(5).permutation(120)
    other = Pattern.of(pattern.pre[order], pattern.post[order], 23, 31)
    assert torch.equal(SparseMatrix(pattern, values) @ h, SparseMatrix(other, values[order]) @ h)


def test_results_do_not_depend_on_the_number_of_threads(monkeypatch):
    monkeypatch.setattr("brainwright.network.sparse.product.WORTH_A_THREAD", 0)
    pattern, h = random_pattern(), draw(5, 23)
    found = []
    before = torch.get_num_threads()
    try:
        for threads in (1, 3):
            torch.set_num_threads(threads)
            values = draw(120).requires_grad_()
            (SparseMatrix(pattern, values) @ h).square().sum().backward()
            found.append(values.grad)
    finally:
        torch.set_num_threads(before)
    assert torch.equal(*found)


def test_states_in_the_order_of_the_kernel_are_not_copied():
    pattern = random_pattern(n_pre=31)
    y = SparseMatrix(pattern, draw(120)) @ draw(5, 31)
    assert y.mT.is_contiguous()
    assert (y.tanh() * 0.5).mT.is_contiguous()


def test_memory_stays_far_below_a_dense_matrix():
    pattern = random_pattern(6_000, 6_000, 20_000)
    values, h = draw(20_000, dtype=torch.float32).requires_grad_(), draw(2, 6_000, dtype=torch.float32)
    with torch.profiler.profile(profile_memory=True) as profile:
        (SparseMatrix(pattern, values, "torch") @ h.requires_grad_()).sum().backward()
    largest = max(event.cpu_memory_usage for event in profile.events())
    assert largest < 6_000**2 * 4 / 10


def test_errors_say_what_came():
    with pytest.raises(NetworkError, match=r"pre within \[0, 2\), got 0\.\.2"):
        Pattern.of([0, 2], [0, 0], 2, 2)
    pattern = random_pattern()
    with pytest.raises(NetworkError, match=r"shape \(120,\).*got \(119,\)"):
        SparseMatrix(pattern, draw(119))
    with pytest.raises(NetworkError, match="cells are the last axis"):
        SparseMatrix(pattern, draw(120)) @ draw(23, 5)
    with pytest.raises(NetworkError, match="float64 like the values"):
        SparseMatrix(pattern, draw(120)) @ draw(5, 23, dtype=torch.float32)
    with pytest.raises(NetworkError, match="one of auto, numba, torch"):
        SparseMatrix(pattern, draw(120), "jax")
