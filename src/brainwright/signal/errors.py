"""The one exception of symbol streams."""


class StreamError(ValueError):
    """A symbol stream cannot be made: the message says what was expected, what came, and what to do."""
