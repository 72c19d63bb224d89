"""A T-maze with a sign, a flickering middle and a dark room: who looks first, and who hides?"""

from collections.abc import Mapping
from itertools import product

import numpy as np

from .free_energy import Array, Foreseen, foreseen

PLACES = ("middle", "left", "right", "sign", "dark")
OUTCOMES = ("nothing", "flicker", "food", "pain", "left sign", "right sign")
MIDDLE, LEFT, RIGHT, SIGN, DARK = range(5)
CONTEXTS = 2
"""Food is left or right; it stays so for an episode."""
SURE = 0.98
"""Chance that the right arm feeds and the wrong one hurts, as in the T-maze of the literature."""
WANT = 3.0
"""Nats by which food is wanted more than nothing, and nothing more than pain."""
STEPS = 4
"""Of an episode."""
UNSURPRISED = ("least surprise", "least embedding error")
AGENTS = ("expected free energy", "preferences alone", "curiosity alone", *UNSURPRISED)
HIDDEN = tuple(f"{agent}, no dark room" for agent in UNSURPRISED)


def likelihood() -> Array:
    """[place x outcome, place x context]: the place is seen, the context only by the sign and the arms."""
    told = np.zeros((len(PLACES), len(OUTCOMES), len(PLACES), CONTEXTS))
    told[MIDDLE, :2, MIDDLE] = 0.5
    told[DARK, 0, DARK] = 1.0
    for context in range(CONTEXTS):
        told[SIGN, 4 + context, SIGN, context] = 1.0
        for arm, side in ((LEFT, 0), (RIGHT, 1)):
            food = SURE if side == context else 1 - SURE
            told[arm, 2, arm, context], told[arm, 3, arm, context] = food, 1 - food
    return told.reshape(len(PLACES) * len(OUTCOMES), -1)


def transition(to: int) -> Array:
    """[next, state] of going to a place; whoever has entered an arm stays there."""
    moved = np.zeros((len(PLACES), CONTEXTS, len(PLACES), CONTEXTS))
    for place, context in product(range(len(PLACES)), range(CONTEXTS)):
        moved[place if place in (LEFT, RIGHT) else to, context, place, context] = 1.0
    return moved.reshape(len(PLACES) * CONTEXTS, -1)


def wanted() -> Array:
    """[observation], by outcome alone."""
    strength = np.zeros((len(PLACES), len(OUTCOMES)))
    strength[:, 2], strength[:, 3] = WANT, -WANT
    return np.exp(strength.reshape(-1)) / np.exp(strength).sum()


def worth(agent: str, ahead: Foreseen) -> float:
    """What an agent minimises."""
    if agent == "expected free energy":
        return ahead.free_energy
    if agent == "preferences alone":
        return -ahead.pragmatic
    if agent == "curiosity alone":
        return -ahead.epistemic
    return ahead.error if agent.startswith("least embedding error") else ahead.surprise


def maze_shares(seed: int, episodes: int = 200) -> dict[str, Mapping[str, float]]:
    """Agent → shares of episodes that end in the arm with food, and of steps in the dark room or at the sign.

    Args:
        seed: of contexts, outcomes and ties.
        episodes: of each agent.
    """
    shares = {}
    for agent in (*AGENTS, *HIDDEN):
        rng = np.random.default_rng(seed)
        places = np.array([_episode(agent, rng) for _ in range(episodes)])
        food = (places[:, -1] == LEFT + places[:, 0]).mean()
        went = places[:, 1:]
        shares[agent] = {
            "food": float(food),
            "dark room": float((went == DARK).mean()),
            "sign first": float((went[:, 0] == SIGN).mean()),
        }
    return shares


def _episode(agent: str, rng: np.random.Generator) -> list[int]:
    """The context, then the place after every step."""
    told, moves, wants = likelihood(), [transition(to) for to in range(len(PLACES))], wanted()
    allowed = [to for to in range(len(PLACES)) if to != DARK or agent not in HIDDEN]
    context, place = int(rng.integers(CONTEXTS)), MIDDLE
    belief, lived = np.zeros((len(PLACES), CONTEXTS)), [context]
    belief[MIDDLE] = 0.5
    belief = belief.reshape(-1)
    for _ in range(STEPS):
        to = _chosen(agent, belief, told, moves, wants, allowed, rng)
        place = place if place in (LEFT, RIGHT) else to
        chances = told[:, place * CONTEXTS + context]
        observed = int(rng.choice(len(chances), p=chances))
        belief = told[observed] * (moves[to] @ belief)
        belief = belief / belief.sum()
        lived.append(place)
    return lived


def _chosen(agent, belief, told, moves, wants, allowed, rng) -> int:
    """The first action of the best plan; ties are drawn. Plans do not wait for what will be seen."""
    best: dict[int, float] = {}
    for first in allowed:
        one = foreseen(told, moves[first], belief, wants)
        later = min(worth(agent, foreseen(told, moves[to], one.state, wants)) for to in allowed)
        best[first] = worth(agent, one) + later
    least = min(best.values())
    ties = [to for to, cost in best.items() if cost < least + 1e-9]
    return int(ties[rng.integers(len(ties))])
