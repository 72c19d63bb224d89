"""Onto the safe set: what of a wished stimulus the limits allow, and what had to be changed."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .limits import StimulusLimits, StimulusRefused
from .plan import StimulusPlan

GROUPS = 128
"""A projection takes some 300 checks at most, a few tenths of a second for thousands of pulses."""


@dataclass(frozen=True)
class Projected:
    """How a plan was changed. `dropped` counts pulses by the limit that refused them."""

    wished_pulses: int
    kept_pulses: int
    scaled_pulses: int
    dropped: dict[str, int]
    wished_nC: float
    kept_nC: float

    @property
    def changed(self) -> bool:
        return self.scaled_pulses > 0 or bool(self.dropped)


def project(
    plan: StimulusPlan, limits: StimulusLimits, check: Callable[[StimulusPlan], None], now_s: float
) -> tuple[StimulusPlan, Projected]:
    """It returns the part of `plan` that `check` admits, and the account of it.

    A pulse whose current or charge is too high is scaled down (its shape kept: the nearest admissible pulse
    along its own direction). What no scaling mends is left out: pulses in order of time, each kept if it is
    admitted with those before it. As every limit is monotone the result is admitted, and no further pulse
    could be added; a plan that is admitted already is returned as it is.

    The number of checks is bounded: of more than `GROUPS` pulses, groups of equally many stand or fall
    together, once those that would be refused in any company were left out.
    """
    scaled, n_scaled = _scaled(plan, limits)
    scaled = scaled.take(np.argsort(scaled.time_s, kind="stable"))
    dropped: Counter[str] = Counter()
    scaled = _hopeful(scaled, check, dropped)
    group = -(-scaled.n_pulses // GROUPS)
    if group > 1:
        scaled = _spaced(scaled, limits.channel_interval_s, dropped)
    allowed = _admitted(scaled, StimulusPlan.empty(), check, dropped, group)
    if n_scaled == 0 and not dropped:
        allowed = plan
    return allowed, Projected(
        wished_pulses=plan.n_pulses,
        kept_pulses=allowed.n_pulses,
        scaled_pulses=n_scaled,
        dropped=dict(dropped),
        wished_nC=float(plan.phase_charge_nC.sum()),
        kept_nC=float(allowed.phase_charge_nC.sum()),
    )


def _scaled(plan: StimulusPlan, limits: StimulusLimits) -> tuple[StimulusPlan, int]:
    if plan.n_pulses == 0:
        return plan, 0
    peak, charge = np.abs(plan.current_uA).max(axis=1), plan.phase_charge_nC
    factor = np.minimum(
        limits.current_uA / np.maximum(peak, limits.current_uA),
        limits.largest_phase_nC / np.maximum(charge, limits.largest_phase_nC),
    )
    current = plan.current_uA * factor[:, None]
    scaled = StimulusPlan(plan.dish, plan.channel, plan.time_s, current, plan.width_us)
    return scaled, int((factor < 1).sum())


def _hopeful(
    plan: StimulusPlan, check: Callable[[StimulusPlan], None], dropped: Counter[str]
) -> StimulusPlan:
    """It leaves out the pulses that break a limit of single pulses; one check for each such limit, and one
    more.
    """
    while plan.n_pulses:
        try:
            check(plan)
        except StimulusRefused as error:
            if error.hopeless is None:
                return plan
            dropped[error.limit] += int(error.hopeless.sum())
            plan = plan.take(~error.hopeless)
        else:
            return plan
    return plan


def _spaced(plan: StimulusPlan, interval_s: float, dropped: Counter[str]) -> StimulusPlan:
    """It leaves out the pulses that follow one of their channel too soon; `plan` comes by time."""
    last_s: dict[tuple[int, int], float] = {}
    keep = np.ones(plan.n_pulses, bool)
    rows = zip(plan.dish.tolist(), plan.channel.tolist(), plan.time_s.tolist(), strict=True)
    for i, (dish, channel, time_s) in enumerate(rows):
        keep[i] = time_s - last_s.get((dish, channel), -np.inf) >= interval_s
        if keep[i]:
            last_s[dish, channel] = time_s
    if not keep.all():
        dropped["channel_interval_s"] += int((~keep).sum())
    return plan.take(keep)


def _admitted(
    plan: StimulusPlan,
    allowed: StimulusPlan,
    check: Callable[[StimulusPlan], None],
    dropped: Counter[str],
    group: int,
) -> StimulusPlan:
    """It returns `allowed` and the pulses of `plan` that are admitted with it, halving until the culprits are
    found.
    """
    if plan.n_pulses == 0:
        return allowed
    both = StimulusPlan.join([allowed, plan])
    try:
        check(both)
    except StimulusRefused as error:
        if plan.n_pulses <= max(group, 1):
            dropped[error.limit] += plan.n_pulses
            return allowed
        half = plan.n_pulses // 2
        allowed = _admitted(plan.take(slice(half)), allowed, check, dropped, group)
        return _admitted(plan.take(slice(half, None)), allowed, check, dropped, group)
    return both
