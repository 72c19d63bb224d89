"""The distribution of each variable given what a network has seen: its parameters, density and draws."""

import math

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn.functional import logsigmoid, one_hot

from .variables import Variables

NARROWEST = -7.0
"""Least log standard deviation of a component, in units of the variable's own spread: values that repeat
exactly, as in counts, would otherwise have a density without end.
"""


class Heads:
    """Mixtures of Gaussians for continuous variables, logits for binary and categorical ones.

    A network gives `width` numbers per row: for every continuous variable `components` triples (weight, mean,
    log standard deviation), for every binary one a logit, for every categorical one a logit per level. What
    goes in is `entry` numbers: a value per continuous variable, ±1 per binary one, one-hot per categorical
    one, 0 where nothing is given.

    Args:
        variables: what the columns are.
        components: of each mixture.
    """

    def __init__(self, variables: Variables, components: int = 1):
        kinds = [variable.kind for variable in variables.each]
        self.n, self.components = len(kinds), components
        self.continuous = torch.tensor([k for k, kind in enumerate(kinds) if kind == "continuous"]).long()
        self.binary = torch.tensor([k for k, kind in enumerate(kinds) if kind == "binary"]).long()
        self.categorical = torch.tensor([k for k, kind in enumerate(kinds) if kind == "categorical"]).long()
        levels = [len(variables.each[k].levels) for k in self.categorical.tolist()]
        self.most = max(levels, default=0)
        self.absent = torch.arange(self.most) >= torch.tensor(levels).reshape(-1, 1)
        """[categorical, level]: padding of variables with fewer levels."""
        sizes = (3 * components * len(self.continuous), len(self.binary), self.most * len(self.categorical))
        self.sizes, self.width = sizes, sum(sizes)
        self.entry = len(self.continuous) + len(self.binary) + self.most * len(self.categorical)
        self.owner = torch.cat([self.continuous, self.binary, self.categorical.repeat_interleave(self.most)])
        """[entry]: the variable to which an input belongs."""
        self.param_owner = torch.cat(
            [
                self.continuous.repeat_interleave(3 * components),
                self.binary,
                self.categorical.repeat_interleave(self.most),
            ]
        )
        """[width]: the variable to which a parameter belongs."""

    def enter(self, values: Float[Tensor, "batch n"], given: Bool[Tensor, "batch n"]) -> Tensor:
        """What a network sees of the given values, [batch, entry]; nothing of the others."""
        known = torch.where(given, values, torch.zeros_like(values))
        parts = [known[:, self.continuous], 2 * known[:, self.binary] - 1]
        if self.most:
            parts.append(one_hot(known[:, self.categorical].long(), self.most).to(values).flatten(1))
        return torch.cat(parts, 1) * given[:, self.owner]

    def log_prob(
        self, params: Float[Tensor, "batch width"], values: Float[Tensor, "batch n"]
    ) -> Float[Tensor, "batch n"]:
        """Log density (standardised values) or log probability of every variable alone; 0 where NaN. A binary
        code between 0 and 1 is the chance of the upper level, and has the mean score.
        """
        missing = values.isnan()
        values = torch.where(missing, torch.zeros_like(values), values)
        out = torch.zeros_like(values)
        if len(self.continuous):
            weight, mean, log_sd = self.mixture(params)
            z = (values[:, self.continuous, None] - mean) / log_sd.exp()
            each = weight.log_softmax(-1) - 0.5 * z.square() - log_sd - 0.5 * math.log(2 * math.pi)
            out = out.index_copy(1, self.continuous, each.logsumexp(-1))
        if len(self.binary):
            logits, upper = self._logits(params), values[:, self.binary]
            score = upper * logsigmoid(logits) + (1 - upper) * logsigmoid(-logits)
            out = out.index_copy(1, self.binary, score)
        if self.most:
            index = values[:, self.categorical].long()[..., None]
            chosen = self._levels(params).log_softmax(-1).gather(-1, index)[..., 0]
            out = out.index_copy(1, self.categorical, chosen)
        return out.masked_fill(missing, 0.0)

    def sample(self, params: Float[Tensor, "batch width"], generator: torch.Generator) -> Tensor:
        """A draw of every variable alone, as codes [batch, n]."""
        out = params.new_zeros(len(params), self.n)
        if len(self.continuous):
            weight, mean, log_sd = self.mixture(params)
            component = _draw(weight.softmax(-1), generator)[..., None]
            noise = torch.randn(mean.shape[:2], generator=generator, dtype=params.dtype)
            out[:, self.continuous] = (
                mean.gather(-1, component)[..., 0] + log_sd.gather(-1, component)[..., 0].exp() * noise
            )
        if len(self.binary):
            chance = self._logits(params).sigmoid()
            uniform = torch.rand(chance.shape, generator=generator, dtype=params.dtype)
            out[:, self.binary] = (uniform < chance).to(params)
        if self.most:
            out[:, self.categorical] = _draw(self._levels(params).softmax(-1), generator).to(params)
        return out

    def mean(self, params: Float[Tensor, "batch width"]) -> Tensor:
        """Mean of every variable's code, [batch, n]: of a binary one the probability of the upper level, of a
        categorical one the mean number of the level, which says something where levels are ordered.
        """
        out = params.new_zeros(len(params), self.n)
        if len(self.continuous):
            weight, mean, _ = self.mixture(params)
            out[:, self.continuous] = (weight.softmax(-1) * mean).sum(-1)
        out[:, self.binary] = self._logits(params).sigmoid()
        if self.most:
            out[:, self.categorical] = self._levels(params).softmax(-1) @ torch.arange(self.most).to(params)
        return out

    def below(self, params: Float[Tensor, "batch width"], values: Float[Tensor, "batch n"]) -> Tensor:
        """Probability of less than the value, continuous variables only: [batch, continuous]."""
        weight, mean, log_sd = self.mixture(params)
        z = (values[:, self.continuous, None] - mean) / log_sd.exp()
        return (weight.softmax(-1) * torch.special.ndtr(z)).sum(-1)

    def mixture(self, params: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Of continuous variables (weight logits, means, log sds), each [batch, continuous, component]."""
        flat = params[:, : self.sizes[0]].reshape(len(params), len(self.continuous), 3, self.components)
        return flat[:, :, 0], flat[:, :, 1], flat[:, :, 2].clamp_min(NARROWEST)

    def _logits(self, params: Tensor) -> Tensor:
        return params[:, self.sizes[0] : self.sizes[0] + self.sizes[1]]

    def _levels(self, params: Tensor) -> Tensor:
        logits = params[:, self.sizes[0] + self.sizes[1] :].reshape(len(params), -1, self.most)
        return logits.masked_fill(self.absent, -1e9)  # finite, so that nothing becomes NaN


def _draw(chances: Tensor, generator: torch.Generator) -> Tensor:
    """Index drawn along the last axis."""
    flat = torch.multinomial(chances.flatten(0, -2), 1, generator=generator)
    return flat.reshape(chances.shape[:-1])
