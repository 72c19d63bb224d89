"""The recipe `mirror`, tiny: its numbers, its claims, its page."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from brainwright.experiment.summary import result_of
from brainwright.experiment.work import run_design
from brainwright.loop.mirror import Plan, lineup
from brainwright.recipes.mirror import Config
from brainwright.recipes.mirror import experiment as job
from brainwright.recipes.mirror.page import LIMITS, sections
from brainwright.report import Finished, document, markdown, standard_page
from brainwright.runs import Units, create, plain

CONFIG = Config(quick=True)


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    folder = tmp_path_factory.mktemp("mirror") / "run"
    create("mirror", CONFIG, folder)
    planned = job.design(CONFIG)
    studies = []
    arms = (*job.STUDIES.values(), lineup.WATCHERS)
    for study, own, do in zip(planned.studies, arms, (*[job.work] * 4, job.watched), strict=True):
        (step,) = study.steps
        short = replace(step, work=partial(do, own, [1, 2], Plan(2, 1)))
        studies.append(replace(study, steps=(short,)))
    planned = replace(planned, studies=tuple(studies))
    units = Units(folder / "units")
    result = plain(result_of(planned, run_design(planned, units, workers=1), units))
    run = Finished(folder, result)
    return result, standard_page("mirror", run, sections(run), LIMITS, plain(Config()))


def test_shares_are_shares_and_nothing_is_decided_by_two(done):
    result, _ = done
    for name in (arm.name for arm in lineup.ARMS):
        row = result["arms"][name]
        for metric in ("deceived", job.TASK, job.HELPED):
            assert all(-1e-6 <= value <= 1 + 1e-6 for value in row["metrics"][metric])
        np.testing.assert_allclose(row["values"], -np.array(row["metrics"]["deceived"]))
    assert result["primary"]["verdict"] not in ("supported", "against")


def test_claims_name_arms_that_are_there_and_both_controls_decide():
    planned = job.design(Config())
    arms = {name: {arm.name for arm in own} for name, own in job.STUDIES.items()}
    arms["watching"] = {arm.name for arm in lineup.WATCHERS}
    for claim in (*planned.primary, *planned.claims):
        assert {claim.arm, claim.control} <= arms[claim.study]
    for gate in planned.gates:
        assert gate.arms <= arms[gate.study]
    assert [claim.control for claim in planned.primary] == [lineup.NONE, lineup.UNPAIRED]
    assert all(claim.threshold == claim.margin == job.MARGIN for claim in (*planned.primary, *planned.claims))
    weights = {arm.name: arm.overlap for arm in lineup.ARMS}
    assert weights[lineup.OVERLAP] == weights[lineup.UNPAIRED] == 1, "equal weight"


def test_the_page_shows_arms_and_curves(done):
    result, page = done
    html, text = document(page), markdown(page)
    assert html.index(result["headline"]) < html.index("child of scarcity")
    assert html.count("<svg") == 7
    for words in (
        lineup.PAID_OVERLAP,
        lineup.FRIENDS,
        "shared",
        "separate",
        lineup.LEARNS,
        lineup.APART,
        lineup.SHUFFLED,
    ):
        assert words in text
