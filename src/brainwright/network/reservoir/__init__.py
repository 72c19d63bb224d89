"""Networks of which nothing but a ridge read-out is fitted, and what is asked of them: to remember a random
input, to predict a chaotic one, to classify.
"""

from .capacity import memory_capacity
from .echo_state import EchoState, echo_state, readout_only
from .prediction import prediction_errors
from .ridge import ridge
from .scores import Steps, changed_reservoir_scores, reservoir_scores
from .states import driven_states, input_drive, recurrent_matrix

__all__ = [
    "EchoState",
    "Steps",
    "changed_reservoir_scores",
    "driven_states",
    "echo_state",
    "input_drive",
    "memory_capacity",
    "prediction_errors",
    "readout_only",
    "recurrent_matrix",
    "reservoir_scores",
    "ridge",
]
