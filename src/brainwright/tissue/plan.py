"""What to deliver: pulses on channels of dishes, with explicit waveforms."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

_LARGEST = 1e12  # seconds, uA or us: beyond any meaning; products of two still have room
_COLUMNS = ("dish", "channel", "time_s", "current_uA", "width_us")


@dataclass(frozen=True, eq=False)
class StimulusPlan:
    """Pulses, one row each. Currents are signed (cathodic < 0), phases follow one another without gap.

    Shapes: `dish`, `channel`, `time_s` are [pulse]; `current_uA` and `width_us` are [pulse, phase].
    `time_s` is on the tissue's clock (`Tissue.now_s`). The arrays are copied into memory that cannot be made
    writable again: what was checked is what will be delivered.

    Raises:
        ValueError: shapes that do not agree, indices that are not whole numbers, values that are not finite
            or beyond any meaning.
    """

    dish: NDArray[np.int32]
    channel: NDArray[np.int32]
    time_s: NDArray[np.float64]
    current_uA: NDArray[np.float64]
    width_us: NDArray[np.float64]

    def __post_init__(self) -> None:
        for name in ("dish", "channel"):
            object.__setattr__(self, name, _whole(getattr(self, name), name))
        for name in ("time_s", "current_uA", "width_us"):
            object.__setattr__(self, name, _finite(getattr(self, name), name))
        n = self.time_s.shape[0] if self.time_s.ndim == 1 else -1
        if self.dish.shape != (n,) or self.channel.shape != (n,):
            raise ValueError(
                f"dish, channel and time_s must be one-dimensional and equally long, got shapes "
                f"{self.dish.shape}, {self.channel.shape}, {self.time_s.shape}"
            )
        shape = self.current_uA.shape
        if len(shape) != 2 or shape != self.width_us.shape or shape[0] != n or shape[1] < 1:
            raise ValueError(
                f"current_uA and width_us must both be [pulse, phase] with {n} pulses and one phase or more, "
                f"got {self.current_uA.shape} and {self.width_us.shape}"
            )

    @classmethod
    def biphasic(
        cls,
        dish: ArrayLike,
        channel: ArrayLike,
        time_s: ArrayLike,
        current_uA: float = 2.0,
        width_us: float = 200.0,
    ) -> "StimulusPlan":
        """It makes charge-balanced cathodic-first pulses of one amplitude: [-current, +current] for width
        each.

        Args:
            dish, channel, time_s: broadcast against one another, one pulse per element.
            current_uA: amplitude, positive.
            width_us: of each phase.

        Example:
            >>> StimulusPlan.biphasic([[0], [1]], [3, 9, 12], 0.5).n_pulses
            6
        """
        dish, channel, time_s = np.broadcast_arrays(dish, channel, np.asarray(time_s, np.float64))
        n = time_s.size
        return cls(
            dish=dish.reshape(n),
            channel=channel.reshape(n),
            time_s=time_s.reshape(n),
            current_uA=np.full((n, 2), (-current_uA, current_uA), np.float64),
            width_us=np.full((n, 2), float(width_us)),
        )

    @classmethod
    def empty(cls) -> "StimulusPlan":
        """It returns a plan without pulses."""
        return cls.biphasic([], [], [])

    @classmethod
    def join(cls, plans: "list[StimulusPlan]") -> "StimulusPlan":
        """It makes one plan with the pulses of all (the same number of phases)."""
        phases = {plan.current_uA.shape[1] for plan in plans if plan.n_pulses}
        if len(phases) > 1:
            raise ValueError(f"join: expected plans with one number of phases, got {sorted(phases)}")
        plans = [plan for plan in plans if plan.n_pulses]
        if not plans:
            return cls.empty()
        return cls(*(np.concatenate([getattr(plan, name) for plan in plans]) for name in _COLUMNS))

    @property
    def n_pulses(self) -> int:
        return self.time_s.size

    @cached_property
    def first_s(self) -> float:
        """It is the time of the earliest pulse; of an empty plan infinity."""
        return float(self.time_s.min(initial=np.inf))

    @cached_property
    def last_s(self) -> float:
        """It is the time of the latest pulse; of an empty plan minus infinity."""
        return float(self.time_s.max(initial=-np.inf))

    @cached_property
    def charge_nC(self) -> NDArray[np.float64]:
        """It is the charge of each phase, [pulse, phase]; uA x us = 1e-3 nC."""
        return _sealed(self.current_uA * self.width_us * 1e-3)

    @cached_property
    def phase_charge_nC(self) -> NDArray[np.float64]:
        """It is the largest charge that flows in one direction, [pulse]: what loads the electrode and counts
        as dose.

        For a biphasic pulse the charge of its larger phase; phases of one sign in a row count together.
        """
        flown = np.cumsum(self.charge_nC, axis=1).T.copy()  # NumPy compares ten times faster along pulses
        return _sealed(np.maximum(flown.max(axis=0), 0.0) - np.minimum(flown.min(axis=0), 0.0))

    @property
    def cathodic_uA(self) -> NDArray[np.float64]:
        """It is the largest cathodic current of each pulse (what recruits cells), [pulse]; zero if none."""
        return np.maximum(0.0, -self.current_uA.T.copy().min(axis=0))

    def shifted(self, seconds: float) -> "StimulusPlan":
        """It returns the same pulses, later by `seconds`."""
        return StimulusPlan(self.dish, self.channel, self.time_s + seconds, self.current_uA, self.width_us)

    def copy(self) -> "StimulusPlan":
        """It returns a plan of its own with the same columns; nothing that was derived or cached is taken
        over.
        """
        return StimulusPlan(*(getattr(self, name) for name in _COLUMNS))

    def take(self, rows: NDArray[np.generic] | slice) -> "StimulusPlan":
        """It returns the chosen pulses, as a plan."""
        return StimulusPlan(*(getattr(self, name)[rows] for name in _COLUMNS))


def _sealed(array: NDArray[Any]) -> NDArray[Any]:
    """It returns a copy on immutable bytes: NumPy refuses to set its flag `writeable`, which it allows on own
    memory.
    """
    if array.size == 0:  # nothing to protect, and no bytes to lie on
        array.flags.writeable = False
        return array
    return np.frombuffer(array.tobytes(), array.dtype).reshape(array.shape)


def _whole(values: ArrayLike, name: str) -> NDArray[np.int32]:
    """It returns a read-only int32 copy."""
    try:
        raw = np.asarray(values)
    except (TypeError, ValueError, OverflowError) as error:
        raise ValueError(f"{name} must hold whole numbers: {error}") from error
    if raw.size and raw.dtype.kind not in "iu":
        raise ValueError(f"{name} must hold whole numbers, got {raw.dtype}")
    if raw.size and not -(2**31) <= raw.min() <= raw.max() < 2**31:
        raise ValueError(f"{name} must fit into 32 bits, got {raw.min()} to {raw.max()}")
    return _sealed(raw.astype(np.int32))


def _finite(values: ArrayLike, name: str) -> NDArray[np.float64]:
    """It returns a read-only float64 copy."""
    try:
        copy = np.array(values, np.float64, order="C")
    except (TypeError, ValueError, OverflowError) as error:
        raise ValueError(f"{name} must hold numbers: {error}") from error
    if not np.isfinite(copy).all():
        raise ValueError(f"{name} must be finite, got NaN or infinity: check what computed this plan")
    if copy.size and np.abs(copy).max() > _LARGEST:
        raise ValueError(f"{name} must not exceed {_LARGEST:g}, got {copy[np.abs(copy) > _LARGEST][0]:g}")
    return _sealed(copy)
