"""Trials over arms, seeds and draws: order, resumption, workers, failures."""

import json

import pytest
from trials_worker import differentiated, run

from brainwright.evidence import Trial, finished_trials, run_trials

ARMS, SEEDS, DRAWS = ("real", "degree", "er"), (3, 1, 2), {"degree": 4, "er": 2}


def test_every_trial_once_and_values_by_draw_and_seed():
    trials = run_trials(run, ARMS, SEEDS, DRAWS)
    assert len(trials.metrics) == 3 + 12 + 6
    assert trials.arms == list(ARMS)
    assert trials.values("degree", "cost").tolist() == [[s + d for s in (1, 2, 3)] for d in range(4)]
    assert trials.arm("degree", "cost").values.tolist() == [2.5, 3.5, 4.5]
    with pytest.raises(ValueError, match="no arm 'block': there are real, degree, er"):
        trials.values("block", "cost")
    with pytest.raises(ValueError, match="no metric 'loss': there are score, cost"):
        trials.values("real", "loss")


def test_the_number_of_workers_changes_nothing(tmp_path):
    alone = run_trials(run, ARMS, SEEDS, DRAWS)
    together = run_trials(run, ARMS, SEEDS, DRAWS, workers=2, folder=tmp_path)
    assert list(alone.metrics.items()) == list(together.metrics.items())
    again = run_trials(run, ARMS, SEEDS, DRAWS, folder=tmp_path)
    assert list(alone.metrics.items()) == list(again.metrics.items())


def test_workers_begin_after_autograd_ran_with_threads_here():
    """pytorch 32835, hal-cgp 274: processes that were forked then hang."""
    alone = run_trials(differentiated, ["a"], [0, 1])
    together = run_trials(differentiated, ["a"], [0, 1], workers=2)
    assert together.values("a", "norm") == pytest.approx(alone.values("a", "norm"), rel=1e-5)


def test_a_killed_run_goes_on_where_it_was(tmp_path):
    done = []

    def counted(arm, seed, draw):
        done.append(Trial(arm, seed, draw))
        if len(done) == 5:
            raise KeyboardInterrupt
        return run(arm, seed, draw)

    with pytest.raises(KeyboardInterrupt):
        run_trials(counted, ARMS, SEEDS, DRAWS, folder=tmp_path)
    path = tmp_path / "trials.jsonl"
    path.write_text(path.read_text()[:-7])  # the last line is cut short
    trials = run_trials(counted, ARMS, SEEDS, DRAWS, folder=tmp_path)
    assert len(done) == 5 + 21 - 3
    assert trials.metrics == run_trials(run, ARMS, SEEDS, DRAWS).metrics
    assert len(path.read_text().splitlines()) == 1 + 21


def test_whole_arms_of_a_stopped_run_can_be_read(tmp_path):
    arms = {"real": 1, "degree": 4, "er": 2}
    nothing, missing = finished_trials(tmp_path, arms, SEEDS)
    assert (len(nothing.metrics), missing) == (0, 21)
    run_trials(run, ["real", "degree"], SEEDS, DRAWS, folder=tmp_path)
    path = tmp_path / "trials.jsonl"
    path.write_text(path.read_text()[:-7])  # the last line is cut short
    before = path.read_text()
    found, missing = finished_trials(tmp_path, arms, SEEDS)
    assert (found.arms, missing, path.read_text()) == (["real"], 1 + 6, before)
    assert found.metrics == run_trials(run, ["real"], SEEDS).metrics


def test_more_seeds_use_what_is_there(tmp_path):
    seen = []
    run_trials(run, ARMS, (1,), DRAWS, folder=tmp_path)
    run_trials(
        run, ARMS, (1, 2), DRAWS, folder=tmp_path, progress=lambda share, t, m: seen.append((share, t.seed))
    )
    assert {seed for _, seed in seen} == {2}
    assert seen[-1][0] == 1.0


def test_other_settings_are_refused(tmp_path):
    run_trials(run, ARMS, SEEDS, folder=tmp_path, settings={"steps": 4})
    with pytest.raises(ValueError, match=r"'steps': 4.*'steps': 5.*another folder"):
        run_trials(run, ARMS, SEEDS, folder=tmp_path, settings={"steps": 5})


def test_a_failure_names_its_trial_and_keeps_the_rest(tmp_path):
    def fails(arm, seed, draw):
        if arm == "er":
            raise ZeroDivisionError("no spread")
        return run(arm, seed, draw)

    with pytest.raises(RuntimeError, match="arm 'er', seed 3, draw 0: ZeroDivisionError: no spread"):
        run_trials(fails, ARMS, SEEDS, DRAWS, folder=tmp_path)
    assert len((tmp_path / "trials.jsonl").read_text().splitlines()) == 1 + 15


def test_what_cannot_be_run_is_refused():
    with pytest.raises(ValueError, match="distinct arms and seeds"):
        run_trials(run, ("a", "a"), SEEDS)
    with pytest.raises(ValueError, match="at least one draw"):
        run_trials(run, ARMS, SEEDS, {"er": 0})
    with pytest.raises(ValueError, match="dictionary of numbers"):
        run_trials(lambda *_: {"x": "much"}, ARMS, SEEDS)
    with pytest.raises(ValueError, match="at least one worker"):
        run_trials(run, ARMS, SEEDS, workers=0)


def test_lines_can_be_read_by_anyone(tmp_path):
    run_trials(run, ("real",), (1,), folder=tmp_path)
    head, line = map(json.loads, (tmp_path / "trials.jsonl").read_text().splitlines())
    assert head["format_version"] == 1
    assert line["arm"] == "real"
    assert line["metrics"]["cost"] == 1.0
