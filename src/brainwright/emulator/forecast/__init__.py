"""Anyone's recording as a forecast: cut and split without leaks, beside every baseline, with bands, with the
wiring as a prior.
"""

from .bands import Band, Drawn, with_dynamics
from .beside import beside_baselines, linear_scores, network_scores
from .linear import LINEAR, searched
from .networks import NETWORKS, Fitted, Size, fit_network
from .partners import (
    PRIORS,
    allowed,
    fit_partners,
    moments,
    named,
    partner_scores,
    partner_skill,
    prior_scores,
)
from .sets import RecordingFile, RecordingSet, questions_of, set_of_file, split_words
from .task import SHARES, Pool, by_time, by_trial, score, skill
from .unseen import UNSEEN_MODELS, co_smoothing

__all__ = [
    "LINEAR",
    "NETWORKS",
    "PRIORS",
    "SHARES",
    "UNSEEN_MODELS",
    "Band",
    "Drawn",
    "Fitted",
    "Pool",
    "RecordingFile",
    "RecordingSet",
    "Size",
    "allowed",
    "beside_baselines",
    "by_time",
    "by_trial",
    "co_smoothing",
    "fit_network",
    "fit_partners",
    "linear_scores",
    "moments",
    "named",
    "network_scores",
    "partner_scores",
    "partner_skill",
    "prior_scores",
    "questions_of",
    "score",
    "searched",
    "set_of_file",
    "skill",
    "split_words",
    "with_dynamics",
]
