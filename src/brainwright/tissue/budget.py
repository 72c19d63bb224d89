"""What admitted pulses have used of an envelope."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

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


class Levels(NamedTuple):
    """Pulses by key and time: key, level of its bucket after the pulse, time, whether last of its key."""

    key: NDArray[np.int64]
    level: NDArray[np.float64]
    time_s: NDArray[np.float64]
    last: NDArray[np.bool_]


class _Table:
    """Pulses in one row per key, so that all keys are followed at once.

    Keys with about as many pulses share a block [key, pulse], which is padded by half at most.
    """

    def __init__(self, key: NDArray[np.int64]):
        self.order = np.argsort(key, kind="stable")
        self.key = key[self.order]
        self.first = np.append(True, self.key[1:] != self.key[:-1])[: key.size]
        self.last = np.append(self.first[1:], True)[: key.size]
        start = np.flatnonzero(self.first)
        count = np.diff(np.append(start, key.size))
        size = np.frexp(count)[1]
        self._blocks = []
        for s in np.unique(size):
            mine = size == s
            row = np.repeat(np.arange(mine.sum()), count[mine])
            column = np.arange(row.size) - np.repeat(np.cumsum(count[mine]) - count[mine], count[mine])
            self._blocks.append((np.repeat(mine, count), start[mine], row, column, int(count[mine].max())))

    def levels(
        self,
        q: NDArray[np.float64],
        time_s: NDArray[np.float64],
        rate: float,
        before: NDArray[np.float64],
        before_s: NDArray[np.float64],
    ) -> Levels:
        """With Q the running charge and X = Q - rate t: level_i = X_i - min over j <= i of (X_j - q_j).

        Lindley's recursion; the settled level `before` [key] enters as a pulse of its own, at the first time.
        """
        q, time_s = q[self.order], time_s[self.order]
        level = np.empty(q.size)
        for mine, start, row, column, width in self._blocks:
            key, first_s = self.key[start], time_s[start]
            charge = np.zeros((start.size, width + 1))
            charge[:, 0] = np.maximum(0.0, before[key] - rate * np.maximum(0.0, first_s - before_s[key]))
            charge[row, column + 1] = q[mine]
            elapsed_s = np.zeros_like(charge)
            elapsed_s[row, column + 1] = time_s[mine] - first_s[row]
            x = np.cumsum(charge, axis=1) - rate * elapsed_s
            level[mine] = (x - np.minimum.accumulate(x - charge, axis=1))[row, column + 1]
        return Levels(self.key, level, time_s, self.last)


class Budget:
    """Levels of the buckets and lengths of the bursts, with the pulses that still wait.

    Pulses before `now` are settled: they stay counted whatever happens. Those that wait are counted too,
    and are taken out again when they are cancelled.
    """

    def __init__(self, envelope: Envelope, n_dishes: int, n_channels: int):
        self.envelope = envelope
        self._n_dishes, self._n_channels = n_dishes, n_channels
        n = n_dishes * n_channels
        sizes = [n if bucket.per == "channel" else n_dishes for bucket in envelope.buckets]
        self._level = [np.zeros(size) for size in sizes]  # at the time of the last settled pulse
        self._level_s = [np.zeros(size) for size in sizes]
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
        """Refuse `plan` unless every bound holds for it with all that waits or was delivered.

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
        touched = np.isin(self._waiting.line // self._n_channels, new.line // self._n_channels)
        pulses = self._waiting.take(touched).with_(new)
        pulses = pulses.take(np.argsort(pulses.time_s, kind="stable"))
        longest = int(self._runs(pulses)[1].max())
        _demand(longest, self.envelope.burst_pulses, "burst_pulses", "pulses of one channel in one burst")
        for bucket, levels in zip(self.envelope.buckets, self._levels(pulses), strict=True):
            most = float(levels.level.max())
            _demand(most, bucket.capacity, bucket.name, f"{bucket.unit} in the bucket of one {bucket.per}")

    def admit(self, plan: StimulusPlan, now_s: float) -> None:
        """Count a plan admitted at `now_s`."""
        if plan.n_pulses:
            new = self._pulses(plan)
            self._waiting = self._waiting.with_(new)
            if self.envelope.rise_nC is not None:
                self._add_to_update(new, now_s)

    def mark(self) -> "Mark":
        """Where things stand, for `back_to`: before a plan is admitted that the tissue may still refuse."""
        return Mark(self._waiting, self._update_nC, self._before_nC, self._update_s)

    def back_to(self, mark: "Mark") -> None:
        """Undo what was admitted since; nothing else may have happened meanwhile."""
        self._waiting, self._update_nC, self._before_nC, self._update_s = mark

    def withdraw(self, now_s: float, waits: Callable[[int, int, float], bool]) -> int:
        """Take out what waits for a time from `now_s` on; returns how many pulses.

        A pulse of which `waits` (dish, channel, time) says that it was delivered already stays counted.
        """
        self._settle(now_s)
        line, time_s = self._waiting.line.tolist(), self._waiting.time_s.tolist()
        keys = zip((k // self._n_channels for k in line), (k % self._n_channels for k in line), time_s, strict=True)
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
        """Count pulses that were delivered, whoever asked for them; [pulse] each. Others are left out."""
        inside = (dish >= 0) & (dish < self._n_dishes) & (channel >= 0) & (channel < self._n_channels)
        line = dish.astype(np.int64) * self._n_channels + channel
        inside &= np.isfinite(time_s) & np.isfinite(charge_nC) & (charge_nC >= 0)
        self._fold(Pulses(line[which], time_s[which], charge_nC[which]).take(inside[which]))

    def use(self, now_s: float) -> list[Use]:
        """How full the fullest bucket of each kind is when all that waits is delivered, and the queue."""
        self._settle(now_s)
        pulses = self._waiting.take(np.argsort(self._waiting.time_s, kind="stable"))
        uses = [Use("queued_pulses", float(self.n_waiting), float(self.envelope.queued_pulses))]
        for i, (bucket, levels) in enumerate(zip(self.envelope.buckets, self._levels(pulses), strict=True)):
            now = self._level[i] - np.maximum(now_s - self._level_s[i], 0) * bucket.capacity / bucket.refill_s
            most = max(0.0, float(now.max()), float(levels.level.max(initial=0.0)))
            uses.append(Use(bucket.name, most, float(bucket.capacity)))
        return uses

    def _settle(self, now_s: float) -> None:
        """Fold pulses whose time has come into levels and bursts."""
        past = self._waiting.time_s < now_s
        if not past.any():
            return
        self._fold(self._waiting.take(past))  # first: an interrupt in between may count twice, never not at all
        self._waiting = self._waiting.take(~past)

    def _fold(self, due: Pulses) -> None:
        """Pulses that were delivered, or must be taken for it, into levels and bursts."""
        if not due.time_s.size:
            return
        due = due.take(np.argsort(due.time_s, kind="stable"))
        for i, levels in enumerate(self._levels(due)):
            keys = levels.key[levels.last]
            self._level[i][keys] = levels.level[levels.last]
            self._level_s[i][keys] = np.maximum(self._level_s[i][keys], levels.time_s[levels.last])
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
        """Charges [line] of the update that a plan at `now_s` belongs to, so far, and of the one before."""
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

    def _levels(self, pulses: Pulses) -> list["Levels"]:
        """The level of each bucket after each pulse; `pulses` come by time."""
        by_line = _Table(pulses.line)
        by_dish = _Table(pulses.line // self._n_channels)
        found = []
        for bucket, level, level_s in zip(self.envelope.buckets, self._level, self._level_s, strict=True):
            table = by_line if bucket.per == "channel" else by_dish
            q = pulses.charge_nC if bucket.unit == "nC" else np.ones(pulses.line.size)
            found.append(table.levels(q, pulses.time_s, bucket.capacity / bucket.refill_s, level, level_s))
        return found

    def _runs(self, pulses: Pulses) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Line and position in its burst of each pulse, sorted by line and time; `pulses` come by time."""
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
