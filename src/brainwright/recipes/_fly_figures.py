"""Figures of the fly recipe's report, from the run folder."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

MOST = 200


def raster_figure(folder: Path) -> Figure:
    """Spikes of the first trial, and the rate of all cells that were not driven."""
    with np.load(folder / "raster.npz", allow_pickle=False) as kept:
        time_s, neuron, driven, rate = (kept[name] for name in ("time_s", "neuron", "driven", "rate_hz"))
    order = np.argsort(-rate, kind="stable")[:MOST]
    order = order[rate[order] > 0]
    of_driven = np.isin(order, neuron[driven])
    order = np.concatenate([order[of_driven], order[~of_driven]])
    line = np.full(rate.size, -1)
    line[order] = np.arange(order.size)
    figure = Figure(figsize=(8, 5), layout="constrained")
    above, below = figure.subplots(2, 1, height_ratios=[4, 1], sharex=True)
    for chosen, colour in ((driven, "tab:red"), (~driven, "black")):
        shown = chosen & (line[neuron] >= 0)
        above.scatter(time_s[shown], line[neuron[shown]], s=2, c=colour, linewidths=0, rasterized=True)
    above.invert_yaxis()
    above.set_ylabel(f"{order.size} most active cells")
    width_s = 0.01
    edges = np.arange(0, time_s.max(initial=width_s) + width_s, width_s)
    count, _ = np.histogram(time_s[~driven], edges)
    below.stairs(count / width_s, edges, color="black")
    below.set_ylabel("spikes / s")
    below.set_xlabel("time (s)")
    return figure


def nulls_figure(folder: Path, null: str) -> Figure:
    """One point per null, and the real wiring as a line with the range of its trials."""
    with np.load(folder / "raster.npz", allow_pickle=False) as kept:
        nulls, real = kept["null_baseline_hz"], kept["baseline_hz"]
    figure = Figure(figsize=(8, 1.8), layout="constrained")
    axes = figure.subplots()
    height = np.linspace(-0.3, 0.3, nulls.size) if nulls.size > 1 else np.zeros(1)
    axes.scatter(nulls, height, color="tab:gray", label=f"shuffled {null}")
    axes.axvspan(real.min(), real.max(), color="tab:red", alpha=0.2, linewidth=0)
    axes.axvline(real.mean(), color="tab:red", label="the wiring itself")
    axes.set_yticks([])
    axes.set_ylim(-1, 1)
    axes.set_xlabel("mean rate of the outputs (Hz)")
    axes.legend(frameon=False, loc="upper center", ncols=2)
    return figure
