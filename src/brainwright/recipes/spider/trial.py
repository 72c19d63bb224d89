"""A block of worlds: minds grow up in them, learn what matters, and go through the suite."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor

from brainwright.experiment.trials import Trial, Trials
from brainwright.loop.thoughts import Inferred, Minds, Thinkers, experience, grown_up
from brainwright.loop.thoughts.carried_over import left_out, transfer, two_hops
from brainwright.loop.thoughts.conditioning import ACQUIRED, UNPAIRED, conditioning
from brainwright.loop.thoughts.lessons import CHANNELS, Said, at_random, steering_phase
from brainwright.loop.thoughts.wanted import critics, devaluation, planning
from brainwright.steering import Assessors, Delta, Hebb, conditioned, growth, read_conditioning
from brainwright.steering.conditioning import scores_of
from brainwright.world.naming import N_INPUTS, NOISE, NamingWorld

from . import lineup

LEARNS = (0.2, 0.5)
"""Rate of all assessors, and floor of |c|²: without one, noise in blank steps overwrites what is known."""
PASSES = 3
"""Over the things that matter."""


@dataclass(frozen=True)
class Size:
    """How large a block is.

    Attributes:
        worlds: side by side.
        updates: of the networks.
        inferred: of the any-subset models.
        acquired, unpaired, sightings: trials of conditioning, of extinction, of the steering phase.
    """

    worlds: int = 5
    updates: int = 2500
    inferred: int = 1000
    acquired: int = ACQUIRED
    unpaired: int = UNPAIRED
    sightings: int = 6


def block(size: Size, offset: int, arm: str, number: int, draw: int) -> Mapping[str, float]:
    """Every arm in every world of a block: "world/arm/metric"."""
    torch.set_num_threads(1)
    seeds = [offset + size.worlds * number + k for k in range(size.worlds)]
    worlds = [NamingWorld(seed) for seed in seeds]
    rows: dict[str, dict[str, Tensor]] = {}
    for name, minds in grown(worlds, size).items():
        rows |= asked(name, minds, size)
    return {
        f"{seed}/{arm}/{metric}": float(values[k])
        for k, seed in enumerate(seeds)
        for arm, metrics in rows.items()
        for metric, values in metrics.items()
    }


def grown(worlds: list[NamingWorld], size: Size) -> dict[str, Minds]:
    """The minds of every arm."""
    seeds, n = [world.seed for world in worlds], len(worlds)
    bank = experience(worlds, (("any", False), ("any", True), ("never first", False)))
    taught = grown_up(bank, seeds * 3, size.updates)
    true, shuffled, late = (taught.of(slice(k * n, (k + 1) * n)) for k in range(3))
    minds = {arm: Minds(worlds, true, *read) for arm, read in lineup.READ.items()}
    others = {lineup.SHUFFLED: shuffled, lineup.LATE: late, lineup.UNTAUGHT: Thinkers.drawn(seeds, N_INPUTS)}
    minds |= {arm: Minds(worlds, thinkers, *lineup.READ[lineup.MAIN]) for arm, thinkers in others.items()}
    noisy = bank + NOISE * torch.randn(bank.shape, generator=torch.Generator().manual_seed(seeds[0]))
    parts = {lineup.INFERRED: noisy[:n], lineup.LATE_INFERRED: noisy[2 * n :]}
    models = Inferred.taught([*torch.cat([*parts.values()]).numpy()], seeds * 2, size.inferred)
    for number, arm in enumerate(parts):
        minds[arm] = Minds(worlds, true, lineup.MAIN, 1, models[number * n : (number + 1) * n])
    return minds


def asked(name: str, minds: Minds, size: Size) -> dict[str, dict[str, Tensor]]:
    """One mind of each world goes through the suite: arm → metric → [world]."""
    assessors = Assessors(CHANNELS, predictor=Delta(*LEARNS))
    phase = steering_phase(minds, size.sightings)
    state = assessors.learn(phase, passes=PASSES)
    said = Said(minds, assessors, state)
    metrics = transfer(said.names, said.objects, 0) | two_hops(said)
    metrics |= devaluation(said) | planning(said, veto=True)
    metrics["growth of the loop"] = growth(assessors, phase, state)[:, 0]
    if name in lineup.DRILLED:
        metrics |= conditioning(minds, Delta(*LEARNS), size.acquired, size.unpaired)
    rows = {name: metrics}
    if name == lineup.MAIN:
        rows[lineup.SUMMED] = transfer(-said.names, -said.objects, 2) | planning(said, channel=4)
        rows[lineup.NO_VETO] = planning(said)
        strange = Said(replace(minds, worlds=[w.renamed() for w in minds.worlds]), assessors, state)
        rows[lineup.STRANGE] = transfer(strange.names, strange.objects, 0)
        chance = assessors.learn(at_random(minds, phase, size.sightings), passes=PASSES)
        drawn = Said(minds, assessors, chance)
        rows[lineup.CHANCE] = transfer(drawn.names, drawn.objects, 0)
        rows |= critics(said, phase)
        hebbian = replace(assessors, predictor=Hebb(*LEARNS), mode="override")
        drilled = Said(minds, hebbian, hebbian.learn(phase, passes=PASSES))
        rows[lineup.HEBB] = transfer(drilled.names, drilled.objects, 0) | conditioning(
            minds, Hebb(), size.acquired, size.unpaired
        )
        rows[lineup.MAIN] |= {"bound, a kind left out": left_out(said)}
    return rows


def apart(trials: Trials) -> Trials:
    """From blocks to worlds: each is a unit of every arm. What an arm is about is its `lineup.SCORE`."""
    rows: dict[Trial, dict[str, float]] = {}
    for metrics in trials.metrics.values():
        for key, value in metrics.items():
            seed, arm, metric = key.split("/", 2)
            rows.setdefault(Trial(arm, int(seed), 0), {})[metric] = value
    for row in rows.values():
        row[lineup.SCORE] = next((row[name] for name in lineup.ABOUT if name in row), 0.0)
    return Trials(rows)


def own(path: Path, arm: str, seed: int, draw: int) -> Mapping[str, float]:
    """One rule on a table of one's own: "subject/rule/score"."""
    table = read_conditioning(path)
    scores = scores_of(conditioned(table, Hebb() if arm == lineup.HEBB else Delta()))
    return {f"{k}/{arm}/{name}": float(v) for name, values in scores.items() for k, v in enumerate(values)}
