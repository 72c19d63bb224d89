"""Linear coupling between units, masked by wiring: what the past of a unit's partners adds to a forecast."""

import numpy as np
from jaxtyping import Bool, Float

FLOOR = 1e-6


def fit_coupling(
    gram: Float[np.ndarray, "feature feature"],
    cross: Float[np.ndarray, "feature horizon"],
    allowed: Bool[np.ndarray, " feature"],
    penalty: Float[np.ndarray, " feature"],
) -> Float[np.ndarray, "feature horizon"]:
    """Ridge weights of one unit over the features that its wiring allows; 0 for the others.

    Minimises mean (y - w f)^2 + sum_j penalty_j w_j^2 given gram = mean f f' and cross = mean f y. A mask is
    a penalty without bound; a bias towards the wiring is one that is lower where there are synapses.
    """
    weights = np.zeros_like(cross)
    kept = np.flatnonzero(allowed)
    matrix = gram[np.ix_(kept, kept)] + np.diag(penalty[kept] + FLOOR)
    weights[kept] = np.linalg.solve(matrix, cross[kept])
    return weights
