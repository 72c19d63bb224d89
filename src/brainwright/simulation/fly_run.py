"""Runs trials of a whole brain, and what they show: rates by cell and by type, raster, figure."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from brainwright.figures import new_figure
from brainwright.runs import Units
from brainwright.simulation.cell_choice import Cells
from brainwright.simulation.engine import Spikes, memory_estimate_bytes
from brainwright.simulation.engine.wiring import refuse_if_too_little_memory
from brainwright.simulation.fingerprint import settings_of

if TYPE_CHECKING:
    from brainwright.simulation.whole_brain import WholeBrain


@dataclass(frozen=True, eq=False)
class FlyRun:
    """A run is the trials of one brain under one protocol."""

    brain: "WholeBrain"
    trials: tuple[Spikes, ...]
    seed: int

    @cached_property
    def rate_by_trial_hz(self) -> np.ndarray:
        """The rates are float64 (trials, cells)."""
        return np.stack([spikes.rate_hz() for spikes in self.trials])

    def rates(self, *, silent: bool = False) -> pd.DataFrame:
        """It returns one row per cell, highest rate first.

        Args:
            silent: also the cells that never spiked.

        Returns:
            Columns id, type, side, class as far as the connectome has them, rate_hz (mean over trials),
            sd_hz (between trials), driven, silenced (or held at rest).
        """
        cells = self.brain.connectome.cells
        table = cells[[c for c in ("id", "type", "side", "class") if c in cells]].reset_index(drop=True)
        rate = self.rate_by_trial_hz
        spread = rate.std(axis=0, ddof=1) if len(rate) > 1 else np.full(rate.shape[1], np.nan)
        table = table.assign(
            rate_hz=rate.mean(axis=0),
            sd_hz=spread,
            driven=_member(self.brain.driven, len(table)),
            silenced=_member(self.brain.silenced, len(table)),
        )
        kept = table if silent else table[table["rate_hz"] > 0]
        return kept.sort_values("rate_hz", ascending=False, kind="stable").reset_index(drop=True)

    def types(self) -> pd.DataFrame:
        """One row per type with active cells that were not driven: cells, active cells, mean rate of all.

        Raises:
            ValueError: a connectome without types.
        """
        table = self.rates(silent=True)
        if "type" not in table:
            raise ValueError("expected a connectome with a 'type' column, got none; use rates() instead")
        grouped = table[~table["driven"]].groupby("type", dropna=True)["rate_hz"]
        types = grouped.agg(cells="size", active=lambda x: int((x > 0).sum()), rate_hz="mean").reset_index()
        types = types[types["active"] > 0]
        return types.sort_values("rate_hz", ascending=False, kind="stable").reset_index(drop=True)

    def rate_of(self, cells: Cells) -> np.ndarray:
        """It returns the mean rate of these cells in each trial, float64 (trials,)."""
        return self.rate_by_trial_hz[:, self.brain.choose(cells)].mean(axis=1)

    def raster(self) -> pd.DataFrame:
        """The table has one row per spike: trial, time_s, id."""
        ids = self.brain.connectome.ids
        frames = [
            pd.DataFrame({"trial": number, "time_s": spikes.time_s, "id": ids[spikes.neuron]})
            for number, spikes in enumerate(self.trials)
        ]
        return pd.concat(frames, ignore_index=True)

    def voltages(self, trial: int = 0) -> pd.DataFrame:
        """It returns the membrane in mV of the recorded cells, one column per id, one row per time step."""
        spikes = self.trials[trial]
        time_s = pd.Index((1 + np.arange(spikes.n_steps)) * spikes.dt_s, name="time_s")
        return pd.DataFrame(
            spikes.voltage_mV, index=time_s, columns=self.brain.connectome.ids[spikes.recorded]
        )

    def plot(self, path: str | Path | None = None, *, most: int = 200, trial: int = 0):
        """The figure shows a raster of the most active cells, driven ones apart, and the population rate.

        Args:
            path: where to save the figure; by its ending PNG, SVG or PDF.
            most: cells shown.
            trial: which trial.

        Returns:
            matplotlib.figure.Figure
        """
        spikes = self.trials[trial]
        driven = _member(self.brain.driven, self.brain.connectome.n_cells)
        rate = self.rate_by_trial_hz.mean(axis=0)
        order = np.argsort(-rate, kind="stable")[:most]
        order = order[rate[order] > 0]
        order = np.concatenate([order[driven[order]], order[~driven[order]]])
        line = np.full(rate.size, -1)
        line[order] = np.arange(order.size)
        figure = new_figure(figsize=(8, 5), layout="constrained")
        above, below = figure.subplots(2, 1, height_ratios=[4, 1], sharex=True)
        shown = line[spikes.neuron] >= 0
        colour = np.where(driven[spikes.neuron], "tab:red", "black")
        above.scatter(spikes.time_s[shown], line[spikes.neuron[shown]], s=1, c=colour[shown], linewidths=0)
        above.invert_yaxis()
        above.set_ylabel(f"{order.size} most active cells\n(red: driven)")
        width_s = 0.01  # bins of 10 ms: half a membrane time constant, and a hundred of them in a second
        edges = np.arange(0, spikes.duration_s + width_s, width_s)
        count, _ = np.histogram(spikes.time_s[~driven[spikes.neuron]], edges)
        below.stairs(count / width_s, edges, color="black")
        below.set_ylabel("spikes / s\n(not driven)")
        below.set_xlabel("time (s)")
        if path is not None:
            figure.savefig(path, dpi=150)
        return figure


def run_trials(
    brain: "WholeBrain",
    steps: int,
    trials: int,
    seed: int,
    recorded: np.ndarray | None,
    threads: int | None,
    keep: Units | None,
    report: Callable[[int, int], None] | None,
) -> FlyRun:
    """What `WholeBrain.run` does; `recorded` are positions."""
    if trials < 1:
        raise ValueError(f"trials: expected at least 1, got {trials}")
    if keep is not None and recorded is not None:
        raise ValueError("keep: expected no record_voltage beside it, since units hold spikes alone")
    threads = min(threads or os.cpu_count() or 1, trials)
    _refuse_if_too_large(brain, steps, trials, threads, 0 if recorded is None else recorded.size)
    if keep is not None:
        keep.claim(settings_of(brain) | {"steps": steps, "seed": seed})
    one_trial = partial(_trial, brain, keep, steps, seed, recorded)
    done: list[Spikes] = []
    with ThreadPoolExecutor(threads) as pool:
        tasks = [pool.submit(one_trial, trial) for trial in range(trials)]
        try:
            for task in tasks:
                done.append(task.result())
                if report:
                    report(len(done), trials)
        except BaseException:  # Ctrl-C too: do not work off what is waiting first
            pool.shutdown(cancel_futures=True)
            raise
    return FlyRun(brain, tuple(done), seed)


def _trial(
    brain: "WholeBrain", keep: Units | None, steps: int, seed: int, recorded: np.ndarray | None, trial: int
) -> Spikes:
    """One trial; from its unit where that is there."""
    if keep is None:
        return brain.trial(steps, seed, trial, recorded)
    name = f"trial-{trial:03d}"
    if not keep.done(name):
        spikes = brain.trial(steps, seed, trial)
        keep.save(
            name, {"step": spikes.step, "neuron": spikes.neuron, "events": np.array(spikes.synaptic_events)}
        )
        return spikes
    kept = keep.load(name)
    size = brain.connectome.n_cells, steps, brain.parameters.dt_s
    return Spikes.restored(kept["step"], kept["neuron"], int(kept["events"]), size)


def _refuse_if_too_large(brain: "WholeBrain", steps: int, trials: int, threads: int, n_recorded: int) -> None:
    """Raises MemoryError where the trials need more memory than is free."""
    need = memory_estimate_bytes(brain.connectome.n_cells, 0, parallel_trials=threads)
    # events and spikes: as many of each as are given from outside, at the least; and rates by trial
    rates = sum(a.cells.size * (a.rate_hz or 0.0) for a in brain.protocol.activations)
    # 8 bytes for an event (step, neuron), 8 for the spike that it makes
    given = int(16 * rates * steps * brain.parameters.dt_s)
    need += trials * (steps * (8 + 16 * n_recorded) + given + 8 * brain.connectome.n_cells)
    refuse_if_too_little_memory(need, f"{trials} trials of {steps} steps, {n_recorded} cells recorded,")


def _member(positions: np.ndarray, n: int) -> np.ndarray:
    mask = np.zeros(n, bool)
    mask[positions] = True
    return mask
