"""How punctual a session was, from the `session.h5` of a run folder (`brainwright doctor RUN` makes it)."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from .page import Block, Figure, Table, Text
from .style import BLUE, ORANGE, PALETTE, panels, styled

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Drawing

PERCENTILES = (50.0, 90.0, 99.0, 99.9, 100.0)
Columns = dict[str, NDArray[np.float64]]


def latency(run_folder: Path) -> list[Block]:
    """A table and a figure of lateness, body and answer of every tick; reads where there are no ticks.

    Lateness is the entry of a tick after its deadline, the body what the loop took from entry to end, the
    answer the time from the deadline to the delivery of the tick's stimulus.

    Raises:
        FileNotFoundError: there is no session.h5.
    """
    ticks, period_s = _load(run_folder / "session.h5")
    if not len(ticks["late_s"]):
        return [Text("Nothing was read in this session.")]
    names = {"late_s": "lateness", "body_s": "body", "answer_s": "deadline to stimulus"}
    rows = [(names[k], *_percentiles_ms(v)) for k, v in ticks.items() if k in names and np.isfinite(v).any()]
    header = ("ms", "p50", "p90", "p99", "p99.9", "max")
    caption = "Lateness in the course of the session, and how often it was exceeded."
    return [
        Table(header, rows, _words(ticks, period_s)),
        Figure(partial(latency_figure, ticks, period_s), caption, wide=True),
    ]


@styled
def latency_figure(ticks: Columns, period_s: float) -> "Drawing":
    """Lateness over time, and the share of ticks that were later than x."""
    fig, axes = panels(1, 2, 8, 2.6, width_ratios=(3, 2))
    course, exceeded = axes[0]
    late_ms = np.maximum(1e3 * ticks["late_s"], 1e-3)  # a logarithmic axis has no zero
    course.semilogy(ticks["due_s"], late_ms, ".", ms=2, color=BLUE, rasterized=True)
    course.axhline(1e3 * period_s, color=ORANGE, lw=1)
    course.set(xlabel="time / s", ylabel="lateness / ms")
    for name, color in zip(("late_s", "body_s", "answer_s"), PALETTE, strict=False):
        values = np.sort(ticks.get(name, np.zeros(0)))
        values = 1e3 * values[np.isfinite(values)]
        if len(values):
            share = 1 - np.arange(len(values)) / len(values)
            label = name.removesuffix("_s")
            exceeded.loglog(np.maximum(values, 1e-3), share, color=color, label=label)
    exceeded.set(xlabel="more than / ms", ylabel="share of ticks")
    exceeded.legend()
    return fig


def _load(path: Path) -> tuple[Columns, float]:
    """Times of the ticks of a session (of its reads, where it has no ticks), and the period in seconds."""
    import h5py

    if not path.exists():
        raise FileNotFoundError(f"expected {path}, got none: `brainwright doctor {path.parent}` makes it")
    with h5py.File(path) as file:
        group = file["ticks"] if len(file["ticks/tick"]) else file["reads"]
        columns = {name: group[name][()].astype(float) for name in group}
    if "due_s" not in columns:
        late_s = columns["present_s"] - columns["stop_s"]
        periods = columns["stop_s"] - columns["start_s"]
        period_s = float(np.median(periods)) if len(periods) else np.nan
        return {"due_s": columns["stop_s"], "late_s": late_s, "missed": late_s >= periods}, period_s
    due_s = columns["due_s"]
    times = {
        "due_s": due_s,
        "late_s": columns["entered_s"] - due_s,
        "body_s": columns["left_s"] - columns["entered_s"],
        "answer_s": columns["delivered_s"] - due_s,
        "missed": columns["missed"],
    }
    return times, float(np.median(np.diff(due_s))) if len(due_s) > 1 else np.nan


def _words(ticks: Columns, period_s: float) -> str:
    late_s = ticks["late_s"][np.isfinite(ticks["late_s"])]
    n, missed = len(ticks["late_s"]), int(ticks["missed"].sum())
    what = "ticks" if "body_s" in ticks else "reads"
    if np.abs(late_s).max(initial=0) < 1e-9:
        return f"{n:,} {what} of {1e3 * period_s:g} ms in virtual time, where nothing is late."
    tenth = max(1, len(late_s) // 10)
    drift_ms = 1e3 * (late_s[-tenth:].min() - late_s[:tenth].min())
    return (
        f"{n:,} {what} of {1e3 * period_s:g} ms, {missed:,} missed ({100 * missed / n:.3f} %), "
        f"drift {drift_ms:.3f} ms."
    )


def _percentiles_ms(values_s: NDArray[np.float64]) -> list[str]:
    found = np.percentile(values_s[np.isfinite(values_s)], PERCENTILES)
    return [f"{1e3 * value:.3f}" for value in found]
