"""What the page of continual learning shows: the table, nights, accuracy against bytes."""

from functools import partial

from brainwright.report import Columns, Figure, Finished, Mark, Points, Section, Table, Text, figures
from brainwright.report.figures import Curve

LIMITS = (
    "Seeds of a method are trained side by side, each with its own initial values and order of samples; "
    "with three of them no comparison is decided, and the table is to be read as figures. Strengths of EWC "
    "and SI are those that others tuned on Split MNIST, those of DER++ its authors'; no method was tuned on "
    "the seeds shown.\n\n"
    "Sleep has a first layer that is random and fixed, and receptive fields that know that inputs are "
    "pictures; of the table no other method knows that, and the nights show what is due to it. By day it "
    "learns nothing that can be asked for; a day's moments and episodes are gone in the morning (bytes at "
    "most are said beside). R² had back is that of the nearest kept sample or draw, for pictures that were "
    "learned from less that for others; the attacker of a gist, or of states behind the layer, has the "
    "network and five hundred pictures of his own.\n\n"
    "The generative classifier is the gist read out as a density; it is not that of van de Ven et al., "
    "which has an autoencoder for each class. Inputs of own contexts are scaled to 0 .. 1."
)
COLUMNS = {
    "learning accuracy": "learned",
    "anytime average": "anytime",
    "forgetting from best": "forgot, from best",
    "forgetting from first": "forgot, from first",
    "stability gap": "gap",
}
COUNTED = ("kB", "most kB", "updates")
HAD = {
    "R2 seen": "R² seen",
    "R2 never seen": "R² not seen",
    "R2 had back": "R² had back",
    "told apart": "told apart",
}


def sections(run: Finished) -> list[Section]:
    """Of what is there."""
    shown = [table(run, study) for study in run.facts["tables"] if run.arms(study)]
    shown += [nights(run)] if run.arms("nights") else []
    return [*shown, sizes(run)] if run.facts["sizes"] and run.arms("bytes") else shown


def table(run: Finished, study: str) -> Section:
    """Methods, best first."""
    arms, rows = run.arms(study), []
    for arm in sorted(arms, key=lambda name: -arms[name]["mean"]):
        means = arms[arm]["means"]
        contexts = " ".join(
            f"{100 * value:.0f}" for name, value in means.items() if name.startswith("context ")
        )
        rows.append(
            [
                arm,
                Points.of(arms[arm], digits=1, scale=100),
                contexts,
                *(percent(means.get(name)) for name in COLUMNS),
                f"{means['kB']:,.0f}",
                f"{means['updates']:,.0f}",
                percent(means.get("R2 had back")),
            ]
        )
    header = ["method", "accuracy, %", "by context", *COLUMNS.values(), "kB", "updates", "R² had back"]
    words = (
        "In per cent; a dot for each seed. Learned: right after each context. Anytime: mean after each "
        "context, of those so far. Forgetting from best: best earlier score less the last; from first: score "
        "right after learning less the last. Stability gap: how far earlier contexts fall at worst while one "
        "is learned. R² had back: of the nearest that is kept, for pictures that were learned from less that "
        "for others."
    )
    dots = {arm: row["values"] for arm, row in arms.items()}
    drawn = partial(figures.dots, dots, x="accuracy at the end")
    blocks = [Columns([Figure(drawn), Text(words, small=True)]), Table(header, rows)]
    title = "Methods" if len(run.facts["tables"]) == 1 else f"Methods, {study}"
    return Section(title, blocks, f"{run.facts['tables'][study]}.")


def percent(value: float | None) -> str:
    """Empty where there is none."""
    return "" if value is None else f"{100 * value:.1f}"


def nights(run: Finished) -> Section:
    """Sleep beside what takes away what it claims."""
    lead = (
        "Awake: equal updates on the day's episodes alone. Shuffled: each kind has the class of another. "
        "Noise: states of no kind. No updates: the gist is kept and nothing is replayed. Gist alone: "
        "nothing sleeps, the gist is read out as it is. No patches: "
        "the first layer does not know that inputs are pictures. Same layer: others behind that of sleep, "
        "replay with as many bytes as sleep keeps in the end, and as it holds at most by day."
    )
    words = (
        "Ahead: points that sleep is ahead. R²: of the nearest of a thousand draws, of pictures that took "
        "part in a gist and of others of the same set that did not. Told apart: chance that the gist finds "
        "one that took part likelier than one that did not. All but kB and updates in per cent."
    )
    arms = run.arms("nights")
    rows = []
    for arm, row in arms.items():
        means, compared = row["means"], run.comparison("sleep", arm, "nights")
        rows.append(
            [
                arm,
                Points.of(row, digits=1, scale=100),
                Points.of(compared, digits=1, scale=100),
                Mark(compared["verdict"]) if compared else "",
                *(
                    "" if name not in means else f"{means[name]:,.0f}"
                    for name in ("kB", "most kB", "updates")
                ),
                *(percent(means.get(name)) for name in HAD),
            ]
        )
    header = ["", "accuracy", "ahead", "", "kB kept", "by day", "updates", *HAD.values()]
    dots = {arm: row["values"] for arm, row in arms.items()}
    drawn = partial(figures.dots, dots, x="accuracy at the end")
    blocks = [Columns([Figure(drawn), Text(words, small=True)]), Table(header, rows)]
    return Section("Nights", blocks, lead)


def sizes(run: Finished) -> Section:
    """Accuracy against bytes, sleep beside replay of as many."""
    arms, rows = run.arms("bytes"), []
    lines: dict[str, list[tuple[float, list[float]]]] = {"sleep": [], "ER": []}
    for pair in run.facts["sizes"]:
        for arm in pair:
            if arm in arms:
                means = arms[arm]["means"]
                lines[arm.split(",")[0]].append((means["kB"], arms[arm]["values"]))
                points = Points.of(arms[arm], digits=1, scale=100)
                rows.append(
                    [
                        arm,
                        f"{means['kB']:,.0f}",
                        f"{means['updates']:,.0f}",
                        points,
                        percent(means.get("R2 had back")),
                    ]
                )
    curves = {
        name: Curve.of_units(
            [kb for kb, _ in points], list(zip(*(values for _, values in points), strict=True))
        )
        for name, points in lines.items()
        if points
    }
    drawn = partial(figures.curves, curves, x="kB kept", y="accuracy at the end", log_x=True)
    header = ["", "kB kept", "updates", "accuracy, %", "R² had back, %"]
    return Section(
        "Accuracy against bytes",
        [Figure(drawn, "Mean and interval over seeds.", wide=True), Table(header, rows)],
    )
