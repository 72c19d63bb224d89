"""From noise to latents in a few steps, all frames at once or one after another."""

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import torch
from jaxtyping import Float, Int
from torch import Tensor

from .noise import N_LEVELS, clean_from_velocity, signal_share

if TYPE_CHECKING:
    from .dynamics import LatentDiffusion

CLIP = 6.0
"""Deviations are standardised, so that six standard deviations cut nothing real; a wrong early guess is kept
from running away.
"""


@dataclass(frozen=True)
class Schedule:
    """How the levels of all frames go to zero.

    Args:
        steps: from noise to clean; 8 suit real time.
        slope: how many steps a frame is behind the one before: 0 cleans all at once, 1 is a pyramid, `steps`
            is fully autoregressive.
    """

    steps: int = 8
    slope: float = 0.0

    def __post_init__(self) -> None:
        if self.steps < 1 or self.slope < 0:
            raise ValueError(f"Schedule: expected steps >= 1 and slope >= 0, got {self}")

    def levels(self, frames: int) -> Int[Tensor, "row frame"]:
        """It returns the level of each frame at each row, from noise to clean: clip(steps + t slope - row, 0,
        steps).
        """
        t = torch.arange(frames)
        rows = self.steps + int(self.slope * max(frames - 1, 0)) + 1
        left = (self.steps + (t * self.slope).floor() - torch.arange(rows)[:, None]).clamp(0, self.steps)
        return (left * N_LEVELS / self.steps).round().long()


def sample_deviation(
    dynamics: "LatentDiffusion",
    evidence: Float[Tensor, "batch time group latent"],
    seen: Float[Tensor, "batch time group"],
    stimulus: Float[Tensor, "batch time channel"] | None,
    past: Float[Tensor, "batch known group latent"] | None,
    schedule: Schedule,
    seed: int,
    causal: bool,
) -> Float[Tensor, "batch time group latent"]:
    """It returns a draw of the deviation from the evidence: initial noise carried along the flow of the
    diffusion.

    Each step of the deterministic flow (Song et al. 2021) takes the clean latents as they are expected half a
    step ahead, by the slope of the last two guesses (DPM-Solver++(2M), Lu et al. 2022, arXiv 2211.01095). Of
    first order, or with fresh noise at each step, eight steps lose a fifth of the deviation's spread.

    The first frames may be known (`past`): they stay as they are, at level 0.
    """
    generator = torch.Generator().manual_seed(seed)
    z = torch.randn(evidence.shape, generator=generator).to(evidence)
    frames, first = evidence.shape[1], 0 if past is None else past.shape[1]
    rows = schedule.levels(frames - first)
    rows = torch.cat([torch.zeros(len(rows), first, dtype=torch.long), rows], dim=1).to(evidence.device)
    if past is not None:
        z = torch.cat([past, z[:, first:]], dim=1)
    before, guess = rows[0], torch.zeros_like(z)
    for now, then in pairwise(rows):
        level = now[None, :, None].expand(1, *z.shape[1:-1])
        v = dynamics(z, level, evidence, seen, stimulus, causal)
        clean = clean_from_velocity(z, v, level).clamp(-CLIP, CLIP)
        ahead = clean + _slope(before, now, then)[None, :, None, None] * (clean - guess)
        z = torch.where((now == then)[None, :, None, None], z, _moved(z, ahead, now, then))
        before, guess = now, clean
    return z


def _moved(
    z: Float[Tensor, "batch time group latent"],
    clean: Float[Tensor, "batch time group latent"],
    now: Int[Tensor, " time"],
    then: Int[Tensor, " time"],
) -> Float[Tensor, "batch time group latent"]:
    """Noisy latents at lower levels, were `clean` what they come from."""
    here, there = (signal_share(row)[None, :, None, None] for row in (now, then))
    # 1e-8: a clean frame (level 0) has no noise to divide by
    noise = (z - here.sqrt() * clean) / (1 - here).clamp(min=1e-8).sqrt()
    return there.sqrt() * clean + (1 - there).clamp(min=0).sqrt() * noise


def _slope(
    before: Int[Tensor, " time"], now: Int[Tensor, " time"], then: Int[Tensor, " time"]
) -> Float[Tensor, " time"]:
    """h' / 2 h: how far half a step ahead is, in units of the step behind, in log signal-to-noise.

    0, which is a step of first order, for a frame's first step, which has none behind it, and its last, which
    has no end on this axis.
    """
    # eps keeps the clean end of the axis, whose log ratio is infinite, finite
    a, b, c = (torch.logit(signal_share(row), eps=1e-6) for row in (before, now, then))
    inner = (before > now) & (then > 0)
    return torch.where(inner, (c - b) / (2 * (b - a).clamp(min=1e-6)), 0.0)
