"""Trials: a forecaster on every recording of a set, the priors on a worm's partners, units never seen."""

from functools import cache

import numpy as np

from brainwright.connectome import Connectome
from brainwright.datasets import recordings
from brainwright.emulator.forecast import (
    LINEAR,
    PRIORS,
    Drawn,
    Pool,
    co_smoothing,
    fit_network,
    linear_scores,
    moments,
    named,
    network_scores,
    prior_scores,
    with_dynamics,
)

from .sets import Set, questions

WIRING = "celegans/cook2019"
SHOWN_UNITS, SHOWN_PATHS = 4, 40
BAND_WINDOWS = 12
"""Test windows of each recording on which bands are judged."""


def forecast(kind: Set, offset: int, arm: str, seed: int, draw: int) -> dict[str, float | np.ndarray]:
    """Scores of an arm on a set: of each recording, and their mean. Networks are trained once a draw; the
    first emulator shows what it forecasts, with bands.
    """
    if arm in LINEAR:
        return {**linear_scores(questions(kind), arm)}
    fitted = fit_network(Pool.of(questions(kind)), arm, kind.size, offset + draw)
    scores: dict[str, float | np.ndarray] = {**network_scores(fitted)}
    if arm == "emulator" and draw == 0:
        scores |= shown(with_dynamics(fitted, kind.size, offset + draw))
    return scores


def shown(drawn: Drawn) -> dict[str, float | np.ndarray]:
    """How much of the test values the bands hold, and one test window of the first recording."""
    asked = drawn.fitted.pool.questions
    bands = [drawn.band(q, q.test[:: max(1, len(q.test) // BAND_WINDOWS)]) for q in asked]
    first, band = asked[0], bands[0]
    loud = np.sort(np.argsort(-np.nanstd(first.test, (0, 1)))[:SHOWN_UNITS])
    return {
        "coverage": float(np.mean(np.concatenate([each.inside for each in bands]))),
        "point": band.point[0][:, loud],
        "low": band.low[0][:, loud],
        "high": band.high[0][:, loud],
        "truth": first.test[0][:, loud],
        "smoothed": drawn.fitted.expected(first, first.test[:1])[0][:, loud],
        "units": np.array(first.unit_names)[loud],
        "latents": drawn.latents(first, first.test[:SHOWN_PATHS]),
    }


@cache
def wiring() -> Connectome:
    """The hermaphrodite's chemical synapses and gap junctions."""
    return Connectome.load(WIRING)


def partners(
    kind: Set, offset: int, base: str, n_draws: int, arm: str, seed: int, draw: int
) -> dict[str, float]:
    """Scores of every prior on a worm's partners and of every rewiring, `PRIOR/DRAW/METRIC`. They share a
    trial because what they are added to costs more than all of them.

    Args:
        kind: recordings of worms.
        offset: of training seeds.
        base: what partners are added to: "alone" (each neuron's own past) or "latents" (the emulator).
        n_draws: rewirings.
        arm, seed, draw: of the trial; the seed is that of the emulator.
    """
    asked, graph = questions(kind), wiring()
    names = named(asked, graph)
    fitted = fit_network(Pool.of(asked), "emulator", kind.size, offset + seed) if base == "latents" else None
    parts = {}
    for part in ("train", "validation", "test"):
        rows = [(question, getattr(question, part)) for question in asked]
        points = [
            np.zeros_like(x) if fitted is None else fitted.expected(q, x).astype(np.float32) for q, x in rows
        ]
        parts[part] = [moments(q, point, x, names) for (q, x), point in zip(rows, points, strict=True)]
    animals, scores = [question.name for question in asked], {}
    for prior in PRIORS:
        for k in range(n_draws if prior == "null" else 1):
            row = prior_scores(parts, graph, names, animals, prior, k)
            scores |= {f"{prior}/{k}/{metric}": value for metric, value in row.items()}
    return scores


def unseen(offset: int, updates: int, arm: str, seed: int, draw: int) -> dict[str, float]:
    """co-bps of each stage of the BCI session, of a model trained on that stage."""
    stages = recordings.bci()
    scores = {
        f"skill@{name}": co_smoothing(whole, arm, seed=offset + seed, updates=updates)
        for name, whole in stages.items()
    }
    return {"skill": float(np.mean(list(scores.values()))), **scores}
