"""The recipe `pong` on two tiny dishes: arms, claims, breaks, page, film."""

import pickle
import re
from dataclasses import replace

import numpy as np
import pytest

from brainwright.cli.cookbook import load_recipe
from brainwright.evidence import VERDICTS
from brainwright.experiment import OptionError, check_bounds
from brainwright.experiment.summary import result_of
from brainwright.experiment.work import run_design
from brainwright.loop import KINDS, PONG_BREAKS, by_parts, game_scores
from brainwright.recipes.pong import Config
from brainwright.recipes.pong import experiment as job
from brainwright.report import Finished, document, markdown
from brainwright.runs import Units, create, write_json

CONFIG = Config(seed=3, quick=True, dishes=2, neurons=64, gradient_steps=1, workers=1)


def lessons():
    small = {"calibration": 60, "taught": 12, "session": 30, "probe": 20, "checks": 1}
    made = job.lessons_of(CONFIG)
    return replace(made, model=replace(made.model, fit_steps=10), **small)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = create("pong", CONFIG, tmp_path_factory.mktemp("pong") / "run")
    plan, units = job.design_of(CONFIG, lessons()), Units(folder / "units")
    write_json(folder / "result.json", result_of(plan, run_design(plan, units, workers=1), units))
    return Finished.read(folder)


def test_the_verdict_needs_both_the_content_and_the_gradient(run):
    plan = job.design(CONFIG)
    assert [(claim.arm, claim.control) for claim in plan.primary] == [
        ("gradient", "yoked"),
        ("gradient", "ungraded"),
    ]
    assert {(claim.threshold, claim.margin) for claim in plan.primary} == {(0.0, 0.05)}
    assert set(plan.sentences) == set(VERDICTS)
    assert run.primary["metric"] == job.BALLS
    assert len(run.comparisons) == len(plan.primary) + len(plan.claims)


def test_seeds_that_were_used_for_choosing_are_not_reported():
    assert job.lessons_of(CONFIG).dishes.seeds == [503_100, 503_101]
    assert min(job.lessons_of(replace(CONFIG, seed=0)).dishes.seeds) == 500_100


def test_what_arms_share_and_in_what_they_differ(run):
    units = {name: run.units.load(name) for name in (*job.WRITING, "silent", "frozen")}
    pulses = {name: unit["pulses"].tolist() for name, unit in units.items()}
    assert len({tuple(n) for name, n in pulses.items() if name != "silent"}) == 1
    assert (np.array(pulses["silent"]) == 12 * 5).all()
    assert (units["silent"]["lesson_written"] == -1).all()
    np.testing.assert_array_equal(units["frozen"]["lesson_written"], units["gradient"]["lesson_written"])
    layout = lessons().layout
    partner = np.roll(units["gradient"]["lesson_wanted"], -1, axis=0)
    own = layout.electrodes[np.arange(2)[:, None], partner]
    np.testing.assert_array_equal(units["yoked"]["lesson_written"], own)
    assert (units["oracle"]["precision"] == 1).all()


def test_a_learning_rate_of_zero_is_no_steps(run):
    still, none = run.units.load("broken/learning rate 0"), run.units.load("ungraded")
    for name in ("lesson_written", "probe_hit", "probe_missed", "probe_court"):
        np.testing.assert_array_equal(still[name], none[name])


def test_the_next_culture_s_emulator_writes_the_next_culture_s_electrodes(run):
    """What it forecasts for a region is where that region answers in the other map."""
    intact, broken = run.units.load("gradient"), run.units.load("broken/another culture's emulator")
    assert intact["precision"].mean() > broken["precision"].mean()


def test_scores_are_those_of_the_games(run):
    unit, arm = run.units.load("gradient"), run.arms()["gradient"]
    scores = game_scores(unit["probe_hit"], unit["probe_missed"])
    np.testing.assert_allclose(arm["values"], scores["balls"])
    np.testing.assert_allclose(arm["metrics"]["rally"], scores["rally"])
    rule = run.units.load("DishBrain's rule")
    parts = by_parts(rule["lesson_hit"], rule["lesson_missed"])
    gain = parts[:, 1:].mean(1) - parts[:, 0]
    np.testing.assert_allclose(run.arms()["DishBrain's rule"]["metrics"][job.GAIN], gain)


def test_every_condition_has_its_arm_and_its_page(run):
    named = {*job.WRITING, "silent", "frozen", *KINDS, job.TOLD, job.BEFORE, job.BEFORE_TOLD}
    assert named | {f"broken/{name}" for name in PONG_BREAKS} == set(run.arms())
    assert set(run.arms(job.STREAM)) == set(job.ORIGINS)
    page = load_recipe("pong").page(run)
    html, text = document(page), markdown(page)
    for words in (*PONG_BREAKS, *KINDS, "nothing follows from this for living cultures", "after Pong"):
        assert words in text
    assert "quick run" in text
    films = re.findall(r"<svg[^>]*>(?:(?!</svg>).)*<animate.*?</svg>", html, re.DOTALL)
    assert len(films) == 1
    values = re.findall(r'values="([^"]*)"', films[0])
    assert {len(row.split(";")) for row in values} == {20}
    assert len(values) == 2 * 5  # in each court two flashes, the paddle, and the ball's two coordinates


def test_a_design_travels_and_does_not_depend_on_the_number_of_workers():
    assert pickle.dumps(job.claims)
    assert "workers" not in job.design(CONFIG).studies[0].settings


def test_all_checks_hold(run):
    checks = {check["name"]: check for check in run.result["checks"]}
    assert checks["same charge in all writing arms"]["holds"]
    assert checks["no artifact in the window that is read"]["holds"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"dishes": 1}, "--dishes must be at least 2, got 1"),
        ({"taught": 3}, "--taught must be at least 20, got 3"),
        ({"gradient_steps": 0}, "--gradient-steps must be at least 1, got 0"),
        ({"minutes": 0.0}, "--minutes must be at least 0.1, got 0.0"),
        ({"neurons": 10}, "--neurons must be at least 64, got 10"),
    ],
)
def test_what_cannot_work_is_refused_in_one_line(options, words):
    with pytest.raises(OptionError, match=words):
        check_bounds(replace(CONFIG, **options))
