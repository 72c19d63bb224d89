"""Train a text model: the byte-level one, or adapters over a pretrained one."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import torch
from jaxtyping import Int
from torch import Tensor

from ..threads import one_thread
from .base import TextShape
from .bytes import tokens
from .causal import CausalText
from .vae import TextVAE

Model = TypeVar("Model", TextVAE, CausalText)
Progress = Callable[[int, float, float], Any]
"""Told the update, and nats per text of its bytes (or tokens) and of its latents."""


@dataclass(frozen=True)
class TextPlan:
    """How a text model is trained.

    Attributes:
        steps, batch: updates, and texts of each.
        learning_rate: of AdamW, warmed over a twentieth of the steps, then falling as a cosine.
        weight_decay: of AdamW.
        kl_weight: of |mu|^2 / 2 in the end; it rises as sin^2 over `warm` of the steps.
        warm: see `kl_weight`; the noise rises to its unit sd over the same steps.
        blind: share of the texts of a batch in which bytes are hidden from the decoder, so that latents must
            be used: teacher forcing alone lets it guess from the bytes before. How many of a text's bytes is
            drawn anew, from none to all.
        seed: of the order and the noise.
    """

    steps: int = 1_200
    batch: int = 64
    learning_rate: float = 3e-3
    weight_decay: float = 0.01
    kl_weight: float = 0.02
    warm: float = 0.5
    blind: float = 0.5
    seed: int = 0


def fit_text(
    texts: Sequence[str],
    shape: TextShape | None = None,
    plan: TextPlan | None = None,
    *,
    progress: Progress | None = None,
) -> TextVAE:
    """A text VAE of these texts. Raises TextError: an empty text, or one that is too long."""
    plan = plan or TextPlan()
    model = TextVAE(shape, plan.seed)
    return train(model, tokens(texts, model.shape.n_bytes), plan, progress)


def fit_adapters(
    model: CausalText, texts: Sequence[str], plan: TextPlan | None = None, progress: Progress | None = None
) -> CausalText:
    """Adapters and maps of a pretrained model, trained in place. Raises TextError as `fit_text`."""
    return train(model, model.tokens(texts), plan or TextPlan(), progress)


def train(
    model: Model, rows: Int[Tensor, "text place"], plan: TextPlan, progress: Progress | None = None
) -> Model:
    """Trains all parameters that are not frozen, in place.

    Args:
        model: to train.
        rows: bytes or tokens of the texts to learn from, filled up with the model's `filler`.
        plan: how.
        progress: see `Progress`.
    """
    generator = torch.Generator().manual_seed(plan.seed)
    learned = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimiser = torch.optim.AdamW(
        learned, lr=plan.learning_rate, weight_decay=plan.weight_decay, betas=(0.9, 0.98), fused=True
    )
    filler, n_latent = model.filler, model.to_latent.out_features
    with one_thread():
        for step in range(plan.steps):
            for group in optimiser.param_groups:
                group["lr"] = plan.learning_rate * _rate(step / plan.steps)
            warmth = math.sin(min(1.0, step / max(1.0, plan.warm * plan.steps)) * math.pi / 2)
            batch = rows[torch.randint(len(rows), (min(plan.batch, len(rows)),), generator=generator)]
            width = int((batch != filler).sum(1).max()) + 1
            batch = batch[:, :width]
            noise = warmth * torch.randn(len(batch), n_latent, generator=generator)
            blind = torch.rand(len(batch), 1, generator=generator) < plan.blind
            hidden = blind & (
                torch.rand(batch.shape, generator=generator) < torch.rand(len(batch), 1, generator=generator)
            )
            told, kl = model.losses(batch, noise, hidden)
            loss = (told.sum() + plan.kl_weight * warmth**2 * kl.sum()) / (batch != filler).sum()
            optimiser.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(learned, 1.0)
            optimiser.step()
            if progress is not None:
                progress(step + 1, float(told.detach().mean()), float(kl.detach().mean()))
    return model.eval()


def _rate(done: float) -> float:
    return min(1.0, done / 0.05) * (0.02 + 0.98 * (1 + math.cos(math.pi * done)) / 2)
