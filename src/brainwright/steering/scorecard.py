"""The scorecard of a thought: v = Σ_k u_k(b) y_k, with vetoes."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from .body import Body
from .circuits import Circuit
from .errors import SteeringError


@dataclass(frozen=True)
class Veto:
    """A thought of which a channel says more than a threshold is dropped, however much it is wanted.

    Attributes:
        channel: its name.
        above: one threshold, or [body].
    """

    channel: str
    above: float | Tensor


@dataclass(frozen=True, eq=False)
class Scored:
    """What steering thinks of thoughts, each [body, thought]."""

    value: Float[Tensor, "body thought"]
    vetoed: Bool[Tensor, "body thought"]

    @property
    def best(self) -> Int[Tensor, " body"]:
        """The most wanted thought that no veto flags and that is better than the null thought, worth 0; -1
        where there is none.
        """
        allowed = self.value.masked_fill(self.vetoed, -torch.inf)
        best = allowed.max(1)
        return torch.where(best.values > 0, best.indices, -1)


@dataclass(frozen=True)
class Scorecard:
    """Weights that a body sets, over channels that assessors fill.

    Attributes:
        circuits: in the order of the assessors' channels.
        vetoes: thresholds of single channels.
    """

    circuits: Sequence[Circuit]
    vetoes: Sequence[Veto] = ()

    def __post_init__(self) -> None:
        known = [circuit.channel for circuit in self.circuits]
        if unknown := sorted({veto.channel for veto in self.vetoes} - set(known)):
            raise SteeringError(f"a veto of {', '.join(unknown)}: the channels are {', '.join(known)}")

    def weights(self, body: Body) -> Float[Tensor, "body channel"]:
        """It returns u_k(b)."""
        return torch.stack([circuit.want(body) for circuit in self.circuits], 1)

    def score(self, body: Body, said: Float[Tensor, "body thought channel"]) -> Scored:
        """It scores thoughts by what the assessors say of them.

        Raises:
            SteeringError: as many bodies or channels as do not fit, or values that are not finite.
        """
        expected = (body.n_bodies, len(self.circuits))
        if said.ndim != 3 or (said.shape[0], said.shape[2]) != expected:
            raise SteeringError(
                f"expected scores [{expected[0]} bodies, thought, {expected[1]} channels], got "
                f"{tuple(said.shape)}"
            )
        if not bool(said.isfinite().all()):
            raise SteeringError("expected finite scores of thoughts, got NaN or infinity")
        value = (said * self.weights(body)[:, None]).sum(-1)
        vetoed = torch.zeros_like(value, dtype=torch.bool)
        names = [circuit.channel for circuit in self.circuits]
        for veto in self.vetoes:
            above = torch.as_tensor(veto.above).to(said).reshape(-1, 1)
            vetoed |= said[:, :, names.index(veto.channel)] > above
        return Scored(value, vetoed)


def between(values: Float[Tensor, "body value"], turns: int = 50) -> Float[Tensor, " body"]:
    """It returns the midpoint between two clusters of values (2-means from the extremes): a threshold that
    needs no label. Assessors rank thoughts; how high they score is not calibrated, so a fixed threshold
    fails.
    """
    low, high = values.amin(1), values.amax(1)
    for _ in range(turns):
        upper = values > ((low + high) / 2)[:, None]
        many, few = upper.sum(1).clamp_min(1), (~upper).sum(1).clamp_min(1)
        high, low = (values * upper).sum(1) / many, (values * ~upper).sum(1) / few
    return (low + high) / 2
