"""Trials over arms, seeds and draws: order, resumption, workers, failures."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from trials_worker import differentiated, run

from brainwright.experiment.engines.local import Local
from brainwright.experiment.trials import Trial, Trials, finished_trials, run_trials
from brainwright.runs import Units

ARMS, SEEDS = {"real": 1, "degree": 4, "er": 2}, (3, 1, 2)


def test_every_trial_once_and_values_by_draw_and_seed():
    trials = run_trials(run, ARMS, SEEDS)
    assert len(trials.metrics) == 3 + 12 + 6
    assert trials.arms == list(ARMS)
    assert trials.values("degree", "cost").tolist() == [[s + d for s in (1, 2, 3)] for d in range(4)]
    assert trials.arm("degree", "cost").values.tolist() == [2.5, 3.5, 4.5]
    with pytest.raises(ValueError, match="no arm 'block': there are real, degree, er"):
        trials.values("block", "cost")
    with pytest.raises(ValueError, match="no metric 'loss' of 'real': there are score, cost"):
        trials.values("real", "loss")


def test_the_number_of_workers_changes_nothing(tmp_path):
    alone = run_trials(run, ARMS, SEEDS)
    with Local(2) as engine:
        together = run_trials(run, ARMS, SEEDS, workers=engine, folder=tmp_path)
    assert list(alone.metrics.items()) == list(together.metrics.items())
    again = run_trials(run, ARMS, SEEDS, folder=tmp_path)
    assert list(alone.metrics.items()) == list(again.metrics.items())


def test_workers_begin_after_autograd_ran_with_threads_here():
    """pytorch 32835, hal-cgp 274: processes that were forked then hang."""
    alone = run_trials(differentiated, ["a"], [0, 1])
    with Local(2) as engine:
        together = run_trials(differentiated, ["a"], [0, 1], workers=engine)
    assert together.values("a", "norm") == pytest.approx(alone.values("a", "norm"), rel=1e-5)


def test_a_killed_run_goes_on_where_it_was(tmp_path):
    done = []

    def counted(arm, seed, draw):
        done.append(Trial(arm, seed, draw))
        if len(done) == 5:
            raise KeyboardInterrupt
        return run(arm, seed, draw)

    with pytest.raises(KeyboardInterrupt):
        run_trials(counted, ARMS, SEEDS, folder=tmp_path)
    path = tmp_path / "trials.jsonl"
    path.write_text(path.read_text()[:-7])  # the last line is cut short
    trials = run_trials(counted, ARMS, SEEDS, folder=tmp_path)
    assert len(done) == 5 + 21 - 3
    assert trials.metrics == run_trials(run, ARMS, SEEDS).metrics
    assert len(finished_trials(tmp_path, ARMS, SEEDS)[0].metrics) == 21


def test_whole_arms_of_a_stopped_run_can_be_read(tmp_path):
    nothing, missing = finished_trials(tmp_path, ARMS, SEEDS)
    assert (len(nothing.metrics), missing) == (0, 21)
    run_trials(run, {"real": 1, "degree": 4}, SEEDS, folder=tmp_path)
    path = tmp_path / "trials.jsonl"
    path.write_text(path.read_text()[:-7])  # the last line is cut short
    before = path.read_text()
    whole, missing = finished_trials(tmp_path, ARMS, SEEDS)
    assert (whole.arms, missing, path.read_text()) == (["real"], 1 + 6, before)
    assert whole.metrics == run_trials(run, ["real"], SEEDS).metrics


def test_more_seeds_use_what_is_there(tmp_path):
    seen = []
    run_trials(run, ARMS, (1,), folder=tmp_path)
    run_trials(run, ARMS, (1, 2), folder=tmp_path, progress=lambda share, t, m: seen.append((share, t.seed)))
    assert {seed for _, seed in seen} == {2}
    assert seen[-1][0] == 1.0


def test_other_settings_are_refused(tmp_path):
    run_trials(run, ARMS, SEEDS, folder=tmp_path, settings={"steps": 4})
    with pytest.raises(ValueError, match="made with another steps: use another folder"):
        run_trials(run, ARMS, SEEDS, folder=tmp_path, settings={"steps": 5})


def test_a_failure_names_its_trial_and_keeps_the_rest(tmp_path):
    def fails(arm, seed, draw):
        if arm == "er":
            raise ZeroDivisionError("no spread")
        return run(arm, seed, draw)

    with pytest.raises(RuntimeError, match="arm 'er', seed 3, draw 0: ZeroDivisionError: no spread"):
        run_trials(fails, ARMS, SEEDS, folder=tmp_path)
    assert len((tmp_path / "trials.jsonl").read_text().splitlines()) == 15


def test_what_cannot_be_run_is_refused():
    with pytest.raises(ValueError, match="distinct arms and seeds"):
        run_trials(run, ("a", "a"), SEEDS)
    with pytest.raises(ValueError, match="at least one draw"):
        run_trials(run, {"er": 0}, SEEDS)
    with pytest.raises(ValueError, match="dictionary of numbers and arrays"):
        run_trials(lambda *_: {"x": "much"}, ARMS, SEEDS)
    with pytest.raises(ValueError, match="at least one worker"):
        Local(0)
    with Local(2) as engine, pytest.raises(ValueError, match=r"top of a module.*--workers 1"):
        run_trials(lambda *_: {}, ARMS, SEEDS, workers=engine)


def test_lines_can_be_read_by_anyone(tmp_path):
    run_trials(run, ("real",), (1,), folder=tmp_path, settings={"steps": 4})
    (line,) = map(json.loads, (tmp_path / "trials.jsonl").read_text().splitlines())
    assert line["arm"] == "real"
    assert line["metrics"]["cost"] == 1.0
    assert json.loads((tmp_path / "settings.json").read_text()) == {"steps": 4}


def test_garbage_among_the_lines_is_made_again(tmp_path):
    wanted = run_trials(run, ARMS, SEEDS, folder=tmp_path).metrics
    path = tmp_path / "trials.jsonl"
    lines = path.read_text().splitlines()
    row = json.loads(lines[3])
    spoiled = [
        {**row, "metrics": {"score": "much"}},
        {**row, "seed": True},
        {**row, "arm": 7},
        [row],
        {"metrics": {}},
    ]
    lines[3] = json.dumps(spoiled[0])
    lines += [json.dumps(each) for each in spoiled] + ["[" * 5000, "{", "\x00\xff"]
    path.write_text("\n".join(lines))
    done = []
    again = run_trials(run, ARMS, SEEDS, folder=tmp_path, progress=lambda _, trial, row: done.append(trial))
    assert again.metrics == wanted
    assert [trial._asdict() for trial in done] == [{key: row[key] for key in ("arm", "seed", "draw")}]


def with_arrays(arm, seed, draw):
    return {"score": seed, "path": np.arange(seed), "flat": np.float32(2)}


def test_arrays_are_kept_as_units_and_made_again_where_they_are_spoiled(tmp_path):
    trials = run_trials(with_arrays, {"a b": 2}, (1, 2), folder=tmp_path)
    assert trials.names("a b") == ["score", "flat"]
    units, trial = Units(tmp_path), Trial("a b", 2, 1)
    assert units.load(trial.unit)["path"].tolist() == [0, 1]
    (path,) = (p for p in tmp_path.glob("*.npz") if units.done(trial.unit) and "2-1" in p.name)
    path.write_bytes(path.read_bytes()[:-10])
    assert finished_trials(tmp_path, {"a b": 2}, (1, 2))[1] == 1
    run_trials(with_arrays, {"a b": 2}, (1, 2), folder=tmp_path)
    assert units.load(trial.unit)["path"].tolist() == [0, 1]


class Pair(NamedTuple):
    wiring: str
    size: int

    def __str__(self) -> str:
        return f"{self.wiring}/{self.size}"


def test_an_arm_may_be_more_than_a_word():
    trials = run_trials(
        lambda arm, seed, draw: {"size": arm.size}, {Pair("er", 3): 1, Pair("er", 4): 2}, (0, 1)
    )
    assert trials.arms == ["er/3", "er/4"]
    assert trials.values("er/4", "size").tolist() == [[4, 4], [4, 4]]


def test_units_that_were_run_together_are_trials_too():
    trials = Trials.of({"taught": {"score": np.array([1.0, 2.0]), "rate": np.array([5, 6])}})
    assert trials.values("taught", "score").tolist() == [[1.0, 2.0]]
    assert trials.arm("taught", "rate").values.tolist() == [5.0, 6.0]
    with pytest.raises(ValueError, match="one value per unit in every metric"):
        Trials.of({"taught": {"score": np.zeros(2), "rate": np.zeros(3)}})


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_workers_end_with_their_parent(tmp_path, how):
    """However it ends; a process that is gone, or a zombie of nobody's, does no work."""
    script = (
        "import signal\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"  # a suite in the background ignores it,
        "signal.signal(signal.SIGHUP, signal.SIG_DFL)\n"  # and under nohup this one
        "from brainwright.experiment.engines.local import Local\n"
        "from trials_worker import sleepy\n"
        "if __name__ == '__main__':\n"
        "    with Local(2) as engine:\n"
        "        for _ in engine.results(sleepy, [(str(k),) for k in range(2)]): pass\n"
    )
    path = tmp_path / "parent.py"
    path.write_text(script)
    here = str(Path(__file__).parent)
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([here, *filter(None, sys.path)]),
        "SLEEPY": str(tmp_path),
    }
    parent = subprocess.Popen([sys.executable, str(path)], env=environment)
    while len(pids := [int(p.stem) for p in tmp_path.glob("*.pid")]) < 2:
        assert parent.poll() is None
        time.sleep(0.02)
    parent.send_signal(how)
    parent.wait()
    while any(alive(pid) for pid in pids):  # ended by the suite's own time limit if they stay
        time.sleep(0.02)


def alive(pid: int) -> bool:
    """Whether a process goes on; one that has ended and was not waited for does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False
