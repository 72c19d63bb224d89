"""The recipe `errors`, tiny: its numbers, its page, its claims, refusals."""

import pickle
from dataclasses import replace

import numpy as np
import pytest

from brainwright.errors import UserError
from brainwright.evidence import dose_at
from brainwright.experiment.summary import result_of
from brainwright.experiment.work import run_design
from brainwright.recipes.errors import Config
from brainwright.recipes.errors import trial as trials_of
from brainwright.recipes.errors.experiment import RESERVOIR, design
from brainwright.recipes.errors.page import LIMITS, sections
from brainwright.report import Finished, document, markdown, standard_page
from brainwright.runs import Units, create, plain

CONFIG = Config(quick=True, wirings=("worm",))


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    folder = tmp_path_factory.mktemp("errors") / "run"
    create("errors", CONFIG, folder)
    planned = design(CONFIG)
    studies = tuple(replace(study, seeds=study.seeds[:2]) for study in planned.studies)
    planned = replace(planned, studies=studies)
    units = Units(folder / "units")
    result = plain(result_of(planned, run_design(planned, units, workers=1), units))
    run = Finished(folder, result)
    return result, standard_page("errors", run, sections(run), LIMITS, plain(Config()))


def test_doses_are_between_none_and_the_largest_and_correlations_fall(done):
    result, _ = done
    for name in trials_of.MODELS:
        row = result["arms"][f"worm/{name}"]
        assert all(0 < dose <= trials_of.DOSES[-1] for dose in row["values"])
        doses = [dose for dose in trials_of.DOSES if dose <= trials_of.MOST.get(name, 1)]
        falling = [row["means"][trials_of.at(dose)] for dose in doses]
        assert falling[0] > falling[-1]
        assert max(falling) <= 1
    assert result["primary"]["verdict"] not in ("supported", "against"), "two seeds decide neither"
    assert result["arms"]["worm null/degrees kept"]["mean"] < 0.9
    assert [check["name"] for check in result["checks"]] == [
        "worm: every correlation fell to 0.9",
        "worm: ranks of activity need more than degrees",
    ]


def test_the_page_shows_the_curves_and_the_dose_of_each_error(done):
    result, page = done
    html, text = document(page), markdown(page)
    assert html.index(result["headline"]) < html.index("random edits")
    assert html.count("<svg") == 1
    for words in (*trials_of.MODELS, "dose at 0.9, %", "a recall of 88 %"):
        assert words in text


def test_every_claim_of_the_whole_design_has_its_arms():
    """The larva's studies too, without its files: names are what counts."""
    planned = design(Config(wirings=("worm",)))
    arms = {study.name: set(study.arms) for study in planned.studies}
    mine = [claim for claim in (planned.primary, *planned.claims) if claim.study != RESERVOIR]
    assert all({claim.arm, claim.control} <= arms[claim.study] for claim in mine)
    assert len(mine) == 4
    for study in planned.studies:
        assert pickle.loads(pickle.dumps(study.trial)).func is study.trial.func


def test_the_dose_lies_straight_between_two_doses():
    assert dose_at(0.9, [0.1, 0.2, 0.4], [0.95, 0.85, 0.2]) == pytest.approx(0.15)
    assert dose_at(0.9, [0.1, 0.2], [0.8, 0.95]) == pytest.approx(0.05), "the first time that it falls"
    assert dose_at(0.9, [0.1], [0.9]) == np.inf, "at the level is not below it"
    with pytest.raises(ValueError, match="growing doses"):
        dose_at(0.9, [0.2, 0.1], [0.95, 0.85])
    with pytest.raises(ValueError, match="a value for each"):
        dose_at(0.9, [0.1, 0.2], [0.95])


def test_some_errors_at_some_doses():
    """Of a wiring that is too large for all: the verdict still has both of its arms."""
    chosen = Config(wirings=("worm",), errors=("neuron merge", "synapse deletion"), doses=(0.2, 0.4, 0.6))
    planned = design(chosen)
    assert [study.name for study in planned.studies] == ["worm"]
    study = planned.studies[0]
    assert list(study.arms) == ["synapse deletion", "neuron merge", "random edits"]
    mine = [claim.arm for claim in (planned.primary, *planned.claims) if claim.study != RESERVOIR]
    assert mine == ["synapse deletion", "neuron merge"]
    row = trials_of.correlations("worm", 0, 1, (0.2, 0.6), "neuron merge", 0, 0)
    assert set(row) == {trials_of.DOSE_AT, "not reached", trials_of.at(0.2)}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"errors": ("neuron merge",)}, '--errors: expected "synapse deletion" and more of'),
        ({"errors": ("synapse deletion", "typo")}, "got synapse deletion, typo"),
        ({"doses": (0.4, 0.2)}, "--doses: expected growing shares of 0 to 1"),
        ({"doses": (0.0, 0.2)}, "--doses"),
        ({"doses": (0.5,)}, "the first to 0.4"),
    ],
)
def test_errors_and_doses_that_cannot_be_asked_are_refused(options, message):
    with pytest.raises(UserError, match=message):
        design(Config(wirings=("worm",), **options))


def test_unknown_wirings_are_refused():
    with pytest.raises(UserError, match="--wirings: expected some of worm, larva, fly, got wrom"):
        design(Config(wirings=("wrom",)))


def own(path, count):
    rng = np.random.default_rng(0)
    pre, post = np.nonzero(rng.random((100, 100)) < 0.3)
    rows = [f"{a},{b},{count}" for a, b in zip(pre, post, strict=True)]
    path.write_text("\n".join(["pre,post,count", *rows]))
    return Config(quick=True, wiring=path)


def test_a_wiring_of_ones_own_stands_in_place_of_all_others(tmp_path):
    planned = design(own(tmp_path / "mine.csv", 40))
    study = planned.studies[0]
    assert [each.name for each in planned.studies] == ["own mine", "own mine null"]
    assert len(study.settings["wiring"]["sha256"]) == 16
    assert any("10 cells each drawn" in note for note in planned.facts["notes"])
    metrics = study.trial("synapse deletion", study.seeds[0], 0)
    assert metrics[trials_of.at(0.01)] > 0
    pickle.dumps(study.trial)


def test_a_wiring_in_which_nothing_answers_is_refused(tmp_path):
    """Rank correlations of the silent are 0 for every error: "no difference" would be said of nothing."""
    with pytest.raises(UserError, match="expected cells that answer the driven ones, got none"):
        design(own(tmp_path / "weak.csv", 1))
