"""The recipe `sleep`, tiny: arms, claims, its page."""

from dataclasses import replace
from functools import partial

import pytest

from brainwright.experiment.summary import result_of
from brainwright.experiment.trials import Trial, Trials
from brainwright.experiment.work import run_design
from brainwright.recipes.sleep import Config
from brainwright.recipes.sleep.experiment import by_dish, design
from brainwright.recipes.sleep.page import LIMITS, sections
from brainwright.report import Finished, document, markdown, standard_page
from brainwright.runs import Units, create, plain

SMALL = {
    "planning": 2,
    "stop-gap": 10,
    "equal updates": 2,
    "motor sequence": 2,
    "amnesia": 2,
    "rare rewards": 5,
    "index": 2,
}


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    planned = design(Config(quick=True))
    studies = [
        replace(study, trial=partial(study.trial.func, SMALL[study.name]), seeds=study.seeds[:1])
        for study in planned.studies
    ]
    folder = tmp_path_factory.mktemp("sleep") / "run"
    create("sleep", Config(quick=True), folder)
    units, planned = Units(folder / "units"), replace(planned, studies=tuple(studies))
    result = plain(result_of(planned, run_design(planned, units, workers=1), units))
    run = Finished(folder, result)
    return result, standard_page("sleep", run, sections(run), LIMITS, plain(Config()))


def test_every_claim_has_its_arms_and_nothing_is_decided_by_one(done):
    result, _ = done
    planned = design(Config())
    extras = [asked for asked in planned.claims if asked.study in ("days", "two tunes")]
    assert len(result["comparisons"]) == len(planned.claims) - len(extras) + 1
    assert result["primary"]["verdict"] not in ("supported", "against")
    assert all(check["holds"] for check in result["checks"])


def test_without_sleep_nothing_is_left_of_the_hippocampus(done):
    result, _ = done
    arms = result["arms"]
    assert arms["amnesia/no sleep"]["means"]["with the hippocampus"] == 1
    assert arms["amnesia/no sleep"]["means"]["old, without"] < 0.3
    assert arms["stop-gap/retrieval"]["means"]["stored"] == 1
    before, after = (arms[f"motor sequence/{arm}"]["means"] for arm in ("day without practice", "night"))
    assert before["fewer errors"] == 0
    assert before["errors before"] == after["errors before"], "all arms begin from the same practice"


def test_the_page_has_a_section_for_every_study(done):
    _, page = done
    html, text = document(page), markdown(page)
    assert html.count("<svg") == 8
    for words in ("Amnesia", "Rare rewards", "another&#x27;s memories", "tags shuffled"):
        assert words in html or words.replace("&#x27;", "'") in text


def test_extras_are_studies_of_their_own():
    """Six brains, one for each culture; dishes are one trial whose arms and units come apart."""
    names = [study.name for study in design(Config(tissue=True)).studies]
    assert "two tunes" in names
    assert "days" not in names
    row = {f"{dish}/{arm}/first": 0.5 for dish in (7, 8) for arm in ("sleep", "silence")}
    trials = by_dish(Trials({Trial("all", 7, 0): row}))
    assert set(trials.arms) == {"sleep", "silence"}
    assert trials.values("sleep", "first").shape == (1, 2)
