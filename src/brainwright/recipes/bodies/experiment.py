"""Arms, claims and the one pooled statistic of the bodies, fixed before the run."""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np

from brainwright.datasets import there
from brainwright.evidence import Check, draws_needed
from brainwright.experiment import Claim, Design, Outcomes, Procedure, Row, Step, matters
from brainwright.experiment.trials import Trial, Trials
from brainwright.loop.bodies import CONTROLS, UNTAUGHT, pooled, task_of
from brainwright.report import Points
from brainwright.runs import Units
from brainwright.verdict import Verdict

from . import Config
from .trial import BARE, LARVA, LAYERS, NULL, RANDOM, REAL, SHUFFLED, Brain, parts_of, taught, wiring_of

FIRST_SEED = 49_000
"""Those below 1,000 chose the settings; two runs before `LEAST_SPREAD` used 47,000 and 48,000 on."""
TASKS = ("CartPole-v1", "rooms", "pong")
FULL = (*TASKS, "Acrobot-v1", "Pendulum-v1")
POOLED = "pooled return"
"""Mean over bodies of the return in standard deviations over brains; fixed before the run as what is judged,
bodies singly as description."""
STEPS, EPISODES = 12_000, 20
QUICK_STEPS, QUICK_EPISODES = 1_024, 4
MARGIN = 0.25
"""Of the pooled return, in standard deviations: less counts as nothing."""
LEAST_GAIN = 0.5
"""Of the way that the best taught brain went from the untaught mean, by which the wiring's mean must have
gone: else a body says nothing of brains that act."""
SENTENCES: dict[Verdict, str] = {
    "supported": "The wiring acts better than rewired ones that were taught alike.",
    "no difference": "The wiring acts as rewired ones do that were taught alike.",
    "against": "The wiring acts worse than rewired ones that were taught alike.",
    "cannot tell": "This run cannot tell whether the wiring acts better than rewired ones.",
}


def design(config: Config) -> Design:
    """Two procedures: the wiring among rewired ones, and all other arms by their seeds. Raises UserError."""
    names = list(dict.fromkeys(config.env or (TASKS if config.quick or not config.full else FULL)))
    for name in names:
        task_of(name).make([0])  # what is missing is said before hours of work
    if config.wiring is not None:
        wiring_of(config.wiring)
    full, seeds = config.full and not config.quick, 2 if config.quick else config.seeds
    draws = 2 if config.quick else config.nulls or (draws_needed(1) if full else 8)
    others = [RANDOM, *([LARVA] if there("larva/winding2023") else []), SHUFFLED] if full else []
    if config.wiring is not None and LARVA in others:
        others.remove(LARVA)  # cut to the worm's pools
    brains: list[Brain] = [(kind, k) for kind in (REAL, *others, BARE, LAYERS) for k in range(seeds)]
    among: list[Brain] = [(REAL, 0), *((NULL, k) for k in range(draws))]
    steps = QUICK_STEPS if config.quick else config.steps or STEPS
    about = matters(config)

    def procedure(name: str, own: Sequence[Brain], outcomes: Any) -> Procedure:
        first, episodes = FIRST_SEED + 1_000 * config.seed, QUICK_EPISODES if config.quick else EPISODES
        teach = partial(taught, config.wiring, first, steps, episodes, not name)
        work = [
            Step(
                f"{task}-{k}",
                partial(teach, task_of(task), part),
                float(len(part)),
                f"{task}: {part[0][0]} learns",
            )
            for task in names
            for k, part in enumerate(parts_of(own))
        ]
        return Procedure(name, tuple(work), partial(outcomes, names, own), POOLED, about, float(len(own)))

    return Design(
        studies=(procedure("rewirings", among, ranks), procedure("", brains, by_seed)),
        primary=Claim("rewirings", REAL, NULL, "nulls", margin=MARGIN),
        sentences=SENTENCES,
        answer=partial(answer, names),
        claims=tuple(claims(names, [UNTAUGHT, *CONTROLS, *others, BARE, LAYERS])),
        checks=partial(checks, names),
        facts={
            "tasks": names,
            "seeds": seeds,
            "nulls": draws,
            "steps": {name: steps * task_of(name).longer for name in names},
            "wiring": str(config.wiring or "the worm's (celegans/varshney2011, chemical synapses)"),
            "needed": draws_needed(1),
            "parts": parts_of(brains),
        },
        arm_metrics=tuple(names),
    )


def told(names: Sequence[str], brains: Sequence[Brain], units: Units) -> dict[str, dict[str, np.ndarray]]:
    """What was measured → body → its values, [brain] (of the wiring alone: [seed])."""
    rows: dict[str, dict[str, np.ndarray]] = {}
    for name in names:
        parts = [units.load(f"{name}-{k}") for k in range(len(parts_of(brains)))]
        rows.setdefault("returns", {})[name] = np.concatenate([part["returns"] for part in parts])
        for key in (UNTAUGHT, *CONTROLS):
            own = [part[key] for part in parts if key in part]
            rows.setdefault(key, {})[name] = own[0] if own else np.zeros(0)
    return rows


def ranks(names: Sequence[str], brains: Sequence[Brain], units: Units) -> Trials:
    """The wiring, which is first, and the draws of its null: in deviations over all of them, so that which
    is real changes nothing in how it is judged.
    """
    returns = (rows := told(names, brains, units))["returns"]
    columns = {POOLED: pooled(returns, returns, rows[UNTAUGHT]), **returns}
    return Trials(
        {
            Trial(kind, 0, draw): {metric: float(values[k]) for metric, values in columns.items()}
            for k, (kind, draw) in enumerate(brains)
        }
    )


def by_seed(names: Sequence[str], brains: Sequence[Brain], units: Units) -> Trials:
    """Every arm by its seeds: in deviations over all taught brains."""
    rows = told(names, brains, units)
    every, arms = rows.pop("returns"), {}
    for kind in dict.fromkeys(kind for kind, _ in brains):
        at = [k for k, brain in enumerate(brains) if brain[0] == kind]
        arms[kind] = {name: values[at] for name, values in every.items()}
    n = len(arms[REAL][names[0]])
    for arm, own in rows.items():
        arms[arm] = {name: values[:n] for name, values in own.items()}
    return Trials.of({arm: {POOLED: pooled(own, every, rows[UNTAUGHT]), **own} for arm, own in arms.items()})


def claims(names: Sequence[str], arms: Sequence[str]) -> Iterator[Claim]:
    """The wiring against each other arm; and body by body, described and not judged."""
    for name in names:
        words = "one body of several, described: the pooled return is what is judged"
        yield Claim("rewirings", REAL, NULL, "nulls", name, picked=words)
    yield from (Claim("", REAL, arm, margin=MARGIN) for arm in arms)


def checks(names: Sequence[str], outcomes: Outcomes) -> list[Check]:
    """In every body the wiring learned something."""
    rows, trials = [], outcomes[""]
    for name in names:
        before, after = (float(trials.values(arm, name).mean()) for arm in (UNTAUGHT, REAL))
        best = max(float(trials.values(arm, name).max()) for arm in (REAL, BARE, LAYERS))
        went = (after - before) / (best - before) if best > before else 0.0
        words = f"{before:.1f} untaught, {after:.1f} taught, the best brain {best:.1f}"
        rows.append(Check(f"{name}: the wiring learns to act", went >= LEAST_GAIN, words))
    return rows


def answer(names: Sequence[str], outcomes: Outcomes, row: Row) -> str:
    """The pooled figure of the wiring, and returns body by body."""
    trials, among = outcomes[""], outcomes["rewirings"]
    shown = "; ".join(
        f"{name} {trials.arm(REAL, name).mean:.1f} (rewired {among.values(NULL, name).mean():.1f}, "
        f"layers {trials.arm(LAYERS, name).mean:.1f}, untaught {trials.arm(UNTAUGHT, name).mean:.1f})"
        for name in names
    )
    return (
        f"Pooled return of the wiring over {among.values(NULL, POOLED).size} rewired ones, in deviations: "
        f"{Points.of(row, digits=2)}. Returns: {shown}"
    )
