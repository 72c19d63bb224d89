"""Errors of learning to act."""

from brainwright.errors import UserError


class LearnError(UserError):
    """A network and a world that do not fit, or a method that cannot teach: what was expected, what came."""
