"""The frame in which a silent neuron's state is constant, as tables over the steps since its origin.

Seen from the origin, a neuron is the pair (a, b). At step k after it, `v = a*look[k,0] + b*look[k,1]`
and `g = b*look[k,2]`; an input of size w adds `w*add[k,0]` to a and `w*add[k,1]` to b, and a jump
of `v` adds `add[k,2]` times its size to a.
"""

import math
from typing import NamedTuple

import numpy as np

from .parameters import LIFParameters

# Growth factors up to e^60: far from overflow in float32 even when multiplied by large inputs.
_SPAN_TIME_CONSTANTS = 60.0
# Time constants closer than this are treated as equal (a double eigenvalue); between this and
# ordinary ratios the two modes nearly cancel, at a cost in rounding of one over the distance.
_EQUAL = 1e-6


class Frame(NamedTuple):
    look: np.ndarray
    """The table is float (steps + 1, 3)."""
    add: np.ndarray
    """The table is float (steps + 1, 3)."""


def frame_tables(parameters: LIFParameters, dtype: type) -> Frame:
    """Tables from the origin to the last step before it has to move.

    Args:
        parameters: of the model.
        dtype: numpy.float32 or numpy.float64.

    Returns:
        Tables computed in float64 and rounded once.
    """
    tau_m, tau_s = parameters.tau_m_s, parameters.tau_s_s
    # 6,000 steps: the tables stay below 300 kB, in the processor's cache
    steps = min(int(_SPAN_TIME_CONSTANTS * min(tau_m, tau_s) / parameters.dt_s), 6000)
    time_s = np.arange(steps + 1) * parameters.dt_s
    slow, fast = time_s / tau_m, time_s / tau_s
    if abs(tau_m - tau_s) <= _EQUAL * tau_m:
        # v = (a + b t/tau) exp(-t/tau), g = b exp(-t/tau)
        look = np.stack([np.exp(-slow), slow * np.exp(-slow), np.exp(-slow)], axis=1)
        add = np.stack([-slow * np.exp(slow), np.exp(slow), np.exp(slow)], axis=1)
    else:
        # a = v + ratio * g and b = ratio * g at the origin
        ratio = parameters.time_constant_ratio
        look = np.stack([np.exp(-slow), -np.exp(-fast), np.exp(-fast) / ratio], axis=1)
        add = np.stack([ratio * np.exp(slow), ratio * np.exp(fast), np.exp(slow)], axis=1)
    return Frame(look.astype(dtype), add.astype(dtype))


def fading(parameters: LIFParameters, steps: int) -> tuple[float, float, float]:
    """What (a, b) become when the origin moves by `steps`: (a to a, b to a, b to b)."""
    slow = steps * parameters.dt_s / parameters.tau_m_s
    fast = steps * parameters.dt_s / parameters.tau_s_s
    if abs(parameters.tau_m_s - parameters.tau_s_s) <= _EQUAL * parameters.tau_m_s:
        return math.exp(-slow), slow * math.exp(-slow), math.exp(-slow)
    return math.exp(-slow), 0.0, math.exp(-fast)


def smallest_kept(dtype: type) -> float:
    """Amplitudes below this are dropped when the origin moves, long before they become denormal (1e-38,
    1e-308), which slows arithmetic, and long after they mean anything beside a threshold of some mV.
    """
    return 1e-30 if dtype is np.float32 else 1e-200
