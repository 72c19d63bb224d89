"""One arm of an experiment: a value per unit, in the order that all arms share."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from brainwright.evidence.effects import mean_interval
from brainwright.shown import Shown


@dataclass(frozen=True, eq=False, repr=False)
class Arm(Shown):
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

    def glance(self) -> dict[str, str]:
        """What it shows of itself: name, mean with its 95 % interval, number of units."""
        row = self.as_dict()
        within = "" if row["ci_low"] is None else f" [{row['ci_low']:.4g}, {row['ci_high']:.4g}]"
        return {"": self.name, "mean": f"{self.mean:.4g}{within}", "n": str(self.n)}

    @property
    def n(self) -> int:
        """The number is that of units."""
        return len(self.values)

    @property
    def mean(self) -> float:
        """The mean is taken over units."""
        return float(self.values.mean())

    @property
    def sd(self) -> float | None:
        """It is the sample standard deviation over units; None for a single unit."""
        return float(self.values.std(ddof=1)) if self.n > 1 else None

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """The bootstrap interval is that of the mean over units."""
        interval = mean_interval(self.values, level=level)
        return interval.low, interval.high

    def as_dict(self) -> dict[str, Any]:
        """The dictionary has the form of `result.json`."""
        low, high = self.interval() if self.n > 1 and np.isfinite(self.values).all() else (None, None)
        return {
            "mean": self.mean,
            "sd": self.sd,
            "ci_low": low,
            "ci_high": high,
            "n": self.n,
            "values": self.values.tolist(),
        }
