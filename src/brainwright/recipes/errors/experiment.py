"""Every kind of error beside random edits of as many synapses, fixed before the run."""

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import pairwise
from pathlib import Path

from brainwright.datasets import require_all, there
from brainwright.errors import UserError
from brainwright.evidence import FEWEST, Check, draws_needed
from brainwright.experiment import Claim, Design, Outcomes, Row, Study, matters
from brainwright.network.reservoir import Steps
from brainwright.runs import plain
from brainwright.verdict import Verdict

from . import Config, trial
from .trial import (
    DOSE_AT,
    DOSES,
    FLOOR,
    INPUT,
    KEPT,
    LEVEL,
    MEASURES,
    MODELS,
    MOST,
    NULL,
    REAL,
    at,
    wiring_of,
)

LARVA = "larva/winding2023"
PRIMARY = "synapse deletion"
"""The commonest error of automatic reconstruction."""
MARGIN = 0.01
"""Largest difference between two doses that counts as none: one synapse in a hundred."""
RESERVOIR = "larva reservoir"
MARGINS = dict(zip(MEASURES.values(), (0.5, 0.05), strict=True))
"""Largest difference that counts as none, as in the recipe larva: half a step, 12 % of an error."""
SENTENCES: dict[Verdict, str] = {
    "supported": "Activity outlasts more missed synapses than random edits.",
    "no difference": "A missed synapse does as much harm to activity as a random edit.",
    "against": "A missed synapse does more harm to activity than a random edit.",
    "cannot tell": "This run cannot tell whether missed synapses harm activity as random edits do.",
}


def design(config: Config) -> Design:
    """Two studies for each wiring: errors in doses, and what degrees alone hold. Raises UserError."""
    names = chosen(config)
    seeds = tuple(10_000 * config.seed + k for k in range(3 if config.quick else config.seeds))
    trials = 1 if config.quick else config.trials
    cells = min(config.fly_cells, 2_000) if config.quick else config.fly_cells
    if config.wiring and any(trial.activity_of(names[0], seed, cells, trials).silent for seed in seeds):
        raise UserError(
            f"--wiring: expected cells that answer the driven ones, got none in {config.wiring}: errors have "
            'no activity to harm; drive more (with_pool("sensory", ...), then save, and name the folder)'
        )
    models, doses = asked(config)
    settings = {"doses": doses, "weight_mV": trial.WEIGHT_MV, "rate_hz": trial.RATE_HZ}
    settings |= {"duration_s": trial.DURATION_S, "trials": trials, "fly_cells": cells}
    studies = []
    for name in names:
        about = settings | {"wiring": matters(config)["wiring"] or name}
        arms, title = dict.fromkeys(models, 1), label(name)
        size = {"worm": 1, "larva": 30, "fly": cells / 100}.get(name, 10)
        run = partial(trial.correlations, name, cells, trials, doses)
        studies.append(Study(title, run, arms, seeds, DOSE_AT, about, size))
        alone = partial(trial.degrees_alone, name, cells, trials)
        if not config.errors:
            studies.append(Study(f"{title} null", alone, {NULL: 1}, seeds, KEPT, about, size / 20))
    first, shown = label(names[0]), {label(name): facts(name, seeds[0], cells) for name in names}
    notes = () if config.wiring is None else wiring_of(names[0], seeds[0], cells).source.notes
    if "larva" in names:
        studies.append(reservoir(config, models, seeds))
    return Design(
        studies=tuple(studies),
        primary=Claim(first, PRIMARY, FLOOR, margin=MARGIN),
        sentences=SENTENCES,
        answer=partial(answer, first),
        claims=(*claims([label(name) for name in names], models), *reservoir_claims(models)),
        checks=checks,
        facts={"wirings": shown, "trials": trials, "doses": doses, "notes": notes},
        arm_metrics=tuple(at(dose) for dose in doses),
    )


def asked(config: Config) -> tuple[tuple[str, ...], tuple[float, ...]]:
    """Kinds of errors and doses. Raises UserError."""
    models, doses = config.errors or tuple(MODELS), config.doses or DOSES
    if PRIMARY not in models or not set(models) <= set(MODELS):
        known = ", ".join(f'"{name}"' for name in MODELS)
        raise UserError(f'--errors: expected "{PRIMARY}" and more of {known}, got {", ".join(models)}')
    most = min(MOST.get(name, 1.0) for name in models)
    if not all(low < dose <= 1 for low, dose in pairwise((0.0, *doses))) or doses[0] > most:
        raise UserError(f"--doses: expected growing shares of 0 to 1, the first to {most:g}, got {doses}")
    return tuple(name for name in MODELS if name in (*models, FLOOR)), doses


def reservoir(config: Config, models: tuple[str, ...], seeds: tuple[int, ...]) -> Study:
    """The larva as a reservoir at one dose, beside as many rewired wirings as a verdict needs."""
    steps, draws = (Steps(50, 200, 100), 4) if config.quick else (Steps(), draws_needed(1))
    arms = {REAL: 1, **dict.fromkeys(models, 1), NULL: draws}
    settings = {"dose": trial.RESERVOIR_DOSE, "steps": plain(steps)}
    few = seeds[:FEWEST]  # each rewired wiring is asked with all of them
    return Study(RESERVOIR, partial(trial.remembered, steps), arms, few, MEASURES["memory"], settings, 60)


def claims(names: Sequence[str], models: tuple[str, ...]) -> Iterator[Claim]:
    """Every error against random edits, but for the primary claim."""
    for name in names:
        rest = (arm for arm in models if arm != FLOOR and (name, arm) != (names[0], PRIMARY))
        yield from (Claim(name, arm, FLOOR, margin=MARGIN) for arm in rest)


def reservoir_claims(models: tuple[str, ...]) -> Iterator[Claim]:
    """Each wiring within the degree null, and each error against the unperturbed wiring."""
    for measure, margin in MARGINS.items():
        yield from (Claim(RESERVOIR, arm, NULL, "nulls", measure, margin) for arm in (REAL, *models))
        yield from (Claim(RESERVOIR, arm, REAL, "difference", measure, margin) for arm in models)


def chosen(config: Config) -> tuple[str, ...]:
    """The wirings that were asked for, or all whose files are here but the made-up one. Raises UserError."""
    if config.wiring is not None:
        return (str(config.wiring),)
    if unknown := sorted(set(config.wirings) - set(INPUT)):
        raise UserError(f"--wirings: expected some of {', '.join(INPUT)}, got {', '.join(unknown)}")
    if "larva" in config.wirings:
        require_all(LARVA)
    usual = ("worm", "larva") if there(LARVA) and not config.quick else ("worm",)
    return tuple(dict.fromkeys(config.wirings)) or usual


def label(name: str) -> str:
    """What a wiring is called: a file of the user's own by its name."""
    return name if name in INPUT else f"own {Path(name).name.split('.')[0]}"


def answer(name: str, outcomes: Outcomes, row: Row) -> str:
    """The figures of the primary claim, and of the other errors beside them."""
    trials = outcomes[name]
    percent = {arm: 100 * float(trials.values(arm, DOSE_AT).mean()) for arm in trials.arms}
    low, high = 100 * row["ci_low"], 100 * row["ci_high"]
    more = ", ".join(f"{arm} {percent[arm]:.1f} %" for arm in percent if arm not in (PRIMARY, FLOOR))
    return (
        f"{name}: the ranks of activity fall to a correlation of {LEVEL:g} once {percent[PRIMARY]:.1f} % of "
        f"the synapses are missed, or {percent[FLOOR]:.1f} % put elsewhere at random: "
        f"{100 * row['effect_size']:+.1f} points [{low:+.1f}, {high:+.1f}].{more and f' Others: {more}'}"
    )


def checks(outcomes: Outcomes) -> list[Check]:
    """Whether there was something to lose, and whether the doses reached far enough."""
    rows = []
    for name, trials in outcomes.items():
        if name.endswith(" null"):
            kept = float(trials.values(NULL, KEPT).mean())
            words = "" if kept < LEVEL else ": no effect to lose, since degrees alone hold the ranks"
            said = f"{name.removesuffix(' null')}: ranks of activity need more than degrees"
            rows.append(Check(said, kept < LEVEL, f"{kept:.2f}{words}"))
        elif name != RESERVOIR:
            late = {arm: trials.values(arm, "not reached") for arm in trials.arms}
            detail = ", ".join(f"{arm}: {n.sum():.0f} of {n.size}" for arm, n in late.items() if n.any())
            words = detail and f"{detail} above it at the largest dose, which stands for theirs"
            rows.append(Check(f"{name}: every correlation fell to {LEVEL:g}", not detail, words))
    return rows


def facts(name: str, seed: int, fly_cells: int) -> dict[str, str | float]:
    """What the page must know of a wiring."""
    wiring = wiring_of(name, seed, fly_cells)
    about = {"cells": wiring.n_cells, "synapses": wiring.n_synapses, "source": wiring.source.name}
    return about | {"input": INPUT.get(name, trial.OWN_INPUT)}
