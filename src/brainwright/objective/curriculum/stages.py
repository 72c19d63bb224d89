"""A curriculum as plain data: which losses of which modules, weights, for how long, on which data."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from .losses import LOSSES

ORDERS = ("staged", "shuffled", "mixed")


@dataclass(frozen=True)
class Stage:
    """So many updates of some modules.

    Attributes:
        updates: of the weights of every module named.
        losses: module → loss of `LOSSES` → weight. Modules that are not named stay as they are.
        data: which of the data sets, where there are several.
    """

    updates: int
    losses: Mapping[str, Mapping[str, float]]
    data: str = ""

    def __post_init__(self) -> None:
        if self.updates < 1 or not self.losses or not all(self.losses.values()):
            raise ValueError(
                f"expected a stage of at least one update and one loss for each module, got {self.updates} "
                f"updates of {dict(self.losses)}"
            )
        for module, weights in self.losses.items():
            if unknown := sorted(set(weights) - set(LOSSES)):
                raise ValueError(f"module {module!r}: expected losses of {', '.join(LOSSES)}, got {unknown}")


def one_by_one(
    names: Iterable[str], updates: int, losses: Mapping[str, float] | None = None
) -> tuple[Stage, ...]:
    """Module after module, each by its own next embedding alone unless other losses are named."""
    return tuple(Stage(updates, {name: losses or {"next": 1.0}}) for name in names)


def together(names: Iterable[str], updates: int, losses: Mapping[str, float] | None = None) -> Stage:
    """All modules in one stage."""
    return Stage(updates, {name: losses or {"next": 1.0} for name in names})


def turns(stages: Sequence[Stage], order: str = "staged", seed: int = 0) -> list[int]:
    """Whose turn it is at every update; each stage has all of its updates in every order.

    Args:
        stages: of the curriculum.
        order: "staged", one after another; "shuffled", in another order of stages that the seed draws, never
            the same one where there are two or more; "mixed", all at once: every update is of a stage drawn
            by chance.
        seed: of the order.

    Raises:
        ValueError: an unknown order.
    """
    if order not in ORDERS:
        raise ValueError(f"expected an order of {', '.join(ORDERS)}, got {order!r}")
    rng, places = np.random.default_rng(seed), list(range(len(stages)))
    if order == "shuffled" and len(stages) > 1:
        while places == sorted(places):
            places = rng.permutation(len(stages)).tolist()
    drawn = [k for k in places for _ in range(stages[k].updates)]
    return rng.permutation(drawn).tolist() if order == "mixed" else drawn
