"""The writes of every arm that needs no trials beyond the recording."""

from collections.abc import Callable
from copy import copy
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .descend import Descent
from .dishes import EvokeDishes
from .evoker import Evoker, Evoking
from .letters import letters
from .lookups import nearest, smoothed
from .names import (
    BREAKS,
    CEILING,
    CLIMBED,
    GRADIENT,
    LOOKUP,
    NETWORK,
    OWN_CONTEXT,
    RANDOM,
    RIDGE,
    SEARCHED,
    SMOOTHED,
    YOKED,
)
from .trials import EvokedTrials

Arrays = dict[str, NDArray]
LETTER_SHARE = 12
"""One trial in so many is averaged by the smoothed lookup of a letter (tried: one in 12 and one in 50)."""


@dataclass(frozen=True, eq=False)
class Chooser:
    """Who chooses: dishes, the share of trials that a smoothed lookup averages, seed and steps of models."""

    dishes: EvokeDishes
    smooth: float
    seed: int
    steps: int

    def evoker(self, heard: EvokedTrials, kind: str = "both") -> Evoker:
        """Models of recorded trials; see `fit_models`. Raises ValueError: another kind."""
        return Evoker(heard, self.dishes.protocol, kind=kind, seed=self.seed, steps=self.steps)


@dataclass(frozen=True, eq=False)
class Told:
    """What every chooser is told: trials, the targets in an evoker's units, and in which context they are."""

    heard: EvokedTrials
    conditions: NDArray
    wanted_in: NDArray
    n_pulses: int
    charge_nC: float

    @classmethod
    def of(cls, work: Chooser, heard: EvokedTrials, conditions: NDArray, targets: Arrays) -> "Told":
        """From the units of a run."""
        k = int(targets["writes"][0, 0].sum())
        return cls(heard, conditions, targets["conditions"], k, k * work.dishes.protocol.pulse_nC)

    def writes(self, evoker: Evoker, wanted: NDArray, **options: Any) -> Evoking:
        """What an evoker chooses, given the usual activity before trials of each target's context."""
        before = usual_before(self.heard, self.conditions, self.wanted_in)
        return evoker.write_for(wanted, before=before, charge_nC=self.charge_nC, **options)

    def near(self, z: NDArray, wanted: NDArray) -> NDArray[np.int64]:
        """The trials of a target's context, the nearest first, [dish, target, trial]."""
        same = self.conditions[:, None, :] == self.wanted_in[:, :, None]
        return nearest(z, wanted, int(same.sum(2).min()), among=same)


def choices(
    work: Chooser, heard: EvokedTrials, conditions: NDArray, targets: Arrays, share: Callable[..., None]
) -> Arrays:
    """By arm, writes [dish, target, input]; of letters as "letters/arm", of broken ones as "broken/arm"."""
    told, evoker = Told.of(work, heard, conditions, targets), work.evoker(heard)
    share(0.2)
    z, wanted = answers(work, heard, evoker), targets_of(targets, evoker)
    gradient, near = told.writes(evoker, wanted), told.near(z, wanted)
    share(0.35)
    chosen = {GRADIENT: gradient.writes}
    chosen |= {kind: told.writes(only(evoker, k), wanted).writes for k, kind in enumerate((NETWORK, RIDGE))}
    share(0.5)
    chosen[LOOKUP] = heard.writes[np.arange(len(near))[:, None], near[:, :, 0]]
    chosen[SMOOTHED] = of_many(work, told, near)
    chosen[CEILING] = targets["writes"]
    chosen[YOKED] = np.roll(gradient.writes, 1, axis=1)
    chosen[RANDOM] = np.stack(
        [work.dishes.protocol.random(wanted.shape[1:2], r) for r in work.dishes.each(77)]
    )
    chosen[SEARCHED] = evoker.best_of_random(wanted, work.seed)
    chosen[CLIMBED] = evoker.climb(wanted, work.seed)
    share(0.6)
    chosen |= {f"broken/{name}": row for name, row in broken(work, heard, evoker, wanted).items()}
    share(0.9)
    drawn = np.tile(letters()[None], (len(wanted), 1, 1))
    pattern = evoker.write_for(drawn, aim="pattern").writes
    closest = nearest(z, drawn, max(1, len(heard) // LETTER_SHARE), by="pattern")
    chosen |= {f"letters/{GRADIENT}": pattern, f"letters/{YOKED}": np.roll(pattern, 1, axis=1)}
    chosen[f"letters/{SMOOTHED}"] = smoothed(heard.writes, closest, told.n_pulses)
    said = {name: getattr(gradient, name) for name in ("predicted", "expected_gain", "reliability")}
    return {name: writes.astype(bool) for name, writes in chosen.items()} | said


def of_kinds(
    work: Chooser, heard: EvokedTrials, conditions: NDArray, targets: Arrays, kinds: tuple[str, ...]
) -> Arrays:
    """Writes of models of these kinds, of the smoothed lookup and of the ceiling, by name; "both" is the
    gradient's arm, and `OWN_CONTEXT` a ridge for each context.
    """
    told, chosen, reliable = Told.of(work, heard, conditions, targets), {}, {}
    for kind in kinds:
        if kind == OWN_CONTEXT:
            chosen[kind] = of_each_context(work, told, targets)
            continue
        evoker = work.evoker(heard, kind)
        name = GRADIENT if kind == "both" else kind
        chosen[name] = told.writes(evoker, targets_of(targets, evoker)).writes
        reliable[f"reliability {name}"] = evoker.reliability
    ridge = work.evoker(heard, RIDGE)
    chosen[SMOOTHED] = of_many(work, told, told.near(answers(work, heard, ridge), targets_of(targets, ridge)))
    chosen[CEILING] = targets["writes"]
    return {name: writes.astype(bool) for name, writes in chosen.items()} | reliable


def of_many(work: Chooser, told: Told, near: NDArray[np.int64]) -> NDArray[np.bool_]:
    """The smoothed lookup: a share of the trials of a target's context, the nearest first."""
    n = max(1, round(work.smooth * near.shape[2]))
    return smoothed(told.heard.writes, near[:, :, :n], told.n_pulses)


def answers(work: Chooser, heard: EvokedTrials, evoker: Evoker) -> NDArray[np.float32]:
    """Of single trials, [dish, trial, channel of the region]."""
    return evoker.standardised(heard.counts[:, :, list(work.dishes.protocol.region)])


def targets_of(targets: Arrays, evoker: Evoker) -> NDArray[np.float32]:
    """Mean answers that are wanted, in an evoker's units; no further than single trials were, since the mean
    of several may lie a little beyond the few of a short recording.
    """
    counts = targets["counts"]
    flat = counts.reshape(len(counts), -1, counts.shape[-1])
    return within(evoker.standardised(flat).reshape(counts.shape).mean(2), evoker)


def only(evoker: Evoker, k: int) -> Evoker:
    """The same with one of its models."""
    own = copy(evoker)
    own.models = evoker.models[k : k + 1]
    return own


def within(wanted: NDArray, evoker: Evoker) -> NDArray[np.float32]:
    """Targets no further than single trials were: the mean of several may lie a little beyond the few of a
    short recording.
    """
    low, high = (side[:, None] for side in evoker.reached)
    return np.clip(wanted, low, high).astype(np.float32)


def usual_before(heard: EvokedTrials, conditions: NDArray, wanted_in: NDArray) -> NDArray[np.float32]:
    """The mean of what was active before the trials of each target's context, [dish, target, channel]."""
    same = (conditions[:, None, :] == wanted_in[:, :, None]).astype(np.float32)
    return np.einsum("dtn,dnc->dtc", same / same.sum(2, keepdims=True), heard.before)


def of_each_context(work: Chooser, told: Told, targets: Arrays) -> NDArray[np.bool_]:
    """A ridge for each context, fitted to its trials alone, writes for the targets of that context."""
    chosen = np.zeros((*told.wanted_in.shape, told.heard.writes.shape[2]), bool)
    for context in np.unique(told.conditions):
        there = told.conditions == context
        rows = np.argsort(~there, axis=1, kind="stable")[:, : int(there.sum(1).min())]
        dish = np.arange(len(rows))[:, None]
        of_context = (getattr(told.heard, name)[dish, rows] for name in ("writes", "before", "counts"))
        evoker = work.evoker(EvokedTrials(*of_context), RIDGE)
        writes = evoker.write_for(targets_of(targets, evoker), charge_nC=told.charge_nC).writes
        chosen = np.where((told.wanted_in == context)[:, :, None], writes, chosen)
    return chosen


def broken(work: Chooser, heard: EvokedTrials, evoker: Evoker, wanted: NDArray) -> Arrays:
    """What is chosen with one thing taken away."""
    order = np.random.default_rng([work.seed, 78]).permutation(len(heard))
    permuted = work.evoker(replace(heard, writes=heard.writes[:, order]))
    turned, lazy = Descent(sign=-1.0), Descent(steps=0, rounds=0, starts=1)
    # the model of dish d + 1 chooses for what is wanted of dish d
    foreign = evoker.write_for(within(np.roll(wanted, 1, axis=0), evoker)).writes
    rows = (
        permuted.write_for(wanted).writes,
        evoker.write_for(wanted, descent=turned).writes,
        np.roll(foreign, -1, axis=0),
        evoker.write_for(wanted, descent=lazy).writes,
    )
    return dict(zip(BREAKS, rows, strict=True))
