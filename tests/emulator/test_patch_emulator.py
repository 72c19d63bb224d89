"""The emulator against finite differences, SciPy, and sequences whose answer is known."""

import numpy as np
import pytest
import torch
from scipy import stats

from brainwright.emulator import PatchEmulator, coming, contexts, fit_emulator, forecast_skill
from brainwright.emulator.dish.fit import poisson_nll
from brainwright.emulator.dish.layers import DishLinear, generators
from brainwright.emulator.dish.skill import gain_over_training_mean


def cyclic_counts(n_dishes=2, n_periods=120, n_channels=12, k=3, seed=0, order=None):
    """Each period evokes the pattern of one symbol of a cycle (or of `order`)."""
    rng = np.random.default_rng(seed)
    symbols = np.tile(np.arange(n_periods) % k, (n_dishes, 1)) if order is None else order
    owner = np.arange(n_channels) % k
    rate = np.where(owner == symbols[:, :, None], 2.0, 0.1)
    counts = np.stack([rng.poisson(rate), rng.poisson(0.5, rate.shape)], axis=2)
    return torch.from_numpy(counts.astype(np.float32)), torch.from_numpy(symbols)


def test_dishes_do_not_share_weights():
    layer = DishLinear(4, 2, generators(3, 0))
    loss = layer(torch.randn(3, 5, 4))[1].square().sum()
    loss.backward()
    assert layer.weight.grad[0].abs().max() == 0
    assert layer.weight.grad[2].abs().max() == 0
    assert layer.weight.grad[1].abs().min() > 0


def test_gradient_of_the_forecast_loss_matches_finite_differences():
    counts, _ = cyclic_counts(n_dishes=1, n_periods=6, n_channels=5)
    emulator = PatchEmulator(counts, n_latent=3, n_hidden=4).double()
    target = coming(counts.double())

    def loss(hidden, output):
        parameters = dict(emulator.named_parameters()) | {"hidden.weight": hidden, "output.weight": output}
        rates = torch.func.functional_call(
            Forecast(emulator), {f"e.{k}": v for k, v in parameters.items()}, (counts,)
        )
        return poisson_nll(rates, target).sum()

    inputs = [emulator.hidden.weight.detach().clone(), emulator.output.weight.detach().clone()]
    assert torch.autograd.gradcheck(loss, [x.requires_grad_() for x in inputs])


class Forecast(torch.nn.Module):
    def __init__(self, emulator):
        super().__init__()
        self.e = emulator

    def forward(self, counts):
        return self.e.decode(self.e.predict(contexts(self.e.encode(counts.double()))[:, :-1]))


def test_the_gain_over_the_training_mean_agrees_with_scipy():
    rng = np.random.default_rng(0)
    count = rng.poisson(1.3, (2, 40, 3)).astype(np.float32)
    rate = rng.gamma(2.0, 0.6, count.shape).astype(np.float32)
    null = count.mean(1, keepdims=True)
    gain = (stats.poisson.logpmf(count, rate) - stats.poisson.logpmf(count, null)).sum((1, 2))
    expected = gain / np.log(2) / count.sum((1, 2))
    found = gain_over_training_mean(*(torch.from_numpy(x) for x in (rate, count, null)))
    np.testing.assert_allclose(found.numpy(), expected, rtol=1e-4)


def test_emulator_learns_a_cycle_that_persistence_cannot():
    counts, _ = cyclic_counts(n_periods=240)
    emulator = PatchEmulator(counts[:, :180])
    fit_emulator(emulator, counts[:, :180], steps=200)
    skill = forecast_skill(emulator, counts[:, :180], counts[:, 180:])
    oracle = np.log2(2.0 / (2.1 / 3 + 0.1 / 3)) * 0.8  # most spikes lie on the pattern; a loose lower mark
    assert skill["emulator"].min() > 0.5 * oracle
    assert skill["persistence"].max() < 0.1


def test_there_is_no_skill_where_there_is_nothing_to_know():
    rng = np.random.default_rng(1)
    counts, _ = cyclic_counts(n_periods=400, order=rng.integers(0, 3, (2, 400)))
    emulator = PatchEmulator(counts[:, :300])
    fit_emulator(emulator, counts[:, :300], steps=200)
    assert forecast_skill(emulator, counts[:, :300], counts[:, 300:])["emulator"].max() < 0.05


def test_contexts_and_coming_are_aligned():
    counts = torch.arange(2 * 5 * 2 * 1, dtype=torch.float32).reshape(2, 5, 2, 1)
    context, target = contexts(counts), coming(counts)
    assert context.shape == (2, 4, 3, 1)
    assert torch.equal(
        context[:, 0, :, 0], torch.stack([counts[:, 0, 0, 0], counts[:, 0, 1, 0], counts[:, 1, 0, 0]], 1)
    )
    assert torch.equal(target[:, 0, 0], counts[:, 2, 0])
    assert torch.equal(target[:, 0, 1], counts[:, 1, 1])


def test_too_little_data_is_refused():
    counts, _ = cyclic_counts(n_periods=3)
    with pytest.raises(ValueError, match="at least four recorded periods, got 3"):
        fit_emulator(PatchEmulator(counts), counts)


def test_wrong_shapes_are_seen():
    counts, _ = cyclic_counts()
    with pytest.raises(TypeError):
        PatchEmulator(counts).encode(counts[:, :, 0])
