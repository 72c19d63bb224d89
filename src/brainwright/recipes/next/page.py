"""What the page of prediction shows: board by board what predictions hold, and whether they collapsed."""

from functools import partial
from typing import Any

from brainwright.connectome.laminar import LAYERS, WIRINGS
from brainwright.loop.next_patch.arms import FROZEN, NONE, STOP, UNTRAINED
from brainwright.loop.next_patch.boards import BOARDS, TITLES
from brainwright.loop.next_patch.floors import LAST, PAST, SKILL
from brainwright.loop.next_patch.laminar import SHUFFLED
from brainwright.loop.next_patch.recordings import SHIFTED
from brainwright.objective.collapse import FEWEST_DIRECTIONS
from brainwright.report import Figure, Finished, Mark, Points, Section, Table, figures

from .experiment import GUARD, MARGIN, TEACHERS

LIMITS = (
    "Small networks and a few hundred updates: figures say what is well posed and what minutes buy, not what "
    "is best. Skills are over each arm's own embedding, which arms without stop-gradient make easy: compare "
    "arms by the decoded skill and the probes alone, which are read in coordinates that no arm trained. "
    "Probes read the mean and the last state of the cells; raw patches are read whole.\n\n"
    "Flags compare directions and coding rate with the random embedding of the same seed; they see a loss, "
    "not an embedding that keeps much of little use. RankMe measures the data as much as the embedding.\n\n"
    "Recordings: worms, cultures and reaches, of which the last three tenths are judged. What own history "
    "is added is a difference of R² of the next bin, where slow signals leave little to add. The wiring "
    "of the worm is one graph. Laminar cells are rate cells in blocks, without types or Dale's law: order of "
    "layers alone is compared."
)


def sections(run: Finished) -> list[Section]:
    """One for each board of which something is there."""
    shown = []
    for name in run.facts["boards"]:
        if LAST in run.arms(name) if name in BOARDS else run.arms(name):
            makers = {"rules": rules, "laminar": laminar, "layers": layers, "senses": senses}
            other = partial(board if name in BOARDS else recorded, name=name)
            shown.append(makers.get(name, other)(run))
    return [*shown, flags(run)] if run.extra.get("flags") else shown


def board(run: Finished, name: str) -> Section:
    """Arms beside stop-gradient and beside the last patch; flags; skills, which rank nothing."""
    arms = run.arms(name)
    over = run.against(STOP, name)
    beyond = "; ".join(said(run, name, control) for control in (LAST, FROZEN))
    rows = [[arm, *main(row, over.get(arm))] for arm, row in arms.items()]
    skills = ("skill over copying", "skill over mean", "skill over position", "alike", "RankMe", "constant")
    own = [[arm, *figures_of(row, skills)] for arm, row in arms.items() if arm != LAST]
    dots = {arm: row["values"] for arm, row in arms.items()}
    ratios = {arm: row["metrics"]["directions"] for arm, row in arms.items() if "metrics" in row}
    drawn = partial(figures.dots, dots, x="R² of the raw next patch", levels={LAST: arms[LAST]["mean"]})
    level = {f"flag below {FEWEST_DIRECTIONS}": FEWEST_DIRECTIONS}
    flag = partial(figures.dots, ratios, x="directions beside the random embedding", levels=level)
    words = "R² of the raw next patch about its position's mean, by a ridge. Probes: share of right classes."
    blocks: list[Any] = [
        Figure(drawn, "A dot for each seed."),
        Table(HEADER, rows, words),
        Figure(flag, f"A dot for each seed. Only {NONE!r} should lie below."),
        Table(["arm", *skills], own, "Of each arm's own embedding: no arm is ranked by these."),
    ]
    return Section(TITLES[name][0], blocks, f"{TITLES[name][1]} {beyond}.")


def main(row: dict[str, Any], over: dict[str, Any] | None) -> list[Any]:
    """The columns of an arm that are read in fixed coordinates."""
    means, fired = row["means"], row.get("metrics", {}).get(GUARD)
    return [
        Points.of(row, digits=3),
        Points.of(over, digits=3),
        Mark(over["verdict"]) if over else "",
        *figures_of(row, ("directions", RATE)),
        f"{sum(fired):.0f}\u00a0of\u00a0{len(fired)}" if fired else "",
        *(f"{100 * v:.1f} %" if v is not None else "" for v in map(means.get, PROBES)),
    ]


RATE = "coding rate"
HEADER = ["arm", SKILL, "over stop-gradient", "", "directions", RATE, "flag", "100 labels", "1,000 labels"]
PROBES = ("probe, 100 labels", "probe, 1000 labels")


def figures_of(row: dict[str, Any], names: tuple[str, ...]) -> list[str]:
    """Means with two digits, empty where there are none."""
    return [f"{row['means'][name]:.2f}" if name in row["means"] else "" for name in names]


def said(run: Finished, name: str, control: str) -> str:
    """Stop-gradient beside a control, in words."""
    if (over := run.comparison(STOP, control, name)) is None:
        return f"no {control} yet"
    ends = f"[{over['ci_low']:+.3f}, {over['ci_high']:+.3f}]"
    return f"{STOP} over {control} {over['effect_size']:+.3f} {ends}, {over['verdict']}"


def rules(run: Finished) -> Section:
    """Learning rules for the arm with stop-gradient, and who cannot."""
    over = run.against(UNTRAINED, "rules")
    rows = [[arm, *main(row, over.get(arm))] for arm, row in run.arms("rules").items()]
    less = [run.comparison(arm, TEACHERS[0], "rules") for arm in TEACHERS[1:]]
    words = "; ".join(
        f"{row['arm'].removeprefix('rules/')} {row['effect_size']:+.3f}, {row['verdict']}"
        for row in less
        if row
    )
    table = Table([*HEADER[:2], "over untrained", *HEADER[3:]], rows, f"Over the gradient: {words}.")
    cannot = Table(["cannot teach it", "why"], list(run.facts["cannot"].items()))
    lead = "The arm with stop-gradient on digits, taught by rules that carry errors without forward weights."
    return Section("Learning rules", [table, cannot], lead)


def recorded(run: Finished, name: str) -> Section:
    """What is added to own history, recording by recording; by a wiring beside rewired ones."""
    arms, rows = run.arms(name), []
    first = next(iter(arms))
    parts = ("own history", "added temporal", "added spatial", "added alignment")
    for arm, row in arms.items():
        over = run.comparison(first, arm, name)
        verdict = Mark(over["verdict"]) if over else ""
        cells = [f"{row['means'][part]:.4f}" if part in row["means"] else "" for part in parts]
        values = [row["n_draws"], Points.of(row, digits=4), Points.of(over, digits=4), verdict]
        rows.append([arm, *values, *cells])
    header = ["arm", "draws", "added R²", f"{first} over this", "", "R² of own history", *parts[1:]]
    names = (SKILL, "last patch", "skill over copying", "directions", RATE, GUARD)
    own = [[arm, *figures_of(row, names)] for arm, row in arms.items() if GUARD in row["means"]]
    guards = Table(["arm", *names], own, "On the part held out; the last one as a share of recordings.")
    dots = {arm: row["values"] for arm, row in arms.items() if arm not in (PAST, SHIFTED)}
    drawn = partial(figures.dots, dots, x="R² added to own history", levels={"nothing": 0.0})
    lead = f"{TITLES[name][1]} {run.facts['file']}"
    blocks = [Figure(drawn, "A dot for each recording."), Table(header, rows), guards]
    return Section(TITLES[name][0], blocks, lead)


def laminar(run: Finished) -> Section:
    """Two wirings of five layers: which predicts more, and which layer is busy with the error."""
    where = []
    for name, row in run.arms("laminar").items():
        for what in ("mismatch", "error", "loudest"):
            where.append([name, what, *(f"{row['means'][f'{what} {layer}']:.2f}" for layer in LAYERS)])
    words = (
        "Mismatch: activity at one that follows from another stream, less one from its own, in deviations. "
        "Error: correlation of a layer's activity with the error of the prediction before; loudest: share of "
        "seeds in which it is highest there."
    )
    lead = TITLES["laminar"][1]
    if over := run.comparison(*WIRINGS, "laminar"):
        own = (f"{name} {run.arms('laminar')[name]['mean']:.3f}" for name in WIRINGS)
        lead += f" {SKILL.capitalize()}: {', '.join(own)}: {over['effect_size']:+.3f}, {over['verdict']}."
    return Section(TITLES["laminar"][0], [Table(["wiring", "what", *LAYERS], where, words)], lead)


def layers(run: Finished) -> Section:
    """Each published wiring among its shuffles."""
    arms, rows = run.arms("layers"), []
    for name in WIRINGS:
        null = f"{name}, {SHUFFLED}"
        for metric in (SKILL, "mismatch response", "error in its layer"):
            if over := run.comparison(name, null, "layers", metric):
                own, other = (arms[arm]["means"][metric] for arm in (name, null))
                said = [f"{own:.3f}", f"{other:.3f}", f"{over['percentile']:.0f}", f"{over['p_holm']:.3f}"]
                rows.append([name, metric, *said, Mark(over["verdict"])])
    header = ["wiring", "what", "published", SHUFFLED, "percentile", "p", ""]
    return Section(TITLES["layers"][0], [Table(header, rows)], TITLES["layers"][1])


def senses(run: Finished) -> Section:
    """Losses within and across, and whether one fell at the cost of the other."""
    rows = []
    for row in run.extra.get("senses", []):
        moved = (f"{row[f'{name} before']:.2f} → {row[f'{name} after']:.2f}" for name in LOSSES)
        rows.append([row["arm"], row["sense"], *moved, f"{row['fired']:.0f} of {row['n']}"])
    table = Table(["together, trained", "sense", *LOSSES, "guard"], rows, "Means over seeds, held out.")
    return Section(TITLES["senses"][0], [table], TITLES["senses"][1])


LOSSES = ("within", "across", SKILL)


def flags(run: Finished) -> Section:
    """Hits, misses and false alarms."""
    rows, ends = run.extra["flags"], ("hits", "misses", "false alarms")
    keys = [["n"], ["lost"], *([f"{flag}, {end}" for end in ends] for flag in ("directions", RATE, GUARD))]
    total = {key: sum(row[key] for row in rows) for names in keys for key in names}
    shown = [
        [row["board"], row["arm"], *(" / ".join(f"{row[key]:.0f}" for key in names) for names in keys)]
        for row in (*rows, {"board": "all", "arm": "", **total})
    ]
    words = (
        f"Hits / misses / false alarms. Lost: decoded skill more than {MARGIN} below that of the frozen "
        "embedding of the same seed. Any: both, or a classic guard (alike, constant, still)."
    )
    table = Table(["board", "arm", "trainings", "lost", "directions", RATE, "any"], shown, words)
    return Section("What the flags said", [table])
