"""Spikes predicted through wiring: the model holds the true generator, and recovers it."""

import numpy as np
import pytest
import torch

from brainwright.datasets.suites.lif80 import LEAK, SOFTNESS, THRESHOLD, lif80, without_drive
from brainwright.emulator import SpikeResponse, spike_nll


@pytest.fixture(scope="module")
def suite():
    return lif80(0, n_bins=1_500)


def true_model(suite):
    """The generator's own weights, leak and reset, without latents."""
    sign = torch.from_numpy(suite.sign)
    model = SpikeResponse(torch.full((80,), 0.1), torch.from_numpy(suite.adjacency), sign.float(), n_latent=0)
    size = torch.from_numpy(np.abs(suite.weights)) / SOFTNESS
    with torch.no_grad():
        model.theta.copy_(torch.where(size > 0, size + torch.log(-torch.expm1(-size)), 0))
        model.level.fill_(-THRESHOLD / SOFTNESS)
        model.leak.fill_(float(np.log(LEAK / (1 - LEAK))))
        model.reset.fill_(40.0)
    return model


def test_true_parameters_give_the_true_probability(suite):
    model = true_model(suite)
    np.testing.assert_allclose(model.weights.detach(), suite.weights / SOFTNESS, atol=1e-5)
    with torch.no_grad():
        hazard = model(torch.from_numpy(suite.spikes)[None])[0].exp()
    np.testing.assert_allclose(-torch.expm1(-hazard)[1:], without_drive(suite)[1:], atol=2e-4)


def test_loss_is_the_bernoulli_likelihood(suite):
    p = torch.tensor([0.05, 0.4, 0.9], dtype=torch.float64)
    log_hazard = torch.log(-torch.log1p(-p))
    for spike in (0.0, 1.0):
        wanted = torch.nn.functional.binary_cross_entropy(p, torch.full_like(p, spike), reduction="none")
        torch.testing.assert_close(spike_nll(log_hazard, torch.tensor(spike)), wanted, atol=1e-7, rtol=1e-6)


def test_no_bin_sees_itself_or_what_follows(suite):
    model = SpikeResponse(torch.full((80,), 0.1), torch.from_numpy(suite.adjacency))
    x = torch.from_numpy(suite.spikes[None, :12]).requires_grad_()
    model(x)[0, 6].sum().backward()
    assert (x.grad[0, 6:] == 0).all()
    assert x.grad[0, 5].abs().sum() > 0


def test_wiring_and_signs_are_kept(suite):
    model = SpikeResponse(
        torch.full((80,), 0.1), torch.from_numpy(suite.adjacency), torch.from_numpy(suite.sign).float()
    )
    weights = model.weights.detach().numpy()
    assert (weights[~suite.adjacency] == 0).all()
    assert (np.sign(weights)[suite.adjacency] == np.broadcast_to(suite.sign, (80, 80))[suite.adjacency]).all()
    free = SpikeResponse(torch.full((80,), 0.1)).weights
    assert (free.diagonal() == 0).all()
    assert (free < 0).any()
