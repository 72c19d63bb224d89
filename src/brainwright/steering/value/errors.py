"""Errors of value."""

from brainwright.steering.errors import SteeringError


class ValueFunctionError(SteeringError):
    """Rewards, rates or states that no value can be learned from: what was expected, what came."""
