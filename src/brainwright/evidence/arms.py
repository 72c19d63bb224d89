"""One arm of an experiment: a value per unit, in the order that all arms share."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from brainwright.evidence.effects import mean_interval


@dataclass(frozen=True, eq=False)
class Arm:
    """The values of one metric in one arm, one per unit (culture, animal, seed)."""

    name: str
    values: np.ndarray
    """Float64 [unit]; index i is the same unit in every arm."""

    def __post_init__(self) -> None:
        values = np.array(self.values, np.float64)
        if values.ndim != 1 or len(values) == 0:
            raise ValueError(f"arm {self.name}: expected one value per unit, got shape {values.shape}")
        values.flags.writeable = False
        object.__setattr__(self, "values", values)

    @property
    def n(self) -> int:
        """Number of units."""
        return len(self.values)

    @property
    def mean(self) -> float:
        """Mean over units."""
        return float(self.values.mean())

    @property
    def sd(self) -> float | None:
        """Sample standard deviation over units; None for a single unit."""
        return float(self.values.std(ddof=1)) if self.n > 1 else None

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """Bootstrap interval of the mean over units."""
        found = mean_interval(self.values, level=level)
        return found.low, found.high

    def as_dict(self) -> dict[str, Any]:
        """The form of `result.json`."""
        low, high = self.interval() if self.n > 1 and np.isfinite(self.values).all() else (None, None)
        return {
            "mean": self.mean,
            "sd": self.sd,
            "ci_low": low,
            "ci_high": high,
            "n": self.n,
            "values": self.values.tolist(),
        }
