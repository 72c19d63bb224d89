"""The recipe end to end on built-in data: its result, its arms, resumption, refusals."""

import importlib.util
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from brainwright.evidence.trials import Trial

from brainwright.datasets.digits import digits
from brainwright.evidence import Trials
from brainwright.recipes import larva
from brainwright.recipes._larva.analysis import analyse
from brainwright.recipes._larva.cores import build, variant, wiring_of
from brainwright.recipes._larva.design import FLOORS, NO_CORE, NULLS, setup_of, sizes
from brainwright.recipes._larva.readout import echo_state
from brainwright.recipes._larva.ridge import ridge

pytestmark = pytest.mark.slow
CONFIG = larva.Config(quick=True, wiring="worm", task="digits", workers=1, epochs=3)
WORDS = {"supported", "no difference", "against", "cannot tell"}


def silent(*_args, **_event) -> None:
    pass


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("larva")
    result = larva.run(CONFIG, folder, silent)
    (folder / "result.json").write_text(json.dumps(result, allow_nan=True))
    return folder, result


def test_the_result_has_every_arm_and_every_comparison(finished):
    _, result = finished
    for condition in ("paper/100", "normalised/100"):
        assert {f"{condition}/{kind}" for kind in ("real", *NULLS)} <= set(result["arms"])
        controls = {row["control"] for row in result["comparisons"] if row["arm"] == f"{condition}/real"}
        floors = {f"{NO_CORE}/100/{kind}" for kind in FLOORS}
        assert controls == {f"{condition}/{kind}" for kind in NULLS} | floors
    assert {row["verdict"] for row in [result["primary"], *result["comparisons"]]} <= WORDS
    assert result["primary"]["verdict"] in (
        "cannot tell",
        "no difference",
    )  # two graphs cannot support a claim
    held = {check["name"]: check["holds"] for check in result["checks"]}
    assert held["real and null networks train equally many values"]
    assert held["the MLP trains as many values, within 1 %"]


def test_training_does_something(finished):
    arms = finished[1]["arms"]
    for arm in ("normalised/100/real", "paper/100/real", "floors/100/mlp"):
        assert arms[arm]["train_accuracy"] > 0.15, arm  # chance is 0.1


def test_the_page_leads_with_the_verdict(finished):
    page = larva.page(finished[0])
    assert page.startswith('<header class="verdict')
    for words in ("normalised, 100 samples", "core bypassed", "As a reservoir", "Checks", "are the fewest"):
        assert words in page


def test_the_table_is_that_of_the_run_whole_or_not(finished, tmp_path):
    path = Path(__file__).parents[2] / "scripts" / "larva_table.py"
    spec = importlib.util.spec_from_file_location("larva_table", path)
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    folder, result = finished
    setup = setup_of(CONFIG)
    whole = script.text(folder, setup)
    for words in (
        "two by two",
        "paper, 100 samples",
        f"{100 * result['primary']['effect_size']:+.2f} points",
    ):
        assert words in whole
    assert "not finished" not in whole
    lines = (folder / "units" / "trials.jsonl").read_text().splitlines(keepends=True)
    (tmp_path / "units").mkdir()
    last = next(k for k, line in enumerate(lines) if '"paper/100/degree"' in line)
    (tmp_path / "units" / "trials.jsonl").write_text("".join(lines[:last]))
    part = script.text(tmp_path, setup)
    assert f"{last - 1} of {sum(setup.arms.values()) * 2} trials" in part
    assert "degrees kept" in part
    assert "two by two" not in part


def test_a_run_cut_short_ends_the_same(finished, tmp_path):
    whole, result = finished
    lines = (whole / "units" / "trials.jsonl").read_text().splitlines(keepends=True)
    (tmp_path / "units").mkdir()
    (tmp_path / "units" / "trials.jsonl").write_text("".join(lines[:-3]) + lines[-1][:20])
    assert larva.run(CONFIG, tmp_path, silent)["arms"] == result["arms"]


def test_arms_share_maps_and_nulls_keep_what_they_promise():
    setup = setup_of(CONFIG)
    real = build(setup, "normalised", "real", 64, 10, 5, 0)
    degree = build(setup, "normalised", "degree", 64, 10, 5, 0)
    other = build(setup, "normalised", "degree", 64, 10, 5, 1)
    for k in (0, 2):
        assert np.array_equal(real.projections[k].weight.detach(), degree.projections[k].weight.detach())
    patterns = [network.projections[1].pattern for network in (real, degree, other)]
    for a, b in ((0, 1), (1, 2)):
        assert not np.array_equal(patterns[a].post, patterns[b].post)
        for side in ("pre", "post"):
            counts = [np.bincount(getattr(patterns[k], side), minlength=279) for k in (a, b)]
            assert np.array_equal(*counts)
    assert wiring_of("worm", None, 0).cells["sign"].eq(-1).mean() == pytest.approx(0.3, abs=0.01)


def test_a_planted_effect_would_be_reported():
    setup = setup_of(larva.Config(wiring="worm", task="digits", samples=100))
    assert setup.primary == "normalised/100"
    rng = np.random.default_rng(0)
    metrics = {}
    for arm, draws in setup.arms.items():
        for draw in range(draws):
            graph = rng.normal(0, 0.005)
            for seed in setup.seeds:
                value = 0.8 + graph + rng.normal(0, 0.002) + 0.1 * arm.endswith("real")
                row = {"accuracy": value, "train_accuracy": 1.0, "parameters": 10.0, "diverged": 0.0}
                metrics[Trial(arm, seed, draw)] = row
    result = analyse(setup, Trials(metrics))
    assert result["primary"]["verdict"] == "supported"
    assert result["primary"]["n"] == 39
    degree = [c for c in result["comparisons"] if c["control"] == "paper/100/degree"]
    assert degree[0]["verdict"] == "cannot tell"  # ten graphs are too few, and it says so
    assert "draws give no corrected p" in degree[0]["why"]


def test_refusals(monkeypatch, tmp_path):
    with pytest.raises(ValueError, match="--seeds must be at least 2"):
        larva.check(larva.Config(seeds=1))
    monkeypatch.setenv("BRAINWRIGHT_DATA", "")
    monkeypatch.setenv("BRAINWRIGHT_CACHE", str(tmp_path))
    with pytest.raises(ValueError, match="mnist needs"):
        larva.check(larva.Config(task="mnist"))
    assert setup_of(larva.Config()).wiring == "worm"
    assert setup_of(larva.Config()).task == "digits"


def test_the_depth_is_that_of_the_design():
    assert sizes(60_000, None) == (100, 1_000, 10_000, 60_000)
    assert sizes(1_437, None) == (100, 1_000)
    assert sizes(60_000, 5_000) == (100, 1_000, 5_000)
    base = setup_of(larva.Config(wiring="worm", task="digits"))
    setup = replace(base, sizes=(100, 1_000, 10_000, 60_000), expansion=True)
    arms = setup.arms
    assert setup.primary == "normalised/1000"
    assert arms["normalised/1000/degree"] == 39  # fewer cannot give p <= 0.05
    for protocol in ("normalised", "paper"):
        assert all(arms[f"{protocol}/100/{null}"] == 10 for null in NULLS)
        assert all(arms[f"{protocol}/10000/{null}"] == 3 for null in NULLS)
        assert arms[f"{protocol}/60000/real"] == 1
    assert {arm.rsplit("/", 1)[1] for arm in arms if arm.startswith("normalised/60000")} == {
        "real",
        "degree",
        "block",
    }
    assert all(arms[f"paper/60000/{null}"] == 1 for null in NULLS)
    assert all(f"floors/{n}/{kind}" in arms for n in setup.sizes for kind in FLOORS)
    full = replace(setup, full=True).arms
    assert all(full[f"{p}/60000/{null}"] == 10 for p in ("normalised", "paper", "rescaled") for null in NULLS)


def test_expanded_wirings_keep_the_original_and_are_driven_and_read_there():
    wiring = wiring_of("worm", None, 0)
    for kind in ("grown 2", "cloned 2", "grown_null 2"):
        larger = variant(wiring, kind, 0, 1)
        assert larger.n_cells == 2 * wiring.n_cells
        for pool, origin in (("driven", "sensory"), ("read", "output")):
            assert set(larger.ids[larger.pools[pool]]) == set(wiring.ids[wiring.pools[origin]])
        again = variant(wiring, kind, 0, 1)
        assert np.array_equal(larger.edges.pre, again.edges.pre)


def test_ridge_is_the_closed_form_in_both_shapes():
    rng = np.random.default_rng(0)
    for n, d in ((30, 7), (7, 30)):
        x, y = rng.normal(size=(n, d)), rng.normal(size=(n, 2))
        centred = x - x.mean(0)
        penalty = 0.3 * (centred**2).sum() / d
        exact = np.linalg.solve(centred.T @ centred + penalty * np.eye(d), centred.T @ (y - y.mean(0)))
        ((weights, offset),) = ridge(x, y, [0.3])
        np.testing.assert_allclose(weights, exact, rtol=1e-9)
        np.testing.assert_allclose(offset, y.mean(0) - x.mean(0) @ exact, rtol=1e-9)
    with pytest.raises(ValueError, match="diverged"):
        ridge(np.full((3, 2), np.nan), np.zeros((3, 1)), [1.0])
    with pytest.raises(ValueError, match="strengths > 0"):
        ridge(x, y, [])


def test_a_tuned_reservoir_tells_digits_apart():
    task = digits().first(200).standardised()
    found = echo_state(task, 100, 1_000, 4, seed=3)
    assert found["accuracy"] > 0.75
    assert found == echo_state(task, 100, 1_000, 4, seed=3)
