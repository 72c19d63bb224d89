"""The recipe end to end, small: its result, its refusals, and that a killed run comes to the same end."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from brainwright.recipes import organoid
from brainwright.recipes._organoid import units
from brainwright.recipes._organoid.design import CONTROLS, conditions

WORDS = {"supported", "no difference", "against", "cannot tell"}
COMMAND = [sys.executable, "-m", "brainwright", "run"]
OPTIONS = ["--quick", "--dishes", "2"]


def brainwright(*options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *options], capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("organoid") / "run"
    done = brainwright(*OPTIONS, "--out", str(folder))
    assert done.returncode == 0, done.stderr
    assert "Verdict: " in done.stdout
    return folder


def result_of(folder: Path) -> dict:
    result = json.loads((folder / "result.json").read_text("utf-8"))
    assert result.pop("seconds") > 0
    return result


def test_the_result_says_what_was_promised(finished):
    result = result_of(finished)
    assert result["recipe"] == "organoid"
    assert result["primary"]["arm"] == "adaptive"
    assert result["primary"]["control"] == "yoked"
    assert result["primary"]["n"] == 2
    for comparison in [result["primary"], *result["comparisons"]]:
        assert comparison["verdict"] in WORDS
    assert set(CONTROLS) <= set(result["arms"])
    for comparison in [result["primary"], *result["comparisons"]]:
        assert {comparison["arm"], comparison["control"]} <= {*result["arms"], "before"}
    gradient = [c["arm"] for c in result["comparisons"] if c["control"].endswith("ungraded")]
    assert gradient == ["adaptive", "poor/adaptive", "scarce/adaptive", "steered/adaptive"]
    assert (finished / "report.html").stat().st_size > 10_000


def test_writing_arms_deliver_the_same_charge(finished):
    arms = result_of(finished)["arms"]
    charge = {tuple(arms[a]["charge_nC"]) for a in ("adaptive", "oracle", "ungraded", "yoked", "matched")}
    assert len(charge) == 1
    assert arms["silent"]["charge_nC"][0] < arms["oracle"]["charge_nC"][0]


def test_yoked_writes_are_the_partners(finished):
    written = {
        a: units.load(finished / "units", f"full-{a}")["written"] for a in ("adaptive", "yoked", "frozen")
    }
    assert np.array_equal(
        written["yoked"], written["adaptive"][::-1]
    )  # two dishes: each is the other's partner
    assert np.array_equal(written["frozen"], written["adaptive"])


def test_tissue_without_plasticity_or_cells_does_not_change(finished):
    folder = finished / "units"
    naive, frozen, saline = (units.load(folder, n) for n in ("naive", "full-frozen", "full-saline"))
    assert saline["probe_after"].sum() == 0
    assert np.abs(frozen["share"] - naive["share"]).max() < 0.2
    taught = units.of_prefix("state_", units.load(folder, "full-adaptive"))
    untaught = units.of_prefix("state_", naive)
    assert not np.array_equal(taught["weight"], untaught["weight"])


def test_a_killed_run_resumes_to_the_same_result(finished, tmp_path):
    folder = tmp_path / "killed"
    run = subprocess.Popen(
        [*COMMAND, *OPTIONS, "--out", str(folder)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    deadline = time.monotonic() + 120
    while not (folder / "units" / "full-oracle.npz").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
        assert run.poll() is None, "the run ended before it could be killed"
    os.killpg(run.pid, signal.SIGKILL)
    run.wait()
    assert not (folder / "result.json").exists()
    kept = {p.name: p.stat().st_mtime_ns for p in (folder / "units").glob("*.npz")}
    done = brainwright("--resume", str(folder))
    assert done.returncode == 0, done.stderr
    assert {p: (folder / "units" / p).stat().st_mtime_ns for p in kept} == kept
    assert result_of(folder) == result_of(finished)


@pytest.mark.parametrize("spoil", [lambda b: b[:1000], lambda b: b"", lambda b: b[:900] + b"?" + b[901:]])
def test_a_spoilt_unit_is_not_done(tmp_path, spoil):
    units.save(tmp_path, "one", {"a": np.arange(1000) ** 2})
    assert units.done(tmp_path, "one")
    assert not units.done(tmp_path, "two")
    path = tmp_path / "one.npz"
    path.write_bytes(spoil(path.read_bytes()))
    assert not units.done(tmp_path, "one")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--dishes", "1"], "--dishes must be at least 2, got 1"),
        (["--dishes", "1001"], "--dishes must be at most 1000, got 1001"),
        (["--neurons", "100000"], "--neurons must be at most 4096, got 100000"),
        (["--seed", "-1"], "--seed must be at least 0, got -1"),
        (["--seed", "99999999999999999999"], "--seed must be at most 4294967295"),
        (["--stream", "text"], "--text"),
        (["--text", "nowhere.txt"], "nowhere.txt"),
        (["--dishez", "3"], "--dishes"),
        (["--neurons", "many"], "many"),
    ],
)
def test_input_that_cannot_work_is_one_line(options, message, tmp_path):
    done = brainwright(*options, "--out", str(tmp_path / "never"))
    assert done.returncode == 2
    assert message in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert not (tmp_path / "never").exists()


def test_the_yoked_partner_hears_another_phase_and_map():
    config = organoid.Config(dishes=4)
    stream = organoid.stream_of(config)
    from brainwright.recipes._organoid.experiment import STREAM, Experiment

    experiment = Experiment(config, stream, Path("unused"), lambda *_, **__: None)
    symbols = experiment.from_stream(200, STREAM)
    partner = np.roll(symbols, -1, axis=0)
    agree = (symbols == partner).mean(axis=1)
    assert agree.mean() < 0.6
    electrodes = experiment.layout.electrodes
    shared = [
        len(set(a) & set(b)) / a.size
        for mine, theirs in zip(electrodes, np.roll(electrodes, -1, axis=0), strict=True)
        for a, b in zip(mine, theirs, strict=True)
    ]
    assert np.mean(shared) < 0.35


def test_the_data_poor_condition_is_as_named():
    by_name = {c.name: c for c in conditions(organoid.Config(), organoid.stream_of(organoid.Config()))}
    assert (by_name["poor"].recorded, by_name["poor"].taught, by_name["poor"].refit) == (50, 150, False)
    assert by_name["steered"].steered
    assert by_name["scarce"].recorded == 20


def test_quick_dishes_do_not_depend_on_how_many_there_are():
    from brainwright.recipes._organoid.experiment import PROBE, Experiment

    few, many = (
        Experiment(c, organoid.stream_of(c), Path("unused"), lambda *_, **__: None)
        for c in (organoid.Config(dishes=2), organoid.Config(dishes=5))
    )
    assert np.array_equal(few.uniform(50, PROBE), many.uniform(50, PROBE)[:2])
    assert np.array_equal(few.layout.electrodes, many.layout.electrodes[:2])
