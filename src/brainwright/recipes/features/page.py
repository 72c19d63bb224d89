"""What the page of sparse features shows: what amplifying did, and what drives each feature."""

from functools import partial

import numpy as np

from brainwright import report
from brainwright.loop.amplify.targets import ARMS, OTHER, OWN, SILENT
from brainwright.loop.features.steps import EXPLAINED, FLOOR, LIVE, MATCH, STABLE, TOPK
from brainwright.report import Columns, Figure, Finished, Mark, Points, Section, Table, Text

from .experiment import BEHIND, MADE_UP

LIMITS = (
    "A feature is a pattern of units that recurs in this recording; another seed, size or preparation finds "
    "others (the column of stability says how many come again). The tissue that is written to is simulated, "
    "with its plasticity off. The channels of a feature are where it is read: a pulse there forces spikes of "
    "the cells around, which is most of what rises where these spikes are counted. What synapses carry is "
    "left behind them.\n\n"
    "The lookup of responses needs recorded random writes, a pattern does not; here both had the same "
    "recording. Features were drawn at random among those that live, not chosen for their tuning. Cues are "
    "never amplified by their own electrodes. Components are counted at as many numbers for each frame: the "
    "first ones, always the same, or the best of all, chosen in each frame as an autoencoder does, but "
    "with either sign.\n\n"
    "Worms and larva: one laboratory's animals and one animal's wiring; the larva's signs are drawn. Seeds "
    "of the autoencoder are the units there, not animals."
)
WORDS = {
    "rise": "rise, sd",
    "others": "other features, sd",
    "share": "share of all activity",
    "elsewhere": "unstimulated channels alone, sd",
    "firing": "spikes more",
    "task": "readout says its cue",
}
DIGITS = dict.fromkeys(WORDS, 2) | {"firing": 0}
TITLES = {"": "Does writing to a feature's channels raise it?", BEHIND: "Behind the direct spikes"}
LEADS = {
    "": (
        "Features of a culture's activity 3 to 23 ms after a volley: behind the artifact, with most spikes "
        "that pulses force. Live features, drawn at random, are raised by six pulses on their channels, none "
        "of them a cue's; every arm has the same charge. All figures are changes against silence."
    ),
    BEHIND: (
        "The same with features of the window from 6 to 26 ms, when the spikes that pulses force are over: "
        "only what synapses carry is left."
    ),
}


def sections(run: Finished) -> list[Section]:
    """Of what is there."""
    shown = [amplified(run, name) for name in ("", BEHIND) if run.arms(name)]
    shown += [heard(run, name, title) for name, title in run.facts["sets"].items() if run.arms(name)]
    return [*shown, known(run)] if run.arms(MADE_UP) else shown


def amplified(run: Finished, name: str) -> Section:
    """Every arm by what rose, and the dishes."""
    arms, rows, compared = run.arms(name), [], []
    for arm in ARMS:
        means = arms[arm]["means"]
        rows.append([arm, *(report.number(means[name], digits=n, sign=True) for name, n in DIGITS.items())])
        row: list[object] = [arm]
        for over in (run.comparison(OWN, arm, name, "rise"), run.comparison(arm, OTHER, name, "rise")):
            row += [Points.of(over), Mark(over["verdict"]) if over else ""]
        compared += [row] if any(row[1:]) else []
    header, beside = ["stimulated", *WORDS.values()], ["rise", "own − it", "", "it − another's", ""]
    values = {arm: report.per_unit(arms[arm], "rise") for arm in ARMS if arm != SILENT}
    drawn = partial(report.figures.dots, values, x="rise of the feature, sd", line=0.0)
    alone = {arm: report.per_unit(arms[arm], "elsewhere") for arm in ARMS if arm != SILENT}
    away = partial(report.figures.dots, alone, x="unstimulated channels alone, sd", line=0.0)
    task = run.comparison(OWN, OTHER, name, "task")
    said = f"What the readout says more of the feature's own cue, own − another's: {Points.of(task)}."
    alone_too = Figure(away, "The same without the channels that were stimulated.")
    drawings = Columns([Figure(drawn, "A dot for each dish."), alone_too])
    blocks = [Table(header, rows), drawings, Table(beside, compared), Text(said, small=True)]
    return Section(TITLES[name], blocks, LEADS[name])


def heard(run: Finished, name: str, title: str) -> Section:
    """Autoencoders beside components, and what drives each feature."""
    arms, told, rows = run.arms(name), run.units.below(name).load(TOPK), []
    for arm, row in arms.items():
        over = run.comparison(TOPK, arm, name, EXPLAINED)
        more = (f"{row['means'][metric]:.2f}" if metric in row["means"] else "" for metric in (LIVE, STABLE))
        mark = Mark(over["verdict"]) if over else ""
        rows.append([arm, Points.of(row, digits=3), *more, Points.of(over, digits=3), mark])
    header = ["", "unseen variance explained", "live", "come again (cosine)", "TopK − it", ""]
    words = (
        f"Random patterns come again at {told[FLOOR].mean():.2f}. At most {run.facts['k']} features a frame."
    )
    tuned = told["conditions"]
    lines = []
    for k, feature in enumerate(told["feature"]):
        pairs = zip(told["units"][k], told["weights"][k], strict=True)
        units = ", ".join(f"{unit} ({report.number(weight)})" for unit, weight in pairs)
        best = f"{tuned[told['tuning'][k].argmax()]} ({told['selectivity'][k]:.2f})" if len(tuned) else ""
        moments = ", ".join(f"{s:.1f}" for s in told["moments_s"][k] if np.isfinite(s))
        lines.append([str(feature), f"{100 * told['active'][k]:.0f} %", units, best, moments])
    columns = ["feature", "active", "channels (weights)", "prefers (selectivity)", "top moments, s"]
    blocks = [
        Table(header, rows, words),
        Table(columns, lines, "The most active features of the first seed."),
    ]
    if len(tuned):
        names = [str(feature) for feature in told["feature"]]
        shown = {"x": "presented", "y": "feature", "key": "mean activity", "from_zero": True}
        drawn = partial(report.figures.matrix, told["tuning"], columns=tuned.tolist(), rows=names, **shown)
        blocks.append(Figure(drawn, "Tuning: mean activity of each feature by what was presented."))
    return Section(f"{name[0].upper()}{name[1:]}: what drives each feature", blocks, f"{title}.")


def known(run: Finished) -> Section:
    """Whether true patterns are found where they are known."""
    rows = []
    for arm, row in run.arms(MADE_UP).items():
        over, alive = run.comparison(TOPK, arm, MADE_UP, MATCH), row["means"].get(LIVE)
        mark = Mark(over["verdict"]) if over else ""
        rows.append(
            [arm, Points.of(row, digits=3), "" if alive is None else f"{alive:.2f}", Points.of(over), mark]
        )
    header = ["", "cosine with the truth", "live", "TopK − it", ""]
    lead = "Sums of 3 of 48 random patterns over 32 units, with noise; a draw for each seed."
    return Section("Are the features true?", [Table(header, rows)], lead)
