"""The recipe `mass` on two networks for a few updates: arms, claims, what must fall, page."""

from dataclasses import replace

import numpy as np
import pytest

from brainwright.cli.cookbook import load_recipe
from brainwright.errors import UserError
from brainwright.evidence import VERDICTS
from brainwright.experiment.summary import result_of
from brainwright.experiment.work import run_design
from brainwright.loop.grafts import beside, larger
from brainwright.loop.grafts.beside import Scale
from brainwright.loop.grafts.predictor import told
from brainwright.recipes.mass import Config, outcomes
from brainwright.recipes.mass import experiment as job
from brainwright.report import Finished, document, markdown
from brainwright.runs import Units, create, write_json

CONFIG = Config(seed=3, quick=True, seeds=2, workers=1)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = create("mass", CONFIG, tmp_path_factory.mktemp("mass") / "run")
    plan, units = job.design_of(CONFIG, Scale((1, 2), 3, 3)), Units(folder / "units")
    write_json(folder / "result.json", result_of(plan, run_design(plan, units, workers=1), units))
    return Finished.read(folder)


def test_the_verdict_needs_that_grafts_learn_and_that_another_rule_does(run):
    plan = job.design(CONFIG)
    assert [(claim.arm, claim.control, claim.threshold) for claim in plan.primary] == [
        (outcomes.OTHER, outcomes.BAR, 0.0),
        (outcomes.OTHER, "frozen", 0.028),
    ]
    assert set(plan.sentences) == set(VERDICTS)
    arms = run.arms(outcomes.EARLY)
    cells = {(a, b): np.array(arms[f"{a}: {b}"]["values"]) for a in ("BP", "FA") for b in ("BP", "FA")}
    excess = (cells["BP", "BP"] + cells["FA", "FA"] - cells["BP", "FA"] - cells["FA", "BP"]) / 2
    assert run.comparison(outcomes.OWN, outcomes.OTHER, outcomes.EARLY)["effect_size"] == pytest.approx(
        excess.mean()
    )


def test_seeds_that_were_used_for_choosing_are_not_reported():
    assert job.design(replace(CONFIG, seed=0)).studies[0].settings["seeds"] == (60_000, 60_001)


def test_every_question_has_its_batches():
    names = [study.name for study in job.design(Config(full=True)).studies]
    assert {
        outcomes.EARLY,
        outcomes.NARROW,
        outcomes.RECOVERY,
        job.DENSE,
        outcomes.LATE,
        job.MASS,
        job.TIME,
    } < set(names)
    default = {study.name: len(study.steps) for study in job.design(Config()).studies}
    assert default == {outcomes.EARLY: 7, outcomes.RECOVERY: 2, job.DENSE: 1, outcomes.LATE: 2}


def test_some_rows_of_some_questions_and_no_others():
    plan = job.design(replace(CONFIG, full=True, studies=("late", "cultures"), hosts=("FA",)))
    assert [(study.name, len(study.steps)) for study in plan.studies] == [("late", 1), ("cultures", 2)]
    assert plan.studies[0].settings == job.design(CONFIG).studies[0].settings  # work is shared
    with pytest.raises(UserError, match=r"--studies: expected some of early, .*got mind"):
        job.design(replace(CONFIG, studies=("mind",)))
    with pytest.raises(UserError, match=r"--hosts: expected some of BP, .*got AB"):
        job.design(replace(CONFIG, hosts=("AB",)))


def fake(tmp_path, bonus, learned, rules=("BP", "FA", "DFA"), seeds=8):
    """Units of a matrix in which grafts gain so much by learning, and those of the own rule so much more."""
    rng = np.random.default_rng(0)
    units = Units(tmp_path)
    for row in rules:
        scores = {name: 0.5 + learned + 0.01 * rng.normal(size=seeds) for name in beside.columns(True)}
        scores |= {outcomes.NATIVE: 0.9 + 0.01 * rng.normal(size=seeds)}
        scores |= {"none": np.full(seeds, 0.4), "frozen": np.full(seeds, 0.5)}
        scores[row] = scores[row] + bonus
        units.save(row, {name: np.stack([score, score, score]) for name, score in scores.items()})
    return outcomes.of_matrix(rules, units)


@pytest.mark.parametrize(
    ("bonus", "learned", "verdict", "h1"),
    [
        (0.0, 0.2, "supported", "no difference"),
        (-0.1, 0.2, "supported", "against"),  # another rule is better
        (0.1, 0.2, "against", "supported"),  # the mission's claim is true
        (
            0.0,
            0.0,
            "cannot tell",
            "no difference",
        ),  # nothing learns: the rules are equal, and nothing follows
    ],
)
def test_the_claim_falls_with_what_it_claims(tmp_path, bonus, learned, verdict, h1):
    plan = replace(job.design(CONFIG), answer=lambda *_: "", checks=lambda _: (), extra=lambda *_: {})
    result = result_of(plan, {outcomes.EARLY: fake(tmp_path, bonus, learned)}, Units(tmp_path))
    assert result["primary"]["verdict"] == verdict
    same = [row for row in result["comparisons"] if row["control"] == f"early/{outcomes.OTHER}"]
    assert same[0]["verdict"] == h1


def test_rows_without_room_are_void(tmp_path):
    assert outcomes.void({"BP": np.array([0.2, 0.3, 0.25]), "Hebb": np.array([-0.1, 0.1, 0.0])}) == ["Hebb"]


def test_the_cosine_is_held_against_what_came_of_it():
    good = {"a": (np.array([0.9, 0.8]), np.array([0.1, 0.2])), "b": (np.array([0.1]), np.array([-0.1]))}
    assert told(good, 0.5) == {"n": 3, "helped": 2, "area": 1.0, "right": 1.0}
    turned = {name: (cosine, -gain) for name, (cosine, gain) in good.items()}
    assert told(turned, 0.5)["area"] == 0


def test_networks_of_equal_operations():
    for passes in larger.PASSES:
        cells = larger.cells_for(larger.operations(16, passes))
        assert larger.operations(cells, 1) == pytest.approx(larger.operations(16, passes), rel=0.05)


def test_zero_write_and_the_compensated_lesion_are_the_zeros_of_their_scales(run):
    late, recovery = run.arms(outcomes.LATE), run.arms(outcomes.RECOVERY)
    assert late["BP: none"]["mean"] == late["BP: plastic none"]["mean"] == 0
    assert recovery["BP: compensated"]["means"][outcomes.SHARE] == 0
    assert recovery["BP: teacher"]["means"][outcomes.SHARE] == pytest.approx(1)
    assert recovery["BP: from the mean, none"]["mean"] == pytest.approx(0, abs=1e-6)


def test_signals_of_a_host_of_backpropagation_are_its_gradient(run):
    arms = run.arms(outcomes.LATE)
    assert arms["BP: BP"]["means"][outcomes.COSINE] == pytest.approx(1, abs=1e-5)
    assert arms["BP: flipped"]["means"][outcomes.COSINE] == pytest.approx(-1, abs=1e-5)
    assert abs(arms["BP: rho 0"]["means"][outcomes.COSINE]) < 0.9


def test_the_page_says_all_of_it(run):
    page = load_recipe("mass").page(run)
    text = markdown(page)
    assert "quick run" in text
    assert document(page)
