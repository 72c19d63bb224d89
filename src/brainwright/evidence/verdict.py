"""From two arms to one of four words, by a rule that is fixed before the run."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from brainwright.evidence.arms import Arm
from brainwright.evidence.effects import Interval, bootstrap, difference, paired_dz, pooled_d
from brainwright.evidence.equivalence import Equivalence, tost
from brainwright.shown import Shown
from brainwright.verdict import Verdict

FEWEST = 6
"""Units; of fewer, all may agree by chance with a probability of 2 / 2^n > 5 %."""

FEWEST_SAME = 5
"""Units for "no difference": of fewer, all may lie within a margin that the true median is beyond with a
probability of 1 / 2^n > 5 %, whatever their spread says of two or three."""

EFFECTS = {"pooled d": pooled_d, "d_z": paired_dz, "difference": difference}


@dataclass(frozen=True, repr=False)
class Comparison(Shown):
    """An arm against a control in one metric: the deciding effect, its companions, and the verdict."""

    arm: str
    control: str
    metric: str
    kind: str
    """Which effect decides: "pooled d", "d_z" or "difference"."""
    effect: Interval
    d_z: Interval
    difference: Interval
    n: int
    threshold: float
    """The bound that the interval must clear for a claim."""
    equivalence: Equivalence | None
    verdict: Verdict

    def glance(self) -> dict[str, str]:
        """What it shows of itself: the verdict, what was compared, the deciding effect with its interval."""
        return {
            "": self.verdict,
            "metric": self.metric,
            "arms": f"{self.arm} − {self.control}",
            self.kind: f"{self.effect.value:.4g} [{self.effect.low:.4g}, {self.effect.high:.4g}]",
            "n": str(self.n),
        }

    def as_dict(self) -> dict[str, Any]:
        """The dictionary has the form of `result.json`."""
        same = self.equivalence
        return {
            "arm": self.arm,
            "control": self.control,
            "metric": self.metric,
            "effect": self.kind,
            "effect_size": self.effect.value,
            "ci_low": self.effect.low,
            "ci_high": self.effect.high,
            "n": self.n,
            "threshold": self.threshold,
            "verdict": self.verdict,
            "d_z": None if self.n == 1 else _triple(self.d_z),
            "difference": _triple(self.difference),
            "equivalence": None
            if same is None
            else {
                "margin": same.margin,
                "ci90_low": same.ci_low,
                "ci90_high": same.ci_high,
                "p": same.p,
                "equivalent": same.equivalent,
            },
        }


def compare(
    arm: Arm,
    control: Arm,
    metric: str,
    *,
    kind: str = "pooled d",
    threshold: float = 0.0,
    margin: float | None = None,
    seed: int = 0,
) -> Comparison:
    """Does the arm exceed its control? Both hold the same units in the same order.

    The verdict is "supported" when the 95 % interval lies above `threshold`, "against" when it lies below
    minus `threshold`, else "no difference" when the paired equivalence test holds within `margin`, else
    "cannot tell". With fewer than `FEWEST` units the bootstrap interval is too short to decide anything (with
    two it misses zero every second time where there is nothing), so nothing is "supported" or "against"; with
    fewer than `FEWEST_SAME` nothing is "no difference" either. A
    single unit has no spread at all: its effect is told, with an interval from minus to plus infinity.

    Args:
        arm, control: values per unit; larger is better.
        metric: its name, for the report.
        kind: the deciding effect, "pooled d", "d_z" or "difference".
        threshold: in units of the effect, >= 0.
        margin: equivalence margin in the metric's own unit; None for no such test.
        seed: of the bootstrap.
    """
    if kind not in EFFECTS:
        raise ValueError(f"compare: expected kind to be one of {', '.join(EFFECTS)}, got {kind!r}")
    if not threshold >= 0:
        raise ValueError(f"compare: expected threshold >= 0, got {threshold}")
    effect = _effect(EFFECTS[kind], arm, control, seed)
    same = None if margin is None or arm.n == 1 else tost(arm.values, control.values, margin)
    low, high = (effect.low, effect.high) if arm.n >= FEWEST else (-math.inf, math.inf)
    alike = same is not None and same.equivalent and arm.n >= FEWEST_SAME
    verdict = decide(low, high, threshold, alike)
    return _comparison(arm, control, metric, kind, effect, threshold, same, verdict, seed)


def negative_control(arm: Arm, control: Arm, metric: str, *, margin: float, seed: int = 0) -> Comparison:
    """Is the arm the same as its control, as a negative control should be?

    Equivalence is asked first, so a tiny but certain difference is still none: the verdict is "no difference"
    when the paired test holds within `margin`, over `FEWEST_SAME` units or more; "supported" or "against"
    when the 90 % interval lies wholly above or below the margin, over `FEWEST` units or more; else "cannot
    tell". The effect is the difference in the metric's own unit.
    """
    same = tost(arm.values, control.values, margin)
    effect = bootstrap(difference, arm.values, control.values, seed=seed)
    low, high = (same.ci_low, same.ci_high) if arm.n >= FEWEST else (-math.inf, math.inf)
    alike = same.equivalent and arm.n >= FEWEST_SAME
    verdict = "no difference" if alike else decide(low, high, margin, False)
    return _comparison(arm, control, metric, "difference", effect, margin, same, verdict, seed)


def decide(low: float, high: float, threshold: float, equivalent: bool) -> Verdict:
    """This is the rule itself: interval against threshold first, equivalence second."""
    if low > threshold:
        return "supported"
    if high < -threshold:
        return "against"
    return "no difference" if equivalent else "cannot tell"


def _comparison(
    arm: Arm,
    control: Arm,
    metric: str,
    kind: str,
    effect: Interval,
    threshold: float,
    same: Equivalence | None,
    verdict: Verdict,
    seed: int,
) -> Comparison:
    return Comparison(
        arm=arm.name,
        control=control.name,
        metric=metric,
        kind=kind,
        effect=effect,
        d_z=_effect(paired_dz, arm, control, seed),
        difference=_effect(difference, arm, control, seed),
        n=arm.n,
        threshold=threshold,
        equivalence=same,
        verdict=verdict,
    )


def _effect(effect: Callable[..., np.ndarray], arm: Arm, control: Arm, seed: int) -> Interval:
    """An effect with its interval; of a single unit without bounds, and only a difference has a value."""
    if arm.n > 1 or control.n > 1:
        return bootstrap(effect, arm.values, control.values, seed=seed)
    value = float(effect(arm.values, control.values)) if effect is difference else math.nan
    return Interval(value, -math.inf, math.inf, "one unit")


def _triple(interval: Interval) -> dict[str, float | str]:
    return {
        "value": interval.value,
        "ci_low": interval.low,
        "ci_high": interval.high,
        "method": interval.method,
    }
