"""Stimulus limits: a plan is admitted whole or refused whole, with the reason."""

from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .ledger import RECENT_S, DoseLedger
from .materials import disc_area_cm2, safe_charge_density
from .plan import StimulusPlan

_SLACK_S = 1e-9  # rounding of times


_REMEMBERED, _FEW_PHASES = 1000, 4  # waveforms that need no second look: a device has few, of few phases
_SHANNON_K_MOST = 1.85  # beyond it stimulation damages tissue (Shannon 1992, IEEE Trans Biomed Eng 39:424)


class StimulusRefused(ValueError):
    """A plan lies outside the limits; nothing of it was delivered. `limit` names the one that refused.

    `hopeless` [pulse], where it is known, marks pulses that would be refused in any company.
    """

    def __init__(self, message: str, limit: str = "", hopeless: NDArray[np.bool_] | None = None):
        super().__init__(message)
        self.limit, self.hopeless = limit, hopeless


@dataclass(frozen=True, kw_only=True)
class StimulusLimits:
    """Bounds on every pulse, on pulses together, and on the dose over time.

    Defaults: the strictest of a 3 uA / 3 nC stimulator, 100 uC/cm2 on a platinum disc of 30 um
    diameter (Cogan 2008, Annu Rev Biomed Eng 10:275 gives 50-150 for Pt), Shannon's k = log10(Q D) with Q in
    uC and D in uC/cm2 (which alone is unsafe for microelectrodes), 5 ms between pulses of a channel.
    `for_electrodes` takes area and density from a diameter and a material.
    """

    channels: tuple[int, ...]
    current_uA: float = 3.0
    phase_charge_nC: float = 3.0
    charge_density_uC_per_cm2: float = 100.0
    electrode_area_cm2: float = 7.07e-6
    shannon_k: float = 1.5
    imbalance_ratio: float = 0.01
    imbalance_nC: float = 0.01
    width_step_us: float = 20.0
    channel_interval_s: float = 0.005
    simultaneous_channels: int = 24
    simultaneous_window_s: float = 0.001
    charge_per_minute_nC: float = 10_000.0
    pulses_per_minute: int = 25_000
    horizon_s: float = 3600.0  # how far ahead a pulse may be queued

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name != "channels" and not 0 < value < float("inf"):
                raise ValueError(f"{field.name} must be positive and finite, got {value!r}")
        if not all(isinstance(c, (int, np.integer)) and c >= 0 for c in self.channels):
            raise ValueError(f"channels must be numbers of channels, zero or more, got {self.channels!r}")
        if self.shannon_k > _SHANNON_K_MOST:
            raise ValueError(f"shannon_k must not exceed {_SHANNON_K_MOST}, got {self.shannon_k}")
        if self.simultaneous_channels != int(self.simultaneous_channels):
            raise ValueError(f"simultaneous_channels must be whole, got {self.simultaneous_channels}")
        if self.simultaneous_window_s > min(RECENT_S, self.channel_interval_s):
            raise ValueError(
                f"simultaneous_window_s must not exceed channel_interval_s nor {RECENT_S} s, "
                f"got {self.simultaneous_window_s}"
            )

    @classmethod
    def for_electrodes(
        cls, channels: tuple[int, ...], *, material: str, diameter_um: float, **limits: float
    ) -> "StimulusLimits":
        """It makes limits for disc electrodes of a material of `SAFE_CHARGE_DENSITY_UC_PER_CM2`.

        Example:
            >>> limits = StimulusLimits.for_electrodes((1, 2), material="platinum", diameter_um=30)
            >>> round(limits.largest_phase_nC, 3)
            0.707
        """
        return cls(
            channels=channels,
            charge_density_uC_per_cm2=safe_charge_density(material),
            electrode_area_cm2=disc_area_cm2(diameter_um),
            **limits,  # ty: ignore[invalid-argument-type]
        )

    @cached_property
    def phase_limits_nC(self) -> dict[str, float]:
        """It says what each limit allows one phase to carry, in nC: device, charge density, Shannon."""
        return {
            "phase_charge_nC": self.phase_charge_nC,
            "charge_density_uC_per_cm2": self.charge_density_uC_per_cm2 * self.electrode_area_cm2 * 1e3,
            "shannon_k": float(np.sqrt(self.electrode_area_cm2 * 10.0**self.shannon_k)) * 1e3,
        }

    @cached_property
    def largest_phase_nC(self) -> float:
        """It is the charge that one phase may carry: the strictest of `phase_limits_nC`."""
        return min(self.phase_limits_nC.values())

    def of_dose(self) -> dict[str, float]:
        """It gives the limits beside which a page shows a dose ledger: of a phase's charge, and of charge and
        pulses in a minute.
        """
        names = ("phase_charge_nC", "charge_per_minute_nC", "pulses_per_minute")
        return {name: getattr(self, name) for name in names}

    def stricter(self, other: "StimulusLimits") -> "StimulusLimits":
        """It returns the limits that hold where both hold: of each bound the strictest, the channels that
        both allow.

        Raises:
            ValueError: no channel is left, or the width steps have no common grid.
        """
        strict: dict[str, Any] = {
            field.name: min(getattr(self, field.name), getattr(other, field.name))
            for field in fields(self)
            if field.name != "channels"
        }
        strict |= {
            name: max(getattr(self, name), getattr(other, name))
            for name in ("channel_interval_s", "simultaneous_window_s", "width_step_us")
        }
        coarse, fine = strict["width_step_us"], min(self.width_step_us, other.width_step_us)
        if abs(coarse / fine - round(coarse / fine)) > 1e-9:
            raise ValueError(
                f"width_step_us: expected one step to be a multiple of the other, got {self.width_step_us} "
                f"and {other.width_step_us}"
            )
        channels = tuple(c for c in self.channels if c in set(other.channels))
        if not channels:
            raise ValueError(
                f"channels: no channel may stimulate under both, {self.channels} and {other.channels}"
            )
        return StimulusLimits(channels=channels, **strict)

    def check(self, plan: StimulusPlan, ledger: DoseLedger, now_s: float) -> None:
        """It refuses `plan` unless every limit holds for it together with what the ledger already holds.

        Raises:
            StimulusRefused: names the limit, the offending pulse and what would be allowed.
        """
        if plan.n_pulses == 0:
            return
        self._check_moment(plan, now_s)
        self.check_pulses(plan, ledger.n_dishes, ledger.n_channels)
        self.check_together(plan, ledger)

    def check_pulses(self, plan: StimulusPlan, n_dishes: int, n_channels: int) -> None:
        """It refuses what breaks a limit of single pulses, wherever and whenever they come.

        Raises:
            StimulusRefused: as `check`.
        """
        if plan.n_pulses:
            self._check_targets(plan, n_dishes, n_channels)
            self._check_waveforms(plan)

    def check_together(self, plan: StimulusPlan, ledger: DoseLedger) -> None:
        """It refuses what breaks a limit on pulses together, those of the ledger included.

        Raises:
            StimulusRefused: as `check`.
        """
        if plan.n_pulses:
            self._check_spacing(plan, ledger)
            self._check_crowding(plan, ledger)
            self._check_dose(plan, ledger)

    def _check_moment(self, plan: StimulusPlan, now_s: float) -> None:
        if plan.first_s >= now_s - _SLACK_S and plan.last_s <= now_s + self.horizon_s:
            return
        rule = f"time_s lies in the past (now {now_s:.4f} s)"
        _require(plan.time_s >= now_s - _SLACK_S, plan, rule, plan.time_s, "past")
        latest = now_s + self.horizon_s
        rule = f"time_s must not lie beyond {latest:.4f} s"
        _require(plan.time_s <= latest, plan, rule, plan.time_s, "horizon_s")

    def _check_targets(self, plan: StimulusPlan, n_dishes: int, n_channels: int) -> None:
        _require(
            (plan.dish >= 0) & (plan.dish < n_dishes),
            plan,
            f"dish must lie in 0..{n_dishes - 1}",
            plan.dish,
            "dish",
        )
        inside = (plan.channel >= 0) & (plan.channel < n_channels)
        open_ = inside & self._open_among(n_channels)[np.where(inside, plan.channel, 0)]
        rule = "channel is not on the list of channels that may stimulate"
        _require(open_, plan, rule, plan.channel, "channels")

    def _open_among(self, n_channels: int) -> NDArray[np.bool_]:
        """It marks the channels that may stimulate, [channel]."""
        allowed = np.zeros(n_channels, bool)
        allowed[self._channel_numbers] = True
        return allowed

    @cached_property
    def _channel_numbers(self) -> NDArray[np.int64]:
        return np.array(self.channels, np.int64)

    @cached_property
    def _found_good(self) -> set[bytes]:
        """It holds waveforms that broke no rule: what is checked depends on the waveform alone."""
        return set()

    def _check_waveforms(self, plan: StimulusPlan) -> None:
        """It looks once at a waveform that all pulses of a plan share."""
        current, width = plan.current_uA, plan.width_us
        few = current.shape[1] <= _FEW_PHASES
        shared = few and bool((current == current[0]).all() and (width == width[0]).all())
        name = current[0].tobytes() + width[0].tobytes() if shared else b""
        if name and name in self._found_good:
            return
        self._check_each_waveform(plan)
        if name and len(self._found_good) < _REMEMBERED:
            self._found_good.add(name)

    def _check_each_waveform(self, plan: StimulusPlan) -> None:
        peak = np.abs(plan.current_uA).max(axis=1)
        rule = f"current must not exceed {self.current_uA} uA"
        _require(peak <= self.current_uA, plan, rule, peak, "current_uA")
        _require(
            (plan.current_uA[:, 0] < 0) & (plan.width_us > 0).all(axis=1),
            plan,
            "pulses must be cathodic first with positive widths",
            plan.current_uA[:, 0],
            "cathodic_first",
        )
        turns = _reversals(plan.current_uA)
        rule = "the current of a pulse may change its direction twice at most (give more pulses, which count)"
        _require(turns <= 2, plan, rule, turns, "phases")
        in_steps = plan.width_us / self.width_step_us
        off_grid = np.abs(in_steps - np.rint(in_steps)).max(axis=1)
        rule = f"widths must be multiples of {self.width_step_us} us"
        _require(off_grid < 1e-6, plan, rule, plan.width_us[:, 0], "width_step_us")
        lasts_s = plan.width_us.sum(axis=1) * 1e-6
        rule = f"a pulse must not last longer than {self.channel_interval_s} s"
        _require(lasts_s <= self.channel_interval_s + _SLACK_S, plan, rule, lasts_s, "duration")
        largest = plan.phase_charge_nC
        name, cap = min(self.phase_limits_nC.items(), key=lambda item: item[1])
        rule = f"charge per phase must not exceed {cap:.3g} nC (by {name} {getattr(self, name):.4g})"
        _require(largest <= cap * (1 + 1e-9), plan, rule, largest, name)
        net = np.abs(plan.charge_nC.sum(axis=1))
        allowed = np.minimum(self.imbalance_nC, self.imbalance_ratio * largest)
        bound = f"{self.imbalance_ratio:.3g} of its larger phase and {self.imbalance_nC} nC"
        rule = f"waveform must be charge balanced within {bound}"
        _require(net <= allowed + 1e-12, plan, rule, net, "imbalance")

    def _check_spacing(self, plan: StimulusPlan, ledger: DoseLedger) -> None:
        line = plan.dish.astype(np.int64) * ledger.n_channels + plan.channel
        rested = plan.first_s - ledger.last_pulse_s.reshape(-1)[line].max() >= self.channel_interval_s
        if rested and line.min() >= 0 and np.bincount(line).max() == 1:  # no channel twice
            return
        order = np.lexsort((plan.time_s, line))
        close = np.zeros(plan.n_pulses, bool)
        close[order[1:]] = np.diff(line[order]) == 0
        close[order[1:]] &= np.diff(plan.time_s[order]) < self.channel_interval_s - _SLACK_S
        close |= plan.time_s - ledger.last_pulse_s.reshape(-1)[line] < self.channel_interval_s - _SLACK_S
        rule = f"pulses of one channel must follow one another by at least {self.channel_interval_s} s"
        _require(~close, plan, f"{rule} (queued pulses count)", plan.time_s, "channel_interval_s")

    def _check_crowding(self, plan: StimulusPlan, ledger: DoseLedger) -> None:
        many, window = self.simultaneous_channels, self.simultaneous_window_s
        dish, time = ledger.admitted_between(plan.first_s - window, plan.last_s + window)
        dish = np.concatenate([plan.dish, dish])
        if np.bincount(dish).max() <= many:  # however near one another they come
            return
        time = np.concatenate([plan.time_s, time])
        order = np.lexsort((time, dish))
        dish, time = dish[order], time[order]
        crowded = (dish[many:] == dish[:-many]) & (time[many:] - time[:-many] < window - _SLACK_S)
        if crowded.any():
            i = int(np.argmax(crowded))
            raise StimulusRefused(
                f"at most {many} channels may pulse within {window} s (queued pulses count); dish {dish[i]} "
                f"would have more at {time[i]:.4f} s; use fewer or spread them. Nothing was delivered.",
                "simultaneous_channels",
            )

    def _check_dose(self, plan: StimulusPlan, ledger: DoseLedger) -> None:
        charge, pulses = ledger.with_plan(plan)
        worst = int(np.argmax(charge))
        if charge[worst] > self.charge_per_minute_nC * (1 + 1e-9):
            raise StimulusRefused(
                f"dose: dish {worst} would receive {charge[worst]:.4g} nC within a minute, limit "
                f"{self.charge_per_minute_nC:.4g} nC; write less or later. Nothing was delivered.",
                "charge_per_minute_nC",
            )
        worst = int(np.argmax(pulses))
        if pulses[worst] > self.pulses_per_minute:
            raise StimulusRefused(
                f"rate: dish {worst} would receive {int(pulses[worst])} pulses within a minute, limit "
                f"{self.pulses_per_minute}; write less or later. Nothing was delivered.",
                "pulses_per_minute",
            )


def _reversals(current_uA: NDArray[np.float64]) -> NDArray[np.int64]:
    """It counts how often each pulse changes direction, [pulse], 0 where it cannot do so more than twice;
    pauses between phases do not count.

    Up to two, half of all the charge that flows in a balanced pulse is its `phase_charge_nC`, so that a train
    of pulses cannot be counted as one.
    """
    if current_uA.shape[1] < 4:  # three phases cannot change it more often
        return np.zeros(len(current_uA), np.int64)
    sign = np.sign(current_uA)
    at = np.maximum.accumulate(np.where(sign != 0, np.arange(sign.shape[1]), 0), axis=1)
    held = np.take_along_axis(sign, at, axis=1)  # a pause goes on in the direction before it
    return (held[:, 1:] != held[:, :-1]).sum(axis=1)


def _require(
    holds: NDArray[np.bool_], plan: StimulusPlan, rule: str, value: NDArray[np.generic], limit: str
) -> None:
    """It refuses the plan at the first pulse where `holds` is false."""
    if not holds.all():
        i = int(np.argmin(holds))
        raise StimulusRefused(
            f"{rule}; pulse {i} (dish {plan.dish[i]}, channel {plan.channel[i]}, {plan.time_s[i]:.4f} s) has "
            f"{value[i]}. {int((~holds).sum())} of {plan.n_pulses} pulses break this rule. "
            "Nothing was delivered.",
            limit,
            None if limit == "channel_interval_s" else ~holds,
        )
