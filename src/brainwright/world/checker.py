"""`check_world`: does a world keep the contract? Run over ours in the tests, and for your own."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .contract import Box, Choice, Moment, World, WorldError

NEEDED = ("n_bodies", "observations", "actions", "observe", "step", "restart")


class WorldBroken(AssertionError):
    """A world does not do what the contract promises."""


def check_world(make: Callable[[Sequence[int]], World], *, steps: int = 60, seed: int = 0) -> None:
    """It tries every promise of `World` on fresh worlds, with random actions.

    Checked: parts, shapes, types and bounds; the same seeds give the same; the bodies of a seed do not know
    of those of other seeds; a restart leaves unmarked bodies alone; `observe` changes nothing; actions of
    another shape, not finite or out of range are refused.

    Args:
        make: seeds → a new world, as a class of worlds is.
        steps: of each try; episodes that end are restarted.
        seed: of the actions.

    Raises:
        WorldBroken: names the promise and what came.

    Example:
        >>> from brainwright.world import Plate
        >>> check_world(Plate)
    """
    first = make([3])
    missing = [name for name in NEEDED if not hasattr(first, name)]
    _demand(not missing, f"World: {type(first).__name__} lacks {', '.join(missing)}")
    per_seed = first.n_bodies
    worlds = make([3, 5, 8])
    _demand(worlds.n_bodies == 3 * per_seed, f"3 seeds gave {worlds.n_bodies} bodies, 1 gave {per_seed}")
    _demand(worlds.actions == first.actions, "the actions depend on the number of seeds")
    rng = np.random.default_rng(seed)
    actions = [_random(rng, worlds) for _ in range(steps)]
    together, again = _played(worlds, actions), _played(make([3, 5, 8]), actions)
    _demand(_equal(together, again), "the same seeds and actions gave two results")
    for k, own in enumerate((3, 5, 8)):
        some = slice(k * per_seed, (k + 1) * per_seed)
        alone = _played(make([own]), [action[some] for action in actions])
        beside = [tuple(part[some] for part in moment) for moment in together]
        _demand(_equal(alone, beside), f"what happens under seed {own} depends on the other seeds")
    _check_restart(make([3, 5, 8]), actions, per_seed)
    _check_refusals(make([3, 5, 8]), actions[0])


def _played(world: World, actions: list[NDArray[Any]]) -> list[tuple[NDArray[Any], ...]]:
    seen = world.observe()
    _check_seen(world, seen)
    told: list[tuple[NDArray[Any], ...]] = [(seen.copy(),)]
    for action in actions:
        moment = world.step(action)
        _check_moment(world, moment)
        over = moment.terminated | moment.truncated
        after = world.restart(over) if over.any() else moment.observation
        _check_seen(world, after)
        _demand(np.array_equal(after, world.observe()), "observe() differs from what was just returned")
        told.append((*(part.copy() for part in moment), after.copy()))
    return told


def _check_seen(world: World, seen: NDArray[Any]) -> None:
    box = world.observations
    shape = (world.n_bodies, box.size)
    what = f"{getattr(seen, 'dtype', type(seen))} {getattr(seen, 'shape', '')}"
    _demand(
        isinstance(seen, np.ndarray) and seen.shape == shape and seen.dtype == np.float32,
        f"observations: expected float32 {shape}, got {what}",
    )
    _demand(bool(np.isfinite(seen).all()), "an observation is not finite")
    low, high = np.array(box.low, np.float32), np.array(box.high, np.float32)
    inside = bool(((seen >= low) & (seen <= high)).all())
    _demand(inside, "an observation lies outside the bounds of the world")


def _check_moment(world: World, moment: Moment) -> None:
    _check_seen(world, moment.observation)
    for name, kind in (("reward", np.float64), ("terminated", np.bool_), ("truncated", np.bool_)):
        part = getattr(moment, name)
        right = part.shape == (world.n_bodies,) and part.dtype == kind
        _demand(right, f"{name}: expected {kind.__name__} ({world.n_bodies},), got {part.dtype} {part.shape}")
    _demand(bool(np.isfinite(moment.reward).all()), "a reward is not finite")
    _demand(
        not (moment.terminated & moment.truncated).any(), "an episode was terminated and truncated at once"
    )


def _check_restart(world: World, actions: list[NDArray[Any]], per_seed: int) -> None:
    before = world.step(actions[0]).observation.copy()
    marks = np.zeros(world.n_bodies, bool)
    marks[:per_seed] = True
    after = world.restart(marks)
    _demand(np.array_equal(after[per_seed:], before[per_seed:]), "a restart moved bodies without a mark")
    _demand(np.array_equal(world.restart(np.zeros_like(marks)), after), "a restart of none moved bodies")


def _check_refusals(world: World, action: NDArray[Any]) -> None:
    bad: dict[str, Any] = {"too few": action[:-1]}
    if isinstance(world.actions, Choice):
        bad |= {"out of range": np.full_like(action, world.actions.n), "negative": np.full_like(action, -1)}
    else:
        bad |= {"not finite": np.full_like(action, np.nan)}
    for what, wrong in bad.items():
        try:
            world.step(wrong)
        except WorldError:
            continue
        raise WorldBroken(f"actions that are {what} were not refused with a WorldError")


def _random(rng: np.random.Generator, world: World) -> NDArray[Any]:
    if isinstance(world.actions, Choice):
        return rng.integers(world.actions.n, size=world.n_bodies)
    box: Box = world.actions
    low, high = (np.clip(bound, -1e3, 1e3) for bound in (box.low, box.high))
    return rng.uniform(low, high, (world.n_bodies, box.size))


def _equal(one: list[tuple[NDArray[Any], ...]], other: list[tuple[NDArray[Any], ...]]) -> bool:
    return all(
        np.array_equal(a, b)
        for moment, same in zip(one, other, strict=True)
        for a, b in zip(moment, same, strict=True)
    )


def _demand(holds: bool, promise: str) -> None:
    if not holds:
        raise WorldBroken(f"check_world: {promise}")
