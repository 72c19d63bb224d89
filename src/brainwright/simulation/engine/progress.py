"""One run under way: buffers, windows, and the compiled kernel's view of everything."""

import time
from typing import NamedTuple

import numpy as np

from . import kernel
from .frame import Frame, fading, smallest_kept
from .parameters import LIFParameters
from .state import State
from .switch import Switch, Window
from .words import Words

WINDOW_STEPS = 400
"""Steps of a window, a millisecond of work or more: long enough to be timed, short enough to follow the
activity.
"""
# The thread's own time, which other programs do not lengthen, where it is fine enough to time a window.
_FINE = time.get_clock_info("thread_time").resolution < 1e-5
_clock_ns = time.thread_time_ns if _FINE else time.perf_counter_ns


class WiringTuple(NamedTuple):
    row: np.ndarray
    words: Words
    delay: np.ndarray


class CellsTuple(NamedTuple):
    muted: np.ndarray
    refractory: np.ndarray
    refractory_values: np.ndarray


class ModelTuple(NamedTuple):
    threshold: np.floating
    near_threshold: np.floating
    rho: np.floating
    kick: np.floating
    reset: np.floating
    zero: np.floating


class StimulusTuple(NamedTuple):
    kicks: np.ndarray
    forced: np.ndarray
    most_forced: int


class ProbeTuple(NamedTuple):
    cells: np.ndarray
    start: int
    voltage: np.ndarray


class SpanTuple(NamedTuple):
    start: int
    stop: int
    origin: int
    base: int
    n_spikes: int
    n_hot: int
    kick: int
    forced: int


class Tables(NamedTuple):
    """All runs of one engine share these tables."""

    wiring: WiringTuple
    model: ModelTuple
    frame: Frame
    parameters: LIFParameters


class Progress:
    """Buffers of one run while it is under way; it works on the arrays of `state` themselves."""

    def __init__(self, tables: Tables, state: State, steps: int) -> None:
        self.tables = tables
        self.amplitude = state.amplitude
        self.release = state.release
        self.origin = state.origin
        self.start, self.stop = state.step, state.step + steps
        self.before = state.recent_first.size - 1  # steps of history in front of the buffers
        self.base = state.step - self.before
        # 256 kB at first; the buffer grows when the kernel returns because it is full
        self.spikes = np.empty(max(65_536, 2 * state.recent.size), np.int32)
        self.spikes[: state.recent.size] = state.recent
        self.first = np.zeros(self.before + steps + 1, np.int64)
        self.first[: self.before + 1] = state.recent_first
        self.hot = np.empty(state.amplitude.shape[0], np.int32)
        self.is_hot = np.zeros(state.amplitude.shape[0], np.uint8)
        self.n_spikes = state.recent.size
        self.n_hot = self.kick = self.forced = self.events = self.examined = 0
        self.step = state.step

    def go(self, switch: Switch, cells: CellsTuple, stimulus: StimulusTuple, probe: ProbeTuple) -> int:
        """Run to the end; returns the number of steps done by sweeping."""
        n = self.amplitude.shape[0]
        mode = switch.next_mode(Window(kernel.LAZY, 0, 0, 0, n, 0))
        if mode == kernel.LAZY and self.amplitude.any():
            self._refill_hot()
        swept = 0
        while self.step < self.stop:
            begun, began_ns = self.step, _clock_ns()
            events, looked = self._window(mode, cells, stimulus, probe)
            taken_ns = _clock_ns() - began_ns
            done = self.step - begun
            if self.step == begun:
                self._grow(n + stimulus.most_forced)
                continue
            swept += done if mode == kernel.SWEEP else 0
            if self.step == self.stop:
                break
            hot = looked if mode == kernel.LAZY else done * self._refill_hot()
            chosen = switch.next_mode(Window(mode, done, events, hot, n, taken_ns))
            mode = chosen  # the hot list is up to date in either case
        return swept

    def _window(
        self, mode: int, cells: CellsTuple, stimulus: StimulusTuple, probe: ProbeTuple
    ) -> tuple[int, int]:
        tables = self.tables
        if self.step - self.origin + 1 > tables.frame.look.shape[0] - 1:
            self._move_origin()
        stop = min(self.stop, self.step + WINDOW_STEPS, self.origin + tables.frame.look.shape[0])
        span = SpanTuple(
            self.step, stop, self.origin, self.base, self.n_spikes, self.n_hot, self.kick, self.forced
        )  # fmt: skip
        self.step, self.n_spikes, self.n_hot, self.kick, self.forced, events, looked = kernel.advance(
            mode,
            tables.wiring,
            cells,
            tables.model,
            tables.frame,
            (self.amplitude, self.hot, self.is_hot, self.release),
            (self.spikes, self.first),
            stimulus,
            probe,
            span,
        )
        self.events += events
        self.examined += looked
        return events, looked

    def _move_origin(self) -> None:
        """Lay the frame anew at the last step done, at which the state is valid."""
        last = self.step - 1
        dtype = self.amplitude.dtype.type
        factors = fading(self.tables.parameters, last - self.origin)
        kernel.move_origin(self.amplitude, *(dtype(f) for f in factors), dtype(smallest_kept(dtype)))
        self.origin = last

    def _refill_hot(self) -> int:
        """It returns the hot list from the state at the last step done."""
        k = max(self.step - 1 - self.origin, 0)
        look = self.tables.frame.look[k]
        self.n_hot = kernel.refill_hot(self.amplitude, self.hot, self.is_hot, self.tables.model, *look)
        return self.n_hot

    def _grow(self, room: int) -> None:
        larger = np.empty(max(2 * self.spikes.size, self.n_spikes + 2 * room), np.int32)
        larger[: self.n_spikes] = self.spikes[: self.n_spikes]
        self.spikes = larger

    def recorded(self) -> tuple[np.ndarray, np.ndarray]:
        """Spikes of this run and where each of its steps begins in them."""
        first = self.first[self.before :]
        return self.spikes[first[0] : first[-1]].copy(), first - first[0]

    def state(self, refractory_values: np.ndarray, history: int) -> State:
        kept = min(history, self.first.size - 1)
        first = self.first[self.first.size - 1 - kept :]
        return State(
            step=self.stop,
            amplitude=self.amplitude,
            origin=self.origin,
            release=self.release,
            refractory_values=refractory_values,
            recent=self.spikes[first[0] : first[-1]].copy(),
            recent_first=first - first[0],
        )
