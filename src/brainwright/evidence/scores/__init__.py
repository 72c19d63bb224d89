"""Scores of predicted activity, as functions of arrays. NumPy and SciPy alone: no model, no data set."""

from brainwright.evidence.scores.calibration import calibration, window_pit
from brainwright.evidence.scores.counts import (
    bernoulli_bits_per_spike,
    bits_per_spike,
    mean_of_units,
    poisson_d2,
    poisson_nll,
)
from brainwright.evidence.scores.forecasts import (
    coverage,
    crps_skill,
    energy_score,
    kolmogorov_distance,
    mixture_cdf,
    mixture_crps,
    randomised_pit,
    sample_crps,
    summed,
)
from brainwright.evidence.scores.nlb import NLBScore, score_submission
from brainwright.evidence.scores.rates import (
    decoding_r2,
    log_rate_r2,
    mapped_onto,
    psth_r2,
    r2,
    timing_correlation,
    weight_recovery,
)
from brainwright.evidence.scores.statistics import autocorrelation, generative_statistics
from brainwright.evidence.scores.variance import LeftOut, NothingVaries

__all__ = [
    "LeftOut",
    "NLBScore",
    "NothingVaries",
    "autocorrelation",
    "bernoulli_bits_per_spike",
    "bits_per_spike",
    "calibration",
    "coverage",
    "crps_skill",
    "decoding_r2",
    "energy_score",
    "generative_statistics",
    "kolmogorov_distance",
    "log_rate_r2",
    "mapped_onto",
    "mean_of_units",
    "mixture_cdf",
    "mixture_crps",
    "poisson_d2",
    "poisson_nll",
    "psth_r2",
    "r2",
    "randomised_pit",
    "sample_crps",
    "score_submission",
    "summed",
    "timing_correlation",
    "weight_recovery",
    "window_pit",
]
