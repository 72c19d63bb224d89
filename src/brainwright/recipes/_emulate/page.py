"""The body of the report, from the run folder alone."""

import json
from pathlib import Path
from typing import Any

from brainwright.report import checks, figure, section, table, verdict_banner

from . import figures
from .calibration import COVERED

WORDS = {
    "supported": "The emulator forecasts better than the recurrent network.",
    "no difference": "The emulator forecasts as well as the recurrent network.",
    "against": "The recurrent network forecasts better.",
    "cannot tell": "Too few training seeds to say whether the emulator forecasts better.",
}
NAMES = {
    "mean": "mean rate",
    "persistence": "persistence",
    "smoothing_glm": "smoothing + GLM",
    "pca_glm": "PCA + GLM",
    "lagged_glm": "lagged coupled GLM",
    "transformer": "plain transformer (NDT-like)",
    "bi_gru": "bidirectional GRU",
    "emulator": "emulator",
    "attainable": "attainable oracle (library smoother)",
}
SPIKING = {
    "glm": "coupled GLM, free wiring",
    "masked_glm": "coupled GLM, true wiring",
    "null_glm": "coupled GLM, rewired",
    "no_latent": "spike response, true wiring, no latent",
    "null": "spike response with latent, rewired",
    "emulator": "spike response with latent, true wiring",
}

SESSIONS = {
    "scratch": "from random values, 42 trials",
    "embeddings": "trained elsewhere, unit embeddings alone on 42 trials",
    "full": "from random values, 420 trials",
    "gap_closed": "share of the gap closed",
}
LORENZ_LEAD = (
    "Lorenz latents, 40 Poisson units: 30 seen for 60 bins; 10 unseen units and 20 coming bins asked."
)
LORENZ_HEADER = [
    "model",
    "co-bps",
    "of oracle",
    "forecast, bits/spike",
    "of oracle",
    "log-rate R²",
    "CPU s",
]
CALIBRATION_HEADER = [
    "calibration of the forecast",
    "untrained emulator",
    "point + Poisson",
    "ensemble",
    "attainable",
]
CALIBRATION_WORDS = (
    "Distance: largest, of the randomised transforms from the uniform law. CRPS gain: over a Poisson law "
    "around the model's own point forecast. Attainable: draws from the exact posterior."
)
SPIKING_HEADER = [
    "model",
    "bits/spike, all data",
    "of oracle",
    "bits/spike, 5 %",
    "of oracle",
    "weights, r on true edges",
    "CPU s, all data",
]
SPIKING_CELLS = (
    ("all", "bits"),
    ("all", "share"),
    ("scarce", "bits"),
    ("scarce", "share"),
    ("all", "true_edges"),
)
SESSION_HEADER = ["", "co-bps + forecast"]
SESSION_LEAD = "28 other units, another readout, other initial states of the same system."


def body(folder: Path) -> str:
    """Verdict first, then the suites with their ceilings, the gates, and what the run is not."""
    result = json.loads((folder / "result.json").read_text("utf-8"))
    verdict = result["primary"]["verdict"]
    return "\n".join(
        [
            verdict_banner(verdict, WORDS[verdict], result["answer"]),
            checks(result["checks"], "What was asked before the run", ("", "", "found")),
            _lorenz(folder, result),
            _spiking(result),
            _sessions(result["sessions"]),
            section("What this run is not", LIMITS),
        ]
    )


def _lorenz(folder: Path, result: dict[str, Any]) -> str:
    words = "mean ± sd over training seeds; every figure on 120 trials that no model has seen"
    content = table(LORENZ_HEADER, lorenz_rows(result), words)
    content += table(CALIBRATION_HEADER, calibration_rows(result), CALIBRATION_WORDS)
    for drawing, caption in figures.lorenz(folder, result):
        content += figure(drawing, caption)
    return section("LZ40", content, LORENZ_LEAD)


def lorenz_rows(result: dict[str, Any]) -> list[list[str]]:
    """Rows of `LORENZ_HEADER`."""
    rows = [
        [
            name,
            _pair(row["co_bps"]),
            _pair(row["co_bps_share"]),
            _pair(row["fp_bps"]),
            _pair(row["fp_bps_share"]),
            _pair(row["log_rate_r2"], 2),
            f"{row['cpu_s']['mean']:.0f}",
        ]
        for key, name in NAMES.items()
        for row in [result["lz40"][key]]
    ]
    top = result["oracles"]["lz40"]
    return [*rows, ["true-rate oracle", f"{top['co_bps']:.3f}", "1", f"{top['fp_bps']:.3f}", "1", "1", ""]]


def calibration_rows(result: dict[str, Any]) -> list[list[str]]:
    """Rows of `CALIBRATION_HEADER`."""
    untrained, ours, best = (result["lz40"][name] for name in ("untrained", "emulator", "attainable"))
    rows = []
    for kind, words in COVERED.items():
        for metric, name in (("coverage", "90 % coverage"), ("distance", "distance from uniform")):
            key = f"{kind}_{metric}"
            cells = (untrained[key], ours[f"{key}_point"], ours[key], best[key])
            rows.append([f"{name}, {words}", *map(_pair, cells)])
        key = f"{kind}_crps_gain"
        rows.append([f"CRPS gain, {words}", "", "0", _pair(ours[key], 4), _pair(best[key], 4)])
    return [
        *rows,
        [
            "forecast, bits/spike",
            _pair(untrained["fp_bps"]),
            _pair(ours["fp_point"]),
            _pair(ours["fp_bps"]),
            _pair(best["fp_bps"]),
        ],
    ]


def _spiking(result: dict[str, Any]) -> str:
    nulls, draws = result["lif80_nulls"], result["design"]["draws"]
    words = (
        f"rewired wirings keep every degree ({draws['scarce']} with 5 %, {draws['all']} with all data); "
        f"the true wiring is {nulls['scarce']['in_sd']:.0f} sd above them with 5 % of the data, "
        f"{nulls['all']['in_sd']:.0f} sd with all"
    )
    content = table(SPIKING_HEADER, spiking_rows(result), words)
    content += figure(figures.spiking(result), "Points: training seeds, or rewired wirings.")
    return section("LIF80", content, "A spiking network whose wiring is known: the next bin, given the past.")


def spiking_rows(result: dict[str, Any]) -> list[list[str]]:
    """Rows of `SPIKING_HEADER`."""
    rows = [
        [
            name,
            *(_pair(result["lif80"][f"{amount}/{key}"][metric]) for amount, metric in SPIKING_CELLS),
            f"{result['lif80'][f'all/{key}']['cpu_s']['mean']:.0f}",
        ]
        for key, name in SPIKING.items()
    ]
    oracle = result["oracles"]["lif80"]
    free = oracle["latent_free"]
    rows.append(
        ["true network, drive unknown", f"{free:.3f}", f"{free / oracle['oracle']:.3f}", "", "", "1", ""]
    )
    return [*rows, ["oracle", f"{oracle['oracle']:.3f}", "1", "", "", "1", ""]]


def _sessions(row: dict[str, Any] | None) -> str:
    if row is None:
        return section("A new session", "<p>Left out of this run.</p>")
    return section("A new session", table(SESSION_HEADER, session_rows(row)), SESSION_LEAD)


def session_rows(row: dict[str, Any]) -> list[list[str]]:
    """Rows of `SESSION_HEADER`."""
    return [[words, _pair(row[key])] for key, words in SESSIONS.items()]


def _pair(cell: dict[str, Any], digits: int = 3) -> str:
    """Mean ± sd; no sd for a single value."""
    mean, sd = cell["mean"], cell["sd"]
    return f"{mean:.{digits}f}" + ("" if sd is None or sd != sd else f" ± {sd:.{digits}f}")


LIMITS = (
    "<p>Both suites are made up: they have a ceiling, which no recording has, and no claim here is one about "
    "a brain. Training seeds vary, the data do not: LZ40 and LIF80 are seed 0 by definition, and other data "
    "seeds differ more than training seeds do. The spike response holds the equation that made LIF80 "
    "(leak, reset, escape noise) and has its parameters to learn; the GLMs do not hold the reset.</p>"
)
