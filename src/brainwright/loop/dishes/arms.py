"""The arms of an experiment that teaches tissue, by name: what each writes, and on what."""

import numpy as np
from numpy.typing import NDArray

from ..present import Writer
from ..writers import LookupWriter, MatchedWriter, OracleWriter, ReplayWriter, SilentWriter
from .dishes import Dishes
from .model import DishModel

ARMS = (
    "adaptive",
    "oracle",
    "lookup",
    "search",
    "ungraded",
    "other",
    "yoked",
    "delayed",
    "matched",
    "silent",
    "frozen",
    "saline",
)
REPLAYED = ("yoked", "delayed", "frozen", "saline")
"""Arms that replay what was written in the adaptive arm."""
DELAY = 2
"""Symbols by which `delayed` writes come late: after one, the write is that of the symbol just heard."""
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
            `other` is `adaptive` on a course in which another order is wanted; `ungraded` the same without
            the steps; `oracle` the electrodes of the coming symbol; `lookup` the channels that stand out in
            the mean response to it, without a model; `search` is `adaptive` with blind steps on that loss;
            `yoked` replays the writes of the next dish, which has its own electrodes and phase of the stream;
            `delayed` the dish's own some symbols later; `frozen` and `saline` the dish's own; `matched`
            writes on random electrodes; `silent` nothing.
        dishes: what is written to.
        model: the emulator of `adaptive`, `other` and `ungraded`.
        gradient_steps: per symbol, of `adaptive` and `other`.
        adaptive: what was written in the adaptive arm, [dish, period, electrode]; for arms that replay it.

    Raises:
        ValueError: an unknown arm, or one that replays what is not given.
    """
    if arm not in ARMS:
        raise ValueError(f"arm: expected one of {', '.join(ARMS)}, got {arm!r}")
    if arm in ("adaptive", "other", "search", "ungraded"):
        steps, blind = 0 if arm == "ungraded" else gradient_steps, arm == "search"
        return model.writer(dishes.layout, dishes.channels, steps, blind=blind)
    if arm == "lookup":
        return LookupWriter(dishes.layout.n_electrodes, dishes.channels)
    if arm in REPLAYED:
        if adaptive is None:
            raise ValueError(f"arm {arm!r} replays the adaptive writes: expected adaptive, got None")
        turned = {"yoked": np.roll(adaptive, -1, axis=0), "delayed": np.roll(adaptive, DELAY, axis=1)}
        return ReplayWriter(turned.get(arm, adaptive))
    if arm == "matched":
        return MatchedWriter(dishes.layout, dishes.channels, dishes.seeds)
    return OracleWriter(dishes.layout) if arm == "oracle" else SilentWriter()
