"""Auxiliary maps between latent patches and any task: what a patch says of the coming task data, and what the
task's history says of a patch. The emulator stays as it is.

A decoder is a distribution over its target space given a patch, differentiable in the patch, so that a
gradient of the task can improve a predicted state: symbols (categorical), vectors (Gaussian), embeddings (a
table of items, categorical by cosine or by Gaussian distance).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol, runtime_checkable

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, normalize, one_hot

FLOOR = 1e-6
"""Added to the diagonal of a covariance, so that latents that never vary can be solved for."""
TEMPERATURE_STEPS = 50
"""Of L-BFGS in one variable, which needs a dozen."""


@runtime_checkable
class TaskDecoder(Protocol):
    """A distribution over targets given patches [*sample, latent]."""

    def log_prob(self, patch: Tensor, target: Tensor) -> Tensor:
        """The log probability (density) is that of each target, [*sample]."""
        ...


@dataclass(frozen=True, eq=False)
class Symbols:
    """P(k | z) proportional to P(k) N(z; c_k, S): the posterior of Gaussian classes of one covariance.

    Linear discriminant analysis (Fisher 1936; Hastie, Tibshirani & Friedman 2009, ch. 4.3).
    """

    weight: Float[Tensor, "latent symbol"]
    bias: Float[Tensor, " symbol"]

    @classmethod
    def fit(
        cls,
        patch: Float[Tensor, "sample latent"],
        target: Int[Tensor, " sample"],
        n: int,
        ridge: float = 1e-3,
    ) -> "Symbols":
        """The fit is in closed form; `ridge` of the mean variance is added to the covariance, so that
        directions in which latents hardly vary do not rule.

        Raises:
            ValueError: symbols outside 0 to n - 1, or one that never occurs.
        """
        _same_length(patch, target)
        if int(target.min()) < 0 or int(target.max()) >= n:
            raise ValueError(f"expected symbols 0 to {n - 1}, got {int(target.min())} to {int(target.max())}")
        member = one_hot(target, n).to(patch.dtype)
        heard = member.sum(0)
        if (heard == 0).any():
            missing = torch.nonzero(heard == 0).flatten().tolist()
            raise ValueError(
                f"symbols {missing} never occur in the fitted samples: leave them out, or hear more"
            )
        centre = member.mT @ patch / heard[:, None]
        within = patch - centre[target]
        covariance = within.mT @ within / len(patch)
        covariance += torch.eye(patch.shape[1], dtype=patch.dtype) * (
            ridge * covariance.diagonal().mean() + FLOOR
        )
        weight = torch.linalg.solve(covariance, centre.mT)
        return cls(weight, (heard / len(patch)).log() - (centre.mT * weight).sum(0) / 2)

    def logits(self, patch: Float[Tensor, "*sample latent"]) -> Float[Tensor, "*sample symbol"]:
        """The logits are log probabilities up to a constant."""
        return patch @ self.weight + self.bias

    def log_prob(
        self, patch: Float[Tensor, "*sample latent"], target: Int[Tensor, "*sample"]
    ) -> Float[Tensor, "*sample"]:
        """The log probability is that of each symbol."""
        return self.logits(patch).log_softmax(-1).gather(-1, target[..., None])[..., 0]


@dataclass(frozen=True, eq=False)
class Vectors:
    """P(y | z) = N(y; W z + b, S): ridge regression with the covariance of its residuals."""

    weight: Float[Tensor, "latent dimension"]
    bias: Float[Tensor, " dimension"]
    covariance: Float[Tensor, "dimension dimension"]

    @classmethod
    def fit(
        cls,
        patch: Float[Tensor, "sample latent"],
        target: Float[Tensor, "sample dimension"],
        ridge: float = 1e-3,
    ) -> "Vectors":
        """The fit is in closed form; `ridge` of the mean variance of the latents stabilises it."""
        _same_length(patch, target)
        weight, bias = _ridge(patch, target, ridge)
        residual = target - patch @ weight - bias
        covariance = residual.mT @ residual / len(patch) + FLOOR * torch.eye(
            target.shape[1], dtype=patch.dtype
        )
        return cls(weight, bias, covariance)

    def mean(self, patch: Float[Tensor, "*sample latent"]) -> Float[Tensor, "*sample dimension"]:
        """The mean is the expected target."""
        return patch @ self.weight + self.bias

    def log_prob(
        self, patch: Float[Tensor, "*sample latent"], target: Float[Tensor, "*sample dimension"]
    ) -> Float[Tensor, "*sample"]:
        """The log density is that of each target."""
        law = torch.distributions.MultivariateNormal(self.mean(patch), self.covariance)
        return law.log_prob(target)


@dataclass(frozen=True, eq=False)
class Embeddings:
    """P(item | z) = softmax over a table of embeddings of how near the predicted one is.

    cosine: s cos(e_i, W z + b); gaussian: -s |e_i - W z - b|^2 / 2. The sharpness s maximises the likelihood
    of the fitted samples.
    """

    table: Float[Tensor, "item dimension"]
    regression: Vectors
    sharpness: float
    kind: Literal["cosine", "gaussian"]

    @classmethod
    def fit(
        cls,
        patch: Float[Tensor, "sample latent"],
        target: Int[Tensor, " sample"],
        table: Float[Tensor, "item dimension"],
        *,
        kind: Literal["cosine", "gaussian"] = "cosine",
        ridge: float = 1e-3,
    ) -> "Embeddings":
        """`target` are rows of the table, which is given (such as a language model's) and not changed."""
        if kind not in ("cosine", "gaussian"):
            raise ValueError(f"expected kind 'cosine' or 'gaussian', got {kind!r}")
        regression = Vectors.fit(patch, table[target], ridge)
        plain = cls(table, regression, 1.0, kind)
        log_sharpness = torch.zeros((), dtype=patch.dtype, requires_grad=True)
        near = plain.logits(patch).detach()
        optimiser = torch.optim.LBFGS(
            [log_sharpness], max_iter=TEMPERATURE_STEPS, line_search_fn="strong_wolfe"
        )

        def loss() -> Tensor:
            optimiser.zero_grad()
            # e^10 is sharp enough for a lookup; separable samples would drive it to infinity
            value = cross_entropy(log_sharpness.clamp(-10, 10).exp() * near, target)
            value.backward()
            return value

        optimiser.step(loss)
        return cls(table, regression, float(log_sharpness.detach().clamp(-10, 10).exp()), kind)

    def logits(self, patch: Float[Tensor, "*sample latent"]) -> Float[Tensor, "*sample item"]:
        """The logits are log probabilities up to a constant."""
        predicted = self.regression.mean(patch)
        if self.kind == "cosine":
            return self.sharpness * normalize(predicted, dim=-1) @ normalize(self.table, dim=-1).mT
        apart = (predicted[..., None, :] - self.table).square().sum(-1)
        return -self.sharpness * apart / 2

    def log_prob(
        self, patch: Float[Tensor, "*sample latent"], target: Int[Tensor, "*sample"]
    ) -> Float[Tensor, "*sample"]:
        """The log probability is that of each item."""
        return self.logits(patch).log_softmax(-1).gather(-1, target[..., None])[..., 0]


class TaskEncoder(nn.Module):
    """Task history [*sample, feature] to a latent patch [*sample, latent] that is added to a context patch.

    Linear; zero at first, so that an untrained encoder changes nothing.
    """

    def __init__(self, n_features: int, n_latent: int):
        super().__init__()
        self.map = nn.Linear(n_features, n_latent)
        nn.init.zeros_(self.map.weight)
        nn.init.zeros_(self.map.bias)

    def forward(self, history: Float[Tensor, "*sample feature"]) -> Float[Tensor, "*sample latent"]:
        """The history becomes the patch."""
        return self.map(history)


def fit_task_encoder(
    encoder: TaskEncoder,
    predict: Callable[[Tensor], Tensor],
    decoder: TaskDecoder,
    context: Float[Tensor, "sample latent"],
    history: Float[Tensor, "sample feature"],
    target: Tensor,
    *,
    steps: int = 200,
    learning_rate: float = 0.05,
) -> float:
    """Trains the encoder through a fixed prediction and a fixed decoder, so that coming targets are likely.

    Args:
        encoder: trained in place.
        predict: context patches to predicted patches, differentiable; what it holds is not trained.
        decoder: of predicted patches.
        context: patches to which the encoded history is added.
        history: of the task, one row for each.
        target: what came, in the decoder's space.
        steps, learning_rate: of Adam, the rate falling to 0.

    Returns:
        Mean log probability after training.
    """
    _same_length(context, target)
    parameters = list(encoder.parameters())
    optimiser = torch.optim.Adam(parameters, lr=learning_rate)
    for step in range(steps):
        for group in optimiser.param_groups:
            group["lr"] = learning_rate * (1 - step / steps)
        loss = -decoder.log_prob(predict(context + encoder(history)), target).mean()
        for parameter, gradient in zip(parameters, torch.autograd.grad(loss, parameters), strict=True):
            parameter.grad = gradient
        optimiser.step()
    with torch.no_grad():
        return float(decoder.log_prob(predict(context + encoder(history)), target).mean())


def _ridge(x: Tensor, y: Tensor, ridge: float) -> tuple[Tensor, Tensor]:
    mean, level = x.mean(0), y.mean(0)
    centred = x - mean
    gram = centred.mT @ centred / len(x)
    gram = gram + torch.eye(x.shape[1], dtype=x.dtype) * (ridge * gram.diagonal().mean() + FLOOR)
    weight = torch.linalg.solve(gram, centred.mT @ (y - level) / len(x))
    return weight, level - mean @ weight


def _same_length(patch: Tensor, target: Tensor) -> None:
    if len(patch) != len(target) or len(patch) < 2:
        raise ValueError(
            f"expected a target for each of two patches or more, got {len(patch)} and {len(target)}"
        )
