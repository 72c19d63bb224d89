"""The recipe on made-up worms: its units are recordings, a file of one's own, the page, what is refused."""

import json
import pickle
from dataclasses import replace

import numpy as np
import pytest

from brainwright import runs
from brainwright.cli.cookbook import load_recipe
from brainwright.connectome import Connectome
from brainwright.datasets.activity import Activity
from brainwright.emulator import Emulator
from brainwright.emulator.forecast import LINEAR, NETWORKS, PRIORS, RecordingSet, Size
from brainwright.errors import UserError
from brainwright.experiment import OptionError, check_bounds
from brainwright.experiment.summary import result_of
from brainwright.experiment.work import outcomes_of, run_design
from brainwright.recipes.recordings import Config
from brainwright.recipes.recordings.experiment import BEST, RIVALS, by_prior, design, design_of
from brainwright.report import Finished, document, markdown
from brainwright.runs import Units

NAMES = ("AVAL", "AVAR", "AVBL", "AVBR", "RIML", "RIMR")
CONFIG = Config(quick=True, workers=1)


def worms() -> dict[str, Activity]:
    """Slow signals, each named neuron driven by another."""
    animals = {}
    for seed, animal in enumerate(("p", "q")):
        rng = np.random.default_rng(seed)
        x = np.zeros((200, len(NAMES)))
        for t in range(1, len(x)):
            x[t] = 0.8 * x[t - 1] + 0.15 * np.roll(x[t - 1], 1) + rng.normal(size=len(NAMES))
        animals[animal] = Activity(x[None].astype(np.float32), 0.6, NAMES, counts=False)
    return animals


TINY = Size(updates=1, network_updates=1, size=1, n_latent=2, stride=12, dynamics_updates=1)
WORMS = RecordingSet("Made-up worms", worms, n_seen=12, n_ahead=2, size=TINY, trials=False, what="skill")


def varshney() -> Connectome:
    return Connectome.load("celegans/varshney2011")


def tiny():
    return design_of(CONFIG, {"worm": WORMS}, wiring=varshney)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A finished run."""
    folder = runs.create("recordings", CONFIG, tmp_path_factory.mktemp("runs") / "run")
    units = Units(folder / "units")
    result = result_of(tiny(), run_design(tiny(), units, workers=1), units)
    runs.write_json(folder / "result.json", {"recipe": "recordings", "seconds": 1.0} | result)
    return folder


@pytest.fixture(scope="module")
def run(folder):
    return Finished.read(folder)


def test_the_design_is_whole(run):
    whole = tiny()
    for study in whole.studies:
        assert pickle.loads(pickle.dumps(study.trial)).func is study.trial.func
    for claim in (whole.primary, *whole.claims):
        assert {claim.arm, claim.control} <= set(run.arms(claim.study))
    assert len(run.comparisons) == 1 + len(whole.claims)


def test_units_are_recordings_and_the_rival_is_the_best_baseline(run):
    arms = run.arms("worm")
    networks = {f"{name}{part}" for name in NETWORKS for part in ("", "/plain", "/history")}
    assert set(arms) == {*LINEAR, BEST, *networks}
    assert all(row["n"] == 2 for row in arms.values())
    assert arms[BEST]["values"] == max((arms[name] for name in RIVALS), key=lambda row: row["mean"])["values"]
    assert arms[run.extra["worm"]["best_baseline"]]["values"] == arms[BEST]["values"]
    assert run.primary["verdict"] == "cannot tell"  # two animals decide nothing


def test_horizons_add_up_to_what_they_are_parts_of(run):
    horizons = run.extra["worm"]["horizons"]
    assert {len(row) for row in horizons.values()} == {WORMS.n_ahead}
    assert 0 <= run.extra["worm"]["coverage"] <= 1


def test_every_prior_is_asked_and_the_wiring_stands_among_rewirings(run):
    for study in ("wiring alone", "wiring on latents"):
        arms = run.arms(study)
        assert set(arms) == set(PRIORS)
        assert arms["null"]["n_draws"] == 3
        row = run.comparison("wiring", "null", study)
        assert row["verdict"] in ("cannot tell", "no difference")  # three draws decide nothing


def test_priors_of_one_trial_become_arms_and_draws(run):
    outcomes, _ = outcomes_of(tiny(), run.units)
    trials = outcomes["wiring alone"]
    assert trials.values("null", "skill").shape == (3, 1)
    assert trials.arm("free", "skill").mean == run.arms("wiring alone")["free"]["mean"]
    assert by_prior(replace(trials, metrics={})).arms == []


def test_the_page_shows_every_model_and_prior(run):
    page = load_recipe("recordings").page(run)
    for text in (document(page), markdown(page)):
        for words in (
            "own history",
            "the worm",
            "rewired, same degrees",
            "by block of time",
            "What this run is not",
        ):
            assert words in text
        assert text.index(page.headline) < text.index("own history")


def test_a_run_cut_short_has_a_page_and_ends_the_same(folder, run, tmp_path):
    units = Units(tmp_path / "units")
    there = units.below("worm").folder
    there.mkdir(parents=True)
    for path in (folder / "units" / "worm").glob("*"):
        (there / path.name).write_bytes(path.read_bytes())
    lines = (there / "trials.jsonl").read_text().splitlines(keepends=True)
    (there / "trials.jsonl").write_text("".join(lines[:-1]))
    outcomes, missing = outcomes_of(tiny(), units)
    assert missing == 3
    (tmp_path / "recipe.json").write_bytes((folder / "recipe.json").read_bytes())
    cut = Finished(tmp_path, json.loads(json.dumps(runs.plain(result_of(tiny(), outcomes, units)))), missing)
    assert "not finished" in markdown(load_recipe("recordings").page(cut))
    again = runs.plain(result_of(tiny(), run_design(tiny(), units, workers=1), units))
    assert again == {key: run.result[key] for key in again}


def test_a_file_of_ones_own_is_a_set_of_its_own(tmp_path):
    spikes = np.random.default_rng(0).poisson(0.5, (300, 3))
    np.savez(tmp_path / "mine.npz", spikes=spikes, trials=spikes.reshape(20, 15, 3))
    config = Config(data=tmp_path / "mine.npz", array="spikes", bin_s=0.1, seen=20, ahead=5)
    whole = design(config)
    assert [study.name for study in whole.studies] == ["file"]
    assert whole.claims == ()  # one recording
    assert whole.facts["sets"]["file"]["recordings"] == ["mine"]
    assert whole.facts["sets"]["file"]["n_seen"] == 20
    assert whole.studies[0].settings["data"]["file"] == "mine.npz"
    assert design(replace(config, array="trials")).facts["sets"]["file"]["n_seen"] == 7


def test_one_recording_tells_its_difference_and_decides_nothing(tmp_path):
    only = replace(WORMS, most=1)
    units = Units(tmp_path)
    whole = design_of(CONFIG, {"worm": only}, wiring=varshney)
    assert [study.name for study in whole.studies] == ["worm"]  # no neuron is shared by two animals
    result = runs.plain(result_of(whole, run_design(whole, units, workers=1), units))
    assert (result["primary"]["verdict"], result["primary"]["n"]) == ("cannot tell", 1)
    assert result["primary"]["ci_low"] is None
    assert "ahead in" in result["answer"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, "--array NAME"),
        ({"array": "spikes"}, "too short"),
        ({"array": "rates"}, "expected an array 'rates'"),
    ],
)
def test_a_users_file_is_refused_before_anything_is_trained(tmp_path, options, words):
    counts = np.random.default_rng(0).poisson(1.0, (40, 3))
    np.savez(tmp_path / "short.npz", spikes=counts, speed=counts)
    with pytest.raises(UserError, match=words) as error:
        design(Config(data=tmp_path / "short.npz", bin_s=0.1, **options))
    assert "\n" not in str(error.value)


def test_without_any_recording_it_says_what_to_do(monkeypatch, tmp_path):
    monkeypatch.setenv("BRAINWRIGHT_DATA", str(tmp_path))
    monkeypatch.setenv("BRAINWRIGHT_CACHE", str(tmp_path / "cache"))
    with pytest.raises(UserError, match="set BRAINWRIGHT_DATA"):
        design(Config())


@pytest.mark.parametrize(
    "wrong", [{"bin_s": 0.0}, {"seen": 11}, {"ahead": 0}, {"seeds": 0}, {"workers": -1}], ids=str
)
def test_what_cannot_work_is_refused(wrong):
    with pytest.raises(OptionError, match=f"--{next(iter(wrong)).replace('_', '-')} must be"):
        check_bounds(Config(**wrong))


def test_the_emulator_of_ones_own_recording_is_kept_and_nothing_is_claimed_of_noise(tmp_path, monkeypatch):
    """Independent counts: no model beats the mean by more than chance."""
    noise = np.random.default_rng(1).poisson(1.0, (260, 3)).astype(float)
    np.savez(tmp_path / "noise.npz", counts=noise)
    config = Config(quick=True, workers=1, data=tmp_path / "noise.npz", bin_s=0.02, seen=12, ahead=2)
    from brainwright.recipes.recordings import sets

    monkeypatch.setattr(sets, "QUICK_UPDATES", 1)
    planned = design(config)
    units = Units(runs.create("recordings", config, tmp_path / "run") / "units")
    result = result_of(planned, run_design(planned, units, workers=1), units)
    kept = Emulator.load(tmp_path / "run")
    assert kept.forecast(noise).shape == (1, 2, 3)
    if not kept.beats:
        assert "nothing beats each unit's mean" in result["answer"]
    assert result["primary"]["verdict"] == "cannot tell"
