"""What trials of prediction are beside: floors that nobody trains, and what the flag said of whom."""

from collections.abc import Mapping, Sequence

from brainwright.evidence import Check
from brainwright.experiment.trials import Trial, Trials
from brainwright.learning.catalogue import catalogue
from brainwright.network import embedded, recurrent
from brainwright.objective.collapse import FEWEST_DIRECTIONS

from .arms import NONE, STOP
from .recordings import by_recording

LAST, PAST = "own last patch", "own history"
"""Arms that nobody trains: what the last patch tells by itself, and each cell's own past."""
SKILL = "decoded skill"


def with_floor(trials: Trials) -> Trials:
    """The last patch as an arm of its own, and probes of raw patches beside it."""
    rows = dict(trials.metrics)
    for trial, row in trials.metrics.items():
        if trial.arm == STOP:
            raw = {name.replace("raw", "probe"): v for name, v in row.items() if name.startswith("raw")}
            rows[trial._replace(arm=LAST)] = {SKILL: row["last patch"], **raw}
    return Trials(rows)


def with_history(trials: Trials) -> Trials:
    """Recordings as units, and own history as an arm, to which it adds nothing."""
    rows = dict(by_recording(trials).metrics)
    units = sorted({trial.seed for trial in rows})
    return Trials(rows | {Trial(PAST, unit, 0): {"added": 0.0} for unit in units})


def flag_checks(boards: Sequence[str], outcomes: Mapping[str, Trials]) -> list[Check]:
    """Whether the future leaks, and whether the flag tells the arm without stop-gradient from all others."""
    checks = []
    for board in boards:
        trials = outcomes.get(board, Trials({})).metrics
        made = {trial: row for trial, row in trials.items() if trial.arm != LAST}
        if not made:
            continue
        most = max(row["leak"] for row in made.values())
        said = f"{board}: no later patch changes a prediction"
        checks.append(Check(said, most == 0, f"largest change {most}"))
        low = {t: row["directions"] < FEWEST_DIRECTIONS for t, row in made.items()}
        of_none = [fired for t, fired in low.items() if t.arm == NONE]
        others = sorted({t.arm for t, fired in low.items() if fired and t.arm != NONE})
        words = ", ".join(f"{arm} {_count(low, arm)}" for arm in others) or "none"
        detail = f"fired in {sum(of_none)} of {len(of_none)} without stop-gradient; in others: {words}"
        told = bool(of_none) and all(of_none) and not others
        checks.append(Check(f"{board}: directions tell a partial collapse", told, detail))
    return checks


def cannot_teach() -> dict[str, str]:
    """Rule → why it cannot teach a recurrent network that embeds its input."""
    network = embedded(recurrent(4, 8, 4), n_values=3)
    reasons = {name: rule.supports(network) for name, rule in catalogue().items()}
    return {name: reason for name, reason in reasons.items() if reason}


def _count(low: Mapping[Trial, bool], arm: str) -> str:
    fired = [value for trial, value in low.items() if trial.arm == arm]
    return f"{sum(fired)} of {len(fired)}"
