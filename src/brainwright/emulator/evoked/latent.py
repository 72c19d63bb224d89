"""The latent-diffusion emulator as a model of what a write evokes."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import pad

from ..dish.dish_emulators import DishEmulators
from ..dish.fit import fit_emulator
from ..dish.patch_emulator import LATE


@dataclass(frozen=True, eq=False)
class LatentResponse:
    """A trial is a period of `DishEmulators`: its early patch is the write, its late patch the answer.

    What comes before is the patches of a usual trial. The rates that are decoded become answers by a straight
    line for each channel, since the root of a rate is not the mean root of a count.

    Attributes:
        emulator: of all dishes.
        before: early and late patch of the trial before, [dish, 2, latent].
        slope, level: of those lines, [dish, 1, answer].
    """

    emulator: DishEmulators
    before: Tensor
    slope: Tensor
    level: Tensor

    @classmethod
    def fit(
        cls,
        writes: Float[Tensor, "dish trial input"],
        counts: Float[Tensor, "dish trial answer"],
        answers: Float[Tensor, "dish trial answer"],
        *,
        steps: int = 600,
        seed: int = 0,
    ) -> "LatentResponse":
        """Fits to trials in the order in which they came.

        Args:
            writes: of each trial.
            counts: that were heard in the answer window.
            answers: the same as they are wanted, such as standardised roots.
            steps: of fitting, 64 trials each.
            seed: of initial weights and the order of data.
        """
        n = max(writes.shape[2], counts.shape[2])
        periods = torch.stack([_wide(writes, n), _wide(counts, n)], dim=2)
        emulator = DishEmulators(periods, seed=seed)
        fit_emulator(emulator, periods, steps=steps, learning_rate=0.003, batch=64, seed=seed)
        emulator.requires_grad_(False)
        before = emulator.encode(periods[:, :256]).mean(1)  # a mean over a few hundred trials is enough
        blank = torch.zeros_like(answers[:, :1])
        model = cls(emulator, before, torch.ones_like(blank), blank)
        root = model._roots(writes)
        centre, level = root.mean(1, keepdim=True), answers.mean(1, keepdim=True)
        along = ((root - centre) * (answers - level)).sum(1, keepdim=True)
        slope = along / (root - centre).square().sum(1, keepdim=True).clamp(min=1e-6)
        return cls(emulator, before, slope, level - slope * centre)

    def predict(
        self, writes: Float[Tensor, "dish sample input"], before: Float[Tensor, "dish sample channel"]
    ) -> Float[Tensor, "1 dish sample answer"]:
        """The answer that is expected, differentiable with respect to the write."""
        return (self.slope * self._roots(writes) + self.level)[None]

    def _roots(self, writes: Tensor) -> Tensor:
        """Roots of the expected counts."""
        wide = _wide(writes, self.emulator.n_channels)
        patches = self.emulator.encode(torch.stack([wide, torch.zeros_like(wide)], dim=2))
        usual = self.before[:, None].expand(-1, writes.shape[1], -1, -1)
        context = torch.cat([usual, patches[:, :, :1]], dim=2)
        rates = self.emulator.decode(self.emulator.predict(context))[:, :, LATE]
        return (rates[..., : self.slope.shape[2]] + 1e-3).sqrt()  # no infinite slope at silence


def _wide(x: Tensor, n: int) -> Tensor:
    return pad(x, (0, n - x.shape[-1]))
