"""Networks that act for themselves and among others are taught side by side, as one tensor."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from .corridor import DRIVES, SELFISH, Ends, lived
from .networks import Networks, mistaken
from .observer import Observer
from .overlaps import alike, apart


@dataclass(frozen=True)
class Arm:
    """One way to be taught.

    Attributes:
        name: of the arm.
        width: of the layer between senses and actions.
        separate: self has one half of the layer, others the other half.
        overlap: weight of the squared difference between the layer's activity for oneself and for another, in
            the second part of the teaching.
        pairs: of whom, see `overlaps.PAIRS`.
        goes_on: whether what others bring is still paid for in the second part; the agent's own food is.
        observed: whether the one who watches learns what a step is worth as a sign.
        drives: those of `DRIVES` that are there.
    """

    name: str
    width: int = 32
    separate: bool = False
    overlap: float = 0.0
    pairs: str = "all"
    goes_on: bool = False
    observed: bool = False
    drives: tuple[str, ...] = SELFISH

    @property
    def childhood(self) -> tuple[int, bool, bool, tuple[str, ...]]:
        """All that matters in the first part."""
        return self.width, self.separate, self.observed, self.drives


@dataclass(frozen=True)
class Plan:
    """How long.

    Attributes:
        alone: updates by payoff alone.
        after: further updates, with the overlap.
        rate: of Adam.
        entropy: weight of the policy's entropy at first, which keeps it from settling for standing still; it
            falls to 0 within the first part.
    """

    alone: int = 800
    after: int = 400
    rate: float = 0.01
    entropy: float = 3.0


class Taught(NamedTuple):
    """What came of it, arm by arm."""

    ends: Ends
    """[arm * seed, kind, goal]"""
    overlap: Float[Tensor, " network"]
    """See `overlaps.alike`."""
    policy: Float[Tensor, "network kind goal place step action"]
    right: Float[Tensor, "network place"]
    """What the one who watches believes of food on the right."""


def taught(arms: Sequence[Arm], seeds: Sequence[int], plan: Plan) -> Taught:
    """What every network brings after the teaching. Arms that differ in the second part alone share the
    first.

    Args:
        arms: of one seed they begin with the same values.
        seeds: of initial values and of pairings.
        plan: how long.
    """
    childhoods = list(dict.fromkeys(arm.childhood for arm in arms))
    widths, separate, observed, drives = zip(*childhoods, strict=True)
    everyone = torch.arange(len(childhoods) * len(seeds))
    networks = Networks.drawn(widths, separate, seeds).of(everyone)
    observer = Observer.trusts(torch.tensor(observed).repeat_interleave(len(seeds)))
    wants = _wants(drives, len(seeds))

    def young(ends: Ends, activity: Tensor, policy: Tensor, update: int) -> Tensor:
        entropy = -(policy * policy.clamp_min(1e-9).log()).sum(-1).mean((1, 2, 3, 4))  # log of 0
        return paid(ends, wants).mean(1) + plan.entropy * max(0.0, 1 - update / plan.alone) * entropy

    feel = any("sympathy" in own for own in drives)
    observer = _learned(networks, observer, young, plan.rate, plan.alone, feel)
    places = torch.tensor([childhoods.index(arm.childhood) for arm in arms])
    which = (places[:, None] * len(seeds) + torch.arange(len(seeds))).flatten()
    networks, observer, later = networks.of(which), observer.of(which), wants[which]
    strength = torch.tensor([arm.overlap for arm in arms]).repeat_interleave(len(seeds))
    pairs = [arm.pairs for arm in arms for _ in seeds]
    among = torch.tensor([[1.0, float(arm.goes_on), float(arm.goes_on)] for arm in arms for _ in seeds])
    generator = torch.Generator().manual_seed(int(seeds[0]))

    def grown(ends: Ends, activity: Tensor, policy: Tensor, update: int) -> Tensor:
        gained = (paid(ends, later) * among).mean(1)
        return gained - strength * apart(activity, networks.kept, pairs, generator)

    observer = _learned(networks, observer, grown, plan.rate, plan.after, feel)
    with torch.no_grad():
        activity = networks.activity()
        policy, right = networks.policy(activity), observer.right()
        ends = lived(policy, right, networks.foreseen(activity) if feel else None)
        return Taught(ends, alike(activity, networks.kept, generator), policy, right)


def _learned(
    networks: Networks,
    observer: Observer,
    gained: Callable[[Ends, Tensor, Tensor, int], Tensor],
    rate: float,
    updates: int,
    feel: bool,
) -> Observer:
    """Networks climb what they gain, in place; whoever watches is returned as it is afterwards."""
    optimiser = torch.optim.Adam(networks.parts, lr=rate)
    for update in range(updates):
        activity = networks.activity()
        policy = networks.policy(activity)
        foreseen = networks.foreseen(activity) if feel else None
        ends = lived(policy, observer.right(), None if foreseen is None else foreseen.detach())
        loss = -gained(ends, activity, policy, update).sum()
        if foreseen is not None:
            loss = loss + mistaken(foreseen).sum()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        observer = observer.saw(ends.seen)
    return observer


def paid(ends: Ends, wants: Float[Tensor, "network drive"]) -> Float[Tensor, "network kind"]:
    """What drives make of the ends."""
    return torch.einsum("dnkg,nd->nk", ends.by_drive, wants) / 2


def _wants(drives: Sequence[tuple[str, ...]], seeds: int) -> Tensor:
    """[network, drive]"""
    rows = torch.tensor([[float(drive in own) for drive in DRIVES] for own in drives])
    return rows.repeat_interleave(seeds, 0)
