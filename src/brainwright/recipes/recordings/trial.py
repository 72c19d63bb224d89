"""Trials: a forecaster on every recording of a set, the priors on a worm's partners, units never seen."""

from collections.abc import Callable
from functools import cache

import numpy as np

from brainwright.connectome import Connectome
from brainwright.datasets import recordings
from brainwright.emulator.fitted import BLAND, of_fitted
from brainwright.emulator.forecast import (
    LINEAR,
    Fitted,
    Pool,
    RecordingFile,
    RecordingSet,
    co_smoothing,
    fit_network,
    linear_scores,
    network_scores,
    partner_scores,
    questions_of,
    with_dynamics,
)

MODEL = "file "
"""Before the names of a model's files among the arrays of a trial."""


def forecast(
    records: RecordingSet, offset: int, arm: str, seed: int, draw: int
) -> dict[str, float | np.ndarray]:
    """Scores of an arm on a set: of each recording, and their mean. Networks are trained once a draw; the
    first emulator shows what it forecasts, with bands. The emulator of a user's own recording ends its
    training where `Emulator.fit` would, since nobody chose a number of updates for it.
    """
    if arm in LINEAR:
        return {**linear_scores(questions_of(records), arm)}
    own = isinstance(records.load, RecordingFile)
    pool = Pool.of(questions_of(records))
    fitted = fit_network(pool, arm, records.size, offset + draw, stop_early=own)
    scores = network_scores(fitted)
    if arm == "emulator" and draw == 0:
        kept = {**scores, **with_dynamics(fitted, records.size, offset + draw).shown()}
        return kept | model_files(records, fitted) if own else kept
    return {**scores}


def model_files(records: RecordingSet, fitted: Fitted) -> dict[str, np.ndarray]:
    """The emulator of the user's own recording as the bytes of its files, by name."""
    (whole,) = records.load().values()
    plain = {name: linear_scores(questions_of(records), name)["skill"] for name in BLAND}
    files = of_fitted(fitted, whole, plain).files()
    return {f"{MODEL}{name}": np.frombuffer(data, np.uint8) for name, data in files.items()}


@cache
def cook() -> Connectome:
    """The hermaphrodite's chemical synapses and gap junctions."""
    return Connectome.load("celegans/cook2019")


def partners(
    records: RecordingSet,
    wiring: Callable[[], Connectome],
    offset: int,
    base: str,
    n_draws: int,
    arm: str,
    seed: int,
    draw: int,
) -> dict[str, float]:
    """Scores of every prior on a worm's partners and of every rewiring. They share a trial because the
    emulator that they are added to costs more than all of them.

    Args:
        records: of worms.
        wiring: gives who synapses onto whom.
        offset: of training seeds.
        base: what partners are added to: "alone" (each neuron's own past) or "latents" (the emulator).
        n_draws: rewirings.
        arm, seed, draw: of the trial; the seed is that of the emulator.
    """
    asked, expected = questions_of(records), None
    if base == "latents":
        expected = fit_network(Pool.of(asked), "emulator", records.size, offset + seed).expected
    return partner_scores(asked, wiring(), n_draws, expected)


def unseen(offset: int, updates: int, arm: str, seed: int, draw: int) -> dict[str, float]:
    """co-bps of each stage of the BCI session, of a model trained on that stage."""
    scores = {
        f"skill@{name}": co_smoothing(whole, arm, seed=offset + seed, updates=updates)
        for name, whole in recordings.bci().items()
    }
    return {"skill": float(np.mean(list(scores.values()))), **scores}
