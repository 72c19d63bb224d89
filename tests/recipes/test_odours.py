"""The recipe `odours`, on a small made-up calyx: its numbers, its page, its claims."""

import pickle

import numpy as np
import pytest

from brainwright.experiment.summary import result_of
from brainwright.experiment.work import run_design
from brainwright.recipes.odours import Config, experiment
from brainwright.recipes.odours.page import LIMITS, sections
from brainwright.report import Finished, markdown, standard_page
from brainwright.runs import Units, create, plain
from brainwright.steering.compartments import Compartments
from brainwright.steering.mushroom_body import Calyx

CONFIG = Config(quick=True)


@pytest.fixture
def small(monkeypatch):
    rng = np.random.default_rng(0)
    weights = np.where(rng.random((120, 24)) < 0.2, rng.integers(5, 30, (120, 24)), 0).astype(float)
    real = Calyx(weights, np.arange(24), rng.integers(0, 20, (4, 120)).astype(float))
    dopamine = Compartments(
        np.eye(4)[:, :2] * 9 + np.eye(4)[:, 2:] * 9, ("PAM01", "PPL101"), np.array([-1, 1, -1, 1])
    )
    monkeypatch.setattr(experiment, "reached", lambda side: dopamine)
    monkeypatch.setattr(experiment, "require_all", lambda *names: None)
    monkeypatch.setattr(experiment, "calyx", lambda side, null: real if null is None else real.rewired(null))


def test_both_sides_among_rewired_wirings(small, tmp_path):
    planned = experiment.design(CONFIG)
    create("odours", CONFIG, tmp_path / "run")
    units = Units(tmp_path / "run" / "units")
    result = plain(result_of(planned, run_design(planned, units, workers=1), units))
    assert result["primary"]["verdict"] not in ("supported", "against"), "four rewirings decide nothing"
    assert result["arms"]["left/real"]["values"] == result["arms"]["right/real"]["values"], "one calyx here"
    for measure in experiment.MEASURES:
        assert np.isfinite(result["arms"]["right/rewired"]["means"][measure])
    run = Finished(tmp_path / "run", result)
    told = result["arms"]["right, compartments/real"]["means"][experiment.VALENCE]
    assert told > result["arms"]["right, compartments/dopamine everywhere"]["means"][experiment.VALENCE]
    text = markdown(standard_page("odours", run, sections(run), LIMITS, plain(Config())))
    for words in (*experiment.MEASURES, "percentile", "left", "4 rewired wirings", "dopamine shuffled"):
        assert words in text


def test_the_whole_design_has_as_many_rewirings_as_a_verdict_needs(small):
    planned = experiment.design(Config())
    for study in planned.studies:
        assert study.arms["rewired"] == study.arms.get("dopamine shuffled", 39) == 39
        assert ("dopamine shuffled" in study.arms) == study.name.endswith("compartments")
        assert len(study.seeds) >= 5
        assert min(study.seeds) >= 30_000, "draws below 10,000 chose the settings"
        pickle.dumps(study.trial)
    assert {claim.metric for claim in (*planned.primary, *planned.claims)} == {
        *experiment.MEASURES,
        experiment.VALENCE,
    }
