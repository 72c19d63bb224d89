"""FILE: an experiment of one's own. `brainwright run ./FILE.py --quick` tries it."""

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from brainwright.experiment import AtLeast, Claim, Design, Options, Outcomes, Row, Study
from brainwright.report import Finished, Points, Section, Table
from brainwright.verdict import Verdict

SUMMARY = "FILE: does the treatment raise the score? against no treatment"
SOURCES = ()
LIMITS = "Made-up numbers: replace the trial."
SENTENCES: dict[Verdict, str] = {
    "supported": "The treatment raises the score.",
    "no difference": "The treatment makes no difference.",
    "against": "The treatment lowers the score.",
    "cannot tell": "This run cannot tell.",
}


@dataclass(frozen=True)
class Config(Options):
    """What can be asked on the command line."""

    seeds: Annotated[int, AtLeast(2)] = 12
    """Seeds, shared by both arms; with fewer than six nothing is decided."""


def design(config: Config) -> Design:
    """All that is fixed before the run: arms, seeds, the metric, the claim and its margin."""
    seeds = tuple(1_000 * config.seed + k for k in range(6 if config.quick else config.seeds))
    study = Study("scores", trial, {"treated": 1, "untreated": 1}, seeds, "score", {"seed": config.seed})
    return Design(
        studies=(study,),
        primary=Claim("scores", "treated", "untreated", margin=0.1),
        sentences=SENTENCES,
        answer=answer,
    )


def trial(arm: str, seed: int, draw: int) -> dict[str, float]:
    """One arm with one seed, numbers by name: replace this. All that is random follows from the arguments."""
    rng = np.random.default_rng([seed, draw, arm == "treated"])
    return {"score": float(rng.normal(1.0 if arm == "treated" else 0.0))}


def answer(outcomes: Outcomes, primary: Row) -> str:
    """The figures in a sentence."""
    return f"Treated less untreated: {primary['effect_size']:+.2f}, n = {primary['n']}."


def sections(run: Finished) -> list[Section]:
    """What the page shows beside what every page has."""
    rows = [[name, Points.of(arm, digits=2)] for name, arm in run.arms("scores").items()]
    return [Section("Scores", [Table(["arm", "score"], rows)])]
