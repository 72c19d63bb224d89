"""What the page of planning shows: scores by world, races, the veto, the dark room."""

from functools import partial

import numpy as np

from brainwright.report import Figure, Finished, Mark, Points, Section, Table, figures

from . import trial
from .experiment import CONDITIONED, DECIDES, FILTERED, PEER
from .trial import GREEDY, SCORE

LIMITS = (
    "Worlds of 40 to 64 states, whose truth is known: what a policy earns is computed, so spread is that of "
    "what was watched and of networks. Conditioning does not put pieces of different episodes together, and "
    "takes luck for skill where moves slip: it is a way to read a model, not the best planner. Counting the "
    "same question is as good in a table; the model can be asked other questions without being taught "
    "anew.\n\nBehaviour is a solver half of whose actions are random. Its likeliest action is the solver's, "
    "so that cloning, taken at its likeliest, has nothing left to gain: the primary comparison is of "
    "actions drawn as planned, for both sides alike, and likeliest actions stand beside it. It is about "
    "drawn starts; where all episodes begin in one place, the return of an episode is a fair "
    "filter.\n\nReplay of remembered steps is the control of the race: a memory is a model, and where it "
    "needs as few samples, a model of its own is not what counts. The sense of harm has spoken in what was "
    "watched; that a lethal branch is known without any death is asked elsewhere (`spider`). The T-maze has "
    "ten states."
)


def sections(run: Finished) -> list[Section]:
    """Of what is there."""
    shown = [conditioning(run, name) for name in trial.WORLDS if run.arms(name)]
    shown += [races(run)] if any(run.arms(f"race, {name}") for name in trial.RACES) else []
    shown += [shares(run, "veto", ("killed", "goal"), "both", BRANCH)] if run.arms("veto") else []
    columns, agent = ("food", "dark room", "sign first"), "expected free energy"
    shown += [shares(run, "unsurprised", columns, agent, MAZE)] if run.arms("unsurprised") else []
    return shown


BRANCH = (
    "One branch pays 5 and kills, the goal pays 1; reward knows nothing of the death, the sense of harm "
    "does. Shares of episodes that end so, computed. A veto on the next step alone leaves the plan wanting "
    "the bait."
)
MAZE = (
    "Four steps in a T-maze with a sign, a flickering middle and a dark room. Whoever wants least surprise, "
    "or the least error of the next embedding, hides in the dark; wanting food, and to know where it is, "
    "leads past the sign to it."
)


def conditioning(run: Finished, name: str) -> Section:
    """Every way to use what was watched in one world."""
    rows, arms = [], run.arms(name)
    for way, row in arms.items():
        over, likely = (
            run.comparison(CONDITIONED, way, name, SCORE),
            run.comparison(CONDITIONED, way, name, GREEDY),
        )
        mark, other = (Mark(one["verdict"]) if one else "" for one in (over, likely))
        cells = [way, Points.of(row), Points.of(over, digits=3), mark]
        rows.append([*cells, f"{row['means'][GREEDY]:.2f}", Points.of(likely, digits=3), other])
    header = ["", "score, drawn", "conditioned − it", "", "likeliest", "conditioned − it", ""]
    words = f"0: random actions, 1: the best policy. {run.facts['episodes']} episodes were watched."
    values = {way: arms[way]["values"] for way in (CONDITIONED, PEER, *FILTERED, "cloned") if way in arms}
    dots = Figure(partial(figures.dots, values, x="score, drawn"), "A dot for each run.")
    lead = "Decides." if name in DECIDES else "Described."
    return Section(f"By what is wanted: {name}", [Table(header, rows, words), dots], lead)


def races(run: Finished) -> Section:
    """Samples until a fixed return."""
    rows = []
    for name in trial.RACES:
        study = f"race, {name}"
        for learner, row in run.arms(study).items():
            ahead = run.comparison("model-based", learner, study)
            median = float(np.median(row["metrics"]["samples"]))
            mark = Mark(ahead["verdict"]) if ahead else ""
            cells = [name, learner, f"{median:.0f}", f"{row['means']['not reached']:.2f}"]
            rows.append([*cells, Points.of(ahead, digits=2), mark])
    header = ["world", "learner", "samples, median", "never", "model-based ahead, log10", ""]
    lead = f"Steps in the world until the greedy policy earns enough, at most {run.facts['most']:,}."
    return Section("With and without a model", [Table(header, rows)], lead)


def shares(run: Finished, study: str, columns: tuple[str, ...], arm: str, lead: str) -> Section:
    """Arms by shares, and what the best arm is ahead."""
    rows = []
    for other, row in run.arms(study).items():
        ahead = run.comparison(arm, other, study)
        figures_of = [f"{row['means'][name]:.3f}" for name in columns]
        rows.append([other, *figures_of, Points.of(ahead, digits=3), Mark(ahead["verdict"]) if ahead else ""])
    title = {"veto": "A branch that pays and kills", "unsurprised": "The dark room"}[study]
    return Section(title, [Table(["", *columns, f"{arm} − it", ""], rows)], lead)
