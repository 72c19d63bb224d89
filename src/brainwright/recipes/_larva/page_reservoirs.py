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
    rows = []
    for row in part["comparisons"]:
        value, low, high = row["effect_size"], row["ci_low"], row["ci_high"]
        rows.append(
            [
                part["measures"][row["measure"]],
                ARM_WORDS[row["control"]],
                row["n"],
                f"{value:+.2f} [{low:+.2f}, {high:+.2f}]",
                f"{row['percentile']:.0f}",
                f"{row['p_holm']:.2g}",
                Html(badge(row["verdict"], TONES[row["verdict"]])),
            ]
        )
    header = ["measure", "real wiring against", "graphs", "difference", "percentile", "p (Holm)", ""]
    return table(header, rows, "intervals: 95 %, over graphs and seeds")


def _two_by_two(part: dict[str, Any]) -> str:
    rows = []
    for measure, found in part["two_by_two"].items():
        cells = [f"{found['cells'][arm]:.2f}" for arm in CELLS]
        effects = [
            f"{one['value']:+.2f} [{one['ci_low']:+.2f}, {one['ci_high']:+.2f}]"
            for one in found["effects"].values()
        ]
        rows.append([part["measures"][measure], *cells, *effects])
    header = [
        "measure",
        *(f"{a} wiring, {b} weights" for a, b in CELLS.values()),
        "wiring",
        "weights",
        "interaction",
    ]
    caption = "effects: connectome minus random, 95 % intervals over graphs and seeds"
    return table(header, rows, caption)
