"""The recipe `evoke`, tiny: every arm, claims that have their arms, the page, refusals."""

import pytest

from brainwright.experiment import OptionError
from brainwright.experiment.summary import result_of
from brainwright.experiment.work import run_design
from brainwright.loop.evoke.names import BREAKS, MUST_EXCEED
from brainwright.recipes.evoke import Config
from brainwright.recipes.evoke.experiment import TEACHING, design, work_of
from brainwright.recipes.evoke.page import LIMITS, sections
from brainwright.recipes.evoke.words import WORDS
from brainwright.report import Finished, document, markdown, standard_page
from brainwright.runs import Units, create, plain

CONFIG = Config(quick=True, dishes=2, targets=2, trials=(204,), workers=1)


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    folder = tmp_path_factory.mktemp("evoke") / "run"
    create("evoke", CONFIG, folder)
    planned, units = design(CONFIG), Units(folder / "units")
    result = plain(result_of(planned, run_design(planned, units, workers=1), units))
    run = Finished(folder, result)
    return result, standard_page("evoke", run, sections(run), LIMITS, plain(Config()))


def test_every_arm_is_scored_with_the_same_charge(done):
    result, _ = done
    assert set(WORDS["told"]) <= set(result["arms"])
    assert {f"broken/{name}" for name in BREAKS} <= set(result["arms"])
    charge = next(check for check in result["checks"] if check["name"].startswith("equal charge"))
    assert charge["holds"]
    assert charge["detail"] == "3.60 to 3.60 nC"
    clean = next(check for check in result["checks"] if check["name"].startswith("no artifact"))
    assert clean["holds"]
    assert result["primary"]["control"] in MUST_EXCEED
    assert result["primary"]["verdict"] not in ("supported", "against"), "two cultures decide nothing"


def test_the_page_says_what_was_done_and_draws_letters(done):
    result, page = done
    html, text = document(page), markdown(page)
    assert html.index(result["headline"]) < html.index("Letters where nothing is stimulated")
    for words in (*WORDS["told"], *BREAKS, "Broken on purpose", "never stimulated"):
        assert words in text
    assert html.count("<svg") == 2


def test_extras_compare_what_they_run():
    planned = design(Config(where=True, teach=True, latent=True, trials=(2_000, 500)))
    assert [study.name for study in planned.studies] == ["", "amounts", "context", "two volleys", TEACHING]
    names = {study.name: {step.name for step in study.steps} for study in planned.studies}
    for claim in (*planned.primary, *planned.claims):
        if claim.study != TEACHING:  # "before" is no step there
            assert {claim.arm, claim.control} <= names[claim.study], claim


def test_too_few_trials_are_refused():
    with pytest.raises(OptionError, match="--trials: expected different numbers of 204 or more"):
        work_of(Config(trials=(100,)))
