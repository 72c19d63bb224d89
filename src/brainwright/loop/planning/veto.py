"""A branch that kills and pays: plans by the return alone, with a veto on the next step, and with the end of
the plan clamped to no harm.
"""

from collections.abc import Mapping

import numpy as np

from brainwright.world import Table

from .conditioned import WANTED, Array, Asked, Behaviour

VETOES = ("no veto", "next step vetoed", "no harm wanted", "both", "both, harm shuffled")
HARMFUL = 0.5
"""Chance of harm from which an action is rejected: likelier than not."""


def vetoed(table: Table, seen: Behaviour, *, updates: int, seed: int) -> Mapping[str, Array]:
    """Chances of actions in every state, for each of `VETOES`.

    Args:
        table: a world with lethal ends.
        seen: what was watched, some of it lethal; the planner itself has never been there.
        updates, seed: of the networks.
    """
    asked = Asked.fit(table, seen, updates=updates, seed=seed)
    harm = np.random.default_rng(seed).permutation(seen.episode.max() + 1)
    first = np.unique(seen.episode, return_index=True)[1]
    fates = seen.harm[first]
    blind = Asked.fit(table, seen._replace(harm=fates[harm[seen.episode]]), updates=updates, seed=seed)
    hurts = np.random.default_rng(seed).permutation(seen.hurt)
    harmless = asked.policy(asked.quantile(WANTED, 0), 0)
    free = asked.policy(asked.quantile(WANTED))
    return {
        "no veto": free,
        "next step vetoed": without(free, hurting(table, seen)),
        "no harm wanted": harmless,
        "both": without(harmless, hurting(table, seen)),
        "both, harm shuffled": without(
            blind.policy(blind.quantile(WANTED, 0), 0), hurting(table, seen._replace(hurt=hurts))
        ),
    }


def hurting(table: Table, seen: Behaviour) -> np.ndarray:
    """Actions at which a sense of harm spoke more often than not, [state, action]: a short-term assessor."""
    spoke, times = np.zeros((2, table.n_states, table.n_actions))
    np.add.at(spoke, (seen.state, seen.action), seen.hurt)
    np.add.at(times, (seen.state, seen.action), 1)
    return spoke > HARMFUL * np.maximum(times, 1)


def without(policy: Array, rejected: np.ndarray) -> Array:
    """A policy without some actions; one of which all are rejected stays as it is."""
    left = np.where(rejected, 0.0, policy)
    sums = left.sum(1, keepdims=True)
    return np.where(sums > 0, left / np.maximum(sums, 1e-12), policy)  # which is never divided by where used
