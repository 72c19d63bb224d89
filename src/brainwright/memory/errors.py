"""The room's own error."""

from brainwright.errors import UserError


class RecallError(UserError):
    """Something cannot be remembered, recalled or forgotten as asked; the message says what to do."""
