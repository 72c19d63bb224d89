"""What the page shows: every model on every recording, the worm's wiring among rewired ones, unseen units."""

from functools import partial
from typing import Any

import numpy as np

from brainwright.report import Block, Figure, Finished, Mark, Points, Section, Table, Text, figures, number
from brainwright.report.figures import Curve, Trace

from .experiment import BASES, BCI

Row = dict[str, Any]
NAMES = {
    "mean": "mean",
    "persistence": "persistence",
    "own_history": "own history (autoregression)",
    "reweighted": "own history, reweighted on validation",
    "smoothing": "smoothing + regression",
    "pca": "PCA + regression",
    "lagged": "coupled, lagged",
    "bi_gru/plain": "bidirectional GRU, alone",
    "bi_gru/history": "bidirectional GRU + own history",
    "transformer/plain": "plain transformer (NDT-like), alone",
    "transformer/history": "plain transformer + own history",
    "emulator/plain": "emulator, latents alone",
    "emulator/history": "emulator + own history",
}
CHOSEN = {"emulator": "emulator", "bi_gru": "bidirectional GRU", "transformer": "plain transformer"}
"""Networks as validation windows prefer them."""
PRIORS = {
    "none": "no partners (own history alone)",
    "null": "rewired, same degrees (mean of the draws)",
    "wiring": "the worm's wiring",
    "biased": "all pairs, dearer without a synapse",
    "free": "all pairs alike (no prior)",
}
ADDED = {"alone": "alone", "latents": "on top of the latent forecast"}
UNSEEN = {
    "mean": "mean",
    "lagged": "Poisson regression on all seen units",
    "pca": "PCA + Poisson regression",
    **{name: CHOSEN[name] for name in ("bi_gru", "transformer", "emulator")},
}
WIRING_LEAD = (
    "One weight for each pair of named neurons, shared by all animals; every neuron has its own past "
    "besides. The penalty on partners is searched for every prior and every rewiring alike."
)
BCI_LEAD = (
    "The file holds samples sorted by angle, not in time, so nothing can be forecast: every fourth unit is "
    "never seen, and asked from the others in the same 45 ms; the last fifth of each angle is the test."
)
BAND_CAPTION = (
    "One test window of {}: what was recorded, what the emulator makes of the seen part and its forecast "
    "beyond the line, with 90 % bands."
)
LATENT_CAPTION = "Latents of its test windows on their two main axes; forecasts dotted."
EVERY_PATH = 5
"""One latent path in so many is drawn: neighbouring windows overlap."""
LIMITS = (
    "Animals and cultures are few, and fewer than six decide nothing here. A recording has no oracle: nobody "
    "knows how much of it can be foretold. Regressions are fitted to each recording, the networks once to "
    "all recordings of a set, and the forecasts of all networks are weighted with each unit's own history on "
    "validation windows in the same way. Times are as the files say. The sizes of the networks were found on "
    "validation blocks with other seeds; test blocks were read once."
)


def sections(run: Finished) -> list[Section]:
    """Every set of recordings; wiring and unseen units where they were asked."""
    parts = [of_set(run, name, facts) for name, facts in run.facts["sets"].items()]
    return [*parts, *of_wiring(run), *of_unseen(run)]


def of_set(run: Finished, name: str, facts: Row) -> Section:
    """A table of every model on every recording, best marked; skill at each horizon, bands, latents."""
    arms, extra = run.arms(name), run.extra.get(name)
    best = max((arm for arm in NAMES if arm in arms), key=lambda arm: arms[arm]["mean"], default="")
    rows = []
    for arm, words in NAMES.items():
        if arm in arms:
            values = [number(value, digits=3) for value in arms[arm]["values"]]
            cells = [words + (" *" if arm == best else ""), number(arms[arm]["mean"], digits=4), *values]
            rows.append([*cells, *ahead(run, name, arm)])
    header = ["model", "mean", *map(short, facts["recordings"]), "emulator ahead by [95 %]", "verdict"]
    caption = (
        f"Score: {facts['what']}. Split {facts['split']}. * marks the best. Intervals are over recordings."
    )
    blocks: list[Block] = [Table(header, rows, caption)]
    if extra is not None:
        blocks.append(Text(summary(run, facts, extra)))
        draw = partial(figures.curves, horizons(extra), x="bins ahead", y="score", levels={"": 0.0})
        blocks.append(Figure(draw, "Score at each horizon, mean over recordings.", wide=True))
    return Section(facts["title"], [*blocks, *drawn(run, name, facts)])


def ahead(run: Finished, study: str, arm: str) -> list[Any]:
    """The emulator's lead over a baseline, as validation windows prefer it, and the verdict."""
    row = run.comparison("emulator", arm.removesuffix("/history"), study)
    return ["", ""] if row is None else [Points.of(row, digits=4), Mark(row["verdict"])]


def summary(run: Finished, facts: Row, extra: Row) -> str:
    """The best baseline, the deviation over training seeds, how much the bands hold."""
    best, n = CHOSEN.get(extra["best_baseline"], NAMES.get(extra["best_baseline"])), run.facts["seeds"]
    spread = f"means of {n} training seeds (sd of the emulator {extra['seed_sd']['emulator']:.4f})"
    held = f"The emulator's 90 % bands hold {100 * extra['coverage']:.0f} % of test values."
    return f"The best baseline: {best}. Networks: {spread if n > 1 else 'trained once'}. {held}"


def horizons(extra: Row) -> dict[str, Curve]:
    """Score against bins ahead, of the emulator, the best baseline and the plainest."""
    shown = dict.fromkeys(["emulator", extra["best_baseline"], "own_history", "persistence", *CHOSEN])
    lines = {CHOSEN.get(arm, NAMES.get(arm, arm)): extra["horizons"][arm] for arm in shown}
    return {name: Curve(np.arange(1, len(y) + 1), y) for name, y in lines.items()}


def drawn(run: Finished, name: str, facts: Row) -> list[Block]:
    """What the first emulator forecasts of one test window, and its latents."""
    units, n_seen = run.units.below(name), facts["n_seen"]
    if not units.done("emulator-0-0"):
        return []
    arrays = units.load("emulator-0-0")
    bands = partial(forecast, arrays, n_seen)
    paths = partial(
        figures.paths, {"": plane(arrays["latents"])}, x="first axis", y="second axis", split=n_seen
    )
    caption = BAND_CAPTION.format(facts["recordings"][0])
    return [Figure(bands, caption, wide=True), Figure(paths, LATENT_CAPTION, wide=True)]


def forecast(arrays: dict[str, np.ndarray], n_seen: int) -> Any:
    """A row for each of some units."""
    seen = np.arange(len(arrays["truth"])) < n_seen
    later = {
        key: np.concatenate([np.full((n_seen, arrays[key].shape[1]), np.nan), arrays[key]])
        for key in ("point", "low", "high")
    }
    rows = {
        str(unit).split("/")[-1]: {
            "recorded": Trace(arrays["truth"][:, i]),
            "emulator, seen part": Trace(np.where(seen, arrays["smoothed"][:, i], np.nan)),
            "forecast": Trace(*(line[:, i] for line in later.values())),
        }
        for i, unit in enumerate(arrays["units"])
    }
    return figures.bands(rows, x="bin", y="activity", line=n_seen - 0.5)


def plane(paths: np.ndarray) -> list[np.ndarray]:
    """Latent paths on their two main axes, [bin, 2] each."""
    flat = paths.reshape(-1, paths.shape[-1])
    axes = np.linalg.svd(flat - flat.mean(0), full_matrices=False)[2][:2].T
    return [*((paths - flat.mean(0)) @ axes)[::EVERY_PATH]]


def of_wiring(run: Finished) -> list[Section]:
    """The worm's wiring among rewired ones, alone and on top of the latent forecast."""
    arms = {ADDED[base]: run.arms(study) for base, study in BASES.items()}
    there = {words: rows for words, rows in arms.items() if rows}
    if not there:
        return []
    rows = [
        [words, *(number(there[base][prior]["mean"], digits=4) for base in there)]
        for prior, words in PRIORS.items()
    ]
    pairs = next(iter(there.values()))["wiring"]["means"]["pairs"]
    caption = f"Skill over the mean of what was seen, mean of the animals; {pairs:.0f} wired pairs."
    blocks: list[Block] = [Table(["partners whose past may speak", *there], rows, caption)]
    for base, study in BASES.items():
        if row := run.comparison("wiring", "null", study):
            lead = f"{ADDED[base].capitalize()}: wiring less the mean of {row['n']} rewirings "
            words = f"{lead}{Points.of(row, digits=5)}, percentile {row['percentile']:.0f} among them:"
            blocks.append(Text([words, Mark(row["verdict"], f"({row['why']})")]))
    return [Section("Does the worm's wiring help?", blocks, WIRING_LEAD)]


def of_unseen(run: Finished) -> list[Section]:
    """The BCI session."""
    arms = run.arms(BCI)
    if not arms:
        return []
    stages = [key for key in next(iter(arms.values()))["means"] if "@" in key]
    rows = [
        [
            words,
            *(number(arms[arm]["means"][key], digits=4) for key in stages),
            number(arms[arm]["sd"] or 0.0, digits=4),
        ]
        for arm, words in UNSEEN.items()
        if arm in arms
    ]
    header = ["model", *(key.split("@")[1] for key in stages), "sd over seeds"]
    table = Table(header, rows, "co-bps: bits per spike of units that are never seen.")
    return [Section("Monkey, brain-computer interface (Golub et al. 2018)", [table], BCI_LEAD)]


def short(record: str) -> str:
    """A recording's name that fits a column."""
    for part in ("C57_CTX_", "-NB-C57", "DIV21_"):
        record = record.replace(part, "")
    return record.replace("G2CEPHYS", "G")
