"""What the page of sleep shows: a section for each study."""

from functools import partial

import numpy as np

from brainwright.report import Columns, Figure, Finished, Points, Section, Table, Text, figures
from brainwright.report.figures import Curve

from .trial import DAYS

LIMITS = (
    "These are models of tens to hundreds of cells, not animals: a verdict says what follows from the parts "
    "as they are built here. Nats until the right key is sure stand for time at the keyboard. That a night "
    "adds something to practice which had not reached its ceiling is what any further learning does; the "
    "comparison that tells sleep apart is that with equal practice. The hippocampus of the amnesia study "
    "keeps its episodes until it is removed, and never forgets by itself.\n\n"
    "Replay by reward draws what was rewarded six times as often as anything else; uniform replay has as "
    "many updates. In planning, places that were walked on are known to the search, and what was seen "
    "is recalled by a context that drifts (any subset: completed by a model of the memories); each brain has "
    "twenty rooms. Days are real recordings, six cultures of one laboratory. Tissue is simulated, and the "
    "tunes share no note: it cannot be told which of two is asked for."
)
LEADS = {
    "equal updates": "Digits in five parts, 60 of each: as many updates on the present, or on the store.",
    "amnesia": "Eight days of pairs; then no hippocampus. Gradient: first three days less the last three.",
    "motor sequence": "Twelve presses of five keys, ten rounds of practice; what changed until the next day.",
    "stop-gap": "Two hundred examples of a linear rule in 40 dimensions; a thousand new ones.",
    "rare rewards": "Digits 8 and 9 are rare and bring reward; accuracy on them and on the others.",
    "index": "A stream of digits that mostly follows a rule; what comes to mind for new ones, of 60 stored.",
    "days": "Cultures at six ages, one network: R² of the forecast of earlier days after the last.",
    "two tunes": "Tissue is taught two tunes of four notes: right answers of the first, after the second.",
    "planning": "Rooms whose goal has moved: share in which it is reached in 20 steps.",
}


def sections(run: Finished) -> list[Section]:
    """Of what is there."""
    return [section(run, study) for study in LEADS if run.arms(study)]


def section(run: Finished, study: str) -> Section:
    """Arms with all their figures, and what was compared."""
    arms = run.arms(study)
    metric, first = run.facts["metrics"][study], next(iter(arms.values()))
    columns = [name for name in first["means"] if not name.startswith("day ") and name != metric]
    rows = [
        [arm, Points.of(row, digits=3), *(f"{row['means'][name]:.3f}" for name in columns)]
        for arm, row in arms.items()
    ]
    drawn = partial(figures.dots, {arm: row["values"] for arm, row in arms.items()}, x=metric)
    words = Text(f"{LEADS[study]} A dot for each brain, culture or dish.", small=True)
    blocks: list = [Columns([Figure(drawn), words]), Table(["", metric, *columns], rows)]
    if study == "amnesia":
        lines = {arm: by_day(row) for arm, row in arms.items()}
        aged = partial(figures.curves, lines, x="day of learning", y="right without the hippocampus")
        blocks.insert(1, Figure(aged, "The last day is the most recent.", wide=True))
    return Section(study.capitalize(), blocks)


def by_day(row: dict) -> Curve:
    """Mean and interval over brains."""
    days = range(1, DAYS + 1)
    return Curve.of_units(list(days), np.array([row["metrics"][f"day {day}"] for day in days]).T)
