"""The body of the report, from the run folder alone."""

import json
from pathlib import Path
from typing import Any

from brainwright.report import Html, badge, figure, section, table, verdict_banner

from . import figures

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


def body(folder: Path) -> str:
    """Verdict first, then the suites with their ceilings, the gates, and what the run is not."""
    result = json.loads((folder / "result.json").read_text("utf-8"))
    verdict = result["primary"]["verdict"]
    return "\n".join(
        [
            verdict_banner(verdict, WORDS[verdict], result["answer"]),
            _checks(result["checks"]),
            _lorenz(folder, result),
            _spiking(result),
            _sessions(result["sessions"]),
            section("What this run is not", LIMITS),
        ]
    )


def _lorenz(folder: Path, result: dict[str, Any]) -> str:
    rows = [
        [
            name,
            _pair(row["co_bps"]),
            _pair(row["co_bps_share"]),
            _pair(row["fp_bps"]),
            _pair(row["fp_bps_share"]),
            _pair(row["log_rate_r2"], 2),
        ]
        for key, name in NAMES.items()
        for row in [result["lz40"][key]]
    ]
    top = result["oracles"]["lz40"]
    rows.append(["true-rate oracle", f"{top['co_bps']:.4f}", "1", f"{top['fp_bps']:.4f}", "1", "1"])
    header = ["model", "co-bps", "of oracle", "forecast, bits/spike", "of oracle", "log-rate R²"]
    words = "mean ± sd over training seeds; every bit per spike on 120 trials that no model has seen"
    content = table(header, rows, words) + _calibration(result["lz40"]["emulator"])
    for drawing, caption in figures.lorenz(folder, result):
        content += figure(drawing, caption)
    lead = "Lorenz latents, 40 Poisson units: 30 seen for 60 bins; 10 unseen units and 20 coming bins asked."
    return section("LZ40", content, lead)


def _calibration(row: dict[str, Any]) -> str:
    rows = [
        ["90 % coverage, randomised PIT", _pair(row["pit_coverage"]), ""],
        [
            "90 % coverage, sums over the window",
            _pair(row["window_coverage"]),
            _pair(row["window_coverage_point"]),
        ],
        [
            "90 % coverage, population sums",
            _pair(row["population_coverage"]),
            _pair(row["population_coverage_point"]),
        ],
        ["forecast, bits/spike", _pair(row["fp_bps"]), _pair(row["fp_point"])],
        ["CRPS skill over the point forecast", _pair(row["crps_skill"]), "0"],
    ]
    return table(["calibration of the forecast", "ensemble", "point + Poisson"], rows)


def _spiking(result: dict[str, Any]) -> str:
    oracle = result["oracles"]["lif80"]
    rows = [
        [
            name,
            _pair(result["lif80"][f"all/{key}"]["bits"]),
            _pair(result["lif80"][f"all/{key}"]["share"]),
            _pair(result["lif80"][f"scarce/{key}"]["bits"]),
            _pair(result["lif80"][f"scarce/{key}"]["share"]),
            _pair(result["lif80"][f"all/{key}"]["true_edges"]),
        ]
        for key, name in SPIKING.items()
    ]
    free = oracle["latent_free"]
    rows.append(["true network, drive unknown", f"{free:.4f}", f"{free / oracle['oracle']:.3f}", "", "", "1"])
    rows.append(["oracle", f"{oracle['oracle']:.4f}", "1", "", "", "1"])
    header = [
        "model",
        "bits/spike, all data",
        "of oracle",
        "bits/spike, 5 %",
        "of oracle",
        "weights, r on true edges",
    ]
    nulls = result["lif80_nulls"]
    words = (
        f"rewired wirings keep every degree ({result['design']['draws']} draws); the true wiring is "
        f"{nulls['scarce']['in_sd']:.0f} sd above them with 5 % of the data, "
        f"{nulls['all']['in_sd']:.0f} sd with all"
    )
    content = table(header, rows, words) + figure(
        figures.spiking(result), "Points: seeds, or rewired wirings."
    )
    return section("LIF80", content, "A spiking network whose wiring is known: the next bin, given the past.")


def _sessions(row: dict[str, Any] | None) -> str:
    if row is None:
        return section("A new session", "<p>Left out of this run.</p>")
    names = {
        "scratch": "from random values, 42 trials",
        "embeddings": "trained elsewhere, unit embeddings alone on 42 trials",
        "full": "from random values, 420 trials",
        "gap_closed": "share of the gap closed",
    }
    rows = [[words, _pair(row[key])] for key, words in names.items()]
    lead = "28 other units, another readout, other initial states of the same system."
    return section("A new session", table(["", "co-bps + forecast"], rows), lead)


def _checks(checks: list[dict[str, Any]]) -> str:
    rows = [
        (
            one["name"],
            Html(badge("holds" if one["holds"] else "does not hold", "good" if one["holds"] else "bad")),
            one["detail"],
        )
        for one in checks
    ]
    return section("What was asked before the run", table(["", "", "found"], rows))


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
