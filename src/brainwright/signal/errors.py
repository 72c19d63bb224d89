"""The one exception of symbol streams."""

from brainwright.errors import UserError


class StreamError(UserError):
    """A symbol stream cannot be made: the message says what was expected, what came, and what to do."""
