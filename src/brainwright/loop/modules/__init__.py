"""Modules learn by their own losses, one by one or at once, beside one network of equal size."""

from .fit_modules import Fitted, fit_modules
from .streams import Shown

__all__ = ["Fitted", "Shown", "fit_modules"]
