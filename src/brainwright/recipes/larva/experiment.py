"""Studies, claims and checks, fixed before the run."""

from collections.abc import Iterator
from functools import partial

import numpy as np

from brainwright.evidence import Check
from brainwright.experiment import Claim, Design, Outcomes, Row, Study, matters
from brainwright.loop import none_diverged
from brainwright.verdict import Verdict

from . import Config, reservoirs
from .cores import wiring_of
from .lineup import FACTORS, FLOORS, GROWN, MARGIN, NULL_KINDS, OURS, PROTOCOLS, Arm, Setup, arm_of, setup_of
from .training import train

SENTENCES: dict[Verdict, str] = {
    "supported": "The wiring helps.",
    "no difference": "The wiring makes no difference.",
    "against": "The wiring harms.",
    "cannot tell": "This run cannot tell whether the wiring helps.",
}
CLAIMED = {"mnist": 0.98, "cifar10": 0.58}
"""Accuracy that Yu et al. 2025 report; their CIFAR-10 is the whole one."""
FACTS = ("wiring", "task", "sizes", "conditions", "decides_at", "steps", "test_samples")
TRAINING = ""  # the study that decides has no name, so that its arms are called "paper/100/degree"


def design(config: Config) -> Design:
    """Trainings first, then reservoirs."""
    return design_of(setup_of(config))


def design_of(setup: Setup) -> Design:
    """The design of a setup."""
    run, seeds = partial(train, setup), tuple(range(setup.seeds))
    weight = 4.0  # trainings take several times as long; nothing but the progress bar depends on it
    trainings = Study(TRAINING, run, setup.arms, seeds, "accuracy", matters(setup, ("wiring",)), weight)
    return Design(
        studies=(trainings, reservoirs.study(setup)),
        primary=against(setup.deciding),
        sentences=SENTENCES,
        answer=partial(answer, setup),
        claims=tuple([*training_claims(setup), *expansion_claims(setup), *reservoirs.claims()]),
        checks=partial(checks, setup),
        facts={
            **{name: getattr(setup, name) for name in FACTS},
            "claimed": CLAIMED.get(setup.task),
            "protocols": {name: how.words for name, how in PROTOCOLS.items()},
            "margin": MARGIN,
            "notes": () if setup.wiring in OURS else wiring_of(setup.wiring, None, setup.seed).source.notes,
            "passes": {n: setup.passes(n) for n in setup.sizes},
        },
        extra=reservoirs.extra,
    )


def real_of(arm: Arm) -> Arm:
    """The real wiring under the same conditions."""
    return Arm(arm.protocol, arm.n, "real")


def against(null: Arm, family: str = "") -> Claim:
    """The real wiring against a null."""
    return Claim(TRAINING, str(real_of(null)), str(null), "nulls", margin=MARGIN, family=family)


def paired(arm: Arm, control: Arm, **notes: object) -> Claim:
    """The mean difference of two arms that share training seeds."""
    notes["why"] = "paired over training seeds"
    return Claim(TRAINING, str(arm), str(control), margin=MARGIN, notes=notes)


def training_claims(setup: Setup) -> Iterator[Claim]:
    """The real wiring against the nulls that are run, corrected over them, and against the floors. The
    deciding comparison was named beforehand and stands alone.
    """
    for protocol, n in setup.conditions:
        nulls = [Arm(protocol, n, kind) for kind in NULL_KINDS]
        yield from (against(null, "nulls") for null in nulls if null in setup.arms and null != setup.deciding)
        yield from (paired(Arm(protocol, n, "real"), arm_of(protocol, n, kind)) for kind in FLOORS)


def expansion_claims(setup: Setup) -> Iterator[Claim]:
    """Each expanded wiring against the original, and against the expansion of its null."""
    for n in setup.sizes:
        for factor in FACTORS:
            grown = {kind: Arm("normalised", n, f"{kind} {factor:g}") for kind in GROWN}
            if set(grown.values()) <= set(setup.arms):
                notes = {"factor": factor, "against": "original"}
                for kind, arm in grown.items():
                    yield paired(arm, real_of(arm), wiring=GROWN[kind], **notes)
                words = {"wiring": GROWN["grown"], "against": GROWN["grown_null"]}
                yield paired(grown["grown"], grown["grown_null"], **notes | words)


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
    compared = counts[real_of(setup.deciding)]
    nulls = [arm for arm in arms if arm.kind in NULL_KINDS]
    unequal = [str(arm) for arm in nulls if counts[arm] != counts.get(real_of(arm), counts[arm])]
    detail = ", ".join(unequal) or f"{compared:,.0f} (normalised)"
    equal = "real and null networks train equally many values"
    rows = [none_diverged(trials), Check(equal, not unequal, detail)]
    if mlp := next((counts[arm] for arm in arms if arm.kind == "mlp"), None):
        ratio = mlp / compared
        detail = f"{ratio:.4f} of the normalised protocol's"
        rows.append(Check("the MLP trains as many values, within 1 %", abs(ratio - 1) < 0.01, detail))
    beside = [arm for arm in nulls if real_of(arm) == real_of(setup.deciding)]
    span = float(np.ptp([trials.values(str(arm), "accuracy").mean() for arm in beside]))
    detail = f"their means span {100 * span:.2f} points"
    return [*rows, Check("null models differ among themselves", span > 0, detail)]
