"""Time constants that train: their gradient, what they learn, what is kept and what is refused."""

import numpy as np
import pytest
import torch
from wirings import chain, small

from brainwright.loop import Schedule, fit
from brainwright.network import NetworkError, Rate, compile, load, save
from brainwright.network.rate import RateCells, RateState
from brainwright.objective import Batch, Regression

DT_S = 1e-3


def test_the_gradient_is_that_of_the_exponential():
    cells = RateCells(3, "identity", tau_s=np.array([0.01, 0.1, 0.0]), train_tau="cell", dtype=torch.float64)
    theta = torch.tensor([0.3, -0.5, 0.2], dtype=torch.float64, requires_grad=True)
    tau = torch.tensor([0.01, 0.1], dtype=torch.float64) * theta[:2].exp()
    cells.theta.data = theta.detach().clone()
    torch.testing.assert_close(cells.keep_of_cells()[:2], torch.exp(-DT_S / tau))
    assert cells.keep_of_cells()[2] == 0  # discrete cells stay so
    (exact,) = torch.autograd.grad(torch.exp(-DT_S / tau).sum(), theta)
    (found,) = torch.autograd.grad(cells.keep_of_cells().sum(), cells.theta)
    torch.testing.assert_close(found, exact)


def test_a_step_without_training_is_unchanged():
    options = {"tau_s": 0.02, "form": "voltage", "dtype": torch.float64}
    fixed, trained = RateCells(4, "tanh", **options), RateCells(4, "tanh", train_tau="cell", **options)
    state, drive = RateState(torch.randn(2, 4, dtype=torch.float64)), torch.randn(2, 4, dtype=torch.float64)
    torch.testing.assert_close(fixed.advance(state, None, drive).x, trained.advance(state, None, drive).x)


def test_a_time_constant_is_recovered():
    """Charging curve 1 - exp(-t / tau) of the first cell, tau 10 ms; the network starts from 4 ms."""
    wiring = chain(2).with_pool("first", [0])
    pools = {"input_pool": "first", "output_pool": "first"}
    network = compile(
        wiring, Rate("identity", tau_s=0.004, form="voltage", train_tau="cell"), dtype=torch.float64, **pools
    )
    t = DT_S * torch.arange(1, 21, dtype=torch.float64)
    batch = Batch(torch.ones(1, 20, 1, dtype=torch.float64), (1 - torch.exp(-t / 0.01))[None, :, None])
    fit(
        network,
        Regression(every_step=True),
        batch,
        Schedule(120, optimiser=lambda p: torch.optim.Adam(p, lr=0.1)),
    )
    cells = network.cells("cells")
    tau_s = -DT_S / torch.log(cells.keep_of_cells().detach())
    assert float(tau_s[0]) == pytest.approx(0.01, rel=0.01)
    assert float(tau_s[1]) == pytest.approx(0.004, rel=1e-6)  # its cell is not read


def test_by_type_and_saved(tmp_path):
    how = Rate("tanh", tau_s={"A": 0.0, "B": 0.01, "C": 0.1}, form="voltage", train_tau="type")
    network = compile(small(), how, n_inputs=3, n_outputs=2)
    cells = network.cells("cells")
    assert cells.theta.shape == (3,)
    cells.theta.data += 0.7
    inputs = torch.randn(4, 3)
    save(network, tmp_path / "net")
    again = load(tmp_path / "net")
    torch.testing.assert_close(again.unroll(inputs, steps=6).outputs, network.unroll(inputs, steps=6).outputs)
    network.unroll(inputs, steps=6).outputs.square().sum().backward()
    assert cells.theta.grad[0] == 0  # type A is discrete
    assert (cells.theta.grad[1:] != 0).all()
    assert torch.isfinite(cells.theta.grad).all()


def test_refusals():
    with pytest.raises(NetworkError, match="all are 0: pass tau_s > 0"):
        compile(small(), Rate(train_tau="cell"), n_inputs=3, n_outputs=2)
    with pytest.raises(NetworkError, match="train_tau of"):
        RateCells(3, train_tau="each")
    with pytest.raises(NetworkError, match="one group per cell"):
        RateCells(3, tau_s=0.1, train_tau="type")
