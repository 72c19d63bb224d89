"""The spiking engine: one wiring, one set of constants, any number of runs."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from brainwright.signal.steps import nearest_steps

from . import kernel
from .frame import frame_tables
from .parameters import LIFParameters
from .progress import CellsTuple, ModelTuple, ProbeTuple, Progress, StimulusTuple, Tables, WiringTuple
from .result import Spikes
from .state import State
from .stimulus import EMPTY, check_events
from .switch import Always, Cheaper, Switch
from .wiring import Wiring

NEVER = np.iinfo(np.int64).max // 2
"""A step that no run reaches; half of the largest, so that steps can be added to it without overflow."""


class SpikingEngine:
    """Leaky integrate-and-fire network with exact propagation (see `LIFParameters`).

    `exact` (float64) gives Brian2's spike set; `fast` (float32) is quicker and agrees with it until
    rounding decides a threshold crossing. Runs are independent of each other and release the interpreter
    lock, so several may run in threads on one engine.

    Args:
        wiring: connections, shared and never changed.
        parameters: of the model.
        precision: `"exact"` or `"fast"`.

    Raises:
        ValueError: an unknown precision, or a delay that is shorter than the time step.

    Example:
        >>> wiring = Wiring.from_edges([0], [1], [200], 2)
        >>> engine = SpikingEngine(wiring)
        >>> spikes, state = engine.run(100, kicks=[[0, 0]])
        >>> spikes.step.tolist(), spikes.neuron.tolist()
        ([1, 62], [0, 1])
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
        in_mV = wiring.words._replace(table=dtype(parameters.weight_mV) * wiring.words.table)
        self._tables = Tables(
            WiringTuple(wiring.row, in_mV, self.delay_steps),
            _model(parameters, dtype),
            frame_tables(parameters, dtype),
            parameters,
        )
        # the screen for hot neurons needs the membrane to be the slower of the two; 1e-6 as in `frame`, where
        # nearer time constants count as equal
        self._lazy_possible = parameters.tau_m_s > parameters.tau_s_s * (1 + 1e-6)

    def rest(self) -> State:
        """It returns the state with every neuron at rest, none refractory, nothing under way."""
        n = self.wiring.n_neurons
        return State(
            step=0,
            amplitude=np.zeros((n, 2), self.dtype),
            origin=0,
            release=np.zeros(n, np.int64),
            refractory_values=np.array([self.parameters.refractory_steps]),
            recent=np.zeros(0, np.int32),
            recent_first=np.zeros(1, np.int64),
        )

    def run(
        self,
        steps: int,
        *,
        kicks: ArrayLike = EMPTY,
        driven: ArrayLike | None = None,
        silenced: ArrayLike | None = None,
        clamped: ArrayLike | None = None,
        forced: ArrayLike = EMPTY,
        refractory_steps: Mapping[int, int] | None = None,
        record_voltage: ArrayLike | None = None,
        state: State | None = None,
        mode: Literal["auto", "lazy", "sweep"] | Switch = "auto",
    ) -> tuple[Spikes, State]:
        """Advance by `steps` time steps.

        Args:
            steps: how many.
            kicks: int (events, 2), (step from the start of this run, neuron): jumps of `v` by `kick_mV`.
            driven: neurons without refractory time; default: those in `kicks`.
            silenced: neurons whose outgoing spikes reach nobody; they still spike.
            clamped: neurons held at rest, deaf and silent but for `forced`.
            forced: int (events, 2): spikes that clamped neurons fire at given steps.
            refractory_steps: own refractory time of single neurons, in steps (1: none), over all else.
            record_voltage: neurons whose membrane is recorded at the end of every step.
            state: where to start; default at rest.
            mode: `"auto"` switches between following events and sweeping by cost.

        Returns:
            Spikes of this run, and the state to go on from.

        Raises:
            ValueError: indices or steps outside the run, forced spikes of neurons that are not clamped,
                `mode="lazy"` with a membrane that is not slower than the synapse.
        """
        n = self.wiring.n_neurons
        if not (isinstance(steps, int | np.integer) and steps >= 0):
            raise ValueError(f"steps: expected an integer >= 0, got {steps!r}")
        state = self.rest() if state is None else self._copied(state)
        kicks = check_events(kicks, n, steps, "kicks")
        forced = np.unique(check_events(forced, n, steps, "forced"), axis=0)  # one spike a step at most
        clamped = _indices(clamped, n, "clamped")
        if not np.isin(forced[:, 1], clamped).all():
            stray = forced[~np.isin(forced[:, 1], clamped), 1][0]
            raise ValueError(
                f"forced: neuron {stray} is not clamped; expected forced spikes of clamped neurons only"
            )
        driven = _present(kicks[:, 1], n) if driven is None else _indices(driven, n, "driven")
        cells = self._cells(driven, _indices(silenced, n, "silenced"), refractory_steps or {}, state)
        recorded = _indices(record_voltage, n, "record_voltage", keep_order=True)
        probe = ProbeTuple(recorded, state.step, np.zeros((steps, recorded.size), self.dtype))
        shift = np.array([state.step, 0], np.int32)
        stimulus = StimulusTuple(
            kicks + shift, forced + shift, int(np.bincount(forced[:, 0]).max()) if len(forced) else 0
        )
        held_until = state.release[clamped]
        state.release[clamped] = NEVER
        run = Progress(self._tables, state, steps)
        swept = run.go(self._switch(mode), cells, stimulus, probe)
        run.release[clamped] = np.maximum(held_until, state.step + steps)
        run.amplitude[clamped] = 0
        probe.voltage[:, np.isin(recorded, clamped)] = 0
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
            examined=run.examined,
            sweep_steps=swept,
        )
        return result, run.state(cells.refractory_values, self._history(cells))

    def _history(self, cells: CellsTuple) -> int:
        """The number is that of the steps back to which spikes still matter."""
        return int(max(self.delay_steps.max(initial=1), cells.refractory_values.max(initial=1))) + 1

    def _switch(self, mode: str | Switch) -> Switch:
        if not isinstance(mode, str):
            return mode
        fixed = {"lazy": Always(kernel.LAZY), "sweep": Always(kernel.SWEEP)}
        if mode not in ("auto", "lazy", "sweep"):
            raise ValueError(f"mode: expected 'auto', 'lazy' or 'sweep', got {mode!r}")
        if not self._lazy_possible:
            if mode == "lazy":
                raise ValueError(
                    "mode 'lazy': expected tau_m_s > tau_s_s, got "
                    f"{self.parameters.tau_m_s} and {self.parameters.tau_s_s}; use 'auto' or 'sweep'"
                )
            return fixed["sweep"]
        return fixed[mode] if mode in fixed else Cheaper()

    def _cells(
        self, driven: np.ndarray, silenced: np.ndarray, steps_of: Mapping[int, int], state: State
    ) -> CellsTuple:
        refractory = np.full(self.wiring.n_neurons, self.parameters.refractory_steps, np.int32)
        refractory[driven] = 1
        # those of earlier runs too: a neuron may still be refractory from there
        values = {*state.refractory_values.tolist(), *([1] if driven.size else []), *steps_of.values()}
        for neuron, steps in steps_of.items():
            _indices(np.array([neuron]), self.wiring.n_neurons, "refractory_steps")
            if steps < 1:
                raise ValueError(f"refractory_steps of neuron {neuron}: expected >= 1, got {steps}")
            refractory[neuron] = steps
        muted = np.zeros(self.wiring.n_neurons, np.bool_)
        muted[silenced] = True
        return CellsTuple(muted, refractory, np.array(sorted(values), np.int64))

    def _copied(self, state: State) -> State:
        """A state of the caller's, checked, and safe to work on."""
        if state.amplitude.shape != (self.wiring.n_neurons, 2) or state.amplitude.dtype != self.dtype:
            raise ValueError(
                f"state: expected {self.wiring.n_neurons} neurons in {np.dtype(self.dtype)}, got "
                f"{state.amplitude.shape[0]} in {state.amplitude.dtype}"
            )
        return replace(state, amplitude=state.amplitude.copy(), release=state.release.copy())


def _model(parameters: LIFParameters, dtype: type) -> ModelTuple:
    """The constants relative to rest, in the precision of the run; a little slack for the hot test."""
    # far above the rounding of a few operations (1e-16, 6e-8): no neuron that crosses is overlooked; a little
    # more slack only makes a few more neurons be looked at
    slack = 1e-6 if dtype is np.float64 else 1e-5
    threshold = parameters.threshold_mV - parameters.rest_mV
    return ModelTuple(
        threshold=dtype(threshold),
        near_threshold=dtype(threshold * (1 - slack)),
        rho=dtype(parameters.peak_share * (1 + slack)),
        kick=dtype(parameters.kick_mV),
        reset=dtype(parameters.reset_mV - parameters.rest_mV),
        zero=dtype(0),
    )


def delay_steps(wiring: Wiring, parameters: LIFParameters) -> np.ndarray:
    """It returns int64 (delays,): delay of each set of rows in whole steps.

    Raises:
        ValueError: a delay shorter than the time step.
    """
    delay_s = np.where(np.isnan(wiring.delay_s), parameters.delay_s, wiring.delay_s)
    # 1e-6: a delay of exactly one step may have lost its last digit
    if (delay_s < parameters.dt_s * (1 - 1e-6)).any():
        raise ValueError(
            f"dt_s = {parameters.dt_s} is larger than the shortest delay of the wiring ({delay_s.min()} s): "
            f"use dt_s <= {delay_s.min()}"
        )
    return nearest_steps(delay_s, parameters.dt_s)


def _present(indices: np.ndarray, n_neurons: int) -> np.ndarray:
    """It returns those that occur, sorted; `numpy.unique` takes thirteen times as long for many."""
    occurs = np.zeros(n_neurons, np.bool_)
    occurs[indices] = True
    return np.flatnonzero(occurs)


def _indices(which: ArrayLike | None, n_neurons: int, name: str, *, keep_order: bool = False) -> np.ndarray:
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
