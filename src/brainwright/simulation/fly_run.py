"""What a run of a whole brain shows: rates by cell and by type, raster, figure."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from brainwright.figures import new_figure
from brainwright.simulation.cell_choice import Cells
from brainwright.simulation.engine import Spikes

if TYPE_CHECKING:
    from brainwright.simulation.whole_brain import WholeBrain


@dataclass(frozen=True, eq=False)
class FlyRun:
    """Trials of one brain under one protocol."""

    brain: "WholeBrain"
    trials: tuple[Spikes, ...]
    seed: int

    @cached_property
    def rate_by_trial_hz(self) -> np.ndarray:
        """float64 (trials, cells)."""
        return np.stack([spikes.rate_hz() for spikes in self.trials])

    def rates(self, *, silent: bool = False) -> pd.DataFrame:
        """One row per cell, highest rate first.

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
        """Mean rate of these cells in each trial, float64 (trials,)."""
        return self.rate_by_trial_hz[:, self.brain.choose(cells)].mean(axis=1)

    def raster(self) -> pd.DataFrame:
        """One row per spike: trial, time_s, id."""
        ids = self.brain.connectome.ids
        frames = [
            pd.DataFrame({"trial": number, "time_s": spikes.time_s, "id": ids[spikes.neuron]})
            for number, spikes in enumerate(self.trials)
        ]
        return pd.concat(frames, ignore_index=True)

    def voltages(self, trial: int = 0) -> pd.DataFrame:
        """Membrane in mV of the recorded cells, one column per id, one row per time step."""
        spikes = self.trials[trial]
        time_s = pd.Index((1 + np.arange(spikes.n_steps)) * spikes.dt_s, name="time_s")
        return pd.DataFrame(
            spikes.voltage_mV, index=time_s, columns=self.brain.connectome.ids[spikes.recorded]
        )

    def plot(self, path: str | Path | None = None, *, most: int = 200, trial: int = 0):
        """Raster of the most active cells, driven ones apart, and the population rate.

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
        width_s = 0.01
        edges = np.arange(0, spikes.duration_s + width_s, width_s)
        count, _ = np.histogram(spikes.time_s[~driven[spikes.neuron]], edges)
        below.stairs(count / width_s, edges, color="black")
        below.set_ylabel("spikes / s\n(not driven)")
        below.set_xlabel("time (s)")
        if path is not None:
            figure.savefig(path, dpi=150)
        return figure


def _member(positions: np.ndarray, n: int) -> np.ndarray:
    mask = np.zeros(n, bool)
    mask[positions] = True
    return mask
