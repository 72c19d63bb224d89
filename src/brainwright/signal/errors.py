"""The one exception of symbol streams."""

from brainwright.untrusted import Fault


class StreamError(Fault):
    """A symbol stream cannot be made: the message says what was expected, what came, and what to do."""
