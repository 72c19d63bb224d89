"""Fitting sparse autoencoders, all models of a batch as one tensor."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from .autoencoder import SparseFeatures
from .frames import FeaturesError
from .topk import largest

LEAST_SD = 1e-6
"""A unit that varies less is constant: it is centred and not blown up."""
AUXILIARY = 1 / 32
"""Weight of the auxiliary loss (Gao et al. 2024)."""


@dataclass(frozen=True, kw_only=True)
class FeaturePlan:
    """How large and how long.

    Attributes:
        n_features: of each model.
        k: active in a frame at most.
        updates: of all parameters.
        batch: frames of an update.
        rate: of Adam; falls to 0 over the last third.
        prefixes: shares of the features that must make do alone (Matryoshka; Bussmann et al. 2025,
            arXiv:2503.17547: losses of nested prefixes are added); none for a plain TopK autoencoder.
        auxiliary: whether features that were silent for `silent_for` updates are taught what the others leave
            over.
        silent_for: updates without activity after which a feature counts as dead.
        per_unit: whether each unit is divided by its own deviation; else all by one.
    """

    n_features: int = 96
    k: int = 6
    updates: int = 800
    batch: int = 256
    rate: float = 3e-3
    prefixes: tuple[float, ...] = ()
    auxiliary: bool = True
    silent_for: int = 20
    per_unit: bool = True

    def __post_init__(self) -> None:
        if not 1 <= self.k <= self.n_features:
            raise FeaturesError(f"k: expected 1 to {self.n_features} (n_features), got {self.k}")
        if any(not 0 < share < 1 for share in self.prefixes):
            raise FeaturesError(f"prefixes: expected shares between 0 and 1, got {self.prefixes}")

    @property
    def sizes(self) -> tuple[int, ...]:
        """Numbers of features of the prefixes, rising; the last is all."""
        some = {max(1, round(share * self.n_features)) for share in self.prefixes}
        return tuple(sorted(some | {self.n_features}))


def fit_features(values: NDArray, plan: FeaturePlan, seeds: Sequence[int]) -> SparseFeatures:
    """Fits one autoencoder for each seed; what comes of a seed does not depend on the others.

    Minimises the share of variance that is left, summed over nested prefixes, and 1/32 of what is left of the
    rest when dead features reconstruct it (auxiliary loss).

    Args:
        values: frames [time, unit] for all models, or [model, time, unit] with one recording for each.
        plan: how.
        seeds: of initial patterns and batches.

    Raises:
        FeaturesError: other shapes, values that are not finite, fewer frames than features active.
    """
    x = np.asarray(values, np.float32)
    x = x[None] if x.ndim == 2 else x
    if x.ndim != 3 or len(x) not in (1, len(seeds)) or min(x.shape) < 1 or not len(seeds):
        raise FeaturesError(
            f"expected frames [time, unit], or [model, time, unit] with {len(seeds)} models (seeds), got "
            f"shape {np.shape(values)}"
        )
    if not np.isfinite(x).all():
        raise FeaturesError("expected finite frames, got some that are missing: see frames_of")
    if x.shape[1] <= plan.k:
        raise FeaturesError(f"expected more than {plan.k} frames (k), got {x.shape[1]}")
    mean = x.mean(1)
    sd = x.std(1) if plan.per_unit else np.sqrt(x.var(1).mean(1, keepdims=True)) + 0 * mean
    sd = np.where(sd < LEAST_SD, 1.0, sd)
    scaled = torch.from_numpy((x - mean[:, None]) / sd[:, None])
    draws = [torch.Generator().manual_seed(int(seed)) for seed in seeds]
    weights = _Weights(plan, x.shape[2], draws)
    optimiser = torch.optim.Adam(weights.all, lr=plan.rate)
    fall = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda u: min(1.0, 3 * (1 - u / plan.updates)))
    silent = torch.zeros(len(seeds), plan.n_features, dtype=torch.long)
    rows = torch.arange(len(seeds))[:, None] if len(x) > 1 else torch.zeros(len(seeds), 1, dtype=torch.long)
    for _ in range(plan.updates):
        at = torch.stack([torch.randint(x.shape[1], (plan.batch,), generator=draw) for draw in draws])
        batch = scaled[rows, at]
        loss, active = weights.loss(batch, silent >= plan.silent_for)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        fall.step()
        weights.to_unit_length()
        silent = torch.where(active, 0, silent + 1)
    parts = [part.detach() for part in weights.all]
    scale = torch.from_numpy(mean), torch.from_numpy(sd.astype(np.float32))
    return SparseFeatures(*parts, *scale, plan.k, plan.sizes)


class _Weights:
    """Parameters of all models, and their loss."""

    def __init__(self, plan: FeaturePlan, n_units: int, draws: list[torch.Generator]):
        self.plan = plan
        shape = plan.n_features, n_units
        patterns = torch.stack([torch.randn(shape, generator=draw) for draw in draws])
        patterns = patterns / patterns.norm(dim=-1, keepdim=True)
        # the encoder begins as the transposed decoder, so that a pattern drives its own feature
        self.encoder, self.decoder = (patterns.clone().requires_grad_() for _ in range(2))
        self.bias = torch.zeros(len(draws), plan.n_features, requires_grad=True)
        self.centre = torch.zeros(len(draws), n_units, requires_grad=True)

    @property
    def all(self) -> list[Tensor]:
        return [self.encoder, self.bias, self.decoder, self.centre]

    def loss(self, x: Tensor, dead: Tensor) -> tuple[Tensor, Tensor]:
        """Summed over models, of frames [model, sample, unit]; and which features were active, [model,
        feature].
        """
        drive = torch.baddbmm(self.bias[:, None], x - self.centre[:, None], self.encoder.mT)
        codes = largest(drive, self.plan.k)
        size = (x - x.mean(1, keepdim=True)).square().sum((1, 2)).clamp_min(1e-9)  # a batch of equal frames
        left, total, first = x - self.centre[:, None], torch.zeros(()), 0
        for stop in self.plan.sizes:
            left = left - codes[..., first:stop] @ self.decoder[:, first:stop]
            total = total + (left.square().sum((1, 2)) / size).sum()
            first = stop
        if self.plan.auxiliary and bool(dead.any()):
            total = total + AUXILIARY * self._auxiliary(drive, left.detach(), dead)
        return total, (codes.detach() > 0).any(1)

    def _auxiliary(self, drive: Tensor, left: Tensor, dead: Tensor) -> Tensor:
        """Share of the rest that the most driven dead features leave, summed over models that have some."""
        some = 2 * self.plan.k  # as in the paper: more than k, since they have a harder part to explain
        codes = largest(drive.masked_fill(~dead[:, None], -torch.inf), some)
        missed = (left - codes @ self.decoder).square().sum((1, 2))
        return (missed / left.square().sum((1, 2)).clamp_min(1e-9) * dead.any(1)).sum()

    def to_unit_length(self) -> None:
        with torch.no_grad():
            self.decoder /= self.decoder.norm(dim=-1, keepdim=True).clamp_min(1e-9)
