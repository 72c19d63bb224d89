"""The report of the fly recipe, from the run folder alone."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd

from brainwright.recipes._fly_figures import nulls_figure, raster_figure
from brainwright.report import badge, figure, section, table, verdict_banner
from brainwright.report.html import Html

LEFT_OUT = (
    "One time constant, threshold and delay for all cells; no resting activity, graded transmission, gap "
    "junctions, neuromodulation or plasticity; signs from transmitters, strengths from synapse counts. A "
    "rate here is a statement about the wiring under these rules (Shiu et al. 2024), not a prediction of a "
    "recorded rate. Nulls are draws from one way of shuffling; another way may answer otherwise."
)


SHOWN = 15


def body(folder: Path) -> str:
    """The page's HTML, verdict first."""
    result = json.loads((folder / "result.json").read_text("utf-8"))
    return "\n".join(
        [
            _banner(result["primary"], result["run"]),
            _what_answers(folder, result["run"]),
            _single_cells(folder, result),
            _checks(result["checks"]),
            section("What this model leaves out", f"<p>{LEFT_OUT}</p>"),
        ]
    )


def _banner(primary: dict, about: dict) -> str:
    made_up = " The wiring is synthetic and its pathway was planted: nothing here is evidence about a fly."
    return verdict_banner(
        primary["verdict"],
        f"Does {about['wiring']} carry this input to its outputs more than {primary['control']}?",
        f"{primary['metric']}: {primary['value']:.3g} against {primary['null_mean']:.3g} ± "
        f"{primary['null_sd']:.2g} in {primary['n']} nulls; percentile {primary['percentile']:.0f}, "
        f"one-sided p = {primary['p_one_sided']:.3g}.{made_up if about['synthetic'] else ''}",
    )


def _what_answers(folder: Path, about: dict) -> str:
    rates = pd.read_csv(folder / "rates.csv")
    lead = (
        f"{about['cells']:,} cells, {about['connections']:,} connections; {about['activated']} cells driven "
        f"at {about['rate_hz']:g} Hz; {about['trials']} trials of {about['duration_s']:g} s; "
        f"{about['spikes_per_trial']:,.0f} spikes a trial from {about['active_cells']:,} active cells."
    )
    inside = figure(raster_figure(folder), "First trial: the most active cells, driven ones in red.")
    inside += _first_rows(rates[~rates["driven"]], "Most active cells that were not driven")
    if (folder / "types.csv").is_file():
        inside += _first_rows(pd.read_csv(folder / "types.csv"), "Top downstream types")
    return section("What answers", inside, lead)


def _single_cells(folder: Path, result: dict) -> str:
    about = result["run"]
    done = {"silence": "Silenced", "activate": "Activated"}[about["screen_by"]]
    inside = _first_rows(pd.read_csv(folder / "screen.csv"), f"{done} one at a time, strongest first")
    inside += table(
        [done.lower(), "effect (Hz)", "nulls (Hz)", "percentile", "one-sided p", "verdict"],
        [
            [
                one["arm"].removeprefix(f"{about['screen_by']} "),
                one["value"],
                f"{one['null_mean']:.3g} ± {one['null_sd']:.2g}",
                one["percentile"],
                one["p_one_sided"],
                one["verdict"],
            ]
            for one in result["comparisons"]
        ],
        "The strongest, measured again with fresh events, among the nulls (p not corrected for their number)",
    )
    shown = nulls_figure(folder, about["null"])
    inside += figure(shown, "Rate of the outputs in each null, and in the wiring itself.")
    return section(
        "What single cells do", inside, "Paired trials: the same events with and without the cell."
    )


def _checks(checks: list[dict]) -> str:
    def word(holds: bool) -> Html:
        return Html(badge("holds" if holds else "fails", "good" if holds else "bad"))

    rows = [[word(one["holds"]), one["name"], one["detail"]] for one in checks]
    return section("Checks", table(["", "check", "found"], rows))


def _first_rows(rows: pd.DataFrame, caption: str) -> str:
    rows = rows.head(SHOWN).astype(object)
    return table(list(rows.columns), rows.where(rows.notna(), None).to_numpy().tolist(), caption)
