"""What the page of the blueprint shows, part by part."""

from functools import partial

import numpy as np

from brainwright.evidence import draws_needed
from brainwright.loop.modules import embodied, occlude, pairs, wired
from brainwright.loop.modules.asked import COUNTS, FEW, named
from brainwright.loop.modules.digits import IMAGE, SOUND
from brainwright.loop.modules.later import ANEW, KEPT, LATER, NEW, OLD
from brainwright.report import Details, Figure, Finished, Mark, Points, Section, Table, figures
from brainwright.report.figures import Curve

from .experiment import ALL, CONTRAST, CURVES, FEWER, FILLS, IMAGE_FEW, LOST, NEXT, SHOWN, SOUND_FEW, SPARED

LIMITS = (
    "Small modules of rate cells and some hundred updates. Pairs are made by class, so that a module that "
    "hears both is told which sounds and images agree: this is supervision, and shuffled pairs are its "
    "control. Six speakers are six units, each judged by brains that never heard it; brains share images "
    "and most of their training speakers, so intervals say little of other speakers.\n\n"
    "That modules which learn alone keep an old read-out as it was is so by construction, since no error "
    "reaches them; measured is what they pay for it in what comes later. The wiring is one graph of each "
    "animal, expanded; signs are drawn where none are known.\n\n"
    "The body has settings of its own for read-outs and for whole networks, chosen on other seeds."
)
WHAT = {
    "digits": "Digits seen and heard",
    "occlusion": "Six modules, and who fills in what is hidden",
    "later": "A modality that comes later",
    "levels": "Two time scales",
    "top-down": "What comes down from the slow level",
    "workspace": "A frontal workspace",
    "wiring": "The wiring of the modules",
    "embodied": "A body that acts",
}


def sections(run: Finished) -> list[Section]:
    """One for each part of which something is there."""
    makers = {"digits": digits, "occlusion": occlusion, "later": later, "workspace": space}
    makers |= {"wiring": wiring, "embodied": body}
    shown = [name for name in run.facts["parts"] if run.arms(name)]
    return [makers.get(name, partial(plain, name=name))(run) for name in shown]


def compared(run: Finished, name: str, first: str, *metrics: str) -> Details:
    """One arm beside all that claims name, figure by figure, to be opened."""
    rows = []
    for metric in metrics:
        for arm in run.arms(name):
            if over := run.comparison(first, arm, name, metric):
                rows.append([metric, arm, Mark(over["verdict"]), Points.of(over, digits=3)])
    beside = Table(["figure", "control", "", f"{first}, over it"], rows)
    return Details(f"{first}, beside {len(rows)} controls", [beside])


def means(run: Finished, name: str, metrics: tuple[str, ...], words: str) -> Table:
    """Every arm by every figure it has."""
    rows = [
        [arm, *(f"{row['means'][m]:.3f}" if m in row["means"] else "" for m in metrics)]
        for arm, row in run.arms(name).items()
    ]
    return Table(["", *metrics], rows, words)


def dotted(run: Finished, name: str, x: str, but: str = "", each: str = "speaker") -> Figure:
    """What is compared first, of every arm but one."""
    values = {arm: row["values"] for arm, row in run.arms(name).items() if arm != but}
    return Figure(partial(figures.dots, values, x=x), f"A dot for each {each}.")


def digits(run: Finished) -> Section:
    """Probes, retrieval, few labels, a modality lost."""
    metrics = SHOWN[:8]
    words = (
        f"Shares of right answers; chance .1. Retrieval: one sound of ten of the speaker by its image. "
        f"{FEW} labels: of that modality shown by itself. Lost: a probe of both, fitted with 1,000 "
        f"labels, when one modality is not there."
    )
    dots = dotted(run, "digits", "right with 1,000 labels")
    asked = [
        compared(run, "digits", NEXT, ALL, FEWER, *LOST),
        compared(run, "digits", CONTRAST, ALL, FEWER, "retrieval, centred", SOUND_FEW, IMAGE_FEW, *LOST),
        compared(run, "digits", pairs.CATENATED, SOUND_FEW, IMAGE_FEW, *LOST, FEWER, ALL),
        compared(run, "digits", pairs.CATENATED, *SPARED),
    ]
    spared = "Labels saved: halvings of 1,000 until a probe falls to .6, or to .5 of one modality by itself."
    saved = means(run, "digits", SPARED, spared)
    lead = (
        "A module sees, one hears, each trained by itself; one above hears both. No error crosses. "
        "Beside it: what both modules hold, side by side; all end to end; one flat network of as many "
        "trained values."
    )
    shown = [dots, means(run, "digits", metrics, words), by_labels(run), saved]
    return Section(WHAT["digits"], [*shown, *asked], lead)


def by_labels(run: Finished) -> Figure:
    """Probes by how many labels they had, of both modalities and of each."""
    arms, grid = run.arms("digits"), {}
    for title, name in (("both", ""), (IMAGE, IMAGE), (SOUND, SOUND)):
        grid[title] = {}
        for arm in (pairs.CATENATED, pairs.STILL, pairs.FLAT, pairs.END, NEXT):
            if arm in arms and set(CURVES) <= set(told := arms[arm].get("metrics", {})):
                shares = np.transpose([told[named(name, n)] for n in TOLD])
                grid[title][arm] = Curve.of_units(COUNTS, shares)
    drawn = partial(figures.curve_panels, grid, x="labels", y="share right", log_x=True)
    return Figure(drawn, "Means and intervals over speakers; few labels are averaged over five sets.")


TOLD = tuple(f"{n:,} labels" for n in COUNTS)


def later(run: Finished) -> Section:
    """What is kept and what is gained."""
    metrics = ("image, before", OLD, ANEW, NEW, KEPT)
    words = "Probes of 1,000 labels. Old read-out: fitted before sounds came. Both kept: its mean with sound."
    dots = dotted(run, "later", "old images and new sounds")
    asked = [compared(run, "later", LATER[0], KEPT, OLD, ANEW, NEW)]
    lead = "Images are learned first, and read. Then sounds come; the read-out of images stays as it was."
    return Section(WHAT["later"], [dots, means(run, "later", metrics, words), *asked], lead)


def plain(run: Finished, name: str) -> Section:
    """Two time scales: every reader by every figure."""
    arms = run.arms(name)
    metrics = tuple(next(iter(arms.values()))["means"])
    table = means(run, name, metrics, "State: balanced accuracy, chance .25. Block: R² of the next block.")
    asked = [compared(run, name, "slow state", "state"), compared(run, name, "slow prediction", "block")]
    if name == "top-down":
        asked = [compared(run, name, "on", *metrics)]
    lead = (
        "A fast level predicts patches, a slow one above it blocks of four; a slow state sets which channels "
        "are loud. Products of samples are what a quadratic reader sees."
    )
    return Section(WHAT[name], [table, *asked], lead)


def occlusion(run: Finished) -> Section:
    """The table of the brain; patches and classes that are filled in, by arm."""
    plans = Table(["module", "hears", "wiring", "learns"], run.facts["modules"])
    words = (
        "The second half of a modality is hidden. R² of its patches by a ridge, beside their mean at that "
        "place; share of classes that a probe of the module tells while it hears what was filled in."
    )
    dots = dotted(run, "occlusion", FILLS[0], but=occlude.TRUTH)
    asked = [compared(run, "occlusion", arm, *FILLS) for arm in (occlude.ROLLED, *occlude.CROSSED)]
    lead = (
        "It sees, hears and types digits: three senses, a module above them, a workspace that reads twelve "
        "cells of each and sends down what it predicts, and a hippocampus."
    )
    return Section(WHAT["occlusion"], [plans, dots, means(run, "occlusion", FILLS, words), *asked], lead)


def space(run: Finished) -> Section:
    """Broadcast beside random edges."""
    words = "Share of right next places; by itself one half. Hidden: of the module that is shown nothing."
    table = means(run, "workspace", ("others", "source", "hidden"), words)
    rows = []
    for over in run.comparisons:
        if over["study"] == "workspace":
            sides = [over[side].removeprefix("workspace/") for side in ("arm", "control")]
            rows.append([*sides, Mark(over["verdict"]), Points.of(over, digits=3)])
    asked = Details(f"{len(rows)} comparisons", [Table(["arm", "control", "", "difference"], rows)])
    lead = (
        "All modules move by one sign, which one of them is shown. The comparison is void unless modules "
        "without edges stay below .55 and some arm passes .8."
    )
    return Section(WHAT["workspace"], [table, asked], lead)


def wiring(run: Finished) -> Section:
    """Among how many nulls."""
    ends = (", before", ", after", " gained")
    metrics = tuple(f"{name}{end}" for name in (FEWER, ALL) for end in ends)
    rows = []
    for null in wired.NULLS:
        if over := run.comparison(wired.WIRED, null, "wiring", f"{ALL} gained"):
            rows.append([null, Points.of(over, digits=3), f"{over['percentile']:.0f}", Mark(over["verdict"])])
    asked = Table(["null", "wiring, over it", "percentile", ""], rows, "Change of the probe by pretraining.")
    needed = draws_needed(1)
    lead = f"{run.facts['nulls']} graphs of each null; a verdict needs {needed} (--nulls {needed})."
    probes = means(run, "wiring", metrics, "Probes of the module above.")
    return Section(WHAT["wiring"], [probes, asked], lead)


def body(run: Finished) -> Section:
    """Learning to act, by arm."""
    units = run.units.below("embodied").several(run.arms("embodied"))
    lines = {arm: Curve.of_units(own["steps"], own[embodied.CURVE], "-") for arm, own in units.items()}
    drawn = partial(figures.curves, lines, x="steps that are paid", y="return of the last 20 episodes")
    curves = Figure(drawn, "Means and intervals over brains.", wide=True)
    words = "A goal pays 1. Mean return: of all episodes, the area under the curve; then on the way."
    asked = [compared(run, "embodied", arm, *embodied.FIGURES) for arm in embodied.BESIDE]
    lead = (
        f"A body in four rooms looks for a goal. Its modules first hear {embodied.EXPERIENCE:,} moments of a "
        f"random walk and predict; then a read-out of their states alone is reinforced. Beside it: moments "
        "in any order, untrained modules, and whole networks, of which one lived with rewards as much longer."
    )
    dots = dotted(run, "embodied", embodied.AREA, each="brain")
    table = means(run, "embodied", embodied.FIGURES, words)
    return Section(WHAT["embodied"], [dots, curves, table, *asked], lead)
