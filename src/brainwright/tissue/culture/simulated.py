"""A batch of simulated cultures behind the `Tissue` contract."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from brainwright.signal import Recording

from ..contract import Receipt
from ..ledger import DoseLedger
from ..limits import StimulusLimits
from ..plan import StimulusPlan
from .electrodes import artifact_spread, strength, usable_channels
from .parameters import CultureParameters
from .queue import Due, PulseQueue, layout
from .state import assemble, constants
from .wiring import grow

_CHUNK_S = 0.5  # events of one kernel call are bounded by the refractory period over this time


class SimulatedCulture:
    """Leaky integrate-and-fire cultures that learn from stimulation alone (virtual time, deterministic).

    It may be written to directly: nothing lives in it, its limits hold all the same, and control arms must
    not be stopped by a lease. To rehearse what living tissue asks for, put it into a `Guarded`.

    Args:
        seeds: one per dish; a seed fixes wiring, noise and recruitment.
        parameters: see `CultureParameters`.
        plasticity: False freezes every synapse (as a kinase block would); may be changed at any time.
        synapses: (excitatory, inhibitory) scale; (0, 0) is a full synaptic block. With an excitatory scale of
            zero (AMPA and NMDA receptors blocked) synapses do not change either.
        consolidating: opens the gate through which the slow weights of `CultureParameters.tau_return_s`
            follow the others; may be changed at any time.
        cells: False is a dish of saline: stimulus artifacts only.
        threads: dishes are advanced on this many threads; the result does not depend on it.
    """

    def __init__(
        self,
        seeds: Sequence[int],
        parameters: CultureParameters | None = None,
        *,
        plasticity: bool = True,
        synapses: tuple[float, float] = (1.0, 1.0),
        consolidating: bool = False,
        cells: bool = True,
        limits: StimulusLimits | None = None,
        threads: int = 1,
    ):
        if len(seeds) == 0:
            raise ValueError("seeds must name at least one dish, got none")
        self.seeds = [int(s) for s in seeds]
        self.parameters = parameters or CultureParameters()
        self.plasticity, self.synapses, self.cells = plasticity, synapses, cells
        self.consolidating = consolidating
        self.limits = limits or StimulusLimits(channels=usable_channels())
        self.threads = max(1, int(threads))
        self.n_dishes, self.n_channels = len(self.seeds), self.parameters.n_channels
        self.wirings = [grow(self.parameters, seed) for seed in self.seeds]
        self._constants = constants(self.parameters)
        self._structure, self._state = assemble(self.parameters, self.wirings, self.seeds)
        self._spread = artifact_spread(self.parameters)
        self.ledger = DoseLedger(self.n_dishes, self.n_channels)
        self._queue = PulseQueue()
        self._pool = ThreadPoolExecutor(self.threads)
        self._order = _far_apart(self.n_dishes, self.threads)

    def now_s(self) -> float:
        return float(self._state.step[0] * self.parameters.dt_s)

    def read(self, duration_s: float) -> Recording:
        recording, _ = self.read_cells(duration_s)
        return recording

    def read_cells(self, duration_s: float) -> tuple[Recording, NDArray[np.int32]]:
        """It reads as `read` does, with the cell behind every detection (-1: artifact), for validation and
        rasters.
        """
        n_steps = self.parameters.steps(duration_s) if np.isfinite(duration_s) else 0
        if n_steps < 1:
            raise ValueError(
                f"duration_s must be at least one step of {self.parameters.dt_s} s, got {duration_s}"
            )
        start = self.now_s()
        chunk = self.parameters.steps(_CHUNK_S)
        parts = [self._advance(min(chunk, n_steps - done)) for done in range(0, n_steps, chunk)]
        columns = parts[0] if len(parts) == 1 else map(np.concatenate, zip(*parts, strict=True))
        dish, channel, time_s, cell = columns
        recording = Recording(
            dish=dish,
            channel=channel,
            time_s=time_s,
            n_dishes=self.n_dishes,
            n_channels=self.n_channels,
            start_s=start,
            stop_s=self.now_s(),
        )
        return recording, cell

    def write(self, plan: StimulusPlan) -> Receipt:
        self.limits.check(plan, self.ledger, self.now_s())
        steps, force = self._steps_of(plan), strength(plan, self.parameters)
        self.ledger.admit(plan)
        self._queue.push(plan, steps, force)
        return Receipt(self.now_s(), plan.time_s, self._time_of(steps), float(plan.phase_charge_nC.sum()))

    def stop(self) -> None:
        self.ledger.withdraw(self._queue.cancel())

    def weights(self, dish: int) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float64]]:
        """It returns the synapses of one dish as (pre, post, weight in mV); copies."""
        wiring = self.wirings[dish]
        weight = self._state.weight[self.synapses_of(dish)]
        return wiring.pre.copy(), wiring.post.copy(), weight.copy()

    def synapses_of(self, dish: int) -> slice:
        """It says where the synapses of a dish lie in the `weight` of a `snapshot`."""
        first = int(self._structure.group[dish, 0, 0])
        return slice(first, first + self.wirings[dish].pre.size)

    def snapshot(self) -> dict[str, NDArray[Any]]:
        """It returns everything that changes, as arrays (`restore` takes them back). Not the queue and the
        ledger.
        """
        return {name: array.copy() for name, array in self._state._asdict().items()}

    def restore(self, snapshot: dict[str, NDArray[Any]]) -> None:
        """It goes back to a snapshot; cancels the queue and starts a new ledger, as for a new experiment."""
        arrays = self._state._asdict()
        for name, array in arrays.items():
            shape = snapshot[name].shape if name in snapshot else None
            if shape != array.shape:
                raise ValueError(f"snapshot: expected {name} of shape {array.shape}, got {shape}")
        for name, array in arrays.items():
            array[...] = snapshot[name]
        self._queue = PulseQueue()
        self.ledger = DoseLedger(self.n_dishes, self.n_channels)

    def _steps_of(self, plan: StimulusPlan) -> NDArray[np.int64]:
        """It returns the first step that does not begin before the requested time."""
        return np.ceil(plan.time_s / self.parameters.dt_s - 1e-6).astype(np.int64)

    def _time_of(self, steps: NDArray[np.int64]) -> NDArray[np.float64]:
        return np.multiply(steps, self.parameters.dt_s, dtype=np.float64)

    def _advance(self, n_steps: int) -> tuple[NDArray[Any], ...]:
        """It advances all dishes; returns dish, channel, time_s and cell of every detection."""
        from .kernel import advance, collect

        pulses = self._due(int(self._state.step[0]) + n_steps)
        per_cell = -(-n_steps // (self._constants.refractory + 1))
        capacity = per_cell * self.parameters.n_neurons * self.cells + n_steps * self.n_channels
        events = np.empty((self.n_dishes, capacity, 3), np.int32)
        n_events = np.zeros(self.n_dishes, np.int64)

        drugs = float(self.synapses[0]), float(self.synapses[1])
        plastic = bool(self.plasticity) and drugs[0] > 0
        taken = np.zeros(1, np.int64)

        def work() -> None:
            advance(
                taken, self._order, n_steps, self._constants, self._structure, self._state, plastic,
                bool(self.consolidating), bool(self.cells), drugs, pulses, self._spread, events, n_events,
            )  # fmt: skip

        helpers = [self._pool.submit(work) for _ in range(min(self.threads, self.n_dishes) - 1)]
        work()
        for helper in helpers:
            helper.result()
        self._state.step[0] += n_steps
        return collect(events, n_events, self.parameters.dt_s)

    def _due(self, until_step: int) -> Due:
        """It takes the pulses before `until_step` from the queue, into the ledger and the kernel's layout."""
        parts = self._queue.take(until_step)
        for plan, steps, _ in parts:
            self.ledger.deliver(plan, self._time_of(steps))
        return layout(parts, self.n_dishes)


def _far_apart(n_dishes: int, threads: int) -> NDArray[np.int64]:
    """It orders dishes so that those taken at one time are no neighbours, [dish]: two cores that write to one
    cache line, as the end of one dish and the beginning of the next, wait for each other at every step.
    """
    share = -(-n_dishes // threads)
    return np.argsort(np.arange(n_dishes) % share, kind="stable")
