"""Innate circuits: each has a crude sense of its own, a reflex, a reward, and a want that the body sets.

None of them learns, and none of them knows a concept. What a circuit senses is the ground truth for the
assessor of its channel. A reward is what it pays when it fires, in an arbitrary unit; a want is the weight of
its channel in the scorecard. The numbers are a design, not measured in an animal.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from .body import Body
from .errors import SteeringError

Senses = Mapping[str, Tensor]
"""Name of a sense → [body]; crude quantities, never learned features."""


@dataclass(frozen=True, eq=False)
class Signal:
    """What a circuit says at one moment, each [body].

    Attributes:
        truth: the ground truth of its channel, 0 to 1.
        fires: whether the reflex runs off.
        reward: paid now.
    """

    truth: Float[Tensor, " body"]
    fires: Bool[Tensor, " body"]
    reward: Float[Tensor, " body"]


class Circuit(Protocol):
    """An innate circuit: `sense` says what is the case now, `want` what its channel is worth to this body."""

    @property
    def channel(self) -> str:
        """Name of the assessors' channel that foretells it."""
        ...

    @property
    def reflex(self) -> str:
        """What runs off when it fires."""
        ...

    def sense(self, senses: Senses, body: Body) -> Signal:
        """The signal of this moment. Raises SteeringError for a sense that is missing."""
        ...

    def want(self, body: Body) -> Float[Tensor, " body"]:
        """The weight of the channel in the scorecard: above 0 wanted, below 0 shunned."""
        ...


@dataclass(frozen=True)
class Flinch:
    """What grows fast in the eye is about to hit: the tectum's looming detector. It pays nothing.

    Args:
        rate_per_s: least relative growth of the image, 1 / time to contact, at which the animal flinches.
    """

    channel: str = "flinch"
    reflex: str = "flinch"
    rate_per_s: float = 2.0

    def sense(self, senses: Senses, body: Body) -> Signal:
        """The circuit reads "looming", relative growth of the largest image per second."""
        return _signal((read(senses, "looming") >= self.rate_per_s).double(), reward=0.0)

    def want(self, body: Body) -> Tensor:
        """The want is always the same: away from it."""
        return -torch.ones(body.n_bodies, dtype=torch.float64)


@dataclass(frozen=True)
class Salt:
    """Salt on the tongue. The truth is the taste; only its worth depends on the body (salt appetite: Robinson
    & Berridge 2013, Curr Biol 23:282, where a taste never liked before is wanted once the body lacks it).

    Args:
        disgust: how much it is shunned where nothing is needed; what lacks all of it wants it by 1.
    """

    disgust: float = 0.1
    channel: str = "salt"
    reflex: str = "swallow"

    def sense(self, senses: Senses, body: Body) -> Signal:
        """The circuit reads "salt", 0 to 1."""
        taste = read(senses, "salt").clamp(0, 1).double()
        return Signal(taste, taste > 0, taste * self.want(body))

    def want(self, body: Body) -> Tensor:
        """The want rises with the need, from the disgust to 1."""
        return body.need("salt").double() * (1 + self.disgust) - self.disgust


@dataclass(frozen=True)
class Hunger:
    """Food in the mouth, worth as much as energy is lacking."""

    channel: str = "food"
    reflex: str = "swallow"

    def sense(self, senses: Senses, body: Body) -> Signal:
        """The circuit reads "food", 0 to 1."""
        food = read(senses, "food").clamp(0, 1).double()
        return Signal(food, food > 0, food * self.want(body))

    def want(self, body: Body) -> Tensor:
        """The want is the need of energy; nothing is wanted by the fed."""
        return body.need("energy").double()


@dataclass(frozen=True)
class Pain:
    """Damage to the skin."""

    channel: str = "pain"
    reflex: str = "withdraw"

    def sense(self, senses: Senses, body: Body) -> Signal:
        """The circuit reads "damage", 0 to 1."""
        return _signal(read(senses, "damage").clamp(0, 1).double(), reward=-1.0)

    def want(self, body: Body) -> Tensor:
        """The want is always the same: never."""
        return -2 * torch.ones(body.n_bodies, dtype=torch.float64)


@dataclass(frozen=True)
class Face:
    """Two dark spots above a third: something like a face is in view. It orients and pays a little."""

    channel: str = "face"
    reflex: str = "orient"
    match: float = 0.5

    def sense(self, senses: Senses, body: Body) -> Signal:
        """The circuit reads "face", the match with its template, 0 to 1."""
        return _signal((read(senses, "face") >= self.match).double(), reward=0.1)

    def want(self, body: Body) -> Tensor:
        """The want is mild and always the same."""
        return 0.2 * torch.ones(body.n_bodies, dtype=torch.float64)


@dataclass(frozen=True)
class Status:
    """Somebody looks at me with approval (above 0) or contempt (below). Without anybody there is no truth."""

    channel: str = "status"
    reflex: str = "blush"

    def sense(self, senses: Senses, body: Body) -> Signal:
        """The circuit reads "regard", -1 to 1."""
        regard = read(senses, "regard").clamp(-1, 1).double()
        return Signal(regard, regard < 0, regard)

    def want(self, body: Body) -> Tensor:
        """The want is always the same."""
        return torch.ones(body.n_bodies, dtype=torch.float64)


def read(senses: Senses, name: str) -> Tensor:
    """It returns a sense. Raises SteeringError where it is missing or not finite."""
    if name not in senses:
        raise SteeringError(f"expected the sense {name!r}, got {', '.join(sorted(senses)) or 'none'}")
    if not bool(senses[name].isfinite().all()):
        raise SteeringError(f"expected finite values of the sense {name!r}, got NaN or infinity")
    return senses[name]


def _signal(truth: Tensor, reward: float) -> Signal:
    return Signal(truth, truth > 0, reward * truth)
