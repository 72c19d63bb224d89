"""Seven studies and two extras, and what is compared in each, fixed before the run."""

from collections.abc import Iterator
from functools import partial

from brainwright.datasets import require_all
from brainwright.evidence import Check
from brainwright.experiment import Claim, Design, Outcomes, Row, Study, matters
from brainwright.experiment.trials import Trials
from brainwright.loop.plan_from_memory import ARMS
from brainwright.objective.any_subset.known import apart, by_seed
from brainwright.verdict import Verdict

from . import Config, trial

FIRST = 70_000
"""Seed of the first brain; sizes were tuned on seeds below 100."""
NONE = 0.02
"""Difference of shares that counts as none: two in a hundred."""
SAME = 0.1
"""Difference of shares of answers of tissue that counts as none, as where tissue is taught one tune."""
STUDIES = {
    "equal updates": (trial.equal, 60, "accuracy"),
    "amnesia": (trial.amnesia, 8, "gradient"),
    "motor sequence": (trial.skill, 60, "fewer errors"),
    "stop-gap": (trial.stopgap, 300, "new"),
    "rare rewards": (trial.rewarded, 100, "rewarded"),
    "planning": (trial.planning, 20, "reached"),
    "index": (trial.indexed, 200, "kind"),
}
"""Name → trial, updates of a night (rooms for planning), and what is compared."""
CULTURES, FIRST_DISH, DISHES = 6, 485_000, 8
"""Cultures of the data set, a brain for each; dishes whose parameters were chosen on seeds below 10,000."""
FIRST_TUNE, SECOND_TUNE = "first, at the end", "second, at the end"
CLAIMS = (
    Claim("days", "asleep", "awake", margin=NONE),
    Claim("days", "asleep", "shuffled", margin=NONE),
    Claim("days", "asleep", "awake", metric="learning accuracy", margin=NONE),
    Claim("two tunes", "sleep", "silence", margin=SAME),
    Claim("two tunes", "sleep", "sham sleep", margin=SAME),
    Claim("two tunes", "silence", "silence, no second tune", margin=SAME),
    Claim("two tunes", "sleep", "silence", metric=SECOND_TUNE, margin=SAME),
    Claim("index", "learned", "plain store", margin=NONE),
    Claim("index", "learned", "plain store", metric="reward", margin=NONE),
    Claim("index", "learned", "plain store", metric="episode", margin=NONE),
    Claim("index", "learned", "tokens shuffled", margin=NONE),
    Claim("index", "learned", "no reward tokens", metric="reward", margin=NONE),
    Claim("equal updates", "asleep", "noise", margin=NONE),
    Claim("amnesia", "slept", "no sleep", margin=NONE),
    Claim("amnesia", "slept", "shuffled", margin=NONE),
    Claim("motor sequence", "night", "day without practice", margin=NONE),
    Claim("motor sequence", "night", "night, shuffled", margin=NONE),
    Claim("motor sequence", "night", "equal practice", margin=NONE),
    Claim("motor sequence", "night", "day without practice", metric="faster", margin=NONE),
    Claim("stop-gap", "retrieval", "network before sleep", metric="stored", margin=NONE),
    Claim("stop-gap", "network after sleep", "retrieval", margin=NONE),
    Claim("stop-gap", "retrieval", "network after sleep", metric="stored", margin=NONE),
    Claim("rare rewards", "reward-tagged", "uniform", margin=NONE),
    Claim("rare rewards", "reward-tagged", "tags shuffled", margin=NONE),
    Claim("rare rewards", "reward-tagged", "uniform", metric="others", margin=NONE),
    Claim("rare rewards", "reward-tagged", "priority", margin=NONE),
    *(Claim("planning", "all", other, margin=NONE) for other in ARMS if other != "all"),
)
SENTENCES: dict[Verdict, str] = {
    "supported": "As many updates keep more when they are made asleep, on what the hippocampus holds.",
    "no difference": "Updates asleep keep no more than updates awake.",
    "against": "Updates asleep keep less than updates awake.",
    "cannot tell": "This run cannot tell whether updates asleep keep more than updates awake.",
}


def design(config: Config) -> Design:
    """All studies with the same brains."""
    seeds = tuple(FIRST + 1_000 * config.seed + k for k in range(3 if config.quick else config.seeds))
    studies = tuple(
        Study(
            name,
            partial(run, 5 if config.quick and name == "planning" else size),
            {"all": 1},
            seeds,
            metric,
            matters(config),
            outcomes=apart,
        )
        for name, (run, size, metric) in STUDIES.items()
    )
    # what is least known comes first, for a run that is cut short
    studies = (*extras(config), *reversed(studies))
    return Design(
        studies=studies,
        primary=tuple(
            Claim("equal updates", "asleep", other, margin=NONE) for other in ("awake", "shuffled")
        ),
        sentences=SENTENCES,
        answer=answer,
        claims=CLAIMS,
        checks=checks,
        facts={"metrics": {study.name: study.metric for study in studies}},
        arm_metrics=tuple(f"day {day + 1}" for day in range(trial.DAYS)),
    )


def extras(config: Config) -> Iterator[Study]:
    """Studies that are asked for. Raises MissingData."""
    about = matters(config)
    if config.tissue:
        run = partial(trial.tissue, 2 if config.quick else DISHES)
        dish = (FIRST_DISH + 1_000 * config.seed,)
        yield Study("two tunes", run, {"all": 1}, dish, FIRST_TUNE, about, 5, by_dish)
    if config.days:
        require_all("mea/charlesworth2015")
        each = tuple(FIRST + 1_000 * config.seed + k for k in range(CULTURES))
        yield Study("days", partial(trial.cultured, 200), {"all": 1}, each, "earlier days", about, 3, apart)


def by_dish(trials: Trials) -> Trials:
    """All dishes are one trial, with all their arms."""
    return apart(by_seed(trials))


def answer(outcomes: Outcomes, row: Row) -> str:
    """The figures of the primary comparison."""
    trials = outcomes["equal updates"]
    known = {arm: 100 * float(trials.values(arm, "accuracy").mean()) for arm in trials.arms}
    others = ", ".join(f"{arm} {value:.1f} %" for arm, value in known.items() if arm != "asleep")
    effect, low, high = (100 * row[key] for key in ("effect_size", "ci_low", "ci_high"))
    return (
        f"Of ten digits learned in five parts {known['asleep']:.1f} % is known after nights of replay "
        f"({others}). Over the stronger control {effect:+.1f} points [{low:+.1f}, {high:+.1f}]"
    )


def checks(outcomes: Outcomes) -> list[Check]:
    """Whether the hippocampus holds what is asked for."""
    held = float(outcomes["amnesia"].values("slept", "with the hippocampus").min())
    return [Check("before it is removed the hippocampus recalls its memories", held > 0.9, f"{held:.3f}")]
