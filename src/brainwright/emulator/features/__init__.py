"""Sparse features of activity: autoencoders of which few features are active at a time, and their judges.

`fit_features` fits one autoencoder for each seed, or for each recording, all as one tensor; `encode`,
`decode` and `save_features` are what it is used for. `fvu`, `live`, `stability`, `match` and `pca_fvu` say
how good it is and beside what; `drives` says what makes a feature active. A feature is a pattern over units
that recurs, not a part of the tissue: whether writing can raise it is asked in `brainwright.loop.amplify`.
"""

from .autoencoder import SparseFeatures
from .drives import Drive, drives
from .fit import FeaturePlan, fit_features
from .frames import FeaturesError, frames_of
from .judged import Judged, held_out, judged
from .known import Known, known_dictionary
from .linear import pca_fvu
from .measures import fvu, live, match, match_floor, stability, stability_floor
from .storage import load_features, save_features

__all__ = [
    "Drive",
    "FeaturePlan",
    "FeaturesError",
    "Judged",
    "Known",
    "SparseFeatures",
    "drives",
    "fit_features",
    "frames_of",
    "fvu",
    "held_out",
    "judged",
    "known_dictionary",
    "live",
    "load_features",
    "match",
    "match_floor",
    "pca_fvu",
    "save_features",
    "stability",
    "stability_floor",
]
