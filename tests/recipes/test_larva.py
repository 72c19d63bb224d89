"""The recipe: its design, what planted effects come out as, its page, and a few real trials that resume."""

import json
import pickle
from dataclasses import replace

import numpy as np
import pytest

from brainwright import runs
from brainwright.cli.cookbook import Recipe
from brainwright.connectome import nulls
from brainwright.errors import UserError
from brainwright.experiment.options import check_bounds
from brainwright.experiment.summary import result_of, rows_of
from brainwright.experiment.trials import Trial, Trials
from brainwright.experiment.work import outcomes_of, run_design
from brainwright.recipes import larva
from brainwright.recipes.larva.cores import network_of, variant, wiring_of
from brainwright.recipes.larva.experiment import design, design_of
from brainwright.recipes.larva.lineup import FLOORS, NO_CORE, NULL_KINDS, Arm, Setup, setup_of, sizes
from brainwright.recipes.larva.reservoirs import NAME, TWO_BY_TWO, matrix_of
from brainwright.report import Finished, document, markdown
from brainwright.runs import Units

SETUP = Setup(
    wiring="worm", task="digits", quick=True, seeds=2, sizes=(100,), test_samples=60, epochs=1, steps=3
)
DEEP = replace(SETUP, quick=False, seeds=3, sizes=(100, 1_000, 10_000, 60_000))
LARVA = Recipe("larva", larva)


def planted(design, gain=0.1):
    """Outcomes in which the real wiring is better by `gain` than every other, and reservoirs add up."""
    rng, outcomes = np.random.default_rng(0), {}
    cells = {"real": 1.0 + 0.2 + 0.5, "random weights": 0.2, "random": 1.0}  # weights 1, wiring 0.2, both 0.5
    for study in design.studies:
        metrics = {}
        for arm, draws in study.arms.items():
            for draw in range(draws):
                graph = rng.normal(0, 0.005)
                for seed in study.seeds:
                    noise = graph + rng.normal(0, 0.002)
                    if study.name == NAME:
                        row = dict.fromkeys(NAMES, cells.get(arm, 0.0) + noise)
                    else:
                        better = gain * str(arm).endswith("real")
                        row = {"accuracy": 0.8 + better + noise, "train_accuracy": 1.0}
                        row |= {"parameters": 10.0, "diverged": 0.0}
                    metrics[Trial(str(arm), seed, draw)] = row
        outcomes[study.name] = Trials(metrics)
    return outcomes


NAMES = [f"{m} {0.15 + 0.2 * k:g}" for m in ("memory", "one_step", "many_steps") for k in range(10)]
NAMES += [f"{m} ridge {10.0**k:g}" for m in ("one_step", "many_steps") for k in range(-8, 1)]


def test_every_claim_has_its_arms_and_every_trial_can_be_sent():
    for setup in (SETUP, DEEP, replace(DEEP, wiring="larva", full=True)):
        design = design_of(setup)
        arms = {study.name: set(map(str, study.arms)) for study in design.studies}
        for claim in (design.primary, *design.claims):
            assert {claim.arm, claim.control} <= arms[claim.study]
        for study in design.studies:
            pickle.loads(pickle.dumps((study.trial, list(study.arms))))
            json.dumps(runs.plain(study.settings))


def test_the_real_wiring_meets_every_null_and_every_floor():
    controls = {}
    for claim in (design_of(SETUP).primary, *design_of(SETUP).claims):
        if claim.study == "":
            controls.setdefault(claim.arm, []).append(claim.control)
    for protocol in ("normalised", "paper"):
        wanted = {f"{protocol}/100/{kind}" for kind in NULL_KINDS} | {f"floors/100/{kind}" for kind in FLOORS}
        assert set(controls[f"{protocol}/100/real"]) == wanted
        assert len(controls[f"{protocol}/100/real"]) == len(wanted)


def test_planted_effects_come_out(tmp_path):
    design = design_of(replace(DEEP, sizes=(100,)))
    result = result_of(design, planted(design), Units(tmp_path))
    assert (result["primary"]["verdict"], result["primary"]["n"]) == ("supported", 39)
    assert result["headline"] == "The wiring helps."
    assert "worm against 39 degree-preserving rewirings on digits with 100 samples: +" in result["answer"]
    rows = {(row["arm"], row["control"], row["metric"]): row for row in result["comparisons"]}
    few = rows["paper/100/real", "paper/100/degree", "accuracy"]
    assert few["verdict"] == "cannot tell"  # ten graphs are too few, and it says so
    assert "draws give no corrected p" in few["why"]
    assert few["p_holm"] == pytest.approx(min(1.0, 6 * few["p"]))  # six nulls are corrected together
    alone = rows["reservoirs/real", "reservoirs/degree", "memory 0.95"]
    assert alone["p_holm"] == alone["p"]
    worth = result["extra"]["two_by_two"]["memory"]["effects"]
    for name, planned in (("interaction", 0.5), ("wiring", 0.2 + 0.5 / 2), ("weights", 1.0 + 0.5 / 2)):
        assert worth[name]["value"] == pytest.approx(planned, abs=0.02)
        assert worth[name]["ci_low"] < worth[name]["value"] < worth[name]["ci_high"]
    assert all(check["holds"] for check in result["checks"])
    (none,) = rows_of(design, planted(design, gain=0.0), [design.primary])
    assert none["verdict"] == "no difference"


@pytest.mark.parametrize("kept", [None, 20])
def test_the_page_of_a_whole_run_and_of_one_cut_short(tmp_path, kept):
    design = design_of(replace(DEEP, wiring="larva", task="mnist", sizes=(100, 60_000), draws=2))
    outcomes = planted(design)
    if kept is not None:
        short = dict(list(outcomes[""].metrics.items())[: 3 * (1 + 39 + kept)])
        outcomes = {"": Trials(short), NAME: Trials({})}
    runs.write_json(
        tmp_path / "recipe.json", {"format_version": 2, "recipe": "larva", "config": {"quick": False}}
    )
    result = json.loads(json.dumps(runs.plain(result_of(design, outcomes, Units(tmp_path)))))
    page = LARVA.page(Finished(tmp_path, result, missing=0 if kept is None else 9))
    for text in (document(page), markdown(page)):
        assert "The wiring helps." in text
        assert "real wiring" in text
        for words in ("60,000 samples", "two by two", "block model of a null", "report 98 %"):
            assert (words in text) or kept is not None


def test_arms_share_maps_and_nulls_keep_what_they_promise():
    real, degree, other = (
        network_of(SETUP, Arm("normalised", 100, kind), 64, 10, 5, draw)
        for kind, draw in (("real", 0), ("degree", 0), ("degree", 1))
    )
    for k in (0, 2):
        assert np.array_equal(real.projections[k].weight.detach(), degree.projections[k].weight.detach())
    patterns = [network.projections[1].pattern for network in (real, degree, other)]
    for a, b in ((0, 1), (1, 2)):
        assert not np.array_equal(patterns[a].post, patterns[b].post)
        for side in ("pre", "post"):
            counts = [np.bincount(getattr(patterns[k], side), minlength=279) for k in (a, b)]
            assert np.array_equal(*counts)
    assert wiring_of("worm", None, 0).cells["sign"].eq(-1).mean() == pytest.approx(0.3, abs=0.01)


def test_expanded_wirings_keep_the_original_and_are_driven_and_read_there():
    wiring = wiring_of("worm", None, 0)
    for kind in ("grown 2", "cloned 2", "grown_null 2"):
        larger = variant(wiring, kind, 0, 1)
        assert larger.n_cells == 2 * wiring.n_cells
        for pool, origin in (("driven", "sensory"), ("read", "output")):
            assert set(larger.ids[larger.pools[pool]]) == set(wiring.ids[wiring.pools[origin]])
        assert np.array_equal(larger.edges.pre, variant(wiring, kind, 0, 1).edges.pre)


def test_the_cells_of_the_two_by_two_are_what_they_say():
    wiring = wiring_of("worm", None, 0)
    cells = {key: matrix_of(wiring, arm, 0, 0) for key, arm in TWO_BY_TWO.items()}
    real, random = cells[True, True], cells[False, True]
    np.testing.assert_array_equal(real.pattern.pre, cells[True, False].pattern.pre)
    np.testing.assert_array_equal(random.pattern.post, cells[False, False].pattern.post)
    assert not np.array_equal(real.pattern.post, random.pattern.post)

    def relative(matrix):  # the radius scales all alike
        magnitudes = np.sort(matrix.values.abs().numpy())
        return magnitudes / magnitudes[0]

    np.testing.assert_allclose(relative(real), relative(random), rtol=1e-5)  # the same counts
    for matrix in cells.values():
        radius = np.abs(np.linalg.eigvals(matrix.pattern.dense(matrix.values).double().numpy())).max()
        assert radius == pytest.approx(1, rel=1e-4)


def test_bad_options_are_refused(monkeypatch, tmp_path):
    for options, message in (
        ({"seeds": 1}, "--seeds must be at least 2, got 1"),
        ({"samples": 99}, "--samples must be at least 100, got 99"),
        ({"steps": 2}, "--steps must be at least 3, got 2"),
    ):
        with pytest.raises(UserError, match=message):
            check_bounds(larva.Config(**options))
    monkeypatch.setenv("BRAINWRIGHT_DATA", "")
    monkeypatch.setenv("BRAINWRIGHT_CACHE", str(tmp_path))
    for options in ({"task": "mnist"}, {"wiring": "larva"}):
        with pytest.raises(ValueError, match=r"^(mnist|larva/winding2023) needs .*put it at"):
            LARVA.design(larva.Config(**options))
    resolved = setup_of(larva.Config())
    assert (resolved.wiring, resolved.task) == ("worm", "digits")


def test_the_depth_is_that_of_the_design():
    assert sizes(60_000, None) == (100, 1_000, 10_000, 60_000)
    assert sizes(1_437, None) == (100, 1_000)
    assert sizes(60_000, 5_000) == (100, 1_000, 5_000)
    arms = {str(arm): graphs for arm, graphs in DEEP.arms.items()}
    assert str(DEEP.deciding) == "normalised/1000/degree"
    assert arms["normalised/1000/degree"] == 39  # fewer cannot give p <= 0.05
    for protocol in ("normalised", "paper"):
        assert all(arms[f"{protocol}/100/{null}"] == 10 for null in NULL_KINDS)
        assert all(arms[f"{protocol}/10000/{null}"] == 3 for null in NULL_KINDS)
        assert arms[f"{protocol}/60000/real"] == 1
    most = {arm.kind for arm in DEEP.arms if (arm.protocol, arm.n) == ("normalised", 60_000)}
    assert most == {"real", "degree", "block"}
    assert all(arms[f"paper/60000/{null}"] == 1 for null in NULL_KINDS)
    assert all(Arm(NO_CORE, n, kind) in DEEP.arms for n in DEEP.sizes for kind in FLOORS)
    full = replace(DEEP, full=True).arms
    assert all(
        full[Arm(p, 60_000, null)] == 10 for p in ("normalised", "paper", "rescaled") for null in nulls.NULLS
    )


def test_a_run_cut_short_ends_the_same(tmp_path):
    whole = design_of(replace(SETUP, draws=1, primary_draws=1))
    trainings, reservoirs = whole.studies
    few = [Arm("normalised", 100, "real"), Arm("normalised", 100, "degree"), Arm("paper", 100, "real")]
    few += [Arm(NO_CORE, 100, "mlp"), Arm(NO_CORE, 100, "readout_only")]
    trainings = replace(trainings, arms=dict.fromkeys(few, 1))
    reservoirs = replace(reservoirs, arms=dict.fromkeys(TWO_BY_TWO.values(), 1), seeds=(0,))
    design = replace(whole, studies=(trainings, reservoirs))
    first, second = Units(tmp_path / "first"), Units(tmp_path / "second")
    result = runs.plain(result_of(design, run_design(design, first, workers=1), first))
    assert result["arms"]["normalised/100/real"]["means"]["train_accuracy"] > 0.12  # chance is 0.1
    assert result["arms"]["reservoirs/real"]["means"]["memory 0.95"] > 1
    assert result["checks"][0]["holds"]
    second.claim(runs.read_json(first.folder / "settings.json"))
    lines = (first.folder / "trials.jsonl").read_text().splitlines(keepends=True)
    (second.folder / "trials.jsonl").write_text("".join(lines[:4]) + lines[4][:20])  # as a kill leaves it
    outcomes, missing = outcomes_of(design, second)
    assert (len(outcomes[""].arms), missing) == (2, len(lines) - 4 + len(TWO_BY_TWO))
    assert runs.plain(result_of(design, run_design(design, second, workers=1), second)) == result


def test_a_wiring_of_ones_own_gets_every_null(tmp_path):
    rng = np.random.default_rng(0)
    pre, post = np.nonzero(rng.random((40, 40)) < 0.2)
    rows = [f"c{a},c{b},{1 + a % 4}" for a, b in zip(pre, post, strict=True)]
    (tmp_path / "mine.csv").write_text("\n".join(["source,target,synapses", *rows]))
    name = str(tmp_path / "mine.csv")
    planned = design(larva.Config(quick=True, wiring=name))
    assert planned.studies[0].settings["wiring"]["file"] == "mine.csv"
    assert any("drawn" in note for note in planned.facts["notes"])
    wiring = wiring_of(name, None, 0)
    for kind in NULL_KINDS:
        assert variant(wiring, kind, 0, 0).n_cells == 40
    with pytest.raises(UserError, match="did you mean"):
        design(larva.Config(quick=True, wiring="lavra/winding2023"))
