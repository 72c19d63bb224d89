"""The order that is wanted and never heard, on a few small dishes: arms, claims, page, breaks, bad tunes."""

import importlib.util
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from brainwright.cli.cookbook import load_recipe
from brainwright.evidence import VERDICTS
from brainwright.experiment import OptionError, check_bounds
from brainwright.experiment.summary import result_of
from brainwright.experiment.work import outcomes_of, run_design
from brainwright.loop import BREAKS, RESTS, SPARED, Hearing, Sizes, Teaching
from brainwright.loop.dishes.dishes import STREAM
from brainwright.recipes.organoid import Config
from brainwright.recipes.organoid import experiment as job
from brainwright.recipes.organoid.experiment import design
from brainwright.recipes.organoid.names import ARMS, BEFORE, INTACT
from brainwright.report import Finished, document, markdown
from brainwright.runs import Units, create, of_prefix, plain, write_json
from brainwright.signal import StreamError, positions
from brainwright.tissue import CultureParameters, SimulatedCulture

CONFIG = Config(seed=5, quick=True, dishes=2, neurons=64, gradient_steps=1)
SIZES = Sizes(
    calibration=120, probe=24, short_probe=0, stream_probe=0, skill=0, runs=2, pulses_per_electrode=1
)


def small_teaching() -> Teaching:
    """Everything that a run does, on so few notes that it takes seconds."""
    teaching = job.teaching_of(CONFIG, SIZES)
    arms = {
        name: (replace(course, recorded=12, taught=8, block=8), kind)
        for name, (course, kind) in teaching.arms.items()
    }
    return replace(teaching, arms=arms)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    folder = create("organoid", CONFIG, tmp_path_factory.mktemp("organoid") / "run")
    plan, units = job.design_of(CONFIG, small_teaching()), Units(folder / "units")
    write_json(folder / "result.json", result_of(plan, run_design(plan, units, workers=1), units))
    return Finished.read(folder)


@pytest.fixture(scope="module")
def html(run: Finished) -> str:
    return document(load_recipe("organoid").page(run))


def test_the_verdict_needs_each_of_three_comparisons(run):
    plan = job.design_of(CONFIG, small_teaching())
    assert [claim.control for claim in plan.primary] == ["ungraded", "other", "yoked"]
    assert {(claim.arm, claim.threshold, claim.margin) for claim in plan.primary} == {("adaptive", 0.1, 0.1)}
    others = [row for row in run.result["comparisons"] if row["arm"] == "adaptive"]
    assert {row["control"] for row in others[:2]} | {run.primary["control"]} == {*job.MUST_EXCEED}
    assert set(plan.sentences) == set(VERDICTS)


def test_every_claim_is_about_arms_that_are_run(run):
    outcomes, missing = outcomes_of(job.design_of(CONFIG, small_teaching()), run.units)
    assert missing == 0
    there = set(outcomes[""].arms)
    assert {BEFORE, *ARMS} <= there
    assert {job.rest_name(name, 120.0) for name in RESTS} <= there
    assert {job.broken_name(name) for name in (INTACT, *BREAKS)} <= there
    left_out = (
        "600 s",
        *(job.broken_name(name) for name in SPARED),
    )  # asked for, or of a run that is not quick
    named = [c for c in job.claims(CONFIG) if not c.arm.startswith(left_out)]
    assert {arm for claim in named for arm in (claim.arm, claim.control)} <= there
    assert len(run.result["comparisons"]) == len(named) + 2


def test_nothing_of_the_order_is_heard_or_known_to_the_maps():
    """Heard: any other note as often. Maps: fitted to what was heard, so without steps both tunes are one."""
    teaching = small_teaching()
    course, other = teaching.arms["adaptive"][0], teaching.arms["other"][0]
    heard = replace(course, taught=4000).symbols(teaching.dishes)
    steps = (heard[:, 1:] - heard[:, :-1]) % 8
    assert (steps > 0).all()
    assert np.bincount(steps.ravel(), minlength=8)[1:] / steps.size == pytest.approx(
        np.full(7, 1 / 7), abs=0.02
    )
    np.testing.assert_array_equal(course.symbols(teaching.dishes), other.symbols(teaching.dishes))
    assert not (course.wanted.successor == other.wanted.successor).any()


def test_without_steps_it_does_not_matter_what_is_wanted(run, tmp_path):
    teaching = replace(small_teaching(), gradient_steps=0)
    units = Units(tmp_path / "units")
    units.save("naive", run.units.load("naive"))
    ungraded = run.units.load("ungraded")
    for arm in ("adaptive", "other"):
        unit = teaching.arm(arm, units, lambda *_, **__: None)
        np.testing.assert_array_equal(unit["written"], ungraded["written"])
        np.testing.assert_array_equal(unit["played"], ungraded["played"])


def test_what_is_written(run):
    units = {arm: run.units.load(arm) for arm in ARMS}
    dishes, written = small_teaching().dishes, {arm: unit["written"] for arm, unit in units.items()}
    np.testing.assert_array_equal(written["yoked"], np.roll(written["adaptive"], -1, axis=0))
    np.testing.assert_array_equal(written["frozen"], written["adaptive"])
    np.testing.assert_array_equal(written["delayed"][:, 2:], written["adaptive"][:, :-2])
    heard = dishes.from_stream(21, STREAM, small_teaching().arms["adaptive"][0].heard)[:, 12:-1]
    wanted = dishes.layout.electrodes[np.arange(2)[:, None], dishes.stream.successor[heard]]
    np.testing.assert_array_equal(written["oracle"], np.sort(wanted, axis=2))
    assert (written["silent"] == -1).all()
    charge = {arm: tuple(units[arm]["charge_nC"]) for arm in job.WRITING}
    assert len({*charge.values()}) == 1


def test_only_plastic_tissue_learns(run):
    naive = of_prefix("state_", run.units.load("naive"))
    born = SimulatedCulture(
        small_teaching().dishes.seeds, CultureParameters(n_neurons=CONFIG.neurons)
    ).snapshot()
    np.testing.assert_array_equal(naive["weight"], born["weight"])
    assert not np.array_equal(of_prefix("state_", run.units.load("adaptive"))["weight"], born["weight"])


def test_no_direct_spike_and_no_artifact_lies_in_the_answer_window():
    """Cells that are synaptically blocked and without background fire where pulses force them, and nowhere
    else: none in 6-12 ms of a note, nor, of a write at 6 ms, in what is heard from 12 ms on.
    """
    from brainwright.loop import AFTER, EARLY, LATE, OracleWriter, present

    teaching = small_teaching()
    dishes, parameters = teaching.dishes, CultureParameters(n_neurons=400, kick_rate_hz=0.0)
    for cells in (True, False):
        tissue = SimulatedCulture(
            dishes.seeds, parameters, synapses=(0.0, 0.0), cells=cells, plasticity=False, limits=dishes.limits
        )
        notes = dishes.uniform(100, 0)
        alone = present(tissue, dishes.asked, notes)
        wanted = dishes.stream.successor[notes]
        both = present(tissue, dishes.layout, notes, OracleWriter(dishes.layout), targets=wanted)
        assert alone.counts[:, :, (AFTER, LATE)].sum() == 0
        assert both.counts[:, :, LATE].sum() == 0
        assert (alone.counts[:, :, EARLY].sum() > 1000) == cells


def test_a_run_from_its_units_alone_comes_to_the_same_result(run, tmp_path):
    """As another process would, some steps done anew."""
    units = Units(tmp_path / "units")
    plan = job.design_of(CONFIG, small_teaching())
    for step in plan.studies[0].steps:
        if step.name not in ("frozen", "120 s/sleep", "broken/centres permuted", "display"):
            units.save(step.name, run.units.load(step.name))
    again = result_of(plan, run_design(plan, units, workers=1), units)
    assert json.loads(json.dumps(plain(again))) == run.result


def loaded(script: str) -> ModuleType:
    """A script of the project as a module."""
    path = Path(__file__).parents[2] / script
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_what_is_broken_on_purpose_is_never_supported():
    """On dishes of a seed that no figure is reported of; the script does the same for twenty seeds."""
    script = loaded("scripts/organoid_breaks.py")
    judged = script.judged(9_000, taught=110)
    assert judged[INTACT][1] == "supported"
    assert judged[INTACT][0] > 0.5
    for name in (script.NO_STEPS, *BREAKS):
        far, verdict = judged[name]
        assert verdict != "supported", name
        assert far <= 0.25, name


def test_the_page_leads_with_the_verdict_and_plays_the_tunes(run, html):
    assert html.index('<header class="verdict') < html.index("<h2>The experiment")
    assert html.count("<audio") == 5  # wanted, heard, before, after, twin
    assert len(html) < 6e6
    text = markdown(load_recipe("organoid").page(run))
    for heading in (
        "What every culture plays",
        "Twin against twin",
        "Broken on purpose",
        "What is left after a rest",
    ):
        assert f"<h2>{heading}</h2>" in html
        assert f"## {heading}" in text
    assert "{" not in text  # every name in braces was filled in
    assert "| another culture's decoder | " in text
    assert not {"nan", "None"} & set(text.split())


def test_a_run_that_is_not_finished_has_a_page_that_says_so(tmp_path):
    folder = create("organoid", CONFIG, tmp_path / "run")
    plan, units = job.design_of(CONFIG, small_teaching()), Units(folder / "units")
    outcomes, missing = outcomes_of(plan, units)
    page = document(load_recipe("organoid").page(Finished(folder, result_of(plan, outcomes, units), missing)))
    assert "not finished" in page
    assert "24 pieces of work are missing" in page


def test_a_whole_run_also_shows_what_is_not_needed():
    whole = replace(CONFIG, quick=False)
    names = [step.name for step in job.steps(whole, small_teaching())]
    assert {job.broken_name(name) for name in SPARED} <= {*names}
    assert {*job.design_of(whole, small_teaching()).facts["spared"]} == {*SPARED}


def test_long_rests_are_extras():
    names = [step.name for step in job.steps(Config(long_rests=True), small_teaching())]
    assert [name for name in names if name.startswith("600 s/")] == [
        *(f"600 s/{name}" for name in RESTS),
        "600 s/silence, slow weights",
    ]
    assert not [step.name for step in job.steps(Config(), small_teaching()) if step.name.startswith("600 s/")]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "expected notes, got an empty file"),
        ("# only a comment\n", "expected notes, got none"),
        ("E4 E4 E4", r"got 1 \(3 notes\); give another tune"),
        (" ".join(f"{40 + i}" for i in range(9)), r"got 9 \(9 notes\); give a shorter tune"),
        ("E4 H4", "got 'H4'"),
        ("C4 D4 E4 F4 G4", "expected at least 6 positions, got 5: so short a tune is heard by chance"),
    ],
)
def test_tunes_that_cannot_be_taught_are_refused_before_anything_is_written(tmp_path, content, message):
    (tmp_path / "tune.txt").write_text(content)
    with pytest.raises(StreamError, match=message):
        design(Config(tune=tmp_path / "tune.txt"))


def test_a_tune_of_ones_own(tmp_path):
    (tmp_path / "mine.txt").write_text("C4 D4 E4 C4 C4 G4 A4")
    plan = design(Config(tune=tmp_path / "mine.txt", quick=True))
    levels = plan.facts["levels"]
    assert levels["labels"] == ("C'", "D", "E", "C''", "G", "A")
    assert levels["stream"] == "mine"
    assert len(levels["midi"]) == 6
    assert positions().k == 8


def test_options_out_of_bounds_are_refused():
    with pytest.raises(OptionError, match="--taught must be at least 20, got 5"):
        check_bounds(Config(taught=5))


def test_the_page_starts_without_heavy_imports():
    heavy = ("torch", "numba", "matplotlib")
    code = f"import brainwright.recipes.organoid.page, sys; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_picture_of_the_readme(run, tmp_path):
    loaded("docs/picture.py").picture(run, tmp_path / "picture.png")
    assert 10_000 < (tmp_path / "picture.png").stat().st_size < 250_000


def test_where_less_is_heard_both_emulators_stand_beside_their_controls(run, tmp_path):
    """The arms that are compared are run, and the page shows both emulators; in as little as can be."""
    teaching = small_teaching()
    scarce = job.scarce_of(CONFIG, teaching)
    assert scarce.dishes.seeds[0] == 470_000 + 5_000  # of the run's seed 5
    assert [model.kind.__name__ for model in scarce.models.values()] == ["PatchEmulator", "DishEmulators"]
    models = dict.fromkeys(scarce.models, scarce.models["patch"])  # the other one takes half a minute
    changed = {"hearings": {"8 recorded": Hearing(8, 0.5, 20.0)}, "models": models, "taught": 2}
    scarce = replace(scarce, dishes=teaching.dishes, gradient_steps=1, **changed)
    claims, units = list(job.scarce_claims(scarce)), run.units.below("less")
    for step in scarce.steps():
        units.save(step.name, step.work(units, lambda *_, **__: None))
    assert {name for claim in claims for name in (claim.arm, claim.control)} <= set(
        job.scarce_outcomes(scarce, units).arms
    )
    plan, all_units = job.design_of(CONFIG, teaching, scarce), Units(run.folder / "units")
    outcomes, missing = outcomes_of(plan, all_units)
    assert missing == 0
    result = plain(result_of(plan, outcomes, all_units))
    page = markdown(load_recipe("organoid").page(replace(run, result=result)))
    assert "Where less is heard" in page
    assert "| 8 recorded | latent adaptive | patch adaptive |" in page
    with pytest.raises(OptionError, match="leave --quick out"):
        design(replace(CONFIG, less=True))
