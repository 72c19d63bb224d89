"""The recipe `next`, tiny: its numbers, its page, its claims and guards, one's own recording, refusals."""

import pickle
from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from brainwright.connectome.laminar import LAYERS
from brainwright.errors import UserError
from brainwright.experiment.summary import result_of
from brainwright.experiment.trials import Trial, Trials
from brainwright.experiment.work import run_design
from brainwright.loop.next_patch.arms import FROZEN, NONE, STOP, UNTRAINED
from brainwright.loop.next_patch.boards import ALL
from brainwright.loop.next_patch.floors import FLAGS, LAST, PAST, flag_checks, with_history
from brainwright.loop.next_patch.modalities import FIRED, SENSES
from brainwright.loop.next_patch.predict_next import Course
from brainwright.loop.next_patch.recordings import streams_of
from brainwright.recipes.next import Config
from brainwright.recipes.next.experiment import design
from brainwright.recipes.next.page import LIMITS, LOSSES, sections
from brainwright.report import Finished, document, markdown, standard_page
from brainwright.runs import Units, create, plain

QUICK = Config(quick=True)


def run_of(folder, config, planned):
    create("next", config, folder)
    units = Units(folder / "units")
    result = plain(result_of(planned, run_design(planned, units, workers=1), units))
    run = Finished(folder, result)
    return result, standard_page("next", run, sections(run), LIMITS, plain(Config()))


def whole(monkeypatch):
    monkeypatch.setattr("brainwright.loop.next_patch.boards.there", lambda name: True)
    return design(Config())


def smaller(study):
    board, arms = study.trial.args
    board = replace(board, course=Course(3, 8), train=120, test=40)
    return replace(study, trial=partial(study.trial.func, board, arms), seeds=study.seeds[:2])


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    planned = design(QUICK)
    tiny = replace(planned, studies=tuple(map(smaller, planned.studies)))
    return run_of(tmp_path_factory.mktemp("next") / "run", QUICK, tiny)


def test_a_board_has_floors_flags_and_no_leak(done):
    result, page = done
    arms = result["arms"]
    assert set(arms) == {f"digits/{arm}" for arm in (STOP, FROZEN, UNTRAINED, NONE, LAST, "delay line, 5 %")}
    assert arms[f"digits/{LAST}"]["mean"] == pytest.approx(arms[f"digits/{STOP}"]["means"]["last patch"])
    leak = next(check for check in result["checks"] if "later patch" in check["name"])
    assert leak["holds"]
    assert result["primary"]["verdict"] not in ("supported", "against"), "two seeds decide neither"
    html, text = document(page), markdown(page)
    assert html.count("<svg") == 2
    for words in (STOP, NONE, "directions", "RankMe", "no arm is ranked by these", "own last patch"):
        assert words in text


def test_every_claim_of_the_whole_design_has_its_arms(monkeypatch):
    planned = whole(monkeypatch)
    assert [study.name for study in planned.studies] == list(ALL)
    arms = {study.name: set(study.arms) for study in planned.studies}
    for name, own in arms.items():
        own |= {PAST} if name in ("worms", "cultures", "reaches") else {LAST}
    for claim in (*planned.primary, *planned.claims):
        assert {claim.arm, claim.control} <= arms[claim.study], claim
    assert planned.study("wiring").arms["null"] == 39
    assert min(min(study.seeds) for study in planned.studies) >= 23_000
    for study in planned.studies:
        pickle.dumps(study.trial)
    assert "predictive coding" in planned.facts["cannot"]


def made_up(study, collapsed):
    """Trials in which stop-gradient is far above its controls."""
    level = {STOP: 0.5, LAST: 0.1, UNTRAINED: 0.2}
    arms = [*map(str, study.arms), LAST]
    rng = np.random.default_rng(0)
    rows = {}
    for arm in arms:
        for seed in study.seeds:
            low = arm == NONE or (collapsed and arm == STOP and seed == study.seeds[0])
            rows[Trial(arm, seed, 0)] = {
                "decoded skill": level.get(arm, 0.3) + 0.01 * rng.normal(),
                "directions": 0.5 if low else 1.0,
                **dict.fromkeys(FLAGS, float(low)),
                "leak": 0.0,
            }
    return Trials(rows)


@pytest.mark.parametrize("collapsed", [False, True])
def test_a_run_whose_guard_fires_is_not_supported(monkeypatch, tmp_path, collapsed):
    planned = whole(monkeypatch)
    study = planned.study("digits")
    trials = made_up(study, collapsed)
    result = result_of(replace(planned, studies=(study,)), {"digits": trials}, Units(tmp_path))
    assert result["primary"]["verdict"] == ("cannot tell" if collapsed else "supported")
    assert ("why" in result["primary"]) == collapsed
    flag = flag_checks(["digits"], {"digits": trials})[1]
    assert flag.holds != collapsed
    assert (f"{STOP} 1 of 6" in flag.detail) == collapsed
    none = next(
        row for row in result["comparisons"] if row["arm"] == f"digits/{NONE}"
    )  # by construction below stop-gradient; its guard is said all the same
    assert none["guard"] == "collapsed: fired in 6 of 6"


def made(study, metrics):
    """Trials with these names of metrics."""
    rng = np.random.default_rng(1)
    keys = [(arm, seed, draw) for arm, n in study.arms.items() for seed in study.seeds for draw in range(n)]
    return Trials({Trial(*key): {name: float(rng.normal()) for name in metrics} for key in keys})


def test_layers_and_senses_have_a_page(monkeypatch, tmp_path):
    planned = whole(monkeypatch)
    studies = [planned.study(name) for name in ("digits", "senses", "laminar", "layers")]
    assert [len(study.seeds) for study in studies] == [6, 3, 6, 1]
    assert studies[3].arms["error in 5, layers shuffled"] == 39
    of_layers = [f"{what} {layer}" for what in ("mismatch", "error", "loudest") for layer in LAYERS]
    busy = ("decoded skill", "collapsed", "mismatch response", "error in its layer", *of_layers)
    ends = [f"{sense}, {n} {when}" for sense in SENSES for n in LOSSES for when in ("before", "after")]
    fired = [f"{sense}, fired" for sense in SENSES]
    outcomes = {"digits": made_up(studies[0], False)}
    for study, names in zip(studies[1:], ([FIRED, *ends, *fired], busy, busy), strict=True):
        outcomes[study.name] = made(study, names)
    for trial, row in outcomes["senses"].metrics.items():
        row.update(dict.fromkeys(fired, float(trial.arm == "across alone")))
    create("next", Config(), tmp_path / "run")
    units = Units(tmp_path / "run" / "units")
    result = plain(result_of(replace(planned, studies=tuple(studies)), outcomes, units))
    check = next(row for row in result["checks"] if row["name"].startswith("senses"))
    assert check["holds"]
    assert sum(row["n"] for row in result["extra"]["flags"]) == 9 * 6, "of digits; four arms are not counted"
    result["facts"]["boards"] = ["senses", "laminar", "layers"]
    run = Finished(tmp_path / "run", result)
    text = markdown(standard_page("next", run, sections(run), LIMITS, plain(Config())))
    for words in ("3 of 3", "layers shuffled", "loudest", "false alarms"):
        assert words in text, words


def test_recordings_are_units_and_own_history_adds_nothing():
    rows = {Trial(STOP, seed, 0): {"added@0": 0.1 * seed, "added@1": 0.2} for seed in (1, 2)}
    trials = with_history(Trials(rows))
    np.testing.assert_allclose(trials.values(STOP, "added"), [[0.15, 0.2]])
    np.testing.assert_allclose(trials.values(PAST, "added"), [[0, 0]])


def test_a_recording_of_ones_own(tmp_path):
    rng = np.random.default_rng(0)
    drive = rng.standard_normal(220)
    values = np.stack([np.roll(drive, k) for k in range(4)], axis=1) + 0.3 * rng.standard_normal((220, 4))
    path = tmp_path / "mine.npz"
    np.savez(path, values=values)
    config = Config(quick=True, data=path, bin_s=0.1)
    planned = design(config)
    (study,) = planned.studies
    name, _, *rest = study.trial.args
    tiny = replace(study, trial=partial(study.trial.func, name, 5, *rest), seeds=study.seeds[:1])
    result, page = run_of(tmp_path / "run", config, replace(planned, studies=(tiny,)))
    assert result["primary"]["n"] == 39
    assert result["primary"]["control"].endswith("predictions of other times")
    assert "4 units, 220 bins" in markdown(page)
    means = result["arms"]["file/stop-gradient"]["means"]
    assert {"coding rate", "directions", "collapsed", "skill over copying"} <= set(means), (
        "guards in every result"
    )
    assert "collapsed" in result["primary"]["guard"]
    with pytest.raises(UserError, match=r"none\.npz"):
        design(replace(config, data=tmp_path / "none.npz"))
    np.savez(path, values=values[:3])
    streams_of.cache_clear()
    with pytest.raises(UserError, match="no two patches"):
        design(config)


def test_unknown_boards_are_refused():
    with pytest.raises(UserError, match="expected some of digits"):
        design(Config(boards=("digit",)))
