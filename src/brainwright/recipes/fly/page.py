"""What the page of the fly shows: what answers, and what single cells do."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from brainwright.report import Block, Figure, Finished, Section, Table, figures
from brainwright.report.figures import Curve
from brainwright.runs import of_prefix

from .experiment import CHANGE, WIRING

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Drawing

LIMITS = (
    "One time constant, threshold and delay for all cells; no resting activity, graded transmission, gap "
    "junctions, neuromodulation or plasticity; signs from transmitters, strengths from synapse counts. A "
    "rate here is a statement about the wiring under these rules (Shiu et al. 2024), not a prediction of a "
    "recorded rate. Nulls are draws from one way of shuffling; another way may answer otherwise.\n\n"
    "Checks are rules that any run of this model obeys; those named published are asked of the spikes of "
    "Shiu et al. (where they are here), whose rates are compared cell by cell where the wiring is theirs "
    "(flywire/630)."
)
SHOWN = 15
"""Rows of a table of cells: the head of a list that falls off fast."""
MOST = 100
"""Rows of the raster: as many as can be told apart."""
BIN_S = 0.01
"""Of the rate of all cells: some spikes fall into each bin, and a volley still shows."""
WORDS = {
    "rate_hz": "rate (Hz)",
    "sd_hz": "sd over trials (Hz)",
    "effect_hz": "effect (Hz)",
    "ci_low_hz": "95 % from (Hz)",
    "ci_high_hz": "to (Hz)",
}
PICKED = (
    "Picked because they are active and strong in this wiring, so they stand out among shuffled ones by that "
    "choice alone: percentile and p describe, they test nothing. Name candidates beforehand to test."
)


def sections(run: Finished) -> list[Section]:
    """What answers, and what single cells do, as far as the run has come."""
    shown = []
    if run.units.done("answers"):
        shown.append(what_answers(run, run.units.load("answers")))
    if run.units.done("screen"):
        shown.append(single_cells(run, run.units.load("screen")))
    return shown


def what_answers(run: Finished, arrays: Mapping[str, np.ndarray]) -> Section:
    """Who spikes, and when."""
    about = run.facts
    lead = (
        f"{about['cells']:,} cells, {about['connections']:,} connections. Input: {names(about['input'])}, "
        f"{about['activated']} cells driven at {about['rate_hz']:g} Hz. Silenced throughout: "
        f"{names(about['silenced']) or 'nobody'}. Outputs: {names(about['output'])}, {about['outputs']} "
        f"cells. {about['trials']} trials of {about['duration_s']:g} s; {arrays['spikes'].mean():,.0f} "
        f"spikes a trial from {len(arrays['cells/id']):,} active cells."
    )
    first = run.units.below("trials").load("trial-000")
    time_s = first["step"] * about["dt_s"]
    driven = np.isin(first["neuron"], arrays["driven"])
    cells, types = of_prefix("cells/", arrays), of_prefix("types/", arrays)
    hidden = ("driven",) if about["silenced"] else ("driven", "silenced")
    answering = {name: column[~cells["driven"]] for name, column in cells.items() if name not in hidden}
    blocks: list[Block] = [
        Figure(
            partial(raster, first, time_s, driven, arrays), "First trial, driven cells in blue.", wide=True
        ),
        Figure(
            partial(population, time_s[~driven]), "All cells that were not driven, first trial.", wide=True
        ),
        first_rows(answering, "Most active cells that were not driven"),
    ]
    if types:
        blocks.append(first_rows(types, "Top downstream types"))
    return Section("What answers", blocks, lead)


def raster(
    first: Mapping[str, np.ndarray], time_s: np.ndarray, driven: np.ndarray, arrays: Mapping[str, np.ndarray]
) -> "Drawing":
    """The most active cells, driven ones on top."""
    rate = arrays["rate_hz"]
    order = np.argsort(-rate, kind="stable")[:MOST]
    order = order[rate[order] > 0]
    above = np.isin(order, arrays["driven"])
    row = np.full(rate.size, -1)
    row[np.concatenate([order[above], order[~above]])] = np.arange(order.size)
    seen = row[first["neuron"]] >= 0
    groups = {"driven": int(above.sum()), "not driven": int((~above).sum())}
    return figures.raster(
        time_s[seen],
        row[first["neuron"][seen]],
        x="time (s)",
        y=f"{order.size} most active cells",
        marked=driven[seen],
        groups={name: n for name, n in groups.items() if n},
        width=9.4,
    )


def population(time_s: np.ndarray) -> "Drawing":
    """Spikes per second of all cells that were not driven."""
    edges = np.arange(0, time_s.max(initial=BIN_S) + BIN_S, BIN_S)
    count, _ = np.histogram(time_s, edges)
    rate = {"not driven": Curve(edges[:-1] + BIN_S / 2, count / BIN_S)}
    return figures.curves(rate, x="time (s)", y="spikes / s", limits=(0, None), size=(9.4, 1.9))


def single_cells(run: Finished, arrays: Mapping[str, np.ndarray]) -> Section:
    """Effects of single cells, and both measures among the nulls."""
    about, arms = run.facts, run.arms()
    done = {"silence": "Silenced", "activate": "Activated"}[about["screen_by"]]
    control = f"shuffled {about['null']}"
    values = arms[WIRING]["values"]
    dots = partial(
        figures.dots,
        {control: arrays["null_baseline_hz"].mean(axis=1)},
        x="mean rate of the outputs (Hz)",
        line=float(np.mean(values)),
        band=(min(values), max(values)),
        wide=True,
    )
    blocks = [
        Figure(
            dots,
            "Each dot is a shuffled wiring; the line is the wiring itself, the band its trials.",
            wide=True,
        ),
        first_rows(of_prefix("table/", arrays), f"{done} one at a time, strongest first"),
        among_nulls(run, done, control),
    ]
    return Section(
        "What single cells do", blocks, "Paired trials: the same events with and without the cell."
    )


def among_nulls(run: Finished, done: str, control: str) -> Block:
    """The strongest cells among the nulls; their verdicts stand with all comparisons."""
    arms, rows = run.arms(), []
    compared = [row for row in run.comparisons if row["metric"] == CHANGE]
    for row in compared:
        real, null = (arms[row[key]]["means"][CHANGE] for key in ("arm", "control"))
        name = row["arm"].split(" ", 1)[1]
        rows.append([name, f"{real:.3g}", f"{null:.3g}", f"{row['percentile']:.0f}", f"{row['p']:.2g}"])
    screened = len(run.config["candidates"])
    needed = f"p of each alone; a verdict needs a p of 0.05 / {screened}, the number screened."
    note = needed if screened else PICKED
    header = [done.lower(), "effect (Hz)", "mean of the nulls (Hz)", "percentile", "p"]
    return Table(header, rows, f"The strongest, measured again with fresh events, among the nulls. {note}")


def names(given: Sequence[str], most: int = 6) -> str:
    """The first of many names."""
    more = f" and {len(given) - most} more" if len(given) > most else ""
    return ", ".join(given[:most]) + more


def first_rows(table: Mapping[str, np.ndarray], caption: str) -> Table:
    """The head of a table; ids are names, not quantities."""
    columns = [[cell(name, value) for value in column[:SHOWN]] for name, column in table.items()]
    return Table([WORDS.get(name, name) for name in table], list(zip(*columns, strict=True)), caption)


def cell(name: str, value: Any) -> Any:
    """A value as a reader wants it."""
    if name in ("id", "candidate"):
        return str(value)
    if isinstance(value, np.bool_):
        return "yes" if value else ""
    return f"{value:.3g}" if isinstance(value, np.floating) else value.item()
