"""The recipe, tiny: result, report, resuming after a kill, refusals."""

import dataclasses
import json
import os

import numpy as np
import pandas as pd
import pytest

from brainwright import datasets
from brainwright.recipes import InputError, fly
from brainwright.recipes._fly_result import against_nulls
from brainwright.simulation.published import driven_cells, read_spikes

CONFIG = fly.Config(quick=True, trials=3, nulls=4, screen=4, seed=2)
QUIET = dict.fromkeys(["seconds"])


class Killed(Exception):
    pass


def finished(folder, config=CONFIG):
    folder.mkdir()
    said = []
    result = fly.run(config, folder, lambda stage, share: said.append((stage, share)))
    (folder / "result.json").write_text(json.dumps(result), encoding="utf-8")
    return result, said


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    folder = tmp_path_factory.mktemp("fly") / "run"
    result, said = finished(folder)
    return folder, result, said


def test_the_result_has_what_the_report_and_the_command_line_need(done):
    _, result, said = done
    assert result["recipe"] == "fly"
    assert result["primary"]["verdict"] in ("supported", "no difference", "against", "cannot tell")
    assert result["primary"]["n"] == 4
    assert set(result["arms"]) == {"wiring", "shuffled signs"}
    assert len(result["arms"]["shuffled signs"]["values"]) == 4
    assert len(result["comparisons"]) == 4
    own = [one for one in result["checks"] if not one["name"].startswith("published")]
    assert [one["holds"] for one in own] == [True] * 3
    assert result["run"]["synthetic"]
    assert said[0] == ("wiring", 0.0)
    assert said[-1][1] == 1.0
    shares = [share for _, share in said]
    assert shares == sorted(shares)


def test_the_report_leads_with_the_verdict_and_says_synthetic(done):
    folder, result, _ = done
    html = fly.page(folder)
    assert html.index(result["primary"]["verdict"]) < html.index("What answers")
    assert "nothing here is evidence about a fly" in html
    assert html.count("<svg") == 2
    assert "they test nothing" in html, "the screened cells were picked, so they get no verdict"
    assert "Input: input, 21 cells driven at 150 Hz" in html
    first = str(pd.read_csv(folder / "screen.csv")["candidate"][0])
    assert f">{first}<" in html, "an id is a name: no thousands separators"
    for word in ("Top downstream types", "percentile", "driven cells fire at"):
        assert word in html
    assert "http://" not in html.replace("http://www.w3.org", "")


def test_a_killed_run_goes_on_and_ends_the_same(done, tmp_path):
    _, expected, _ = done
    folder = tmp_path / "killed"
    folder.mkdir()

    def report(stage, share):
        if share > 0.8:
            raise Killed

    with pytest.raises(Killed):
        fly.run(CONFIG, folder, report)
    kept = {path.name: path.stat().st_mtime_ns for path in (folder / "units").iterdir()}
    assert len(kept) > 5
    result = fly.run(CONFIG, folder, lambda stage, share: None)
    for path in (folder / "units").iterdir():
        assert kept.get(path.name, path.stat().st_mtime_ns) == path.stat().st_mtime_ns
    assert result | QUIET == expected | QUIET


def test_another_seed_is_another_experiment(done, tmp_path):
    other, _ = finished(tmp_path / "other", dataclasses.replace(CONFIG, seed=3))
    assert other["run"]["spikes_per_trial"] != done[1]["run"]["spikes_per_trial"]


def test_activation_screen_of_given_candidates(tmp_path):
    config = dataclasses.replace(
        CONFIG, candidates=("follower", "7"), screen_by="activate", screen_rate_hz=60.0, nulls=2
    )
    result, _ = finished(tmp_path / "run", config)
    arms = {one["arm"]: one["value"] for one in result["comparisons"]}
    assert arms.keys() == {"activate follower", "activate 7"}
    assert arms["activate follower"] > 10, "the outputs are among the followers"
    assert "Activated one at a time" in fly.page(tmp_path / "run")


def test_a_wiring_of_ones_own(tmp_path):
    """A saved connectome, signs from a transmitter table, cells by type, something silenced."""
    from brainwright.connectome.synthetic import fly_like

    made = fly_like(1000, 30_000, 4, n_followers=100)
    made.with_cells(sign=np.full(1000, np.nan)).save(tmp_path / "mine")
    config = dataclasses.replace(
        CONFIG,
        wiring=str(tmp_path / "mine"),
        signs="fly",
        activate=("input",),
        silence=("0",),
        null="weights",
    )
    result, _ = finished(tmp_path / "run", config)
    assert not result["run"]["synthetic"]
    assert result["arms"].keys() == {"wiring", "shuffled weights"}
    assert "nothing here is evidence" not in fly.page(tmp_path / "run")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"rate_hz": -5.0}, "rate-hz: expected above 0"),
        ({"rate_hz": 2e4}, "rate-hz: expected above 0 and at most 10000"),
        ({"screen_rate_hz": 0.0}, "screen-rate-hz: expected above 0"),
        ({"trials": 1}, "trials: expected at least 2, got 1"),
        ({"nulls": 0}, "nulls: expected at least 1"),
        ({"duration_s": 0.0}, "duration-s: expected more than 0"),
        ({"screen_duration_s": 0.00003}, "screen-duration-s: expected a whole number of steps"),
        ({"duration_s": float("inf")}, "duration-s: expected a number of seconds"),
        ({"threads": -2}, "threads: expected 0 or more, got -2"),
        ({"seed": -1}, "seed: expected 0 or more"),
        ({"wiring": "flywire/783"}, "activate: expected types, names or ids"),
        ({"wiring": "flywire/782", "activate": ("MN9",)}, "wiring: .*flywire/783"),
        ({"activate": ("inptu",)}, "are called 'inptu': expected input, follower"),
    ],
)
def test_options_that_cannot_work_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        fly.check(dataclasses.replace(CONFIG, **change))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"activate": ("99999",)}, "called '99999'; nearest: 3999"),
        ({"silence": ("99999",)}, "called '99999'"),
        ({"outputs": ("99999",)}, "called '99999'"),
        ({"candidates": ("99999",)}, "called '99999'"),
        ({"wiring": "celegans/varshney2011", "activate": ("ASEL",)}, "no signs: expected --signs fly"),
    ],
)
def test_input_that_the_data_refute_is_the_users_error_before_any_trial(tmp_path, change, message):
    with pytest.raises(InputError, match=message):
        finished(tmp_path / "run", dataclasses.replace(CONFIG, **change))
    assert not (tmp_path / "run" / "units").exists()


def test_missing_files_are_named_before_anything_is_written(tmp_path, monkeypatch):
    monkeypatch.setenv("BRAINWRIGHT_DATA", str(tmp_path))
    monkeypatch.setenv("BRAINWRIGHT_CACHE", str(tmp_path))
    with pytest.raises(ValueError, match=r"needs Connectivity_783\.parquet: put it at"):
        fly.check(dataclasses.replace(CONFIG, wiring="flywire/783", activate=("MN9",)))


def test_published_rates_are_compared_cell_by_cell_where_the_wiring_is_here(tmp_path, monkeypatch):
    """A made-up table under the published name: the comparison is made, and finds that it does not agree."""
    entry = datasets.dataset("fly/shiu2024_spikes")
    path = next((p for file in entry.files if (p := datasets.find(entry, file))), None)
    if path is None:
        pytest.skip("the published spikes are not in a folder of BRAINWRIGHT_DATA")
    ids = pd.read_parquet(path.parent / "root_ids_630.parquet")["root_id"].to_numpy()
    driven = driven_cells(read_spikes(path.parent / "sugarR.parquet"))
    sources = np.flatnonzero(np.isin(ids, driven))
    wiring = {
        "Presynaptic_Index": np.r_[np.repeat(sources, 3), 50],
        "Postsynaptic_Index": np.r_[np.tile(np.setdiff1d(np.arange(30), sources)[:3], sources.size), 51],
        "Excitatory x Connectivity": np.r_[np.full(3 * sources.size, 60), -1],
    }
    folder = tmp_path / "flywire_630"
    folder.mkdir()
    name = datasets.dataset("flywire/630").files[0].name
    pd.DataFrame(wiring).to_parquet(folder / name)
    monkeypatch.setenv("BRAINWRIGHT_DATA", os.pathsep.join([str(tmp_path), str(path.parent.parent)]))
    target = str(ids[wiring["Postsynaptic_Index"][0]])
    # whatever the run itself does: the published protocols are simulated apart
    config = dataclasses.replace(
        CONFIG, wiring="flywire/630", rate_hz=150.0, outputs=(target,), silence=(target,), nulls=1
    )
    result, _ = finished(tmp_path / "run", config)
    assert result["run"]["activated"] == 21
    compared = [one for one in result["checks"] if one["name"].endswith(": rates cell by cell")]
    assert [one["name"].split(":")[0] for one in compared] == ["published sugarR", "published sugarR_100Hz"]
    assert not any(one["holds"] for one in compared)
    assert float(compared[0]["detail"].split()[0].replace(",", "")) > 21 * 190
    assert "MN9" in compared[0]["detail"]


def test_a_silent_brain_is_an_error_not_a_result(tmp_path):
    with pytest.raises(ValueError, match="no cell answered input at 1e-06 Hz"):
        finished(tmp_path / "x", dataclasses.replace(CONFIG, rate_hz=1e-6))


@pytest.mark.parametrize(
    ("real", "nulls", "verdict"),
    [
        ([5.0, 6.0], np.arange(19) / 19, "supported"),
        ([0.5, 0.5], np.arange(19) / 19, "cannot tell"),
        ([0.5, 0.5], 2 + np.arange(19) / 19, "against"),
        ([-3.0], np.arange(19) / 19, "supported"),
        ([0.0], np.zeros(19), "cannot tell"),
        ([9.0], np.zeros(5), "cannot tell"),
        ([-3.0], np.r_[np.zeros(18), 4.0], "cannot tell"),  # a null as large, of the other sign
    ],
)
def test_verdict_against_nulls(real, nulls, verdict):
    found = against_nulls(np.array(real), np.asarray(nulls, float), seed=0)
    assert found["verdict"] == verdict
    if found["effect_size"] is not None:
        assert found["ci_low"] <= found["effect_size"] <= found["ci_high"]


def test_the_verdict_is_wrong_in_one_of_twenty_exchangeable_cases():
    """Of either sign: with the direction chosen after looking it would be two of twenty."""
    drawn = np.random.default_rng(1).normal(size=(1000, 20))
    wrong = [against_nulls(one[:1], one[1:], 0)["verdict"] == "supported" for one in drawn]
    assert np.mean(wrong) == pytest.approx(0.05, abs=0.021)


def test_verdicts_of_many_candidates_are_corrected_and_of_picked_ones_not_given():
    real, nulls = np.array([9.0]), np.arange(19) / 19
    assert against_nulls(real, nulls, 0, tests=1)["verdict"] == "supported"
    assert against_nulls(real, nulls, 0, tests=2)["verdict"] == "cannot tell"
    assert against_nulls(real, np.arange(39) / 39, 0, tests=2)["verdict"] == "supported"
    assert against_nulls(real, nulls, 0, picked=True)["verdict"] == "cannot tell"


def test_a_measure_that_no_shuffle_can_change_gives_no_verdict(tmp_path):
    """Outputs that nothing reaches: real and null rates are equal to the last digit."""
    config = dataclasses.replace(CONFIG, outputs=("input",), candidates=("background",), nulls=19)
    result, _ = finished(tmp_path / "run", config)
    assert result["primary"]["value"] == result["primary"]["null_mean"] > 100
    assert result["primary"]["percentile"] == 50
    assert result["primary"]["verdict"] == "cannot tell"
    html = fly.page(tmp_path / "run")
    assert "the verdict takes it times 1" in html
