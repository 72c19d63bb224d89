"""The recipe `vat`, tiny: its arms, its page, the rule of its verdict, refusals."""

import numpy as np
import pytest

from brainwright.errors import UserError
from brainwright.evidence import Arm, compare
from brainwright.experiment import OptionError
from brainwright.experiment.summary import result_of
from brainwright.experiment.work import run_design
from brainwright.loop import vats
from brainwright.recipes.vat import Config
from brainwright.recipes.vat.experiment import MARGIN, design, design_of, graph_of, work_of
from brainwright.recipes.vat.names import DECIDING, FEW, NEGATIVE, WORDS
from brainwright.recipes.vat.page import LIMITS, sections
from brainwright.report import Finished, document, markdown, standard_page
from brainwright.runs import Units, create, plain

TINY = vats.VatSizes(calibration=40, recorded=8, private=8, listen=6, together=4, probe=8)


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    folder = tmp_path_factory.mktemp("vat") / "run"
    config = Config(vats=2, brains=3, few=True, lesion=True)
    create("vat", config, folder)
    made = vats.Vats(2, 3, first_seed=7_500, sizes=TINY, n_neurons=64, threads=1)
    few = {name: vats.VAT_ARMS[name] for name in FEW}
    planned = design_of(config, vats.VatWork(made, few, gradient_steps=1, lesions=True))
    units = Units(folder / "units")
    result = plain(result_of(planned, run_design(planned, units, workers=1), units))
    run = Finished(folder, result | {"config": plain(config)})
    return result, standard_page("vat", run, sections(run), LIMITS, plain(Config()))


def test_the_result_has_every_arm_and_two_vats_decide_nothing(done):
    result, _ = done
    for arm in ("naive", "private", "mutual", "self_grad", "lesion/mutual", "lesion/no teachers"):
        assert 0 <= result["arms"][arm]["mean"] <= 1
    assert result["primary"]["verdict"] not in ("supported", "against"), "two vats decide neither"
    assert [check["name"] for check in result["checks"]][1] == "equal charge in all arms that write"
    assert result["checks"][1]["holds"]


def test_the_page_leads_with_the_verdict_and_shows_who_predicts_whom(done):
    result, page = done
    html, text = document(page), markdown(page)
    assert html.index(result["headline"]) < html.index("Who predicts whom")
    for words in ("A group and its members", "Brains that lose what they know", *WORDS["tiles"]):
        assert words in html
    assert "| mutual |" in text


def test_the_verdict_needs_the_partners_and_the_gradient():
    """Rule of the verdict on given shares: supported only where both controls are surely exceeded."""
    rng = np.random.default_rng(0)
    high, low = (Arm("", 0.7 + 0.03 * rng.standard_normal(8)), Arm("", 0.2 + 0.03 * rng.standard_normal(8)))
    given = {"threshold": MARGIN, "margin": MARGIN, "kind": "difference"}
    assert compare(high, low, "").verdict == "supported"
    assert compare(high, high, "", **given).verdict == "no difference"
    planned = design(Config(quick=True))
    assert {claim.control for claim in planned.primary} == set(DECIDING)
    assert all(claim.threshold == MARGIN for claim in planned.primary)


def test_one_vat_has_no_other_one_and_few_arms_are_few():
    arms = set(work_of(Config(vats=1)).arms)
    assert not arms & {"yoked", "other vat"}
    assert set(NEGATIVE) & arms
    assert set(work_of(Config(few=True)).arms) == set(FEW)


def test_a_wiring_is_a_graph_and_bad_ones_are_refused(tmp_path):
    good, line = tmp_path / "good.csv", tmp_path / "line.csv"
    good.write_text("pre,post,count\na,b,2\nb,c,1\nc,a,3\n")
    line.write_text("pre,post,count\na,b,2\nb,c,1\n")
    assert graph_of(str(good), None).tolist() == [[0, 0, 1.5], [1, 0, 0], [0, 0.5, 0]]
    assert graph_of("ring", None).shape == (12, 12)
    with pytest.raises(OptionError, match="cell a hears nobody"):
        graph_of(str(line), None)
    with pytest.raises(OptionError, match="expected 5 brains, one for each cell, got 3"):
        graph_of(str(good), 5)
    two = tmp_path / "two.csv"
    two.write_text("pre,post,count\na,b,2\nb,a,1\n")
    with pytest.raises(OptionError, match="expected 3 brains or more"):
        work_of(Config(graph=str(two)))
    for name, brains in (("nothing.csv", None), ("no such data", None), ("small-world", 4)):
        with pytest.raises((OptionError, UserError)):
            graph_of(name, brains)


def test_another_wiring_in_the_same_file_is_another_run(tmp_path):
    path, settings = tmp_path / "wiring.csv", []
    for count in (2, 5):
        path.write_text(f"pre,post,count\na,b,{count}\nb,c,1\nc,a,3\n")
        settings.append(design(Config(quick=True, graph=str(path))).studies[0].settings)
    assert settings[0] != settings[1]
