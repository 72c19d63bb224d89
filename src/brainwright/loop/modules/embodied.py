"""Modules that first predict what a body senses, and then act in it: how much sooner than from scratch?"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from brainwright.loop.learn import PPO, Brains, learn_together
from brainwright.loop.next_patch.predict_next import Course
from brainwright.network.modules import Hierarchy, ModulePlan, hierarchy
from brainwright.objective.curriculum import one_by_one
from brainwright.verdict import Verdict
from brainwright.world import Choice, Recent, Rooms

from .acting import SENSED, Acting
from .fit_modules import fit_modules
from .streams import Shown

MOMENTS = 4
"""That a brain hears before it acts."""
BODY = partial(Recent, make=partial(Rooms, limit=60), moments=MOMENTS)
"""Four rooms with a lethal place and a goal that is mostly out of sight: seeds → world."""
EYE, ABOVE = "eye", "above"
TABLE = (ModulePlan(EYE, (SENSED,), 96), ModulePlan(ABOVE, (EYE,), 96))
"""What the body senses is heard by one module, whose states are heard by another."""
BODIES, WALKED, STREAM = 32, 128, 16
"""Bodies that walk at random, steps of each, and moments of a stream that is cut out of it."""
EXPERIENCE = BODIES * WALKED
"""Steps of the walk that modules learn from: nothing is paid, and nothing of it is reinforced."""
APART = 1_000_000_000
"""Added to seeds of bodies that walk: none of them is met again."""
FROZEN_RATE, RATE = 1e-2, 3e-3
"""Of a read-out alone, the middle of three that did alike on seeds below 100; and of whole networks, for
which a third and three times of it were worse there."""
TRAINER = PPO(horizon=64, epochs=4, rate=RATE, discount=0.97, decay=0.95, scaled=True)
STEPS = 12_288
"""Of each brain's life with rewards."""
BRAINS = 10
"""Of every arm, paired by their seeds."""
PREDICT, SHUFFLED, DRAWN = "predict", "predict, time shuffled", "drawn"


@dataclass(frozen=True)
class Reinforced:
    """How one arm comes to act.

    Attributes:
        modules: what they learned before: `PREDICT`, `SHUFFLED` (the same moments in any order, so that
            there is nothing to predict), or `DRAWN` (nothing).
        taught: whether reinforcement changes the modules, and not their read-out alone.
        layers: whether two layers of 64 are the critic, in place of a read-out of the modules.
        later: whether it lived with rewards for `EXPERIENCE` more steps before it is compared.
    """

    modules: str
    taught: bool
    layers: bool = False
    later: bool = False


PREDICTED, SCRATCH, SCRATCH_CRITIC = "predicted", "from scratch", "from scratch, critic of layers"
UNLEARNED, NO_ORDER, EQUAL = "untrained", "time shuffled", "from scratch, equal experience"
ALL = ", all reinforced"
ARMS: Mapping[str, Reinforced] = {
    PREDICTED: Reinforced(PREDICT, False),
    NO_ORDER: Reinforced(SHUFFLED, False),
    UNLEARNED: Reinforced(DRAWN, False),
    SCRATCH: Reinforced(DRAWN, True),
    SCRATCH_CRITIC: Reinforced(DRAWN, True, layers=True),
    EQUAL: Reinforced(DRAWN, True, layers=True, later=True),
    PREDICTED + ALL: Reinforced(PREDICT, True),
    NO_ORDER + ALL: Reinforced(SHUFFLED, True),
}
"""From scratch the critic of layers was the better one on seeds below 100, so that it has to be beaten; the
one that reads the modules has the architecture of those that predicted."""
AREA, AT, CURVE = (
    "mean return",
    {"return at a quarter": 0.25, "return at half": 0.5, "return at the end": 1},
    "curve",
)
"""The area under the learning curve over its length; shares of a life at which it is read; and the curve
itself, [brain, update]: means of the last twenty episodes."""
FIGURES = (AREA, *AT)
BEATEN = (SCRATCH_CRITIC, NO_ORDER)
"""What modules that predicted are judged beside: the best that is known from scratch, and what is left of
them where there was nothing to predict. The weaker of both decides."""
PREDICTING = "Modules that first predict what their body senses"
SENTENCES: dict[Verdict, str] = {
    "supported": f"{PREDICTING} learn to act in it sooner than from scratch.",
    "no difference": f"{PREDICTING} learn to act in it as soon as from scratch, or as without time.",
    "against": f"{PREDICTING} learn to act in it later than from scratch, or than without time.",
    "cannot tell": f"{PREDICTING}: this run cannot tell whether they learn to act in it sooner.",
}
"""The headline of each verdict."""
BESIDE = {
    PREDICTED: (*BEATEN, SCRATCH, UNLEARNED, EQUAL, PREDICTED + ALL),
    NO_ORDER: (SCRATCH_CRITIC, SCRATCH, UNLEARNED),  # what is claimed above must fall here
    PREDICTED + ALL: (SCRATCH, SCRATCH_CRITIC, NO_ORDER + ALL),
}
"""Arm → its controls."""


def walked(seeds: Sequence[int], world: Callable = BODY) -> Float[Tensor, "step body brain seen"]:
    """What bodies see that walk at random, those of each seed by themselves."""
    brains = []
    for seed in seeds:
        bodies, rng = world([APART + BODIES * seed + k for k in range(BODIES)]), np.random.default_rng(seed)
        assert isinstance(bodies.actions, Choice)
        seen = [bodies.observe()]
        while len(seen) < WALKED:
            moment = bodies.step(rng.integers(bodies.actions.n, size=BODIES))
            over = moment.terminated | moment.truncated
            seen.append(bodies.restart(over) if over.any() else moment.observation)
        brains.append(np.stack(seen))
    return torch.from_numpy(np.stack(brains, 2))


def drawn(seeds: Sequence[int], state: Mapping[str, np.ndarray] | None = None) -> Hierarchy:
    """Untrained modules, or those that were kept."""
    size = BODY([0]).observations.size // MOMENTS
    brains = hierarchy(TABLE, {SENSED: size}, seeds=seeds)
    if state is not None:
        brains.load_state_dict({name: torch.from_numpy(value) for name, value in state.items()})
    return brains


def foreseeing(seeds: Sequence[int], course: Course, *, shuffled: bool = False) -> dict[str, np.ndarray]:
    """The state of modules of which each learned its own next embedding from a walk, one after the other.

    Args:
        seeds: one for each brain.
        course: of each module.
        shuffled: the moments of a brain's whole walk are heard in any order.
    """
    seen = walked(seeds)
    brains = drawn(seeds)
    moments = Brains(Acting(brains, MOMENTS, 5, taught=True), BODY([0]), seeds)
    moments.seen(seen)
    size = seen.shape[-1] // MOMENTS
    x = moments.scaled(seen.flatten(0, 1))[..., -size:].unflatten(0, seen.shape[:2]).permute(2, 1, 0, 3)
    if shuffled:
        orders = [torch.randperm(EXPERIENCE, generator=torch.Generator().manual_seed(s)) for s in seeds]
        flat = zip(x.flatten(1, 2), orders, strict=True)
        x = torch.stack([own[order] for own, order in flat]).unflatten(1, x.shape[1:3])
    x = x.unflatten(2, (-1, STREAM)).flatten(1, 2).contiguous()
    shown = Shown({SENSED: (x, torch.ones(x.shape[:3]))})
    fit_modules(brains, shown, one_by_one((EYE, ABOVE), course.updates), course)
    return {name: value.numpy() for name, value in brains.state_dict().items()}


def reinforced(
    arm: str,
    seeds: Sequence[int],
    state: Mapping[str, np.ndarray] | None = None,
    steps: int = STEPS,
    progress: Callable[[float], object] = lambda share: None,
) -> dict[str, np.ndarray]:
    """The learning curve of one arm of `ARMS` and its figures, [brain, ...]. All arms of a seed begin with
    the same read-out, in the same rooms, and with the mean and spread of the same walk.

    Args:
        arm: its name.
        seeds: one for each brain.
        state: of modules that learned before; see `foreseeing`.
        steps: of each brain's life with rewards that count.
        progress: called with the share that is done.
    """
    how, world = ARMS[arm], BODY([0])
    assert isinstance(world.actions, Choice)
    outputs = world.actions.n + (not how.layers)
    brains = Brains(Acting(drawn(seeds, state), MOMENTS, outputs, taught=how.taught), world, seeds)
    brains.seen(walked(seeds))
    before = EXPERIENCE * how.later
    trainer = TRAINER if how.taught else replace(TRAINER, rate=FROZEN_RATE)
    at, returns = learn_together(
        brains, BODY, method=trainer, steps=before + steps, series=seeds, seed=seeds[0], progress=progress
    )
    at, returns = at[at > before] - before, returns[at > before]
    told = {name: returns[np.searchsorted(at, share * at[-1])] for name, share in AT.items()}
    return {AREA: returns.mean(0), **told, CURVE: returns.T, "steps": at}
