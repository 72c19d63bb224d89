"""The recipe `spider`, tiny: its numbers, its page, its claims, a table of one's own, refusals."""

import pickle
from dataclasses import replace
from functools import partial

import pytest

from brainwright.errors import UserError
from brainwright.experiment.summary import result_of
from brainwright.experiment.work import run_design
from brainwright.loop.thoughts.wanted import CRITICS
from brainwright.recipes.spider import Config
from brainwright.recipes.spider import lineup as names
from brainwright.recipes.spider.experiment import FIRST_SEED, design
from brainwright.recipes.spider.page import LIMITS, sections
from brainwright.recipes.spider.trial import Size, block
from brainwright.report import Finished, document, markdown, standard_page
from brainwright.runs import Units, create, plain

CONFIG = Config(quick=True)


def run_of(folder, config, planned):
    create("spider", config, folder)
    units = Units(folder / "units")
    result = plain(result_of(planned, run_design(planned, units, workers=1), units))
    run = Finished(folder, result)
    return result, standard_page("spider", run, sections(run), LIMITS, plain(Config()))


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    planned = design(CONFIG)
    tiny = partial(block, Size(2, 3, 2, 20, 4, 1), FIRST_SEED)
    planned = replace(planned, studies=(replace(planned.studies[0], trial=tiny),))
    return run_of(tmp_path_factory.mktemp("spider") / "run", CONFIG, planned)


def test_units_are_worlds_and_controls_are_what_they_say(done):
    result, _ = done
    arms = result["arms"]
    assert all(row["n"] == 2 for row in arms.values())
    assert result["primary"]["verdict"] not in ("supported", "against"), "two worlds decide nothing"
    assert all(abs(value) < 1e-9 for value in arms["Hebb"]["metrics"]["blocking"]), "without an error"
    assert arms["critic, blind to the need"]["means"]["flipped"] == 0
    chance = arms[names.UNTAUGHT]["mean"]
    assert 0.1 < chance < 0.9


def test_the_page_shows_every_arm_and_test(done):
    _, page = done
    html, text = document(page), markdown(page)
    assert html.count("<svg") == 2
    everything = (
        *names.READ,
        *CRITICS,
        names.NO_VETO,
        names.LATE_INFERRED,
        "ran away",
        "safe door",
        "two hops",
    )
    for words in (*everything[:-1], "thought anew"):
        assert words in text


def test_every_claim_and_gate_of_the_whole_design_has_its_arms(done):
    planned, arms = design(Config()), set(done[0]["arms"])
    for claim in (*planned.primary, *planned.claims):
        assert {claim.arm, claim.control} <= arms
        metric = claim.metric
        assert metric in done[0]["arms"][claim.arm]["means"]
        assert metric in done[0]["arms"][claim.control]["means"]
    for gate in planned.gates:
        assert gate.arms <= arms
        assert gate.metric in done[0]["arms"][gate.arm]["means"]
    assert len(planned.studies[0].seeds) == 4
    assert FIRST_SEED >= 30_000, "seeds below 100 and from 5,000 to 9,999 chose the settings"
    pickle.dumps(planned.studies[0].trial)


def test_a_table_of_ones_own(tmp_path):
    rows = ["subject,light,tone,outcome"]
    for rat in range(8):
        first = 6 + rat
        rows += [f"{rat},1,0,1"] * first + [f"{rat},1,1,1"] * 5 + [f"{rat},1,0,0"] * 5
    path = tmp_path / "mine.csv"
    path.write_text("\n".join(rows))
    config = Config(data=path)
    result, page = run_of(tmp_path / "run", config, design(config))
    assert result["primary"]["verdict"] == "supported"
    assert result["primary"]["metric"] == "blocking of tone by light, outcome"
    assert result["primary"]["n"] == 8
    text = markdown(page)
    assert "mine.csv: 8 subjects" in text
    assert "extinction of light, outcome" in text
    path.write_text("light,outcome\n1,1\n1,1\n")
    with pytest.raises(UserError, match="expected trials that test something"):
        design(config)
    with pytest.raises(UserError, match=r"none\.csv: no such file"):
        design(Config(data=tmp_path / "none.csv"))
