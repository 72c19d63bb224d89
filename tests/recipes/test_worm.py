"""The recipe `worm`, tiny: its numbers, its claims, its page."""

import sys
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch

from brainwright.experiment.summary import result_of
from brainwright.experiment.work import run_design
from brainwright.loop import worms
from brainwright.loop.worms import Plan
from brainwright.loop.worms.swimming import Lessons
from brainwright.recipes.worm import Config, experiment, swim
from brainwright.recipes.worm.page import LIMITS, sections
from brainwright.report import Finished, document, markdown, standard_page
from brainwright.runs import Units, create, plain
from brainwright.world import PlateLaw

CONFIG = Config(quick=True, wiring="celegans/varshney2011", starts=2)
TINY = Plan(2, 2, 5, worms=3, duration_s=4.0, starts=2, trial=1)
ALONE = replace(TINY, starts=1)


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    patch = pytest.MonkeyPatch()
    patch.setattr(experiment, "QUICK", ALONE)
    patch.setattr(swim, "QUICK", Lessons(1, 1, 0.44, asked=1, asked_s=0.6))
    patch.setattr(experiment, "there", lambda name: False)  # the larva takes seconds to read
    folder = tmp_path_factory.mktemp("worm") / "run"
    create("worm", CONFIG, folder)
    units, planned = Units(folder / "units"), experiment.design(CONFIG)
    result = plain(result_of(planned, run_design(planned, units, workers=1), units))
    patch.undo()
    return Finished(folder, result), planned


def test_every_arm_has_both_indices_and_the_page_shows_them(done):
    run, _ = done
    for arm in (worms.REAL, worms.REWIRED, worms.RANDOM, worms.BARE, worms.LAYERS, *worms.CONTROLS):
        assert set(run.arms()[arm]["means"]) == {experiment.PLATE, experiment.TRAJECTORY}
    assert len(run.arms("rewirings")["null"]["draws"]) == 3
    assert run.comparison("real", "null", "circuits")["verdict"] == "cannot tell", (
        "a percentile decides nothing"
    )
    page = standard_page("worm", run, sections(run), LIMITS, plain(CONFIG))
    text = markdown(page)
    for words in ("Among nulls", "percentile", "another worm's nose", "Chosen by hand", "NCAP (4 numbers)"):
        assert words in text
    shown = document(page)
    assert 'attributeName="points"' in shown, "the swimmers"
    assert 'attributeName="cx"' in shown, "the worms on their plates"
    assert len(shown) < 300_000


def test_a_whole_run_uses_seeds_of_its_own_and_nulls_enough():
    planned = experiment.design(Config())
    assert experiment.FIRST_SEED >= 46_000
    assert [study.name for study in planned.studies] == ["", "swim"]
    some = experiment.design(Config(parts=("plate", "rewirings", "circuits")))
    assert [study.name for study in some.studies] == ["", "circuits", "rewirings"]
    assert (some.facts["nulls"], some.facts["circuits"]) == (39, 20), "fewer do not decide"
    asked = experiment.design(Config(nulls=39))
    assert [study.name for study in asked.studies] == ["", "swim", "rewirings"]


def test_a_silent_brain_goes_straight_and_no_other_nose_is_the_own():
    policy = worms.taught([worms.bare()], ALONE, [0], 1).policy
    whole = worms.lived(policy, TINY, 5)
    left = worms.controls(policy, TINY, 5, whole)
    ways = left["brain silenced"].tracks
    steps = np.diff(ways, axis=0)
    np.testing.assert_allclose(steps, np.broadcast_to(steps[:1], steps.shape), atol=1e-5)
    again = worms.lived(policy, TINY, 5, turns=whole.turns)
    np.testing.assert_array_equal(again.tracks, whole.tracks)
    seen = np.arange(12, dtype=np.float32).reshape(2, 2, 3)
    np.testing.assert_array_equal(worms.assay._another(0, seen)[:, 0], [[6, 7, 2], [0, 1, 8]])


def test_the_larva_is_cut_to_the_worm_s_size():
    worm = worms.of_worm("celegans/varshney2011")
    other = worm.subset(where="pool != 'internal'")
    like = worm.subset(ids=worm.ids[np.concatenate([c[:20] for c in worm.pools.values()])])
    other, body = worms.cropped(worm, like)
    assert other.n_cells == like.n_cells
    assert {name: len(cells) for name, cells in other.pools.items()} == dict.fromkeys(worm.pools, 20)
    assert worms.wired(other, body).n_outputs == 1


def test_a_taught_brain_is_what_it_is_alone():
    """Nothing of a brain depends on who is taught beside it."""
    worm = worms.of_worm("celegans/varshney2011")
    make = partial(worms.wired, worm)
    pair = worms.taught([make(), worms.wired(worms.circuit(worm))], ALONE, [0, 0], 3).paid
    alone = worms.taught([make()], ALONE, [0], 3).paid
    np.testing.assert_allclose(pair[:, 0], alone[:, 0], rtol=1e-4, atol=1e-7)


def test_of_several_starts_the_best_paid_goes_on():
    """The chosen networks are those whose last windows of the trial paid most; what they learned is kept."""
    plan = replace(TINY, updates=3, trial=2, starts=3, life=TINY.trial_life)
    make = [worms.bare() for _ in range(6)]
    told = worms.taught(make, plan, range(6), 4)
    each = worms.taught([worms.bare() for _ in range(6)], replace(plan, starts=1), range(6), 4).paid[:2]
    np.testing.assert_allclose(told.start, each.mean(0).reshape(2, 3).argmax(1))
    np.testing.assert_allclose(
        told.paid[:2], each[:, [told.start[0], 3 + told.start[1]]], rtol=1e-4, atol=1e-7
    )
    assert told.networks == [make[told.start[0]], make[3 + told.start[1]]]
    seen = torch.ones(1, 3)
    alone = [network.read(network.step(network.rest(1), seen)) for network in told.networks]
    beside = told.policy.network
    both = beside.read(beside.step(beside.rest(1), seen.repeat(1, 2)))
    torch.testing.assert_close(both, torch.cat(alone, 1))


def test_a_chosen_start_goes_on_as_if_it_had_never_stopped():
    """Adam's memory goes with the chosen networks: with one brain whose starts are all the same, a step after
    the choice is that of a course without one, but for where bodies begin anew.
    """
    plan = replace(TINY, updates=4, trial=2, starts=2)
    networks = [worms.bare(), worms.bare()]
    module = sys.modules["brainwright.loop.worms.taught"]
    generator = torch.Generator().manual_seed(5)
    course, _ = module._windows(networks, plan, [0, 1], generator, (0, 2), lambda k: None)
    kept = module._moments(course, networks, np.array([1]))
    whole = course.optimiser.param_groups[0]["params"]
    for parameter, moments in zip(whole, kept, strict=True):
        state = course.optimiser.state[parameter]
        torch.testing.assert_close(moments["exp_avg"], state["exp_avg"].chunk(2)[1])
        assert float(moments["step"]) == 2


def test_the_plate_of_the_recipe_has_whole_sweeps_in_a_window():
    law, how = worms.circuits.LAW, Plan().teaching()
    assert isinstance(law, PlateLaw)
    assert how.length * law.dt_s % law.sweep_s == pytest.approx(0, abs=1e-9)
