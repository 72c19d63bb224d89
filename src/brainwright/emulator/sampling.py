"""From noise to latents in a few steps, all frames at once or one after another."""

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import torch
from jaxtyping import Float, Int
from torch import Tensor

from .noise import N_LEVELS, clean_from_velocity, noise_from_velocity, signal_share

if TYPE_CHECKING:
    from .dynamics import LatentDiffusion

CLIP = 6.0


@dataclass(frozen=True)
class Schedule:
    """How the levels of all frames go to zero.

    Args:
        steps: from noise to clean; 8 suit real time.
        slope: how many steps a frame is behind the one before: 0 cleans all at once, 1 is a pyramid, `steps`
            is fully autoregressive.
        eta: 0 follows a deterministic path (for gradients), 1 adds fresh noise (for ensembles).
    """

    steps: int = 8
    slope: float = 0.0
    eta: float = 1.0

    def __post_init__(self) -> None:
        if self.steps < 1 or self.slope < 0 or not 0 <= self.eta <= 1:
            raise ValueError(f"Schedule: expected steps >= 1, slope >= 0 and eta in [0, 1], got {self}")

    def levels(self, frames: int) -> Int[Tensor, "row frame"]:
        """Level of each frame at each row, from noise to clean: clip(steps + t slope - row, 0, steps)."""
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
    """A draw of the deviation from the evidence, by denoising diffusion implicit steps (Song et al. 2021).

    The first frames may be known (`past`): they stay as they are, at level 0.
    """
    generator = torch.Generator().manual_seed(seed)
    z = torch.randn(evidence.shape, generator=generator).to(evidence)
    frames, first = evidence.shape[1], 0 if past is None else past.shape[1]
    rows = schedule.levels(frames - first)
    rows = torch.cat([torch.zeros(len(rows), first, dtype=torch.long), rows], dim=1).to(evidence.device)
    if past is not None:
        z = torch.cat([past, z[:, first:]], dim=1)
    for now, then in pairwise(rows):
        level, target = (row[None, :, None].expand(z.shape[:-1]) for row in (now, then))
        v = dynamics(z, level, evidence, seen, stimulus, causal)
        fresh = torch.randn(z.shape, generator=generator).to(z) if schedule.eta else None
        moved = _step(z, v, level, target, fresh, schedule.eta)
        z = torch.where((now == then)[None, :, None, None], z, moved)
    return z


def _step(
    z: Float[Tensor, "batch time group latent"],
    v: Float[Tensor, "batch time group latent"],
    level: Int[Tensor, "batch time group"],
    target: Int[Tensor, "batch time group"],
    fresh: Float[Tensor, "batch time group latent"] | None,
    eta: float,
) -> Float[Tensor, "batch time group latent"]:
    """One step to lower levels; `fresh` noise of the share eta replaces some of the old."""
    clean = clean_from_velocity(z, v, level).clamp(-CLIP, CLIP)
    noise = noise_from_velocity(z, v, level)
    here, there = signal_share(level)[..., None], signal_share(target)[..., None]
    s2 = eta**2 * (1 - there) / (1 - here).clamp(min=1e-8) * (1 - here / there).clamp(min=0)
    moved = there.sqrt() * clean + (1 - there - s2).clamp(min=0).sqrt() * noise
    return moved if fresh is None else moved + s2.sqrt() * fresh
