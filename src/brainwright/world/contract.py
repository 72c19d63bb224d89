"""The contract of a world: many bodies at once, each with its own seed. A world knows nothing of brains."""

from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from brainwright.errors import UserError


class WorldError(UserError):
    """A world cannot be made, entered or advanced: what was expected, what came, what to do."""


@dataclass(frozen=True)
class Box:
    """Numbers within bounds, each [size]; infinite where there is none."""

    low: tuple[float, ...]
    high: tuple[float, ...]

    def __post_init__(self) -> None:
        if len(self.low) != len(self.high) or not self.low:
            raise WorldError(f"Box: expected as many lows as highs, got {len(self.low)} and {len(self.high)}")

    @property
    def size(self) -> int:
        return len(self.low)


@dataclass(frozen=True)
class Choice:
    """One of `n` things, 0 .. n - 1."""

    n: int


class Moment(NamedTuple):
    """What a step brought. `terminated`: the episode came to its end; `truncated`: it was cut, and what would
    have come still counts (a learner bootstraps there). Observations are those before any restart.
    """

    observation: NDArray[np.float32]
    """[body, size]"""
    reward: NDArray[np.float64]
    """[body]"""
    terminated: NDArray[np.bool_]
    truncated: NDArray[np.bool_]


class World(Protocol):
    """Bodies that advance together. `check_world` tries every promise.

    A world is made from seeds, one or more bodies for each, and stands at the beginning of the first episode
    of every body. What happens to the bodies of a seed follows from that seed and their actions alone. A body
    whose episode is over is restarted by the caller before its next step.
    """

    n_bodies: int
    observations: Box
    actions: Box | Choice

    def observe(self) -> NDArray[np.float32]:
        """What the bodies see now, [body, size]."""
        ...

    def step(self, actions: Any) -> Moment:
        """Every body acts once: whole numbers [body] for a `Choice`, numbers [body, size] for a `Box`.

        Raises:
            WorldError: actions of another shape, not finite, or outside a `Choice`.
        """
        ...

    def restart(self, which: NDArray[np.bool_] | None = None) -> NDArray[np.float32]:
        """A new episode for the marked bodies, [body], or for all; the others stay. Returns `observe()`."""
        ...


def chosen(actions: ArrayLike, n_bodies: int, choice: Choice) -> NDArray[np.int64]:
    """Actions of a `Choice`, checked. Raises `WorldError`."""
    actions = np.asarray(actions)
    if actions.shape != (n_bodies,) or actions.dtype.kind not in "iub":
        raise WorldError(
            f"actions: expected whole numbers of shape ({n_bodies},), one for each body, got {actions.dtype} "
            f"of shape {actions.shape}"
        )
    whole = actions.astype(np.int64, copy=False)
    if whole.view(np.uint64).max() >= choice.n:  # one pass for both ends: what is below 0 is huge there
        raise WorldError(
            f"actions: expected 0 to {choice.n - 1}, got {int(actions.min())} to {int(actions.max())}"
        )
    return whole


def moved(actions: ArrayLike, n_bodies: int, box: Box) -> NDArray[np.float64]:
    """Actions of a `Box`, checked, [body, size]: what lies beyond the bounds is the bound, as a muscle
    saturates. Raises `WorldError`.
    """
    actions = np.asarray(actions, np.float64)
    if actions.shape != (n_bodies, box.size):
        raise WorldError(f"actions: expected numbers of shape ({n_bodies}, {box.size}), got {actions.shape}")
    if not np.isfinite(actions).all():
        body = int(np.flatnonzero(~np.isfinite(actions).all(axis=1))[0])
        raise WorldError(f"actions: expected finite numbers, got {actions[body].tolist()} for body {body}")
    return np.clip(actions, box.low, box.high)


def marked(which: NDArray[np.bool_] | None, n_bodies: int) -> NDArray[np.int64]:
    """Positions of the marked bodies; of all where nothing is marked by None."""
    if which is None:
        return np.arange(n_bodies)
    which = np.asarray(which)
    if which.shape != (n_bodies,) or which.dtype != np.bool_:
        raise WorldError(f"restart: expected marks, bool ({n_bodies},), got {which.dtype} {which.shape}")
    return np.flatnonzero(which)
