"""The recipe `text`, tiny: its rows, its claims, its page."""

import pytest

from brainwright.emulator.text import TextPlan, TextShape
from brainwright.experiment.summary import result_of
from brainwright.experiment.work import run_design
from brainwright.loop.reading.corpus import BIGRAM, BYTES_FORCED, LINES, Corpus
from brainwright.loop.reading.files import design_of_lines
from brainwright.loop.reading.work import ReadingWork, Sizes
from brainwright.recipes.text import Config
from brainwright.recipes.text import experiment as job
from brainwright.recipes.text.page import LIMITS, sections
from brainwright.report import Finished, document, markdown, standard_page
from brainwright.runs import Units, create, plain

CONFIG = Config(quick=True)
SHAPE = TextShape(n_latent=6, width=16, n_layers=1, n_heads=2, rank=2)
TINY = Sizes(50, 4, 12, 8, 2, 20, TextPlan(steps=2, batch=4), SHAPE, fit_steps=2)


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    folder = tmp_path_factory.mktemp("text") / "run"
    create("text", CONFIG, folder)
    planned = job.design_of(CONFIG, ReadingWork([1, 2], 3, TINY))
    units = Units(folder / "units")
    result = plain(result_of(planned, run_design(planned, units, workers=1), units))
    run = Finished(folder, result)
    return result, standard_page("text", run, sections(run), LIMITS, plain(Config()))


def test_every_row_is_there_and_nothing_is_decided_by_two(done):
    result, _ = done
    for row in (job.rows.BRAIN, *job.BESIDE, job.rows.COUNTS, job.rows.UNTRAINED, job.rows.WORDS):
        assert all(0 <= value <= 1 for value in result["arms"][row]["values"])
    assert result["primary"]["verdict"] not in ("supported", "against")


def test_claims_name_arms_and_metrics_that_are_there(done):
    result, _ = done
    arms = {
        (row["study"], name.removeprefix(f"{row['study']}/")): row for name, row in result["arms"].items()
    }
    planned = job.design(Config())
    for claim in (*planned.primary, *planned.claims):
        for arm in (claim.arm, claim.control):
            assert claim.metric is None or claim.metric in arms[claim.study, arm]["means"]
    # the primary one stands apart, and the curve is not asked by a quick run
    assert len(result["comparisons"]) == len(planned.claims) + len(planned.primary) - 1
    assert {(gate.study, gate.arm) for gate in planned.gates} <= set(arms)


def test_the_page_shows_rows_write_and_speed(done):
    result, page = done
    html, text = document(page), markdown(page)
    assert html.index(result["headline"]) < html.index("Reading speed")
    for words in (
        *job.BESIDE,
        job.work.THROUGH,
        job.work.NO_LEARNING,
        job.work.LOOKED_UP,
        job.work.SPELLED,
        "flashed, 10 words per second",
        "read out of noise",
    ):
        assert words in text


def test_lines_of_ones_own_come_back_from_a_model_that_never_saw_them(tmp_path):
    path = tmp_path / "my.txt"
    path.write_text("\n".join(f"line {k} of mine" for k in range(140)), encoding="utf-8")
    config = Config(text=path, quick=True)
    planned = design_of_lines(Corpus(path, shape=SHAPE, plan=TextPlan(steps=2, batch=4)), {}, job.MARGIN)
    create("text", config, tmp_path / "run")
    units = Units(tmp_path / "run" / "units")
    result = plain(result_of(planned, run_design(planned, units, workers=1), units))
    run = Finished(tmp_path / "run", result)
    text = markdown(standard_page("text", run, sections(run), LIMITS, plain(config)))
    assert "given back from its latents" in text
    assert {row["n"] for row in result["comparisons"]} == {70}
    # after "a", "i", "e" and "f" one byte follows in every line: who counts is right there
    assert result["arms"][f"{LINES}/{BIGRAM}"]["means"][BYTES_FORCED] > 0.5
    assert "Whole lines given back" in result["answer"]
