"""What admitted pulses have used of an envelope."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .buckets import Buckets, Levels
from .envelope import Envelope
from .limits import StimulusRefused
from .plan import StimulusPlan

_SLACK = 1 + 1e-9
_SLACK_S = 1e-9


class Pulses(NamedTuple):
    """Times and charges, [pulse] each; `line` = dish x channels + channel."""

    line: NDArray[np.int64]
    time_s: NDArray[np.float64]
    charge_nC: NDArray[np.float64]

    def take(self, rows: NDArray[np.bool_] | NDArray[np.int64]) -> "Pulses":
        return Pulses(self.line[rows], self.time_s[rows], self.charge_nC[rows])

    def with_(self, more: "Pulses") -> "Pulses":
        columns = (np.concatenate(pair) for pair in zip(self, more, strict=True))
        return Pulses(*columns)


class Use(NamedTuple):
    """How much of one bound is used, by the fullest channel or dish."""

    limit: str
    used: float
    of: float


class Mark(NamedTuple):
    """What a plan that is admitted changes."""

    waiting: Pulses
    update_nC: NDArray[np.float64]
    before_nC: NDArray[np.float64]
    update_s: float


class Budget:
    """Levels of the buckets and lengths of the bursts, with the pulses that still wait.

    Pulses before `now` are settled: they stay counted whatever happens. Those that wait are counted too,
    and are taken out again when they are cancelled.
    """

    def __init__(self, envelope: Envelope, n_dishes: int, n_channels: int):
        self.envelope = envelope
        self._n_dishes, self._n_channels = n_dishes, n_channels
        n = n_dishes * n_channels
        by_channel, by_dish = ([b for b in envelope.buckets if b.per == per] for per in ("channel", "dish"))
        self._by_channel, self._by_dish = Buckets(by_channel, n), Buckets(by_dish, n_dishes)
        self._run = np.zeros(n, np.int64)  # pulses of the burst that a channel is in
        self._last_s = np.full(n, -np.inf)
        self._update_nC, self._before_nC = (
            np.zeros(n),
            np.zeros(n),
        )  # by the present update, and the one before
        self._update_s = -np.inf  # when it began
        self._waiting = Pulses(np.zeros(0, np.int64), np.zeros(0), np.zeros(0))

    @property
    def n_waiting(self) -> int:
        return self._waiting.time_s.size

    def check(self, plan: StimulusPlan, now_s: float) -> None:
        """It refuses `plan` unless every bound holds for it with all that waits or was delivered.

        Raises:
            StimulusRefused: names the bound.
        """
        if plan.n_pulses == 0:
            return
        self._settle(now_s)
        new = self._pulses(plan)
        n = self.n_waiting + plan.n_pulses
        _demand(n, self.envelope.queued_pulses, "queued_pulses", "pulses would wait")
        if self.envelope.rise_nC is not None:
            update_nC, before_nC = self._updates(now_s)
            rise = np.maximum(update_nC + self._charge_by_line(new) - before_nC, 0.0)
            most = rise.reshape(self._n_dishes, -1).sum(axis=1).max()
            _demand(most, self.envelope.rise_nC, "rise_nC", "nC more than the last update")
        self._check_dose(new)

    def check_dose(self, plan: StimulusPlan) -> None:
        """It checks as `check` does, bursts and buckets alone.

        Raises:
            StimulusRefused: names the bound.
        """
        if plan.n_pulses:
            self._check_dose(self._pulses(plan))

    def _check_dose(self, new: Pulses) -> None:
        touched = np.isin(self._waiting.line // self._n_channels, new.line // self._n_channels)
        pulses = self._waiting.take(touched).with_(new)
        pulses = pulses.take(np.argsort(pulses.time_s, kind="stable"))
        longest = int(self._runs(pulses)[1].max())
        _demand(longest, self.envelope.burst_pulses, "burst_pulses", "pulses of one channel in one burst")
        for buckets, levels in self._levels(pulses):
            for bucket, most in zip(buckets.buckets, levels.level.max(axis=1).tolist(), strict=True):
                _demand(
                    most, bucket.capacity, bucket.name, f"{bucket.unit} in the bucket of one {bucket.per}"
                )

    def admit(self, plan: StimulusPlan, now_s: float) -> None:
        """It counts a plan admitted at `now_s`."""
        if plan.n_pulses:
            new = self._pulses(plan)
            self._waiting = self._waiting.with_(new)
            if self.envelope.rise_nC is not None:
                self._add_to_update(new, now_s)

    def mark(self) -> "Mark":
        """It says where things stand, for `back_to`: before a plan is admitted that the tissue may still
        refuse.
        """
        return Mark(self._waiting, self._update_nC, self._before_nC, self._update_s)

    def back_to(self, mark: "Mark") -> None:
        """It undoes what was admitted since; nothing else may have happened meanwhile."""
        self._waiting, self._update_nC, self._before_nC, self._update_s = mark

    def withdraw(self, now_s: float, waits: Callable[[int, int, float], bool]) -> int:
        """It takes out what waits for a time from `now_s` on; returns how many pulses.

        A pulse of which `waits` (dish, channel, time) says that it was delivered already stays counted.
        """
        self._settle(now_s)
        line, time_s = self._waiting.line.tolist(), self._waiting.time_s.tolist()
        keys = zip(
            (k // self._n_channels for k in line), (k % self._n_channels for k in line), time_s, strict=True
        )
        cancelled = np.array([waits(*key) for key in keys], bool)
        self._fold(self._waiting.take(~cancelled))
        self._waiting = self._waiting.take(np.zeros(0, np.int64))
        self._update_nC, self._before_nC = np.zeros_like(self._update_nC), np.zeros_like(self._update_nC)
        self._update_s = -np.inf
        return int(cancelled.sum())

    def count(
        self,
        dish: NDArray[np.int64],
        channel: NDArray[np.int64],
        time_s: NDArray[np.float64],
        charge_nC: NDArray[np.float64],
        which: NDArray[np.bool_] | slice = slice(None),
    ) -> None:
        """It counts pulses that were delivered, whoever asked for them; [pulse] each. Others are left out."""
        inside = (dish >= 0) & (dish < self._n_dishes) & (channel >= 0) & (channel < self._n_channels)
        line = dish.astype(np.int64) * self._n_channels + channel
        inside &= np.isfinite(time_s) & np.isfinite(charge_nC) & (charge_nC >= 0)
        self._fold(Pulses(line[which], time_s[which], charge_nC[which]).take(inside[which]))

    def use(self, now_s: float) -> list[Use]:
        """It tells how full the fullest bucket of each kind is when all that waits is delivered, and the
        queue.
        """
        self._settle(now_s)
        pulses = self._waiting.take(np.argsort(self._waiting.time_s, kind="stable"))
        uses = [Use("queued_pulses", float(self.n_waiting), float(self.envelope.queued_pulses))]
        for buckets, levels in self._levels(pulses):
            most = np.maximum(buckets.now(now_s), levels.level.max(axis=1, initial=0.0))
            uses += [
                Use(b.name, used, b.capacity) for b, used in zip(buckets.buckets, most.tolist(), strict=True)
            ]
        return uses

    def _settle(self, now_s: float) -> None:
        """It folds pulses whose time has come into levels and bursts."""
        past = self._waiting.time_s < now_s
        if not past.any():
            return
        self._fold(
            self._waiting.take(past)
        )  # first: an interrupt in between may count twice, never not at all
        self._waiting = self._waiting.take(~past)

    def _fold(self, due: Pulses) -> None:
        """It folds pulses that were delivered, or must be taken for it, into levels and bursts."""
        if not due.time_s.size:
            return
        due = due.take(np.argsort(due.time_s, kind="stable"))
        for buckets, levels in self._levels(due):
            buckets.fold(levels)
        line, run = self._runs(due)
        order = np.argsort(due.line, kind="stable")
        last = np.append(line[1:] != line[:-1], True)
        self._run[line[last]] = run[last]
        self._last_s[line[last]] = np.maximum(self._last_s[line[last]], due.time_s[order][last])

    def _add_to_update(self, new: Pulses, now_s: float) -> None:
        update_nC, self._before_nC = self._updates(now_s)
        if now_s - self._update_s >= self.envelope.update_s:
            self._update_s = now_s
        self._update_nC = update_nC + self._charge_by_line(new)

    def _updates(self, now_s: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """It returns the charges [line] of the update that a plan at `now_s` belongs to, so far, and of the
        one before.
        """
        if now_s - self._update_s < self.envelope.update_s:
            return self._update_nC, self._before_nC
        return np.zeros_like(self._update_nC), self._update_nC

    def _pulses(self, plan: StimulusPlan) -> Pulses:
        line = plan.dish.astype(np.int64) * self._n_channels + plan.channel
        return Pulses(line, plan.time_s, plan.phase_charge_nC)

    def _charge_by_line(self, pulses: Pulses) -> NDArray[np.float64]:
        n = self._n_dishes * self._n_channels
        charge = np.bincount(pulses.line, weights=pulses.charge_nC, minlength=n)
        return charge.astype(np.float64)

    def _levels(self, pulses: Pulses) -> list[tuple[Buckets, Levels]]:
        """It returns the levels of all buckets after each pulse; `pulses` come by time."""
        line, time_s, charge_nC = pulses
        keyed = ((self._by_channel, line), (self._by_dish, line // self._n_channels))
        return [(b, b.after(key, time_s, charge_nC)) for b, key in keyed if b.buckets]

    def _runs(self, pulses: Pulses) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """It returns line and position in its burst of each pulse, sorted by line and time; `pulses` come by
        time.
        """
        order = np.argsort(pulses.line, kind="stable")
        line, time_s = pulses.line[order], pulses.time_s[order]
        gap = self.envelope.burst_gap_s - _SLACK_S
        first = np.append(True, line[1:] != line[:-1])
        begins = first | (np.diff(time_s, prepend=-np.inf) >= gap)
        at = np.arange(line.size)
        start = np.maximum.accumulate(np.where(begins, at, 0))
        goes_on = first & (time_s - self._last_s[line] < gap)
        before = np.where(goes_on, self._run[line], 0)
        return line, at - start + 1 + before[start]


def _demand(value: float, most: float, limit: str, what: str) -> None:
    if value > most * _SLACK:
        raise StimulusRefused(
            f"{limit}: {value:.6g} {what}, limit {most:.6g}; write less or later. Nothing was delivered.",
            limit,
        )
