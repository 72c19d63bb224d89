"""Classical conditioning with errors like dopamine's: cues as delay lines, trials one after another."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from .errors import ValueFunctionError
from .td import TD, Array


@dataclass(frozen=True)
class Trial:
    """What happens when.

    Attributes:
        cues: name → step of its onset; a cue is known for all steps after it (complete serial compound).
        rewards: step → how much.
        steps: length; the first step has no cue, as nobody foretells a trial.
    """

    cues: Mapping[str, int] = field(default_factory=dict)
    rewards: Mapping[int, float] = field(default_factory=dict)
    steps: int = 20

    def __post_init__(self) -> None:
        late = [name for name, at in self.cues.items() if not 1 <= at < self.steps]
        if late or any(not 1 <= at < self.steps for at in self.rewards):
            raise ValueFunctionError(f"Trial: expected cues and rewards at 1 to {self.steps - 1}, got {self}")


class Errors(NamedTuple):
    """What came of a series of trials."""

    delta: Array
    """[trial, step] error on arrival at each step, 0 at the first."""
    values: Array
    """[trial, step] before the trial was learned from."""
    weights: Array
    """[feature], after all."""


def conditioned(
    trials: Sequence[Trial], *, td: TD | None = None, discount: float = 0.98, learning: bool = True
) -> Errors:
    """TD errors trial by trial (Schultz, Dayan & Montague 1997, 10.1126/science.275.5306.1593). A learned cue
    takes over the burst of its reward, an omitted reward leaves a dip, a foretold reward teaches nothing
    about a second cue (blocking).

    Args:
        trials: of one length.
        td: the learner; `TD(rate=0.2, decay=0.9)` by default.
        discount: gamma of a step.
        learning: False shows errors without learning from them.
    """
    names = sorted({name for trial in trials for name in trial.cues})
    steps = {trial.steps for trial in trials}
    if len(steps) != 1:
        raise ValueFunctionError(f"expected trials of one length, got steps of {sorted(steps)}")
    length, td = steps.pop(), td or TD(rate=0.2, decay=0.9)
    weights = np.zeros(len(names) * length)
    deltas, values = np.zeros((2, len(trials), length))
    for k, trial in enumerate(trials):
        seen = _features(trial, names)
        values[k] = seen @ weights
        state = td.begin(weights)
        for t in range(1, length):
            after = 0.0 if t == length - 1 else discount
            state, delta = td.step(state, seen[t - 1], trial.rewards.get(t, 0.0), after, seen[t])
            deltas[k, t] = delta
        weights = state.weights if learning else weights
    return Errors(deltas, values, weights)


def _features(trial: Trial, names: Sequence[str]) -> Array:
    """[step, cue x step since its onset]"""
    seen = np.zeros((trial.steps, len(names), trial.steps))
    for name, onset in trial.cues.items():
        for t in range(onset, trial.steps):
            seen[t, names.index(name), t - onset] = 1
    return seen.reshape(trial.steps, -1)
