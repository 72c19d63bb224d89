"""The fused recurrence against step by step autograd, dense matrices and finite differences."""

import numpy as np
import pytest
import torch
from wirings import small

from brainwright.network import NetworkError, Rate, compile
from brainwright.network.fused import plain
from brainwright.network.sparse import Pattern, SparseMatrix, recur

PHI = {"relu": torch.relu, "tanh": torch.tanh, "identity": lambda x: x}


def square(n=17, n_edges=60, seed=0) -> Pattern:
    """Distinct pairs in shuffled order; the last cell is alone."""
    pairs = np.random.default_rng(seed).choice((n - 1) ** 2, n_edges, replace=False)
    return Pattern.of(pairs % (n - 1), pairs // (n - 1), n, n)


def draw(*shape, seed=1, dtype=torch.float64):
    return torch.randn(*shape, dtype=dtype, generator=torch.Generator().manual_seed(seed))


def step_by_step(pattern, values, drive, bias, phi, steps, pool, held):
    """Dense, [time, cell, sample]."""
    weight, x = pattern.dense(values), torch.zeros(pattern.n_post, drive.shape[2], dtype=values.dtype)
    found = []
    for t in range(steps):
        z = weight @ x + (0 if bias is None else bias[:, None])
        if len(drive) > 1 or held or t == 0:
            full = torch.zeros_like(x).index_copy(0, torch.as_tensor(pool), drive[t if len(drive) > 1 else 0])
            z = z + full
        x = PHI[phi](z)
        found.append(x)
    return torch.stack(found)


@pytest.mark.parametrize("phi", PHI)
@pytest.mark.parametrize(("times", "held"), [(1, True), (1, False), (5, True)])
@pytest.mark.parametrize("read", [None, [2, 0, 11, 16]])
@pytest.mark.parametrize("with_bias", [True, False])
def test_states_and_gradients_are_those_of_dense_steps(phi, times, held, read, with_bias):
    pattern, pool = square(), [5, 1, 9]
    tensors = [draw(60), draw(times, 3, 4, seed=2), draw(17, seed=3) if with_bias else None]
    weight, last_weight = draw(5, 17 if read is None else 4, 4, seed=4), draw(17, 4, seed=5)
    results = []
    for fused in (True, False):
        values, drive, bias = (None if t is None else t.clone().requires_grad_() for t in tensors)
        if fused:
            shown, last = recur(
                SparseMatrix(pattern, values),
                drive,
                steps=5,
                pool=pool,
                held=held,
                bias=bias,
                phi=phi,
                read=read,
            )
        else:
            states = step_by_step(pattern, values, drive, bias, phi, 5, pool, held)
            shown, last = states if read is None else states[:, read], states[-1]
        ((shown * weight).sum() + (last * last_weight).sum()).backward()
        results.append([shown, last, values.grad, drive.grad, *([bias.grad] if with_bias else [])])
    for ours, dense in zip(*results, strict=True):
        torch.testing.assert_close(ours, dense, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("phi", PHI)
def test_tensors_stored_by_sample_give_the_same_bits(phi):
    """Whole blocks of samples, and entries whose products are kept or not: read where they lie or copied."""
    pattern, found = square(), []
    for by_sample in (False, True):
        values, drive = draw(60, dtype=torch.float32), draw(4, 17, 64, dtype=torch.float32, seed=2)
        taught = draw(4, 17, 64, dtype=torch.float32, seed=3)
        if by_sample:
            drive, taught = (tensor.mT.contiguous().mT for tensor in (drive, taught))
        values, drive = values.requires_grad_(), drive.requires_grad_()
        shown, _ = recur(SparseMatrix(pattern, values), drive, steps=4, phi=phi)
        found.append([shown, *torch.autograd.grad(shown, (values, drive), taught)])
    assert all(map(torch.equal, *found))
    dense = step_by_step(pattern, values, drive, None, phi, 4, range(17), True)
    wanted = [dense, *torch.autograd.grad(dense, (values, drive), taught)]
    for ours, other in zip(found[0], wanted, strict=True):
        torch.testing.assert_close(ours, other, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("phi", ["tanh", "identity"])
def test_finite_differences(phi):
    pattern = square(n=8, n_edges=20)

    def run(values, drive, bias):
        return recur(SparseMatrix(pattern, values), drive, steps=4, held=False, bias=bias, phi=phi)

    given = draw(20) / 3, draw(1, 8, 2, seed=2), draw(8, seed=3)
    assert torch.autograd.gradcheck(run, tuple(t.requires_grad_() for t in given))


def test_threads_change_nothing(monkeypatch):
    monkeypatch.setattr("brainwright.network.sparse.product.WORTH_A_THREAD", 0)
    pattern, found, before = square(), [], torch.get_num_threads()
    try:
        for threads in (1, 3):
            torch.set_num_threads(threads)
            values = draw(60, dtype=torch.float32).requires_grad_()
            shown, _ = recur(SparseMatrix(pattern, values), draw(1, 17, 6, dtype=torch.float32), steps=4)
            shown.square().sum().backward()
            found.append((shown, values.grad))
    finally:
        torch.set_num_threads(before)
    for one, other in zip(*found, strict=True):
        assert torch.equal(one, other)


def test_a_nan_is_not_silenced():
    drive = torch.zeros(1, 17, 2)
    drive[0, 3, 1] = torch.nan
    shown, _ = recur(SparseMatrix(square(), torch.ones(60)), drive, steps=3)
    assert shown[0, 3, 1].isnan()
    assert not shown[:, :, 0].isnan().any()
    assert shown[2].isnan().sum() > 1


@pytest.mark.parametrize("phi", PHI)
@pytest.mark.parametrize("inject", ["every", "first"])
@pytest.mark.parametrize("maps", [{"n_inputs": 5, "n_outputs": 3}, {}])
@pytest.mark.parametrize("train", ["frozen", "edge"])
def test_a_network_unrolls_the_same_fused_or_not(phi, inject, maps, train):
    network = compile(
        small(), Rate(phi, bias="cell"), signs="unsigned", train=train, dtype=torch.float64, **maps
    )
    for p in network.parameters():
        p.data += 0.1
    inputs = draw(6, network.n_inputs)
    assert plain(network, inputs) is not None
    options = {"steps": 6, "inject": inject, "record": ("cells",)}
    found = []
    for more in ({}, {"state": network.rest(6)}):  # from a given state, the plain way
        network.zero_grad()
        result = network.unroll(inputs, **options, **more)
        (result.outputs.square().sum() + result.state["cells"].x.sum()).backward()
        grads = [p.grad for p in network.parameters()]
        states = [result.state[name][0] for name in network.populations]
        found.append([result.outputs, result.recorded["cells"], *states, *grads])
    for fused, steps in zip(*found, strict=True):
        torch.testing.assert_close(fused, steps, rtol=1e-10, atol=1e-10)


def test_other_networks_are_not_fused():
    inputs = draw(2, 5, dtype=torch.float32)
    for dynamics in (Rate(tau_s=0.01), Rate(form="voltage"), Rate("sigmoid"), "lif"):
        network = compile(small(), dynamics, n_inputs=5, n_outputs=3, signs="unsigned")
        assert plain(network, inputs) is None
    network = compile(small(), n_inputs=5, n_outputs=3, signs="unsigned", backend="torch")
    assert plain(network, inputs) is None


def test_refusals():
    pattern = square()
    with pytest.raises(NetworkError, match="one square matrix"):
        recur(SparseMatrix(pattern, torch.ones(2, 60)), torch.zeros(1, 17, 2), steps=3)
    with pytest.raises(NetworkError, match="got 'relu' and \\(2, 17, 2\\)"):
        recur(SparseMatrix(pattern, torch.ones(60)), torch.zeros(2, 17, 2), steps=3)
