"""The report of the recipe `organoid`, made from a small run folder of random figures."""

import importlib.util
import json
import re
import subprocess
import sys
from dataclasses import asdict
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from brainwright.evidence import Arm, compare, negative_control
from brainwright.recipes._organoid import dose, ink, page, units, words
from brainwright.recipes._organoid.design import CONTROLS, arm_name
from brainwright.recipes._organoid.finished import Finished
from brainwright.recipes.organoid import Config
from brainwright.report import document

N, K, RECORDED, TAUGHT = 3, 4, 60, 150
USABLE = np.setdiff1d(np.arange(64), [0, 7, 27, 56, 63])
EACH = len(USABLE) // K
SUCCESSOR = np.array([1, 2, 3, 0])
METRIC = "successor share (change from before)"
SECTIONS = (
    "What was learned",
    "What the gradient adds",
    "Negative controls",
    "What changed in the tissue",
    "The plan of writes",
    "The emulator",
    "On the stream itself",
    "Audit",
    "continued by the tissue",
    "Where this comes from",
)
CONDITIONS = {
    "full": CONTROLS,
    "poor": ("adaptive", "ungraded", "oracle"),
    "steered": ("adaptive", "ungraded", "oracle", "yoked"),
}


def an_arm(rng: np.random.Generator, gain: float, blocks: int) -> dict:
    before = rng.uniform(0.2, 0.3, N)
    values = gain + rng.normal(0, 0.03, N)
    return {
        "mean": float(values.mean()),
        "sd": float(values.std(ddof=1)),
        "values": values.tolist(),
        "share_before": before.tolist(),
        "share_after": (before + values).tolist(),
        "curve": rng.uniform(0.2, 0.5, (N, blocks)).tolist(),
        "log_score_bits": rng.uniform(-4, -1, N).tolist(),
        "write_precision": 0.8,
        "charge_nC": [100.0] * N,
        "pulses": [250.0] * N,
        "teaching_hz": 3.5,
        "driven_hz": 3.6,
    }


def a_result(rng: np.random.Generator) -> dict:
    gains = {"adaptive": 0.3, "oracle": 0.3, "ungraded": 0.25}
    arms = {
        arm_name(condition, arm): an_arm(rng, gains.get(arm, 0.0), 4 if condition == "full" else 1)
        for condition, names in CONDITIONS.items()
        for arm in names
    }
    full = {arm: Arm(arm, np.array(arms[arm]["values"])) for arm in CONTROLS}
    of = {key: Arm(key, np.array(arm["values"])) for key, arm in arms.items()}
    nothing = Arm("before", np.zeros(N))
    comparisons = [
        *(
            compare(of[arm_name(c, "adaptive")], of[arm_name(c, "ungraded")], METRIC, kind="d_z")
            for c in CONDITIONS
        ),
        compare(full["adaptive"], full["oracle"], METRIC, kind="difference", margin=0.05),
        *(negative_control(full[a], nothing, METRIC, margin=0.08) for a in ("frozen", "saline", "matched")),
        compare(full["adaptive"], full["yoked"], "next-symbol log score on the stream, bits"),
    ]
    return {
        "recipe": "organoid",
        "seconds": 12.3,
        "primary": compare(full["adaptive"], full["yoked"], METRIC).as_dict(),
        "arms": arms,
        "comparisons": [row.as_dict() for row in comparisons],
        "checks": [
            {"name": "same charge in all writing arms", "holds": True, "detail": "0.00%"},
            {"name": "decoder alone", "holds": False, "detail": "0.9, expected < 0.3"},
        ],
        "conditions": {
            name: {"stream": "s", "recorded": 50, "taught": 150, "refit": False, "steered": name == "steered"}
            for name in CONDITIONS
        },
        "levels": {
            "stream": "two <b>voices</b>",
            "labels": ["G", "D", "a<b", "&"],
            "midi": [67, 74, 71, 72],
            "notes": [],
            "successor": SUCCESSOR.tolist(),
            "chance": 1 / K,
            "constant_answer": 1 / K,
            "bayes_share": 1.0,
            "stream_constant_hit": 0.25,
            "stream_bayes_hit": 0.8,
            "chance_bits": -2.0,
            "bayes_bits": -0.7,
            "before": rng.uniform(0.2, 0.3, N).tolist(),
            "before_bits": rng.uniform(-4, -2, N).tolist(),
        },
        "equivalence_margin": 0.08,
        "extras": {},
    }


def a_display(rng: np.random.Generator, electrodes: np.ndarray) -> units.Unit:
    unit: units.Unit = {
        "dish": np.array(1),
        "usable": USABLE,
        "electrodes": electrodes,
        "raster_symbols": np.arange(K),
        "period_s": np.array(0.08),
        "write_at_s": np.array(0.008),
        "after_s": np.array([0.008, 0.03]),
        "charge_per_minute_limit_nC": np.array(10_000.0),
        "pulses_per_minute_limit": np.array(25_000),
        "phase_charge_limit_nC": np.array(3.0),
    }
    for when in ("before", "after"):
        spikes = np.stack([rng.uniform(0, K * 0.08, 200), rng.integers(0, 64, 200)], axis=1)
        unit |= {
            f"melody_{when}": rng.integers(0, K, 36),
            f"raster_{when}": spikes,
            f"psth_{when}": rng.uniform(0, 1, (K, K, 40)),
            f"causal_{when}": rng.normal(0, 0.1, (len(USABLE), 64)),
            f"taught_{when}": rng.normal(0, 0.01, N),
            f"untaught_{when}": rng.normal(0, 0.01, N),
        }
    return unit


def a_ledger(electrodes: np.ndarray, heard: np.ndarray, written: np.ndarray) -> units.Unit:
    """Pulses of every symbol at the opening of its period, and of every write 8 ms later."""
    rows = []
    for dish in range(N):
        for period, symbol in enumerate(heard):
            at_s = 37.0 + 0.08 * period
            rows += [(dish, channel, at_s) for channel in electrodes[dish, symbol]]
            if period >= RECORDED:
                rows += [(dish, channel, at_s + 0.008) for channel in written[dish, period - RECORDED]]
    dish, channel, time_s = (np.array(column) for column in zip(*rows, strict=True))
    full = np.full(len(rows), 0.4)
    return {
        "ledger_dish": dish.astype(np.int32),
        "ledger_channel": channel.astype(np.int32),
        "ledger_requested_s": time_s,
        "ledger_delivered_s": time_s,
        "ledger_phase_charge_nC": full,
        "ledger_net_charge_nC": np.zeros(len(rows)),
    }


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder, rng = tmp_path_factory.mktemp("run"), np.random.default_rng(0)
    config = {
        "seed": 0,
        "quick": True,
        "stream": None,
        "text": None,
        "csv": None,
        "column": None,
        "dishes": 16,
        "neurons": 256,
        "recorded": 200,
        "taught": 1200,
        "gradient_steps": 3,
        "retention": False,
        "dose_curve": False,
    }
    write(folder / "recipe.json", {"format_version": 1, "recipe": "organoid", "config": config})
    write(
        folder / "provenance.json",
        {
            "brainwright": "0.1.0",
            "commit": "0123456789abcdef",
            "clean": True,
            "citations": ["Roe & <Doe> 2020"],
        },
    )
    write(folder / "result.json", a_result(rng))
    electrodes = np.stack([rng.permutation(USABLE)[: EACH * K].reshape(K, EACH) for _ in range(N)])
    heard = np.arange(RECORDED + TAUGHT) % K
    written = np.stack([electrodes[dish, (heard[RECORDED:] + 1) % K] for dish in range(N)])
    units.save(folder / "units", "display", a_display(rng, electrodes))
    skill = {"skill_mean": np.zeros(N), "skill_emulator": rng.uniform(0.5, 1, N)}
    units.save(folder / "units", "naive", skill | {"skill_persistence": np.zeros(N)})
    taught = {"written": written.astype(np.int8), "precision": np.ones(N)}
    units.save(folder / "units", "full-adaptive", taught | a_ledger(electrodes, heard, written))
    return folder


def write(path: Path, content: dict) -> None:
    path.write_text(json.dumps(content), "utf-8")


def changed(run_folder: Path, folder: Path, **levels: object) -> tuple[Path, dict]:
    """A folder with the same units and a result to be changed."""
    for name in ("recipe.json", "provenance.json", "units"):
        (folder / name).symlink_to(run_folder / name)
    result = json.loads((run_folder / "result.json").read_text("utf-8"))
    result["levels"] |= levels
    return folder, result


class Reader(HTMLParser):
    """Collects text and addresses, and refuses tags that do not match."""

    VOID = ("meta", "br", "link", "img", "input", "hr")

    def __init__(self) -> None:
        super().__init__()
        self.text, self.addresses, self.open = "", [], []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.addresses += [
            (tag, value or "") for name, value in attrs if name in ("src", "href", "xlink:href")
        ]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.addresses += [
            (tag, value or "") for name, value in attrs if name in ("src", "href", "xlink:href")
        ]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def read(html: str) -> Reader:
    reader = Reader()
    reader.feed(html)
    assert reader.open == []
    return reader


@pytest.fixture(scope="module")
def html(run_folder: Path) -> str:
    return document("organoid", page.body(run_folder))


def test_the_page_is_one_document_that_needs_nothing_else(html):
    found = read(html)
    assert html.count("<!doctype html>") == html.count("<main>") == 1
    assert len(html) < 6e6
    for tag, address in found.addresses:
        assert address.startswith(("data:", "#")), f"{tag} points to {address[:80]}"
    assert not re.search(r"@import|url\(\s*['\"]?https?:|<script|<link", html)


def test_every_section_is_there_in_order(html):
    headings = re.findall(r"<h2>(.*?)</h2>", html)
    assert len(headings) == len(SECTIONS)
    for heading, wanted in zip(headings, SECTIONS, strict=True):
        assert wanted in heading
    assert html.index('<header class="verdict') < html.index("<h2>")


def test_text_is_escaped(html):
    found = read(html)
    for text in ("two <b>voices</b>", "a<b", "Roe & <Doe> 2020"):
        assert text in found.text
    assert "<b>voices" not in html
    assert "<doe" not in html.lower()


def test_a_tune_is_heard_as_it_was_and_goes_on_before_and_after(html):
    assert html.count("<audio") == 3


def test_a_check_that_does_not_hold_is_said_at_the_top(html):
    assert "decoder alone" in html[: html.index("<h2>")]


def test_numbers_of_the_verdict_are_on_the_page(html, run_folder):
    primary = json.loads((run_folder / "result.json").read_text("utf-8"))["primary"]
    top = read(html[html.index("<main>") + 6 : html.index("<section")]).text
    assert words.number(primary["effect_size"]) in top
    assert words.number(primary["d_z"]["value"]) in top


def test_other_streams_without_sound_and_with_extras(run_folder, tmp_path):
    folder, result = changed(run_folder, tmp_path, midi=None, notes=["12 repeats <removed>"])
    result["extras"] = {
        "retention": {name: [0.5, 0.4, 0.6] for name in ("silence", "stream", "random")},
        "dose_curve": {"dose": [25, 50, 100], "scores": [[0.3, 0.4, 0.5]] * N},
    }
    result["primary"]["verdict"] = "cannot tell"
    result["primary"]["ci_high"] = result["primary"]["d_z"]["ci_low"] = None
    write(folder / "result.json", result)
    html = document("organoid", page.body(folder))
    text = read(html).text
    assert "<audio" not in html
    assert "<h2>Extras</h2>" in html
    assert "12 repeats <removed>" in text
    assert "[−∞, " in text or ", ∞]" in text
    assert "cannot be told from 3 cultures" in text


@pytest.mark.parametrize("verdict", ["supported", "no difference", "against", "cannot tell"])
def test_every_verdict_has_its_sentence(run_folder, tmp_path, verdict):
    folder, result = changed(run_folder, tmp_path)
    result["primary"]["verdict"] = verdict
    for row in result["comparisons"]:
        row["verdict"] = verdict
    write(folder / "result.json", result)
    run = Finished(folder)
    gradient = run.comparison("adaptive", "ungraded")
    oracle = run.comparison("adaptive", "oracle")
    assert gradient is not None
    assert oracle is not None
    said = [words.headline(run), words.against_ungraded(gradient), words.against_oracle(oracle)]
    assert len(set(said)) == 3
    claims = "was taught" in said[0]
    assert claims == (verdict == "supported")


def test_beating_the_sham_is_not_called_learning_when_the_tissue_did_not_improve(run_folder, tmp_path):
    folder, result = changed(run_folder, tmp_path)
    result["primary"]["verdict"] = "supported"
    result["arms"]["adaptive"]["values"] = [-0.1, 0.0, 0.1]
    write(folder / "result.json", result)
    said = words.headline(Finished(folder))
    assert "was taught" not in said
    assert "cannot be told from what it was before" in said


@pytest.mark.parametrize(
    ("low", "high", "said"), [(0.5, 2.0, "too few"), (-2.0, -0.5, "too few"), (-1.0, 2.0, "includes zero")]
)
def test_the_reason_why_nothing_can_be_told_is_the_true_one(run_folder, tmp_path, low, high, said):
    folder, result = changed(run_folder, tmp_path)
    result["primary"] |= {"verdict": "cannot tell", "ci_low": low, "ci_high": high}
    write(folder / "result.json", result)
    assert said in words.headline(Finished(folder))


def test_no_difference_names_the_margin_within_which_it_holds(run_folder):
    row = dict(Finished(run_folder).result["comparisons"][0])
    row |= {"verdict": "no difference", "equivalence": {"margin": 0.095}}
    assert "within ±0.095" in words.against_ungraded(row)
    assert "within ±0.095" in words.against_oracle(row)


def test_doing_better_than_the_oracle_is_no_failure():
    assert "good" in words.oracle_badge("supported")
    assert "good" in words.oracle_badge("no difference")
    assert "bad" in words.oracle_badge("against")


def test_symbols_and_writes_are_read_back_from_the_ledger(run_folder):
    found = dose.writes(Finished(run_folder))
    np.testing.assert_array_equal(found.heard, np.arange(RECORDED + TAUGHT) % K)
    assert found.recorded == RECORDED
    assert (found.owner[found.written[0]] == found.heard[RECORDED + 1]).all()


def test_the_busiest_minute_is_a_sliding_one():
    ledger = {"dish": np.array([0, 0, 0, 1]), "requested_s": np.array([0.0, 59.0, 61.0, 60.0])}
    assert dose.busiest_minute(ledger, np.array([1.0, 2.0, 4.0, 5.0])) == 6.0


def test_intervals_and_labels():
    low, high = ink.interval([1.0, 2.0, 3.0])
    assert (low + high) / 2 == pytest.approx(2.0)
    assert high - 2 == pytest.approx(4.302653 * 1 / np.sqrt(3), rel=1e-5)  # Student's t, 2 degrees of freedom
    moved = ink.spread([0.5, 0.5, 0.51, 0.9], 0.1)
    assert (np.diff(moved) >= 0.1 - 1e-6).all()


def test_numbers_have_true_minus_signs_and_no_negative_zero():
    assert words.number(-0.001) == "0.00"
    assert words.number(-1.5) == "−1.50"
    assert words.number(0.2, sign=True) == "+0.20"
    assert words.number(None) == words.number(float("inf")) == "unbounded"


def test_the_command_names_what_differs_from_the_defaults_and_no_place():
    config = asdict(Config(seed=7, quick=True, text=Path("/home/roe/my letters.txt")))
    assert page.command(config) == "brainwright run organoid --seed 7 --quick --text 'my letters.txt'"
    assert "/home" not in str(page.shown(config))


def test_long_names_of_symbols_become_letters_with_a_key(run_folder, tmp_path):
    folder, result = changed(run_folder, tmp_path, labels=["gap", "front vowel", "stop", "nasal"])
    write(folder / "result.json", result)
    run = Finished(folder)
    assert run.marks == ["A", "B", "C", "D"]
    assert "B = front vowel" in run.key
    assert Finished(run_folder).key == ""


def test_the_picture_of_the_readme(run_folder, tmp_path):
    script = Path(__file__).parents[2] / "docs" / "picture.py"
    spec = importlib.util.spec_from_file_location("picture", script)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.picture(Finished(run_folder), tmp_path / "picture.png")
    assert 10_000 < (tmp_path / "picture.png").stat().st_size < 250_000


def test_the_page_starts_without_heavy_imports():
    heavy = ("torch", "numba", "matplotlib", "scipy")
    code = f"import brainwright.recipes._organoid.page, sys; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
