"""Figures of the report: rates, skill against horizon, latents, wiring."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SEEN_BINS = 60
UNITS = (33, 36, 39)
"""Unseen units that are drawn, the ones with high rates in LZ40."""
HORIZON = {
    "attainable": ("attainable oracle", "0.5"),
    "emulator": ("emulator", "C1"),
    "bi_gru": ("bidirectional GRU", "C0"),
    "transformer": ("plain transformer", "C4"),
    "pca_glm": ("PCA + GLM", "C2"),
    "mean": ("mean rate", "C3"),
}

SPIKING = {
    "glm": "GLM, free wiring",
    "masked_glm": "GLM, true wiring",
    "null_glm": "GLM, rewired",
    "no_latent": "spike response, no latent",
    "null": "with latent, rewired",
    "emulator": "with latent, true wiring",
}


def lorenz(folder: Path, result: dict[str, Any]) -> Iterator[tuple["Figure", str]]:
    """Rates of a test trial with bands, skill against horizon, latents, transforms of the forecast."""
    arrays = dict(np.load(folder / "units" / "lz40-emulator-0.npz"))
    oracle = np.load(folder / "units" / "lz40-attainable-0.npz")["rates"]
    yield (
        rates(arrays, oracle),
        "Three unseen units in one test trial: the true rate, what the emulator says of the seen window, its "
        "forecast beyond the line with the band of its ensemble (5 to 95 %), and what an ideal observer of "
        "the same counts would say. Ticks: the unit's spikes, which no model saw.",
    )
    yield horizons(result), "Bits per spike at each coming bin: what is left of the known past."
    plane, r2 = onto_truth(arrays["latents"], arrays["states"])
    yield (
        latents(plane, arrays["states"]),
        f"Latents of {len(plane)} test trials mapped linearly onto the true state (R² {r2:.2f}), beside it. "
        "Dots end what was seen; what follows is forecast.",
    )
    yield (
        transforms(arrays),
        "Counts summed over the coming window, through the forecast's own distribution function: flat where "
        "the forecast is as sure as it should be, high at both ends where it is too sure.",
    )


def rates(arrays: dict[str, np.ndarray], oracle: np.ndarray) -> "Figure":
    """One row per unit."""
    from matplotlib.figure import Figure

    fig = Figure(figsize=(7, 5), layout="constrained")
    t = np.arange(arrays["point"].shape[1])
    past, coming = t < SEEN_BINS, t >= SEEN_BINS
    for axes, unit in zip(fig.subplots(len(UNITS), sharex=True), UNITS, strict=True):
        drawn = arrays["ensemble"][:, 0][:, coming, unit]
        low, high = np.quantile(drawn, (0.05, 0.95), axis=0)
        axes.plot(t, arrays["truth"][0, :, unit], color="black", lw=1, label="truth")
        axes.plot(t, oracle[0, :, unit], color="0.6", lw=1.5, label="attainable oracle")
        axes.plot(t[past], arrays["point"][0, past, unit], color="C0", lw=1.5, label="emulator, smoothed")
        axes.fill_between(t[coming], low, high, color="C1", alpha=0.25, lw=0)
        axes.plot(t[coming], drawn.mean(0), color="C1", lw=1.5, label="emulator, forecast")
        spikes = np.repeat(t, arrays["counts"][0, :, unit].astype(int))
        axes.plot(spikes, np.zeros(len(spikes)), "|", color="black", ms=7)
        axes.axvline(SEEN_BINS - 0.5, color="0.5", ls=":", lw=1)
        axes.set_ylabel(f"unit {unit}")
    fig.legend(*fig.axes[0].get_legend_handles_labels(), loc="outside upper center", ncols=4, frameon=False)
    fig.axes[-1].set_xlabel("bin")
    fig.supylabel("expected count per bin")
    return fig


def transforms(arrays: dict[str, np.ndarray]) -> "Figure":
    """Histograms of the randomised transforms of window sums."""
    from matplotlib.figure import Figure

    fig = Figure(figsize=(6, 2.4), layout="constrained")
    axes = fig.subplots()
    for key, name, colour in (("pit", "ensemble", "C1"), ("pit_point", "point + Poisson", "C0")):
        density, edges = np.histogram(arrays[key], bins=20, range=(0, 1), density=True)
        axes.stairs(density, edges, color=colour, label=name)
    axes.axhline(1, color="0.5", ls=":", lw=1)
    axes.set_ylim(bottom=0)
    axes.set_xlabel("randomised probability transform")
    axes.set_ylabel("density")
    axes.legend(fontsize=8, frameon=False)
    return fig


def horizons(result: dict[str, Any]) -> "Figure":
    """Skill at each horizon."""
    from matplotlib.figure import Figure

    fig = Figure(figsize=(7.5, 3.2), layout="constrained")
    axes = fig.subplots()
    bins = range(1, 21)
    truth = [result["oracles"]["lz40"][f"fp_at_{h}"] for h in bins]
    axes.plot(bins, truth, color="black", lw=1, label="true-rate oracle")
    for key, (name, colour) in HORIZON.items():
        row = result["lz40"][key]
        axes.plot(bins, [row[f"fp_at_{h}"]["mean"] for h in bins], color=colour, label=name)
    axes.set_xticks((1, 5, 10, 15, 20))
    axes.set_xlabel("bins ahead")
    axes.set_ylabel("bits per spike")
    fig.legend(loc="outside right upper", fontsize=8, frameon=False)
    return fig


def onto_truth(paths: np.ndarray, states: np.ndarray) -> tuple[np.ndarray, float]:
    """Least-squares affine map of latents onto true states, fitted on the seen bins; its R² there."""
    design = np.concatenate([paths, np.ones((*paths.shape[:2], 1))], axis=2)
    x, y = (part[:, :SEEN_BINS].reshape(-1, part.shape[2]) for part in (design, states))
    weights = np.linalg.lstsq(x, y, rcond=None)[0]
    error, total = np.square(x @ weights - y).sum(), np.square(y - y.mean(0)).sum()
    return design @ weights, float(1 - error / total)


def latents(found: np.ndarray, truth: np.ndarray) -> "Figure":
    """Trajectories on the first and third coordinate of the true system."""
    from matplotlib.figure import Figure

    fig = Figure(figsize=(7, 3.4), layout="constrained")
    for axes, paths, name in zip(
        fig.subplots(1, 2, sharex=True, sharey=True), (found, truth), ("emulator", "truth"), strict=True
    ):
        for path in paths[:, :, [0, 2]]:
            (line,) = axes.plot(*path[:SEEN_BINS].T, lw=0.8, alpha=0.7)
            axes.plot(*path[SEEN_BINS - 1 :].T, lw=0.8, ls=":", color=line.get_color())
            axes.plot(*path[SEEN_BINS - 1], ".", ms=5, color=line.get_color())
        axes.set_title(name, fontsize=10)
        axes.set_xlabel("x")
    fig.axes[0].set_ylabel("z")
    return fig


def spiking(result: dict[str, Any]) -> "Figure":
    """Share of the oracle by model and amount of data."""
    from matplotlib.figure import Figure

    fig = Figure(figsize=(6.5, 2.8), layout="constrained")
    axes = fig.subplots()
    for k, kind in enumerate(SPIKING):
        for amount, colour in (("all", "C0"), ("scarce", "C1")):
            values = result["arms"][f"LIF80/{amount}/{kind}"]["values"]
            axes.plot(values, [k] * len(values), "o", ms=5, color=colour, alpha=0.7)
    oracle = result["oracles"]["lif80"]
    axes.axvline(oracle["latent_free"] / oracle["oracle"], color="0.5", ls=":")
    axes.set_yticks(range(len(SPIKING)), SPIKING.values())
    axes.invert_yaxis()
    axes.set_xlabel("share of the oracle: all data (blue), 5 % (orange); dotted: truth without the drive")
    return fig
