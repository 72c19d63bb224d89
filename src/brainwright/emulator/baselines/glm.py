"""Poisson regression with a ridge penalty, for many outputs at once."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float

MAX_STEPS = 200
"""Of L-BFGS, which stops by itself long before on a convex loss."""
MAX_ETA = 20.0
"""Largest log rate: the exponential of a wild feature stays finite in float32."""


@dataclass(frozen=True, eq=False)
class PoissonGLM:
    """rate = exp(x W + b), McCullagh & Nelder 1989; x is standardised by the training rows."""

    weights: Float[np.ndarray, "feature output"]
    bias: Float[np.ndarray, " output"]
    mean: Float[np.ndarray, " feature"]
    sd: Float[np.ndarray, " feature"]

    def rates(self, x: Float[np.ndarray, "*rows feature"]) -> Float[np.ndarray, "*rows output"]:
        """The rates are expected counts."""
        return np.exp(np.minimum((x - self.mean) / self.sd @ self.weights + self.bias, MAX_ETA))


def fit_glm(
    x: Float[np.ndarray, "row feature"], y: Float[np.ndarray, "row output"], penalty: float
) -> PoissonGLM:
    """It minimises mean(r - y ln r) + penalty |w|^2 / 2 for each output by itself.

    Args:
        x: features.
        y: counts.
        penalty: on the weights of standardised features, not on the bias.
    """
    mean, sd = x.mean(0), x.std(0)
    sd = np.where(sd > 1e-9, sd, 1.0)  # a feature that never varies but for rounding is left as it is
    design = torch.from_numpy(((x - mean) / sd).astype(np.float32))
    counts = torch.from_numpy(np.asarray(y, np.float32))
    weights = torch.zeros(x.shape[1], y.shape[1], requires_grad=True)
    # a unit without a single count starts at a finite log rate
    bias = counts.mean(0).clamp(min=1e-6).log().requires_grad_()
    optimiser = torch.optim.LBFGS([weights, bias], max_iter=MAX_STEPS, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        optimiser.zero_grad()
        eta = (design @ weights + bias).clamp(max=MAX_ETA)
        value = (eta.exp() - counts * eta).mean(0).sum() + penalty / 2 * weights.square().sum()
        value.backward()
        return value

    optimiser.step(loss)
    return PoissonGLM(weights.detach().numpy(), bias.detach().numpy(), mean, sd)
