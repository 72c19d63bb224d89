"""What trials of prediction are beside: floors that nobody trains, and what the flag said of whom."""

from collections.abc import Mapping, Sequence

from brainwright.evidence import Check
from brainwright.experiment.trials import Trial, Trials
from brainwright.learning.catalogue import catalogue
from brainwright.network import embedded, recurrent

from .arms import FROZEN, NONE, SPOILED, STOP, UNTRAINED
from .modalities import ACROSS, SENSES
from .recordings import by_recording

LAST, PAST = "own last patch", "own history"
"""Arms that nobody trains: what the last patch tells by itself, and each cell's own past."""
SKILL = "decoded skill"
FLAGS = {
    "flag: directions": "directions tell",
    "flag: coding rate": "the coding rate tells",
    "collapsed": "both and the classic guards together tell",
}
"""Flag → what a check says of it."""


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
        made = {trial: row for trial, row in trials.items() if trial.arm not in (LAST, *SPOILED)}
        if not made:
            continue
        most = max(row["leak"] for row in made.values())
        said = f"{board}: no later patch changes a prediction"
        checks.append(Check(said, most == 0, f"largest change {most}"))
        for flag, words in FLAGS.items():
            fired = {t: row[flag] > 0 for t, row in made.items()}
            checks.append(_told(f"{board}: {words} a collapse", fired))
    return checks


def _told(name: str, fired: Mapping[Trial, bool]) -> Check:
    of_none = [f for t, f in fired.items() if t.arm == NONE]
    others = sorted({t.arm for t, f in fired.items() if f and t.arm != NONE})
    words = ", ".join(f"{arm} {_count(fired, arm)}" for arm in others) or "none"
    detail = f"fired in {sum(of_none)} of {len(of_none)} without stop-gradient; in others: {words}"
    return Check(name, bool(of_none) and all(of_none) and not others, detail)


def flag_table(
    boards: Sequence[str], outcomes: Mapping[str, Trials], margin: float
) -> list[dict[str, float | str]]:
    """What the flags said of every trained arm beside what was lost: a training counts as lost where its
    decoded skill is below that of the frozen random embedding of the same seed by more than the margin. For
    the directions alone, the coding rate alone and all guards that make "collapsed": hits, misses and false
    alarms, in trainings. Arms that nobody trains, the frozen one and spoiled ones are left out.
    """
    rows = []
    for board in boards:
        trials = outcomes.get(board, Trials({})).metrics
        arms = dict.fromkeys(trial.arm for trial in trials)
        for arm in arms:
            own = {t.seed: row for t, row in trials.items() if t.arm == arm}
            beside = {t.seed: row for t, row in trials.items() if t.arm == FROZEN}
            if arm in (LAST, UNTRAINED, FROZEN, *SPOILED) or set(own) - set(beside):
                continue
            lost = {seed: own[seed][SKILL] < beside[seed][SKILL] - margin for seed in own}
            row: dict[str, float | str] = {"board": board, "arm": arm, "n": len(own)}
            row["lost"] = sum(lost.values())
            for flag in FLAGS:
                said = {seed: r[flag] > 0 for seed, r in own.items()}
                name = flag.removeprefix("flag: ")
                row |= {
                    f"{name}, hits": sum(said[seed] and lost[seed] for seed in own),
                    f"{name}, misses": sum(lost[seed] and not said[seed] for seed in own),
                    f"{name}, false alarms": sum(said[seed] and not lost[seed] for seed in own),
                }
            rows.append(row)
    return rows


def senses_table(outcomes: Mapping[str, Trials]) -> list[dict[str, float | str]]:
    """For each arm of two senses and each sense: in how many trainings the guard fired, and the mean of what
    was lost and gained, before and after.
    """
    trials = outcomes.get("senses", Trials({})).metrics
    rows = []
    for arm in dict.fromkeys(trial.arm for trial in trials):
        own = [row for trial, row in trials.items() if trial.arm == arm]
        for sense in SENSES:
            row: dict[str, float | str] = {"arm": arm, "sense": sense, "n": len(own)}
            for name in own[0]:
                if name.startswith(sense):
                    total = float(sum(each[name] for each in own))
                    short = name.removeprefix(f"{sense}, ")
                    row[short] = total if short == "fired" else total / len(own)
            rows.append(row)
    return rows


def senses_check(outcomes: Mapping[str, Trials]) -> list[Check]:
    """Whether the guard fired in each module that was trained across alone, and in no other."""
    if not (rows := senses_table(outcomes)):
        return []
    right = all(row["fired"] == (row["n"] if row["arm"] == ACROSS else 0) for row in rows)
    detail = "; ".join(f"{row['arm']}, {row['sense']}: {row['fired']:.0f} of {row['n']}" for row in rows)
    return [Check("senses: the guard fires where a module gives up its own stream alone", right, detail)]


def cannot_teach() -> dict[str, str]:
    """Rule → why it cannot teach a recurrent network that embeds its input."""
    network = embedded(recurrent(4, 8, 4), n_values=3)
    reasons = {name: rule.supports(network) for name, rule in catalogue().items()}
    return {name: reason for name, reason in reasons.items() if reason}


def _count(low: Mapping[Trial, bool], arm: str) -> str:
    fired = [value for trial, value in low.items() if trial.arm == arm]
    return f"{sum(fired)} of {len(fired)}"
