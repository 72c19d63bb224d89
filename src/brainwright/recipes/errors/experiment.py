"""Every kind of error beside random edits of as many synapses, fixed before the run."""

from functools import partial

from brainwright.datasets import require_all, there
from brainwright.errors import UserError
from brainwright.evidence import Check
from brainwright.experiment import Claim, Design, Outcomes, Row, Study
from brainwright.verdict import Verdict

from . import Config
from .trial import (
    DOSE_AT,
    DOSES,
    DURATION_S,
    FLOOR,
    INPUT,
    KEPT,
    LEVEL,
    MODELS,
    RATE_HZ,
    WEIGHT_MV,
    at,
    correlations,
    degrees_alone,
    wiring_of,
)

LARVA = "larva/winding2023"
PRIMARY = "synapse deletion"
"""The commonest error of automatic reconstruction."""
MARGIN = 0.01
"""Largest difference between two doses that counts as none: one synapse in a hundred."""
NULL = "degrees kept"
SENTENCES: dict[Verdict, str] = {
    "supported": "Activity outlasts more missed synapses than random edits.",
    "no difference": "A missed synapse does as much harm to activity as a random edit.",
    "against": "A missed synapse does more harm to activity than a random edit.",
    "cannot tell": "This run cannot tell whether missed synapses do another harm to activity than random edits.",
}


def design(config: Config) -> Design:
    """Two studies for each wiring: errors in doses, and what degrees alone hold. Raises UserError."""
    names = chosen(config)
    seeds = tuple(10_000 * config.seed + k for k in range(3 if config.quick else config.seeds))
    trials = 1 if config.quick else config.trials
    cells = min(config.fly_cells, 4_000) if config.quick else config.fly_cells
    settings = {"doses": DOSES, "weight_mV": WEIGHT_MV, "rate_hz": RATE_HZ, "duration_s": DURATION_S}
    settings |= {"trials": trials, "fly_cells": cells}
    studies = []
    for name in names:
        arms, about = dict.fromkeys(MODELS, 1), settings | {"wiring": name}
        size = {"worm": 1, "larva": 30, "fly": cells / 100}[name]
        run = partial(correlations, name, cells, trials)
        studies.append(Study(name, run, arms, seeds, DOSE_AT, about, size))
        alone = partial(degrees_alone, name, cells, trials)
        studies.append(Study(f"{name} null", alone, {NULL: 1}, seeds, KEPT, about, size / 20))
    first = names[0]
    return Design(
        studies=tuple(studies),
        primary=Claim(first, PRIMARY, FLOOR, margin=MARGIN),
        sentences=SENTENCES,
        answer=partial(answer, first),
        claims=tuple(
            Claim(name, arm, FLOOR, margin=MARGIN)
            for name in names
            for arm in MODELS
            if arm != FLOOR and (name, arm) != (first, PRIMARY)
        ),
        checks=checks,
        facts={"wirings": {name: facts(name, seeds[0], cells) for name in names}, "trials": trials},
        arm_metrics=tuple(at(dose) for dose in DOSES),
    )


def chosen(config: Config) -> tuple[str, ...]:
    """The wirings that were asked for, or all whose files are here but the made-up one. Raises UserError."""
    if unknown := sorted(set(config.wirings) - set(INPUT)):
        raise UserError(f"--wirings: expected some of {', '.join(INPUT)}, got {', '.join(unknown)}")
    if "larva" in config.wirings:
        require_all(LARVA)
    usual = ("worm", "larva") if there(LARVA) and not config.quick else ("worm",)
    return tuple(dict.fromkeys(config.wirings)) or usual


def answer(name: str, outcomes: Outcomes, row: Row) -> str:
    """The figures of the primary claim, and of the other errors beside them."""
    trials = outcomes[name]
    percent = {arm: 100 * float(trials.values(arm, DOSE_AT).mean()) for arm in trials.arms}
    low, high = 100 * row["ci_low"], 100 * row["ci_high"]
    others = ", ".join(f"{arm} {percent[arm]:.1f} %" for arm in MODELS if arm not in (PRIMARY, FLOOR))
    return (
        f"{name}: the ranks of activity fall to a correlation of {LEVEL:g} once {percent[PRIMARY]:.1f} % of "
        f"the synapses are missed, or {percent[FLOOR]:.1f} % put elsewhere at random: "
        f"{100 * row['effect_size']:+.1f} points [{low:+.1f}, {high:+.1f}]. Others: {others}"
    )


def checks(outcomes: Outcomes) -> list[Check]:
    """Whether there was something to lose, and whether the doses reached far enough."""
    rows = []
    for name, trials in outcomes.items():
        if name.endswith(" null"):
            kept = float(trials.values(NULL, KEPT).mean())
            words = "" if kept < LEVEL else ": no effect to lose, since degrees alone hold the ranks"
            name_of = name.removesuffix(" null")
            rows.append(
                Check(
                    f"{name_of}: ranks of activity need more than degrees", kept < LEVEL, f"{kept:.2f}{words}"
                )
            )
            continue
        late = {arm: int(trials.values(arm, "not reached").sum()) for arm in trials.arms}
        detail = ", ".join(
            f"{arm}: {n} of {trials.values(arm, DOSE_AT).size}" for arm, n in late.items() if n
        )
        words = detail and f"{detail} above it at the largest dose, which stands for theirs"
        rows.append(Check(f"{name}: every correlation fell to {LEVEL:g}", not detail, words))
    return rows


def facts(name: str, seed: int, fly_cells: int) -> dict[str, str | int]:
    """What the page must know of a wiring."""
    wiring = wiring_of(name, seed, fly_cells)
    size = {"cells": wiring.n_cells, "synapses": wiring.n_synapses, "source": wiring.source.name}
    return size | {"input": INPUT[name]}
