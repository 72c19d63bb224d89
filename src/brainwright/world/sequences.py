"""Sequence tasks: what was shown must be kept, counted or compared, and answered when asked. Many trials at
once; an episode is a trial.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .contract import Box, Choice, Moment, WorldError, chosen, marked
from .draws import Draws
from .pixels import box, canvas


class Trials(NamedTuple):
    """Trials of a task."""

    inputs: NDArray[np.float32]
    """[trial, step, channel], in -1 .. 1; the last channel is 1 while an answer is asked."""
    targets: NDArray[np.int64]
    """[trial, step]: the right answer, -1 where none is asked."""


Maker = Callable[["_Numbers", int, int], Trials]


class _Numbers:
    """The next numbers of some series."""

    def __init__(self, draws: Draws, which: NDArray[np.int64]):
        self._draws, self._which, self.n = draws, which, len(which)

    def below(self, bound: int) -> NDArray[np.int64]:
        return self._draws.below(bound, self._which)

    def uniform(self) -> NDArray[np.float64]:
        return self._draws.uniform(self._which)


def memory(numbers: _Numbers, delay: int, n: int) -> Trials:
    """One of `n` cues is shown for a step, and named after a delay in which distractors are shown at half
    the height.
    """
    cue, trials = numbers.below(n), _blank(numbers.n, delay + 2, n)
    rows = np.arange(numbers.n)
    trials.inputs[rows, 0, cue] = 1
    for t in range(1, delay + 1):
        trials.inputs[rows, t, numbers.below(n)] = 0.5
    return _asked(trials, cue)


def parity(numbers: _Numbers, delay: int, n: int) -> Trials:
    """`delay` signs are shown one after the other; whether an odd number of them was positive. `n` is 2."""
    trials, odd = _blank(numbers.n, delay + 1, 1), np.zeros(numbers.n, np.int64)
    for t in range(delay):
        bit = numbers.below(2)
        trials.inputs[:, t, 0], odd = 2 * bit - 1, odd ^ bit
    return _asked(trials, odd)


def delayed_match(numbers: _Numbers, delay: int, n: int) -> Trials:
    """One of `n` cues, a delay, then a second one: whether it is the same. Half of the trials match."""
    first, trials = numbers.below(n), _blank(numbers.n, delay + 2, n)
    same = numbers.below(2)
    other = (first + 1 + numbers.below(n - 1)) % n
    rows = np.arange(numbers.n)
    trials.inputs[rows, 0, first] = 1
    trials.inputs[rows, -1, np.where(same == 1, first, other)] = 1
    return _asked(trials, same)


def evidence(numbers: _Numbers, delay: int, n: int) -> Trials:
    """A weak mean under noise for `delay` steps: its sign (random dots in their simplest form). `n` is 2.

    The mean is .1 and the noise uniform in -1 .. 1, so that a perfect sum over 10 steps is right in about .7
    of trials.
    """
    up, trials = numbers.below(2), _blank(numbers.n, delay + 1, 1)
    for t in range(delay):
        noisy = 0.1 * (2 * up - 1) + 2 * numbers.uniform() - 1
        trials.inputs[:, t, 0] = np.clip(noisy, -1, 1)
    return _asked(trials, up)


def context(numbers: _Numbers, delay: int, n: int) -> Trials:
    """`n` streams of signs; the cue at the start says which one counts, whose majority is asked."""
    which, trials = numbers.below(n), _blank(numbers.n, delay + 2, 2 * n)
    rows, total = np.arange(numbers.n), np.zeros(numbers.n)
    trials.inputs[rows, 0, n + which] = 1
    for t in range(1, delay + 1):
        for stream in range(n):
            trials.inputs[:, t, stream] = 2 * numbers.below(2) - 1
        total += trials.inputs[rows, t, which]
    tie = total == 0  # an even delay: the last sign decides
    total[tie] = trials.inputs[rows[tie], delay, which[tie]]
    return _asked(trials, (total > 0).astype(np.int64))


TASKS: dict[str, tuple[Maker, bool]] = {
    "memory": (memory, False),
    "parity": (parity, True),
    "delayed match": (delayed_match, True),
    "evidence": (evidence, True),
    "context": (context, True),
}
"""Name → what makes trials, and whether the answer is yes or no (else one of `n`)."""


class Sequences:
    """Trials of one task, a body each.

    Observations [body, channel] in -1 .. 1, the last channel 1 while an answer is asked. Actions: the answer,
    read in that step alone. Reward 1 for a right answer, 0 otherwise; the trial then terminates.

    Args:
        seeds: one per body, 0 .. 2**63 - 1.
        task: of `TASKS`.
        delay: steps between the first cue and the question; the number of signs in "parity" and "evidence".
        n: cues or streams, at least 2.

    Raises:
        WorldError: an unknown task, no delay, one cue.

    Example:
        >>> trials = Sequences([1, 2], "parity", delay=3)
        >>> trials.observe().shape
        (2, 2)
    """

    def __init__(self, seeds: Sequence[int], task: str = "memory", *, delay: int = 5, n: int = 3):
        if task not in TASKS:
            raise WorldError(f"task: expected one of {', '.join(TASKS)}, got {task!r}")
        if delay < 1 or n < 2:
            raise WorldError(f"expected a delay of at least 1 and n of at least 2, got {delay} and {n}")
        self._draws, self.n_bodies = Draws(seeds), len(seeds)
        self.task, self.delay, self.n = task, delay, n
        self._make, two = TASKS[task]
        self._every, self._t = np.arange(self.n_bodies), np.zeros(self.n_bodies, np.int64)
        self._inputs, self._targets = self._trials(self._every)
        channels = self._inputs.shape[2]
        self.observations = Box((-1.0,) * channels, (1.0,) * channels)
        self.actions = Choice(2 if two else n)

    def restart(self, which: NDArray[np.bool_] | None = None) -> NDArray[np.float32]:
        """See `World`."""
        some = marked(which, self.n_bodies)
        self._inputs[some], self._targets[some] = self._trials(some)
        self._t[some] = 0
        return self.observe()

    def step(self, actions: ArrayLike) -> Moment:
        """See `World`."""
        answers = chosen(actions, self.n_bodies, self.actions)
        right = answers == self._targets[self._every, self._t]
        over = self._t >= self._inputs.shape[1] - 1
        self._t += ~over
        return Moment(self.observe(), right.astype(np.float64), over, np.zeros(self.n_bodies, bool))

    def observe(self) -> NDArray[np.float32]:
        """See `World`."""
        return self._inputs[self._every, self._t]

    @property
    def trials(self) -> Trials:
        """The trials that are being played, as they are needed to imitate or to `fit`."""
        return Trials(self._inputs.copy(), self._targets.copy())

    def picture(self, body: int = 0) -> NDArray[np.uint8]:
        """A bar for each channel, uint8 [pixel, pixel, 3]: up for what is positive."""
        image, seen = canvas(64, 16 * self.observations.size), self.observe()[body]
        for channel, value in enumerate(seen):
            top, bottom = sorted((32.0, 32.0 - 30.0 * float(value)))
            box(image, top, 16 * channel + 2, bottom + 1, 16 * channel + 14, (40, 80, 160))
        return image

    def _trials(self, which: NDArray[np.int64]) -> Trials:
        return self._make(_Numbers(self._draws, which), self.delay, self.n)


def _blank(n_trials: int, n_steps: int, channels: int) -> Trials:
    inputs = np.zeros((n_trials, n_steps, channels + 1), np.float32)
    return Trials(inputs, np.full((n_trials, n_steps), -1, np.int64))


def _asked(trials: Trials, answer: NDArray[np.int64]) -> Trials:
    trials.inputs[:, -1, -1], trials.targets[:, -1] = 1, answer
    return trials
