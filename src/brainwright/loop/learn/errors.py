"""Errors of learning to act."""

from typing import Any

from brainwright.errors import UserError


class LearnError(UserError):
    """A network and a world that do not fit, or a method that cannot teach: what was expected, what came."""


class Interrupted(LearnError):
    """A world that raised, or gave numbers that are not finite, in the middle.

    Attributes:
        learned: of `learn`, what was learned until then, a `Learned`.
        returns: of `evaluate`, what every episode had been paid, [episode].
    """

    learned: Any = None
    returns: Any = None
