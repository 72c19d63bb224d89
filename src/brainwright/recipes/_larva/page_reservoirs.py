"""The part of the report on reservoirs."""

from typing import Any

from brainwright.report import Html, badge, figure, section, table

from .figures import sweep
from .page_tables import ARM_WORDS, TONES

CELLS = {
    "real": ("connectome", "connectome"),
    "random weights": ("connectome", "random"),
    "random": ("random", "connectome"),
    "random wiring and weights": ("random", "random"),
}

HEADER = ["measure", "real wiring against", "graphs", "difference", "percentile", "p (Holm)", ""]
KINDS = [f"{wiring} wiring, {weights} weights" for wiring, weights in CELLS.values()]
TWO_BY_TWO_HEADER = ["measure", *KINDS, "wiring", "weights", "interaction"]


def reservoirs(part: dict[str, Any]) -> str:
    """Sweep of the radius, comparisons at one, and the two by two."""
    lead = (
        "Nothing is trained but ridge read-outs: remembering a random input, predicting the Lorenz system. "
        f"Compared at spectral radius {part['judged_alpha']:g}, named before the run."
    )
    words = "Lines: means; bands: the middle 95 % of graphs (of seeds for the real wiring)."
    content = figure(sweep(part, "radius", part["measures"]), words, wide=True) + _comparisons(part)
    four = figure(sweep(part, "ridge", part["measures"]), words, wide=True) + _two_by_two(part)
    first = section("As a reservoir", content, lead)
    return first + section(
        "Wiring and weights, two by two",
        four,
        "Connectome or random wiring, with connectome or random weights (after Costi et al. 2025): precision "
        "against the strength of the ridge, and what each is worth.",
    )


def _comparisons(part: dict[str, Any]) -> str:
    rows = [[*row[:-1], Html(badge(row[-1], TONES[row[-1]]))] for row in comparison_rows(part)]
    return table(HEADER, rows, "intervals: 95 %, over graphs and seeds")


def comparison_rows(part: dict[str, Any]) -> list[list[Any]]:
    """Rows of `HEADER`."""
    return [
        [
            part["measures"][row["measure"]],
            ARM_WORDS[row["control"]],
            row["n"],
            _interval(row["effect_size"], row),
            f"{row['percentile']:.0f}",
            f"{row['p_holm']:.2g}",
            row["verdict"],
        ]
        for row in part["comparisons"]
    ]


def _two_by_two(part: dict[str, Any]) -> str:
    caption = "effects: connectome minus random, 95 % intervals over graphs and seeds"
    return table(TWO_BY_TWO_HEADER, two_by_two_rows(part), caption)


def two_by_two_rows(part: dict[str, Any]) -> list[list[str]]:
    """Rows of `TWO_BY_TWO_HEADER`."""
    rows = []
    for measure, found in part["two_by_two"].items():
        cells = [f"{found['cells'][arm]:.2f}" for arm in CELLS]
        effects = [_interval(one["value"], one) for one in found["effects"].values()]
        rows.append([part["measures"][measure], *cells, *effects])
    return rows


def _interval(value: float, row: dict[str, Any]) -> str:
    return f"{value:+.2f} [{row['ci_low']:+.2f}, {row['ci_high']:+.2f}]"
