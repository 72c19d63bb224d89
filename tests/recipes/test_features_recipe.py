"""The recipe `features`, tiny: its numbers, its claims, its page, and a recording of one's own."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from brainwright.emulator.features import FeaturePlan
from brainwright.errors import UserError
from brainwright.experiment import Claim
from brainwright.experiment.summary import result_of
from brainwright.experiment.work import run_design
from brainwright.loop.amplify import BEHIND_S, AmplifyWork
from brainwright.loop.amplify.targets import OTHER, OWN, PERMUTED, SILENT
from brainwright.loop.features.recordings import Heard, Source, own_file
from brainwright.loop.features.steps import CHOSEN, EXPLAINED, LIVE, SHIFTED, TOPK, shifted
from brainwright.recipes.features import Config
from brainwright.recipes.features import experiment as job
from brainwright.recipes.features.page import LIMITS, sections
from brainwright.report import Finished, document, markdown, standard_page
from brainwright.runs import Units, create, plain

PLAN = FeaturePlan(n_features=10, k=2, batch=32, updates=20)
SEEDS = (1, 2)


def together():
    """Two patterns over eight units, and who was presented with which."""
    rng = np.random.default_rng(0)
    which = rng.integers(0, 2, 200)
    frames = 3.0 * np.repeat(np.eye(2)[which], 4, axis=1) + rng.normal(size=(200, 8))
    names = tuple(f"unit {k}" for k in range(8))
    return [Heard(frames.astype(np.float32), names, which, ("left", "right"), 0.5)]


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    folder = tmp_path_factory.mktemp("features") / "run"
    config = Config(quick=True)
    create("features", config, folder)
    work = AmplifyWork((5_000, 5_001), 90, 3, 2, PLAN)
    source = Source("Two patterns", together, replace(PLAN, updates=60))
    planned = job.design(config)
    studies = (
        job.amplify("", work, {}),
        job.amplify(job.BEHIND, replace(work, window_s=BEHIND_S), {}),
        job.of_set("culture", source, SEEDS, {}),
    )
    facts = {"sets": {"culture": source.title}, "k": 2}
    planned = replace(planned, studies=studies, facts=facts)
    units = Units(folder / "units")
    result = plain(result_of(planned, run_design(planned, units, workers=1), units))
    run = Finished(folder, result)
    return result, standard_page("features", run, sections(run), LIMITS, plain(Config()))


def test_nothing_is_decided_by_two_and_figures_hold_together(done):
    result, _ = done
    assert result["primary"]["verdict"] not in ("supported", "against")
    arms = result["arms"]
    assert arms[f"culture/{TOPK}"]["mean"] > arms[f"culture/{SHIFTED}"]["mean"], (
        "patterns go when units are shifted"
    )
    assert 0 < arms[f"culture/{CHOSEN}"]["mean"] <= 1
    assert all(0 <= value <= 1 for value in arms[f"culture/{TOPK}"]["metrics"][LIVE])
    own = arms[OWN]["metrics"]
    np.testing.assert_allclose(np.subtract(own["rise"], own["others"]), own["specific"])
    assert {check["name"]: check["holds"] for check in result["checks"]}[
        "equal charge in all arms that write"
    ]
    saline = [check for check in result["checks"] if "saline" in check["name"]]
    assert len(saline) == 2
    assert all(check["holds"] for check in saline)


def test_the_page_says_what_rose_and_what_drives_each_feature(done):
    result, page = done
    html, text = document(page), markdown(page)
    assert result["headline"] in text
    for words in (OWN, PERMUTED, SILENT, "unstimulated channels alone", "unit 0", "left", "top moments"):
        assert words in text
    assert html.count("<svg") >= 5


def test_the_design_is_as_large_as_was_asked():
    planned = job.design(Config())
    assert [claim.control for claim in planned.primary] == [OTHER, PERMUTED]
    (record, *_) = planned.study("").steps
    dishes = record.work.__self__.seeds
    assert len(dishes) >= 16
    assert min(dishes) >= 480_000
    arms = {name: set() for name in (study.name for study in planned.studies)}
    for claim in planned.claims:
        arms[claim.study] |= {claim.arm, claim.control}
    assert all(arms.values()), "every study is judged"
    assert {gate.study for gate in planned.gates} == set(arms)
    fitted = planned.study("culture").steps[0].work
    assert isinstance(fitted, partial)
    assert len(fitted.args[2]) >= 5
    assert min(fitted.args[2]) >= 95_000


def test_a_recording_of_ones_own(tmp_path):
    path = tmp_path / "mine.csv"
    values = together()[0].frames[:, :5] + 5
    header = "time_s," + ",".join(f"cell {k}" for k in range(5))
    rows = np.column_stack([np.arange(200) * 0.5, values])
    np.savetxt(path, rows, delimiter=",", header=header, comments="")
    planned = job.design(Config(data=path, quick=True))
    assert planned.primary == (Claim(job.FILE, TOPK, SHIFTED, margin=job.SHARE_MARGIN),)
    assert [study.name for study in planned.studies] == [job.FILE]
    outcomes = run_design(planned, Units(tmp_path / "units"), workers=1)
    result = result_of(planned, outcomes, Units(tmp_path / "units"))
    assert EXPLAINED in result["primary"]["metric"]
    assert "Share of unseen variance" in result["answer"]
    np.savetxt(path, rows[:40], delimiter=",", header=header, comments="")
    with pytest.raises(UserError, match="200 frames or more, got 40"):
        own_file(path, None, None)


def test_shifts_keep_each_unit_and_nothing_else():
    frames = np.random.default_rng(0).normal(size=(400, 6)) + 2 * np.random.default_rng(1).normal(
        size=(400, 1)
    )
    turned = shifted(frames, 3)
    np.testing.assert_allclose(np.sort(turned, axis=0), np.sort(frames, axis=0))
    apart = np.abs(np.corrcoef(turned.T) - np.eye(6)).max()
    assert apart < 0.25 < np.corrcoef(frames.T).min()
