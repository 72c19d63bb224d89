"""The recipe `continual`, tiny: rows by seed, claims, its page, own contexts, refusals."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from brainwright.errors import UserError
from brainwright.experiment.summary import result_of
from brainwright.experiment.work import run_design
from brainwright.memory.methods import METHODS
from brainwright.recipes.continual import Config, trial
from brainwright.recipes.continual.experiment import USUAL, design, tables
from brainwright.recipes.continual.page import LIMITS, sections
from brainwright.report import Finished, document, markdown, standard_page
from brainwright.runs import Units, create, plain

FEW = ("none", "ER", "sleep", "BI-R")


def run_of(folder, config, protocol):
    planned = design(config)
    studies = [
        replace(study, trial=partial(trial.learned, protocol, 2), arms=dict.fromkeys(study.arms, 1))
        for study in planned.studies
    ]
    planned = replace(planned, studies=tuple(studies))
    create("continual", config, folder)
    units = Units(folder / "units")
    result = plain(result_of(planned, run_design(planned, units, workers=1), units))
    run = Finished(folder, result)
    return result, standard_page("continual", run, sections(run), LIMITS, plain(Config()))


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    config = Config(quick=True, methods=FEW)
    protocol = trial.Protocol(small=True, hidden=30, iterations=5, batch=32)
    return run_of(tmp_path_factory.mktemp("continual") / "run", config, protocol)


def test_seeds_of_a_method_are_apart_and_counted(done):
    result, _ = done
    rows = result["arms"]
    assert {name for name in rows if name.startswith("table/")} == {f"table/{name}" for name in FEW}
    assert all(row["n"] == 2 for row in rows.values())
    assert rows["table/none"]["means"]["updates"] == 5 * 5
    assert rows["table/none"]["means"]["kB"] == 0
    assert rows["table/ER"]["means"]["R2 seen"] == pytest.approx(1, abs=1e-3), "samples are kept as they are"
    assert rows["table/sleep"]["means"]["R2 seen"] < 0.9
    assert result["primary"]["verdict"] not in ("supported", "against"), "two seeds decide neither"


def test_pairs_of_equal_bytes_are_equal(done):
    result, _ = done
    protocol = trial.Protocol(small=True, hidden=30)
    for rank in (4, 16):
        kept = result["arms"]["table/sleep"]["means"]["kB"] * (2 + rank) / (2 + 30)  # there cut at 30 cells
        a_class = trial.equal_bytes(protocol, rank)
        # whole samples, so to half of one for each of ten classes
        assert a_class * 73 * 10 / 1000 == pytest.approx(kept, abs=73 * 5 / 1000)


def test_the_page_shows_methods_nights_and_bytes(done):
    _, page = done
    html, text = document(page), markdown(page)
    assert html.count("<svg") == 3
    for words in ("Stability gap", "shuffled", "gist alone", "Accuracy against bytes", "R² had back"):
        assert words in text


def test_contexts_of_a_users_own(tmp_path):
    rng, folder = np.random.default_rng(0), tmp_path / "contexts"
    folder.mkdir()
    for k in range(2):
        targets = np.arange(40) % 2 + 2 * k
        np.savez(folder / f"{k}.npz", inputs=rng.normal(size=(40, 6)) + 4 * targets[:, None], targets=targets)
    config = Config(quick=True, methods=("none", "ER"), data=folder)
    protocol = trial.Protocol(hidden=10, iterations=8, batch=8, folder=str(folder))
    result, page = run_of(tmp_path / "run", config, protocol)
    assert set(result["arms"]) >= {"table/none", "table/ER", "nights/sleep"}
    assert "your contexts" in markdown(page).lower()


def test_contexts_beyond_pictures(tmp_path):
    config = Config(quick=True, scenario="domain", stream="rooms", methods=("none", "EWC"))
    protocol = trial.Protocol("domain", hidden=10, iterations=4, batch=32, stream="rooms")
    result, page = run_of(tmp_path / "run", config, protocol)
    assert set(result["arms"]) >= {"table/none", "table/EWC", "nights/sleep"}
    assert "Rooms, classes in groups" not in markdown(page)


def test_every_claim_and_gate_has_its_arms(monkeypatch):
    monkeypatch.setattr("brainwright.recipes.continual.experiment.require_all", lambda name: None)
    small = trial.pictures(True)
    monkeypatch.setattr(trial, "pictures", lambda _: small)
    for config in (
        Config(),
        Config(methods=("all",)),
        Config(scenario="domain", permuted=3),
        Config(full=True),
    ):
        planned = design(config)
        arms = {study.name: set(study.arms) for study in planned.studies}
        every = config.full or config.methods == ("all",)
        assert config.permuted or arms["table"] == set(METHODS if every else USUAL)
        assert not config.full or "iCaRL" not in arms["domain"] | arms["task"] | arms["permuted"]
        for asked in (*planned.primary, *planned.claims):
            assert {asked.arm, asked.control} <= arms[asked.study]
        for gate in planned.gates:
            assert gate.arms <= arms[gate.study]


def test_cells_are_as_many_as_published_unless_said():
    permuted = {"scenario": "domain", "permuted": 3}
    asked = (Config(), Config(**permuted), Config(hidden=30), Config(**permuted, hidden=30))
    assert [dict(tables(config))["table"].hidden for config in asked] == [400, 1000, 30, 30]


@pytest.mark.parametrize(
    ("config", "words"),
    [
        (Config(quick=True, methods=("nosuch",)), "nosuch"),
        (Config(quick=True, permuted=3), "scenario domain"),
        (Config(quick=True, full=True), "--full"),
        (Config(quick=True, stream="rooms"), "scenario domain"),
        (Config(quick=True, scenario="task", methods=("iCaRL",)), "cannot do the scenario task"),
    ],
)
def test_what_cannot_work_is_refused(config, words):
    with pytest.raises(UserError, match=words):
        design(config)
