"""Learning rules: each fills `.grad`, declares what a synapse may read, and is measured against the gradient.

How to add one is said in `rule.py`.
"""

from .backpropagation import Backpropagation
from .checking import Setting, check_rule
from .direct_feedback import DirectFeedback
from .feedback_alignment import FeedbackAlignment
from .groups import groups
from .locality import READS, Locality
from .rule import LearningRule, Metrics, RuleState

__all__ = [
    "READS",
    "Backpropagation",
    "DirectFeedback",
    "FeedbackAlignment",
    "LearningRule",
    "Locality",
    "Metrics",
    "RuleState",
    "Setting",
    "check_rule",
    "groups",
]
