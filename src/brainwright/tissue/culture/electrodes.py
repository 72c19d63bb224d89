"""The electrode array: positions, usable channels, strength of a pulse, reach of its artifact."""

import numpy as np
from numpy.typing import NDArray

from ..plan import StimulusPlan
from .parameters import GRID, GROUNDED, CultureParameters


def usable_channels() -> tuple[int, ...]:
    """It returns the channels that may stimulate: all but the grounded ones."""
    return tuple(c for c in range(GRID * GRID) if c not in GROUNDED)


def electrode_positions() -> NDArray[np.float64]:
    """It returns the centres of the electrodes, channel x 2, in pitches; channel = 8 * row + column."""
    row, column = np.divmod(np.arange(GRID * GRID), GRID)
    return np.stack([column, row], axis=1) + 0.5


def distances(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    """It returns the Euclidean distances, [a, b], of points [a, 2] and [b, 2]."""
    return np.linalg.norm(a[:, None, :] - b[None, :, :], axis=-1)


def artifact_spread(parameters: CultureParameters) -> NDArray[np.float64]:
    """It returns how much of a pulse's artifact each channel sees, exp(-distance / reach), channel x
    channel.
    """
    apart = distances(electrode_positions(), electrode_positions())
    reach = parameters.artifact_reach_pitch
    return np.exp(-apart / reach) if reach > 0 else np.eye(len(apart))


def strength(plan: StimulusPlan, parameters: CultureParameters) -> NDArray[np.float64]:
    """It returns the cathodic current over the reference pulse, times Lapicque's 1 - exp(-width / chronaxie),
    [pulse].
    """
    p = parameters
    phase = plan.current_uA.argmin(axis=1)
    width = plan.width_us[np.arange(plan.n_pulses), phase]
    by_width = np.expm1(-width / p.chronaxie_us) / np.expm1(-p.reference_width_us / p.chronaxie_us)
    return plan.cathodic_uA / p.reference_current_uA * by_width
