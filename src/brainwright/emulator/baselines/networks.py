"""Baselines that learn their features: a bidirectional recurrent network and a plain transformer.

Both are trained as the emulator's encoder is: on masked trials, the loss taken on what was not shown.
"""

from collections.abc import Callable

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from ..encoder import AttentionBlock
from ..masks import Masks
from ..question import Question
from ..training import Plan, fit_masked
from .search import Predict

MAX_LOG_RATE = 7.0


class BiGRU(nn.Module):
    """Counts to a gated recurrent network in both directions, to factors, to log rates."""

    def __init__(self, mean: Tensor, width: int = 64, n_factors: int = 12, dropout: float = 0.2):
        super().__init__()
        n = len(mean)
        self.recurrent = nn.GRU(n + 1, width, batch_first=True, bidirectional=True)
        self.factors, self.out = nn.Linear(2 * width, n_factors), nn.Linear(n_factors, n)
        self.drop = nn.Dropout(dropout)
        self.out.bias.data = (mean + 1e-3).log()

    def forward(
        self, activity: Float[Tensor, "batch time unit"], stimulus: Tensor | None = None
    ) -> Float[Tensor, "batch time unit"]:
        """Expected counts from counts with NaN."""
        hidden = self.recurrent(self.drop(_filled(activity)))[0]
        return self.out(self.factors(self.drop(hidden))).clamp(max=MAX_LOG_RATE).exp()


class PlainTransformer(nn.Module):
    """Each bin a token, two transformer blocks, log rates: after NDT (Ye & Pandarinath 2021, 2108.01210)."""

    def __init__(self, mean: Tensor, width: int = 64, n_blocks: int = 2, dropout: float = 0.2):
        super().__init__()
        n = len(mean)
        self.enter = nn.Linear(n + 1, width)
        self.blocks = nn.ModuleList(AttentionBlock(width, 4, dropout) for _ in range(n_blocks))
        self.norm, self.out = nn.LayerNorm(width), nn.Linear(width, n)
        self.out.bias.data = (mean + 1e-3).log()

    def forward(
        self, activity: Float[Tensor, "batch time unit"], stimulus: Tensor | None = None
    ) -> Float[Tensor, "batch time unit"]:
        """Expected counts from counts with NaN."""
        x = self.enter(_filled(activity))[:, :, None]
        for block in self.blocks:
            x = block(x)
        return self.out(self.norm(x[:, :, 0])).clamp(max=MAX_LOG_RATE).exp()


def trained(question: Question, network: Callable[[Tensor], nn.Module], masks: Masks, plan: Plan) -> Predict:
    """A network trained on the training windows. Initial parameters follow from the plan's seed."""
    counts = torch.from_numpy(np.asarray(question.train, np.float32))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(plan.seed)
        model = network(counts.mean((0, 1)))
    model.train()
    fit_masked(model, model.parameters(), counts, masks, plan)
    model.eval()

    def predict(counts: np.ndarray) -> np.ndarray:
        with torch.no_grad():
            return model(torch.from_numpy(np.asarray(counts, np.float32)), None).numpy()

    return predict


def _filled(activity: Float[Tensor, "batch time unit"]) -> Float[Tensor, "batch time channel"]:
    """Zero where missing, with the share of units seen as one more channel."""
    seen = ~activity.isnan()
    return torch.cat([activity.nan_to_num(), seen.to(activity).mean(2, keepdim=True)], dim=2)
