"""What the page shows: the suites with their ceilings, calibration, figures."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

from brainwright.evidence.scores import mapped_onto
from brainwright.report import Block, Columns, Figure, Finished, Section, Table, Text, figures, number
from brainwright.report.figures import Curve, Trace
from brainwright.report.style import BLUE, INK, ORANGE

from .experiment import FIXED, LIF80, LZ40, REWIRED, SESSION
from .lorenz import N_AHEAD, N_SEEN

Row = dict[str, Any]
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
ORACLE = "true-rate oracle"
HORIZON = ("attainable", "emulator", "bi_gru", "transformer", "pca_glm", "mean")
"""Arms whose forecast is drawn bin by bin."""
SPIKING = {
    "glm": "coupled GLM, free wiring",
    "masked_glm": "coupled GLM, true wiring",
    "null_glm": "coupled GLM, rewired",
    "no_latent": "spike response, true wiring, no latent",
    "null": "spike response with latent, rewired",
    "emulator": "spike response with latent, true wiring",
}
AMOUNTS = {"all": "all data", "scarce": "5 %"}
SESSIONS = {
    "scratch": "from random values, 42 trials",
    "embeddings": "trained elsewhere, unit embeddings alone on 42 trials",
    "full": "from random values, 420 trials",
    "gap_closed": "share of the gap closed",
}
COVERED = {
    "count": "single counts",
    "window": "each unit's sum over the window",
    "population": "each bin's sum over the units",
    "total": "sum over window and units",
}
SHOWN_UNITS = (33, 36, 39)
"""Unseen units that are drawn, the ones with high rates in LZ40."""
LORENZ_LEAD = (
    "Lorenz latents, 40 Poisson units: 30 seen for 60 bins; 10 unseen units and 20 coming bins asked. Split "
    "by initial condition, 420 / 60 / 120 trials."
)
LORENZ_COLUMNS = {
    "co-bps": ("co_bps", 3),
    "co-bps, of oracle": ("co_bps_share", 3),
    "forecast, bits/spike": ("fp_bps", 3),
    "forecast, of oracle": ("fp_bps_share", 3),
    "log-rate R²": ("log_rate_r2", 2),
    "CPU s": ("cpu_s", 0),
}
LORENZ_CAPTION = "Mean ± sd over training seeds; every figure on test trials that no model has seen."
CALIBRATION_HEADER = ["forecast", "untrained emulator", "point + Poisson", "ensemble", "attainable"]
CALIBRATION_CAPTION = (
    "Distance: largest, of the randomised transforms from the uniform law. CRPS gain: over a Poisson law "
    "around the model's own point forecast. Attainable: draws from the exact posterior. Where the untrained "
    "emulator is calibrated as well, being so says little."
)
HORIZON_CAPTION = "Bits per spike at each coming bin: what is left of the known past."
PATHS_CAPTION = (
    "Latents of {} test trials mapped linearly onto the true state (R² {:.2f}), beside it. Dots end what was "
    "seen; what follows is forecast."
)
RATES_CAPTION = (
    "Three unseen units in one test trial: the true rate, what the emulator says of the seen window, its "
    "forecast beyond the line with the band of its ensemble (5 to 95 %), and what an ideal observer of the "
    "same counts would say. Ticks: the unit's spikes, which no model saw."
)
PIT_CAPTION = (
    "Counts summed over the coming window, through the forecast's own distribution function: flat where the "
    "forecast is as sure as it should be, high at both ends where it is too sure."
)
SPIKING_COLUMNS = {
    "bits/spike, all data": ("all", "bits", 3),
    "of oracle, all data": ("all", "share", 3),
    "bits/spike, 5 %": ("scarce", "bits", 3),
    "of oracle, 5 %": ("scarce", "share", 3),
    "weights, r on true edges": ("all", "true_edges", 3),
    "CPU s, all data": ("all", "cpu_s", 0),
}
SPIKING_CAPTION = "Mean ± sd over training seeds, or over rewired wirings."
SHARES_CAPTION = "Dots: training seeds, or rewired wirings; blue with all data, orange with 5 %."
SPIKING_LEAD = (
    "A spiking network whose wiring is known: the next bin, given the past. Split by time, 80 / 20 %."
)
SESSION_LEAD = "28 other units, another readout, other initial states of the same system."
LIMITS = (
    "Both suites are made up: they have a ceiling, which no recording has, and no claim here is one about a "
    "brain. Training seeds vary, the data do not: LZ40 and LIF80 are seed 0 by definition, and other data "
    "seeds differ more than training seeds do. The spike response holds the equation that made LIF80 (leak, "
    "reset, escape noise) and has its parameters to learn; the GLMs do not hold the reset."
)


def sections(run: Finished) -> list[Section]:
    """LZ40, LIF80, a new session; of a run that is not finished the arms that are whole."""
    return [lorenz(run), spiking(run), session(run)]


def pair(row: Row | None, metric: str, digits: int = 3) -> str:
    """Mean ± standard deviation; no deviation for a single trial, nothing for what is not there."""
    if row is None or metric not in row["means"]:
        return ""
    sd = row["sds"][metric]
    text = number(row["means"][metric], digits=digits)
    return text if sd is None or not digits else f"{text} ± {sd:.{digits}f}"


def lorenz(run: Finished) -> Section:
    """Smoothing, forecasts, calibration."""
    arms, top = run.arms(FIXED) | run.arms(LZ40), run.extra.get("oracles", {}).get("lz40")
    rows = {name: arms[arm] for arm, name in NAMES.items() if arm in arms}
    cells = [
        [name, *(pair(row, *column) for column in LORENZ_COLUMNS.values())] for name, row in rows.items()
    ]
    lines = {NAMES[arm]: arms[arm]["means"] for arm in HORIZON if arm in arms}
    if top is not None:
        lines = {ORACLE: top} | lines
        ends = [number(top[metric], digits=3) for metric in ("co_bps", "fp_bps")]
        cells.append([ORACLE, ends[0], "1", ends[1], "1", "1", ""])
    blocks: list[Block] = [Table(["model", *LORENZ_COLUMNS], cells, LORENZ_CAPTION)]
    if {"untrained", "emulator", "attainable"} <= set(arms):
        blocks.append(Table(CALIBRATION_HEADER, list(calibration_rows(arms)), CALIBRATION_CAPTION))
    ahead = np.arange(1, N_AHEAD + 1)
    curves = {name: Curve(ahead, [row[f"fp_at_{h}"] for h in ahead]) for name, row in lines.items()}
    draw = partial(figures.curves, curves, x="bins ahead", y="bits per spike", paint={ORACLE: INK})
    return Section("LZ40", [*blocks, Figure(draw, HORIZON_CAPTION, wide=True), *pictures(run)], LORENZ_LEAD)


def calibration_rows(arms: dict[str, Row]) -> Iterator[list[str]]:
    """Rows of `CALIBRATION_HEADER`."""
    untrained, ours, best = (arms[name] for name in ("untrained", "emulator", "attainable"))
    for kind, words in COVERED.items():
        for metric, name in (("coverage", "90 % coverage"), ("distance", "distance from uniform")):
            key = f"{kind}_{metric}"
            cells = [pair(untrained, key), pair(ours, f"{key}_point"), pair(ours, key), pair(best, key)]
            yield [f"{name}, {words}", *cells]
        key = f"{kind}_crps_gain"
        yield [f"CRPS gain, {words}", "", "0", pair(ours, key, 4), pair(best, key, 4)]
    cells = [pair(untrained, "fp_bps"), pair(ours, "fp_point"), pair(ours, "fp_bps"), pair(best, "fp_bps")]
    yield ["bits per spike", *cells]


def pictures(run: Finished) -> list[Block]:
    """Rates of a test trial, latents and transforms, of the first training seed."""
    ours, best = run.units.below(LZ40), run.units.below(FIXED)
    if not (ours.done("emulator-0-0") and best.done("attainable-0-0")):
        return []
    arrays, oracle = ours.load("emulator-0-0"), best.load("attainable-0-0")["rates"]
    plane, r2 = mapped_onto(arrays["latents"], arrays["states"], N_SEEN)
    grid = {"emulator": [*plane[:, :, [0, 2]]], "truth": [*arrays["states"][:, :, [0, 2]]]}
    transforms = {"ensemble": arrays["pit"], "point + Poisson": arrays["pit_point"]}
    uniform = partial(figures.histogram, transforms, x="randomised probability transform", flat=1.0)
    paths = partial(figures.paths, grid, x="x", y="z", split=N_SEEN)
    return [
        Figure(partial(rates, arrays, oracle), RATES_CAPTION, wide=True),
        Figure(paths, PATHS_CAPTION.format(len(plane), r2), wide=True),
        Columns([Figure(uniform), Text(PIT_CAPTION)]),
    ]


def rates(arrays: dict[str, np.ndarray], oracle: np.ndarray) -> Any:
    """A row for each of some unseen units."""
    rows, ticks = {}, {}
    bins = np.arange(arrays["point"].shape[1])
    seen = bins < N_SEEN
    for unit in SHOWN_UNITS:
        members = arrays["ensemble"][:, 0, :, unit]
        ends = np.quantile(members, (0.05, 0.95), axis=0)
        rows[f"unit {unit}"] = {
            "truth": Trace(arrays["truth"][0, :, unit]),
            "attainable oracle": Trace(oracle[0, :, unit]),
            "emulator, smoothed": Trace(np.where(seen, arrays["point"][0, :, unit], np.nan)),
            "emulator, forecast": Trace(*(np.where(seen, np.nan, line) for line in (members.mean(0), *ends))),
        }
        ticks[f"unit {unit}"] = np.repeat(bins, arrays["counts"][0, :, unit].astype(int))
    return figures.bands(rows, x="bin", y="expected count per bin", ticks=ticks, line=N_SEEN - 0.5)


def spiking(run: Finished) -> Section:
    """One step ahead through free, true and rewired wirings."""
    arms, oracle = run.arms(LIF80) | run.arms(REWIRED), run.extra.get("oracles", {}).get("lif80")
    rows = []
    for kind, name in SPIKING.items():
        columns = SPIKING_COLUMNS.values()
        rows.append([name, *(pair(arms.get(f"{amount}/{kind}"), metric, n) for amount, metric, n in columns)])
    blocks: list[Block] = []
    if oracle is not None:
        free, top = oracle["latent_free"], oracle["oracle"]
        known = number(free, digits=3), number(free / top, digits=3)
        rows.append(["true network, drive unknown", *known, "", "", "1", ""])
        rows.append(["oracle", number(top, digits=3), "1", "", "", "1", ""])
        blocks = [Figure(partial(shares, arms, free / top), SHARES_CAPTION, wide=True)]
    far = " ".join(
        f"With {AMOUNTS[amount]} the true wiring is {row['in_sd']:.1f} sd of the rewired ones above them "
        f"({run.facts['draws'][amount]} wirings that keep every degree)."
        for amount, row in run.extra.get("lif80_nulls", {}).items()
    )
    table = Table(["model", *SPIKING_COLUMNS], rows, f"{SPIKING_CAPTION} {far}")
    return Section("LIF80", [table, *blocks], SPIKING_LEAD)


def shares(arms: dict[str, Row], known: float) -> Any:
    """Share of the oracle, a dot for each training seed or rewired wiring."""
    rows, paint = {}, {}
    for kind, name in SPIKING.items():
        for amount, colour in zip(AMOUNTS, (BLUE, ORANGE), strict=True):
            if row := arms.get(f"{amount}/{kind}"):
                label = f"{name}, {AMOUNTS[amount]}"
                rows[label], paint[label] = row.get("draws", row["values"]), colour
    levels = {"truth without the drive": known}
    return figures.dots(rows, x="share of the oracle", levels=levels, paint=paint, wide=True)


def session(run: Finished) -> Section:
    """Whether embeddings of new units are enough."""
    row = run.arms(SESSION).get("session")
    if row is None:
        return Section("A new session", [Text("Left out of this run.")])
    rows = [[words, pair(row, key)] for key, words in SESSIONS.items()]
    return Section("A new session", [Table(["", "co-bps + forecast"], rows)], SESSION_LEAD)
