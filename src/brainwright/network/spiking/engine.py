"""The spiking engine: one wiring, one set of constants, any number of runs."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np

from . import kernel
from .frame import fading, frame_tables, smallest_kept
from .parameters import LIFParameters
from .result import Spikes
from .stimulus import EMPTY, check_events
from .switch import Always, Cheaper, Switch, Window
from .wiring import Wiring

WINDOW_STEPS = 250
NEVER = np.iinfo(np.int64).max // 2


@dataclass(frozen=True, eq=False)
class State:
    """Everything that a run needs to go on where another ended. Runs copy it; they never change it."""

    step: int
    """Steps since rest."""
    amplitude: np.ndarray
    """float (n_neurons, 2): see ``frame.py``."""
    origin: int
    """Step at which the frame of the amplitudes was laid."""
    release: np.ndarray
    """int64 (n_neurons,): first step at which the neuron is no longer refractory."""
    recent: np.ndarray
    """int32: spikes of the last steps, some of them still under way."""
    recent_first: np.ndarray
    """int64: where each of those steps begins in ``recent``; one entry more than steps."""


class _Wiring(NamedTuple):
    row: np.ndarray
    post: np.ndarray
    weight: np.ndarray
    delay: np.ndarray


class _Cells(NamedTuple):
    muted: np.ndarray
    refractory: np.ndarray
    refractory_values: np.ndarray


class _Model(NamedTuple):
    threshold: float
    near_threshold: float
    rho: float
    scale: float
    kick: float
    reset: float
    zero: float


class _Stimulus(NamedTuple):
    kicks: np.ndarray
    forced: np.ndarray
    most_forced: int


class _Probe(NamedTuple):
    cells: np.ndarray
    start: int
    voltage: np.ndarray


class _Span(NamedTuple):
    start: int
    stop: int
    origin: int
    base: int
    n_spikes: int
    n_hot: int
    kick: int
    forced: int


class SpikingEngine:
    """Leaky integrate-and-fire network with exact propagation (see :class:`LIFParameters`).

    ``exact`` (float64) gives Brian2's spike set; ``fast`` (float32) is quicker and agrees with it until
    rounding decides a threshold crossing. Runs are independent of each other and release the interpreter
    lock, so several may run in threads on one engine.

    Args:
        wiring: connections, shared and never changed.
        parameters: of the model.
        precision: ``"exact"`` or ``"fast"``.

    Raises:
        ValueError: an unknown precision, or a delay that is shorter than the time step.

    Example:
        >>> wiring = Wiring.from_edges([0], [1], [200], 2)
        >>> engine = SpikingEngine(wiring)
        >>> spikes, state = engine.run(100, kicks=[[0, 0]])
        >>> spikes.step.tolist(), spikes.neuron.tolist()
        ([1, 72], [0, 1])
    """

    def __init__(
        self,
        wiring: Wiring,
        parameters: LIFParameters | None = None,
        *,
        precision: Literal["exact", "fast"] = "exact",
    ) -> None:
        if precision not in ("exact", "fast"):
            raise ValueError(f"precision: expected 'exact' (float64) or 'fast' (float32), got {precision!r}")
        self.wiring = wiring
        self.parameters = parameters = parameters or LIFParameters()
        self.precision = precision
        self.dtype = dtype = np.float64 if precision == "exact" else np.float32
        self.delay_steps = delay_steps(wiring, parameters)
        self._frame = frame_tables(parameters, dtype)
        self._tables = _Wiring(wiring.row, wiring.post, wiring.weight, self.delay_steps)
        slack = 1e-6 if precision == "exact" else 1e-5
        threshold = parameters.threshold_mV - parameters.rest_mV
        self._model = _Model(
            *(
                dtype(value)
                for value in (
                    threshold,
                    threshold * (1 - slack),
                    parameters.peak_share * (1 + slack),
                    parameters.weight_mV,
                    parameters.kick_mV,
                    parameters.reset_mV - parameters.rest_mV,
                    0.0,
                )
            )
        )
        # the screen for hot neurons needs the membrane to be the slower of the two
        self._lazy_possible = parameters.tau_m_s > parameters.tau_s_s * (1 + 1e-6)

    def rest(self) -> State:
        """State with every neuron at rest, none refractory, nothing under way."""
        n = self.wiring.n_neurons
        return State(
            step=0,
            amplitude=np.zeros((n, 2), self.dtype),
            origin=0,
            release=np.zeros(n, np.int64),
            recent=np.zeros(0, np.int32),
            recent_first=np.zeros(1, np.int64),
        )

    def run(
        self,
        steps: int,
        *,
        kicks: np.ndarray = EMPTY,
        driven: np.ndarray | None = None,
        silenced: np.ndarray | None = None,
        clamped: np.ndarray | None = None,
        forced: np.ndarray = EMPTY,
        refractory_steps: Mapping[int, int] | None = None,
        record_voltage: np.ndarray | None = None,
        state: State | None = None,
        mode: Literal["auto", "lazy", "sweep"] | Switch = "auto",
    ) -> tuple[Spikes, State]:
        """Advance by ``steps`` time steps.

        Args:
            steps: how many.
            kicks: int (events, 2), (step from the start of this run, neuron): jumps of ``v`` by ``kick_mV``.
            driven: neurons without refractory time; default: those in ``kicks``.
            silenced: neurons whose outgoing spikes reach nobody; they still spike.
            clamped: neurons held at rest, deaf and silent but for ``forced``.
            forced: int (events, 2): spikes that clamped neurons fire at given steps.
            refractory_steps: own refractory time of single neurons, in steps (1: none), over all else.
            record_voltage: neurons whose membrane is recorded at the end of every step.
            state: where to start; default at rest.
            mode: ``"auto"`` switches between following events and sweeping by cost.

        Returns:
            Spikes of this run, and the state to go on from.

        Raises:
            ValueError: indices or steps outside the run, forced spikes of neurons that are not clamped,
                ``mode="lazy"`` with a membrane that is not slower than the synapse.
        """
        n = self.wiring.n_neurons
        if not (isinstance(steps, int | np.integer) and steps >= 0):
            raise ValueError(f"steps: expected an integer >= 0, got {steps!r}")
        state = self.rest() if state is None else self._check_state(state)
        kicks = check_events(kicks, n, steps, "kicks")
        forced = check_events(forced, n, steps, "forced")
        clamped = _indices(clamped, n, "clamped")
        if not np.isin(forced[:, 1], clamped).all():
            stray = forced[~np.isin(forced[:, 1], clamped), 1][0]
            raise ValueError(f"forced: neuron {stray} is not clamped; expected forced spikes of clamped neurons only")
        driven = np.unique(kicks[:, 1]) if driven is None else _indices(driven, n, "driven")
        cells = self._cells(driven, _indices(silenced, n, "silenced"), refractory_steps or {})
        recorded = _indices(record_voltage, n, "record_voltage", keep_order=True)
        probe = _Probe(recorded, state.step, np.zeros((steps, recorded.size), self.dtype))
        shift = np.array([state.step, 0], np.int32)
        stimulus = _Stimulus(
            kicks + shift, forced + shift, int(np.bincount(forced[:, 0]).max()) if len(forced) else 0
        )
        release = state.release.copy()
        held_until = release[clamped].copy()
        release[clamped] = NEVER
        run = _Progress(self, state, release, steps)
        swept = run.go(self._switch(mode), cells, stimulus, probe)
        release[clamped] = np.maximum(held_until, state.step + steps)
        run.amplitude[clamped] = 0
        spikes, first = run.recorded()
        per_step = np.diff(first)
        result = Spikes(
            step=np.repeat(np.arange(steps, dtype=np.int32), per_step),
            neuron=spikes,
            n_neurons=n,
            n_steps=steps,
            dt_s=self.parameters.dt_s,
            voltage_mV=probe.voltage + self.dtype(self.parameters.rest_mV),
            recorded=recorded,
            synaptic_events=run.events,
            sweep_steps=swept,
        )
        return result, run.state(self._history(cells))

    def _history(self, cells: _Cells) -> int:
        """Steps back to which spikes still matter."""
        return int(max(self.delay_steps.max(initial=1), cells.refractory_values.max(initial=1))) + 1

    def _switch(self, mode: str | Switch) -> Switch:
        if not isinstance(mode, str):
            return mode
        if mode not in ("auto", "lazy", "sweep"):
            raise ValueError(f"mode: expected 'auto', 'lazy' or 'sweep', got {mode!r}")
        if not self._lazy_possible:
            if mode == "lazy":
                raise ValueError(
                    "mode 'lazy': expected tau_m_s > tau_s_s, got "
                    f"{self.parameters.tau_m_s} and {self.parameters.tau_s_s}; use 'auto' or 'sweep'"
                )
            return Always(kernel.SWEEP)
        return {"auto": Cheaper, "lazy": lambda: Always(kernel.LAZY), "sweep": lambda: Always(kernel.SWEEP)}[mode]()

    def _cells(self, driven: np.ndarray, silenced: np.ndarray, own: Mapping[int, int]) -> _Cells:
        refractory = np.full(self.wiring.n_neurons, self.parameters.refractory_steps, np.int32)
        refractory[driven] = 1
        for neuron, steps in own.items():
            _indices(np.array([neuron]), self.wiring.n_neurons, "refractory_steps")
            if steps < 1:
                raise ValueError(f"refractory_steps of neuron {neuron}: expected >= 1, got {steps}")
            refractory[neuron] = steps
        muted = np.zeros(self.wiring.n_neurons, np.bool_)
        muted[silenced] = True
        return _Cells(muted, refractory, np.unique(refractory).astype(np.int64))

    def _check_state(self, state: State) -> State:
        if state.amplitude.shape != (self.wiring.n_neurons, 2) or state.amplitude.dtype != self.dtype:
            raise ValueError(
                f"state: expected {self.wiring.n_neurons} neurons in {np.dtype(self.dtype)}, got "
                f"{state.amplitude.shape[0]} in {state.amplitude.dtype}"
            )
        return state


class _Progress:
    """Buffers of one run while it is under way."""

    def __init__(self, engine: SpikingEngine, state: State, release: np.ndarray, steps: int) -> None:
        self.engine = engine
        self.amplitude = state.amplitude.copy()
        self.release = release
        self.origin = state.origin
        self.start, self.stop = state.step, state.step + steps
        self.before = state.recent_first.size - 1  # steps of history in front of the buffers
        self.base = state.step - self.before
        self.spikes = np.empty(max(65_536, 2 * state.recent.size), np.int32)
        self.spikes[: state.recent.size] = state.recent
        self.first = np.zeros(self.before + steps + 1, np.int64)
        self.first[: self.before + 1] = state.recent_first
        self.hot = np.empty(state.amplitude.shape[0], np.int32)
        self.is_hot = np.zeros(state.amplitude.shape[0], np.uint8)
        self.n_spikes = state.recent.size
        self.n_hot = self.kick = self.forced = self.events = 0
        self.step = state.step

    def go(self, switch: Switch, cells: _Cells, stimulus: _Stimulus, probe: _Probe) -> int:
        """Run to the end; returns the number of steps done by sweeping."""
        n = self.amplitude.shape[0]
        mode = switch.next_mode(Window(kernel.LAZY, 0, 0, 0, n, 0))
        if mode == kernel.LAZY:
            self._refill_hot()
        swept = 0
        while self.step < self.stop:
            begun, began_ns = self.step, time.perf_counter_ns()
            events, looked = self._window(mode, cells, stimulus, probe)
            taken_ns = time.perf_counter_ns() - began_ns
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

    def _window(self, mode: int, cells: _Cells, stimulus: _Stimulus, probe: _Probe) -> tuple[int, int]:
        engine = self.engine
        if self.step - self.origin + 1 > engine._frame.look.shape[0] - 1:
            self._move_origin()
        stop = min(self.stop, self.step + WINDOW_STEPS, self.origin + engine._frame.look.shape[0])
        span = _Span(
            self.step, stop, self.origin, self.base, self.n_spikes, self.n_hot, self.kick, self.forced
        )  # fmt: skip
        self.step, self.n_spikes, self.n_hot, self.kick, self.forced, events, looked = kernel.advance(
            mode,
            engine._tables,
            cells,
            engine._model,
            engine._frame,
            (self.amplitude, self.hot, self.is_hot, self.release),
            (self.spikes, self.first),
            stimulus,
            probe,
            span,
        )
        self.events += events
        return events, looked

    def _move_origin(self) -> None:
        """Lay the frame anew at the last step done, at which the state is valid."""
        last = self.step - 1
        dtype = self.engine.dtype
        factors = fading(self.engine.parameters, last - self.origin)
        kernel.move_origin(self.amplitude, *(dtype(f) for f in factors), dtype(smallest_kept(dtype)))
        self.origin = last

    def _refill_hot(self) -> int:
        """Hot list from the state at the last step done."""
        k = max(self.step - 1 - self.origin, 0)
        look = self.engine._frame.look[k]
        self.n_hot = kernel.refill_hot(self.amplitude, self.hot, self.is_hot, self.engine._model, *look)
        return self.n_hot

    def _grow(self, room: int) -> None:
        larger = np.empty(max(2 * self.spikes.size, self.n_spikes + 2 * room), np.int32)
        larger[: self.n_spikes] = self.spikes[: self.n_spikes]
        self.spikes = larger

    def recorded(self) -> tuple[np.ndarray, np.ndarray]:
        """Spikes of this run and where each of its steps begins in them."""
        first = self.first[self.before :]
        return self.spikes[first[0] : first[-1]].copy(), first - first[0]

    def state(self, history: int) -> State:
        kept = min(history, self.first.size - 1)
        first = self.first[self.first.size - 1 - kept :]
        return State(
            step=self.stop,
            amplitude=self.amplitude,
            origin=self.origin,
            release=self.release,
            recent=self.spikes[first[0] : first[-1]].copy(),
            recent_first=first - first[0],
        )


def delay_steps(wiring: Wiring, parameters: LIFParameters) -> np.ndarray:
    """int64 (delays,): delay of each set of rows in whole steps.

    Raises:
        ValueError: a delay shorter than the time step.
    """
    delay_s = np.where(np.isnan(wiring.delay_s), parameters.delay_s, wiring.delay_s)
    if (delay_s < parameters.dt_s * (1 - 1e-6)).any():
        raise ValueError(
            f"dt_s = {parameters.dt_s} is larger than the shortest delay of the wiring ({delay_s.min()} s): "
            f"use dt_s <= {delay_s.min()}"
        )
    return np.rint(delay_s / parameters.dt_s).astype(np.int64)


def _indices(which, n_neurons: int, name: str, *, keep_order: bool = False) -> np.ndarray:
    if which is None:
        return np.zeros(0, np.int32)
    index = np.asarray(which)
    if index.size == 0:
        return np.zeros(0, np.int32)
    if index.ndim != 1 or not np.issubdtype(index.dtype, np.integer):
        raise ValueError(f"{name}: expected a list of integer indices, got {index.dtype} {index.shape}")
    if index.min() < 0 or index.max() >= n_neurons:
        raise ValueError(
            f"{name}: expected indices from 0 to {n_neurons - 1}, got {index.min()} to {index.max()}"
        )
    return index.astype(np.int32) if keep_order else np.unique(index).astype(np.int32)
