"""Forgetting curves: laws, fits, spacing of practice, and savings at relearning."""

from .fit import Curve, Fitted, fitted, forgetting
from .laws import LAWS, Law
from .spacing import Traces, savings

__all__ = ["LAWS", "Curve", "Fitted", "Law", "Traces", "fitted", "forgetting", "savings"]
