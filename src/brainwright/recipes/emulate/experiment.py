"""What is run, compared and asked, fixed before the run."""

from collections.abc import Mapping
from dataclasses import asdict
from functools import partial
from typing import Any

from brainwright.evidence import Check, Gate, Verdict
from brainwright.evidence.scores.calibration import SUMS
from brainwright.experiment import Claim, Design, Outcomes, Row, Study
from brainwright.runs import Units

from . import Config, lorenz, sessions, spiking
from .budget import QUICK, Budget
from .lorenz import SEEDLESS, TRAINED
from .spiking import NULLS, SHARES, SPIKING

FIXED, LZ40, LIF80, REWIRED, SESSION = "LZ40 fixed", "LZ40", "LIF80", "LIF80 rewired", "new session"
"""Studies: arms of LZ40 that have no training seed, those that have, LIF80 likewise, and new sessions."""
RIVAL = "bi_gru"
MARGIN = 0.01
"""Difference in the share of the oracle that counts as none: a tenth of what separates baselines."""
SENTENCES: Mapping[Verdict, str] = {
    "supported": "The emulator forecasts better than the recurrent network.",
    "no difference": "The emulator forecasts as well as the recurrent network.",
    "against": "The recurrent network forecasts better.",
    "cannot tell": "Too few training seeds to say whether the emulator forecasts better.",
}
GATES = (
    Gate(LZ40, "emulator", "co_bps_share", at_least=0.92),
    Gate(LZ40, "emulator", "log_rate_r2", at_least=0.90),
    Gate(LZ40, "emulator", "fp_bps_share", at_least=0.66),
    *(Gate(LZ40, "emulator", f"{kind}_coverage", at_least=0.85, at_most=0.95) for kind in SUMS),
    Gate(LIF80, "all/emulator", "share", at_least=0.80),
    Gate(LIF80, "scarce/emulator", "share", at_least=0.64),
    Gate(SESSION, "session", "gap_closed", at_least=0.70),
)
"""What the emulator has to reach: what the published models of its kind left open on suites like these."""
NULL_SD = 3.0
"""Standard deviations between rewired wirings by which the true one has to lead, with few data."""
EXCEEDS = 1.02
"""How far the attainable oracle may be exceeded: its library is finite."""


def design(config: Config) -> Design:
    """Both suites, and a new session."""
    return design_of(config, QUICK if config.quick else Budget())


def design_of(config: Config, budget: Budget) -> Design:
    """The design with other amounts of training."""
    n_seeds = 2 if config.quick else config.seeds
    draws = {"all": 2, "scarce": 2 if config.quick else config.draws}  # no gate asks with all data
    n_sessions = 0 if config.quick else config.sessions
    wired = {f"{amount}/{kind}": 1 for amount in SHARES for kind in SPIKING if kind not in NULLS}
    rewired = {f"{amount}/{kind}": draws[amount] for amount in SHARES for kind in NULLS}
    settings = {"seed": config.seed, **asdict(budget)}

    def study(name: str, room: Any, arms: Mapping[str, int], seeds: int, metric: str, weight: float) -> Study:
        trial = partial(room.trial, budget, 1_000 * config.seed)
        return Study(name, trial, arms, tuple(range(seeds)), metric, settings, weight)

    studies = [
        study(FIXED, lorenz, dict.fromkeys(SEEDLESS, 1), 1, "fp_bps_share", 2),
        study(LZ40, lorenz, dict.fromkeys(TRAINED, 1), n_seeds, "fp_bps_share", 4),
        study(LIF80, spiking, wired, n_seeds, "share", 2),
        study(REWIRED, spiking, rewired, 1, "share", 2),
    ]
    if n_sessions:
        studies.append(study(SESSION, sessions, {"session": 1}, n_sessions, "gap_closed", 1))
    return Design(
        studies=tuple(studies),
        primary=Claim(LZ40, "emulator", RIVAL, margin=MARGIN),
        sentences=SENTENCES,
        answer=answer,
        gates=GATES,
        checks=checks,
        facts={"seeds": n_seeds, "draws": draws},
        extra=partial(extra, budget),
        arm_metrics=("co_bps_share", "fp_bps_share", "log_rate_r2"),
    )


def mean(outcomes: Outcomes, study: str, arm: str, metric: str) -> float | None:
    """Over seeds and draws; None where a run that was cut short lacks the arm."""
    trials = outcomes.get(study)
    return None if trials is None or arm not in trials.arms else float(trials.values(arm, metric).mean())


def answer(outcomes: Outcomes, primary: Row) -> str:
    """The figures in a sentence; those that a run cut short lacks are left out."""

    def lz40(study: str, arm: str, metric: str) -> str:
        value = mean(outcomes, study, arm, metric)
        return "?" if value is None else f"{value:.3f}"

    smooth, ahead = (
        [lz40(LZ40, arm, metric) for arm in ("emulator", RIVAL)]
        for metric in ("co_bps_share", "fp_bps_share")
    )
    parts = [
        f"LZ40: the emulator reaches {smooth[0]} of the true-rate oracle on unseen units (a recurrent "
        f"network {smooth[1]}), {ahead[0]} on forecasts ({ahead[1]}, attainable "
        f"{lz40(FIXED, 'attainable', 'fp_bps_share')})."
    ]
    spikes = [mean(outcomes, LIF80, f"{amount}/emulator", "share") for amount in SHARES]
    if None not in spikes:
        parts.append("LIF80: {:.3f} with all data, {:.3f} with 5 %.".format(*spikes))
    parts.append(f"Whether it forecasts better than the recurrent network: {primary['verdict']}.")
    return " ".join(parts)


def checks(outcomes: Outcomes) -> list[Check]:
    """The ensemble gains; rewired wirings lose; nothing beats what is attainable or loses to the mean."""
    gain = mean(outcomes, LZ40, "emulator", "window_crps_gain") or 0.0
    rows = [
        Check(
            "LZ40: the ensemble gains in CRPS over its point forecast, sums over the window",
            gain > 0,
            f"{gain:+.4f}, wanted more than 0",
        )
    ]
    if far := null_distance(outcomes).get("scarce"):
        in_sd = far["in_sd"]
        words = f"{in_sd:.3f}, wanted {NULL_SD:g} or more"
        rows.append(Check("LIF80: rewired wirings lose with 5 %, in sd", in_sd >= NULL_SD, words))
    return rows + [check for metric in ("co_bps", "fp_bps") for check in sanity(outcomes, metric)]


def sanity(outcomes: Outcomes, metric: str) -> list[Check]:
    """No arm above the attainable oracle by more than its finite library explains; ours above the mean."""
    every = {
        arm: value
        for study, arms in ((FIXED, SEEDLESS), (LZ40, TRAINED))
        for arm in arms
        if (value := mean(outcomes, study, arm, metric)) is not None
    }
    if len(every) < len(SEEDLESS) + len(TRAINED):
        return []
    top, name = every.pop("attainable"), metric.replace("_", "-")
    best, ours, least = max(every.values()), every["emulator"], every["mean"]
    return [
        Check(
            f"LZ40: nothing exceeds the attainable {name}",
            best <= EXCEEDS * top,
            f"best {best:.4f}, attainable {top:.4f}",
        ),
        Check(
            f"LZ40: the emulator beats mean rates in {name}", ours > least, f"{ours:.4f} against {least:.4f}"
        ),
    ]


def null_distance(outcomes: Outcomes) -> dict[str, dict[str, float]]:
    """True wiring against rewired ones, in bits per spike: difference, and difference over the deviation
    between rewirings.
    """
    rows = {}
    for amount in SHARES:
        real = mean(outcomes, LIF80, f"{amount}/emulator", "bits")
        if real is not None and mean(outcomes, REWIRED, f"{amount}/null", "bits") is not None:
            each = outcomes[REWIRED].values(f"{amount}/null", "bits").mean(1)
            gap = float(real - each.mean())
            rows[amount] = {
                "difference": gap,
                "in_sd": float((real - each.mean()) / each.std(ddof=1)),
                "best_null": float(each.max()),
            }
    return rows


def extra(budget: Budget, outcomes: Outcomes, units: Units) -> dict[str, Any]:
    """What can be reached, and how far the true wiring is from rewired ones."""
    oracles = {"lz40": lorenz.ceiling(), "lif80": spiking.oracle(budget.spiking_bins)}
    return {"oracles": oracles, "lif80_nulls": null_distance(outcomes)}
