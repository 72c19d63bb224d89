"""One trial of each study: what was watched or lived in one world, and what comes of it."""

from functools import partial

import numpy as np

from brainwright.loop.planning import conditioned_policies, samples_needed, vetoed, watched
from brainwright.loop.planning.samples import greedy
from brainwright.steering.planning import maze_shares
from brainwright.world import Table, anywhere, branch, cliff, lake

DISCOUNT, LIMIT = 0.97, 100
WORLDS = {
    "cliff": lambda: anywhere(cliff()),
    "branch": lambda: anywhere(branch(bait=-1.0)),
    "dry lake": lambda: anywhere(lake(slips=False)),
    "dry lake, one start": partial(lake, slips=False),
}
"""Starts are drawn, but for the last one, in which the return of an episode says nothing of its start."""
RACES = {"branch": (partial(branch, bait=-1.0), 0.85), "cliff": (cliff, -20.0)}
"""World and return, both from one start."""
SCORE, GREEDY = "score", "score, likeliest action"
NEEDED = "minus log10 of samples"


def behaviour(table: Table, noise: float = 0.5) -> np.ndarray:
    """A solver of whose actions half are drawn at random, [state, action]."""
    best = greedy(table.best(DISCOUNT))
    return (1 - noise) * best + noise / table.n_actions


def conditioned(name: str, episodes: int, updates: int, arm: str, seed: int, draw: int) -> dict[str, float]:
    """What every way to use the same episodes earns: 0 as random actions, 1 as the best policy."""
    table = WORLDS[name]()
    own = behaviour(table)
    seen = watched(table, own, episodes=episodes, seed=seed, discount=DISCOUNT, limit=LIMIT)
    policies = {**conditioned_policies(table, seen, updates=updates, seed=seed), "behaviour": own}
    worst = table.earned(np.full_like(own, 1 / table.n_actions), LIMIT)
    span = table.earned(greedy(table.best(DISCOUNT)), LIMIT) - worst
    scores = {}
    for way, policy in policies.items():
        scores[f"{way}/{SCORE}"] = (table.earned(policy, LIMIT) - worst) / span
        scores[f"{way}/{GREEDY}"] = (table.earned(greedy(policy), LIMIT) - worst) / span
    return scores


def race(name: str, most: int, learner: str, seed: int, draw: int) -> dict[str, float]:
    """Steps in the world until the greedy policy earns enough."""
    make, wanted = RACES[name]
    needed = float(samples_needed(make(), learner, [seed], wanted=wanted, most=most, limit=LIMIT)[0])
    return {NEEDED: -np.log10(needed), "samples": needed, "not reached": float(needed == most)}


def veto(episodes: int, updates: int, arm: str, seed: int, draw: int) -> dict[str, float]:
    """Where plans end that want the bait, and plans that want no harm."""
    table = branch()
    safe = branch(bait=-1.0)
    # half of what is watched goes for the bait, half for the goal: both ends were seen
    shown = 0.5 * behaviour(table) + 0.5 * behaviour(safe)
    seen = watched(table, shown, episodes=episodes, seed=seed, discount=DISCOUNT, limit=LIMIT)
    ends = {}
    for way, policy in vetoed(table, seen, updates=updates, seed=seed).items():
        reached = table.reached(policy, LIMIT)
        ends[f"{way}/killed"] = float(reached[table.lethal].sum())
        ends[f"{way}/minus killed"] = -ends[f"{way}/killed"]
        ends[f"{way}/goal"] = float(reached[table.ends & ~table.lethal].sum())
    return ends


def unsurprised(episodes: int, arm: str, seed: int, draw: int) -> dict[str, float]:
    """Who finds food in the T-maze, and who stays in the dark."""
    shares = maze_shares(seed, episodes)
    return {f"{agent}/{name}": share for agent, row in shares.items() for name, share in row.items()}
