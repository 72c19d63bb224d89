"""Networks compiled from connectomes, and layered ones: populations joined by projections.

Names are imported when they are first used: parts of this room do without torch.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .checking import check_network
    from .compilation import Train, compile
    from .dynamics import LIF, Graph, Rate
    from .errors import NetworkError
    from .layers import layered
    from .network import Network
    from .scaling import FanIn, Raw, SpectralRadius, match_activity
    from .storage import load, save
    from .symmetric import relaxing
    from .unrolling import Trajectory, settle, unroll

_HOME = {
    "checking": ("check_network",),
    "compilation": ("Train", "compile"),
    "dynamics": ("LIF", "Graph", "Rate"),
    "errors": ("NetworkError",),
    "layers": ("layered",),
    "network": ("Network",),
    "symmetric": ("relaxing",),
    "scaling": ("FanIn", "Raw", "SpectralRadius", "match_activity"),
    "storage": ("load", "save"),
    "unrolling": ("Trajectory", "settle", "unroll"),
}

__all__ = [
    "LIF",
    "FanIn",
    "Graph",
    "Network",
    "NetworkError",
    "Rate",
    "Raw",
    "SpectralRadius",
    "Train",
    "Trajectory",
    "check_network",
    "compile",
    "layered",
    "load",
    "match_activity",
    "relaxing",
    "save",
    "settle",
    "unroll",
]


def __getattr__(name: str) -> Any:
    for module, names in _HOME.items():
        if name in names:
            return getattr(import_module(f"{__name__}.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
