"""What the page of the bodies shows: films, the pooled return, every arm in every body, learning."""

from functools import partial
from typing import Any

import numpy as np

from brainwright.loop.bodies import CONTROLS, UNTAUGHT
from brainwright.report import Figure, Finished, Mark, Points, Section, Table, Text, figures
from brainwright.report.figures import Curve
from brainwright.report.moving import moving

from .experiment import POOLED
from .trial import BARE, LAYERS, NULL, REAL

LIMITS = (
    "Chosen by hand: that every sensory cell feels everything and every output cell has a part in every "
    "action; three steps of tanh cells from rest for each action, so that a brain has no memory from moment "
    "to moment; a spectral radius of .9 for every wiring; a critic of two layers of 64 beside each brain, "
    "which is not asked afterwards. Learned: strengths of all synapses (their signs stay) and the weights of "
    "sensors and motors, by a gradient that no animal has. These bodies are not the animal's.\n\n"
    "That a wiring learns to act is no evidence for the wiring: see sensors and motors alone and layers, for "
    "which the trainer's settings were not chosen. In an open room moves commute, so that shuffled ones lead "
    "to the goal as well. Rewired wirings keep the degrees of all cells and what each sends; each was taught "
    "once, with the bodies, draws and first weights of the wiring beside them. Intervals are over seeds of "
    "one animal's wiring."
)


def sections(run: Finished) -> list[Section]:
    """Of what is there."""
    shown = [ranked(run)] if run.arms("rewirings") else []
    return [*films(run), *shown, *([bodies(run), learning(run)] if run.arms() else [])]


def films(run: Finished) -> list[Section]:
    """The first brain in every body that can be drawn."""
    pictures = []
    for name in run.facts["tasks"]:
        if run.units.done(f"{name}-0") and len(frames := run.units.load(f"{name}-0").get("film", ())):
            pictures += [Text(name), moving(frames, words=f"The first brain in {name}.")]
    lead = "The first brain with the wiring, after it was taught."
    return [Section("The film", pictures, lead)] if pictures else []


def ranked(run: Finished) -> Section:
    """The wiring among rewired ones: pooled, which is judged, and body by body."""
    real, null = (run.arms("rewirings")[arm] for arm in (REAL, NULL))
    rows = []
    for metric in (POOLED, *run.facts["tasks"]):
        over = run.comparison(REAL, NULL, "rewirings", metric)
        digits = 2 if metric == POOLED else 1
        cells: list[Any] = [
            metric,
            f"{real['means'][metric]:.{digits}f}",
            f"{null['means'][metric]:.{digits}f}",
        ]
        cells += [f"{over['percentile']:.0f}", f"{over['p']:.3f}"] if over else ["", ""]
        rows.append([*cells, Mark(over["verdict"]) if over and metric == POOLED else ""])
    few, needed = run.facts["nulls"], run.facts["needed"]
    words = (
        f"With {few} rewired wirings a two-sided p of .05 cannot be reached, so nothing is decided; a "
        f"verdict needs {needed} (--full, or --nulls {needed}). "
        if few < needed
        else ""
    )
    words += (
        "Judged is the pooled return alone: the mean over bodies of returns in deviations over all of these "
        "wirings."
    )
    header = ["", "the wiring", f"mean of {few} rewired", "percentile", "p", ""]
    return Section("The wiring among rewired ones", [Table(header, rows, words)])


def bodies(run: Finished) -> Section:
    """Every arm in every body, and how far the wiring is ahead of it."""
    rows, tasks = [], run.facts["tasks"]
    for arm, row in run.arms().items():
        over = run.comparison(REAL, arm, metric=POOLED)
        ahead: list[Any] = [Points.of(over, digits=2), Mark(over["verdict"])] if over else ["", ""]
        rows.append([arm, *(f"{row['means'][task]:.1f}" for task in tasks), *ahead])
    words = (
        f"Mean return of {run.facts['seeds']} brains on fresh episodes, and how far the wiring is ahead in "
        f"the pooled return (deviations over taught brains; mean over bodies; 95 % interval). {CONTROLS[0]}, "
        f"{CONTROLS[1]} and {CONTROLS[2]}: what is left without the brain, so that the rest is its share. "
        f"{BARE}: the core bypassed. {LAYERS}: two layers with as many values to learn. {UNTAUGHT}: before."
    )
    return Section("Every body", [Table(["", *tasks, "wiring ahead", ""], rows, words)])


def learning(run: Finished) -> Section:
    """Returns while brains learn."""
    drawn = []
    for task in run.facts["tasks"]:
        lines: dict[str, Curve] = {}
        for k, part in enumerate(run.facts["parts"]):
            if not run.units.done(f"{task}-{k}"):
                continue
            unit = run.units.load(f"{task}-{k}")
            known = np.isfinite(unit["curve"]).all(1)  # before the first episodes ended there is no return
            for kind in dict.fromkeys(kind for kind, _ in part):
                own = unit["curve"][:, [kind == other for other, _ in part]][known].T
                lines.setdefault(kind, Curve.of_units(unit["steps"][known], own, "-"))
        draw = partial(figures.curves, lines, x="steps of a brain", y=f"return, {task}")
        drawn.append(Figure(draw, f"{task}: mean and 95 % interval over seeds.", wide=True))
    return Section("While they learn", drawn, "Mean return of the last twenty episodes of each brain.")
