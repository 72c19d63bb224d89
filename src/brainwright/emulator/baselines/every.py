"""Every baseline by name, with its settings: searched on validation trials, or found on them with another
seed.
"""

from collections.abc import Callable, Mapping

from torch import nn

from ..masks import Masks
from ..question import Question
from ..training import Plan
from .linear import lagged_glm, mean_rate, pca_glm, persistence, smoothing_glm
from .networks import BiGRU, PlainTransformer, trained
from .search import Predict, search

Fit = tuple[Callable[..., Predict], list[dict[str, float]]]
GRIDS: Mapping[str, Fit] = {
    "mean": (mean_rate, [{}]),
    "persistence": (
        persistence,
        [{"n_last": n, "share": s} for n in (3.0, 6.0, 12.0) for s in (0.1, 0.3, 0.6)],
    ),
    "smoothing_glm": (
        smoothing_glm,
        [{"sd": s, "ahead": a} for s, a in ((2.0, 3e-2), (3.0, 0.1), (4.0, 0.3))],
    ),
    "pca_glm": (pca_glm, [{"sd": 4.0, "penalty": p, "ahead": a} for p, a in ((1e-4, 1e-3), (1e-3, 1e-2))]),
    "lagged_glm": (lagged_glm, [{"penalty": p, "ahead": a} for p, a in ((1e-3, 3e-2), (3e-3, 0.1))]),
}
"""Baselines without learned features, and what is searched."""
NETWORKS: Mapping[str, tuple[type[nn.Module], float]] = {
    "bi_gru": (BiGRU, 6e-3),
    "transformer": (PlainTransformer, 2e-3),
}
"""With their learning rates, found on validation trials with another seed: the recurrent net's beside its
masks, dropout and updates, the transformer's among 1e-3, 2e-3, 4e-3 and 6e-3.
"""
BATCH, WEIGHT_DECAY = 64, 1e-3


def baseline(
    question: Question, name: str, *, seed: int = 0, updates: int = 500, whole_grid: bool = True
) -> Predict:
    """A fitted baseline of `GRIDS` or `NETWORKS`.

    Args:
        question: what is seen and what is asked.
        name: of the baseline.
        seed: of a network's initial values, batches and masks.
        updates: of a network.
        whole_grid: with only the first setting otherwise.

    Raises:
        ValueError: an unknown name.
    """
    if name in GRIDS:
        fit, grid = GRIDS[name]
        return search(question, fit, grid if whole_grid else grid[:1])[0]
    if name not in NETWORKS:
        raise ValueError(f"expected a baseline of {', '.join([*GRIDS, *NETWORKS])}, got {name!r}")
    network, learning_rate = NETWORKS[name]
    masks = Masks(entries=0.125, units=0.0, shortest=5, longest=30, never=question.unseen)
    return trained(question, network, masks, Plan(updates, BATCH, learning_rate, WEIGHT_DECAY, seed))
