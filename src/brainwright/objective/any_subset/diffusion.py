"""Reverse diffusion: all that is asked is drawn together, from noise to values, with anything given."""

import math
from collections.abc import Iterator
from typing import NamedTuple

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from .heads import Heads
from .networks import MLP

ONE_PASS = 0.25
"""Share of the rows of an update in which nothing is seen of what is asked, as in one pass and in a chain."""
HIDDEN = 0.5
"""Share of the rows in which some variables stay unknown all the way: neither given nor asked for."""


class Denoiser(nn.Module):
    """An `MLP` whose flags are soft: it sees z = alpha x + sigma e of what is asked, alpha^2 + sigma^2 = 1,
    and gives the distribution of every clean x alone.

    alpha = 1 is given, alpha = 0 unknown, so that the first step of reverse diffusion is the one pass, and a
    mask is a noise level (Simformer: Gloeckler et al. 2024, arXiv:2404.09636; a level for each variable: Chen
    et al. 2024, arXiv:2407.01392). A binary or categorical variable is hidden and then shown, with the
    probability alpha^2 (absorbing diffusion: Austin et al. 2021, arXiv:2107.03006). Mixtures around z, in
    units of sigma, spare the network the small levels (as Karras et al. 2022, arXiv:2206.00364).

    Args:
        heads: what goes in and comes out.
        width, depth: of the `MLP`.
    """

    def __init__(self, heads: Heads, width: int = 128, depth: int = 3):
        super().__init__()
        self.heads, self.layers = heads, MLP(heads, width, depth)

    def forward(
        self, values: Float[Tensor, "batch n"], given: Bool[Tensor, "batch n"]
    ) -> Float[Tensor, "batch width"]:
        """One pass: what is not given is unknown."""
        return self.denoise(values.nan_to_num(), given.to(values))

    def denoise(
        self, noisy: Float[Tensor, "batch n"], alpha: Float[Tensor, "batch n"]
    ) -> Float[Tensor, "batch width"]:
        """Parameters of the clean values, from codes under noise and each one's alpha."""
        heads = self.heads
        seen = heads.enter(noisy, torch.ones_like(noisy, dtype=torch.bool)) * alpha[:, heads.owner]
        # 1 - t in place of alpha, which hardly changes where there is little noise
        params = self.layers.see(seen, 1 - alpha.clamp(0, 1).acos() / (0.5 * math.pi))
        own, z = alpha[:, heads.continuous], noisy[:, heads.continuous]
        given = own >= 1  # of these nothing is asked: any finite answer
        sigma = torch.where(given, 1.0, (1 - own.square()).clamp_min(1e-12).sqrt())[..., None]
        weight, mean, log_sd = heads.mixture(params)
        mean = torch.where(given, 0.0, own * z)[..., None] + sigma * mean
        mixture = torch.stack([weight, mean, log_sd + sigma.log()], 2).flatten(1)
        return torch.cat([mixture, params[:, mixture.shape[1] :]], 1)


class Step(NamedTuple):
    """From the level t to the lower one s: q(z_s | z_t, x) = N(keep z_t + pull x, noise^2).

    Attributes:
        alpha: of t.
        next_alpha: of s; 1 at the last step.
        keep, pull, noise: see above.
    """

    alpha: float
    next_alpha: float
    keep: float
    pull: float
    noise: float


def steps_down(steps: int) -> Iterator[Step]:
    """From alpha = 0 to alpha = 1 along alpha = cos(pi t / 2), t in equal parts."""
    for k in range(steps, 0, -1):
        # the cosine of pi / 2 is not quite 0 in floating point
        alpha = 0.0 if k == steps else math.cos(0.5 * math.pi * k / steps)
        after = math.cos(0.5 * math.pi * (k - 1) / steps)
        variance, left = 1 - alpha**2, 1 - after**2
        ratio = alpha / after
        gained = variance - ratio**2 * left
        noise = math.sqrt(max(gained * left / variance, 0.0))
        yield Step(alpha, after, ratio * left / variance, after * gained / variance, noise)


def denoising_loss(
    network: Denoiser, heads: Heads, rows: Tensor, given: Tensor, generator: torch.Generator
) -> Tensor:
    """Minus the log score of what is not given, at a noise level drawn for each row; in a part of the rows
    some of it stays unknown.
    """
    known = ~rows.isnan()
    given, clean = given & known, rows.nan_to_num()
    n_rows = (len(rows), 1)

    def uniform(shape: tuple[int, ...] | torch.Size) -> Tensor:
        return torch.rand(shape, generator=generator)

    time = torch.where(uniform(n_rows) < ONE_PASS, 1.0, uniform(n_rows))
    alpha = torch.where(time < 1, torch.cos(0.5 * math.pi * time), 0.0)
    some = (uniform(n_rows) < HIDDEN) * uniform(n_rows)
    seen = known & ~given & (uniform(rows.shape) >= some)
    noisy, levels, shown = under_noise(heads, clean, given, seen, alpha, generator)
    asked = known & ~given & ~shown
    score = heads.log_prob(network.denoise(noisy, levels), clean)
    return -((score * asked).sum(1) / asked.sum(1).clamp_min(1)).mean()


def under_noise(
    heads: Heads, clean: Tensor, given: Tensor, seen: Tensor, alpha: Tensor, generator: torch.Generator
) -> tuple[Tensor, Tensor, Tensor]:
    """(codes under noise, each one's alpha, which discrete variables are shown), [row, variable]."""
    noise = torch.randn(clean.shape, generator=generator)
    shown = seen & _discrete(heads) & (torch.rand(clean.shape, generator=generator) < alpha.square())
    levels = torch.where(given | shown, 1.0, (seen & ~_discrete(heads)) * alpha)
    noisy = levels * clean + (1 - levels.square()).clamp_min(0).sqrt() * noise * ~_discrete(heads)
    return torch.where(given | shown, clean, noisy), levels, shown


@torch.no_grad()
def reverse(
    network: Denoiser,
    values: Tensor,
    given: Tensor,
    asked: Tensor,
    steps: int,
    generator: torch.Generator,
) -> Tensor:
    """A joint draw of what is asked, codes [row, variable]; given values stay, others are NaN. With one step
    it is a draw of the one pass.
    """
    heads, discrete = network.heads, _discrete(network.heads)
    state, shown = torch.where(given, values, 0.0), torch.zeros_like(given)
    drawn = state
    for step in steps_down(steps):
        levels = torch.where(given | shown, 1.0, (asked & ~discrete) * step.alpha)
        drawn = heads.sample(network.denoise(state, levels), generator)
        noise = torch.randn(state.shape, generator=generator)
        moved = step.keep * state + step.pull * drawn + step.noise * noise
        now = _shown_now(step, asked & discrete & ~shown, generator)
        state = torch.where(asked & ~discrete, moved, torch.where(now, drawn, state))
        shown = shown | now
    return torch.where(given | asked, state, torch.full_like(state, torch.nan))


@torch.no_grad()
def lower_bound(
    network: Denoiser,
    values: Tensor,
    given: Tensor,
    asked: Tensor,
    steps: int,
    generator: torch.Generator,
) -> Tensor:
    """log p(path) - log q(path | values) of one path from noise to what is asked, [row]: its expectation lies
    below the log probability with which `reverse` draws the values, and so does that of the log of the mean
    exponential over paths (Kingma et al. 2021, arXiv:2107.00630; Burda et al. 2015, arXiv:1509.00519).

    A step's own probability is a mixture of Gaussians, so that a path of few steps loses little. Variables
    neither given nor asked for stay unknown.
    """
    heads, discrete = network.heads, _discrete(network.heads)
    clean, shown = torch.where(given | asked, values, 0.0), torch.zeros_like(given)
    state, total = torch.where(given, clean, 0.0), values.new_zeros(len(values))
    for step in steps_down(steps):
        levels = torch.where(given | shown, 1.0, (asked & ~discrete) * step.alpha)
        params = network.denoise(state, levels)
        now = _shown_now(step, asked & discrete & ~shown, generator)
        moved = step.keep * state + step.pull * clean
        moved = moved + step.noise * torch.randn(state.shape, generator=generator)
        score = heads.log_prob(params, clean)
        if step.next_alpha == 1:
            total += (score * (asked & ~discrete | now)).sum(1)
        else:
            ratio = _step_ratio(heads, params, step, state, clean, moved)
            total += (score * now).sum(1) + (ratio * asked[:, heads.continuous]).sum(1)
        state = torch.where(asked & ~discrete, moved, torch.where(now, clean, state))
        shown = shown | now
    return total


def _step_ratio(
    heads: Heads, params: Tensor, step: Step, state: Tensor, clean: Tensor, moved: Tensor
) -> Tensor:
    """log p(z_s | z_t) - log q(z_s | z_t, x), [row, continuous]."""
    place = heads.continuous
    weight, mean, log_sd = heads.mixture(params)
    variance = step.noise**2 + (step.pull * log_sd.exp()).square()
    left = moved[:, place] - step.keep * state[:, place]
    each = -0.5 * ((left[..., None] - step.pull * mean).square() / variance + variance.log())
    ours = (weight.log_softmax(-1) + each).logsumexp(-1)
    true = -0.5 * ((left - step.pull * clean[:, place]) / step.noise).square() - math.log(step.noise)
    return ours - true


def _shown_now(step: Step, hidden: Tensor, generator: torch.Generator) -> Tensor:
    """Which hidden discrete variables this step shows: all of them at the last."""
    share = (step.next_alpha**2 - step.alpha**2) / (1 - step.alpha**2)
    return hidden & (torch.rand(hidden.shape, generator=generator) < share)


def _discrete(heads: Heads) -> Tensor:
    discrete = torch.ones(heads.n, dtype=torch.bool)
    discrete[heads.continuous] = False
    return discrete
