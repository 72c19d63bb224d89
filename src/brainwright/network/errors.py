"""What can go wrong between a wiring diagram and a network."""

from brainwright.untrusted import Fault


class NetworkError(Fault):
    """A network cannot be built, run, saved or read. Says what was expected, what came, what to do."""
