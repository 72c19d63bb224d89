"""Train a text VAE."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from ..threads import one_thread
from .base import TextShape
from .bytes import END, tokens
from .vae import TextVAE


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
    progress: Callable[[int, float, float], Any] | None = None,
) -> TextVAE:
    """A text VAE of these texts.

    Args:
        texts: to learn from.
        shape, plan: sizes and training.
        progress: told the update, and nats per text of its bytes and of its latents.

    Raises:
        TextError: an empty text, or one that is too long.
    """
    plan = plan or TextPlan()
    model = TextVAE(shape, plan.seed)
    rows = tokens(texts, model.shape.n_bytes)
    generator = torch.Generator().manual_seed(plan.seed)
    optimiser = torch.optim.AdamW(
        model.parameters(), lr=plan.learning_rate, weight_decay=plan.weight_decay, betas=(0.9, 0.98)
    )
    with one_thread():
        for step in range(plan.steps):
            for group in optimiser.param_groups:
                group["lr"] = plan.learning_rate * _rate(step / plan.steps)
            warmth = math.sin(min(1.0, step / max(1.0, plan.warm * plan.steps)) * math.pi / 2)
            batch = rows[torch.randint(len(rows), (min(plan.batch, len(rows)),), generator=generator)]
            width = int((batch != END).sum(1).max()) + 1
            batch = batch[:, :width]
            noise = warmth * torch.randn(len(batch), model.shape.n_latent, generator=generator)
            blind = torch.rand(len(batch), 1, generator=generator) < plan.blind
            hidden = blind & (
                torch.rand(batch.shape, generator=generator) < torch.rand(len(batch), 1, generator=generator)
            )
            told, kl = model.losses(batch, noise, hidden)
            loss = (told.sum() + plan.kl_weight * warmth**2 * kl.sum()) / (batch != END).sum()
            optimiser.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimiser.step()
            if progress is not None:
                progress(step + 1, float(told.detach().mean()), float(kl.detach().mean()))
    return model.eval()


def _rate(done: float) -> float:
    return min(1.0, done / 0.05) * (0.02 + 0.98 * (1 + math.cos(math.pi * done)) / 2)
