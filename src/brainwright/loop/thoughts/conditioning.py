"""Blocking, second-order conditioning, extinction by behaviour, and loops that run away."""

import warnings
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from brainwright.steering import Assessors, Delta, Hebb, Moments, growth

from .lessons import moments, probes, trials
from .minds import Minds

THETA = 0.5
"""What must be feared before the animal leaves."""
ACQUIRED, COMPOUND, SECOND, UNPAIRED = 150, 20, 10, 100
"""Trials; that second-order conditioning is asked after 10 was fixed beforehand, as it rises and falls."""
TRIPLES = 4
"""Sets of cues in each world."""


def conditioning(
    minds: Minds, predictor: Delta | Hebb, acquired: int = ACQUIRED, unpaired: int = UNPAIRED
) -> dict[str, Tensor]:
    """Blocking, second-order conditioning, extinction; cues are objects and words of unrelated kinds."""
    n, many = len(minds.worlds), acquired
    picked = np.stack([_cues(world.seed) for world in minds.worlds]).reshape(n, TRIPLES, 1, 7)
    a, b, c, d, e, f, g = (picked[..., k] for k in range(7))  # [world, triple, 1]
    none = np.full_like(a, -1)

    def read(see: np.ndarray, hear: np.ndarray, seed: int) -> Tensor:
        shape = np.broadcast_shapes(see.shape, hear.shape)
        shown = trials(np.broadcast_to(see, shape), np.broadcast_to(hear, shape))
        return minds.experienced(shown.reshape(n, -1, 8, 2), seed).unflatten(1, shape[1:]).flatten(0, 1)

    def course(*parts: Tensor, happens: list[float]) -> Moments:
        context = torch.stack(parts, 2).flatten(1, 2)
        came = torch.tensor(happens).repeat(context.shape[1] // len(happens))
        return moments(context, came.expand(len(context), -1)[..., None])

    assessors = Assessors(("shock",), "defer" if isinstance(predictor, Delta) else "override", predictor)
    once = np.zeros((1, 1, many), int)
    filled = read(e + once, none, 41), read(none, f + once, 42), read(d + once, none, 43)
    schooled = course(read(a + once, none, 44), *filled, happens=[1.0, 0.0, 0.0, 1.0])
    state = assessors.learn(schooled)
    other = assessors.learn(course(read(c + once, none, 45), *filled, happens=[1.0, 0.0, 0.0, 1.0]))
    both = course(read(a + once[..., :COMPOUND], b, 46), happens=[1.0])

    def worth(learnt: Tensor, see: np.ndarray, hear: np.ndarray) -> Tensor:
        cue = minds.thought(probes(minds, see[..., 0], hear[..., 0], steps=4), 47, 1).flatten(0, 1)
        return assessors.read(learnt, cue[:, None]).mean((1, 2, 3)).reshape(n, TRIPLES).mean(1)

    before, fear = worth(state, none, b), worth(state, a, none)
    gained = worth(assessors.learn(both, other.clone()), none, b) - worth(other, none, b)
    blocked = worth(assessors.learn(both, state.clone()), none, b) - before
    rows = {"blocking": gained - blocked, "gain, control": gained, "gain, blocked": blocked}
    rows |= {"before": before, "trained cue": fear}
    if isinstance(predictor, Hebb):
        return rows
    rows["second order"] = _second_order(minds, assessors, state, worth, g, a, f)
    alone = read(a + np.zeros((1, 1, unpaired), int), none, 49)
    free, forced = (extinguished(assessors, state.clone(), alone, stay) for stay in (False, True))
    rows["kept, free"], rows["kept, forced"] = worth(free, a, none) / fear, worth(forced, a, none) / fear
    rows["other cue kept"] = worth(forced, d, none) / worth(state, d, none)
    return rows | _runaway(assessors, state, alone, n)


def _cues(seed: int) -> np.ndarray:
    """Kinds of seven cues for every set, [set, cue]: neighbours in a set are of different groups."""
    rng = np.random.default_rng([seed, 40])
    groups = rng.permuted(np.tile(np.arange(4), (TRIPLES, 1)), axis=1)
    of_group = np.concatenate([groups, groups], 1)[:, :7]
    within = rng.permuted(np.tile(np.arange(8), (TRIPLES, 1)), axis=1)[:, :7]
    return of_group * 8 + within


def _second_order(minds, assessors, state, worth, first, a, other) -> Tensor:
    """A word before the trained object, less the same word before an untrained word, after as many trials."""
    none, gains = np.full_like(a, -1), []
    for see, hear in ((a, none), (none, other)):
        streams = trials(np.repeat(see, SECOND, -1), np.repeat(hear, SECOND, -1))
        streams[..., 2:4, 0], streams[..., 2:4, 1] = -1, first[..., None]
        context = minds.experienced(streams.reshape(len(a), -1, 8, 2), 48).unflatten(1, (TRIPLES, SECOND))
        shown = moments(context.flatten(0, 1), torch.zeros(len(a) * TRIPLES, SECOND, 1))
        gains.append(worth(assessors.learn(shown, state.clone()), none, first))
    return gains[0] - gains[1]


def extinguished(assessors: Assessors, state: Tensor, context: Tensor, stay: bool) -> Tensor:
    """The cue without its outcome, trial after trial. Who fears it as it comes on leaves, if it may: then no
    sense looks, and the gate is closed. It is the behaviour that decides, every time anew.
    """
    for trial in range(context.shape[1]):
        own = context[:, trial : trial + 1]
        left = (assessors.read(state, own[:, 0, 2])[:, 0] > THETA) & (not stay)
        gate = ~left[:, None, None, None].expand(-1, 1, own.shape[2], 1)
        state = assessors.learn(moments(own, torch.zeros(len(own), 1, 1), gate), state)
    return state


def _runaway(assessors: Assessors, state: Tensor, context: Tensor, n: int) -> dict[str, Tensor]:
    """The cue goes on and nothing ever overrides: what the guard measures, and what would have happened."""
    truth = torch.zeros(*context.shape[:2], 4, 1)
    alone = Moments(context[:, :, 2:6], truth, torch.zeros_like(truth, dtype=torch.bool))
    unguarded = replace(assessors, unanchored="warn")
    measured = growth(unguarded, alone, state)[:, 0].reshape(n, -1).mean(1)
    flat = alone.context.flatten(1, 2)
    before = assessors.read(state, flat).norm(dim=1)[:, 0]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what is warned of is what is shown here
        after = assessors.read(unguarded.learn(alone, state.clone()), flat).norm(dim=1)[:, 0]
    return {"growth, unanchored": measured, "ran away": (after / before).reshape(n, -1).mean(1)}
