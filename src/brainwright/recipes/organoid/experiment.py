"""What is compared and asked of the dishes, fixed before the run; the steps themselves are in `teaching`."""

from collections.abc import Iterable
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from brainwright.evidence import Check
from brainwright.experiment import Claim, Design, Outcomes, Procedure, Row, Step, matters
from brainwright.experiment.trials import Trials
from brainwright.loop import Periods, Probed, Saline, audit_decoder, successor_share
from brainwright.report import Points
from brainwright.report.style import interval
from brainwright.runs import Units, of_prefix
from brainwright.signal import SymbolStream
from brainwright.verdict import Verdict

from . import Config, looking
from .conditions import BEFORE, CONDITIONS, LOG_SCORE, METRIC, ORACLE_MARGIN, WORDS, arm_name
from .teaching import Arrays, Dishes, naive_state

LEVELS = ("share_before", "share_after", "log_score_bits", "charge_nC", "pulses")
"""Metrics of which the page shows every dish."""
WRITING = ("adaptive", "oracle", "ungraded", "yoked", "matched")
CHARGE_TOLERANCE = 0.01
"""Relative; the writing arms have the same pulses, so it allows for nothing but rounding."""
CULTURE_HZ = (0.5, 10.0)
"""Mean rates of cortical cultures, at rest and driven."""
AUDIT_DRAWS = 707
EMULATOR_COST = 3.0  # of one symbol, in symbols without an emulator; for the progress bar only
LIMITS = ("phase_charge_nC", "charge_per_minute_nC", "pulses_per_minute")


def design(config: Config) -> Design:
    """One procedure; adaptive against yoked teaching decides. Raises StreamError: no stream can be made."""
    return design_of(Dishes(config))


def design_of(dishes: Dishes) -> Design:
    """The design for dishes of any size."""
    procedure = Procedure(
        "",  # so that arms keep their names
        steps(dishes),
        partial(outcomes, dishes),
        METRIC,
        matters(dishes.config),
        checks=partial(checks, dishes),
    )
    return Design(
        studies=(procedure,),
        primary=Claim("", "adaptive", "yoked", "pooled d"),
        sentences=sentences(dishes.stream, len(dishes.seeds)),
        answer=partial(answer, dishes.stream),
        claims=claims,
        facts={
            "levels": dishes.stream.facts() | {"bayes_share": 1.0},
            "conditions": {condition.name: condition.facts() for condition in dishes.conditions},
            "limits": {name: getattr(dishes.limits, name) for name in LIMITS},
        },
        extra=partial(extra, dishes),
        arm_metrics=LEVELS,
    )


def steps(dishes: Dishes) -> tuple[Step, ...]:
    """All work in order; costs are numbers of symbols."""
    s, config = dishes.sizes, dishes.config
    cost = s.calibration + 2 * s.probe + s.stream_probe + 3.0 * s.skill
    work = [Step("naive", dishes.naive, cost, "naive tissue: calibrate, probe, emulator skill")]
    for c in dishes.conditions:
        probes = s.probe + s.stream_probe + (c.taught // c.block - 1) * s.short_probe
        for arm in c.arms:
            taught = c.taught * (EMULATOR_COST if arm in ("adaptive", "ungraded") else 1)
            cost = c.recorded + taught + probes
            work.append(Step(c.unit(arm), partial(dishes.arm, c, arm), cost, f"{c.name}: {arm}"))
    pulses = 2.0 * 64 * s.pulses_per_electrode
    work.append(Step("display", partial(looking.display, dishes), pulses, "what changed in the tissue"))
    if config.retention:
        work.append(Step("retention", partial(looking.retention, dishes), 6000.0))
    if config.dose_curve:
        work.append(Step("dose", partial(looking.dose_curve, dishes), 4000.0, "dose curve"))
    return tuple(work)


def sentences(stream: SymbolStream, n: int) -> dict[Verdict, str]:
    """What the comparison with the sham alone can say; the change from before stands in the answer."""
    kind, unit = ("tune", "note") if stream.midi else ("stream", "symbol")
    words = {"kind": kind, "unit": unit, "stream": stream.name, "n": n}
    return {verdict: text.format(**words) for verdict, text in WORDS["headline"].items()}


def answer(stream: SymbolStream, outcomes: Outcomes, primary: Row) -> str:
    """The figures, whether the tissue is better than it was, and why nothing can be told if so."""
    trials, words, gain = outcomes[""], WORDS["answer"], primary["difference"]
    low, high = interval(trials.arm("adaptive", METRIC).values)
    change = "more" if low > 0 else "less" if high < 0 else "unclear"
    ends = [primary[end] for end in ("ci_low", "ci_high")]
    apart = (ends[0] or 0) > 0 or (ends[1] or 0) < 0  # the interval lies on one side of zero
    reason = ("few" if apart else "zero") if primary["verdict"] == "cannot tell" else "none"
    return words["text"].format(
        **{when: trials.arm("adaptive", f"share_{when}").mean for when in ("before", "after")},
        change=words[change],
        constant=stream.constant_level,
        gain=Points(gain["value"], gain["ci_low"], gain["ci_high"], digits=3, sign=True),
        reason=words[reason],
    )


def claims(outcomes: Outcomes) -> Iterable[Claim]:
    """What the gradient adds in each condition; the oracle; shams; negative controls; the stream itself."""
    if not outcomes[""].arms:
        return
    margin = equivalence_margin(outcomes)
    for condition in CONDITIONS:
        arm, control = (arm_name(condition, name) for name in ("adaptive", "ungraded"))
        yield Claim("", arm, control, "d_z", margin=margin)
    yield Claim("", "adaptive", "oracle", margin=ORACLE_MARGIN)
    for control in ("matched", "silent"):
        yield Claim("", "adaptive", control, "pooled d")
    for arm in ("frozen", "saline", "matched"):
        yield Claim("", arm, BEFORE, "same", margin=margin)
    yield Claim("", "adaptive", "yoked", "pooled d", LOG_SCORE)


def equivalence_margin(outcomes: Outcomes) -> float:
    """A third of the difference between adaptive and yoked."""
    adaptive, yoked = (outcomes[""].arm(arm, METRIC).mean for arm in ("adaptive", "yoked"))
    return max(adaptive - yoked, 1e-6) / 3  # a margin must be above 0


def outcomes(dishes: Dishes, units: Units) -> Trials:
    """Every arm by its scores, beside the naive tissue as an arm of its own."""
    naive = units.load("naive")
    arms = {}
    for condition in dishes.conditions:
        for arm in condition.arms:
            unit = units.load(condition.unit(arm))
            before = share_before(dishes, naive, arm, condition.stream.successor)
            row = {METRIC: unit["share"] - before, "share_before": before, "share_after": unit["share"]}
            row |= {name: unit[name] for name in ("log_score_bits", "charge_nC", "pulses")}
            row["write_precision"] = unit["precision"]
            if condition.name == "full":  # the others differ in the stream, or were not asked about it
                bits = naive["saline_log_score_bits" if arm == "saline" else "log_score_bits"]
                row[LOG_SCORE] = unit["log_score_bits"] - bits
            arms[arm_name(condition.name, arm)] = row
    nothing, share = np.zeros(len(dishes.seeds)), naive["share"]
    row = {METRIC: nothing, "share_before": share, "share_after": share, LOG_SCORE: nothing}
    row |= {"log_score_bits": naive["log_score_bits"], "charge_nC": nothing, "pulses": nothing}
    return Trials.of(arms | {BEFORE: row})


def share_before(
    dishes: Dishes, naive: Arrays, arm: str, successor: NDArray[np.int64]
) -> NDArray[np.float64]:
    """The score before teaching: of the naive tissue, or of the saline dish for the saline arm."""
    answers = naive["saline_answers" if arm == "saline" else "answers"].astype(np.int64)
    return successor_share(answers, dishes.probe_symbols, successor)


def checks(dishes: Dishes, units: Units) -> list[Check]:
    """Charge, rates, forecast, and whether anything leaks into the score."""
    naive, full = units.load("naive"), {arm: units.load(f"full-{arm}") for arm in WRITING}
    taught, reference = full["adaptive"], full["adaptive"]["charge_nC"].mean()
    worst = max(float(np.abs(unit["charge_nC"] / reference - 1).max()) for unit in full.values())
    rates = [naive["rest_hz"].mean(), naive["driven_hz"].mean(), taught["driven_hz"].mean()]
    skill = {name: float(v.mean()) for name, v in of_prefix("skill_", naive).items()}
    gained = ", ".join(f"{name} {value:.3f}" for name, value in skill.items())
    low, high = CULTURE_HZ
    return [
        Check(
            "same charge in all writing arms",
            worst <= CHARGE_TOLERANCE,
            f"largest deviation {worst:.2%} (limit 1 %)",
        ),
        Check(
            "rates in the culture range",
            all(low <= rate <= high for rate in rates),
            f"at rest {rates[0]:.2f} Hz, driven {rates[1]:.2f} Hz before and {rates[2]:.2f} Hz after "
            "(0.5-10 Hz)",
        ),
        Check(
            "emulator beats the trivial forecasts",
            skill["emulator"] > max(skill["mean"], skill["persistence"]),
            f"{gained} bits per spike, held-out frames",
        ),
        *audit(dishes, units),
    ]


def audit(dishes: Dishes, units: Units) -> list[Check]:
    """The decoder-leak audit of the adaptive arm's score."""
    naive, taught = units.load("naive"), units.load("full-adaptive")
    heard, counts = naive["calibration_symbols"], naive["calibration_counts"].astype(np.float32)
    answers, untaught = (arrays["answers"].astype(np.int64) for arrays in (taught, naive))
    return audit_decoder(
        naive_state(units)[1],
        Probed(dishes.probe_symbols, dishes.stream.successor, taught["probe_after"], answers, untaught),
        Periods(heard, heard, counts, np.full((*heard.shape, 0), -1)),
        Saline(naive["saline_probe_after"], naive["saline_probe_stimulus"]),
        constant=dishes.stream.constant_level,
        rng=np.random.default_rng([dishes.config.seed, AUDIT_DRAWS]),
    )


def extra(dishes: Dishes, outcomes: Outcomes, units: Units) -> dict[str, Any]:
    """Learning curves [dish, block], mean rates, the margin, the emulator's skill, and what was asked for."""
    arms = {arm_name(c.name, arm): units.load(c.unit(arm)) for c in dishes.conditions for arm in c.arms}
    skill = of_prefix("skill_", units.load("naive"))
    asked = {"retention": dishes.config.retention, "dose": dishes.config.dose_curve}
    return {
        "equivalence_margin": equivalence_margin(outcomes),
        "emulator_bits_per_spike": {
            name: {"mean": float(v.mean()), "sd": float(v.std(ddof=1))} for name, v in skill.items()
        },
        "curves": {name: unit["curve"] for name, unit in arms.items()},
        "rates_hz": {
            name: {when: float(unit[f"{when}_hz"].mean()) for when in ("teaching", "driven")}
            for name, unit in arms.items()
        },
        **{name: units.load(name) for name, wanted in asked.items() if wanted},
    }
