"""Arms, claims and gates of the worm, fixed before the run."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import torch

from brainwright.connectome import Connectome, nulls, signs
from brainwright.datasets import there
from brainwright.evidence import Check, Gate
from brainwright.experiment import Claim, Design, Outcomes, Procedure, Row, Step, matters
from brainwright.experiment.trials import Trial, Trials
from brainwright.loop import worms
from brainwright.loop.worms import CONTROLS, Plan
from brainwright.network import Network
from brainwright.report import Points
from brainwright.runs import Units
from brainwright.verdict import Verdict

from . import Config

FIRST_SEED = 44_000
"""Those below 100 chose the settings."""
REAL, REWIRED, RANDOM, LARVA = "the worm's wiring", "rewired", "random", "a fly larva's wiring"
BARE, LAYERS = "sensors and motors alone", "layers of equal size"
NO_GRADIENT, NOSE = CONTROLS[:2]
PLATE, TRAJECTORY = "plate index", "trajectory index"
MARGIN = 0.05
"""Of either index: less counts as nothing. A worm that is told nothing loses .1 of .8 in its first sweeps."""
WHOLE, SHORT, QUICK = Plan(), Plan(updates=80), Plan(12, 4, 21, worms=8, duration_s=50.0)
"""Of a run; of many rewired wirings and of small circuits (80 updates took one worm to .64, 160 to
.68); of a quick look."""
N_TRACKS = 12
SENTENCES: dict[Verdict, str] = {
    "supported": "Worms with the worm's wiring follow the smell: without a gradient, or with another worm's "
    "nose, they do not.",
    "no difference": "Worms with the worm's wiring come no nearer than with no gradient or another's nose.",
    "against": "Worms with the worm's wiring come less near than with no gradient or another's nose.",
    "cannot tell": "This run cannot tell whether worms with the worm's wiring follow the smell.",
}


def design(config: Config) -> Design:
    """Three procedures: all brains, the wiring among rewired ones, the small circuit among random ones."""
    name = config.wiring or default()
    seeds, draws, circuits = (2, 3, 2) if config.quick else (config.seeds, config.nulls, config.circuits)
    plan, first = QUICK if config.quick else WHOLE, FIRST_SEED + 1_000 * config.seed
    about = {**matters(config), "wiring": name}
    kinds = (REAL, REWIRED, RANDOM, *([LARVA] if there("larva/winding2023") else []), BARE)
    steps = (
        Step("taught", partial(wirings, name, kinds, seeds, plan, first), 3.0, "wirings learn"),
        Step("layers", partial(layers, seeds, plan, first), 1.0, "layers learn"),
    )
    studies = [Procedure("", steps, partial(outcomes, kinds, seeds), TRAJECTORY, about, 4.0)]
    plan = plan if config.quick else SHORT
    if circuits:
        step = Step(
            "taught", partial(small, name, circuits, config.starts, plan, first), 1.0, "circuits learn"
        )
        studies.append(Procedure("circuits", (step,), ranks, TRAJECTORY, about, 1.0))
    if draws:
        step = Step("taught", partial(ranked, name, draws, plan, first), 1.0, "rewired wirings learn")
        studies.append(Procedure("rewirings", (step,), ranks, TRAJECTORY, about, 3.0))
    return Design(
        studies=tuple(studies),
        primary=tuple(Claim("", REAL, control, margin=MARGIN) for control in (NO_GRADIENT, NOSE)),
        sentences=SENTENCES,
        answer=answer,
        claims=tuple(claims((*kinds, *CONTROLS, LAYERS))),
        gates=() if config.quick else gates(),
        checks=checks,
        facts={"wiring": name, "seeds": seeds, "nulls": draws, "circuits": circuits},
        extra=extra,
        arm_metrics=(PLATE,),
    )


def default() -> str:
    """All 302 cells where they are here."""
    return "celegans/cook2019" if there("celegans/cook2019") else "celegans/varshney2011"


def of_worm(name: str) -> Connectome:
    """Chemical synapses with the signs of transmitters; a cell without a known one excites."""
    worm = Connectome.load(name).of_kind("chemical")
    return worm.signed(signs.ByTransmitter("worm", unknown=1.0))


def wirings(
    name: str,
    kinds: Sequence[str],
    seeds: int,
    plan: Plan,
    first: int,
    units: Units,
    share: Callable[..., None],
) -> Mapping[str, np.ndarray]:
    """All brains that have a wiring, in one tensor [kind * seed], and the same with parts taken away."""
    worm, networks = of_worm(name), []
    for kind in kinds:
        networks += [of_kind(kind, worm, first + k) for k in range(seeds)]
    policy, paid = learned(networks, plan, [*range(seeds)] * len(kinds), first, share)
    whole = worms.lived(policy, plan, first)
    without = worms.controls(policy, plan, first, whole)
    parts = {"paid": paid, **indices("", whole), "tracks": whole.tracks[:, :N_TRACKS, ::seeds]}
    for control, left in without.items():
        parts |= indices(control, left) | {f"{control}/tracks": left.tracks[:, :N_TRACKS, 0]}
    return parts


def of_kind(kind: str, worm: Connectome, seed: int) -> Network:
    """One brain of a kind; its graph is drawn by the seed."""
    if kind == REWIRED:
        return worms.wired(nulls.degree_preserving(worm, seed=seed))
    if kind == RANDOM:
        return worms.wired(nulls.erdos_renyi(worm, seed=seed))
    if kind == LARVA:
        return worms.wired(*worms.cropped(Connectome.load("larva/winding2023"), worm, seed))
    if kind == BARE:
        return worms.bare()
    return worms.wired(worm)


def learned(
    networks: Sequence[Network],
    plan: Plan,
    series: Sequence[int],
    first: int,
    share: Callable[..., None],
) -> tuple[Any, np.ndarray]:
    """Brains that were taught, and what each was paid."""
    torch.set_num_threads(1)
    return worms.taught(networks, plan, series, first, lambda done: share(0.8 * done))


def layers(
    seeds: int, plan: Plan, first: int, units: Units, share: Callable[..., None]
) -> Mapping[str, np.ndarray]:
    """Brains without a wiring."""
    networks = [worms.layers(first + k) for k in range(seeds)]
    policy, paid = learned(networks, plan, range(seeds), first, share)
    return {"paid": paid, **indices("", worms.lived(policy, plan, first))}


def ranked(
    name: str, draws: int, plan: Plan, first: int, units: Units, share: Callable[..., None]
) -> Mapping[str, np.ndarray]:
    """The real wiring and every rewired one, all with the same headings: [1 + draw]."""
    worm = of_worm(name)
    graphs = [worm, *(nulls.degree_preserving(worm, seed=first + 500 + k) for k in range(draws))]
    policy, paid = learned([worms.wired(graph) for graph in graphs], plan, [0] * len(graphs), first, share)
    return {"paid": paid, **indices("", worms.lived(policy, plan, first))}


def small(
    name: str, draws: int, starts: int, plan: Plan, first: int, units: Units, share: Callable[..., None]
) -> Mapping[str, np.ndarray]:
    """The small circuit and random ones, each by the best of its own searches: [1 + draw]."""
    real = worms.circuit(of_worm(name))
    graphs = [real, *(worms.random_circuit(real, first + 500 + k) for k in range(draws))]
    networks = [worms.searched(graph, first + k) for graph in graphs for k in range(starts)]
    policy, paid = learned(networks, plan, [0] * len(networks), first, share)
    lately = paid[-max(1, len(paid) // 10) :].mean(0).reshape(-1, starts)
    best = lately.argmax(1)
    each = indices("", worms.lived(policy, plan, first))
    chosen = {key: values.reshape(-1, starts)[np.arange(len(best)), best] for key, values in each.items()}
    return {**chosen, "cells": np.array(real.n_cells), "edges": np.array(real.n_edges)}


def indices(arm: str, lived: worms.Lived) -> dict[str, np.ndarray]:
    """Both indices of every brain, named as units."""
    return {f"{arm}/{PLATE}": lived.plate, f"{arm}/{TRAJECTORY}": lived.trajectory}


def outcomes(kinds: Sequence[str], seeds: int, units: Units) -> Trials:
    """Every arm by its brains, of which number k learned with the k-th headings."""
    told, rows = units.load("taught"), {}
    for metric in (PLATE, TRAJECTORY):
        for kind, values in zip(kinds, told[f"/{metric}"].reshape(len(kinds), seeds), strict=True):
            rows.setdefault(kind, {})[metric] = values
        for control in CONTROLS:
            rows.setdefault(control, {})[metric] = told[f"{control}/{metric}"][:seeds]
        rows.setdefault(LAYERS, {})[metric] = units.load("layers")[f"/{metric}"]
    return Trials.of(rows)


def ranks(units: Units) -> Trials:
    """The real graph, which is first, and the draws of its null."""
    told = units.load("taught")
    columns = {metric: told[f"/{metric}"] for metric in (PLATE, TRAJECTORY)}
    rows = [
        {metric: float(values[k]) for metric, values in columns.items()} for k in range(len(columns[PLATE]))
    ]
    return Trials({Trial("null" if k else "real", 0, max(0, k - 1)): row for k, row in enumerate(rows)})


def claims(arms: Sequence[str]) -> Iterator[Claim]:
    """Each control, each other brain, and the rank of the wiring."""
    for arm in arms[1:]:
        for metric in (TRAJECTORY, PLATE):
            if metric == PLATE or arm not in (NO_GRADIENT, NOSE):
                yield Claim("", REAL, arm, metric=metric, margin=MARGIN)
    yield Claim("rewirings", "real", "null", "nulls", margin=MARGIN)
    yield Claim(
        "circuits", "real", "null", "nulls", margin=MARGIN,
        picked="described by its percentile alone: each circuit had a search of its own",
    )  # fmt: skip


def gates() -> tuple[Gate, ...]:
    """A straight way to the peak is a trajectory index of .795."""
    return (
        Gate("", REAL, PLATE, at_least=0.8),
        Gate("", REAL, TRAJECTORY, at_least=0.7),
        Gate("", NO_GRADIENT, PLATE, at_least=-0.1, at_most=0.1),
        Gate("", NOSE, PLATE, at_least=-0.1, at_most=0.1),
    )


def checks(outcomes: Outcomes) -> list[Check]:
    """A worm whose brain is silent goes straight, to either side alike."""
    silent = float(np.abs(outcomes[""].values("brain silenced", PLATE)).max())
    return [Check("with a silent brain the plate index is about 0", silent <= 0.1, f"at most {silent:.2f}")]


def extra(outcomes: Outcomes, units: Units) -> dict[str, Any]:
    """Tracks for the film, what was paid while learning, and the size of the small circuit."""
    told = units.load("taught")
    tracks = {REAL: told["tracks"][:, :, 0]}
    tracks |= {control: told[f"{control}/tracks"] for control in (NO_GRADIENT, NOSE)}
    rows: dict[str, Any] = {"tracks": {name: np.round(values, 2) for name, values in tracks.items()}}
    rows["paid"] = told["paid"]
    if "circuits" in outcomes:
        circuit = units.below("circuits").load("taught")
        rows["circuit"] = {name: int(circuit[name]) for name in ("cells", "edges")}
    return rows


def answer(outcomes: Outcomes, row: Row) -> str:
    """Both indices of the worm, of the two controls, and of what else has the body."""
    trials = outcomes[""]

    def both(arm: str) -> str:
        return " and ".join(f"{trials.arm(arm, metric).mean:.2f}" for metric in (PLATE, TRAJECTORY))

    shown = "; ".join(f"{arm} {both(arm)}" for arm in trials.arms if arm not in CONTROLS[2:])
    return (
        f"Plate and trajectory index: {shown}. The weaker comparison, with {row['control']}: "
        f"{Points.of(row, digits=2)} of trajectory index"
    )
