"""A claim that several comparisons must carry."""

import numpy as np
import pytest

from brainwright.evidence import Arm, compare, weakest


def row(verdict, low, name="c"):
    return {"verdict": verdict, "ci_low": low, "control": name}


def test_it_is_supported_only_if_each_is():
    supported = [row("supported", 0.3, "a"), row("supported", 0.1, "b")]
    assert weakest(supported)["control"] == "b"
    for verdict in ("cannot tell", "no difference", "against"):
        assert weakest([*supported, row(verdict, 0.2)])["verdict"] == verdict
    assert weakest([row("against", -1), row("no difference", -2)])["verdict"] == "against"
    assert weakest([row("cannot tell", None, "x"), row("cannot tell", 0.0)])["control"] == "x"
    with pytest.raises(ValueError, match="at least one comparison, got none"):
        weakest([])


def test_under_the_null_of_one_control_it_is_hardly_ever_supported():
    """The union of the nulls is rejected at most as often as its parts: one control equals the arm, two are
    far below. The parts themselves are wrong in at most 2.5 % of draws, of which 200 may show eleven.
    """
    rng, wrong = np.random.default_rng(0), 0
    for _ in range(200):
        arm = Arm("arm", rng.normal(size=12))
        controls = [Arm("same", rng.normal(size=12)), *(Arm(n, rng.normal(-5, 1, 12)) for n in "ab")]
        rows = [compare(arm, other, "m", kind="difference").as_dict() for other in controls]
        wrong += weakest(rows)["verdict"] == "supported"
    assert wrong <= 15
