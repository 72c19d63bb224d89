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


def lorenz(folder: Path, result: dict[str, Any]) -> Iterator[tuple["Figure", str]]:
    """Rates of a test trial with bands, skill against horizon, latents."""
    arrays = dict(np.load(folder / "units" / "lz40-emulator-0.npz"))
    oracle = np.load(folder / "units" / "lz40-attainable-0.npz")["rates"]
    yield (
        rates(arrays, oracle),
        "Three unseen units in one test trial: what the emulator says of the seen window, its forecast "
        "beyond the line with the band of its ensemble, and what an ideal observer would say (grey).",
    )
    yield horizons(result), "Bits per spike at each coming bin: what is left of the known past."
    yield latents(arrays["latents"]), "Latents of 20 test trials on their first two principal axes."


def rates(arrays: dict[str, np.ndarray], oracle: np.ndarray) -> "Figure":
    """One row per unit."""
    from matplotlib.figure import Figure

    fig = Figure(figsize=(7, 4.5), layout="constrained")
    point, ensemble = arrays["point"][0], arrays["ensemble"][:, 0]
    t = np.arange(len(point))
    for axes, unit in zip(fig.subplots(len(UNITS), sharex=True), UNITS, strict=True):
        low, high = np.quantile(ensemble[:, :, unit], (0.05, 0.95), axis=0)
        axes.fill_between(t, low, high, color="C1", alpha=0.25, lw=0)
        axes.plot(t, ensemble[:, :, unit].mean(0), color="C1", lw=1.5, label="emulator, ensemble")
        axes.plot(t, point[:, unit], color="C0", lw=1, label="emulator, point")
        axes.plot(t, oracle[0, :, unit], color="0.5", lw=1.5, label="attainable oracle")
        axes.axvline(SEEN_BINS - 0.5, color="0.5", ls=":", lw=1)
        axes.set_ylabel(f"unit {unit}")
    fig.axes[0].legend(fontsize=8, frameon=False, ncols=3)
    fig.axes[-1].set_xlabel("bin")
    fig.supylabel("expected count per bin")
    return fig


def horizons(result: dict[str, Any]) -> "Figure":
    """Skill at each horizon."""
    from matplotlib.figure import Figure

    fig = Figure(figsize=(6, 3.2), layout="constrained")
    axes = fig.subplots()
    for key, (name, colour) in HORIZON.items():
        row = result["lz40"][key]
        axes.plot(range(1, 21), [row[f"fp_at_{h}"]["mean"] for h in range(1, 21)], color=colour, label=name)
    axes.set_xlabel("bins ahead")
    axes.set_ylabel("bits per spike")
    axes.legend(fontsize=8, frameon=False)
    return fig


def latents(paths: np.ndarray) -> "Figure":
    """Trajectories on two principal axes, the forecast part dotted."""
    from matplotlib.figure import Figure

    flat = paths.reshape(-1, paths.shape[-1])
    plane = np.linalg.svd(flat - flat.mean(0), full_matrices=False)[2][:2].T
    fig = Figure(figsize=(4.5, 4), layout="constrained")
    axes = fig.subplots()
    for path in (paths - flat.mean(0)) @ plane:
        (line,) = axes.plot(*path[:SEEN_BINS].T, lw=0.8, alpha=0.7)
        axes.plot(*path[SEEN_BINS - 1 :].T, lw=0.8, ls=":", color=line.get_color())
    axes.set_xlabel("first axis")
    axes.set_ylabel("second axis")
    return fig


def spiking(result: dict[str, Any]) -> "Figure":
    """Share of the oracle by model and amount of data."""
    from matplotlib.figure import Figure

    kinds = ("glm", "masked_glm", "null_glm", "no_latent", "null", "emulator")
    fig = Figure(figsize=(6.5, 2.8), layout="constrained")
    axes = fig.subplots()
    for k, kind in enumerate(kinds):
        for amount, colour in (("all", "C0"), ("scarce", "C1")):
            values = result["arms"][f"LIF80/{amount}/{kind}"]["values"]
            axes.plot(values, [k] * len(values), "o", ms=5, color=colour, alpha=0.7)
    oracle = result["oracles"]["lif80"]
    axes.axvline(oracle["latent_free"] / oracle["oracle"], color="0.5", ls=":")
    axes.set_yticks(range(len(kinds)), [kind.replace("_", " ") for kind in kinds])
    axes.invert_yaxis()
    axes.set_xlabel("share of the oracle: all data (blue), 5 % (orange); dotted: truth without the drive")
    return fig
