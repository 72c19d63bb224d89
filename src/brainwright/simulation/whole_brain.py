"""Activate, silence and clamp cells of a whole connectome, run it, and read rates by cell and type."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from brainwright.connectome import Connectome
from brainwright.runs import Units
from brainwright.simulation.cell_choice import CellChooser, Cells
from brainwright.simulation.engine import LIFParameters, Spikes, SpikingEngine, train_events
from brainwright.simulation.protocol import Activation, Protocol
from brainwright.simulation.signed_wiring import read_published, wiring_of

if TYPE_CHECKING:
    from brainwright.simulation.fly_run import FlyRun


class WholeBrain:
    """A whole-brain leaky integrate-and-fire model of a signed connectome (Shiu et al., Nature 634, 2024).

    Immutable: `activate`, `silence` and `clamp` return a new brain that shares the wiring. Not a model
    of plasticity, neuromodulation, gap junctions or graded transmission: the published model leaves them out.

    Args:
        connectome: with signs, on cells or on edges.
        parameters: of the model.
        precision: `"exact"` (float64, Brian2's spike set) or `"fast"` (float32).
        delay_s: delay of each chemical edge in seconds, in the connectome's order; default: the parameters'.
        groups: names -> ids, beside the types and classes of the connectome.

    Raises:
        ValueError: a connectome without signs; a time step larger than a delay.
        MemoryError: less memory free than the tables need.

    Example:
        >>> brain = WholeBrain.load("synthetic/fly_like", n_cells=1000, n_edges=20_000, n_followers=100)
        >>> run = brain.activate("input", rate_hz=150).run(0.1, trials=2)
        >>> run.rates().columns.tolist()[:5]
        ['id', 'type', 'rate_hz', 'sd_hz', 'driven']
    """

    def __init__(
        self,
        connectome: Connectome,
        *,
        parameters: LIFParameters | None = None,
        precision: Literal["exact", "fast"] = "exact",
        delay_s: np.ndarray | None = None,
        groups: Mapping[str, Sequence] | None = None,
    ) -> None:
        self.connectome = connectome
        wiring = wiring_of(connectome, delay_s)
        self.engine = SpikingEngine(wiring, parameters, precision=precision)
        self.protocol = Protocol()
        self._delay_s = delay_s
        self._groups = dict(groups or {})

    @classmethod
    def load(
        cls,
        name: str | Path = "flywire/783",
        *,
        ids: str | Path | None = None,
        parameters: LIFParameters | None = None,
        precision: Literal["exact", "fast"] = "exact",
        groups: Mapping[str, Sequence] | None = None,
        **options,
    ) -> "WholeBrain":
        """A brain from a data set's name, a saved connectome's folder, or a published Parquet table.

        Args:
            name: a name that `Connectome.load` knows (`"flywire/783"`, `"flywire/630"` where their
                public files are here, `"synthetic/fly_like"`, ...), a folder, or a `.parquet` file with
                the columns Presynaptic_Index, Postsynaptic_Index, Excitatory x Connectivity.
            ids: for a `.parquet` file, the completeness CSV whose first column lists the ids in order.
            options: handed to `Connectome.load`.

        Raises:
            brainwright.datasets.MissingData: the files are not here; the message says which go where.
            brainwright.connectome.ConnectomeError: other columns than needed, unknown names.
        """
        if str(name).endswith(".parquet"):
            connectome = read_published(Path(name), ids)
        else:
            connectome = Connectome.load(name, **options)
        return cls(connectome, parameters=parameters, precision=precision, groups=groups)

    @cached_property
    def choose(self) -> CellChooser:
        """It finds the positions of cells by ids, types, classes, pools or group names."""
        return CellChooser(self.connectome.cells, self._groups)

    @property
    def parameters(self) -> LIFParameters:
        """The parameters are those of the engine."""
        return self.engine.parameters

    def activate(
        self, cells: Cells, *, rate_hz: float | None = None, times_s: Iterable[float] | None = None
    ) -> "WholeBrain":
        """It returns the same brain with external events to these cells, on top of earlier activations.

        As in the published model an activated cell has no refractory time, at whatever rate.

        Args:
            cells: ids, types, classes, pools or group names.
            rate_hz: of independent Poisson events of each cell.
            times_s: instead, times from the start of a run at which all of these cells get an event.

        Raises:
            ValueError: a negative rate, both or neither of `rate_hz` and `times_s`.
            ConnectomeError: cells that are not there, with the nearest matches.
        """
        if (rate_hz is None) == (times_s is None):
            raise ValueError(f"expected either rate_hz or times_s, got {rate_hz!r} and {times_s!r}")
        if rate_hz is not None and not 0 <= rate_hz * self.parameters.dt_s <= 1:
            raise ValueError(
                f"rate_hz: expected from 0 to one event per step ({1 / self.parameters.dt_s:g} Hz), "
                f"got {rate_hz}"
            )
        times = () if times_s is None else tuple(float(t) for t in times_s)
        activation = Activation(self.choose(cells), rate_hz, times)
        return self._with(activations=(*self.protocol.activations, activation))

    def silence(self, cells: Cells, *, direction: Literal["outgoing", "both"] = "outgoing") -> "WholeBrain":
        """It returns the same brain with these cells cut off.

        Args:
            cells: ids, types, classes, pools or group names.
            direction: `"outgoing"` (the published code: they spike but reach nobody) or `"both"` (they
                are held at rest).
        """
        if direction not in ("outgoing", "both"):
            raise ValueError(f"direction: expected 'outgoing' or 'both', got {direction!r}")
        chosen = self.choose(cells).tolist()
        if direction == "both":
            return self.clamp(cells)
        return self._with(silenced=tuple(sorted({*self.protocol.silenced, *chosen})))

    def clamp(self, cells: Cells, *, times_s: Iterable[float] = ()) -> "WholeBrain":
        """It returns the same brain with these cells deaf, firing at the given times and never else.

        Args:
            cells: ids, types, classes, pools or group names.
            times_s: spike times from the start of a run; none: held at rest.
        """
        chosen = self.choose(cells).tolist()
        times = tuple(float(t) for t in times_s)
        kept = tuple(pair for pair in self.protocol.forced if pair[0] not in set(chosen))
        forced = kept + tuple((cell, times) for cell in chosen) if times else kept
        return self._with(clamped=tuple(sorted({*self.protocol.clamped, *chosen})), forced=forced)

    def rewired(self, connectome: Connectome) -> "WholeBrain":
        """The same cells, constants and protocol over another wiring (a null model, say)."""
        if connectome.n_cells != self.connectome.n_cells:
            raise ValueError(
                f"expected a wiring of the same {self.connectome.n_cells} cells, got {connectome.n_cells}"
            )
        if self._delay_s is not None:
            old, new = self.connectome.edges_of("chemical"), connectome.edges_of("chemical")
            if not (np.array_equal(old.pre, new.pre) and np.array_equal(old.post, new.post)):
                raise ValueError("delays belong to edges: expected a wiring with the same edges, got others")
        other = WholeBrain(
            connectome,
            parameters=self.parameters,
            precision=self.engine.precision,
            delay_s=self._delay_s,
            groups=self._groups,
        )
        other.protocol = self.protocol
        return other

    def run(
        self,
        duration_s: float = 1.0,
        *,
        trials: int = 1,
        seed: int = 0,
        record_voltage: Cells | None = None,
        threads: int | None = None,
        keep: Units | None = None,
        report: Callable[[int, int], None] | None = None,
    ) -> "FlyRun":
        """It runs independent trials from rest.

        Args:
            duration_s: of each trial, a whole number of time steps.
            trials: how many.
            seed: trial t of one seed has the same external events in every brain of the same protocol,
                whatever is silenced, so that differences are paired.
            record_voltage: cells whose membrane is kept at every step.
            threads: trials at a time; default: the number of cores.
            keep: where finished trials are kept; those found there are not run again.
            report: called with (trials done, trials).

        Raises:
            ValueError: no trials, a negative duration, a folder of another brain or protocol, `keep` beside
                `record_voltage`.
            MemoryError: less memory free than the trials need.
        """
        from brainwright.simulation.fly_run import run_trials

        recorded = None if record_voltage is None else self.choose(record_voltage)
        steps = self.parameters.steps(duration_s)
        return run_trials(self, steps, trials, seed, recorded, threads, keep, report)

    def trial(self, steps: int, seed: int, trial: int, recorded: np.ndarray | None = None) -> Spikes:
        """One trial; `run` is the usual way to call it."""
        protocol = self.protocol
        forced = {cell: times for cell, times in protocol.forced}
        driven = [activation.cells for activation in protocol.activations]
        spikes, _ = self.engine.run(
            steps,
            kicks=self.events(steps, seed, trial),
            driven=np.concatenate(driven) if driven else None,
            silenced=np.array(protocol.silenced, np.int32),
            clamped=np.array(protocol.clamped, np.int32),
            forced=train_events(forced, steps, self.parameters),
            record_voltage=recorded,
        )
        return spikes

    def events(self, steps: int, seed: int, trial: int) -> np.ndarray:
        """It returns the external events of one trial, int32 (events, 2): step, position of the cell."""
        return self.protocol.events(steps, seed, trial, self.parameters)

    @property
    def driven(self) -> np.ndarray:
        """The positions are those of the activated cells, int32, sorted."""
        return self.protocol.driven

    @property
    def silenced(self) -> np.ndarray:
        """These are the positions of the cells that reach nobody, int32, sorted: silenced, or clamped without
        spikes.
        """
        return self.protocol.unheard

    def _with(self, **changes) -> "WholeBrain":
        other = object.__new__(WholeBrain)
        other.__dict__.update(self.__dict__)
        other.protocol = replace(self.protocol, **changes)
        return other

    def __repr__(self) -> str:
        p = self.protocol
        return (
            f"WholeBrain({self.connectome.source.name}: {self.connectome.n_cells:,} cells, "
            f"{self.engine.wiring.n_connections:,} connections; {self.driven.size} activated, "
            f"{len(p.silenced)} silenced, {len(p.clamped)} clamped)"
        )
