"""Methods, nights and sizes: what is run, compared and asked, fixed before the run."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
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

TABLE, FULL_SEEDS = "table", 5
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
SLEEP, CONTROLS = "sleep", ("awake", "shuffled", "noise", "no updates")
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
    """Tables, nights and sizes, or those of a user's own contexts. Raises UserError."""
    quick, own = config.quick, config.data is not None
    other = config.stream != "pictures"
    if other and (config.scenario != "domain" or config.permuted or own):
        raise UserError(
            "--stream: contexts share their classes, so add --scenario domain, and no other contexts"
        )
    if config.full and (quick or own or config.permuted or config.scenario != "class"):
        raise UserError("--full has all scenarios: leave out --scenario, --permuted, --data and --quick")
    if config.permuted and config.scenario != "domain":
        raise UserError("--permuted: contexts share their classes, so add --scenario domain")
    if not (quick or own or other):
        require_all("mnist")
    protocols = dict(tables(config))
    protocol = next(iter(protocols.values()))
    protocol.contexts((0,))  # what is wrong with them is said before the run
    about = matters(config)
    first = FIRST + 1_000 * config.seed
    seeds, nights = (2, 2) if quick else (FULL_SEEDS if config.full else config.seeds, config.night_seeds)
    names = {name: chosen(config, table) for name, table in protocols.items()}
    studies = [
        Study(
            name,
            partial(trial.learned, table, seeds),
            dict.fromkeys(names[name], 1),
            (first,),
            METRIC,
            about,
            20 * (5 if table.permuted else 1),
            by_seed,
        )
        for name, table in protocols.items()
    ]
    sized = config.scenario == "class" and not own
    layers = tuple(of_layer(protocol)) if sized else ()
    # what is least known comes first, for a run that is cut short
    slept = dict.fromkeys((SLEEP, "no updates", *layers[:1], *CONTROLS, *layers[1:], ALONE), 1)
    run = partial(trial.learned, protocol, nights)
    studies.append(Study("nights", run, slept, (first,), METRIC, about, 8, by_seed))
    if sized:
        sizes, run = dict.fromkeys(of_size(protocol), 1), partial(trial.learned, protocol, seeds)
        studies.append(Study("bytes", run, sizes, (first,), METRIC, about, 5, by_seed))
    if config.parts:
        studies = [s for s in studies if (s.name if s.name in ("nights", "bytes") else TABLE) in config.parts]
    published = not (quick or own or other)
    return Design(
        studies=tuple(studies),
        primary=tuple(Claim("nights", SLEEP, control, margin=MARGIN) for control in CONTROLS),
        sentences=SENTENCES,
        answer=answer,
        claims=tuple(claims(names, layers, protocol if sized else None)),
        gates=tuple(gates(protocols, names)) if published else (),
        checks=partial(checks, protocols),
        facts={
            "tables": {name: described(table) for name, table in protocols.items()},
            "sizes": [list(pair) for pair in pairs(protocol)] if sized else [],
        },
        arm_metrics=("R2 seen", "R2 never seen", "kB"),
    )


def tables(config: Config) -> Iterator[tuple[str, Protocol]]:
    """Studies of many methods by name: the one that is asked for, or (`full`) all."""
    usual = Protocol(
        config.scenario,
        config.permuted,
        small=config.quick,
        hidden=config.hidden or (100 if config.quick else 400),
        iterations=min(config.iterations, 60) if config.quick else config.iterations,
        batch=64 if config.quick else 128,
        folder="" if config.data is None else str(config.data),
        stream=config.stream,
    )
    often = replace(usual, scenario="domain", iterations=usual.iterations * 5 // 2)
    often = often if config.quick else replace(often, hidden=config.hidden or 1_000)
    yield TABLE, replace(often, permuted=config.permuted) if config.permuted else usual
    if config.full:
        yield "domain", replace(usual, scenario="domain")
        yield "task", replace(usual, scenario="task")
        yield "permuted", replace(often, permuted=10)


def chosen(config: Config, protocol: Protocol) -> tuple[str, ...]:
    """Methods in the order of the table. Raises UserError."""
    unable = {name for name, method in METHODS.items() if protocol.scenario not in method.scenarios}
    if config.methods == ("all",) or (config.full and not config.methods):
        every = (*USUAL, *(name for name in METHODS if name not in USUAL))
        return tuple(name for name in every if name not in unable)
    if unknown := sorted(set(config.methods) - set(METHODS)):
        raise UserError(f"--methods: expected all, or some of {', '.join(METHODS)}; got {', '.join(unknown)}")
    if cannot := sorted(unable & set(config.methods)):
        raise UserError(f"--methods: {', '.join(cannot)} cannot do the scenario {protocol.scenario}")
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
    yield from (BARE, kept, JOINT, most)


def of_size(protocol: Protocol) -> Iterator[str]:
    """Both of each pair."""
    for pair in pairs(protocol):
        yield from pair


def claims(
    names: Mapping[str, tuple[str, ...]], layers: tuple[str, ...], sized: Protocol | None
) -> Iterator[Claim]:
    """Beyond the primary ones."""
    for other in (ALONE, *layers):
        yield Claim("nights", SLEEP, other, margin=MARGIN)
    for table, own in names.items():
        for name in own:
            if name not in ("none", SLEEP) and "none" in own:
                yield Claim(table, name, "none", margin=MARGIN)
            if name != SLEEP and SLEEP in own:
                yield Claim(table, SLEEP, name, margin=MARGIN)
    for slept, replayed in pairs(sized) if sized else ():
        yield Claim("bytes", slept, replayed, margin=MARGIN)


def gates(protocols: Mapping[str, Protocol], names: Mapping[str, tuple[str, ...]]) -> Iterator[Gate]:
    """What was published, and what sleep must reach without a picture that can be had back."""
    for table, protocol in protocols.items():
        asked = PERMUTED if protocol.permuted else ASKED[protocol.scenario]
        yield from (
            Gate(table, name, at_least=least) for name, least in asked.items() if name in names[table]
        )
        if protocol.scenario == "class" and SLEEP in names[table]:
            yield Gate(table, SLEEP, "R2 had back", at_most=LEFT)


def answer(outcomes: Outcomes, row: Row) -> str:
    """How much is known at the end of each kind of night."""
    trials = outcomes["nights"]
    known = {arm: 100 * float(trials.values(arm, METRIC).mean()) for arm in trials.arms}
    kept = float(trials.values(SLEEP, "kB").mean())
    others = ", ".join(f"{arm} {known[arm]:.1f} %" for arm in (*CONTROLS, ALONE) if arm in known)
    effect, low, high = (100 * row[key] for key in ("effect_size", "ci_low", "ci_high"))
    return (
        f"After the last context {known[SLEEP]:.1f} % is right with nights on the gist ({kept:.0f} kB kept; "
        f"{others}). Over the strongest control {effect:+.1f} points [{low:+.1f}, {high:+.1f}]"
    )


def checks(protocols: Mapping[str, Protocol], outcomes: Outcomes) -> list[Check]:
    """Whether there is something to forget and something to know."""
    rows = []
    for name, protocol in protocols.items():
        table = outcomes.get(name, Trials({}))
        if {"none", "joint"} <= set(table.arms):
            low, high = (float(table.values(arm, METRIC).mean()) for arm in ("none", "joint"))
            words = f"{name}: without care much is forgotten"
            rows.append(Check(words, low < high - 0.1, f"{low:.3f}, joint {high:.3f}"))
        # of digits of 8 x 8 a generator is smaller than what 64 directions of each kind take
        if protocol.scenario == "class" and not protocol.small and {SLEEP, "BI-R"} <= set(table.arms):
            ours, theirs = (float(table.values(arm, "kB").mean()) for arm in (SLEEP, "BI-R"))
            words = f"{ours:.0f} kB, BI-R {theirs:.0f} kB"
            rows.append(Check("sleep keeps no more bytes than the generator of BI-R", ours <= theirs, words))
    return rows


def described(protocol: Protocol) -> str:
    """One sentence."""
    what = "Digits of 8 × 8" if protocol.small else "MNIST"
    parts = f"{what}, classes in groups"
    if protocol.permuted:
        parts = f"{what} in a frame of two pixels, {protocol.permuted} permutations"
    if protocol.stream != "pictures":
        parts = f"Contexts of {protocol.stream}"
    elif protocol.folder:
        parts = "Your contexts, in the order of their names"
    return (
        f"{parts}, scenario {protocol.scenario}; two hidden layers of {protocol.hidden}, "
        f"{protocol.iterations:,} batches of {protocol.batch} a context, Adam"
    )
