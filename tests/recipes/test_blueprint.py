"""The recipe `blueprint`, tiny: its claims, its arms, its page."""

from functools import partial

import numpy as np
import pytest

from brainwright.errors import UserError
from brainwright.experiment.summary import result_of
from brainwright.experiment.work import run_design
from brainwright.loop import PredictionCourse
from brainwright.loop.modules import scales, workspace
from brainwright.recipes.blueprint import Config
from brainwright.recipes.blueprint import experiment as job
from brainwright.recipes.blueprint.page import LIMITS, sections
from brainwright.report import Finished, document, markdown, standard_page
from brainwright.runs import Units, create, plain

ARMS = {
    "digits": {*job.pairs.TRAINED, *job.pairs.APART, job.CATENATED, "CCA", "labels", job.pairs.BY_OTHER},
    "occlusion": {*job.occlude.FILLED, *(arm + job.occlude.MIXED for arm in job.occlude.CROSSED)},
    "later": set(job.LATER),
    "wiring": {job.wired.WIRED, *job.wired.NULLS},
    "top-down": {"on", "cut", "without"},
    "workspace": {f"{a}, {name}" for a in job.COMPARED for name in job.TASKS},
    "embodied": set(job.embodied.ARMS),
}


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    """Levels and workspace alone: the boards of digits have their own tests in `test_modules_boards`."""
    folder = tmp_path_factory.mktemp("blueprint") / "run"
    config = Config(quick=True, parts=("levels", "workspace"), embody=True)
    create("blueprint", config, folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(job.scales, "levels", small_levels)
        patch.setattr(job.workspace, "moved_together", small_workspace)
        patch.setattr(job, "TASKS", {job.HIDDEN: job.TASKS[job.HIDDEN]})  # one task of three is enough here
        patch.setattr(job.workspace, "judged", partial(job.workspace.judged, episodes=8))
        two = (job.embodied.PREDICTED, job.embodied.NO_ORDER)
        patch.setattr(job.embodied, "ARMS", {arm: job.embodied.ARMS[arm] for arm in two})
        patch.setattr(job.embodied, "foreseeing", lambda seeds, course, shuffled: {})
        patch.setattr(job.embodied, "reinforced", small_body)
        planned = job.design(config)
        units = Units(folder / "units")
        result = plain(result_of(planned, run_design(planned, units, workers=1), units))
    run = Finished(folder, result)
    return result, standard_page("blueprint", run, sections(run), LIMITS, plain(config))


LEVELS = scales.levels
TOGETHER = workspace.moved_together


def small_body(arm, seeds, state, life, progress):
    curve = np.linspace(arm == job.embodied.PREDICTED, 1, 4) + np.array(seeds)[:, None] % 2
    figures = dict.fromkeys(job.embodied.FIGURES, curve.mean(1))
    return {**figures, job.embodied.CURVE: curve, "steps": np.arange(4)}


def small_levels(seeds, course, streams):
    return LEVELS(seeds[:2], PredictionCourse(3, 8), 12)


def small_workspace(arm, seeds, task, updates, **how):
    return TOGETHER(arm, seeds[:2], task, 1, 2, across=how["across"])


def test_claims_name_arms_that_are_there():
    for part, arms in ARMS.items():
        claims = list(job.CLAIMS[part]())
        assert claims
        for claim in claims:
            assert {claim.arm, claim.control} <= arms, claim
            assert claim.study == part
    for gate in (*job.GATES["workspace"], *job.GATES["levels"]):
        assert gate.arms <= {*ARMS["workspace"], "slow state"}
    for claim in list(job.digits_claims())[:2]:
        assert claim.arm == job.NEXT
    assert [claim.control for claim in list(job.digits_claims())[:2]] == [job.CATENATED, job.FLAT]


def test_parts_are_checked():
    assert job.parts_of(Config(parts=("levels",))) == ("levels",)
    assert job.parts_of(Config(embody=True)) == ("embodied",)
    assert job.parts_of(Config(embody=True, parts=("levels",))) == ("levels", "embodied")
    assert "embodied" not in job.parts_of(Config()), "a default run becomes no longer"
    with pytest.raises(UserError, match="expected some of"):
        job.parts_of(Config(parts=("motor",)))


def test_the_page_shows_every_part_and_two_seeds_decide_nothing(done):
    result, page = done
    assert result["primary"]["verdict"] not in ("supported", "against")
    rows = result["arms"]
    assert all(0 <= v <= 1 for name in rows if name.startswith("workspace") for v in rows[name]["values"])
    for metric in ("state", "block"):
        assert np.isfinite(rows["levels/slow state"]["means"][metric])
    html, text = document(page), markdown(page)
    assert html.index(result["headline"]) < html.index("A frontal workspace")
    for words in (
        "A body that acts",
        "return at a quarter",
        "products of a block",
        "random edges, errors across, one hidden",
        "fast level, iterated",
    ):
        assert words in text
