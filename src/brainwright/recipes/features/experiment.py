"""Arms, claims and gates of sparse features, fixed before the run."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import torch

from brainwright.emulator.features import FeaturePlan
from brainwright.evidence import Check, Gate
from brainwright.experiment import Claim, Design, Outcomes, Procedure, Row, Step, matters
from brainwright.loop.amplify import BEHIND_S, DIRECT_S, AmplifyWork
from brainwright.loop.amplify.targets import CORRELATED, LOOKUP, OTHER, OWN, PERMUTED, SILENT
from brainwright.loop.dishes.dishes import dish_seeds
from brainwright.loop.features.recordings import Source, culture, is_here, larva, own_file, worms
from brainwright.loop.features.steps import (
    EXPLAINED,
    KINDS,
    KNOWN,
    KNOWN_RIVALS,
    LIVE,
    MATCH,
    NESTED,
    PLAIN,
    RIVALS,
    SHIFTED,
    STABLE,
    TOPK,
    features_of,
    known_features,
    known_outcomes,
    set_outcomes,
)
from brainwright.report import Points
from brainwright.runs import Units
from brainwright.verdict import Verdict

from . import Config

FIRST_SEED, FIRST_DISH = 95_000, 480_000
"""Seeds below 100, and dishes below 10,000, chose the settings."""
BEHIND, MADE_UP, FILE = "behind direct spikes", "made-up activity", "own recording"
RISE_MARGIN, SHARE_MARGIN = 0.1, 0.02
"""What counts as nothing: deviations of a feature's activity; shares (of variance, of features, cosines,
probabilities).
"""
LIVE_AT_LEAST = 0.9
AMPLIFY_METRICS = ("rise", "others", "specific", "rank", "share", "elsewhere", "firing", "task")
SENTENCES: dict[Verdict, str] = {
    "supported": (
        "Stimulating a feature's channels raises it; those of another, or of permuted weights, less so."
    ),
    "no difference": "Stimulating a feature's channels raises it no more than other channels do.",
    "against": "Stimulating a feature's channels raises it less than other channels do.",
    "cannot tell": "This run cannot tell whether stimulating a feature's channels raises it.",
}
OWN_SENTENCES: dict[Verdict, str] = {
    "supported": "A few features explain more of this recording than of its units shifted in time.",
    "no difference": "A few features explain units shifted in time as well as this recording.",
    "against": "A few features explain less of this recording than of its units shifted in time.",
    "cannot tell": "This run cannot tell whether units of this recording go together in features.",
}


def design(config: Config) -> Design:
    """The causal test and what features are worth, or one's own recording alone. Raises UserError."""
    torch.set_num_threads(1)
    n, n_dishes = (2, 2) if config.quick else (config.seeds, config.dishes)
    seeds = tuple(FIRST_SEED + 1_000 * config.seed + k for k in range(n))
    sets = sources(config, seeds[0])
    about = matters(config, files=("data",))
    studies = [of_set(name, source, seeds, about) for name, source in sets.items()]
    if config.data is None:
        dishes = tuple(dish_seeds(FIRST_DISH, config.seed, n_dishes))
        short: dict[str, Any] = {"n_trials": 150, "n_targets": 3, "repeats": 3} if config.quick else {}
        works = {"": DIRECT_S, BEHIND: BEHIND_S}
        plan = FeaturePlan(n_features=32, k=4, batch=128, updates=60 if config.quick else 800)
        amplified = [amplify(name, AmplifyWork(dishes, window_s=window, plan=plan, **short), about)
                     for name, window in works.items()]  # fmt: skip
        studies = [*amplified, *studies, of_known(seeds, config.quick, about)]
    primary = tuple(Claim("", OWN, control, margin=RISE_MARGIN) for control in (OTHER, PERMUTED))
    if config.data is not None:
        primary = (Claim(FILE, TOPK, SHIFTED, margin=SHARE_MARGIN),)
    return Design(
        studies=tuple(studies),
        primary=primary,
        sentences=SENTENCES if config.data is None else OWN_SENTENCES,
        answer=answer if config.data is None else answer_of_file,
        claims=tuple(claims(sets, config.data is None)),
        gates=() if config.quick else tuple(gates(sets, config.data is None)),
        checks=lambda outcomes: checks(outcomes) if "" in outcomes else [],
        facts={"sets": {name: source.title for name, source in sets.items()}, "k": 4},
        arm_metrics=(*AMPLIFY_METRICS, EXPLAINED, LIVE, STABLE, MATCH),
    )


def sources(config: Config, seed: int) -> dict[str, Source]:
    """What is there: the user's file alone where it is given. Raises UserError."""
    plan = FeaturePlan(n_features=32, k=4, batch=128, updates=60 if config.quick else 600)
    if config.data is not None:
        load = partial(own_file, config.data, config.bin_s, config.array)
        load()  # a file that cannot be used is refused before anything runs
        return {FILE: Source(config.data.name, load, plan)}
    few = config.quick
    every = {
        "culture": Source(
            "A simulated culture: counts in the 20 ms after a cue, a random write, or nothing",
            partial(culture, FIRST_DISH + 999 + 1_000 * config.seed, 150 if few else 1_500),
            plan,
        ),
        "worm": Source("Freely moving worms, calcium, 0.6 s a frame", partial(worms, 1 if few else 4), plan),
        "larva": Source(
            "The larva's wiring as a spiking network: counts in 0.1 s, each time with half of a sense driven",
            partial(larva, seed, 420),
            replace(plan, updates=min(400, plan.updates)),
        ),
    }
    return {name: source for name, source in every.items() if is_here(name) and not (few and name == "larva")}


def amplify(name: str, work: AmplifyWork, about: dict) -> Procedure:
    """The causal test with features of one window."""
    return Procedure(
        name, tuple(work.steps()), work.outcomes, "rise", about, 10.0, partial(silent_saline, name)
    )


def of_set(name: str, source: Source, seeds: tuple[int, ...], about: dict) -> Procedure:
    """Autoencoders of the recordings of a set, a step for each kind."""
    steps = [Step(kind, partial(features_of, source.load, source.plan, seeds, kind), 1.0) for kind in KINDS]
    return Procedure(name, tuple(steps), set_outcomes, EXPLAINED, about, 20.0 if name == "larva" else 5.0)


def of_known(seeds: tuple[int, ...], quick: bool, about: dict) -> Procedure:
    """Autoencoders of activity whose features are known."""
    plan = replace(KNOWN, updates=60) if quick else KNOWN
    steps = [Step(kind, partial(known_features, seeds, plan, kind), 1.0) for kind in (TOPK, NESTED)]
    return Procedure(MADE_UP, tuple(steps), known_outcomes, MATCH, about, 5.0)


def claims(sets: dict[str, Source], amplified: bool) -> Iterator[Claim]:
    """Rivals without a pattern, what rose beside the feature, synapses alone, and components."""
    if amplified:
        yield from (Claim("", OWN, rival, margin=RISE_MARGIN) for rival in (CORRELATED, LOOKUP))
        yield from (Claim("", arm, OTHER, margin=RISE_MARGIN) for arm in (PERMUTED, CORRELATED, LOOKUP))
        for metric in ("specific", "others", "elsewhere", "firing", "task"):
            margin = SHARE_MARGIN if metric == "task" else 2.0 if metric == "firing" else RISE_MARGIN
            yield from (Claim("", OWN, c, metric=metric, margin=margin) for c in (OTHER, PERMUTED))
        yield Claim("", OWN, LOOKUP, metric="task", margin=SHARE_MARGIN)
        for arm, control in ((OWN, OTHER), (OWN, PERMUTED), (LOOKUP, OTHER), (OWN, LOOKUP)):
            yield Claim(BEHIND, arm, control, margin=RISE_MARGIN)
            yield Claim(BEHIND, arm, control, metric="task", margin=SHARE_MARGIN)
        for control in KNOWN_RIVALS:
            yield Claim(MADE_UP, TOPK, control, margin=SHARE_MARGIN)
    for name in sets:
        for control in (*RIVALS, *(() if name == FILE else (SHIFTED,))):
            yield Claim(name, TOPK, control, margin=SHARE_MARGIN)
        for control in (NESTED, PLAIN):
            yield Claim(name, TOPK, control, metric=LIVE, margin=SHARE_MARGIN)


def gates(sets: dict[str, Source], amplified: bool) -> Iterator[Gate]:
    """Nine of ten features live."""
    yield from (Gate(name, TOPK, LIVE, at_least=LIVE_AT_LEAST) for name in sets)
    if amplified:
        yield from (Gate(name, OWN, LIVE, at_least=LIVE_AT_LEAST) for name in ("", BEHIND))
        yield Gate(MADE_UP, TOPK, LIVE, at_least=LIVE_AT_LEAST)


def checks(outcomes: Outcomes) -> list[Check]:
    """Whether arms are as alike as they should be, and whether there is a task."""
    trials, rows = outcomes[""], []
    writing = [arm for arm in trials.arms if arm != SILENT]
    charge = np.stack([trials.values(arm, "charge_nC")[0] for arm in writing])
    apart = float(np.ptp(charge, axis=0).max())
    rows.append(Check("equal charge in all arms that write", apart < 1e-6, f"{charge.mean():.2f} nC a trial"))
    named = float(trials.values(OWN, "cues named").mean())
    rows.append(
        Check("the readout names the cues", named > 0.5, f"{named:.2f} of unseen trials, chance 0.25")
    )
    still = float(abs(trials.values(SILENT, "rise").mean()))
    rows.append(Check("silence raises nothing", still < RISE_MARGIN, f"{still:.3f} deviations"))
    return rows


def silent_saline(name: str, units: Units) -> list[Check]:
    """Whether what is counted holds artifacts."""
    most = int(units.load("saline")["counts"].max())
    said = name or "window of direct spikes"
    return [Check(f"{said}: saline says nothing", most == 0, f"{most} detections at most in a dish")]


def answer(outcomes: Outcomes, row: Row) -> str:
    """What rose by what, with direct spikes and behind them."""
    shown = []
    for name, words in {"": "direct spikes counted", BEHIND: "behind them"}.items():
        trials = outcomes[name]
        means = (f"{arm} {trials.values(arm, 'rise').mean():+.2f}" for arm in (OWN, OTHER, PERMUTED, LOOKUP))
        shown.append(f"{words}: {', '.join(means)}")
    away = outcomes[""].values(OWN, "elsewhere").mean()
    return (
        f"Rise in deviations of the feature, {'; '.join(shown)}. Own channels over {row['control']}: "
        f"{Points.of(row)}; without the stimulated channels themselves the rise is {away:+.2f}"
    )


def answer_of_file(outcomes: Outcomes, row: Row) -> str:
    """Shares of variance, beside components."""
    trials = outcomes[FILE]
    means = (f"{arm} {trials.values(arm, EXPLAINED).mean():.2f}" for arm in trials.arms)
    return f"Share of unseen variance explained by {row['n']} seeds: {', '.join(means)}"
