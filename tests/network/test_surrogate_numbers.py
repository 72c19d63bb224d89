"""The surrogate gradient in both precisions, also far from threshold, where exponentials overflow."""

import numpy as np
import pytest
import torch

from brainwright.connectome import Connectome
from brainwright.network import LIF, compile
from brainwright.network.lif import spike
from brainwright.objective import Batch, Classification

TYPES = (torch.float32, torch.float64)


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize(("x", "slope"), [(-5.0, 25.0), (-1e4, 25.0), (1e30, 25.0), (0.0, 1.0), (0.3, 2.0)])
def test_the_gradient_is_that_of_the_fast_sigmoid(dtype, x, slope):
    v = torch.tensor([x], dtype=dtype, requires_grad=True)
    spikes = spike(v, slope)
    spikes.sum().backward()
    truth = 1 / (slope * abs(x) + 1) ** 2
    assert spikes.dtype == dtype
    assert float(spikes.detach()) == float(x > 0)
    assert float(v.grad) == pytest.approx(truth, rel=1e-6, abs=1e-38)  # below, float32 has no normal numbers


@pytest.mark.parametrize("dtype", TYPES)
def test_gradients_through_time_are_finite_and_of_the_type_that_was_asked(dtype):
    rng = np.random.default_rng(0)
    wiring = Connectome.from_matrix((rng.random((20, 20)) < 0.3) * rng.integers(1, 5, (20, 20)))
    wiring = wiring.with_pool("sensory", [0, 1, 2]).with_pool("output", [17, 18, 19])
    wiring = wiring.with_cells(sign=rng.choice([1.0, -1.0], 20))
    net = compile(wiring, LIF(options={"dt_s": 1e-3}), n_inputs=4, n_outputs=3, train="edge", dtype=dtype)
    run = net.unroll(
        50 * torch.randn(5, 4, dtype=dtype, generator=torch.Generator().manual_seed(0)), steps=60
    )
    Classification().loss(run, Batch(None, torch.tensor([0, 1, 2, 0, 1]))).total.backward()
    grads = [p.grad for p in net.parameters() if p.grad is not None]
    assert grads
    assert run.outputs.dtype == dtype
    assert all(g.dtype == dtype and torch.isfinite(g).all() for g in grads)
