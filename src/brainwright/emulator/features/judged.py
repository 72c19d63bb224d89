"""Sparse features of a recording, judged on blocks of time that they were not fitted to."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .autoencoder import SparseFeatures
from .fit import FeaturePlan, fit_features
from .frames import FeaturesError
from .linear import PcaShares, pca_fvu
from .measures import fvu, live, stability

BLOCKS, EVERY = 25, 5
"""Blocks of time, of which every fifth is held out: activity drifts, so that its end is not like the rest."""


@dataclass(frozen=True, eq=False)
class Judged:
    """Features with what they are worth; figures are [model].

    Attributes:
        features: a model for each seed.
        fvu: share of the variance of held-out frames that is left, each unit in its own deviations.
        live: share of features that are active in a thousandth of all frames.
        stability: mean matched cosine of live features with those of the other seeds; 0 with one seed.
        pca: what principal components leave of the same frames, with as many numbers for each.
    """

    features: SparseFeatures
    fvu: NDArray[np.float64]
    live: NDArray[np.float64]
    stability: NDArray[np.float64]
    pca: PcaShares


def held_out(n_frames: int, gap: int = 0) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """It says which frames are fitted and which judge, [time] each; of those that are fitted, `gap` frames on
    either side of a held-out block are left out.

    Raises:
        FeaturesError: fewer frames than blocks.
    """
    if n_frames < BLOCKS:
        raise FeaturesError(f"expected {BLOCKS} frames or more, one for each block of time, got {n_frames}")
    test = np.arange(n_frames) * BLOCKS // n_frames % EVERY == EVERY - 1
    near = np.convolve(test, np.ones(2 * gap + 1), mode="same") > 0.5  # a sum of ones, up to rounding
    return ~near, test


def judged(frames: NDArray, plan: FeaturePlan, seeds: Sequence[int], gap: int = 0) -> Judged:
    """It fits features to four fifths of a recording [time, unit] and judges them by the rest.

    Raises:
        FeaturesError: too few frames.
    """
    fitted, test = held_out(len(frames), gap)
    features = fit_features(frames[fitted], plan, seeds)
    scaled = features.scaled(frames)[0]
    again = features.decode(features.encode(frames[test]))
    alive = live(features.encode(frames))
    left = fvu(scaled[test], np.stack([features.scaled(each)[0] for each in again]))
    steady = stability(features.decoder.numpy(), alive) if len(seeds) > 1 else np.zeros(1)
    return Judged(features, left, alive.mean(1), steady, pca_fvu(scaled[fitted], scaled[test], plan.k))
