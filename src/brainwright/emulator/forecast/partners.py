"""Does the wiring help to forecast neurons? Partners' past as a linear prior, to be held against rewirings.

One weight for each pair of named neurons, shared by all animals; every neuron keeps its own past. Priors
differ in nothing but which partners may speak: none, all, those that synapse onto it, or those of a wiring
with the same degrees. The penalty on partners is searched for each prior on validation blocks.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from brainwright.connectome import Connectome, nulls
from brainwright.evidence.scores import NothingVaries

from ..history import own_past
from ..question import Question

PRIORS = ("none", "free", "biased", "wiring", "null")
"""Partners of a neuron: none, all, all but dearer without a synapse, those with one, rewired ones."""
PARTNER_FILTER = 1
"""Of `own_past`: the exponential mean of four frames."""
OWN_PENALTY = 1e-2
PENALTIES = (0.03, 0.3, 3.0)
FLOOR = 1e-6
"""Added to every penalty, so that a neuron that was silent can be solved for."""
UNWIRED = 10.0
"""How many times the penalty of a pair without a synapse exceeds that of one with, in the biased prior."""


@dataclass(frozen=True, eq=False)
class Moments:
    """Sums over the windows of one animal, for the named neurons, those that it lacks as zeros.

    A feature is (filter, neuron); a target (horizon, neuron).
    """

    gram: Float[np.ndarray, "feature feature"]
    cross: Float[np.ndarray, "feature horizon neuron"]
    energy: Float[np.ndarray, "horizon neuron"]
    total: Float[np.ndarray, " neuron"]
    """Squared difference of what came from the mean of what was seen."""
    there: Bool[np.ndarray, " neuron"]
    n: int


@dataclass(frozen=True, eq=False)
class Weights:
    """Of one neuron: the features that may speak, and their weights."""

    kept: Int[np.ndarray, " kept"]
    values: Float[np.ndarray, "kept horizon"]


Parts = Mapping[str, Sequence[Moments]]
"""Sums of every animal for "train", "validation" and "test"."""


def moments(question: Question, point: np.ndarray, windows: np.ndarray, names: Sequence[str]) -> Moments:
    """Of the residuals that a forecast leaves; with `point` zero, of the activity itself.

    Args:
        question: of an animal.
        point: a model's activity in all bins of the windows, [window, bin, unit].
        windows: what was recorded.
        names: of the neurons, shared by all animals.
    """
    place = {name: i for i, name in enumerate(question.unit_names)}
    there = np.array([name in place for name in names])
    columns = [place[name] for name in names if name in place]
    residual = np.zeros((*windows.shape[:2], len(names)))
    residual[:, :, there] = (windows - point)[:, :, columns]
    past = own_past(residual[:, : question.n_seen])
    f = past.transpose(0, 2, 1).reshape(len(windows), -1)
    left = question.coming(residual)
    coming = np.zeros_like(left)
    coming[:, :, there] = question.coming(windows)[:, :, columns]
    return Moments(
        gram=f.T @ f,
        cross=np.einsum("nf,nhu->fhu", f, left, optimize=True),
        energy=np.square(left).sum(0),
        total=np.square(coming).sum((0, 1)),
        there=there,
        n=len(windows),
    )


def named(questions: Sequence[Question], wiring: Connectome, least: int = 2) -> tuple[str, ...]:
    """Neurons of the connectome that at least so many animals have in common, in its order."""
    seen = [name for question in questions for name in question.unit_names]
    return tuple(name for name in wiring.cells["id"].tolist() if seen.count(name) >= least)


def allowed(wiring: Connectome, prior: str, draw: int, names: Sequence[str]) -> Bool[np.ndarray, "post pre"]:
    """Who may speak to whom, never to itself.

    Args:
        wiring: chemical synapses and gap junctions.
        prior: of `PRIORS`; "biased" as "wiring".
        draw: which rewiring of "null".
        names: of the neurons.
    """
    n = len(names)
    if prior in ("none", "free"):
        return (np.ones if prior == "free" else np.zeros)((n, n), bool) & ~np.eye(n, dtype=bool)
    graph = wiring.subset(list(names))
    if prior == "null":
        graph = nulls.degree_preserving(graph, seed=draw)
    order = graph.locate(list(names))
    chemical = graph.weights(signs=None).toarray()[np.ix_(order, order)] > 0
    gaps = graph.weights(signs=None, kind="electrical").toarray()[np.ix_(order, order)] > 0
    return (chemical | gaps) & ~np.eye(n, dtype=bool)


def fit_partners(
    train: Sequence[Moments], pairs: Bool[np.ndarray, "post pre"], penalty: float, *, biased: bool = False
) -> list[Weights]:
    """Ridge weights of every neuron, from the animals that have it.

    Minimises mean (y - w f)^2 + sum_j penalty_j w_j^2 over the features that may speak: the own past and
    that of partners. A mask leaves a partner out; a bias makes one without a synapse dearer.
    """
    n = len(pairs)
    filters = len(train[0].gram) // n
    weights = []
    for i in range(n):
        animals = [animal for animal in train if animal.there[i]]
        rows = sum(animal.n for animal in animals)
        partners = np.flatnonzero(~np.eye(n, dtype=bool)[i] if biased else pairs[i])
        kept = np.concatenate([np.arange(filters) * n + i, PARTNER_FILTER * n + partners])
        dear = (
            np.where(pairs[i, partners], penalty, UNWIRED * penalty)
            if biased
            else np.full(len(partners), penalty)
        )
        cost = np.concatenate([np.full(filters, OWN_PENALTY), dear])
        gram = np.sum([animal.gram[np.ix_(kept, kept)] for animal in animals], axis=0) / rows
        cross = np.sum([animal.cross[kept, :, i] for animal in animals], axis=0) / rows
        weights.append(Weights(kept, np.linalg.solve(gram + np.diag(cost + FLOOR), cross)))
    return weights


def partner_skill(weights: Sequence[Weights], animal: Moments) -> float:
    """Skill over the mean of what was seen, all named neurons of the animal together. Raises `NothingVaries`
    where none of them varies.
    """
    error, total = 0.0, 0.0
    for i in np.flatnonzero(animal.there):
        kept, w = weights[i].kept, weights[i].values
        cross = animal.cross[kept, :, i]
        quadratic = np.sum((animal.gram[np.ix_(kept, kept)] @ w) * w)
        error += animal.energy[:, i].sum() - 2 * np.sum(cross * w) + quadratic
        total += animal.total[i]
    if total == 0:
        raise NothingVaries("skill: no named neuron of the animal leaves the mean of what was seen")
    return float(1 - error / total)


def partner_scores(
    questions: Sequence[Question],
    wiring: Connectome,
    n_draws: int,
    expected: Callable[[Question, np.ndarray], np.ndarray] | None = None,
) -> dict[str, float]:
    """Scores of every prior and of every rewiring, on what a forecast leaves over.

    Args:
        questions: of the animals.
        wiring: who synapses onto whom.
        n_draws: rewirings.
        expected: a model's activity in all bins, (animal, windows) → [window, bin, unit], to which partners
            are added; none where each neuron's own past is all that they are added to.

    Returns:
        `PRIOR/DRAW/METRIC`, with the metrics of `prior_scores`.
    """
    names, parts = named(questions, wiring), {}
    for part in ("train", "validation", "test"):
        rows = [(question, getattr(question, part)) for question in questions]
        points = [
            np.zeros_like(x) if expected is None else expected(q, x).astype(np.float32) for q, x in rows
        ]
        parts[part] = [moments(q, point, x, names) for (q, x), point in zip(rows, points, strict=True)]
    animals, scores = [question.name for question in questions], {}
    for prior in PRIORS:
        for draw in range(n_draws if prior == "null" else 1):
            row = prior_scores(parts, wiring, names, animals, prior, draw)
            scores |= {f"{prior}/{draw}/{metric}": value for metric, value in row.items()}
    return scores


def prior_scores(
    parts: Parts,
    wiring: Connectome,
    names: Sequence[str],
    animals: Sequence[str],
    prior: str,
    draw: int = 0,
) -> dict[str, float]:
    """Forecasts with a prior on partners, its penalty searched on validation blocks.

    Args:
        parts: sums of every animal.
        wiring: who synapses onto whom.
        names: of the neurons, in the order of the sums.
        animals: their names, in the order of the sums.
        prior: of `PRIORS`.
        draw: which rewiring of "null".

    Returns:
        `skill`: the mean over animals on their test blocks, and `skill@ANIMAL` of each; `validation` and
        `penalty`: what the search chose; `pairs`: who may speak to whom, counted.

    Raises:
        ValueError: no penalty gives a finite skill.
    """
    pairs = allowed(wiring, prior, draw, names)
    best, chosen = None, (-np.inf, 0.0)
    for penalty in PENALTIES[:1] if prior == "none" else PENALTIES:
        weights = fit_partners(parts["train"], pairs, penalty, biased=prior == "biased")
        value = float(np.mean([partner_skill(weights, animal) for animal in parts["validation"]]))
        if value > chosen[0]:
            best, chosen = weights, (value, penalty)
    if best is None:
        raise ValueError(f"prior {prior}: expected a finite skill on validation blocks, got none")
    scores = [partner_skill(best, animal) for animal in parts["test"]]
    return {
        "skill": float(np.mean(scores)),
        "validation": chosen[0],
        "penalty": chosen[1],
        "pairs": float(pairs.sum()),
        **{f"skill@{animal}": score for animal, score in zip(animals, scores, strict=True)},
    }
