"""What is compared and asked of the dishes, fixed before the run; the steps themselves are in `teaching`."""

from collections.abc import Iterable
from functools import partial
from typing import Any

import numpy as np

from brainwright import loop
from brainwright.evidence import Check
from brainwright.experiment import Claim, Design, Outcomes, Procedure, Row, matters
from brainwright.experiment.trials import Trials
from brainwright.report import Points
from brainwright.report.style import interval
from brainwright.runs import Units, of_prefix
from brainwright.signal import SymbolStream
from brainwright.verdict import Verdict

from . import Config
from .names import BEFORE, CONDITIONS, LOG_SCORE, METRIC, ORACLE_MARGIN, WORDS, arm_name
from .teaching import Teaching

LEVELS = ("share_before", "share_after", "log_score_bits", "charge_nC", "pulses")
"""Metrics of which the page shows every dish."""
WRITING = ("adaptive", "oracle", "ungraded", "yoked", "matched")
AUDIT_DRAWS = 707
LIMITS = ("phase_charge_nC", "charge_per_minute_nC", "pulses_per_minute")


def design(config: Config) -> Design:
    """One procedure; adaptive against yoked teaching decides. Raises StreamError: no stream can be made."""
    return design_of(Teaching.of(config))


def design_of(teaching: Teaching) -> Design:
    """The design for dishes of any size."""
    dishes, steps, settings = teaching.dishes, teaching.steps(), matters(teaching.config)
    work = partial(outcomes, teaching), METRIC, settings  # without a name, so that arms keep theirs
    return Design(
        studies=(Procedure("", steps, *work, checks=partial(checks, teaching)),),
        primary=Claim("", "adaptive", "yoked", "pooled d"),
        sentences=sentences(dishes.stream, len(dishes.seeds)),
        answer=partial(answer, dishes.stream),
        claims=claims,
        facts={
            "levels": dishes.stream.facts() | {"bayes_share": 1.0},
            "conditions": {name: course.facts() for name, (course, _) in teaching.courses.items()},
            "limits": {name: getattr(dishes.limits, name) for name in LIMITS},
        },
        extra=partial(extra, teaching),
        arm_metrics=LEVELS,
    )


def sentences(stream: SymbolStream, n: int) -> dict[Verdict, str]:
    """What the comparison with the sham alone can say; the change from before stands in the answer."""
    kind, unit = ("tune", "note") if stream.midi else ("stream", "symbol")
    words = {"kind": kind, "unit": unit, "stream": stream.name, "n": n}
    return {verdict: text.format(**words) for verdict, text in WORDS["headline"].items()}


def answer(stream: SymbolStream, outcomes: Outcomes, primary: Row) -> str:
    """The figures, whether the tissue is better than it was, and why nothing can be told if so."""
    trials, words = outcomes[""], WORDS["answer"]
    low, high = interval(trials.arm("adaptive", METRIC).values)
    change = "more" if low > 0 else "less" if high < 0 else "unclear"
    apart = (primary["ci_low"] or 0) > 0 or (primary["ci_high"] or 0) < 0  # the interval is beside zero
    reason = ("few" if apart else "zero") if primary["verdict"] == "cannot tell" else "none"
    return words["text"].format(
        **{when: trials.arm("adaptive", f"share_{when}").mean for when in ("before", "after")},
        change=words[change],
        constant=stream.constant_level,
        gain=Points.of(primary["difference"], digits=3, sign=True),
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


def outcomes(teaching: Teaching, units: Units) -> Trials:
    """Every arm by its scores, beside the naive tissue as an arm of its own."""
    naive, probed, arms = units.load("naive"), teaching.dishes.probe_symbols, {}
    for condition, arm in teaching.arms:
        unit, saline = units.load(f"{condition}-{arm}"), "saline_" if arm == "saline" else ""
        successor = teaching.courses[condition][0].stream.successor
        # saline is compared with itself: without cells there are only artifacts to decode
        before = loop.successor_share(naive[f"{saline}answers"].astype(np.int64), probed, successor)
        row = {METRIC: unit["share"] - before, "share_before": before, "share_after": unit["share"]}
        row |= {name: unit[name] for name in ("log_score_bits", "charge_nC", "pulses")}
        row["write_precision"] = unit["precision"]
        if condition == "full":  # the others differ in the stream, or were not asked about it
            row[LOG_SCORE] = unit["log_score_bits"] - naive[f"{saline}log_score_bits"]
        arms[arm_name(condition, arm)] = row
    nothing, share = np.zeros(len(probed)), naive["share"]
    row = {METRIC: nothing, "share_before": share, "share_after": share, LOG_SCORE: nothing}
    row |= {"log_score_bits": naive["log_score_bits"], "charge_nC": nothing, "pulses": nothing}
    return Trials.of(arms | {BEFORE: row})


def checks(teaching: Teaching, units: Units) -> list[Check]:
    """Charge, rates, forecast, and whether anything leaks into the score of the adaptive arm."""
    naive, full = units.load("naive"), {arm: units.load(f"full-{arm}") for arm in WRITING}
    taught, stream, symbols = full["adaptive"], teaching.dishes.stream, teaching.dishes.probe_symbols
    heard, counts = naive["calibration_symbols"], naive["calibration_counts"].astype(np.float32)
    answers, untaught = (arrays["answers"].astype(np.int64) for arrays in (taught, naive))
    return [
        loop.same_charge({arm: unit["charge_nC"] for arm, unit in full.items()}),
        loop.culture_rates(naive["rest_hz"], naive["driven_hz"], taught["driven_hz"]),
        loop.beats_trivial_forecasts(of_prefix("skill_", naive)),
        *loop.audit_decoder(
            loop.readout_of(naive),
            loop.Probed(symbols, stream.successor, taught["probe_after"], answers, untaught),
            loop.Periods(heard, heard, counts, np.full((*heard.shape, 0), -1)),
            loop.Saline(naive["saline_probe_after"], naive["saline_probe_stimulus"]),
            constant=stream.constant_level,
            rng=np.random.default_rng([teaching.config.seed, AUDIT_DRAWS]),
        ),
    ]


def extra(teaching: Teaching, outcomes: Outcomes, units: Units) -> dict[str, Any]:
    """Learning curves [dish, block], mean rates, the margin, the emulator's skill, and what was asked for."""
    arms = {arm_name(condition, arm): units.load(f"{condition}-{arm}") for condition, arm in teaching.arms}
    skill = of_prefix("skill_", units.load("naive"))
    asked = {"retention": teaching.config.retention, "dose": teaching.config.dose_curve}
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
