"""Dishes whose weights have a slow part, taught with given writes while its gate is open."""

import numpy as np
from numpy.typing import NDArray

from ..close_loop import close_loop
from ..writers import ReplayWriter
from .course import Course
from .dishes import Arrays, Dishes


def with_slow_weights(
    dishes: Dishes, course: Course, written: NDArray[np.int64], state: Arrays, tau_return_s: float
) -> tuple[Dishes, Arrays]:
    """The same dishes with a slow part of their weights, after a course.

    Args:
        dishes: without.
        course: what they hear.
        written: what is written to them, [dish, period, electrode].
        state: of naive tissue, from which they begin.
        tau_return_s: with which weights return to their slow part; see `CultureParameters`.

    Returns:
        The dishes, with the gate closed from now on, and their state.
    """
    slow = dishes.first(len(dishes.seeds), tau_return_s=tau_return_s)
    culture, symbols = slow.culture(slow.beginning(state), plasticity=True), course.symbols(slow)
    culture.consolidating = True
    writer = ReplayWriter(written)
    close_loop(culture, slow.layout, symbols, writer, record=course.recorded, block=course.taught)
    culture.consolidating = False
    return slow, culture.snapshot()
