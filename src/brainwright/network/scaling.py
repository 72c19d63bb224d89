"""From signed counts to weights: each choice is an object with a name, and reports what it did."""

from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
import torch
from jaxtyping import Float
from scipy import sparse
from torch import Tensor

from brainwright.connectome.errors import ConnectomeError
from brainwright.connectome.radius import spectral_radius

from .errors import NetworkError
from .network import Network
from .sparse import Pattern
from .synapses import Synapses


@runtime_checkable
class Scaling(Protocol):
    """Anything called like this: signed weights in, scaled weights and a report out."""

    def __call__(
        self, pattern: Pattern, weights: Float[np.ndarray, " edge"]
    ) -> tuple[Float[np.ndarray, " edge"], dict[str, Any]]: ...


@dataclass(frozen=True)
class Raw:
    """The weights are the signed counts times one factor."""

    factor: float = 1.0

    def __call__(self, pattern: Pattern, weights: np.ndarray) -> tuple[np.ndarray, dict[str, Any]]:
        """See `Scaling`."""
        weights = weights if self.factor == 1 else weights * self.factor
        return weights, {"name": "raw", "factor": self.factor}


@dataclass(frozen=True)
class SpectralRadius:
    """One factor for all, so that the largest |eigenvalue| of the directed matrix is `target`."""

    target: float = 0.95
    """Just below 1, where a linear network would keep its past for ever (the usual choice of echo states)."""

    def __call__(self, pattern: Pattern, weights: np.ndarray) -> tuple[np.ndarray, dict[str, Any]]:
        """See `Scaling`. Raises `NetworkError` where the radius is 0 (no cycle, or cycles that cancel), or
        cannot be computed.
        """
        if not (self.target > 0 and np.isfinite(self.target)):
            raise NetworkError(f"expected a finite spectral radius > 0, got {self.target}")
        radius = radius_of(pattern, weights)
        if radius == 0:
            raise NetworkError(
                "the graph has no cycle (or its weights cancel round all of them), so its spectral radius is "
                "0 and cannot be scaled: use FanIn() or Raw()"
            )
        factor = self.target / radius
        report = {"name": "spectral radius", "target": self.target, "radius_before": radius, "factor": factor}
        return weights * factor, report


@dataclass(frozen=True)
class FanIn:
    """Each row divided by the sum of its magnitudes, times `total`."""

    total: float = 1.0

    def __call__(self, pattern: Pattern, weights: np.ndarray) -> tuple[np.ndarray, dict[str, Any]]:
        """See `Scaling`."""
        strength = np.bincount(pattern.post, np.abs(weights), pattern.n_post)
        with np.errstate(divide="ignore"):
            factor = np.where(strength > 0, self.total / strength, 0.0)
        received = strength[strength > 0]
        report = {
            "name": "fan-in",
            "total": self.total,
            "strength_before_min": float(received.min(initial=np.inf)) if received.size else 0.0,
            "strength_before_max": float(received.max(initial=0.0)),
        }
        return weights * factor[pattern.post], report


def radius_of(pattern: Pattern, weights: Float[np.ndarray, " edge"]) -> float:
    """Largest |eigenvalue|, as `spectral_radius` of connectomes finds it, with errors of this room."""
    shape = (pattern.n_post, pattern.n_pre)
    try:
        return spectral_radius(sparse.coo_array((weights, (pattern.post, pattern.pre)), shape=shape))
    except ConnectomeError as error:
        raise NetworkError(str(error)) from error


def match_activity(
    network: Network,
    target: float,
    inputs: Float[Tensor, "batch ..."],
    *,
    population: str = "cells",
    tolerance: float = 1e-3,
    **unrolling,
) -> dict[str, Any]:
    """Scales a population's synapses by one factor, so that its mean |output| after an unroll is `target`.

    The factor is found by bisection of its logarithm within 1e-6..1e6. `network` is changed.

    Args:
        network: compiled; all its `Synapses` onto `population` are scaled together.
        target: mean absolute output over samples and cells at the last step, > 0; see `activity`.
        inputs: calibration batch, and how to unroll it.
        population: which.
        tolerance: relative, of the activity; some 15 halvings of the interval reach a thousandth.

    Returns:
        report: name, factor, activity before and after.

    Raises:
        NetworkError: no such synapses, or a target that no factor reaches.
    """
    synapses = [p for p in network.projections if isinstance(p, Synapses) and p.post == population]
    if not synapses or not target > 0:
        raise NetworkError(
            f"expected synapses onto {population!r} and target > 0, got {len(synapses)}, {target}"
        )
    before = activity(network, inputs, population=population, **unrolling)
    low, high, factor = -6.0, 6.0, 1.0  # logarithms: twelve decades hold any sane ratio of counts to weights
    now = before
    for _ in range(60):  # 12 decades / 2^60 is below the last digit of a float64: no later step could matter
        if abs(now - target) <= tolerance * target:
            break
        middle = (low + high) / 2
        for projection in synapses:
            projection.rescale(10**middle / factor)
        factor = 10**middle
        now = activity(network, inputs, population=population, **unrolling)
        low, high = (middle, high) if now < target else (low, middle)
    if not abs(now - target) <= tolerance * target:
        for projection in synapses:
            projection.rescale(1 / factor)
        raise NetworkError(
            f"no factor within 1e-6..1e6 gives an activity of {target:g}: nearest {now:g}, "
            f"unscaled {before:g}"
        )
    report = {"name": "activity", "target": target, "factor": factor, "before": before, "after": now}
    network.provenance["matched"] = report
    return report


@torch.no_grad()
def activity(network: Network, inputs: Tensor, *, population: str = "cells", **unrolling) -> float:
    """It returns the mean absolute output of samples and cells at the last step; infinite if it diverged."""
    state = network.unroll(inputs, **unrolling).state
    mean = network.cells(population).readout(state[population]).abs().mean()
    return float(mean) if torch.isfinite(mean) else float("inf")
