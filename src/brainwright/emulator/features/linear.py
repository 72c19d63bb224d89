"""Principal components beside sparse features."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class PcaShares(NamedTuple):
    """Shares of variance that components leave."""

    equal_rank: float
    """By the first k components: k numbers for each frame, always the same."""
    equal_l0: float
    """By the k components of all that say most in each frame: as many numbers, chosen as freely as an
    autoencoder's.
    """


def pca_fvu(train: NDArray[np.floating], test: NDArray[np.floating], k: int) -> PcaShares:
    """It returns what principal components of `train` leave unexplained of `test`, frames [time, unit] each,
    in the same units as the features that they stand beside.

    As many components as there are features would leave nothing where there are more features than units,
    so rank is counted as what a frame may use.
    """
    mean = train.mean(0, dtype=np.float64)
    _, _, axes = np.linalg.svd(train - mean, full_matrices=False)
    codes = (test - mean) @ axes.T
    energy = np.square(codes)
    whole = np.square(test - test.mean(0, dtype=np.float64)).sum()
    all_of_it = np.square(test - mean).sum()
    best = np.sort(energy, axis=1)[:, -k:].sum()
    return PcaShares(float((all_of_it - energy[:, :k].sum()) / whole), float((all_of_it - best) / whole))
