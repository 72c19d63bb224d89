"""External events as tables (step, neuron), drawn before the run so that every engine sees the same."""

from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import ArrayLike

from .parameters import LIFParameters

EMPTY = np.zeros((0, 2), np.int32)


def poisson_events(
    neurons: np.ndarray, rate_hz: float, steps: int, parameters: LIFParameters, rng: np.random.Generator
) -> np.ndarray:
    """It returns independent events at a fixed rate: in each step each neuron has one with probability rate *
    dt.

    Args:
        neurons: indices, shape (n,).
        rate_hz: events per second and neuron.
        steps: length of the table.
        parameters: for the time step.
        rng: source of the draws.

    Returns:
        int32 (events, 2), columns (step, neuron), sorted by step, then neuron.

    Raises:
        ValueError: a negative rate, or one above one event per step.
    """
    neurons = np.unique(np.asarray(neurons, dtype=np.int32))
    chance = rate_hz * parameters.dt_s
    if not 0 <= chance <= 1:
        raise ValueError(
            f"rate_hz: expected from 0 to one event per step ({1 / parameters.dt_s:g} Hz), got {rate_hz}"
        )
    slots = steps * neurons.size
    if chance == 0 or slots == 0:
        return EMPTY.copy()
    position, reached = [], -1
    while reached < slots:  # gaps between events in the flattened (step, neuron) grid are geometric
        # six standard deviations above the mean: one round nearly always reaches the end
        draws = int((slots - reached) * chance + 6 * np.sqrt(slots * chance) + 16)
        place = reached + np.cumsum(rng.geometric(chance, draws))
        reached = int(place[-1])
        position.append(place)
    place = np.concatenate(position)
    place = place[place < slots]
    return np.stack([place // neurons.size, neurons[place % neurons.size]], axis=1).astype(np.int32)


def train_events(trains: Mapping[int, Iterable[float]], steps: int, parameters: LIFParameters) -> np.ndarray:
    """It returns the events at given times.

    Args:
        trains: neuron index -> event times in seconds from the start of the run.
        steps: length of the run.
        parameters: for the time step; a time is rounded to the nearest step.

    Returns:
        int32 (events, 2), sorted by step, then neuron.

    Raises:
        ValueError: a time that is not a number, or outside the run.
    """
    rows = []
    for neuron, times in trains.items():
        time_s = np.asarray(list(times) if not isinstance(times, np.ndarray) else times, dtype=np.float64)
        step = np.rint(time_s / parameters.dt_s)
        wrong = ~((step >= 0) & (step < steps))
        if wrong.any():
            raise ValueError(
                f"spike train of neuron {neuron}: expected times from 0 to before "
                f"{steps * parameters.dt_s:g} s, got {time_s[wrong][0]}"
            )
        rows.append(np.stack([step, np.full(step.size, neuron)], axis=1).astype(np.int32))
    return merge_events(rows)


def merge_events(tables: Iterable[np.ndarray]) -> np.ndarray:
    """One table from several, sorted by step, then neuron; repeated events are kept."""
    tables = [np.asarray(table, dtype=np.int32).reshape(-1, 2) for table in tables]
    if not tables:
        return EMPTY.copy()
    merged = np.concatenate(tables)
    if (np.diff(merged[:, 0]) > 0).all():
        return np.ascontiguousarray(merged)
    return np.ascontiguousarray(merged[np.lexsort((merged[:, 1], merged[:, 0]))])


def check_events(events: ArrayLike, n_neurons: int, steps: int, name: str) -> np.ndarray:
    """It returns the table as contiguous int32, sorted.

    Raises:
        ValueError: wrong shape or type, a neuron or step outside the run.
    """
    events = np.asarray(events)
    if events.size == 0:
        return EMPTY.copy()
    if events.ndim != 2 or events.shape[1] != 2 or not np.issubdtype(events.dtype, np.integer):
        raise ValueError(f"{name}: expected integers of shape (events, 2), got {events.dtype} {events.shape}")
    if events[:, 0].min() < 0 or events[:, 0].max() >= steps:
        raise ValueError(
            f"{name}: expected steps from 0 to {steps - 1}, got {events[:, 0].min()} to {events[:, 0].max()}"
        )
    if events[:, 1].min() < 0 or events[:, 1].max() >= n_neurons:
        raise ValueError(
            f"{name}: expected neurons from 0 to {n_neurons - 1}, got {events[:, 1].min()} to "
            f"{events[:, 1].max()}"
        )
    events = events.astype(np.int32, copy=False)
    key = events[:, 0].astype(np.int64) * n_neurons + events[:, 1]
    if (np.diff(key) < 0).any():
        events = events[np.argsort(key, kind="stable")]
    return np.ascontiguousarray(events)
