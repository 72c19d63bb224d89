"""Methods, nights and sizes: what is run, compared and asked, fixed before the run."""

from collections.abc import Iterator
from functools import partial

from brainwright.datasets import require_all
from brainwright.errors import UserError
from brainwright.evidence import Check, Gate
from brainwright.experiment import Claim, Design, Outcomes, Row, Study, matters
from brainwright.experiment.trials import Trials
from brainwright.memory.methods import METHODS
from brainwright.objective.any_subset.known import by_seed
from brainwright.verdict import Verdict

from . import Config, trial
from .trial import ALONE, BARE, RANKS, Protocol

FIRST = 70_000
"""Seed of the first network; nothing was tuned on these."""
USUAL = (
    "none",
    "joint",
    "EWC",
    "SI",
    "ER",
    "sleep",
    "generative classifier",
    "BI-R",
    "DGR",
    "DER++",
    "kNN retrieval",
    "LwF",
)
"""Those of which a figure is asked first, so that a run which is cut short has them."""
SLEEP, CONTROLS = "sleep", ("awake", "shuffled", "noise")
JOINT = "joint, same layer"
METRIC, MARGIN = "average", 0.01
"""Accuracy over contexts at the end; a point is the largest difference that counts as none."""
ASKED = {
    "class": {"joint": 0.975, "ER": 0.88, "BI-R": 0.93, "DGR": 0.88, SLEEP: 0.944},
    "domain": {"DGR": 0.95},
    "task": {"EWC": 0.985, "SI": 0.985},
}
"""Least accuracy on Split MNIST; published with 2,000 batches a context, and asked with fewer too."""
PERMUTED = {"EWC": 0.93, "SI": 0.94}
LEFT = 0.02
"""Largest R² of what was seen over what was never seen that counts as nothing had back."""
SENTENCES: dict[Verdict, str] = {
    "supported": "A night on the gist of earlier days keeps what was learned; without the gist it is lost.",
    "no difference": "A night on the gist of earlier days keeps no more than its controls.",
    "against": "A night on the gist of earlier days keeps less than its controls.",
    "cannot tell": "This run cannot tell whether a night on the gist of earlier days keeps what was learned.",
}


def design(config: Config) -> Design:
    """Three studies, or one of a user's own contexts. Raises UserError."""
    if config.permuted and config.scenario != "domain":
        raise UserError("--permuted: contexts share their classes, so add --scenario domain")
    names = chosen(config)
    quick, own = config.quick, config.data is not None
    if not (quick or own):
        require_all("mnist")
    protocol = Protocol(
        config.scenario,
        config.permuted,
        small=quick,
        hidden=100 if quick else 1_000 if config.permuted else 400,
        iterations=min(config.iterations, 60) if quick else config.iterations,
        batch=64 if quick else 128,
        folder=str(config.data) if own else "",
    )
    protocol.contexts((0,))  # what is wrong with them is said before the run
    about = matters(config)
    first = FIRST + 1_000 * config.seed
    seeds, nights = (2, 2) if quick else (config.seeds, config.night_seeds)
    table = partial(trial.learned, protocol, seeds)
    arms = dict.fromkeys(names, 1)
    sized = config.scenario == "class" and not own
    layers = tuple(of_layer(protocol)) if sized else ()
    # what is least known comes first, for a run that is cut short
    slept = dict.fromkeys((SLEEP, *layers, *CONTROLS, ALONE), 1)
    run = partial(trial.learned, protocol, nights)
    studies = [
        Study("nights", run, slept, (first,), METRIC, about, 4, by_seed),
        Study("table", table, arms, (first,), METRIC, about, 20, by_seed),
    ]
    if sized:
        sizes = dict.fromkeys(of_size(protocol), 1)
        studies.append(Study("bytes", table, sizes, (first,), METRIC, about, 5, by_seed))
    if config.parts:
        studies = [study for study in studies if study.name in config.parts]
    published = not quick and not own
    return Design(
        studies=tuple(studies),
        primary=tuple(Claim("nights", SLEEP, control, margin=MARGIN) for control in CONTROLS),
        sentences=SENTENCES,
        answer=answer,
        claims=tuple(claims(names, layers, protocol if sized else None)),
        gates=tuple(gates(config, names)) if published else (),
        checks=partial(checks, config.scenario),
        facts={
            "protocol": described(protocol),
            "scenario": config.scenario,
            "sizes": [list(pair) for pair in pairs(protocol)] if sized else [],
        },
        arm_metrics=("R2 seen", "R2 never seen", "kB"),
    )


def chosen(config: Config) -> tuple[str, ...]:
    """Methods in the order of the table. Raises UserError."""
    if config.methods == ("all",):
        return (*USUAL, *(name for name in METHODS if name not in USUAL))
    if unknown := sorted(set(config.methods) - set(METHODS)):
        raise UserError(f"--methods: expected all, or some of {', '.join(METHODS)}; got {', '.join(unknown)}")
    return tuple(dict.fromkeys(config.methods)) or USUAL


def pairs(protocol: Protocol) -> Iterator[tuple[str, str]]:
    """Sleep and replay of as many bytes."""
    for rank in RANKS:
        yield f"{SLEEP}, rank {rank}", f"ER, {trial.equal_bytes(protocol, rank)} a class"


def of_layer(protocol: Protocol) -> Iterator[str]:
    """Is it sleep, or the layer? The layer without its patches; and replay of as many bytes behind the same
    layer, as are kept in the end, and as there are at most by day; and everything kept.
    """
    kept, most = (
        f"ER, same layer, {trial.equal_bytes(protocol, RANKS[1], behind=True, by_day=by_day)} a class"
        for by_day in (False, True)
    )
    yield from (kept, JOINT, BARE, most)


def of_size(protocol: Protocol) -> Iterator[str]:
    """Both of each pair."""
    for pair in pairs(protocol):
        yield from pair


def claims(names: tuple[str, ...], layers: tuple[str, ...], sized: Protocol | None) -> Iterator[Claim]:
    """Beyond the primary ones."""
    for other in (ALONE, *layers):
        yield Claim("nights", SLEEP, other, margin=MARGIN)
    for name in names:
        if name not in ("none", SLEEP) and "none" in names:
            yield Claim("table", name, "none", margin=MARGIN)
        if name != SLEEP and SLEEP in names:
            yield Claim("table", SLEEP, name, margin=MARGIN)
    for slept, replayed in pairs(sized) if sized else ():
        yield Claim("bytes", slept, replayed, margin=MARGIN)


def gates(config: Config, names: tuple[str, ...]) -> Iterator[Gate]:
    """What was published, and what sleep must reach without a picture that can be had back."""
    asked = PERMUTED if config.permuted else ASKED[config.scenario]
    yield from (Gate("table", name, at_least=least) for name, least in asked.items() if name in names)
    if config.scenario == "class" and SLEEP in names:
        yield Gate("table", SLEEP, "R2 had back", at_most=LEFT)


def answer(outcomes: Outcomes, row: Row) -> str:
    """How much is known at the end of each kind of night."""
    trials = outcomes["nights"]
    known = {arm: 100 * float(trials.values(arm, METRIC).mean()) for arm in trials.arms}
    kept = float(trials.values(SLEEP, "kB").mean())
    others = ", ".join(f"{arm} {known[arm]:.1f} %" for arm in trials.arms if arm != SLEEP)
    effect, low, high = (100 * row[key] for key in ("effect_size", "ci_low", "ci_high"))
    return (
        f"After the last context {known[SLEEP]:.1f} % is right with nights on the gist ({kept:.0f} kB kept; "
        f"{others}). Over the strongest control {effect:+.1f} points [{low:+.1f}, {high:+.1f}]"
    )


def checks(scenario: str, outcomes: Outcomes) -> list[Check]:
    """Whether there is something to forget and something to know."""
    table, rows = outcomes.get("table", Trials({})), []
    if {"none", "joint"} <= set(table.arms):
        low, high = (float(table.values(arm, METRIC).mean()) for arm in ("none", "joint"))
        rows.append(Check("without care much is forgotten", low < high - 0.1, f"{low:.3f}, joint {high:.3f}"))
    if scenario == "class" and {SLEEP, "BI-R"} <= set(table.arms):
        ours, theirs = (float(table.values(arm, "kB").mean()) for arm in (SLEEP, "BI-R"))
        words = f"{ours:.0f} kB, BI-R {theirs:.0f} kB"
        rows.append(Check("sleep keeps no more bytes than the generator of BI-R", ours <= theirs, words))
    return rows


def described(protocol: Protocol) -> str:
    """One sentence."""
    what = "Your contexts" if protocol.folder else "Digits of 8 × 8" if protocol.small else "MNIST"
    parts = f"{protocol.permuted} permutations" if protocol.permuted else "classes in groups"
    return (
        f"{what}, {parts if not protocol.folder else 'in the order of their names'}, scenario "
        f"{protocol.scenario}; two hidden layers of {protocol.hidden}, {protocol.iterations:,} batches of "
        f"{protocol.batch} a context, Adam"
    )
