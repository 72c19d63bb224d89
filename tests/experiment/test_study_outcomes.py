"""What becomes of trials: units that are not seeds, runs cut short, studies left out."""

from dataclasses import replace

import numpy as np
import pytest

from brainwright.cli.report import arm_lines, verdict_lines
from brainwright.experiment import Claim, Design, Study
from brainwright.experiment.summary import LEFT_OUT, NOT_YET, result_of
from brainwright.experiment.trials import Trials
from brainwright.experiment.work import outcomes_of, run_design
from brainwright.runs import Units

DISHES = ("p", "q", "r", "s", "t", "u")


def trial(arm: str, seed: int, draw: int) -> dict[str, float]:
    """A score of every dish at once."""
    return {dish: k + seed + (arm == "better") for k, dish in enumerate(DISHES)}


def over_dishes(trials: Trials) -> Trials:
    """The mean over seeds, by dish."""
    return Trials.of(
        {arm: {"score": np.array([trials.arm(arm, dish).mean for dish in DISHES])} for arm in trials.arms}
    )


@pytest.fixture
def design() -> Design:
    study = Study("dishes", trial, {"better": 1, "worse": 1}, (0, 2), "score", outcomes=over_dishes)
    claim = Claim("dishes", "better", "worse")
    sentences = {word: word for word in ("supported", "no difference", "against", "cannot tell")}
    return Design((study,), claim, sentences, lambda outcomes, row: "yes", arm_metrics=("score", "other"))


def test_units_are_those_that_the_study_names(design, tmp_path):
    outcomes = run_design(design, Units(tmp_path), workers=1)
    result = result_of(design, outcomes, Units(tmp_path))
    assert result["primary"]["n"] == len(DISHES)
    assert result["primary"]["effect_size"] == pytest.approx(1.0)
    assert result["primary"]["verdict"] == "supported"
    assert result["arms"]["dishes/worse"]["values"] == [1, 2, 3, 4, 5, 6]
    assert set(result["arms"]["dishes/worse"]["metrics"]) == {"score"}  # a metric that it lacks is left out


def test_a_run_cut_short_shows_the_arms_that_are_whole(design, tmp_path):
    assert outcomes_of(design, Units(tmp_path))[0]["dishes"].arms == []
    run_design(design, Units(tmp_path), workers=1)
    outcomes, missing = outcomes_of(design, Units(tmp_path))
    assert (outcomes["dishes"].arms, missing) == (["better", "worse"], 0)


def test_a_run_without_the_study_that_decides_is_finished_and_says_what_it_lacks(design, tmp_path):
    other = Study("others", trial, {"a": 1, "b": 1}, (0,), "p")
    part = replace(design, studies=(other,))
    result = result_of(part, run_design(part, Units(tmp_path), workers=1), Units(tmp_path))
    assert (result["primary"], result["headline"]) == (None, LEFT_OUT)
    assert verdict_lines(result) == [LEFT_OUT]
    assert [line.split()[0] for line in arm_lines(result)] == ["arm", "others/a", "others/b"]
    assert result_of(design, {"dishes": Trials({})}, Units(tmp_path))["headline"] == NOT_YET


def test_a_metric_may_have_any_name(tmp_path):
    told = []
    study = Study("s", shares, {"a": 1}, (0,), "share")
    design = Design((study,), Claim("s", "a", "a"), {}, lambda outcomes, row: "")
    run_design(design, Units(tmp_path), workers=1, progress=lambda *place, **event: told.append(event))
    assert told[-1] == {"unit": "a-0-0", "arm": "a", "metrics": {"share": 0.5}}


def shares(arm: str, seed: int, draw: int) -> dict[str, float]:
    """A metric whose name the progress bar uses too."""
    return {"share": 0.5}
