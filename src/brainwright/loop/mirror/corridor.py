"""A corridor with a place for food at either end. One agent knows where it is; another one watches its first
steps and goes where it believes the food to be. All chances are computed, so that gradients are exact.
"""

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import one_hot, pad

from brainwright.world.watched import COST

KINDS = ("self", "rival", "friend")
"""Who acts on the food: the agent, unwatched; the agent while a rival watches; a friend who needs the agent
at the place, which costs the agent steps and pays nothing.
"""
PLACES, STEPS, MIDDLE = 7, 10, 3
WATCHED = 3
"""Steps that the other sees before it goes: as many as from the middle to an end."""
EVEN = 0.05
"""So near to one half a belief is even, not below chance: an observer that learns ends close to it."""
HONEST = 0.8
"""Chance of a step towards the food by which the other reads what it sees."""
LOST = 1.0
"""What a rival takes that goes to the food, in units of the food. A step until the food is reached costs
`COST` (for a friend, a move), so that the straight way is the best where nobody watches.
"""
DRIVES = ("hunger", "thrift", "rivalry", "sympathy")
"""What is innate: food is good, steps are not, what a rival takes hurts, and what a friend is thought to feel
is felt.
"""
SELFISH = DRIVES[:3]


class Ends(NamedTuple):
    """What a policy brings, [network, kind, goal] each."""

    reached: Tensor
    """Chance to be at the place of food in time."""
    believed: Tensor
    """Mean belief of the one who watched in the true place, when it goes."""
    deceived: Tensor
    """Chance that this belief is below one half by more than `EVEN`."""
    moves: Tensor
    """Mean number of moves."""
    waited: Tensor
    """Mean number of steps until the food is reached."""
    felt: Tensor
    """What the agent thinks that is felt where it ends; 0 where it thinks nothing of it."""
    seen: Tensor
    """Where it is when the one who watched goes, [network, kind, goal, place]."""

    @property
    def by_drive(self) -> Tensor:
        """What each of `DRIVES` makes of it, [drive, network, kind, goal]."""
        own, watched, friends = torch.eye(3)[:, :, None]
        eats = own + watched
        return torch.stack(
            [
                self.reached * eats,
                -COST * (self.waited * eats + self.moves * friends),
                -LOST * self.believed * watched,
                self.felt * friends,
            ]
        )

    @property
    def payoff(self) -> Tensor:
        """Of the agent but for what it feels for others, [network, kind, goal]."""
        return self.by_drive[: len(SELFISH)].sum(0)


def situations() -> Tensor:
    """What the agent senses in every situation, [kind, goal, place, step, input]: whose it is, where the food
    is, where it stands, and when.
    """
    shape = len(KINDS), 2, PLACES, STEPS
    grids = torch.meshgrid(*(torch.arange(n) for n in shape), indexing="ij")
    codes = [one_hot(grid, n) for grid, n in zip(grids, shape, strict=True)]
    return torch.cat(codes, -1).float()


def trusting() -> Tensor:
    """The chance that food is on the right, as read by the rule from where the agent is after the watched
    steps, [place]; the place is enough, since every move is one place and no wall is met before.
    """
    odds = (torch.arange(PLACES) - MIDDLE) * torch.log(torch.tensor(HONEST / (1 - HONEST)))
    return torch.sigmoid(odds)


def food() -> Tensor:
    """Where it is, [goal, place]."""
    where = torch.zeros(2, PLACES)
    where[0, 0], where[1, -1] = 1.0, 1.0
    return where


def lived(policy: Tensor, right: Tensor | None = None, feelings: Tensor | None = None) -> Ends:
    """What chances of actions bring.

    Args:
        policy: chances of left, stay, right, [network, kind, goal, place, step, action].
        right: what the one who watches believes of food on the right, [network, place] or [place]; that of
            the rule where None.
        feelings: what the agent thinks is felt at a place, [network, kind, goal, place]; none where None.
    """
    n, kinds = len(policy), len(KINDS)
    there = torch.zeros(n, kinds, 2, PLACES)
    there[..., MIDDLE] = 1.0
    place = food()
    moves, waited, believed, deceived = torch.zeros(4, n, kinds, 2)
    right = trusting() if right is None else right
    belief = torch.stack([1 - right, right], -2).expand(n, 2, PLACES)[:, None]
    seen = there
    for step in range(STEPS):
        chances = policy[..., step, :]
        going = there[..., None] * chances
        waited = waited + (there * (1 - place)).sum(-1)
        # whoever stands at the food has it, and stays
        left, stay, right = (going[..., k] * (1 - place) for k in range(3))
        # also at the food, or to be there would spare a friend's helper the moves of a random walk
        moves = moves + (going[..., 0] + going[..., 2]).sum(-1)
        there = stay + there * place
        there = there + pad(left[..., 1:], (0, 1)) + pad(right[..., :-1], (1, 0))
        there = there + _at_wall(left, 0) + _at_wall(right, PLACES - 1)
        if step == WATCHED - 1:
            seen = there
            believed = (there * belief).sum(-1)
            deceived = (there * (belief < 0.5 - EVEN)).sum(-1)
    felt = torch.zeros_like(moves) if feelings is None else (there * feelings).sum(-1)
    return Ends((there * place).sum(-1), believed, deceived, moves, waited, felt, seen)


def _at_wall(going: Tensor, place: int) -> Tensor:
    """Moves against a wall lead nowhere."""
    return going * one_hot(torch.tensor(place), PLACES)
