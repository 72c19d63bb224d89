"""Models that an emulator has to beat, all asked the same: rates everywhere from what may be seen."""

from .every import GRIDS, NETWORKS, baseline
from .glm import PoissonGLM, fit_glm
from .linear import exponential_edge, lagged_glm, mean_rate, pca_glm, persistence, smoothing_glm
from .networks import BiGRU, PlainTransformer, trained
from .search import Predict, search

__all__ = [
    "GRIDS",
    "NETWORKS",
    "BiGRU",
    "PlainTransformer",
    "PoissonGLM",
    "Predict",
    "baseline",
    "exponential_edge",
    "fit_glm",
    "lagged_glm",
    "mean_rate",
    "pca_glm",
    "persistence",
    "search",
    "smoothing_glm",
    "trained",
]
