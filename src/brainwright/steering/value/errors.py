"""Errors of value."""

from brainwright.errors import UserError


class ValueFunctionError(UserError):
    """Rewards, rates or states that no value can be learned from: what was expected, what came."""
