"""Figures of the report."""

from typing import Any

from matplotlib.figure import Figure

from .page_tables import ARM_WORDS

NULL_COLOURS = {"degree": "C0", "block": "C9", "weights": "C4", "signs": "C6", "both": "C5", "random": "C2"}
FLOOR_COLOURS = {"encoder_only": "C7", "mlp": "C8", "linear": "C1", "echo_state": "C3"}


def curves(result: dict[str, Any]) -> Figure:
    """Accuracy against samples, a column per protocol; below, how far the real wiring is above each null."""
    names = [condition.split("/") for condition in result["design"]["conditions"]]
    protocols = list(dict.fromkeys(protocol for protocol, _ in names))
    fig = Figure(figsize=(4.2 * len(protocols), 6.4), layout="constrained")
    axes = fig.subplots(2, len(protocols), sharex="col", squeeze=False)
    for ax, protocol in zip(axes[0], protocols, strict=True):
        for kind, colour in {"real": "black", **NULL_COLOURS, **FLOOR_COLOURS}.items():
            home = "floors" if kind in FLOOR_COLOURS else protocol
            _curve(ax, result, home, kind, colour)
        ax.set_xscale("log")
        ax.set_title(protocol)
    for ax, protocol in zip(axes[1], protocols, strict=True):
        ax.axhline(0, color="black", lw=1)
        for k, (kind, colour) in enumerate(NULL_COLOURS.items()):
            _gap(ax, result, protocol, kind, colour, 1 + 0.06 * (k - 2.5))
        ax.set_xlabel("training samples")
    ends = [ax.get_ylim() for ax in axes[0]]
    for ax in axes[0]:  # one scale for accuracies; each protocol its own for differences
        ax.set_ylim(min(low for low, _ in ends), max(high for _, high in ends))
    axes[0, 0].set_ylabel("test accuracy, %")
    axes[1, 0].set_ylabel("real - null, points")
    axes[0, 0].legend(fontsize=7, frameon=False)
    return fig


def _gap(ax, result: dict[str, Any], protocol: str, kind: str, colour: str, shift: float) -> None:
    """Differences with intervals; `shift` moves them sideways, so that they do not hide one another."""
    by_control = {
        row["control"]: row for row in result["comparisons"] if row["arm"].startswith(f"{protocol}/")
    }
    found = [(n, by_control.get(f"{protocol}/{n}/{kind}")) for n in result["design"]["sizes"]]
    found = [(n * shift, row) for n, row in found if row is not None]
    if not found:
        return
    value = [100 * row["effect_size"] for _, row in found]
    ends = [[100 * abs(row["effect_size"] - row[end]) for _, row in found] for end in ("ci_low", "ci_high")]
    ax.errorbar([n for n, _ in found], value, ends, fmt="o-", color=colour, ms=3, lw=1)


def _curve(ax, result: dict[str, Any], home: str, kind: str, colour: str) -> None:
    found = [(n, result["arms"].get(f"{home}/{n}/{kind}")) for n in result["design"]["sizes"]]
    found = [(n, row) for n, row in found if row is not None]
    if not found:
        return
    mean = [100 * row["mean"] for _, row in found]
    ends = [
        (row["ci_low"], row["ci_high"]) if row["ci_low"] is not None else (row["mean"],) * 2
        for _, row in found
    ]
    low = [m - 100 * a for m, (a, _) in zip(mean, ends, strict=True)]
    high = [100 * b - m for m, (_, b) in zip(mean, ends, strict=True)]
    style = {"real": "-o", **dict.fromkeys(NULL_COLOURS, "-")}.get(kind, ":")
    ax.errorbar(
        [n for n, _ in found], mean, [low, high], fmt=style, color=colour, ms=4, lw=1.2, label=ARM_WORDS[kind]
    )


def draws(result: dict[str, Any]) -> Figure:
    """Null graphs of the deciding condition beside the real wiring."""
    primary = result["design"]["primary"]
    rows = {
        kind: result["arms"][f"{primary}/{kind}"]
        for kind in NULL_COLOURS
        if f"{primary}/{kind}" in result["arms"]
    }
    fig = Figure(figsize=(7, 0.45 * len(rows) + 1), layout="constrained")
    ax = fig.subplots()
    real = result["arms"][f"{primary}/real"]
    ax.axvspan(100 * min(real["values"]), 100 * max(real["values"]), color="0.6", alpha=0.25, lw=0)
    ax.axvline(100 * real["mean"], color="black")
    for k, (kind, row) in enumerate(rows.items()):
        shift = [
            k + 0.3 * ((7 * i) % 11 / 10 - 0.5) for i in range(len(row["draws"]))
        ]  # so that dots do not hide
        ax.plot(
            [100 * value for value in row["draws"]], shift, "o", ms=4, alpha=0.7, color=NULL_COLOURS[kind]
        )
    ax.set_yticks(range(len(rows)), [f"{ARM_WORDS[kind]} ({row['n_draws']})" for kind, row in rows.items()])
    ax.invert_yaxis()
    ax.set_xlabel("test accuracy, %")
    return fig


RESERVOIR_COLOURS = {
    "real": "black",
    **NULL_COLOURS,
    "random weights": "C1",
    "random wiring and weights": "C3",
}


def sweep(part: dict[str, Any], axis: str, measures: dict[str, str]) -> Figure:
    """Measures against spectral radius or ridge: mean, and band of the middle 95 % of graphs."""
    chosen = {name: rows for name, rows in part[axis].items() if name in measures}
    fig = Figure(figsize=(4.2 * len(chosen), 3.8), layout="constrained")
    axes = fig.subplots(1, len(chosen), squeeze=False)[0]
    for ax, (measure, arms) in zip(axes, chosen.items(), strict=True):
        for arm, rows in arms.items():
            at, colour = [row["at"] for row in rows], RESERVOIR_COLOURS[arm]
            ax.plot(at, [row["mean"] for row in rows], color=colour, lw=1.5, label=ARM_WORDS.get(arm, arm))
            ax.fill_between(
                at, [r["low"] for r in rows], [r["high"] for r in rows], color=colour, alpha=0.12, lw=0
            )
        ax.set_title(measures[measure], fontsize=9)
        ax.set_xlabel("spectral radius" if axis == "radius" else "ridge")
        if axis == "ridge":
            ax.set_xscale("log")
    axes[0].legend(fontsize=6.5, frameon=False)
    return fig
