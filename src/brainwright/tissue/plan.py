"""What to deliver: pulses on channels of dishes, with explicit waveforms."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True, eq=False)
class StimulusPlan:
    """Pulses, one row each. Currents are signed (cathodic < 0), phases follow one another without gap.

    Shapes: `dish`, `channel`, `time_s` are [pulse]; `current_uA` and `width_us` are [pulse, phase].
    `time_s` is on the tissue's clock (`Tissue.now_s`).

    Raises:
        ValueError: shapes that do not agree, or values that are not finite.
    """

    dish: NDArray[np.int32]
    channel: NDArray[np.int32]
    time_s: NDArray[np.float64]
    current_uA: NDArray[np.float64]
    width_us: NDArray[np.float64]

    def __post_init__(self) -> None:
        n = self.time_s.shape[0] if self.time_s.ndim == 1 else -1
        if self.dish.shape != (n,) or self.channel.shape != (n,):
            raise ValueError(
                f"dish, channel and time_s must be one-dimensional and equally long, got shapes "
                f"{self.dish.shape}, {self.channel.shape}, {self.time_s.shape}"
            )
        if self.current_uA.ndim != 2 or self.current_uA.shape != self.width_us.shape or len(self.current_uA) != n:
            raise ValueError(
                f"current_uA and width_us must both be [pulse, phase] with {n} pulses, got "
                f"{self.current_uA.shape} and {self.width_us.shape}"
            )
        for name in ("time_s", "current_uA", "width_us"):
            if not np.isfinite(getattr(self, name)).all():
                raise ValueError(f"{name} must be finite, got NaN or infinity: check what computed this plan")

    @classmethod
    def biphasic(
        cls,
        dish: ArrayLike,
        channel: ArrayLike,
        time_s: ArrayLike,
        current_uA: float = 2.0,
        width_us: float = 200.0,
    ) -> "StimulusPlan":
        """Charge-balanced cathodic-first pulses of one amplitude: [-current, +current] for width each."""
        dish, channel, time_s = np.broadcast_arrays(dish, channel, np.asarray(time_s, np.float64))
        n = time_s.size
        return cls(
            dish=np.asarray(dish, np.int32).reshape(n),
            channel=np.asarray(channel, np.int32).reshape(n),
            time_s=np.array(time_s, np.float64).reshape(n),
            current_uA=np.tile(np.array([-current_uA, current_uA], np.float64), (n, 1)),
            width_us=np.full((n, 2), float(width_us)),
        )

    @classmethod
    def empty(cls) -> "StimulusPlan":
        return cls.biphasic([], [], [])

    @classmethod
    def join(cls, plans: "list[StimulusPlan]") -> "StimulusPlan":
        """One plan with the pulses of all (the same number of phases)."""
        return cls(
            *(np.concatenate([getattr(p, name) for p in plans]) for name in
              ("dish", "channel", "time_s", "current_uA", "width_us"))
        )  # fmt: skip

    @property
    def n_pulses(self) -> int:
        return self.time_s.size

    @property
    def charge_nC(self) -> NDArray[np.float64]:
        """Charge of each phase, [pulse, phase]; uA x us = 1e-3 nC."""
        return self.current_uA * self.width_us * 1e-3

    @property
    def cathodic_uA(self) -> NDArray[np.float64]:
        """Largest cathodic current of each pulse (what recruits cells), [pulse]; zero if none."""
        return np.maximum(0.0, -self.current_uA.min(axis=1)) if self.n_pulses else np.zeros(0)

    def shifted(self, seconds: float) -> "StimulusPlan":
        """The same pulses, later by `seconds`."""
        return StimulusPlan(self.dish, self.channel, self.time_s + seconds, self.current_uA, self.width_us)
