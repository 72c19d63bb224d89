"""Attention, noise levels and the sampler against their mathematics."""

import pytest
import torch

from brainwright.emulator.attention import Attention, rotate, until_now
from brainwright.emulator.dynamics import LatentDiffusion
from brainwright.emulator.noise import (
    N_LEVELS,
    add_noise,
    clean_from_velocity,
    signal_share,
    velocity,
)
from brainwright.emulator.sampling import Schedule, sample_deviation


def test_rotary_products_depend_on_time_differences_alone():
    q, k = torch.randn(2, 1, 1, 1, 8, dtype=torch.float64).unbind(0)

    def product(i, j):
        return (rotate(q, torch.tensor([i])) * rotate(k, torch.tensor([j]))).sum()

    torch.testing.assert_close(product(3, 7), product(23, 27))
    assert not torch.isclose(product(3, 7), product(3, 8))


def test_causal_attention_sees_no_later_frame_but_its_own_groups():
    attention = Attention(8, 2)
    x = torch.randn(1, 6, 8, requires_grad=True)
    time = torch.tensor([0, 0, 1, 1, 2, 2])
    attention(x, time, until_now(time, x.dtype))[0, 2].sum().backward()
    assert (x.grad[0, 4:] == 0).all()
    assert (x.grad[0, :4].abs().sum(1) > 0).all()


def test_levels_run_from_signal_to_noise():
    share = signal_share(torch.arange(N_LEVELS + 1))
    assert share[0] == pytest.approx(1)
    assert share[-1] < 1e-4
    assert (share.diff() <= 0).all()


def test_velocity_gives_back_the_signal():
    clean, noise = torch.randn(2, 5, 7, 3, dtype=torch.float64).unbind(0)
    level = torch.randint(1, N_LEVELS, (5, 7))
    noisy, v = add_noise(clean, noise, level), velocity(clean, noise, level)
    torch.testing.assert_close(clean_from_velocity(noisy, v, level), clean, atol=1e-6, rtol=1e-5)


def test_schedules():
    at_once = Schedule(steps=4).levels(3)
    assert at_once.tolist() == [[1000] * 3, [750] * 3, [500] * 3, [250] * 3, [0] * 3]
    pyramid = Schedule(steps=2, slope=1.0).levels(3)
    assert pyramid.tolist() == [[1000] * 3, [500, 1000, 1000], [0, 500, 1000], [0, 0, 500], [0] * 3]
    one_by_one = Schedule(steps=2, slope=2.0).levels(2)
    assert one_by_one.tolist() == [[1000, 1000], [500, 1000], [0, 1000], [0, 500], [0, 0]]
    with pytest.raises(ValueError, match="steps >= 1"):
        Schedule(steps=0)


class GaussianVelocity:
    """The exact velocity where the data are N(0, sd^2): from E[x | z] = sqrt(a) sd^2 z / (a sd^2 + 1 - a)."""

    def __init__(self, sd):
        self.variance = sd**2

    def __call__(self, z, level, evidence, seen, stimulus, causal):
        share = signal_share(level)[..., None]
        clean = share.sqrt() * self.variance / (share * self.variance + 1 - share) * z
        return (share.sqrt() * z - clean) / (1 - share).clamp(min=1e-6).sqrt()


@pytest.mark.parametrize(("steps", "slope"), [(60, 0.0), (60, 1.0)])
def test_the_sampler_draws_from_the_law_that_the_velocity_implies(steps, slope):
    evidence = torch.zeros(4_000, 3, 1, 1)
    options = (evidence, evidence[..., 0], None, None)
    drawn = sample_deviation(GaussianVelocity(0.5), *options, Schedule(steps, slope), 0, False)
    assert drawn.std() == pytest.approx(0.5, abs=0.03)
    assert drawn.mean() == pytest.approx(0, abs=0.02)


def test_the_sampler_is_the_linear_flow():
    """For N(0, sd^2) the deterministic path is z_0 = sd z_K."""
    evidence = torch.zeros(50, 2, 1, 1)
    options = (evidence, evidence[..., 0], None, None)
    drawn = sample_deviation(GaussianVelocity(0.5), *options, Schedule(400), 7, False)
    start = torch.randn(evidence.shape, generator=torch.Generator().manual_seed(7))
    torch.testing.assert_close(drawn, 0.5 * start, atol=0.03, rtol=0.02)


def test_few_steps_keep_the_spread():
    """Of second order: half the step, at most a third of the error. First order loses a fifth in 8 steps."""
    evidence = torch.zeros(50, 2, 1, 1)
    options = (evidence, evidence[..., 0], None, None)
    start = torch.randn(evidence.shape, generator=torch.Generator().manual_seed(3))
    lost = []
    for steps in (8, 16):
        drawn = sample_deviation(GaussianVelocity(1.0), *options, Schedule(steps), 3, False)
        lost.append(1 - (drawn / start).mean().item())
    assert abs(lost[0]) < 0.05
    assert abs(lost[1]) < abs(lost[0]) / 3


def test_known_frames_stay():
    evidence = torch.zeros(3, 5, 1, 2)
    past = torch.randn(3, 2, 1, 2)
    network = LatentDiffusion(8, 2, 1, 2)
    drawn = sample_deviation(network, evidence, evidence[..., 0], None, past, Schedule(3), 0, True)
    torch.testing.assert_close(drawn[:, :2], past)


def test_a_causal_forecast_does_not_read_what_follows():
    torch.manual_seed(0)
    network = LatentDiffusion(8, 2, 2, 2, n_groups=2, dropout=0.0)
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    z = torch.randn(1, 4, 2, 2, requires_grad=True)
    level = torch.randint(0, N_LEVELS, (1, 4, 2))
    v = network(z, level, torch.zeros(1, 4, 2, 2), torch.ones(1, 4, 2), causal=True)
    v[0, 1].sum().backward()
    assert (z.grad[0, 2:] == 0).all()
    assert z.grad[0, :2].abs().min() > 0
