"""Demonstrations of a recorded data set: Minari's, or any episodes of the same form."""

import importlib
from collections.abc import Iterable
from typing import Any

import numpy as np

from .cloning import Demonstrations
from .errors import LearnError


def recorded(episodes: str | Iterable[Any], *, bodies: int = 8) -> Demonstrations:
    """Episodes one after the other in as many streams of equal length, for `Cloning`.

    Each episode goes to the stream that is shortest so far; all are cut to the shortest in the end.

    Args:
        episodes: the id of a Minari data set that is on this machine (`pip install minari`), or episodes with
            `observations` [time + 1, ...], `actions` [time, ...] and `rewards` [time], such as a
            `MinariDataset`. Observations are flattened.
        bodies: streams; no more than there are episodes.

    Raises:
        LearnError: Minari is not installed, no such data set, no episodes, or episodes of other forms.

    Example:
        >>> from types import SimpleNamespace
        >>> rows = {"observations": np.zeros((4, 2)), "actions": np.zeros(3, int), "rewards": np.ones(3)}
        >>> walk = SimpleNamespace(**rows)
        >>> recorded([walk] * 4, bodies=2).rewards.shape
        (6, 2)
    """
    found = _of_minari(episodes) if isinstance(episodes, str) else list(episodes)
    if not found:
        raise LearnError("recorded: expected at least one episode, got none")
    streams: list[list[Any]] = [[] for _ in range(min(bodies, len(found)))]
    lengths = [0] * len(streams)
    for episode in found:
        shortest = lengths.index(min(lengths))
        streams[shortest].append(_columns(episode))
        lengths[shortest] += len(streams[shortest][-1][2])
    whole = [[np.concatenate(column)[: min(lengths)] for column in zip(*own, strict=True)] for own in streams]
    return Demonstrations(*(np.stack(column, axis=1) for column in zip(*whole, strict=True)))


def _columns(episode: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Observations that were acted on, actions, rewards, and where it begins."""
    if isinstance(episode.observations, dict) or isinstance(episode.actions, dict):
        raise LearnError("recorded: expected arrays, got a dict of them; flatten the data set first")
    rewards, actions = np.asarray(episode.rewards, np.float64), np.asarray(episode.actions)
    seen = np.asarray(episode.observations, np.float32)
    if len(seen) != len(rewards) + 1 or len(actions) != len(rewards):
        raise LearnError(
            "recorded: expected one observation more than actions and rewards, got "
            f"{len(seen)}, {len(actions)} and {len(rewards)}"
        )
    if actions.dtype.kind == "f":
        actions = actions.astype(np.float32)
    begins = np.arange(len(rewards)) == 0
    return seen[:-1].reshape(len(rewards), -1), actions, rewards, begins


def _of_minari(name: str) -> list[Any]:
    try:
        minari = importlib.import_module("minari")
    except ImportError as error:
        raise LearnError(f"{name}: expected Minari to be installed; pip install minari") from error
    try:
        return list(minari.load_dataset(name))
    except (FileNotFoundError, ValueError) as error:
        raise LearnError(f"{name}: expected a Minari data set on this machine, got none: {error}") from error
