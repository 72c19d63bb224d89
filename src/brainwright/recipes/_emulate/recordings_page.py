"""The report's part on real recordings, from the run folder alone."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from brainwright.report import checks, figure, section, table, verdict_banner

if TYPE_CHECKING:
    from matplotlib.figure import Figure

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
PRIORS = {
    "none": "no partners (own history alone)",
    "null": "rewired, same degrees (mean of the draws)",
    "cook": "the worm's wiring",
    "biased": "all pairs, dearer without a synapse",
    "free": "all pairs alike (no prior)",
}
UNSEEN = {
    "mean": "mean",
    "lagged": "Poisson regression on all seen units",
    "pca": "PCA + Poisson regression",
    "bi_gru": "bidirectional GRU",
    "transformer": "plain transformer",
    "emulator": "emulator",
}
COLOURS = {"emulator": "C1", "bi_gru": "C0", "transformer": "C4", "own_history": "C2", "persistence": "C3"}
WORDS = {
    "supported": "The emulator forecasts better than the best baseline.",
    "no difference": "The emulator forecasts as well as the best baseline.",
    "against": "The best baseline forecasts better.",
    "cannot tell": "The recordings do not decide whether the emulator forecasts better.",
}


def alone(folder: Path) -> bool:
    """Whether the run had recordings and no suites."""
    return "lz40" not in json.loads((folder / "result.json").read_text("utf-8"))


def body(folder: Path) -> str:
    """A page of recordings alone."""
    result = json.loads((folder / "result.json").read_text("utf-8"))
    verdict = result["primary"]["verdict"]
    return "\n".join(
        [
            verdict_banner(verdict, WORDS[verdict], result["answer"]),
            checks(result["checks"], "What was asked before the run", ("", "", "found")),
            sections(folder),
        ]
    )


def sections(folder: Path) -> str:
    """What a run found on recordings; nothing where it had none."""
    found = json.loads((folder / "result.json").read_text("utf-8")).get("recordings")
    if not found:
        return ""
    made = [_set(folder, name, one, found["seeds"]) for name, one in found["sets"].items()]
    if found.get("wiring"):
        made.append(_wiring(found["wiring"]))
    if found.get("unseen"):
        made.append(_unseen(found["unseen"]))
    return "\n".join([*made, section("What the recordings do not show", LIMITS)])


def _set(folder: Path, name: str, one: dict[str, Any], n_seeds: int) -> str:
    records = one["recordings"]
    best = max(one["scores"], key=lambda model: _mean(one["scores"][model]))
    rows = [
        [words + (" *" if model == best else ""), f"{_mean(row):.4f}"]
        + [f"{row[record]:.3f}" for record in records]
        + [_against(one, model)]
        for model, words in NAMES.items()
        for row in [one["scores"][model]]
    ]
    header = ["model", "mean", *[_short(record) for record in records], "emulator ahead by [95 %]"]
    caption = (
        f"{one['what']}. Split {one['split']}. Networks: mean of {n_seeds} training seeds (sd of the "
        f"emulator {one['seed_sd']['emulator']:.4f}). * marks the best. Intervals are over recordings."
    )
    content = table(header, rows, caption)
    coverage = one["coverage"]
    if coverage is not None:
        content += f"<p>90 % bands of the emulator's ensemble hold {100 * coverage:.0f} % of test values.</p>"
    arrays = folder / "units" / f"records-{name}-shown.npz"
    content += figure(horizons(one), "Skill at each horizon, mean over recordings.")
    if arrays.is_file():
        shown = dict(np.load(arrays, allow_pickle=False))
        content += figure(
            forecast(shown),
            f"One test window of {records[0]}: recorded (grey), what the emulator makes of the seen part and "
            "its forecast beyond the line, with 90 % bands.",
        )
        content += figure(
            latents(shown), "Latents of its test windows on their two main axes; forecasts dotted."
        )
    return section(one["title"], content)


def _against(one: dict[str, Any], model: str) -> str:
    """Emulator's lead over a baseline, for those that it was compared with."""
    base = model.split("/")[0]
    found = one["comparisons"].get(base)
    if found is None or model.endswith("/plain"):
        return ""
    words = f"{found['effect_size']:+.4f} [{found['ci_low']:+.4f}, {found['ci_high']:+.4f}]"
    return f"{words}, {found['verdict']}"


def _wiring(found: dict[str, Any]) -> str:
    header = ["partners whose past may speak", "alone", "on top of the latent forecast"]
    rows = [
        [words, *(f"{found[base]['skill'][prior]:.4f}" for base in ("activity", "emulator"))]
        for prior, words in PRIORS.items()
    ]
    lines = []
    for base, words in (("activity", "Alone"), ("emulator", "On top of the latent forecast")):
        one = found[base]["against"]
        lines.append(
            f"<p>{words}: wiring less the mean of {found['draws']} rewirings {one['effect_size']:+.5f} "
            f"[{one['ci_low']:+.5f}, {one['ci_high']:+.5f}], percentile {one['percentile']:.0f} among them: "
            f"{one['verdict']} ({one['why']}).</p>"
        )
    caption = f"skill over the mean of what was seen, mean of the animals; {found['pairs']:.0f} wired pairs"
    lead = (
        "One weight for each pair of named neurons, shared by all animals; every neuron has its own past "
        "besides. The penalty on partners is searched for every prior and every rewiring alike."
    )
    return section("Does the worm's wiring help?", table(header, rows, caption) + "".join(lines), lead)


def _unseen(found: dict[str, Any]) -> str:
    stages = [key for key in found["mean"] if key != "sd"]
    rows = [
        [words, *(f"{found[model][stage]:.4f}" for stage in stages), f"{found[model]['sd']:.4f}"]
        for model, words in UNSEEN.items()
    ]
    lead = (
        "The file holds samples sorted by angle, not in time, so nothing can be forecast: every fourth unit "
        "is never seen, and asked from the others in the same 45 ms; the last fifth of each angle is the "
        "test."
    )
    header = ["model", *stages, "sd over seeds"]
    return section(
        "Monkey, brain-computer interface (Golub et al. 2018)", table(header, rows, "co-bps"), lead
    )


def horizons(one: dict[str, Any]) -> "Figure":
    """Skill against horizon."""
    from matplotlib.figure import Figure

    fig = Figure(figsize=(6, 3.2), layout="constrained")
    axes = fig.subplots()
    best = one["best_baseline"]
    shown = dict.fromkeys(["emulator", best, "own_history", "persistence", "bi_gru", "transformer"])
    for model in shown:
        values = one["horizons"][model]
        label = {
            "emulator": "emulator",
            "bi_gru": "bidirectional GRU",
            "transformer": "plain transformer",
        }.get(model, NAMES.get(model, model))
        axes.plot(range(1, len(values) + 1), values, color=COLOURS.get(model, "0.4"), label=label)
    axes.axhline(0, color="0.7", lw=0.8)
    axes.set_xlabel("bins ahead")
    axes.set_ylabel("score")
    axes.legend(fontsize=8, frameon=False)
    return fig


def forecast(shown: dict[str, np.ndarray]) -> "Figure":
    """True, smoothed, forecast with bands; a row for each of some units."""
    from matplotlib.figure import Figure

    truth, seen = shown["truth"], int(shown["n_seen"])
    fig = Figure(figsize=(7, 5), layout="constrained")
    t, ahead = np.arange(len(truth)), np.arange(seen, len(truth))
    names = shown["units"].tolist()
    for i, axes in enumerate(fig.subplots(len(names), sharex=True)):
        axes.plot(t, truth[:, i], color="0.5", lw=1, label="recorded")
        axes.plot(t[:seen], shown["smoothed"][:seen, i], color="C0", lw=1.2, label="emulator, seen part")
        axes.fill_between(ahead, shown["low"][:, i], shown["high"][:, i], color="C1", alpha=0.25, lw=0)
        axes.plot(ahead, shown["point"][:, i], color="C1", lw=1.5, label="forecast")
        axes.axvline(seen - 0.5, color="0.5", ls=":", lw=1)
        axes.set_ylabel(names[i].split("/")[-1], fontsize=8)
    fig.axes[0].legend(fontsize=8, frameon=False, ncols=3)
    fig.axes[-1].set_xlabel("bin")
    return fig


def latents(shown: dict[str, np.ndarray]) -> "Figure":
    """Latent paths on two principal axes."""
    from matplotlib.figure import Figure

    paths, seen = shown["latents"], int(shown["n_seen"])
    flat = paths.reshape(-1, paths.shape[-1])
    plane = np.linalg.svd(flat - flat.mean(0), full_matrices=False)[2][:2].T
    fig = Figure(figsize=(4.5, 3.6), layout="constrained")
    axes = fig.subplots()
    for path in ((paths - flat.mean(0)) @ plane)[::5]:
        (line,) = axes.plot(*path[:seen].T, lw=0.8, alpha=0.7)
        axes.plot(*path[seen - 1 :].T, lw=1.2, ls=":", color=line.get_color())
    axes.set_xlabel("first axis")
    axes.set_ylabel("second axis")
    return fig


def _mean(row: dict[str, float]) -> float:
    return float(np.mean(list(row.values())))


def _short(record: str) -> str:
    """A recording's name that fits a column."""
    return (
        record.replace("C57_CTX_", "").replace("G2CEPHYS", "G").replace("-NB-C57", "").replace("DIV21_", "")
    )


LIMITS = (
    "<p>Animals and cultures are few, and fewer than six decide nothing here. A recording has no oracle: "
    "nobody knows how much of it can be foretold. Regressions are fitted to each recording, the networks "
    "once to all recordings of a set, and the forecasts of all networks are weighted with each unit's own "
    "history on validation windows in the same way. Times are as the files say. The sizes of the networks "
    "were found on validation blocks with other seeds; test blocks were read once.</p>"
)
