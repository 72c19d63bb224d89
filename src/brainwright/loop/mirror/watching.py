"""Learning by watching: another one is seen to go for food on both sides, oneself found it on one alone."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from .corridor import PLACES, STEPS, lived
from .networks import FRIEND, SELF, Networks
from .overlaps import alike, apart
from .taught import Plan

LEFT, RIGHT = range(2)
"""Where oneself found food, and where one only saw another find it."""
OTHERS = ("seen", "shuffled", "unseen")
"""Another one who goes straight for the food; who goes where it likes; nobody."""


class Watcher(NamedTuple):
    """One way to learn: whose ways are seen (`OTHERS`), by which circuit, with which weight of overlap."""

    name: str
    other: str = "seen"
    separate: bool = False
    overlap: float = 0.0
    width: int = 32


def shown(other: str) -> Float[Tensor, "goal place step action"]:
    """What the other one does: straight to the food, or left and right as often wherever the food is; nothing
    is seen of nobody.
    """
    ways = torch.zeros(2, PLACES, STEPS, 3)
    if other == "seen":
        ways[LEFT, ..., 0], ways[RIGHT, ..., 2] = 1.0, 1.0
    elif other == "shuffled":
        ways[..., 0], ways[..., 2] = 0.5, 0.5
    return ways


def tried(arms: Sequence[Watcher], seeds: Sequence[int], plan: Plan) -> dict[str, Tensor]:
    """Own payoff teaches where food is on the left; of the other one, who is sensed as a friend is, it is
    foretold what it does. "found" is the chance to find food where one never did oneself, "found, left" where
    one did, "foretold" how likely what the other does was, and "overlap", each [arm * seed].
    """
    widths, separate = [arm.width for arm in arms], [arm.separate for arm in arms]
    networks = Networks.drawn(widths, separate, seeds).of(torch.arange(len(arms) * len(seeds)))
    ways = torch.stack([shown(arm.other) for arm in arms]).repeat_interleave(len(seeds), 0)
    weight = torch.tensor([arm.overlap for arm in arms]).repeat_interleave(len(seeds))
    generator = torch.Generator().manual_seed(int(seeds[0]))
    optimiser = torch.optim.Adam(networks.parts, lr=plan.rate)
    pairs = ["friend"] * len(weight)
    for update in range(plan.alone):
        activity = networks.activity()
        policy = networks.policy(activity)
        own = policy[:, SELF, LEFT]
        entropy = -(own * own.clamp_min(1e-9).log()).sum(-1).mean((1, 2))  # log of 0
        falls = plan.entropy * max(0.0, 1 - update / plan.alone)
        gained = lived(policy).payoff[:, SELF, LEFT] / 3 + falls * entropy / 6  # as if all kinds were met
        gained = (
            gained - _unforeseen(policy, ways) - weight * apart(activity, networks.kept, pairs, generator)
        )
        optimiser.zero_grad()
        (-gained.sum()).backward()
        optimiser.step()
    with torch.no_grad():
        activity = networks.activity()
        policy = networks.policy(activity)
        reached = lived(policy).reached[:, SELF]
        told = (policy[:, FRIEND] * ways).sum(-1).mean((1, 2, 3))
        same = alike(activity, networks.kept, generator, "friend")
        return {
            "found": reached[:, RIGHT],
            "found, left": reached[:, LEFT],
            "foretold": told,
            "overlap": same,
        }


def _unforeseen(policy: Tensor, ways: Tensor) -> Tensor:
    """Mean surprise at what the other does, nats, [network]."""
    return -(ways * policy[:, FRIEND].clamp_min(1e-9).log()).sum(-1).mean((1, 2, 3))
