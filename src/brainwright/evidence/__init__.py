"""Arms, effect sizes with intervals, equivalence, verdicts. Knows numbers and names alone.

The unit is a culture, an animal or a seed, never a trial; arms share their units by index.
"""

from brainwright.evidence.arms import Arm
from brainwright.evidence.correction import holm
from brainwright.evidence.effects import Interval, bootstrap, difference, paired_dz, pooled_d
from brainwright.evidence.equivalence import Equivalence, tost
from brainwright.evidence.nulls import NullComparison, against_nulls, draws_needed, two_level_bootstrap
from brainwright.evidence.trials import Trial, Trials, finished_trials, run_trials
from brainwright.evidence.verdict import FEWEST, VERDICTS, Comparison, compare, negative_control

__all__ = [
    "FEWEST",
    "VERDICTS",
    "Arm",
    "Comparison",
    "Equivalence",
    "Interval",
    "NullComparison",
    "Trial",
    "Trials",
    "against_nulls",
    "bootstrap",
    "compare",
    "difference",
    "draws_needed",
    "finished_trials",
    "holm",
    "negative_control",
    "paired_dz",
    "pooled_d",
    "run_trials",
    "tost",
    "two_level_bootstrap",
]
