"""What an arm must reach, fixed before the run, and whether it did: met, missed or void."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from brainwright.evidence.effects import bootstrap, difference, mean_interval

Values = Callable[[str, str], np.ndarray]
"""(arm, metric) → one value per unit, [unit], in the order that all arms share."""


@dataclass(frozen=True)
class Gate:
    """What one arm of a study must reach; every condition that is given must hold. All in the metric's own
    unit.

    Attributes:
        study, arm: whom it concerns.
        metric: what is asked of; None for the study's own.
        at_least: least mean.
        at_most: largest mean.
        others: least means of further metrics.
        lead: least lead of the mean over that of `floor`.
        above: arm whose mean must be exceeded.
        surely_above: arm that must be exceeded by the lower end of the 95 % interval of the difference,
            paired by unit.
        floor: arm that shows what is had for nothing.
        void_from: where the mean of `floor` reaches this, the gate leaves no room and says nothing.
    """

    study: str
    arm: str
    metric: str | None = None
    at_least: float | None = None
    at_most: float | None = None
    others: Mapping[str, float] = field(default_factory=dict)
    lead: float | None = None
    above: str | None = None
    surely_above: str | None = None
    floor: str | None = None
    void_from: float = math.inf

    @property
    def arms(self) -> set[str]:
        """The arms that it needs."""
        return {name for name in (self.arm, self.above, self.surely_above, self.floor) if name is not None}

    def asked(self, metric: str) -> str:
        """What is asked, in words."""
        bounds = [(metric, "≥", self.at_least), (metric, "≤", self.at_most)]
        bounds += [(name, "≥", least) for name, least in self.others.items()]
        bounds += [(f"lead over {self.floor}", "≥", self.lead)]
        parts = [f"{name} {sign} {bound:g}" for name, sign, bound in bounds if bound is not None]
        parts += [f"above {self.above}"] if self.above else []
        parts += [f"surely above {self.surely_above}"] if self.surely_above else []
        return ", ".join(parts)


@dataclass(frozen=True)
class Judged:
    """A gate and what came of it."""

    gate: Gate
    metric: str
    verdict: str
    """"met", "missed" or "void"."""
    figures: Mapping[str, float | None]
    """`value` with `ci_low` and `ci_high` over units (None of a single one), `lead`, `floor`, `above` (that
    arm's mean), `gain_low` (lower end of the paired interval), and the further metrics by name; None where it
    was not asked for."""

    def as_dict(self) -> dict[str, Any]:
        """The form of `result.json`."""
        gate = self.gate
        head = {"study": gate.study, "arm": gate.arm, "metric": self.metric}
        return head | {"asked": gate.asked(self.metric), "verdict": self.verdict, **self.figures}


def judge(gate: Gate, values: Values, metric: str) -> Judged:
    """Holds a gate against the values of its arms; `metric` stands in where the gate names none.

    Raises:
        ValueError: a lead or a void without a floor, or values as in `bootstrap`.
    """
    if gate.floor is None and (gate.lead is not None or gate.void_from < math.inf):
        raise ValueError(f"gate of {gate.arm}: expected a floor beside lead or void_from, got none")
    metric = gate.metric or metric
    reached = values(gate.arm, metric)
    mean, low, high = float(reached.mean()), None, None
    if len(reached) > 1:  # a single unit has no interval, but what is asked of its mean can be judged
        interval = mean_interval(reached)
        low, high = interval.low, interval.high
    others = {name: float(values(gate.arm, name).mean()) for name in gate.others}
    floor = None if gate.floor is None else float(values(gate.floor, metric).mean())
    lead = None if floor is None else mean - floor
    above = None if gate.above is None else float(values(gate.above, metric).mean())
    gain_low = None
    if gate.surely_above is not None:
        pair = [values(arm, metric) for arm in (gate.arm, gate.surely_above)]
        gain_low = bootstrap(difference, *pair).low if len(pair[0]) > 1 else -math.inf
    holds = [
        gate.at_least is None or mean >= gate.at_least,
        gate.at_most is None or mean <= gate.at_most,
        *(others[name] >= least for name, least in gate.others.items()),
        gate.lead is None or lead is None or lead >= gate.lead,
        above is None or mean > above,
        gain_low is None or gain_low > 0,
    ]
    void = floor is not None and floor >= gate.void_from
    figures = {"value": mean, "ci_low": low, "ci_high": high, "lead": lead, "floor": floor}
    figures |= {"above": above, "gain_low": gain_low, **others}
    return Judged(gate, metric, "void" if void else "met" if all(holds) else "missed", figures)
