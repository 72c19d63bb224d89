"""What the page of the suite shows: what names call to mind, conditioning, wants and plans; or a user's
table.
"""

from functools import partial

import numpy as np

from brainwright.evidence.effects import mean_interval
from brainwright.loop.thoughts.lessons import GROUP, MET
from brainwright.loop.thoughts.wanted import CRITICS
from brainwright.report import Figure, Finished, Mark, Points, Section, Table, figures, per_unit

from . import lineup

LIMITS = (
    "A toy world: 32 kinds of things with vectors for looks and for names, networks of 128 cells. A name is "
    "a vector, not a sound; that a thing looks like others of its group helps the assessors, so names of "
    "kinds that were never met are told apart too. The unit is a world with its own network; no animal is "
    "modelled.\n\nWhat is read matters, so that every read-out is an arm. The primary one is half of what "
    "is sensed and half of what is expected, read while the thought of a name goes on for four steps; "
    "conditioned cues are read while they are there.\n\nSome tests are void in other forms and are not "
    "reported: a critic for which looming pays nothing cannot learn of it; second-order conditioning above "
    "0 is met by generalisation alone; an assessor behind a closed gate keeps what it knows by definition "
    "(here behaviour closes the gate); a veto is void where all doors may be refused, or where nothing "
    "lures. That a want flips follows from the design once the taste is learned and the need is innate: "
    "what is tested is that the name flips, and which critics do not."
)
TRANSFER = ("transfer", "objects", "unmet", "unmet objects", "both against neutral", "leak", "leak, objects")
CONDITIONED = ("blocking", "gain, control", "gain, blocked", "before", "trained cue", "second order")
EXTINCT = (
    "kept, free",
    "kept, forced",
    "other cue kept",
    "growth of the loop",
    "growth, unanchored",
    "ran away",
)
WANTS = ("flipped", "wanted when depleted", "wanted when sated", "danger wanted")
PLANS = ("lethal", "safe door", "clean", "lethal, unmet", "safe door, unmet")


def sections(run: Finished) -> list[Section]:
    """The suite, or the table."""
    if run.facts["table"]:
        return [table(run)]
    return [transfer(run), conditioning(run), wants(run), plans(run)] if run.arms("") else []


def grid(run: Finished, arms: tuple[str, ...], columns: tuple[str, ...], words: str) -> Table:
    """Mean figures of some arms; empty where an arm was not asked."""
    rows = [
        [arm, *("" if row["means"].get(name) is None else f"{row['means'][name]:.2f}" for name in columns)]
        for arm, row in run.arms("").items()
        if arm in arms
    ]
    return Table(["", *columns], rows, words)


def transfer(run: Finished) -> Section:
    """Fear by name, read-out by read-out, and with each part taken away."""
    order = (
        lineup.MAIN,
        *lineup.READ,
        lineup.INFERRED,
        lineup.LATE,
        lineup.LATE_INFERRED,
        lineup.HEBB,
        lineup.SUMMED,
        lineup.SHUFFLED,
        *lineup.TAKEN_AWAY,
    )
    arms = {arm: run.arms("")[arm] for arm in dict.fromkeys(order)}
    dots = {arm: per_unit(row, "transfer") for arm, row in arms.items()}
    drawn = partial(figures.dots, dots, x="AUROC of fear by name", levels={"chance": 0.5}, wide=True)
    rows = [
        [
            arm,
            f"{row['means']['transfer']:.3f}",
            Points.of(over, digits=2),
            Mark(over["verdict"]) if over else "",
        ]
        for arm, row in arms.items()
        for over in [run.comparison(lineup.MAIN, arm, metric="transfer")]
    ]
    words = (
        "Objects: the things themselves. Unmet: kinds that never appeared while it was learned what "
        "matters. Both: what looms and tastes, for which a critic is paid nothing in sum. Leak: salt "
        f"foretold of names of what looms, and of the things, against neutral ones. {by_chance(run)}"
    )
    bound = run.arms("")[lineup.MAIN]["means"].get("bound, a kind left out")
    hops = {
        name: run.arms("")[lineup.MAIN]["means"][name]
        for name in ("two hops", "two hops, straight", "name known")
    }
    lead = (
        "Pretraining: things and words, nothing that matters. Then things alone, some of which loom. Then "
        f"names alone. With labels of all other kinds, a kind's name is told by {bound:.2f}. A word heard "
        f"only beside the name: {hops['two hops, straight']:.2f} as it is, {hops['two hops']:.2f} once the "
        f"word that it calls to mind is thought anew (the right name in {100 * hops['name known']:.0f} %)."
    )
    ahead = Table(["arm", "fear by name", f"{lineup.MAIN} is ahead by", ""], rows)
    return Section(
        "From things to names", [Figure(drawn, wide=True), ahead, grid(run, order, TRANSFER, words)], lead
    )


def by_chance(run: Finished) -> str:
    """What the leak would be by chance alone, and what it is, with intervals."""
    one, other = (int((GROUP[MET] == group).sum()) for group in (0, 3))
    values = np.array(run.arms("")[lineup.MAIN]["metrics"]["leak"], float)
    # variance of an AUROC without ties under the null (Mann & Whitney 1947)
    spread = ((one + other + 1) / (12 * one * other) / len(values)) ** 0.5
    here = mean_interval(values)
    return (
        f"By chance the mean leak of {len(values)} worlds, {one} names against {other} in each, lies within "
        f"{0.5 - 1.96 * spread:.2f} and {0.5 + 1.96 * spread:.2f} in 95 % of runs; here it is "
        f"{here.value:.2f} [{here.low:.2f}, {here.high:.2f}]."
    )


def conditioning(run: Finished) -> Section:
    """Blocking, second order, extinction, and loops that run away."""
    arms = (*lineup.DRILLED, lineup.HEBB)
    words = "Blocking: fear of a word shown with what was never feared, less of one shown with what was."
    kept = (
        "Kept: share of the fear after trials without the outcome, of animals that may leave, and of those "
        "that may not. Growth: of what is said, over 100 sweeps of the loop alone; ran away: what came of "
        "as many trials in which nothing overrides. The guard refuses above 1.05."
    )
    lead = f"Fresh assessors; {run.facts['unpaired']} trials of extinction."
    return Section(
        "Conditioning", [grid(run, arms, CONDITIONED, words), grid(run, arms, EXTINCT, kept)], lead
    )


def wants(run: Finished) -> Section:
    """Devaluation by name."""
    arms, words = (
        (lineup.MAIN, lineup.INFERRED, *CRITICS, lineup.SHUFFLED, lineup.UNTAUGHT),
        "Shares of pairs with a neutral name.",
    )
    lead = "The animal was sated while it learned. Now it lacks salt; nothing is tasted again."
    return Section("Wants", [grid(run, arms, WANTS, words)], lead)


def plans(run: Finished) -> Section:
    """A veto on imagined doors."""
    arms = (lineup.MAIN, lineup.INFERRED, lineup.NO_VETO, lineup.SUMMED, lineup.SHUFFLED, lineup.UNTAUGHT)
    words = (
        "Shares of all halls of names met, or unmet; clean: share of animals that take no lethal door at all."
    )
    lead = (
        f"Four doors, a name on each: danger, salt, bait (which looms, and holds {run.facts['bait']:.0f} "
        "times the salt), neutral. Salt is lacking. The threshold lies between two clusters of imagined "
        "fear, without labels."
    )
    dots = {arm: per_unit(run.arms("")[arm], "lethal") for arm in arms}
    drawn = partial(figures.dots, dots, x="share of halls in which a lethal door is taken", wide=True)
    return Section(
        "Plans", [grid(run, arms, PLANS, words), Figure(drawn, "A dot for each animal.", wide=True)], lead
    )


def table(run: Finished) -> Section:
    """Scores of the user's table by both rules."""
    rows = []
    for name in run.facts["scores"]:
        means = [f"{row['means'][name]:.3f}" for row in run.arms("table").values()]
        over = run.comparison("delta", lineup.HEBB, "table", name)
        rows.append([name, *means, Points.of(over, digits=3), Mark(over["verdict"]) if over else ""])
    header = ["score", *run.arms("table"), "delta is ahead by", ""]
    lead = f"{run.facts['table']}; cues: {', '.join(run.facts['cues'])}."
    words = (
        "Blocking: what the second cue would be worth had the first never been shown alone before, less "
        "what it is worth. Extinction: share lost after the outcome stopped. Likeness: correlation with the "
        "responses."
    )
    return Section("Your table", [Table(header, rows, words)], lead)
