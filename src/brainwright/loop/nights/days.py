"""A stream of days: a network forecasts what comes next, by day from the day, at night from a hippocampus."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from brainwright.datasets.activity import Activity
from brainwright.datasets.recordings import cultures_by_day
from brainwright.memory import Experiences, Hippocampus, RecallError
from brainwright.memory.metrics import summary
from brainwright.network import Network, layered
from brainwright.objective import Regression

from ..sleep import Night, sleep

Kind = Literal["asleep", "awake", "shuffled", "all days"]
KEPT: tuple[Kind, ...] = ("asleep", "awake", "shuffled")
"""Half of the updates by day and half at night on what is stored; all of them by day; nights on episodes that
are followed by what followed others. "all days" is the bound: all updates on all days so far, which nobody
stores.
"""
BINS = 2
"""Of the past, from which the next is forecast."""
TESTED = 0.25
"""Share of a day, its end, that is asked about and never learned from."""


@dataclass(frozen=True, eq=False)
class Day:
    """What is learned from a day, and what is asked about it: float [moment, bins x unit + unit], the past of
    a moment and then what followed.

    Attributes:
        learned, asked: moments.
        n_units: of a bin.
    """

    learned: Float[Tensor, "moment feature"]
    asked: Float[Tensor, "moment feature"]
    n_units: int

    @classmethod
    def of(cls, activity: Activity, bins: int = BINS, tested: float = TESTED) -> "Day":
        """From a recording of one trial. Counts become their square roots, whose spread does not grow with
        the rate.

        Raises:
            RecallError: several trials, or too few bins.
        """
        values = activity.values
        if len(values) != 1 or values.shape[1] < 8 * (bins + 1):
            raise RecallError(f"expected one trial of {8 * (bins + 1)} bins or more, got {values.shape[:2]}")
        stream = torch.tensor(np.sqrt(values[0]) if activity.counts else values[0], dtype=torch.float32)
        moments = stream.unfold(0, bins + 1, 1).transpose(1, 2).flatten(1)
        cut = round((1 - tested) * len(moments))
        # what is asked begins where no bin was learned from
        return cls(moments[: cut - bins], moments[cut:], stream.shape[1])


def through_days(
    days: Sequence[Day],
    kind: Kind,
    *,
    updates: int = 200,
    batch: int = 64,
    cells: int = 100,
    stored: int = 400,
    seed: int = 0,
) -> Float[np.ndarray, "after day"]:
    """One network goes through the days in order; R² of its forecasts of every day after each.

    R² is that of the square roots of counts on all units together, over the mean of the day that was learned
    from: 0 for a forecast of that mean.

    Args:
        days: of the same units.
        kind: of nights; all kinds have as many updates in all.
        updates: of a day with its night.
        batch: moments of an update.
        cells: of the hidden layer.
        stored: moments of each day that the hippocampus takes up, drawn evenly; it forgets none of them.
        seed: of everything random.

    Raises:
        RecallError: no days, of different units, or fewer moments than are to be stored.
    """
    if not days or len({day.n_units for day in days}) != 1:
        raise RecallError("expected one day or more, all of the same units")
    if (least := min(len(day.learned) for day in days)) < stored:
        raise RecallError(f"stored: expected at most the {least} moments of the shortest day, got {stored}")
    width, units = days[0].learned.shape[1], days[0].n_units
    past = width - units
    network = layered([past, cells, units], seed=seed)
    store = Hippocampus(width, capacity=stored * len(days), seed=seed)
    generator = torch.Generator().manual_seed(seed)
    half, scores = updates // 2, np.full((len(days), len(days)), np.nan)
    for k, day in enumerate(days):
        today = Experiences.of(day.learned)
        store.store(today.at(torch.randperm(len(today), generator=generator)[:stored]))
        if kind == "all days":
            today = Experiences.of(torch.cat([own.learned for own in days[: k + 1]]))
        awake = Night(updates if kind in ("awake", "all days") else half, batch)
        sleep(network, today.parted(past), awake, objective=Regression(), seed=_seed(seed, k, 0))
        if kind in ("asleep", "shuffled"):
            held = store.experiences.parted(past)
            if kind == "shuffled":
                turned = held.targets[torch.randperm(len(held), generator=generator)]
                held = Experiences(held.states, turned, held.rewards)
            night = Night(updates - half, batch)
            sleep(network, held, night, objective=Regression(), seed=_seed(seed, k, 1))
        scores[k] = [forecast_r2(network, own) for own in days]
    return scores


def kept_over_days(
    days: Sequence[Day], kinds: Sequence[Kind] = KEPT, *, updates: int = 200, seed: int = 0
) -> dict[str, dict[str, float]]:
    """Kind of night → `earlier days`, R² of all days but the last after the last, and what `metrics.summary`
    says. Raises RecallError.
    """
    rows = {}
    for kind in kinds:
        r2 = through_days(days, kind, updates=updates, seed=seed)
        rows[kind] = {"earlier days": float(r2[-1, :-1].mean())} | summary(r2)
    return rows


@cache
def of_cultures() -> tuple[tuple[Day, ...], ...]:
    """Days of every culture, in order of age. Raises MissingData."""
    return tuple(tuple(Day.of(own) for own in days.values()) for days in cultures_by_day().values())


@torch.no_grad()
def forecast_r2(network: Network, day: Day) -> float:
    """Of the part that is asked about."""
    past = day.asked.shape[1] - day.n_units
    said, came = network.unroll(day.asked[:, :past]).last, day.asked[:, past:]
    missed = (came - said).square().sum()
    return float(1 - missed / (came - day.learned[:, past:].mean(0)).square().sum())


def _seed(seed: int, day: int, night: int) -> int:
    """Of the order of moments, other ones for every day and night."""
    return 1_000_003 * (2 * day + night + 1) + seed
