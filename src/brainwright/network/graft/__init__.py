"""Grafts: a part of a network with k read and s written units, one by one or many small networks at once."""

from .many import Joint, Kind, Many, Moment
from .ported import Ported
from .ports import Ports
from .safety import MARGIN, closed_loop_radius, joint_step, require_stable

__all__ = [
    "MARGIN",
    "Joint",
    "Kind",
    "Many",
    "Moment",
    "Ported",
    "Ports",
    "closed_loop_radius",
    "joint_step",
    "require_stable",
]
