"""Bodily drives: reward is what brings the body nearer to its set points."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from .errors import ValueFunctionError
from .td import Array


@dataclass(frozen=True)
class Drive:
    """D(H) = (sum_i |H*_i - H_i|^n)^(1/m), reward = D before - D after (Keramati & Gutkin 2014,
    10.7554/eLife.04811). What is eaten pays while hungry and costs when full; rewards along a path add up to
    the drive that is gone, whatever the path.

    Args:
        set_points: H*, [variable].
        inner, outer: n and m; with n > m > 1 a dose pays more the larger the need.

    Raises:
        ValueFunctionError: set points that are not finite, powers below 1; NaN in a body state.

    Example:
        >>> Drive((37.0, 1.0)).reward([37.0, 0.2], [37.0, 0.6]).round(3)
        np.float64(0.448)
    """

    set_points: tuple[float, ...]
    inner: float = 4.0
    outer: float = 3.0

    def __post_init__(self) -> None:
        if not np.isfinite(self.set_points).all() or min(self.inner, self.outer) < 1:
            raise ValueFunctionError(f"expected finite set points and powers of at least 1, got {self}")

    def of(self, body: ArrayLike) -> Array:
        """The drive of body states, [..., variable] → [...]."""
        body = np.asarray(body, np.float64)
        if body.shape[-1:] != (len(self.set_points),):
            raise ValueFunctionError(f"body: expected {len(self.set_points)} variables, got {body.shape}")
        if not np.isfinite(body).all():
            raise ValueFunctionError(f"body: expected finite numbers, got {body[~np.isfinite(body)][0]}")
        gap = np.abs(np.asarray(self.set_points) - body) ** self.inner
        return gap.sum(-1) ** (1 / self.outer)

    def reward(self, before: ArrayLike, after: ArrayLike) -> Array:
        """How much less drive there is after than before, [...]."""
        return self.of(before) - self.of(after)
