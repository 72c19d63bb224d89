"""Modules learn by their own losses, one by one or at once, beside one network of equal size."""

from .acting import Acting
from .fit_modules import Fitted, fit_modules
from .streams import Shown

__all__ = ["Acting", "Fitted", "Shown", "fit_modules"]
