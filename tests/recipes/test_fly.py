"""The recipe `fly`, tiny: its numbers, its page, a run cut short, candidates named beforehand, refusals."""

import os
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from brainwright.connectome.synthetic import fly_like
from brainwright.datasets import dataset, find
from brainwright.errors import UserError
from brainwright.experiment import check_bounds
from brainwright.experiment.summary import result_of
from brainwright.experiment.work import outcomes_of, run_design
from brainwright.recipes.fly import Config
from brainwright.recipes.fly.experiment import PICKED, design
from brainwright.recipes.fly.page import LIMITS, sections
from brainwright.report import Finished, document, markdown, standard_page
from brainwright.runs import Units, create, plain
from brainwright.simulation.published import driven_cells, read_spikes

CONFIG = Config(quick=True, trials=3, nulls=3, screen=3, screen_by="silence", workers=1, seed=2)


def finished(folder, config=CONFIG):
    """A run in `folder`: its design, its result, and what its page shows."""
    planned = design(config)
    create("fly", config, folder)
    units = Units(folder / "units")
    result = plain(result_of(planned, run_design(planned, units, workers=1), units))
    run = Finished(folder, result)
    return planned, result, standard_page("fly", run, sections(run), LIMITS, plain(Config()))


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    folder = tmp_path_factory.mktemp("fly") / "run"
    return folder, *finished(folder)


def test_the_result_has_the_wiring_its_nulls_and_the_strongest_cells(done):
    _, _, result, _ = done
    assert result["primary"]["n"] == 3
    assert result["primary"]["verdict"] == "cannot tell", "three nulls decide nothing"
    assert len(result["arms"]["wiring"]["values"]) == 3
    assert len(result["arms"]["shuffled signs"]["draws"]) == 3
    assert len(result["comparisons"]) == 3
    for row in result["comparisons"]:
        assert row["control"] == f"{row['arm']}, shuffled signs"
        assert row["why"] == PICKED
        assert row["verdict"] == "cannot tell"
    own = [check for check in result["checks"] if not check["name"].startswith("published")]
    assert [check["holds"] for check in own] == [True] * 3
    assert result["facts"]["synthetic"]


def test_the_page_leads_with_the_verdict_and_says_synthetic(done):
    folder, _, result, page = done
    html = document(page)
    assert html.index(result["headline"]) < html.index("What answers")
    assert "nothing here is evidence about a fly" in html
    assert html.count("<svg") == 3
    assert "they test nothing" in html, "the screened cells were picked, so they get no verdict"
    assert "Input: input, 21 cells driven at 150 Hz" in html
    first = Units(folder / "units").load("screen")["table/candidate"][0]
    assert f"| {first} |" in markdown(page), "an id is a name: no thousands separators"
    for words in ("Top downstream types", "percentile", "driven cells fire at"):
        assert words in html


def test_a_run_cut_short_shows_what_there_is_and_ends_the_same(done, tmp_path):
    _, planned, result, _ = done
    create("fly", CONFIG, tmp_path / "run")
    units = Units(tmp_path / "run" / "units")

    def stop(stage, share, **event):
        if share > 0.7:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_design(planned, units, workers=1, progress=stop)
    outcomes, missing = outcomes_of(planned, units)
    assert missing == 2
    part = Finished(tmp_path / "run", plain(result_of(planned, outcomes, units)), missing)
    assert [section.heading for section in sections(part)] == ["What answers"]
    written = {path: path.stat().st_mtime_ns for path in units.folder.rglob("*.npz")}
    assert len(written) > 5
    again = plain(result_of(planned, run_design(planned, units, workers=1), units))
    assert again == result
    assert all(path.stat().st_mtime_ns == time for path, time in written.items())


def test_another_seed_is_another_experiment(done):
    assert design(replace(CONFIG, seed=3)).studies[0].settings != done[1].studies[0].settings


def test_candidates_named_beforehand_are_tested_and_share_one_error_rate(tmp_path):
    config = replace(CONFIG, candidates=("follower", "7"), screen_by="activate", screen_rate_hz=60.0, nulls=2)
    _, result, page = finished(tmp_path / "run", config)
    change = {row["arm"]: row for row in result["comparisons"]}
    assert change.keys() == {"activate follower", "activate 7"}
    means = result["arms"]["activate follower"]["means"]
    assert means["change of mean rate of the outputs, Hz"] > 10, "the outputs are among the followers"
    assert "draw 79" in change["activate follower"]["why"], "two candidates need a p of .025"
    assert "Activated one at a time" in document(page)


def test_a_wiring_of_ones_own(tmp_path):
    """A saved connectome, signs from a transmitter table, cells by type, something silenced."""
    unsigned = fly_like(1000, 30_000, 4, n_followers=100).with_cells(sign=np.full(1000, np.nan))
    unsigned.save(tmp_path / "mine")
    config = replace(CONFIG, wiring=str(tmp_path / "mine"), signs="fly", activate=("input",), silence=("0",))
    _, result, page = finished(tmp_path / "run", replace(config, null="weights"))
    assert not result["facts"]["synthetic"]
    assert "shuffled weights" in result["arms"]
    assert "nothing here is evidence" not in document(page)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"rate_hz": -5.0}, "--rate-hz must be above 0"),
        ({"rate_hz": 2e4}, "--rate-hz must be at most 10000"),
        ({"screen_rate_hz": 0.0}, "--screen-rate-hz must be above 0"),
        ({"trials": 1}, "--trials must be at least 2, got 1"),
        ({"nulls": 0}, "--nulls must be at least 1"),
        ({"duration_s": 0.0}, "--duration-s must be above 0"),
        ({"duration_s": float("inf")}, "--duration-s must be a finite number"),
        ({"workers": -2}, "--workers must be at least 0, got -2"),
        ({"seed": -1}, "--seed must be at least 0"),
    ],
)
def test_options_out_of_bounds_are_refused(change, message):
    with pytest.raises(UserError, match=message):
        check_bounds(replace(CONFIG, **change))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"screen_duration_s": 0.00003}, "^--screen-duration-s: expected a whole number of steps"),
        ({"wiring": "flywire/783"}, "--activate: expected types, names or ids"),
        ({"wiring": "flywire/782", "activate": ("MN9",)}, "flywire/783"),
        ({"activate": ("inptu",)}, "called 'inptu'; nearest: input"),
        ({"activate": ("99999",)}, "called '99999'; nearest: 3999"),
        ({"silence": ("99999",)}, "called '99999'"),
        ({"outputs": ("99999",)}, "called '99999'"),
        ({"candidates": ("99999",)}, "called '99999'"),
        ({"wiring": "celegans/varshney2011", "activate": ("ASEL",)}, "no signs: expected --signs fly"),
    ],
)
def test_input_that_the_data_refute_is_refused_before_the_run(change, message):
    with pytest.raises(UserError, match=message):
        design(replace(CONFIG, **change))


def test_missing_files_are_named(tmp_path, monkeypatch):
    monkeypatch.setenv("BRAINWRIGHT_DATA", str(tmp_path))
    monkeypatch.setenv("BRAINWRIGHT_CACHE", str(tmp_path))
    with pytest.raises(UserError, match=r"needs Connectivity_783\.parquet: put it at"):
        design(replace(CONFIG, wiring="flywire/783", activate=("MN9",)))


def test_published_rates_are_compared_cell_by_cell_where_the_wiring_is_here(tmp_path, monkeypatch):
    """A table of our own under the published name: the comparison is there, and finds no agreement."""
    entry = dataset("fly/shiu2024_spikes")
    path = next((p for file in entry.files if (p := find(entry, file))), None)
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
    pd.DataFrame(wiring).to_parquet(folder / dataset("flywire/630").files[0].name)
    monkeypatch.setenv("BRAINWRIGHT_DATA", os.pathsep.join([str(tmp_path), str(path.parent.parent)]))
    target = str(ids[wiring["Postsynaptic_Index"][0]])
    # whatever the run itself does: the published protocols are simulated apart
    config = replace(CONFIG, wiring="flywire/630", outputs=(target,), silence=(target,), nulls=1)
    _, result, _ = finished(tmp_path / "run", config)
    assert result["facts"]["activated"] == 21
    compared = [check for check in result["checks"] if check["name"].endswith(": rates cell by cell")]
    assert [check["name"].split(":")[0] for check in compared] == [
        "published sugarR",
        "published sugarR_100Hz",
    ]
    assert not any(check["holds"] for check in compared)
    assert float(compared[0]["detail"].split()[0].replace(",", "")) > 21 * 190
    assert "MN9" in compared[0]["detail"]


def test_a_silent_brain_is_an_error_not_a_result(tmp_path):
    with pytest.raises(UserError, match="no cell answered input at 1e-06 Hz"):
        finished(tmp_path / "run", replace(CONFIG, rate_hz=1e-6))


def test_a_measure_that_no_shuffle_can_change_gives_no_verdict(tmp_path):
    """Outputs that nothing reaches: real and null rates are equal to the last digit."""
    config = replace(CONFIG, outputs=("input",), candidates=("background",), nulls=39, trials=2)
    _, result, page = finished(tmp_path / "run", config)
    primary = result["primary"]
    assert primary["effect_size"] == pytest.approx(0, abs=1e-12)  # but for the rounding of means
    assert primary["percentile"] == 50
    assert primary["verdict"] == "cannot tell"
    assert "0.05 / 1" in document(page)
