"""Value: temporal differences, distributions of reward, opponent actors, bodily drives. NumPy alone."""

from .distributional import (
    expectile_step,
    expectiles_of,
    learned_reversal_points,
    quantile_step,
    quantiles_of,
)
from .dopamine import Errors, Trial, conditioned
from .errors import ValueFunctionError
from .gae import gae, lambda_returns
from .homeostasis import Drive
from .online_lambda_return import online_lambda_return
from .opal import OpAL, OpALState
from .random_walk import BEST, WalkScores, random_walk_scores, true_values
from .td import TD, TDState, TrueOnlineTD, offline_td

__all__ = [
    "BEST",
    "TD",
    "Drive",
    "Errors",
    "OpAL",
    "OpALState",
    "TDState",
    "Trial",
    "TrueOnlineTD",
    "ValueFunctionError",
    "WalkScores",
    "conditioned",
    "expectile_step",
    "expectiles_of",
    "gae",
    "lambda_returns",
    "learned_reversal_points",
    "offline_td",
    "online_lambda_return",
    "quantile_step",
    "quantiles_of",
    "random_walk_scores",
    "true_values",
]
