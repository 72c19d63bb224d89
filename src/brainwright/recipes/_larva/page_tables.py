"""Tables of the report: one condition, the claim, the expansion."""

from typing import Any

from brainwright.report import Html, badge, section, table

TONES = {"supported": "good", "no difference": "even", "against": "bad", "cannot tell": "open"}
ARM_WORDS = {
    "real": "real wiring",
    "degree": "degrees kept",
    "block": "degrees and classes kept",
    "weights": "weights shuffled",
    "signs": "signs shuffled",
    "both": "weights and signs shuffled",
    "random": "edges at random",
    "encoder_only": "core bypassed",
    "readout_only": "real wiring, only the read-out fitted",
    "linear": "linear, no hidden layer",
    "mlp": "one hidden layer, as many trained values",
    "echo_state": "tuned echo-state network",
}
CLAIM_HEADER = ["arm", "accuracy, % [95 %, over seeds]"]
GROWN_HEADER = ["size", "wiring", "against", "accuracy, %", "difference, points", ""]
HEADER = [
    "arm",
    "accuracy, %",
    "graphs",
    "trained values",
    "real - arm, points",
    "percentile",
    "p (Holm)",
    "",
]


def points(row: dict[str, Any]) -> str:
    """A difference with its interval, in points."""
    value, low, high = (100 * row[key] for key in ("effect_size", "ci_low", "ci_high"))
    return f"{value:+.2f} [{low:+.2f}, {high:+.2f}]"


def accuracy(row: dict[str, Any]) -> str:
    """Mean with its interval over seeds, in per cent."""
    if row["ci_low"] is None:
        return f"{100 * row['mean']:.2f}"
    return f"{100 * row['mean']:.2f} [{100 * row['ci_low']:.2f}, {100 * row['ci_high']:.2f}]"


def condition(name: str, result: dict[str, Any]) -> str:
    """Every arm of a condition against the real wiring."""
    protocol, n = name.split("/")
    rows = [
        [*row[:-1], Html(badge(row[-1], TONES[row[-1]])) if row[-1] else ""] for row in rows_of(name, result)
    ]
    content = table(HEADER, rows, "intervals: 95 %, over graphs and training seeds")
    return section(f"{protocol}, {int(n):,} samples", content, result["design"]["protocols"][protocol])


def rows_of(name: str, result: dict[str, Any]) -> list[list[Any]]:
    """Rows of `HEADER`, the last cell a verdict or nothing."""
    n = name.split("/")[1]
    compared = {row["control"]: row for row in result["comparisons"] if row["arm"] == f"{name}/real"}
    prefixes = (f"{name}/", f"floors/{n}/")
    arms = {a: row for a, row in result["arms"].items() if a.startswith(prefixes) and " " not in a}
    ordered = sorted(arms, key=lambda arm: list(ARM_WORDS).index(arm.rsplit("/", 1)[1]))
    return [_row(arm.rsplit("/", 1)[1], arms[arm], compared.get(arm)) for arm in ordered]


def claim(result: dict[str, Any]) -> str:
    """The paper's protocol with most samples beside the figure of the paper; "" where none is claimed."""
    rows, n = claim_rows(result), result["design"]["sizes"][-1]
    if not rows:
        return ""
    lead = (
        f"Yu et al. 2025 report {100 * result['design']['claimed']:g} %. Their protocol here, {n:,} samples:"
    )
    return section("The claim", table(CLAIM_HEADER, rows), lead)


def claim_rows(result: dict[str, Any]) -> list[list[str]]:
    """Rows of `CLAIM_HEADER`; none where nothing is claimed or the arm was not run."""
    n = result["design"]["sizes"][-1]
    name, arms = f"paper/{n}", result["arms"]
    if result["design"]["claimed"] is None or f"{name}/real" not in arms:
        return []
    rows = [[ARM_WORDS[kind], accuracy(arms[arm])] for kind, arm in _figures(name, result)]
    scaled, best = f"rescaled/{n}/real", f"normalised/{n}/real"
    if scaled in arms:
        rows.insert(1, ["real wiring, counts scaled to radius 0.95", accuracy(arms[scaled])])
    if best in arms:
        rows.append(["real wiring, normalised protocol", accuracy(arms[best])])
    return rows


def expansion(result: dict[str, Any]) -> str:
    """Larger wirings; "" where none were made."""
    rows = [[*row[:-1], Html(badge(row[-1], TONES[row[-1]]))] for row in expansion_rows(result)]
    if not rows:
        return ""
    lead = (
        "Larger wirings that hold the original as an exact subgraph, driven and read at the original's "
        "cells; only their biases add trained values."
    )
    return section("Expansion", table(GROWN_HEADER, rows, "intervals over training seeds"), lead)


def expansion_rows(result: dict[str, Any]) -> list[list[str]]:
    """Rows of `GROWN_HEADER`."""
    return [
        [
            f"{row['factor']:g}",
            _grown(row["arm"]),
            "original" if row["control"].endswith("/real") else _grown(row["control"]),
            f"{100 * result['arms'][row['arm']]['mean']:.2f}",
            points(row),
            row["verdict"],
        ]
        for row in result["expansion"]
    ]


def _figures(name: str, result: dict[str, Any]) -> list[tuple[str, str]]:
    n = name.split("/")[1]
    wanted = [(kind, f"{name}/{kind}") for kind in ARM_WORDS] + [
        (kind, f"floors/{n}/{kind}") for kind in ARM_WORDS
    ]
    return [(kind, arm) for kind, arm in wanted if arm in result["arms"]]


def _grown(arm: str) -> str:
    words = {"grown": "block model", "cloned": "cells copied", "grown_null": "block model of a null"}
    return words[arm.rsplit("/", 1)[1].split()[0]]


def _row(kind: str, row: dict[str, Any], compared: dict[str, Any] | None) -> list[object]:
    own = [ARM_WORDS[kind], accuracy(row), row["n_draws"], round(row["parameters"])]
    if compared is None:
        return [*own, "", "", "", ""]
    rank, p = compared.get("percentile"), compared.get("p_holm")
    numbers = ["" if rank is None else f"{rank:.0f}", "" if p is None else f"{p:.2g}"]
    return [*own, points(compared), *numbers, compared["verdict"]]
