"""Studies, claims and checks, fixed before the run."""

from collections.abc import Iterator
from functools import partial

import numpy as np

from brainwright.experiment import Check, Claim, Design, Outcomes, Row, Study
from brainwright.experiment.trials import Trials
from brainwright.runs import plain

from . import Config, reservoirs
from .lineup import (
    DECIDING,
    FACTORS,
    FLOORS,
    GROWN,
    MARGIN,
    NO_CORE,
    NULL_KINDS,
    PROTOCOLS,
    Arm,
    Setup,
    setup_of,
)
from .training import train

SENTENCES = {
    "supported": "The wiring helps.",
    "no difference": "The wiring makes no difference.",
    "against": "The wiring harms.",
    "cannot tell": "This run cannot tell whether the wiring helps.",
}
CLAIMED = {"mnist": 0.98, "cifar10": 0.58}
"""Accuracy that Yu et al. 2025 report; their CIFAR-10 is the whole one."""
TRAINING = ""
"""The study that decides has no name, so that its arms are called "paper/100/degree"."""


def design(config: Config) -> Design:
    """Trainings first, then reservoirs."""
    return design_of(setup_of(config), config.quick)


def design_of(setup: Setup, quick: bool = False) -> Design:
    """The design of a setup; `quick` watches reservoirs for a few steps only."""
    settings = plain(setup)
    trainings = Study(TRAINING, partial(train, setup), setup.arms, setup.seeds, "accuracy", settings, 4.0)
    return Design(
        studies=(trainings, reservoirs.study(setup, quick)),
        primary=against(Arm("normalised", setup.decides_at, DECIDING)),
        sentences=SENTENCES,
        answer=partial(answer, setup),
        claims=tuple([*training_claims(setup), *expansion_claims(setup), *reservoirs.claims()]),
        checks=partial(checks, setup),
        facts={
            "wiring": setup.wiring,
            "task": setup.task,
            "claimed": CLAIMED.get(setup.task),
            "sizes": setup.sizes,
            "conditions": setup.conditions,
            "decides_at": setup.decides_at,
            "protocols": {name: how.words for name, how in PROTOCOLS.items()},
            "margin": MARGIN,
            "steps": setup.steps,
            "passes": {n: setup.passes(n) for n in setup.sizes},
            "test_samples": setup.test_samples,
        },
        extra=reservoirs.extra,
    )


def real_of(arm: Arm) -> Arm:
    """The real wiring under the same conditions."""
    return Arm(arm.protocol, arm.n, "real")


def against(null: Arm, family: str = "") -> Claim:
    """The real wiring against a null."""
    return Claim(TRAINING, str(real_of(null)), str(null), "nulls", margin=MARGIN, family=family)


def paired(arm: Arm, control: Arm, **notes: float) -> Claim:
    """The mean difference of two arms that share training seeds."""
    why = {"why": "paired over training seeds"}
    return Claim(TRAINING, str(arm), str(control), margin=MARGIN, notes=why | notes)


def training_claims(setup: Setup) -> Iterator[Claim]:
    """The real wiring against the nulls that are run, corrected over them, and against the floors. The
    deciding comparison was named beforehand and stands alone.
    """
    deciding = Arm("normalised", setup.decides_at, DECIDING)
    for protocol, n in setup.conditions:
        nulls = [Arm(protocol, n, kind) for kind in NULL_KINDS]
        yield from (against(null, "nulls") for null in nulls if null in setup.arms and null != deciding)
        yield from (paired(Arm(protocol, n, "real"), Arm(NO_CORE, n, kind)) for kind in FLOORS)


def expansion_claims(setup: Setup) -> Iterator[Claim]:
    """Each expanded wiring against the original, and against the expansion of its null."""
    for n in setup.sizes:
        for factor in FACTORS:
            grown = {kind: Arm("normalised", n, f"{kind} {factor:g}") for kind in GROWN}
            if set(grown.values()) <= set(setup.arms):
                yield from (paired(arm, real_of(arm), factor=factor) for arm in grown.values())
                yield paired(grown["grown"], grown["grown_null"], factor=factor)


def answer(setup: Setup, outcomes: Outcomes, primary: Row) -> str:
    """The figures in a sentence."""
    points, low, high = (100 * primary[key] for key in ("effect_size", "ci_low", "ci_high"))
    return (
        f"{setup.wiring} against {primary['n']} degree-preserving rewirings on {setup.task} with "
        f"{setup.decides_at:,} samples: {points:+.2f} points [{low:+.2f}, {high:+.2f}], percentile "
        f"{primary['percentile']:.0f}, p {primary['p']:.3g}; {primary['why']}"
    )


def checks(setup: Setup, outcomes: Outcomes) -> list[Check]:
    """What must hold for the comparisons to mean something, as far as its arms are there."""
    trials = outcomes[TRAINING]
    arms = [arm for arm in setup.arms if str(arm) in trials.arms]
    counts = {arm: float(trials.values(str(arm), "parameters").mean()) for arm in arms}
    compared = counts[Arm("normalised", setup.decides_at, "real")]
    unequal = [
        str(arm)
        for arm in arms
        if arm.kind in NULL_KINDS and real_of(arm) in counts and counts[arm] != counts[real_of(arm)]
    ]
    judged = [
        _none_diverged(trials),
        Check(
            "real and null networks train equally many values",
            not unequal,
            ", ".join(unequal) or f"{compared:,.0f} (normalised)",
        ),
    ]
    if mlp := next((counts[arm] for arm in arms if arm.kind == "mlp"), None):
        ratio = mlp / compared
        detail = f"{ratio:.4f} of the normalised protocol's"
        judged.append(Check("the MLP trains as many values, within 1 %", abs(ratio - 1) < 0.01, detail))
    nulls = [Arm("normalised", setup.decides_at, kind) for kind in NULL_KINDS]
    means = [trials.values(str(arm), "accuracy").mean() for arm in nulls if arm in counts]
    if len(means) > 1:
        span = float(np.ptp(means))
        words = f"their means span {100 * span:.2f} points"
        judged.append(Check("null models differ among themselves", span > 0, words))
    return judged


def _none_diverged(trials: Trials) -> Check:
    lost = {arm: int(trials.values(arm, "diverged").sum()) for arm in trials.arms}
    detail = ", ".join(f"{arm}: {n}" for arm, n in lost.items() if n) or "none of them"
    return Check("no training run diverged", not any(lost.values()), detail)
