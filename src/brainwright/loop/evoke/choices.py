"""The writes of every arm that needs no trials beyond the recording."""

from collections.abc import Callable
from copy import copy
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from .descend import Descent
from .evoker import Evoker
from .letters import letters
from .lookups import nearest, smoothed
from .trials import EvokedTrials

if TYPE_CHECKING:
    from .work import EvokeWork

Arrays = dict[str, NDArray]
GRADIENT, NETWORK, RIDGE = "gradient", "network", "ridge"
SEARCHED, LOOKUP, SMOOTHED = "search on the model", "lookup", "smoothed lookup"
CEILING, RANDOM, YOKED = "ceiling", "random", "yoked"
BREAKS = ("stimuli permuted", "gradient sign turned", "another dish's model", "no steps, no swaps")
LETTERS = (GRADIENT, SMOOTHED, YOKED)
OWN_CONTEXT = "ridge of each context"


def choices(
    work: "EvokeWork",
    heard: EvokedTrials,
    conditions: NDArray,
    targets: Arrays,
    share: Callable[..., None],
) -> Arrays:
    """By arm, writes [dish, target, input]; those of letters as "letters/arm", broken ones as "broken/arm"."""
    evoker = work.evoker(heard)
    network, ridge = (only(evoker, k) for k in range(2))
    share(0.2)
    z = evoker.standardised(heard.counts[:, :, list(work.dishes.protocol.region)])
    counts = targets["counts"]
    flat = counts.reshape(len(counts), -1, counts.shape[-1])
    wanted = within(evoker.standardised(flat).reshape(counts.shape).mean(2), evoker)
    wanted_in = targets["conditions"]
    told = {"before": usual_before(heard, conditions, wanted_in)}
    k = int(targets["writes"][0, 0].sum())
    told |= {"charge_nC": k * work.dishes.protocol.pulse_nC}
    gradient = evoker.write_for(wanted, **told)
    chosen = {GRADIENT: gradient.writes}
    share(0.35)
    chosen[NETWORK] = network.write_for(wanted, **told).writes
    chosen[RIDGE] = ridge.write_for(wanted, **told).writes
    share(0.5)
    same = conditions[:, None, :] == wanted_in[:, :, None]
    near = nearest(np.where(np.isfinite(z), z, 0), wanted, len(heard), among=same)
    chosen[LOOKUP] = heard.writes[np.arange(len(near))[:, None], near[:, :, 0]]
    alike = int(same[0, 0].sum())
    chosen[SMOOTHED] = smoothed(heard.writes, near[:, :, : max(1, round(work.smooth * alike))], k)
    chosen[CEILING] = targets["writes"]
    chosen[YOKED] = np.roll(gradient.writes, 1, axis=1)
    chosen[RANDOM] = work.dishes.protocol.random(
        wanted.shape[:2], np.random.default_rng([work.seed, 77]), np.full(wanted.shape[:2], k)
    )
    arrays = {"predicted": gradient.predicted, "expected_gain": gradient.expected_gain}
    arrays |= {"reliability": gradient.reliability}
    if work.dishes.protocol.conditions:
        chosen[OWN_CONTEXT] = of_each_context(work, heard, conditions, wanted, wanted_in, k)
    elif work.amounts is None:
        chosen[SEARCHED] = evoker.best_of_random(wanted, work.seed)
        share(0.6)
        chosen |= {f"broken/{name}": row for name, row in broken(work, heard, evoker, wanted).items()}
        share(0.9)
        drawn = np.tile(letters()[None], (len(wanted), 1, 1))
        pattern = evoker.write_for(drawn, aim="pattern").writes
        closest = nearest(z, drawn, max(1, len(heard) // 12), by="pattern")
        chosen |= {f"letters/{GRADIENT}": pattern, f"letters/{YOKED}": np.roll(pattern, 1, axis=1)}
        chosen[f"letters/{SMOOTHED}"] = smoothed(heard.writes, closest, k)
    return {name: writes.astype(bool) for name, writes in chosen.items()} | arrays


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


def of_each_context(
    work: "EvokeWork", heard: EvokedTrials, conditions: NDArray, wanted: NDArray, wanted_in: NDArray, k: int
) -> NDArray[np.bool_]:
    """A ridge for each context, fitted to its trials alone, writes for the targets of that context."""
    chosen = np.zeros((*wanted.shape[:2], heard.writes.shape[2]), bool)
    for context in np.unique(conditions):
        rows = np.argsort(conditions != context, axis=1, kind="stable")
        rows = rows[:, : int((conditions == context).sum(1).min())]
        dish = np.arange(len(rows))[:, None]
        own = EvokedTrials(heard.writes[dish, rows], heard.before[dish, rows], heard.counts[dish, rows])
        evoker = work.evoker(own, "ridge")
        # answers in the units of this context's trials
        every = work.evoker(heard, "ridge").scale
        root = wanted * every.sd.numpy() + every.mean.numpy()
        moved = within((root - evoker.scale.mean.numpy()) / evoker.scale.sd.numpy(), evoker)
        writes = evoker.write_for(moved, charge_nC=k * work.dishes.protocol.pulse_nC).writes
        chosen = np.where((wanted_in == context)[:, :, None], writes, chosen)
    return chosen


def broken(work: "EvokeWork", heard: EvokedTrials, evoker: Evoker, wanted: NDArray) -> Arrays:
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
