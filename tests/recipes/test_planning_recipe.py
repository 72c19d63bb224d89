"""The recipe `planning`, tiny: its numbers, its claims, its page."""

import pickle
from dataclasses import replace
from functools import partial

import pytest

from brainwright.experiment.summary import result_of
from brainwright.experiment.work import run_design
from brainwright.recipes.planning import Config, trial
from brainwright.recipes.planning.experiment import DECIDES, FILTERED, FIRST_SEED, design
from brainwright.recipes.planning.page import LIMITS, sections
from brainwright.report import Finished, document, markdown, standard_page
from brainwright.runs import Units, create, plain

CONFIG = Config(quick=True)
SMALL = {
    "conditioned": lambda study: partial(trial.conditioned, study.name, 60, 8),
    "veto": lambda study: partial(trial.veto, 60, 8),
    "unsurprised": lambda study: partial(trial.unsurprised, 4),
    "race": lambda study: partial(trial.race, study.name.split(", ")[1], 40),
}


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    folder = tmp_path_factory.mktemp("planning") / "run"
    create("planning", CONFIG, folder)
    planned = design(CONFIG)
    studies = [
        replace(one, trial=SMALL[one.trial.func.__name__](one), seeds=one.seeds[:1])
        for one in planned.studies
    ]
    planned = replace(planned, studies=tuple(studies))
    units = Units(folder / "units")
    result = plain(result_of(planned, run_design(planned, units, workers=1), units))
    run = Finished(folder, result)
    return result, standard_page("planning", run, sections(run), LIMITS, plain(Config()))


def test_scores_are_between_random_actions_and_the_best_policy(done):
    result, _ = done
    for name in trial.WORLDS:
        for way in (*FILTERED, "conditioned", "behaviour"):
            row = result["arms"][f"{name}/{way}"]
            assert max(row["mean"], row["means"][trial.GREEDY]) <= 1 + 1e-9
        assert result["arms"][f"{name}/behaviour"]["means"][trial.GREEDY] == pytest.approx(1)
    assert result["primary"]["verdict"] not in ("supported", "against"), "one seed decides neither"


def test_the_page_shows_every_study(done):
    result, page = done
    html, text = document(page), markdown(page)
    assert html.index(result["headline"]) < html.index("With and without a model")
    for words in (*trial.WORLDS, "Q, replay", "both, harm shuffled", "least surprise, no dark room"):
        assert words in text


def test_claims_name_arms_that_are_there_and_seeds_are_fresh(done):
    result, _ = done
    planned = design(Config())
    assert min(planned.studies[0].seeds) == FIRST_SEED == 40_000
    assert [study.name for study in planned.studies[:2]] == list(DECIDES)
    arms = set(result["arms"])
    for claim in (*planned.primary, *planned.claims):
        assert {f"{claim.study}/{claim.arm}", f"{claim.study}/{claim.control}"} <= arms
    for gate in planned.gates:
        assert {f"{gate.study}/{arm}" for arm in gate.arms} <= arms
    for study in planned.studies:
        pickle.dumps(study.trial)
