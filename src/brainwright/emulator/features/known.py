"""Made-up activity whose features are known."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Known:
    """Frames [time, unit] that are sums of few patterns, the patterns [feature, unit] of length 1, and which
    were active how much, [time, feature].
    """

    frames: NDArray[np.float32]
    patterns: NDArray[np.float32]
    codes: NDArray[np.float32]

    def patterns_in(self, sd: NDArray[np.floating]) -> NDArray[np.float64]:
        """The patterns where every unit is divided by its deviation `sd` [unit], as a model sees them."""
        return self.patterns / np.maximum(sd, 1e-9)


def known_dictionary(
    seed: int,
    *,
    n_units: int = 32,
    n_features: int = 48,
    active: int = 3,
    n_frames: int = 4_000,
    noise: float = 0.05,
) -> Known:
    """It draws random patterns, of which each frame has `active`, each as likely as any other, with strengths
    of 0.5 to 1.5 and Gaussian noise of deviation `noise` in every unit.
    """
    rng = np.random.default_rng(seed)
    patterns = rng.normal(size=(n_features, n_units))
    patterns /= np.linalg.norm(patterns, axis=1, keepdims=True)
    chosen = rng.random((n_frames, n_features)).argsort(1)[:, :active]
    codes = np.zeros((n_frames, n_features))
    np.put_along_axis(codes, chosen, rng.uniform(0.5, 1.5, chosen.shape), axis=1)
    frames = codes @ patterns + noise * rng.normal(size=(n_frames, n_units))
    return Known(*(part.astype(np.float32) for part in (frames, patterns, codes)))
