"""The recipe `anysubset`, tiny: its numbers, its page, its claims, a table of one's own, refusals."""

import pickle
from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd
import pytest

from brainwright.errors import UserError
from brainwright.experiment.summary import result_of
from brainwright.experiment.work import run_design
from brainwright.objective.any_subset.known import NIGHTS, Size
from brainwright.objective.any_subset.known_draws import DRAWS
from brainwright.objective.any_subset.known_energy import ENERGY
from brainwright.recipes.anysubset import Config
from brainwright.recipes.anysubset import trial as trials_of
from brainwright.recipes.anysubset.experiment import design
from brainwright.recipes.anysubset.page import LIMITS, sections
from brainwright.report import Finished, document, markdown, standard_page
from brainwright.runs import Units, create, plain

CONFIG = Config(quick=True)


def run_of(folder, config, planned):
    create("anysubset", config, folder)
    units = Units(folder / "units")
    result = plain(result_of(planned, run_design(planned, units, workers=1), units))
    run = Finished(folder, result)
    return result, standard_page("anysubset", run, sections(run), LIMITS, plain(Config()))


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    tiny, arms = Size(rows=300, test=20, share=0.01, day=20), {"ising": ["spikes", "mlp"]}
    planned = design(CONFIG)
    studies = [
        replace(
            study,
            trial=partial(study.trial.func, tiny),
            seeds=study.seeds[: 2 if study.name == "sleep" else 1],
            arms=dict.fromkeys(arms.get(study.name, study.arms), 1),
        )
        for study in planned.studies
        if study.name != "gaussian"
    ]
    folder = tmp_path_factory.mktemp("anysubset") / "run"
    return run_of(folder, CONFIG, replace(planned, studies=tuple(studies)))


def test_nights_are_arms_that_start_from_one_network(done):
    result, _ = done
    nights = {name: result["arms"][f"sleep/{name}"] for name in NIGHTS}
    assert len({tuple(row["metrics"]["before"]) for row in nights.values()}) == 1
    assert len({tuple(row["metrics"]["after"]) for row in nights.values()}) == 4, "each in its own way"
    for row in nights.values():
        closed = 1 - np.array(row["metrics"]["after"]) / np.array(row["metrics"]["before"])
        np.testing.assert_allclose(row["values"], closed)
    assert result["primary"]["verdict"] not in ("supported", "against"), "two seeds decide neither"
    assert 0 < result["arms"]["ising/spikes"]["means"]["mean error"] < 0.5


def test_the_page_shows_every_night_route_and_curve(done):
    result, page = done
    html, text = document(page), markdown(page)
    assert html.index(result["headline"]) < html.index("without sampling")
    assert html.count("<svg") == 3
    shown = ("mlp, sampled", "spikes", "Teaching or sampling", "total correlation", *ENERGY, *DRAWS)
    for words in (*NIGHTS, *shown):
        assert words in text


def test_every_claim_and_gate_of_the_whole_design_has_its_arms(monkeypatch):
    """With the sets of recordings too, without their files: names are what counts."""
    monkeypatch.setattr(trials_of, "recorded", lambda name: (None, None))
    monkeypatch.setattr("brainwright.recipes.anysubset.experiment.there", lambda name: True)
    planned = design(Config())
    arms = {study.name: set(study.arms) for study in planned.studies}
    arms["sleep"], arms["energy"] = set(NIGHTS), set(ENERGY)
    arms["draws"] = {f"{truth}, {way}" for truth in ("gaussian", "moons") for way in DRAWS}
    arms["ising"] = {
        "spikes",
        *(f"{net}, {route}" for net in ("mlp", "settling") for route in ("one pass", "sampled")),
    }
    for claim in (*planned.primary, *planned.claims):
        assert {claim.arm, claim.control} <= arms[claim.study]
    assert all(gate.arms <= arms[gate.study] for gate in planned.gates)
    assert planned.study("wiring").arms["null"] == 39
    assert min(planned.study("sleep").seeds) >= 10_000, "seeds below 1000 chose the settings"
    for study in planned.studies:
        pickle.dumps(study.trial)


def test_a_table_of_ones_own(tmp_path):
    rng = np.random.default_rng(0)
    a = rng.normal(size=120)
    table = pd.DataFrame({"a": a, "b": a + 0.1 * rng.normal(size=120), "up": np.where(a > 0, "yes", "no")})
    path = tmp_path / "mine.csv"
    table.mask(rng.random(table.shape) < 0.05).to_csv(path, index=False)
    config = Config(quick=True, data=path, updates=40)
    planned = design(config)
    result, page = run_of(tmp_path / "run", config, planned)
    assert result["facts"]["kinds"] == {"a": "continuous", "b": "continuous", "up": "binary"}
    gain = result["arms"]["table/settling"]["mean"] - result["arms"]["table/nothing given"]["mean"]
    assert gain > 0.1
    assert "mine.csv: 120 rows" in markdown(page)
    table.assign(b="").to_csv(path, index=False)
    with pytest.raises(UserError, match="variable 'b' is all NaN: leave it out"):
        design(config)
    with pytest.raises(UserError, match=r"none\.csv"):
        design(replace(config, data=tmp_path / "none.csv"))
