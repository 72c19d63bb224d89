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
    content = table(HEADER, rows_of(name, result), "intervals: 95 %, over graphs and training seeds")
    return section(f"{protocol}, {int(n):,} samples", content, result["design"]["protocols"][protocol])


def rows_of(name: str, result: dict[str, Any]) -> list[list[object]]:
    """Rows of `HEADER`."""
    n = name.split("/")[1]
    compared = {row["control"]: row for row in result["comparisons"] if row["arm"] == f"{name}/real"}
    prefixes = (f"{name}/", f"floors/{n}/")
    arms = {a: row for a, row in result["arms"].items() if a.startswith(prefixes) and " " not in a}
    ordered = sorted(arms, key=lambda arm: list(ARM_WORDS).index(arm.rsplit("/", 1)[1]))
    return [_row(arm.rsplit("/", 1)[1], arms[arm], compared.get(arm)) for arm in ordered]


def claim(result: dict[str, Any]) -> str:
    """The paper's protocol with most samples beside the figure of the paper; "" where none is claimed."""
    claimed, n = result["design"]["claimed"], result["design"]["sizes"][-1]
    name = f"paper/{n}"
    if claimed is None or f"{name}/real" not in result["arms"]:
        return ""
    rows = [[ARM_WORDS[kind], accuracy(result["arms"][arm])] for kind, arm in _figures(name, result)]
    scaled = f"rescaled/{n}/real"
    if scaled in result["arms"]:
        rows.insert(1, ["real wiring, counts scaled to radius 0.95", accuracy(result["arms"][scaled])])
    best = f"normalised/{n}/real"
    rows.append(["real wiring, normalised protocol", accuracy(result["arms"][best])])
    lead = f"Yu et al. 2025 report {100 * claimed:g} %. The paper's protocol here, {n:,} samples:"
    return section("The claim", table(["arm", "accuracy, % [95 %, over seeds]"], rows), lead)


def expansion(result: dict[str, Any]) -> str:
    """Larger wirings; "" where none were made."""
    rows = [
        [
            f"{row['factor']:g}",
            _grown(row["arm"]),
            "original" if row["control"].endswith("/real") else _grown(row["control"]),
            f"{100 * result['arms'][row['arm']]['mean']:.2f}",
            points(row),
            Html(badge(row["verdict"], TONES[row["verdict"]])),
        ]
        for row in result["expansion"]
    ]
    if not rows:
        return ""
    lead = (
        "Larger wirings that hold the original as an exact subgraph, driven and read at the original's "
        "cells; only their biases add trained values."
    )
    header = ["size", "wiring", "against", "accuracy, %", "difference, points", ""]
    return section("Expansion", table(header, rows, "3 graphs each; intervals over training seeds"), lead)


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
    verdict = Html(badge(compared["verdict"], TONES[compared["verdict"]]))
    return [
        *own,
        points(compared),
        "" if rank is None else f"{rank:.0f}",
        "" if p is None else f"{p:.2g}",
        verdict,
    ]
