"""Admitted pulses that wait for their step."""

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..plan import StimulusPlan


@dataclass
class Waiting:
    """A plan in order of delivery: `step` and `strength` [pulse]; those before `done` are delivered."""

    plan: StimulusPlan
    step: NDArray[np.int64]
    strength: NDArray[np.float64]
    done: int = 0


class Due(NamedTuple):
    """Pulses of one call of the kernel, sorted by (dish, step, channel).

    `pointer` [dish + 1] delimits each dish; `step`, `channel`, `strength` are [pulse].
    """

    pointer: NDArray[np.int64]
    step: NDArray[np.int64]
    channel: NDArray[np.int64]
    strength: NDArray[np.float64]


@dataclass
class PulseQueue:
    """Plans wait whole and are taken in slices, so that a long plan costs nothing at each read."""

    waiting: list[Waiting] = field(default_factory=list)

    def push(self, plan: StimulusPlan, step: NDArray[np.int64], strength: NDArray[np.float64]) -> None:
        if plan.n_pulses == 0:
            return
        if (step[1:] < step[:-1]).any():
            order = np.argsort(step, kind="stable")
            plan, step, strength = plan.take(order), step[order], strength[order]
        self.waiting.append(Waiting(plan, step, strength))

    def take(self, until_step: int) -> list[tuple[StimulusPlan, NDArray[np.int64], NDArray[np.float64]]]:
        """It removes the pulses before `until_step`: (plan, step, strength) of each part."""
        parts = []
        for w in self.waiting:
            first, w.done = w.done, int(np.searchsorted(w.step, until_step))
            if w.done - first == w.plan.n_pulses:  # the common case, without copies
                parts.append((w.plan, w.step, w.strength))
            elif w.done > first:
                now = slice(first, w.done)
                parts.append((w.plan.take(now), w.step[now], w.strength[now]))
        self.waiting = [w for w in self.waiting if w.done < w.plan.n_pulses]
        return parts

    def cancel(self) -> list[StimulusPlan]:
        """It empties the queue; returns what will not be delivered."""
        left = [w.plan.take(slice(w.done, None)) for w in self.waiting]
        self.waiting = []
        return left


def layout(parts: list[tuple[StimulusPlan, NDArray[np.int64], NDArray[np.float64]]], n_dishes: int) -> Due:
    """It merges parts for the kernel. The order does not depend on how pulses were divided into plans."""
    if not parts:
        nothing = np.zeros(0, np.int64)
        return Due(np.zeros(n_dishes + 1, np.int64), nothing, nothing, np.zeros(0))
    dish, channel = (
        np.concatenate([getattr(plan, name) for plan, _, _ in parts]) for name in ("dish", "channel")
    )
    step, strength = (np.concatenate([part[i] for part in parts]) for i in (1, 2))
    order = np.lexsort((channel, step, dish))
    pointer = np.zeros(n_dishes + 1, np.int64)
    np.cumsum(np.bincount(dish, minlength=n_dishes), out=pointer[1:])
    return Due(pointer, step[order], channel[order].astype(np.int64), strength[order])
