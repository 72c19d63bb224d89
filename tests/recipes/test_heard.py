"""The order that is heard, on a few small dishes: what each arm is, what is claimed of it, its page."""

import json
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from brainwright.cli.cookbook import load_recipe
from brainwright.experiment import OptionError, check_bounds
from brainwright.experiment.summary import result_of
from brainwright.experiment.work import outcomes_of, run_design
from brainwright.loop import IdentityReadout, Periods, Sizes, Teaching
from brainwright.loop.dishes.dishes import CALIBRATE, STREAM
from brainwright.recipes.heard import Config
from brainwright.recipes.heard.experiment import claims, design, teaching_of
from brainwright.recipes.heard.experiment import design_of as _design_of
from brainwright.recipes.heard.names import BEFORE, CONDITIONS, CONTROLS, MARGIN, METRIC, arm_name
from brainwright.recipes.heard.page import sections
from brainwright.report import Finished, Page, document, markdown, standard_page
from brainwright.runs import StopRequested, Units, create, of_prefix, plain, write_json
from brainwright.signal import StreamError
from brainwright.tissue import CultureParameters, SimulatedCulture

CONFIG = Config(seed=5, quick=True, dishes=2, neurons=64, gradient_steps=1)
SIZES = Sizes(calibration=80, probe=40, short_probe=10, stream_probe=10, skill=20, pulses_per_electrode=1)


def small_teaching() -> Teaching:
    """Everything that a run does, on so few symbols that it takes seconds."""
    teaching = teaching_of(CONFIG, SIZES)
    short = {
        name: (replace(course, recorded=12, taught=8, block=4), arm)
        for name, (course, arm) in teaching.arms.items()
    }
    return replace(teaching, arms=short)


def design_of(teaching: Teaching):
    return _design_of(CONFIG, teaching)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    folder = create("heard", CONFIG, tmp_path_factory.mktemp("heard") / "run")
    plan, units = design_of(small_teaching()), Units(folder / "units")
    write_json(folder / "result.json", result_of(plan, run_design(plan, units, workers=1), units))
    return Finished.read(folder)


@pytest.fixture(scope="module")
def html(run: Finished) -> str:
    return document(load_recipe("heard").page(run))


def test_every_claim_is_about_arms_that_are_run(run):
    outcomes, missing = outcomes_of(design_of(small_teaching()), run.units)
    assert missing == 0
    assert set(outcomes[""].arms) == {
        *CONTROLS,
        *(arm_name(c, arm) for c in ("poor", "scarce") for arm in ("adaptive", "ungraded", "oracle")),
        BEFORE,
    }
    named = list(claims())
    assert {arm for claim in named for arm in (claim.arm, claim.control)} <= set(outcomes[""].arms)
    assert len(run.result["comparisons"]) == len(named) == 10
    assert (run.primary["arm"], run.primary["control"], run.primary["effect"]) == (
        "adaptive",
        "ungraded",
        "difference",
    )
    assert (run.primary["threshold"], run.primary["equivalence"]["margin"]) == (MARGIN, MARGIN)
    assert len(run.result["checks"]) == 11


def test_the_naive_tissue_is_an_arm_of_its_own(run):
    naive, rows = run.units.load("naive"), run.arms()
    assert rows[BEFORE]["values"] == [0.0, 0.0]
    assert rows[BEFORE]["metrics"]["share_before"] == naive["share"].tolist()
    for arm in CONTROLS[:-1]:
        assert rows[arm]["metrics"]["share_before"] == naive["share"].tolist()
    dishes = small_teaching().dishes
    saline = naive["saline_answers"] == dishes.stream.successor[dishes.probe_symbols]
    assert rows["saline"]["metrics"]["share_before"] == saline.mean(1).tolist()
    for row in rows.values():
        change = np.subtract(row["metrics"]["share_after"], row["metrics"]["share_before"])
        np.testing.assert_allclose(row["values"], change)


def test_writing_arms_deliver_the_same_charge(run):
    arms = run.arms()
    charge = {
        tuple(arms[a]["metrics"]["charge_nC"]) for a in ("adaptive", "oracle", "ungraded", "yoked", "matched")
    }
    assert len(charge) == 1
    assert arms["silent"]["metrics"]["charge_nC"][0] < arms["oracle"]["metrics"]["charge_nC"][0]


def test_which_tissue_an_arm_teaches(run):
    """Frozen tissue answers as naive tissue whose symbols it heard; saline says nothing."""
    units = run.units
    adaptive, frozen, saline = (units.load(arm) for arm in ("adaptive", "frozen", "saline"))
    np.testing.assert_array_equal(frozen["written"], adaptive["written"])
    np.testing.assert_array_equal(saline["written"], adaptive["written"])
    assert saline["probe_after"].sum() == 0
    assert frozen["probe_after"].sum() > 0
    naive = of_prefix("state_", units.load("naive"))
    seeds, parameters = small_teaching().dishes.seeds, CultureParameters(n_neurons=CONFIG.neurons)
    born = SimulatedCulture(seeds, parameters).snapshot()
    np.testing.assert_array_equal(naive["weight"], born["weight"])
    assert not np.array_equal(of_prefix("state_", adaptive)["weight"], born["weight"])


def test_what_is_written(run):
    adaptive, oracle, yoked = (run.units.load(arm)["written"] for arm in ("adaptive", "oracle", "yoked"))
    np.testing.assert_array_equal(yoked, np.roll(adaptive, -1, axis=0))
    assert not any(np.array_equal(mine, theirs) for mine, theirs in zip(adaptive, yoked, strict=True))
    dishes = small_teaching().dishes
    heard = dishes.from_stream(12 + 8 + 1, STREAM)
    for dish, row in enumerate(heard[:, 13:]):
        np.testing.assert_array_equal(oracle[dish], np.sort(dishes.layout.electrodes[dish, row], axis=1))


def test_the_readout_was_fixed_on_naive_tissue_and_is_the_same_in_every_arm(run):
    naive, teaching = run.units.load("naive"), small_teaching()
    dishes = teaching.dishes
    heard, counts = naive["calibration_symbols"], naive["calibration_counts"].astype(np.float32)
    np.testing.assert_array_equal(heard, dishes.uniform(SIZES.calibration, CALIBRATE))
    again = IdentityReadout.fit(Periods(heard, heard, counts, heard[..., None]), dishes.stream.k)
    np.testing.assert_allclose(again.weight, naive["readout_weight"])
    for name, (course, _) in teaching.arms.items():
        unit = run.units.load(name)
        answers = again.answers(unit["probe_after"])
        np.testing.assert_array_equal(answers, unit["answers"])
        right = answers == course.heard.successor[dishes.probe_symbols]
        np.testing.assert_allclose(unit["share"], right.mean(1))


def test_what_was_heard_and_the_busiest_minute_are_kept(run):
    taught, dishes = run.units.load("adaptive"), small_teaching().dishes
    np.testing.assert_array_equal(taught["heard"], dishes.from_stream(21, STREAM)[:, :-1])
    np.testing.assert_array_equal(taught["minute_pulses"], taught["pulses"])  # the whole run is shorter
    np.testing.assert_allclose(taught["minute_charge_nC"], taught["charge_nC"])


def test_conditions_are_as_named():
    arms = teaching_of(Config()).arms
    courses = {name: arms[arm_name(name, "adaptive")][0] for name in CONDITIONS}
    assert (courses["poor"].recorded, courses["poor"].taught, courses["poor"].refit) == (50, 150, False)
    assert courses["full"].refit
    assert (courses["full"].recorded, courses["full"].taught) == (200, 800)
    assert courses["scarce"].recorded == 20


def test_a_stopped_run_comes_to_the_same_result(run, tmp_path):
    """What was finished before is not done again, and what was not is done from the units alone."""
    units, stop_at = Units(tmp_path / "units"), "silent"
    names = [step.name for step in design_of(small_teaching()).studies[0].steps]
    place = names.index(stop_at)
    for name in names[:place]:
        units.save(name, run.units.load(name))

    def stop(stage: str, fraction: float, **event: object) -> None:
        if event.get("unit") == stop_at and "score" not in event:  # it is saved by then
            raise StopRequested

    with pytest.raises(StopRequested):
        run_design(design_of(small_teaching()), units, workers=1, progress=stop)
    assert all(units.done(name) == (name in names[: place + 1]) for name in names)
    for name in names[place + 1 :]:
        if name not in ("frozen", "poor/ungraded", "display"):  # the others would take long
            units.save(name, run.units.load(name))
    plan = design_of(small_teaching())  # as in another process
    again = result_of(plan, run_design(plan, units, workers=1), units)
    assert json.loads(json.dumps(plain(again))) == run.result


def test_live_shows_what_the_tissue_says(run):
    live = json.loads((run.folder / "live.json").read_text("utf-8"))
    assert live["stage"] in (*CONTROLS, *(arm_name(c, arm) for c in CONDITIONS for arm in CONDITIONS[c]))
    assert live["raster"]["n_channels"] == 64


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"dishes": 1}, "--dishes must be at least 2, got 1"),
        ({"dishes": 1001}, "--dishes must be at most 1000, got 1001"),
        ({"neurons": 100_000}, "--neurons must be at most 4096, got 100000"),
        ({"recorded": 9}, "--recorded must be at least 10, got 9"),
        ({"seed": -1}, "--seed must be at least 0, got -1"),
        ({"seed": 99999999999999999999}, "--seed must be at most 4294967295"),
    ],
)
def test_options_out_of_bounds_are_refused(options, message):
    with pytest.raises(OptionError, match=message):
        check_bounds(Config(**options))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"stream": "text"}, "--text"),
        ({"text": Path("nowhere.txt")}, "nowhere.txt"),
        ({"csv": Path("a.csv")}, "--column"),
    ],
)
def test_streams_that_cannot_be_made_are_refused(options, message):
    with pytest.raises(StreamError, match=message):
        design(Config(**options))


class Reader(HTMLParser):
    """Collects text and addresses, and refuses tags that do not match."""

    VOID = ("meta", "br", "link", "img", "input", "hr")

    def __init__(self) -> None:
        super().__init__()
        self.text, self.addresses, self.open = "", [], []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_startendtag(tag, attrs)
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.addresses += [value or "" for name, value in attrs if name in ("src", "href", "xlink:href")]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_page_is_one_document_verdict_first(html):
    reader = Reader()
    reader.feed(html)
    assert reader.open == []
    assert all(address.startswith(("data:", "#")) for address in reader.addresses)
    assert html.count("<audio") == 3
    assert len(html) < 6e6
    assert html.index('<header class="verdict') < html.index("<h2>The experiment")
    assert "<svg xmlns" in html
    assert not {"nan", "None"} & set(reader.text.split())


def test_the_page_in_markdown_has_the_same_sections(run, html):
    text = markdown(load_recipe("heard").page(run))
    for heading in (
        "What was learned",
        "What the gradient adds",
        "Negative controls",
        "What changed in the tissue",
    ):
        assert f"## {heading}" in text
        assert f"<h2>{heading}</h2>" in html
    assert "| adaptive | " in text
    assert "{" not in text  # every name in braces was filled in


def changed(run: Finished, tmp_path: Path, change) -> Page:
    """The page of the same units with another result."""
    result = json.loads(json.dumps(run.result))
    change(result)
    (tmp_path / "recipe.json").write_bytes((run.folder / "recipe.json").read_bytes())
    (tmp_path / "units").symlink_to(run.folder / "units")
    other = Finished(tmp_path, result)
    return standard_page("heard", other, sections(other), "", {})


def test_text_is_escaped_and_long_names_become_letters(run, tmp_path):
    labels = ["a<b", "front vowel", "stop & go", "nasal", "gap", "high"]

    def rename(result):
        result["facts"]["levels"] |= {
            "labels": labels,
            "marks": list("ABCDEF"),
            "midi": None,
            "notes": ["<cut>"],
        }
        result["extra"] |= {
            "dose": {"dose": [25, 50, 100], "scores": [[0.3, 0.4, 0.5]] * 2},
        }

    page = document(changed(run, tmp_path, rename))
    assert "A = a&lt;b, B = front vowel, C = stop &amp; go" in page
    assert "&lt;cut&gt;" in page
    assert "<audio" not in page
    assert "<h2>Dose curve</h2>" in page


@pytest.mark.parametrize("verdict", ["supported", "no difference", "against", "cannot tell"])
def test_every_verdict_has_its_words(run, tmp_path, verdict):
    def judge(result):
        for row in [result["primary"], *result["comparisons"]]:
            row["verdict"] = verdict

    page = markdown(changed(run, tmp_path, judge))
    said = {
        "supported": "The gradient adds more than ±0.05 to what writing",
        "no difference": "The gradient adds nothing that counts here (within ±0.05)",
        "against": "The gradient makes teaching worse here",
        "cannot tell": "What the gradient adds here cannot be told from nothing",
    }
    assert [words for words in said.values() if words in page] == [said[verdict]]


def test_the_headline_speaks_of_the_steps_and_the_answer_of_the_tissue(run):
    """The answer says whether the tissue is better than it was, whatever the steps add."""
    plan, primary = design_of(small_teaching()), run.primary | {"verdict": "supported"}
    assert "Gradient steps add" in plan.sentences["supported"]
    outcomes, _ = outcomes_of(plan, run.units)
    metrics = outcomes[""].metrics
    said = set()
    for values in ([0.25, 0.25], [-0.1, 0.1], [-0.25, -0.25]):
        for trial in metrics:
            if trial.arm == "adaptive":
                metrics[trial][METRIC] = values[trial.seed]
        said.add(plan.answer(outcomes, primary).split(",")[1].split(";")[0])
    assert said == {" more than before", " which cannot be told from what it was before", " less than before"}


def test_without_gradient_steps_they_add_nothing(run):
    """Taking away what the primary claim is about makes adaptive and ungraded the same, to the last spike."""
    teaching = replace(small_teaching(), gradient_steps=0)
    units = Units(run.folder / "without")
    units.save("naive", run.units.load("naive"))
    without = teaching.arm("adaptive", units, lambda *_, **__: None)
    ungraded = run.units.load("ungraded")
    for name in ("written", "answers", "curve", "share"):
        np.testing.assert_array_equal(without[name], ungraded[name])


def test_a_run_that_is_not_finished_has_a_page_that_says_so(tmp_path):
    folder = create("heard", CONFIG, tmp_path / "run")
    plan, units = design_of(small_teaching()), Units(folder / "units")
    outcomes, missing = outcomes_of(plan, units)
    page = document(load_recipe("heard").page(Finished(folder, result_of(plan, outcomes, units), missing)))
    assert "not finished" in page
    assert "16 pieces of work are missing" in page
