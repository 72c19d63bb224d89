"""What a network carries from one run to the next."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class State:
    """Everything that a run needs to go on where another ended. Runs copy it; they never change it."""

    step: int
    """Steps since rest."""
    amplitude: np.ndarray
    """float (n_neurons, 2): see `frame.py`."""
    origin: int
    """Step at which the frame of the amplitudes was laid."""
    release: np.ndarray
    """int64 (n_neurons,): first step at which the neuron is no longer refractory."""
    refractory_values: np.ndarray
    """int64: the different refractory times, in steps, of the runs so far."""
    recent: np.ndarray
    """int32: spikes of the last steps, some of them still under way."""
    recent_first: np.ndarray
    """int64: where each of those steps begins in `recent`; one entry more than steps."""
