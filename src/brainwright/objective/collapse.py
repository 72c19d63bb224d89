"""Guards: is a prediction of embeddings a success, or have the embeddings collapsed onto what is easy?

Skill grows as embeddings lose what is hard to predict, so no arm is ever ranked by its own loss or skill.
What tells is a fixed coordinate: how much of the raw next patch the prediction holds (`decoded_skill`), and
how many directions the embedding still has beside a random one (`participation`). The classic guards are
printed; only a total collapse makes them fire.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from brainwright.network import NetworkError
from brainwright.network.reservoir.ridge import ridge

from .next_embedding.parts import SMALLEST, cosine, covariance, rows

FEWEST_DIRECTIONS = 0.7
"""Participation ratio of an embedding beside that of the random one it began as, below which it counts as
collapsed in part. On tuning seeds 0 to 3 of digits, MNIST and spoken digits stop-gradient had 0.9 to 2.1,
without it 0.27 to 0.68; kept since.
"""
LOWEST_RATE = 0.67
"""Coding rate of an embedding beside that of the random one, below which it counts as collapsed. On tuning
seeds 0 and 1 of digits, spoken digits and two time scales it was at most 0.64 without stop-gradient, and 0.69
or more of all other arms (VICReg on spoken digits is the lowest); kept since.
"""
DISTORTION = 0.1
"""Mean squared error, of vectors of length 1, up to which a coding rate tells them apart. Its authors take
0.5; of six values from 0.05 on this one parts the arms of the tuning seeds best.
"""
MOST_ALIKE = 0.9
"""Mean cosine between embeddings of any two patches, above which they are all alike."""
LEAST_SPREAD = 1e-3
"""Deviation of a dimension of embeddings of unit length, below which it is constant."""
LEAST_MOVED = 1e-4
"""1 - cosine of an embedding with the one before: nothing moves, and skill over copying means nothing."""
STRENGTH = 1e-3
"""Of the ridge that reads patches from predictions: fixed, so that no arm has a reader of its own."""
PAIRS = 2_000
"""Of patches, for the mean cosine: its standard error is below 0.02."""


@dataclass(frozen=True, eq=False)
class Streams:
    """Streams as a network saw them, patch by patch.

    Args:
        patches: raw, of which nothing was learned.
        valid: 1 for a patch, 0 for what fills a stream up.
        embedding: of each patch.
        prediction: made at each patch, of the next one's embedding.
    """

    patches: Float[Tensor, "stream patch values"]
    valid: Float[Tensor, "stream patch"]
    embedding: Float[Tensor, "stream patch dimension"]
    prediction: Float[Tensor, "stream patch dimension"]

    @property
    def weights(self) -> Float[Tensor, "stream next"]:
        """It is 1 where a patch and the next are both there."""
        return self.valid[:, :-1] * self.valid[:, 1:]


def skills(train: Streams, test: Streams) -> dict[str, float]:
    """1 - (1 - cosine of the prediction) / (1 - cosine of a rival), on test streams: over copying the last
    embedding ("skill over copying"), over the mean embedding of the training streams ("over mean"), and over
    their mean at that position ("over position"). Also "moves", 1 - cosine of copying.
    """
    z, weights = test.embedding, test.weights
    coming = z[:, 1:]
    everywhere = rows(train.embedding, train.valid).mean(0)
    here = _position_means(train.embedding, train.valid)[1 : coming.shape[1] + 1]
    own = 1 - _mean(cosine(test.prediction[:, :-1], coming), weights)
    rivals = {
        "skill over copying": 1 - _mean(cosine(z[:, :-1], coming), weights),
        "skill over mean": 1 - _mean(cosine(everywhere.expand_as(coming), coming), weights),
        "skill over position": 1 - _mean(cosine(here.expand_as(coming), coming), weights),
    }
    found = {name: 1 - own / max(rival, SMALLEST) for name, rival in rivals.items()}
    return {**found, "moves": rivals["skill over copying"]}


def decoded_skill(train: Streams, test: Streams) -> dict[str, float]:
    """R² of the raw next patch by ridge from the direction of the prediction ("decoded skill"), from the own
    last patch ("last patch"), and from the direction of its embedding ("last embedding"): fitted on training
    streams, judged on test streams, about the mean of the training streams at that position, all values of a
    patch as one.
    """
    made = [_units(streams.prediction) for streams in (train, test)]
    patches = [streams.patches for streams in (train, test)]
    shown = [_units(streams.embedding) for streams in (train, test)]
    return {
        "decoded skill": explained(made[0], made[1], train, test),
        "last patch": explained(patches[0], patches[1], train, test),
        "last embedding": explained(shown[0], shown[1], train, test),
    }


def explained(seen: Tensor, seen_later: Tensor, train: Streams, test: Streams) -> float:
    """R² of the raw next patch of the test streams by ridge from what is `seen_later` [stream, patch,
    feature], fitted on what was `seen` of the training streams; position means are taken off both sides.

    Raises:
        NetworkError: no next patch that varies.
    """
    sides = []
    means = _position_means(seen, train.valid), _position_means(train.patches, train.valid)
    for streams, features in ((train, seen), (test, seen_later)):
        length = features.shape[1]
        x = rows((features - means[0][:length])[:, :-1], streams.weights)
        y = rows((streams.patches - means[1][:length])[:, 1:], streams.weights)
        sides.append((x.double().numpy(), y.double().numpy()))
    (x, y), (x_later, y_later) = sides
    energy = float(np.square(y_later).sum())
    if not len(y) or energy == 0:
        raise NetworkError("no patch follows another, or none varies about its position: nothing to decode")
    ((weights, offset),) = ridge(x, y, [STRENGTH])
    return 1 - float(np.square(y_later - x_later @ weights - offset).sum()) / energy


def spread(z: Float[Tensor, "row dimension"]) -> dict[str, float]:
    """How embeddings lie: "participation" (Σλ)² / Σλ² of their covariance, "RankMe" exp(entropy of the
    singular values) about their mean (Garrido et al. 2023, arXiv:2210.02885; it measures the data as much as
    the embedding, so nothing is decided by it), "alike", the mean cosine of two of them, and "constant", the
    share of dimensions of unit embeddings whose deviation is below `LEAST_SPREAD`.
    """
    z = z.double()
    units = _units(z)
    half = units[torch.linspace(0, len(units) - 1, min(PAIRS, len(units))).long()]
    n = len(half)
    alike = (float(half.sum(0).square().sum()) - float(half.square().sum())) / max(n * (n - 1), 1)
    sizes = torch.linalg.svdvals(z - z.mean(0)) if len(z) else z.new_zeros(1)
    shares = sizes / sizes.sum().clamp(min=SMALLEST)
    entropy = -float((shares * (shares + 1e-300).log()).sum())
    return {
        "participation": participation(z),
        "RankMe": math.exp(entropy) if float(sizes.sum()) > SMALLEST else 0.0,
        "alike": alike,
        "constant": float((units.std(0, correction=0) < LEAST_SPREAD).double().mean()),
    }


def participation(z: Float[Tensor, "row dimension"]) -> float:
    """(Σλ)² / Σλ² of the covariance: the number of directions that share the variance; 0 of a constant."""
    between = covariance(z.double())
    total = float(between.diagonal().sum())
    # rounding leaves about 1e-16 of squared values: a variance below 1e-12 of them is none
    if total <= 1e-12 * max(float(z.double().square().mean()), 1e-300):
        return 0.0
    return total**2 / float(between.square().sum())


def coding_rate(z: Float[Tensor, "stream patch dimension"], valid: Float[Tensor, "stream patch"]) -> float:
    """log det(1 + n C / d) / 2 in nats: what it takes to say a direction of n values up to a mean squared
    error of d = `DISTORTION`, where C is their covariance about the mean direction at that position (Yu et
    al. 2020, arXiv:2006.08558). It falls where directions are lost and where all become alike, of which
    `participation` sees the first and the mean cosine the second.
    """
    units = _units(z.double()) * valid[..., None]
    away = rows(units - _position_means(units, valid.double()), valid)
    n = away.shape[1]
    between = away.mT @ away / max(len(away), 1)
    return 0.5 * float(torch.logdet(torch.eye(n, dtype=away.dtype) + n / DISTORTION * between))


def guards(
    train: Streams, test: Streams, beside: Float[Tensor, "stream patch dimension"]
) -> dict[str, float]:
    """All figures of a prediction, and its flags as 0 or 1.

    Args:
        train: fitted on: means, ridges.
        test: judged on.
        beside: test patches in the random embedding that the network began with.

    Returns:
        `skills`, `decoded_skill`, `spread`, "directions" and "coding rate" (participation, and the rate,
        beside those of the random embedding), and flags: "flag: directions" (below `FEWEST_DIRECTIONS`),
        "flag: coding rate" (below `LOWEST_RATE`), "flag: alike", "flag: constant", "flag: still" (nothing
        moves), "flag: copying" (no better than copying), and "collapsed", 1 if any of the first five is.
    """
    z = rows(test.embedding, test.valid)
    figures = {**skills(train, test), **decoded_skill(train, test), **spread(z)}
    at_first = participation(rows(beside, test.valid))
    figures["directions"] = figures["participation"] / at_first if at_first else 0.0
    rate = coding_rate(beside, test.valid)
    figures["coding rate"] = coding_rate(test.embedding, test.valid) / rate if rate else 0.0
    return figures | flags(figures)


def flags(figures: Mapping[str, float]) -> dict[str, float]:
    """The flags of these figures; see `guards`."""
    found = {
        "flag: directions": figures["directions"] < FEWEST_DIRECTIONS,
        "flag: coding rate": figures["coding rate"] < LOWEST_RATE,
        "flag: alike": figures["alike"] > MOST_ALIKE,
        "flag: constant": figures["constant"] > 0.5,
        "flag: still": figures["moves"] < LEAST_MOVED,
    }
    found |= {"collapsed": any(found.values()), "flag: copying": figures["skill over copying"] <= 0}
    return {name: float(fired) for name, fired in found.items()}


def at_the_others_cost(before: Mapping[str, float], after: Mapping[str, float]) -> bool:
    """Of one module of several: whether its loss within its modality rose while that across modalities fell,
    a collapse onto what modalities share.

    Args:
        before, after: "within" and "across" of the module, at two moments of the training.
    """
    return after["within"] > before["within"] and after["across"] < before["across"]


def check_embedding(z: Float[Tensor, "row dimension"]) -> None:
    """Raises `NetworkError` where the embedding is constant over these patches: nothing to predict."""
    if len(z) < 2 or participation(z) == 0.0:
        raise NetworkError(
            f"the embedding of these {len(z)} patches is constant: the stream does not vary, or the weights "
            "of the embedding are 0; nothing could be predicted"
        )


def _position_means(values: Float[Tensor, "stream patch n"], valid: Tensor) -> Float[Tensor, "patch n"]:
    weights = valid[..., None]
    return (values * weights).sum(0) / weights.sum(0).clamp(min=1)


def _mean(values: Tensor, weights: Tensor) -> float:
    return float((values * weights).sum() / weights.sum().clamp(min=1))


def _units(values: Float[Tensor, "... n"]) -> Float[Tensor, "... n"]:
    return values / values.norm(dim=-1, keepdim=True).clamp(min=SMALLEST)
