"""Pictures for a notebook or a script: each function draws into Matplotlib axes and returns them.

Without `axes` a new figure is opened through pyplot, as a notebook expects. Reports have figures of their own
(`report.figures`), which need no screen.
"""

from .activity import psth, raster, rates, spectrum
from .outcomes import forest, learning_curves
from .wiring import degrees, ensemble

__all__ = ["degrees", "ensemble", "forest", "learning_curves", "psth", "raster", "rates", "spectrum"]
