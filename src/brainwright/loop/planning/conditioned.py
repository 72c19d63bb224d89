"""Acting by what is wanted: an any-subset model of what was done is told the present and the return that is
wanted, and asked for the action.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from brainwright.objective import AnySubset
from brainwright.objective.any_subset import MLP, Family, Groups
from brainwright.world import Table, TableWorld

Array = NDArray[np.float64]
SHARES = (0.1, 0.25, 0.5)
"""Of the episodes that return-filtered cloning keeps: none is the best in every world."""
ARMS = (
    "conditioned",
    "conditioned, returns shuffled",
    "conditioned, low return wanted",
    "conditioned, by counting",
    "cloned",
    *(f"best {100 * share:.0f} % cloned" for share in SHARES),
    "best 25 % cloned, network",
    "behaviour",
)
WANTED, UNWANTED = 0.9, 0.1
"""Quantiles of the return in a state that are wanted, and in a control."""
DRAWS = 200
"""Of the return in a state, for its quantile."""
COUNTED = 1.0
"""Added to every count of an action, so that what was never done is not impossible."""


class Behaviour(NamedTuple):
    """What was watched, one row a step."""

    state: NDArray[np.int64]
    action: NDArray[np.int64]
    to_go: Array
    """Discounted sum of rewards from this step on."""
    total: Array
    """The same from the first step of its episode."""
    episode: NDArray[np.int64]
    harm: NDArray[np.int64]
    """Whether the episode will end in harm."""
    hurt: NDArray[np.int64]
    """Whether this very step does harm."""


def watched(
    table: Table, policy: Array, *, episodes: int, seed: int, discount: float = 0.97, limit: int = 100
) -> Behaviour:
    """Episodes of a policy, [state, action], each of a body of its own.

    Args:
        table: the world.
        policy: chances of actions.
        episodes: how many.
        seed: of bodies and draws.
        discount: of the returns.
        limit: steps.
    """
    world = TableWorld(range(seed * 1_000_000, seed * 1_000_000 + episodes), table, limit=limit)
    rng, alive = np.random.default_rng(seed), np.ones(episodes, bool)
    rows = []
    for _ in range(limit):
        place = world.place
        action = (
            (np.cumsum(policy[place], 1) < rng.random((episodes, 1))).sum(1).clip(max=table.n_actions - 1)
        )
        moment = world.step(action)
        rows.append((place, action, moment.reward * alive, table.lethal[world.place] & alive, alive))
        alive = alive & ~(moment.terminated | moment.truncated)
        if not alive.any():
            break
        # bodies whose episode is over stay where they ended, and are not looked at
        over = moment.terminated | moment.truncated
        if over.any():
            world.restart(over)
    place, action, reward, hurt, here = (np.stack(column) for column in zip(*rows, strict=True))
    to_go = np.zeros_like(reward)
    after = np.zeros(episodes)
    for t in reversed(range(len(reward))):
        after = reward[t] + discount * after
        to_go[t] = after
    harm = np.broadcast_to(hurt.any(0), hurt.shape)
    total = np.broadcast_to(to_go[0], to_go.shape)
    number = np.broadcast_to(np.arange(episodes), place.shape)
    parts = (place, action, to_go, total, number, harm.astype(int), hurt.astype(int))
    return Behaviour._make(part[here] for part in parts)


@dataclass(frozen=True, eq=False)
class Asked:
    """An any-subset model of what was done, and how its questions are put. It knows a return by its rank
    among all, 0 .. 1, since those of a cliff lie far apart.

    Attributes:
        model: of row, column, action, return and, where there is harm, what will come of it.
        table: the world, for its sizes.
    """

    model: AnySubset
    table: Table

    @staticmethod
    def fit(
        table: Table, seen: Behaviour, *, updates: int, seed: int, returns: Array | None = None
    ) -> "Asked":
        """Args: the world; what was watched; updates and seed of the model; other returns (a control)."""
        to_go = seen.to_go if returns is None else returns
        order = np.sort(to_go)
        ends = [np.searchsorted(order, to_go, side=side) for side in ("left", "right")]
        rank = np.mean(ends, axis=0) / len(order)
        rank += 0.02 * np.random.default_rng(seed).normal(size=len(rank))  # ties become a density
        rows, columns = np.divmod(seen.state, table.shape[1])
        frame = pd.DataFrame(
            {"row": rows, "column": columns, "action": seen.action, "return": rank}
            | ({"harm": seen.harm} if np.ptp(seen.harm) else {})
        ).astype({"return": float})
        named = {name: frame[name].map(lambda k: f"{k:02d}") for name in frame if name != "return"}
        model = AnySubset.fit(
            frame.assign(**named),
            network=partial(MLP, width=64, depth=2),
            updates=updates,
            seed=seed,
            families=_families(tuple(frame)),
        )
        return Asked(model, table)

    def policy(self, wanted: Array | None, harm: int | None = None) -> Array:
        """Chances of actions in every state, [state, action].

        Args:
            wanted: the return, as a rank, [state]; None for any.
            harm: 0 or 1 for what may come of it; None for either.
        """
        at = self.model.variables.position("action")
        done = [
            int(level) for level in self.model.variables.each[at].levels
        ]  # what was never done is not asked
        values, given = self._rows(len(done), harm)
        values[:, at] = torch.arange(len(done)).float().repeat(self.table.n_states)
        asked = torch.zeros_like(given)
        asked[:, at] = True
        if wanted is not None:
            place = self.model.variables.position("return")
            variable = self.model.variables.each[place]
            coded = (np.repeat(wanted, len(done)) - variable.centre) / variable.scale
            values[:, place], given[:, place] = torch.from_numpy(coded).float(), True
        score, _ = self.model.log_score(values, given, asked, "amortised")
        chances = np.zeros((self.table.n_states, self.table.n_actions))
        chances[:, done] = score.exp().reshape(self.table.n_states, -1).double().numpy()
        return chances / chances.sum(1, keepdims=True)

    def quantile(self, level: float, harm: int | None = None, seed: int = 0) -> Array:
        """The return, as a rank, that a share `level` stays below in every state, [state], by draws."""
        values, given = self._rows(DRAWS, harm)
        asked = torch.zeros_like(given)
        place = self.model.variables.position("return")
        asked[:, place] = True
        drawn = self.model.draw(values, given, "amortised", seed=seed, asked=asked)[:, place]
        variable = self.model.variables.each[place]
        ranks = drawn.double().numpy().reshape(self.table.n_states, DRAWS) * variable.scale + variable.centre
        return np.quantile(ranks, level, axis=1)

    def _rows(self, times: int, harm: int | None) -> tuple[torch.Tensor, torch.Tensor]:
        """Codes and marks of what is given: the place, and harm where it is said."""
        rows, columns = np.divmod(np.arange(self.table.n_states), self.table.shape[1])
        shown = {"row": rows, "column": columns}
        if harm is not None:
            shown["harm"] = np.full(self.table.n_states, harm)
        values = torch.zeros(self.table.n_states, len(self.model.variables))
        given = torch.zeros(values.shape, dtype=torch.bool)
        for name, numbers in shown.items():
            at = self.model.variables.position(name)
            levels = list(self.model.variables.each[at].levels)
            # a place that was never seen is taken for the first level; nothing is done there
            codes = [levels.index(f"{k:02d}") if f"{k:02d}" in levels else 0 for k in numbers]
            values[:, at], given[:, at] = torch.tensor(codes).float(), True
        return values.repeat_interleave(times, 0), given.repeat_interleave(times, 0)


def conditioned_policies(table: Table, seen: Behaviour, *, updates: int, seed: int) -> Mapping[str, Array]:
    """Chances of actions in every state, of every arm but the behaviour itself.

    Args:
        table: the world.
        seen: what was watched.
        updates: of each network.
        seed: of networks and draws.
    """
    asked = Asked.fit(table, seen, updates=updates, seed=seed)
    shuffled = np.random.default_rng(seed).permutation(seen.to_go)
    blind = Asked.fit(table, seen, updates=updates, seed=seed, returns=shuffled)
    kept = {share: _best(seen, share) for share in SHARES}
    filtered = Asked.fit(table, kept[0.25], updates=updates, seed=seed)
    return {
        "conditioned": asked.policy(asked.quantile(WANTED)),
        "conditioned, returns shuffled": blind.policy(blind.quantile(WANTED)),
        "conditioned, low return wanted": asked.policy(asked.quantile(UNWANTED)),
        "conditioned, by counting": counted(table, _above(table, seen, WANTED)),
        "cloned": asked.policy(None),
        **{f"best {100 * share:.0f} % cloned": counted(table, best) for share, best in kept.items()},
        "best 25 % cloned, network": filtered.policy(None),
    }


def counted(table: Table, seen: Behaviour) -> Array:
    """How often every action was taken in every state, [state, action]: cloning in a table."""
    counts = np.full((table.n_states, table.n_actions), COUNTED)
    np.add.at(counts, (seen.state, seen.action), 1)
    return counts / counts.sum(1, keepdims=True)


def _best(seen: Behaviour, share: float) -> Behaviour:
    """The episodes of the highest return, ties in the order watched."""
    first = np.unique(seen.episode, return_index=True)[1]
    totals = seen.total[first]
    keep = np.argsort(-totals, kind="stable")[: max(1, round(share * len(totals)))]
    return Behaviour._make(part[np.isin(seen.episode, keep)] for part in seen)


def _above(table: Table, seen: Behaviour, level: float) -> Behaviour:
    """Steps whose return is in the highest part of those of their state: the same question as is put to the
    model, answered by counting.
    """
    least = np.full(table.n_states, -np.inf)
    for state in np.unique(seen.state):
        least[state] = np.quantile(seen.to_go[seen.state == state], level)
    return Behaviour._make(part[seen.to_go >= least[seen.state]] for part in seen)


def _families(names: tuple[str, ...]) -> dict[str, Family]:
    """Questions that will be put: return from place, action from place and return, each with or without
    harm.
    """
    place = ("row", "column")
    questions: list[tuple[str, ...]] = [place, (*place, "return")]
    if "harm" in names:
        questions += [(*place, "harm"), (*place, "return", "harm")]
    at = {name: k for k, name in enumerate(names)}
    return {" and ".join(given): Groups(tuple(at[name] for name in given)) for given in questions}
