"""The arms of an experiment that teaches tissue, by name: what each writes, and on what."""

import numpy as np
from numpy.typing import NDArray

from ..present import Writer
from ..writers import MatchedWriter, OracleWriter, ReplayWriter, SilentWriter
from .dishes import Dishes
from .model import DishModel

ARMS = ("adaptive", "oracle", "ungraded", "yoked", "matched", "silent", "frozen", "saline")
REPLAYED = ("yoked", "frozen", "saline")
"""Arms that replay what was written in the adaptive arm."""
UNTAUGHT = ("frozen", "saline")
"""Arms in which nothing can be learned."""


def writer_of(
    arm: str,
    dishes: Dishes,
    model: DishModel,
    *,
    gradient_steps: int = 5,
    adaptive: NDArray[np.int64] | None = None,
) -> Writer:
    """What writes in an arm.

    Args:
        arm: `adaptive` writes the forecast of an emulator, improved by gradient steps for the coming symbol;
            `ungraded` the same without the steps; `oracle` the electrodes of the coming symbol; `yoked`
            replays the writes of the next dish, which has its own electrodes and phase of the stream;
            `frozen` and `saline` replay the dish's own; `matched` writes on random electrodes; `silent`
            nothing.
        dishes: what is written to.
        model: the emulator of `adaptive` and `ungraded`.
        gradient_steps: per symbol, of `adaptive`.
        adaptive: what was written in the adaptive arm, [dish, period, electrode]; for arms that replay it.

    Raises:
        ValueError: an unknown arm, or one that replays what is not given.
    """
    if arm not in ARMS:
        raise ValueError(f"arm: expected one of {', '.join(ARMS)}, got {arm!r}")
    if arm in ("adaptive", "ungraded"):
        return model.writer(dishes.layout, dishes.channels, gradient_steps if arm == "adaptive" else 0)
    if arm in REPLAYED:
        if adaptive is None:
            raise ValueError(f"arm {arm!r} replays the adaptive writes: expected adaptive, got None")
        return ReplayWriter(np.roll(adaptive, -1, axis=0) if arm == "yoked" else adaptive)
    if arm == "matched":
        return MatchedWriter(dishes.layout, dishes.channels, dishes.seeds)
    return OracleWriter(dishes.layout) if arm == "oracle" else SilentWriter()
