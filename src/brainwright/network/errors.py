"""What can go wrong between a wiring diagram and a network."""

from brainwright.errors import UserError


class NetworkError(UserError):
    """A network cannot be built, run, saved or read. Says what was expected, what came, what to do."""
