"""The room's own error."""

from brainwright.untrusted import Fault


class RecallError(Fault):
    """Something cannot be remembered, recalled or forgotten as asked; the message says what to do."""
