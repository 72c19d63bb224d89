"""Does the worm's wiring help to forecast its neurons? Partners' past as a linear prior, against rewirings.

One weight for each pair of named neurons, shared by all animals; every neuron keeps its own past. Arms differ
in nothing but which partners may speak: none, all, those that synapse onto it (Cook et al. 2019), or those of
a wiring with the same degrees. The penalty on partners is searched for each arm on validation blocks.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from jaxtyping import Bool, Float, Int

from brainwright.connectome import Connectome, nulls
from brainwright.emulator.history import own_past
from brainwright.evidence.scores import NothingVaries

from .tasks import Task

WIRING = "celegans/cook2019"
PARTNER_FILTER = 1  # of `own_past`: the exponential mean of four frames
OWN_PENALTY = 1e-2
PENALTIES = (0.03, 0.3, 3.0)
FLOOR = 1e-6
UNWIRED = 10.0
"""How many times the penalty of a pair without a synapse exceeds that of one with, in the biased arm."""


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


def moments(task: Task, point: np.ndarray, windows: np.ndarray, names: tuple[str, ...]) -> Moments:
    """Of the residuals that a forecast leaves; with `point` zero, of the activity itself.

    Args:
        task: of an animal.
        point: a model's activity in all bins of the windows, [window, bin, unit].
        windows: what was recorded.
        names: of the neurons, shared by all animals.
    """
    place = {name: i for i, name in enumerate(task.unit_names)}
    there = np.array([name in place for name in names])
    columns = [place[name] for name in names if name in place]
    residual = np.zeros((*windows.shape[:2], len(names)))
    residual[:, :, there] = (windows - point)[:, :, columns]
    past = own_past(residual[:, : task.n_seen])
    f = past.transpose(0, 2, 1).reshape(len(windows), -1)
    left = residual[:, task.n_seen :]
    coming = np.zeros_like(left)
    coming[:, :, there] = windows[:, task.n_seen :, columns]
    return Moments(
        gram=f.T @ f,
        cross=np.einsum("nf,nhu->fhu", f, left, optimize=True),
        energy=np.square(left).sum(0),
        total=np.square(coming).sum((0, 1)),
        there=there,
        n=len(windows),
    )


def named(tasks: list[Task], least: int = 2) -> tuple[str, ...]:
    """Neurons of the connectome that at least so many animals have in common, in its order."""
    seen = [name for task in tasks for name in task.unit_names]
    ids = wiring().cells["id"].tolist()
    return tuple(name for name in ids if seen.count(name) >= least)


@cache
def wiring() -> Connectome:
    """The hermaphrodite's chemical synapses and gap junctions."""
    return Connectome.load(WIRING)


def allowed(arm: str, draw: int, names: tuple[str, ...]) -> Bool[np.ndarray, "post pre"]:
    """Who may speak to whom, never to itself."""
    n = len(names)
    if arm in ("none", "free"):
        return (np.ones if arm == "free" else np.zeros)((n, n), bool) & ~np.eye(n, dtype=bool)
    graph = wiring().subset(list(names))
    if arm == "null":
        graph = nulls.degree_preserving(graph, seed=draw)
    order = graph.locate(list(names))
    chemical = graph.weights(signs=None).toarray()[np.ix_(order, order)] > 0
    gaps = graph.weights(signs=None, kind="electrical").toarray()[np.ix_(order, order)] > 0
    return (chemical | gaps) & ~np.eye(n, dtype=bool)


def fitted(
    train: list[Moments], pairs: Bool[np.ndarray, "post pre"], penalty: float, biased: bool = False
) -> list[Weights]:
    """Ridge weights of every neuron, from the animals that have it.

    Minimises mean (y - w f)^2 + sum_j penalty_j w_j^2 over the features that may speak: the own past and
    that of partners. A mask leaves a partner out; a bias makes one without a synapse dearer.
    """
    n = len(pairs)
    filters = len(train[0].gram) // n
    found = []
    for i in range(n):
        own = [one for one in train if one.there[i]]
        rows = sum(one.n for one in own)
        partners = np.flatnonzero(~np.eye(n, dtype=bool)[i] if biased else pairs[i])
        kept = np.concatenate([np.arange(filters) * n + i, PARTNER_FILTER * n + partners])
        dear = (
            np.where(pairs[i, partners], penalty, UNWIRED * penalty)
            if biased
            else np.full(len(partners), penalty)
        )
        cost = np.concatenate([np.full(filters, OWN_PENALTY), dear])
        gram = np.sum([one.gram[np.ix_(kept, kept)] for one in own], axis=0) / rows
        cross = np.sum([one.cross[kept, :, i] for one in own], axis=0) / rows
        found.append(Weights(kept, np.linalg.solve(gram + np.diag(cost + FLOOR), cross)))
    return found


def skill(weights: list[Weights], one: Moments) -> float:
    """Skill over the mean of what was seen, all named neurons of the animal together."""
    error, total = 0.0, 0.0
    for i in np.flatnonzero(one.there):
        kept, w = weights[i].kept, weights[i].values
        cross = one.cross[kept, :, i]
        quadratic = np.sum((one.gram[np.ix_(kept, kept)] @ w) * w)
        error += one.energy[:, i].sum() - 2 * np.sum(cross * w) + quadratic
        total += one.total[i]
    if total == 0:
        raise NothingVaries("skill: no named neuron of the animal leaves the mean of what was seen")
    return float(1 - error / total)


def trial(
    parts: dict[str, list[Moments]], names: tuple[str, ...], animals: list[str], arm: str, draw: int
) -> dict[str, float]:
    """Skill in each animal's test block, and the penalty that validation chose."""
    base, biased = ("cook", True) if arm == "biased" else (arm, False)
    pairs = allowed(base, draw, names)
    best, chosen = None, (-np.inf, 0.0)
    for penalty in PENALTIES:
        weights = fitted(parts["train"], pairs, penalty, biased)
        value = float(np.mean([skill(weights, one) for one in parts["validation"]]))
        if value > chosen[0]:
            best, chosen = weights, (value, penalty)
        if base == "none":
            break
    assert best is not None
    scores = {f"skill@{name}": skill(best, one) for name, one in zip(animals, parts["test"], strict=True)}
    return {
        "skill": float(np.mean(list(scores.values()))),
        "validation": chosen[0],
        "penalty": chosen[1],
        "pairs": float(pairs.sum()),
        **scores,
    }
