"""When to follow events and when to sweep: the cheaper way, by a cost model corrected by the clock.

Both ways do the same arithmetic on the same state, so a choice that depends on timing cannot change a
result.
"""

from typing import NamedTuple, Protocol

from .kernel import LAZY, SWEEP

# Nanoseconds on one server core; only their ratios matter, and only until a window of each was timed.
_EVENT_NS = {LAZY: 3.5, SWEEP: 2.5}
_HOT_NS, _NEURON_NS = 6.0, 0.18
_HYSTERESIS = 1.15
"""The other mode must be this much cheaper: a conversion costs about one sweep, and timings scatter."""


class Window(NamedTuple):
    """What the last stretch of steps amounted to."""

    mode: int
    steps: int
    events: int
    """These are synaptic events."""
    hot: int
    """Neurons that could still cross threshold, summed over steps."""
    neurons: int
    nanoseconds: int
    """This is processor time."""


class Switch(Protocol):
    """A switch chooses the mode of the next window."""

    def next_mode(self, window: Window) -> int: ...


class Always:
    """The mode stays one throughout."""

    def __init__(self, mode: int) -> None:
        self.mode = mode

    def next_mode(self, window: Window) -> int:
        return self.mode


class Cheaper:
    """The mode expected to be cheaper, with some hysteresis."""

    def __init__(self) -> None:
        self._correction: dict[int, float] = {}  # measured over modelled, of the modes that were timed

    def next_mode(self, window: Window) -> int:
        if not window.steps:
            return window.mode
        cost = {mode: _modelled_ns(mode, window) for mode in (LAZY, SWEEP)}
        # a stretch of less than 50 steps is too short for the clock; half of each error is believed, so that
        # one disturbed timing does not decide
        if window.steps >= 50 and cost[window.mode] > 0:
            measured = window.nanoseconds / cost[window.mode]
            before = self._correction.get(window.mode, measured)
            self._correction[window.mode] = before + 0.5 * (measured - before)
        other = SWEEP if window.mode == LAZY else LAZY
        # a machine that is slower altogether is so in both modes, until the other was timed too
        here = self._correction.get(window.mode, 1.0)
        stay, leave = here * cost[window.mode], self._correction.get(other, here) * cost[other]
        return other if leave * _HYSTERESIS < stay else window.mode


def _modelled_ns(mode: int, window: Window) -> float:
    looked = _HOT_NS * window.hot if mode == LAZY else _NEURON_NS * window.neurons * window.steps
    return _EVENT_NS[mode] * window.events + looked
