"""Spike trains of given rates."""

import numpy as np
from numpy.typing import ArrayLike


def spike_trains(rate_hz: ArrayLike, n_steps: int, *, dt_s: float = 1e-3, seed: int = 0) -> np.ndarray:
    """Independent spikes of constant rates, at most one per step.

    Args:
        rate_hz: [sample, cell].
        n_steps: length.
        dt_s: of a step.
        seed: of the draw.

    Returns:
        float32 [sample, step, cell] of 0 and 1.

    Raises:
        ValueError: rates below 0, or of more than one spike per step.
    """
    rates = np.asarray(rate_hz)
    share = rates[:, None] * dt_s
    if not (np.isfinite(rates).all() and share.min(initial=0) >= 0 and share.max(initial=0) <= 1):
        raise ValueError(
            f"spike_trains: expected rates from 0 to {1 / dt_s:g} Hz, one spike per step at most"
        )
    drawn = np.random.default_rng(seed).random((len(rates), n_steps, rates.shape[1]), np.float32)
    return (drawn < share).astype(np.float32)
