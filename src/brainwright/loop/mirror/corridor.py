"""A corridor with a place for food at either end. One agent knows where it is; another one watches its first
steps and goes where it believes the food to be. All chances are computed, so that gradients are exact.
"""

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import one_hot, pad

KINDS = ("self", "rival", "friend")
"""Who acts on the food: the agent, unwatched; the agent while a rival watches; a friend who needs the agent
at the place, which costs the agent steps and pays nothing.
"""
PLACES, STEPS, MIDDLE = 7, 10, 3
WATCHED = 3
"""Steps that the other sees before it goes: as many as from the middle to an end."""
HONEST = 0.8
"""Chance of a step towards the food by which the other reads what it sees."""
COST, LOST = 0.03, 1.0
"""Of a step until the food is reached (for a friend, of a move), so that the straight way is the best where
nobody watches; of a rival that goes to the food. In units of the food.
"""


class Ends(NamedTuple):
    """What a policy brings, [network, kind, goal] each."""

    reached: Tensor
    """Chance to be at the place of food in time."""
    believed: Tensor
    """Mean belief of the one who watched in the true place, when it goes."""
    deceived: Tensor
    """Chance that this belief is below one half."""
    moves: Tensor
    """Mean number of moves."""
    waited: Tensor
    """Mean number of steps until the food is reached."""

    @property
    def payoff(self) -> Tensor:
        """Of the agent, [network, kind, goal]."""
        own, watched, friends = torch.eye(3)[:, :, None]
        eats = (self.reached - COST * self.waited) * (own + watched)
        return eats - LOST * self.believed * watched - COST * self.moves * friends


def situations() -> Tensor:
    """What the agent senses in every situation, [kind, goal, place, step, input]: whose it is, where the food
    is, where it stands, and when.
    """
    shape = len(KINDS), 2, PLACES, STEPS
    grids = torch.meshgrid(*(torch.arange(n) for n in shape), indexing="ij")
    codes = [one_hot(grid, n) for grid, n in zip(grids, shape, strict=True)]
    return torch.cat(codes, -1).float()


def lived(policy: Tensor) -> Ends:
    """What chances of actions (left, stay, right) bring, [network, kind, goal, place, step, action]."""
    n, kinds = len(policy), len(KINDS)
    there = torch.zeros(n, kinds, 2, PLACES)
    there[..., MIDDLE] = 1.0
    food = torch.zeros(2, PLACES)
    food[0, 0], food[1, -1] = 1.0, 1.0
    moves, waited, believed, deceived = torch.zeros(4, n, kinds, 2)
    # of the place after the watched steps alone, since every move is one place and no wall is met before
    odds = (torch.arange(PLACES) - MIDDLE) * torch.log(torch.tensor(HONEST / (1 - HONEST)))
    belief = torch.stack([torch.sigmoid(-odds), torch.sigmoid(odds)])
    for step in range(STEPS):
        chances = policy[..., step, :]
        going = there[..., None] * chances
        waited = waited + (there * (1 - food)).sum(-1)
        # whoever stands at the food has it, and stays
        left, stay, right = (going[..., k] * (1 - food) for k in range(3))
        # also at the food, or to be there would spare a friend's helper the moves of a random walk
        moves = moves + (going[..., 0] + going[..., 2]).sum(-1)
        there = stay + there * food
        there = there + pad(left[..., 1:], (0, 1)) + pad(right[..., :-1], (1, 0))
        there = there + _at_wall(left, 0) + _at_wall(right, PLACES - 1)
        if step == WATCHED - 1:
            believed = (there * belief).sum(-1)
            deceived = (there * (belief < 0.5 - 1e-6)).sum(-1)  # an even belief is not below chance
    return Ends((there * food).sum(-1), believed, deceived, moves, waited)


def _at_wall(going: Tensor, place: int) -> Tensor:
    """Moves against a wall lead nowhere."""
    return going * one_hot(torch.tensor(place), PLACES)
