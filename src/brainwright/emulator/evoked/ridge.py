"""Linear model of what a write evokes, in closed form."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from .scale import AnswerScale

PENALTIES = torch.logspace(-1, 4, 16)
"""From hardly any to more than any recording of a few hundred trials has asked for."""


@dataclass(frozen=True, eq=False)
class RidgeResponse:
    """z = (x - mean) R + c, one map for each dish; its penalty is the best by leaving one trial out.

    x is the write, and with `state` the standardised root of what was active before, which adds to an answer
    and cannot change what a write does; with `amount` every input once more, times the standardised number of
    pulses, so that what a pulse does may depend on how many come with it.

    Attributes:
        weight: [dish, input, answer].
        mean: of the inputs, [dish, 1, input].
        offset: [dish, 1, answer].
        penalty: that was chosen, [dish].
        state: scale of the roots before, None where they are not looked at.
        amount: mean and sd of the number of pulses, [dish, 1, 1] each, None where it is not looked at.
    """

    weight: Tensor
    mean: Tensor
    offset: Tensor
    penalty: Tensor
    state: AnswerScale | None = None
    amount: tuple[Tensor, Tensor] | None = None

    @classmethod
    def fit(
        cls,
        writes: Float[Tensor, "dish trial input"],
        before: Float[Tensor, "dish trial channel"],
        answers: Float[Tensor, "dish trial answer"],
        *,
        state: bool = False,
        amount: bool = False,
    ) -> "RidgeResponse":
        """Fits every dish by itself; what was active before a write is looked at with `state` alone, how many
        pulses it has with `amount` alone.

        The error of a trial that is left out follows from the fit to all: e / (1 - h), h its leverage.
        """
        scale, pulses = AnswerScale.of(before) if state else None, writes.sum(2, keepdim=True)
        # writes of one size alone say nothing of amounts: what is divided by it is 0 then
        usual = (pulses.mean(1, keepdim=True), pulses.std(1, keepdim=True) + 1e-6) if amount else None
        writes = _inputs(writes, before, scale, usual)
        mean, offset = writes.mean(1, keepdim=True), answers.mean(1, keepdim=True)
        x, y = (writes - mean).double(), (answers - offset).double()
        size, axes = torch.linalg.eigh(x.mT @ x)
        turned, target = x @ axes, axes.mT @ (x.mT @ y)
        size = size.clamp(min=0)[:, :, None]
        errors, weights = [], []
        for penalty in PENALTIES.double():
            shrunk = target / (size + penalty)
            leverage = (turned.square() / (size.mT + penalty)).sum(2, keepdim=True) + 1 / x.shape[1]
            errors.append(((y - turned @ shrunk) / (1 - leverage).clamp(min=1e-6)).square().mean((1, 2)))
            weights.append(axes @ shrunk)
        best = torch.stack(errors).argmin(0)
        weight = torch.stack(weights)[best, torch.arange(len(best))]
        return cls(weight.float(), mean, offset, PENALTIES[best], scale, usual)

    def predict(
        self, writes: Float[Tensor, "dish sample input"], before: Float[Tensor, "dish sample channel"]
    ) -> Float[Tensor, "1 dish sample answer"]:
        """The answer that is expected, differentiable with respect to the write."""
        x = _inputs(writes, before, self.state, self.amount) - self.mean
        return torch.baddbmm(self.offset, x, self.weight)[None]


def _inputs(
    writes: Tensor, before: Tensor, scale: AnswerScale | None, amount: tuple[Tensor, Tensor] | None
) -> Tensor:
    parts = [writes]
    if amount is not None:
        mean, sd = amount
        parts.append(writes * ((writes.sum(2, keepdim=True) - mean) / sd))
    if scale is not None:
        parts.append(scale(before))
    return torch.cat(parts, dim=2)
