"""Evoke activity where nothing is stimulated: by the gradient of a model with respect to the stimulus."""

from .descend import Descent
from .evoker import Evoker, Evoking
from .files import read_stimulated
from .protocol import EvokeError, Protocol
from .trials import EvokedTrials, play_writes, trials_of

__all__ = [
    "Descent",
    "EvokeError",
    "EvokedTrials",
    "Evoker",
    "Evoking",
    "Protocol",
    "play_writes",
    "read_stimulated",
    "trials_of",
]
