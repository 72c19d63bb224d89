"""Three laws of forgetting, each a share retained after a lag."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Law:
    """A law with positive parameters.

    Attributes:
        names: of the parameters.
        retained: (lag, parameters) → share retained, 1 at lag 0.
        start: (typical lag) → starting points of a fit.
    """

    names: tuple[str, ...]
    retained: Callable[[Array, Array], Array]
    start: Callable[[float], list[tuple[float, ...]]]


def _exponential(lag: Array, p: Array) -> Array:
    return np.exp(-lag / p[0])


def _power(lag: Array, p: Array) -> Array:
    return (1 + lag) ** -p[0]


def _power_exponential(lag: Array, p: Array) -> Array:
    b, psi, pi = p
    return (1 + b * lag) ** -psi * np.exp(-pi * lag)


LAWS = {
    "exponential": Law(("tau",), _exponential, lambda lag: [(lag,), (lag / 10,)]),
    "power": Law(("beta",), _power, lambda lag: [(0.5,), (2.0,)]),
    # from the side of the power law, from that of the exponential, and between
    "power-exponential": Law(
        ("b", "psi", "pi"),
        _power_exponential,
        lambda lag: [(1.0, 0.5, 0.1 / lag), (10.0 / lag, 0.1, 0.5 / lag), (3.0 / lag, 0.5, 0.3 / lag)],
    ),
}
"""Exponential e^(-t/tau); power (1+t)^-beta (Wixted & Ebbesen 1991, doi:10.1111/j.1467-9280.1991.tb00175.x);
power-exponential (1+bt)^-psi e^(-pi t) (Wickelgren 1974, doi:10.3758/BF03198149). The unit of t is the
user's, and matters for the power law, whose first unit of time has a meaning of its own.
"""
