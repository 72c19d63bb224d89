"""The four words, and the form in which they are kept."""

import json

import numpy as np
import pytest

from brainwright.evidence import VERDICTS, Arm, Gate, compare, judge, negative_control
from brainwright.evidence.verdict import decide


def arms(shift: float, noise: float = 0.1, n: int = 16, seed: int = 0) -> tuple[Arm, Arm]:
    rng = np.random.default_rng(seed)
    base = rng.normal(scale=0.1, size=n)
    jitter = rng.normal(size=n)
    return Arm("adaptive", base + shift + noise * (jitter - jitter.mean())), Arm("yoked", base)


@pytest.mark.parametrize(
    ("low", "high", "threshold", "equivalent", "verdict"),
    [
        (0.1, 2.0, 0.0, False, "supported"),
        (0.0, 2.0, 0.0, False, "cannot tell"),
        (0.7, 2.0, 0.8, False, "cannot tell"),
        (0.9, 2.0, 0.8, True, "supported"),
        (-2.0, -0.1, 0.0, False, "against"),
        (-2.0, -0.1, 0.8, False, "cannot tell"),
        (-0.1, 0.1, 0.0, True, "no difference"),
        (np.inf, np.inf, 0.0, False, "supported"),
        (np.nan, np.nan, 0.0, False, "cannot tell"),
    ],
)
def test_the_rule(low, high, threshold, equivalent, verdict):
    assert decide(low, high, threshold, equivalent) == verdict


@pytest.mark.parametrize("kind", ["pooled d", "d_z", "difference"])
def test_each_verdict_comes_from_data(kind):
    def verdict(shift, noise, **options):
        return compare(*arms(shift, noise), "score", kind=kind, **options).verdict

    assert verdict(1.0, 0.1) == "supported"
    assert verdict(-1.0, 0.1) == "against"
    assert verdict(0.0, 0.1, margin=0.1) == "no difference"
    assert verdict(0.0, 0.1) == "cannot tell"
    assert verdict(0.0, 3.0, margin=0.1) == "cannot tell"
    assert verdict(1.0, 0.1, threshold=1000.0) == "cannot tell"


@pytest.mark.parametrize(("n", "verdict"), [(2, "cannot tell"), (5, "cannot tell"), (6, "supported")])
def test_few_units_that_agree_by_chance_support_nothing(n, verdict):
    found = compare(*arms(1.0, n=n), "score")
    assert found.effect.low > 0
    assert found.verdict == verdict
    alike = compare(*arms(0.0, 0.001, n=n), "score", margin=0.1).verdict
    assert alike == ("cannot tell" if n < 5 else "no difference"), "five within a margin: 1 / 32 by chance"


def test_where_there_is_nothing_a_claim_is_rare():
    rng = np.random.default_rng(1)
    verdicts = [
        compare(Arm("a", rng.normal(size=n)), Arm("b", rng.normal(size=n)), "score").verdict
        for n in (2, 4, 5, 24)
        for _ in range(20)
    ]
    assert sum(verdict != "cannot tell" for verdict in verdicts) <= 4


def test_a_negative_control_asks_for_equivalence_first():
    tiny = arms(0.01, 0.001)
    assert compare(*tiny, "score", kind="difference", margin=0.1).verdict == "supported"
    assert negative_control(*tiny, "score", margin=0.1).verdict == "no difference"
    assert negative_control(*arms(1.0), "score", margin=0.1).verdict == "supported"
    assert negative_control(*arms(-1.0), "score", margin=0.1).verdict == "against"
    assert negative_control(*arms(0.1, 0.2), "score", margin=0.1).verdict == "cannot tell"


def test_the_form_of_a_result():
    found = compare(*arms(1.0), "change", margin=0.2).as_dict()
    assert found["verdict"] in VERDICTS
    assert (found["arm"], found["control"], found["metric"], found["n"]) == (
        "adaptive",
        "yoked",
        "change",
        16,
    )
    assert found["ci_low"] < found["effect_size"] < found["ci_high"]
    assert found["difference"]["value"] == pytest.approx(1.0)
    assert found["equivalence"]["equivalent"] is False
    assert json.loads(json.dumps(found)) == found
    assert compare(*arms(1.0), "change").as_dict()["equivalence"] is None


def test_an_arm_describes_itself():
    arm = Arm("x", [1.0, 2.0, 3.0])
    kept = arm.as_dict()
    assert (kept["mean"], kept["sd"], kept["n"], kept["values"]) == (2.0, 1.0, 3, [1.0, 2.0, 3.0])
    assert kept["ci_low"] < 2 < kept["ci_high"]
    assert Arm("x", [1.0]).as_dict()["sd"] is None
    with pytest.raises(ValueError, match="arm x"):
        Arm("x", [])


@pytest.mark.parametrize(
    ("options", "message"), [({"kind": "t"}, "pooled d"), ({"threshold": -1.0}, "threshold >= 0")]
)
def test_wrong_questions_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        compare(*arms(1.0), "score", **options)


def test_a_single_unit_tells_its_effect_and_decides_nothing():
    row = compare(Arm("a", np.array([0.3])), Arm("b", np.array([0.1])), "m", kind="difference", margin=1.0)
    assert row.verdict == "cannot tell"
    assert row.effect.value == pytest.approx(0.2)
    assert (row.effect.low, row.effect.high) == (-np.inf, np.inf)
    assert row.as_dict()["d_z"] is None


@pytest.mark.parametrize(("least", "verdict"), [(0.2, "met"), (0.4, "missed")])
def test_a_gate_judges_a_single_unit(least, verdict):
    gate = Gate("s", "a", at_least=least)
    judged = judge(gate, lambda arm, metric: np.array([0.3]), "m")
    assert judged.verdict == verdict
    assert judged.figures["ci_low"] is None


def test_nothing_is_surely_above_another_in_a_single_unit():
    gate = Gate("s", "a", surely_above="b")
    assert judge(gate, lambda arm, metric: np.array([0.3 if arm == "a" else 0.1]), "m").verdict == "missed"
