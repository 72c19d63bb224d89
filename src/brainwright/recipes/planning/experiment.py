"""Worlds, arms, claims and gates, fixed before the run."""

from collections.abc import Iterator
from functools import partial

from brainwright.evidence import Check, Gate
from brainwright.experiment import Claim, Design, Outcomes, Row, Study, matters
from brainwright.loop.planning import LEARNERS, SHARES
from brainwright.objective.any_subset.known import apart
from brainwright.report import Points
from brainwright.steering.planning.maze import AGENTS, UNSURPRISED
from brainwright.verdict import Verdict

from . import Config, trial
from .trial import GREEDY, NEEDED, SCORE

FIRST_SEED = 40_000
"""Those below chose the settings."""
CONDITIONED = "conditioned"
FILTERED = (*(f"best {100 * share:.0f} % cloned" for share in SHARES), "best 25 % cloned, network")
RIVALS = (*FILTERED, "cloned")
"""All must be exceeded. A filter that keeps everything is one of them: without it the claim would stand with
shuffled returns in one world, in which every filter is worse than none.
"""
CONTROLS = ("conditioned, returns shuffled", "conditioned, low return wanted", "behaviour")
PEER = "conditioned, by counting"
DECIDES = ("cliff", "branch")
"""Worlds of the primary claim: drawn starts, falls and a lethal branch. The others are described."""
MARGIN = 0.02
"""Of a score between random actions (0) and the best policy (1): less counts as nothing."""
FASTER = 0.05
"""Of log10 samples: 12 % more or fewer count as nothing."""
SHARE = 0.05
"""Of episodes."""
SENTENCES: dict[Verdict, str] = {
    "supported": (
        "Asked for an action given the return that is wanted of a state, a model of what was done earns more "
        "than cloning of the best episodes, in both worlds: an episode's return tells of where it began."
    ),
    "no difference": "Conditioning on the wanted return earns no more than cloning of the best episodes.",
    "against": "Conditioning on the wanted return earns less than cloning of the best episodes.",
    "cannot tell": "This run cannot tell whether conditioning earns more than cloning of the best episodes.",
}


def design(config: Config) -> Design:
    """Four worlds to plan in by conditioning, two races, a branch that pays and kills, and a T-maze."""
    runs, episodes = (2, 60) if config.quick else (config.runs, config.episodes)
    updates = 40 if config.quick else config.updates
    seeds = tuple(FIRST_SEED + 1_000 * config.seed + k for k in range(runs))
    about = matters(config)
    several = partial(Study, arms={"all": 1}, seeds=seeds, settings=about, outcomes=apart)
    studies = [
        several(name, partial(trial.conditioned, name, episodes, updates), metric=SCORE, weight=8.0)
        for name in trial.WORLDS
    ]
    deciding, described = studies[: len(DECIDES)], studies[len(DECIDES) :]
    most, studies = 300 if config.quick else 5_000, deciding
    studies += [
        several("veto", partial(trial.veto, episodes, updates), metric="goal", weight=6.0),
        several("unsurprised", partial(trial.unsurprised, 20 if config.quick else 200), metric="food"),
    ]
    for name in trial.RACES:
        run, learners = partial(trial.race, name, most), dict.fromkeys(LEARNERS, 1)
        studies.append(Study(f"race, {name}", run, learners, seeds, NEEDED, about, 4))
    studies += described
    return Design(
        studies=tuple(studies),
        primary=tuple(Claim(name, CONDITIONED, way, margin=MARGIN) for name in DECIDES for way in RIVALS),
        sentences=SENTENCES,
        answer=answer,
        claims=tuple(claims()),
        gates=() if config.quick else gates(),
        checks=checks,
        facts={"episodes": episodes, "updates": updates, "most": most},
        arm_metrics=(GREEDY, "samples", "killed", "goal", "dark room"),
    )


def claims() -> Iterator[Claim]:
    """Other worlds and read-outs, what is taken away, races, the veto, the dark room."""
    for name in trial.WORLDS:
        if name not in DECIDES:
            yield from (Claim(name, CONDITIONED, way, margin=MARGIN) for way in RIVALS)
        for way in (*CONTROLS, PEER):
            yield Claim(name, CONDITIONED, way, margin=MARGIN)
        for way in RIVALS:
            yield Claim(name, CONTROLS[0], way, margin=MARGIN)
            yield Claim(name, CONDITIONED, way, metric=GREEDY, margin=MARGIN)
    for name in trial.RACES:
        for other in LEARNERS[1:]:
            yield Claim(f"race, {name}", LEARNERS[0], other, margin=FASTER)
    for way in ("no veto", "next step vetoed", "no harm wanted", "both, harm shuffled"):
        yield Claim("veto", "both", way, margin=SHARE)
        yield Claim("veto", "both", way, metric="minus killed", margin=SHARE)
    free = "expected free energy"
    for agent in AGENTS[1:]:
        yield Claim("unsurprised", free, agent, margin=SHARE)
    for agent in UNSURPRISED:
        yield Claim("unsurprised", agent, free, metric="dark room", margin=SHARE)


def gates() -> tuple[Gate, ...]:
    """A veto is worth something where bait draws, few are killed, and what is safe is still reached."""
    return (
        Gate("veto", "no veto", "killed", at_least=0.5),
        Gate("veto", "both", "goal", at_least=0.8),
        Gate("veto", "both", "killed", at_most=0.05),
        *(Gate("unsurprised", agent, "dark room", at_least=0.9) for agent in UNSURPRISED),
        Gate("unsurprised", "expected free energy", "food", at_least=0.9),
    )


def answer(outcomes: Outcomes, row: Row) -> str:
    """The weakest comparison, and what every world says of the two read-outs."""
    parts = []
    for name in trial.WORLDS:
        trials = outcomes[name]
        best = max(FILTERED, key=lambda way: trials.arm(way, SCORE).mean)
        own, other = trials.arm(CONDITIONED, SCORE).mean, trials.arm(best, SCORE).mean
        parts.append(f"{name} {own:.2f} ({best}: {other:.2f})")
    return (
        f"Score of actions drawn as planned, and of the best filter: {'; '.join(parts)}. The weakest of the "
        f"comparisons that decide, over {row['control']}: {Points.of(row, digits=3)}. Behaviour is a solver "
        "half of whose actions are random, so its likeliest action is the solver's: taken always, cloning "
        "alone is as good as any plan."
    )


def checks(outcomes: Outcomes) -> list[Check]:
    """Whether the shuffled returns say nothing, and the races were run to their end."""
    rows = []
    for name in DECIDES:
        trials = outcomes[name]
        gap = abs(trials.arm(CONTROLS[0], SCORE).mean - trials.arm("cloned", SCORE).mean)
        rows.append(Check(f"{name}: shuffled returns are worth nothing", gap < 0.05, f"apart {gap:.3f}"))
    for name in trial.RACES:
        missed = outcomes[f"race, {name}"].values("model-based", "not reached").sum()
        rows.append(
            Check(f"race, {name}: every model-based run arrived", not missed, f"{missed:.0f} did not")
        )
    return rows
