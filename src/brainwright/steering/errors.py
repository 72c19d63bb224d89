"""The error of this room."""

from brainwright.errors import UserError


class SteeringError(UserError):
    """A body, an assessor or a table cannot work as given; the message says what to do."""
