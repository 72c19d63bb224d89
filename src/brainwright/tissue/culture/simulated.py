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
from .parameters import GROUNDED, CultureParameters
from .state import State, assemble, constants
from .wiring import distances, electrode_positions, grow

_CHUNK_S = 0.5  # events of one kernel call are bounded by the refractory period over this time


def usable_channels() -> tuple[int, ...]:
    """Channels that may stimulate: all but the grounded ones."""
    return tuple(c for c in range(64) if c not in GROUNDED)


class SimulatedCulture:
    """Leaky integrate-and-fire cultures that learn from stimulation alone (virtual time, deterministic).

    Args:
        seeds: one per dish; a seed fixes wiring, noise and recruitment.
        parameters: see `CultureParameters`.
        plasticity: False freezes every synapse (as a kinase block would); may be changed at any time.
        synapses: (excitatory, inhibitory) scale; (0, 0) is a full synaptic block.
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
        cells: bool = True,
        limits: StimulusLimits | None = None,
        threads: int = 1,
    ):
        if len(seeds) == 0:
            raise ValueError("seeds must name at least one dish, got none")
        self.seeds = [int(s) for s in seeds]
        self.parameters = parameters or CultureParameters()
        self.plasticity, self.synapses, self.cells = plasticity, synapses, cells
        self.limits = limits or StimulusLimits(channels=usable_channels())
        self.threads = max(1, int(threads))
        self.n_dishes, self.n_channels = len(self.seeds), self.parameters.n_channels
        self.wirings = [grow(self.parameters, seed) for seed in self.seeds]
        self._constants = constants(self.parameters)
        self._structure, self._state = assemble(self.parameters, self.wirings, self.seeds)
        apart = distances(electrode_positions(), electrode_positions())
        reach = self.parameters.artifact_reach_pitch
        self._spread = np.exp(-apart / reach) if reach > 0 else np.eye(self.n_channels)
        self.ledger = DoseLedger(self.n_dishes, self.n_channels)
        self._queue: list[StimulusPlan] = []
        self._pool = ThreadPoolExecutor(self.threads)

    def now_s(self) -> float:
        return float(self._state.step[0] * self.parameters.dt_s)

    def read(self, duration_s: float) -> Recording:
        recording, _ = self.read_cells(duration_s)
        return recording

    def read_cells(self, duration_s: float) -> tuple[Recording, NDArray[np.int32]]:
        """As `read`, with the cell behind every detection (-1: stimulus artifact), for validation and rasters."""
        n_steps = self.parameters.steps(duration_s) if np.isfinite(duration_s) else 0
        if n_steps < 1:
            raise ValueError(f"duration_s must be at least one step of {self.parameters.dt_s} s, got {duration_s}")
        start = self.now_s()
        chunk = self.parameters.steps(_CHUNK_S)
        parts = [self._advance(min(chunk, n_steps - done)) for done in range(0, n_steps, chunk)]
        dish, events = (np.concatenate(column) for column in zip(*parts, strict=True))
        recording = Recording(
            dish=dish,
            channel=events[:, 1].astype(np.int32),
            time_s=events[:, 0] * self.parameters.dt_s,
            n_dishes=self.n_dishes,
            n_channels=self.n_channels,
            start_s=start,
            stop_s=self.now_s(),
        )
        return recording, events[:, 2]

    def write(self, plan: StimulusPlan) -> Receipt:
        self.limits.check(plan, self.ledger, self.now_s())
        self.ledger.admit(plan)
        if plan.n_pulses:
            self._queue.append(plan)
        steps = self._steps_of(plan)
        charge = float(np.abs(plan.charge_nC).max(axis=1).sum()) if plan.n_pulses else 0.0
        return Receipt(self.now_s(), plan.time_s, steps * self.parameters.dt_s, charge)

    def stop(self) -> None:
        for plan in self._queue:
            self.ledger.withdraw(plan)
        self._queue.clear()

    def weights(self, dish: int) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float64]]:
        """Synapses of one dish as (pre, post, weight in mV); copies."""
        wiring = self.wirings[dish]
        first = int(self._structure.out_ptr[dish, 0])
        return wiring.pre.copy(), wiring.post.copy(), self._state.weight[first : first + wiring.pre.size].copy()

    def snapshot(self) -> dict[str, NDArray[Any]]:
        """Everything that changes, as arrays (`restore` takes them back). Queued pulses are not part of it."""
        return {name: array.copy() for name, array in self._state._asdict().items()}

    def restore(self, snapshot: dict[str, NDArray[Any]]) -> None:
        """Return to a snapshot; cancels the queue and starts a new ledger, as for a new experiment."""
        for name, array in self._state._asdict().items():
            if snapshot[name].shape != array.shape:
                raise ValueError(f"snapshot of {name} has shape {snapshot[name].shape}, expected {array.shape}")
        self._state = State(**{name: array.copy() for name, array in snapshot.items()})
        self._queue.clear()
        self.ledger = DoseLedger(self.n_dishes, self.n_channels)

    def _steps_of(self, plan: StimulusPlan) -> NDArray[np.int64]:
        """First step that does not begin before the requested time."""
        return np.ceil(plan.time_s / self.parameters.dt_s - 1e-6).astype(np.int64)

    def _advance(self, n_steps: int) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Advance all dishes; returns the dish and (step, channel, cell) of every detection."""
        from .kernel import advance

        pulses = self._due(int(self._state.step[0]) + n_steps)
        per_cell = -(-n_steps // (self._constants.refractory + 1))
        capacity = per_cell * self.parameters.n_neurons * self.cells + n_steps * self.n_channels
        events = np.empty((self.n_dishes, capacity, 3), np.int32)
        n_events = np.zeros(self.n_dishes, np.int64)

        def run(first: int, last: int) -> None:
            advance(
                first, last, n_steps, self._constants, self._structure, self._state, self.plasticity,
                self.cells, self.synapses, pulses, self._spread, events, n_events,
            )  # fmt: skip

        edges = np.linspace(0, self.n_dishes, min(self.threads, self.n_dishes) + 1).astype(int)
        if len(edges) == 2:
            run(0, self.n_dishes)
        else:
            list(self._pool.map(run, edges[:-1], edges[1:]))
        self._state.step[0] += n_steps
        dish = np.repeat(np.arange(self.n_dishes, dtype=np.int32), n_events)
        return dish, np.concatenate([events[b, :n] for b, n in enumerate(n_events)])

    def _due(self, until_step: int) -> tuple[NDArray[np.int64], ...]:
        """Take the pulses before `until_step` from the queue, into the ledger and the kernel's layout."""
        plans, self._queue, due = self._queue, [], []
        for plan in plans:
            now = self._steps_of(plan) < until_step
            if now.all():
                due.append(plan)
                continue
            for part, keep in ((due, now), (self._queue, ~now)):
                if keep.any():
                    part.append(
                        StimulusPlan(
                            plan.dish[keep], plan.channel[keep], plan.time_s[keep], plan.current_uA[keep], plan.width_us[keep]
                        )
                    )
        pointer = np.zeros(self.n_dishes + 1, np.int64)
        if not due:
            return pointer, np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0)
        plan = StimulusPlan.join(due)
        steps = self._steps_of(plan)
        self.ledger.deliver(plan, steps * self.parameters.dt_s)
        order = np.lexsort((plan.channel, steps, plan.dish))
        pointer[1:] = np.cumsum(np.bincount(plan.dish, minlength=self.n_dishes))
        return pointer, steps[order], plan.channel[order].astype(np.int64), self._relative_current(plan)[order]

    def _relative_current(self, plan: StimulusPlan) -> NDArray[np.float64]:
        """Cathodic current over the reference current, with Lapicque's width factor 1 - exp(-w / chronaxie)."""
        p = self.parameters
        width = np.take_along_axis(plan.width_us, plan.current_uA.argmin(axis=1)[:, None], axis=1)[:, 0]
        strength = (1 - np.exp(-width / p.chronaxie_us)) / (1 - np.exp(-p.reference_width_us / p.chronaxie_us))
        return plan.cathodic_uA / p.reference_current_uA * strength
