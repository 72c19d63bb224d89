"""A synthetic stream of two time scales: fast oscillations whose frequencies follow from a slow state."""

import numpy as np
from jaxtyping import Float, Int

from brainwright.datasets.errors import DatasetError

from .patches import Patches, Split

CHANNELS, SAMPLES, STATES = 6, 8, 4
DWELL = 48
"""Patches for which a state lasts, on average; switches fall anywhere."""
FREQUENCIES = (0.06, 0.11, 0.17, 0.24)
"""Cycles per sample that a state may give to a channel: half a cycle to two of them in a patch."""
AMPLITUDES = (0.2, 0.6, 1.0, 1.4)
"""That a state may give to a channel where it sets amplitudes; their mean square is about 1."""
NOISE = 1.6
"""Deviation of the noise beside oscillations of amplitude 1. Of a single patch, products of its samples then
tell the state in fewer than 0.8 of all cases (see the tests), so that the past is needed.
"""


def two_scales(
    n_train: int = 400,
    n_test: int = 200,
    length: int = 64,
    seed: int = 0,
    noise: float = NOISE,
    code: str = "frequency",
) -> Split:
    """Streams of patches of 6 channels × 8 samples. A state gives each channel one of four frequencies, or
    amplitudes, by a table that is drawn from the seed; phases go on within a channel. Labels are the state at
    each patch.

    Args:
        n_train, n_test: streams.
        length: patches of a stream.
        seed: of everything.
        noise: deviation of what is added to each sample.
        code: what a state sets, "frequency" or "amplitude".

    Raises:
        DatasetError: another code.
    """
    if code not in ("frequency", "amplitude"):
        raise DatasetError(f"expected a code of frequency or amplitude, got {code!r}")
    rng = np.random.default_rng(seed)
    table = np.stack([rng.permutation(np.resize(np.arange(4), CHANNELS)) for _ in range(STATES)])
    if code == "amplitude":  # of any two states, every channel tells: its loudness differs
        table = (rng.permutation(np.resize(np.arange(4), CHANNELS)) + np.arange(STATES)[:, None]) % 4
    parts = []
    for n in (n_train, n_test):
        states = slow_states(n, length, rng)
        chosen = table[states].repeat(SAMPLES, axis=1)  # stream sample channel
        steady = np.broadcast_to(np.resize(np.arange(4), CHANNELS), chosen.shape)
        frequency = np.array(FREQUENCIES)[chosen if code == "frequency" else steady]
        start = rng.random((n, 1, CHANNELS))
        clean = np.sqrt(2) * np.sin(2 * np.pi * (start + np.cumsum(frequency, axis=1)))
        if code == "amplitude":
            clean = clean * np.array(AMPLITUDES)[chosen]
        noisy = clean + noise * rng.standard_normal(clean.shape)
        values = noisy.reshape(n, length, SAMPLES * CHANNELS).astype(np.float32)
        parts.append(Patches(values, np.ones((n, length), np.float32), states))
    return Split(*parts).standardised()


def slow_states(n: int, length: int, rng: np.random.Generator) -> Int[np.ndarray, "stream patch"]:
    """A state switches to another one at any patch with probability 1 / `DWELL`."""
    steps = np.where(rng.random((n, length)) < 1 / DWELL, rng.integers(1, STATES, (n, length)), 0)
    steps[:, 0] = rng.integers(0, STATES, n)
    return np.cumsum(steps, axis=1) % STATES


def products(values: Float[np.ndarray, "row value"]) -> Float[np.ndarray, "row product"]:
    """Mean product of each channel with itself some samples later: what a quadratic reader sees."""
    x = values.reshape(-1, SAMPLES, CHANNELS)
    lags = [(x[:, lag:] * x[:, : SAMPLES - lag]).mean(1) for lag in range(SAMPLES - 1)]
    return np.concatenate(lags, axis=1)
