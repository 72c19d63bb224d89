"""What admitted pulses have used of an envelope."""

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
        self._last_plan_nC = np.zeros(n)
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
            rise = np.maximum(self._charge_by_line(new) - self._last_plan_nC, 0.0)
            most = rise.reshape(self._n_dishes, -1).sum(axis=1).max()
            _demand(most, self.envelope.rise_nC, "rise_nC", "nC more than the last plan")
        touched = np.isin(self._waiting.line // self._n_channels, new.line // self._n_channels)
        pulses = self._waiting.take(touched).with_(new)
        pulses = pulses.take(np.argsort(pulses.time_s, kind="stable"))
        longest = int(self._runs(pulses)[1].max())
        _demand(longest, self.envelope.burst_pulses, "burst_pulses", "pulses of one channel in one burst")
        for i, bucket in enumerate(self.envelope.buckets):
            most = max(float(level.max()) for _, level, _ in self._levels(i, pulses))
            _demand(most, bucket.capacity, bucket.name, f"{bucket.unit} in the bucket of one {bucket.per}")

    def admit(self, plan: StimulusPlan) -> None:
        """Count an admitted plan."""
        if plan.n_pulses:
            new = self._pulses(plan)
            self._waiting = self._waiting.with_(new)
            self._last_plan_nC = self._charge_by_line(new)

    def withdraw(self, now_s: float) -> int:
        """Take out what waits for a time from `now_s` on; returns how many pulses."""
        self._settle(now_s)
        n = self.n_waiting
        self._waiting = self._waiting.take(np.zeros(0, np.int64))
        self._last_plan_nC = np.zeros_like(self._last_plan_nC)
        return n

    def use(self, now_s: float) -> list[Use]:
        """How full the fullest bucket of each kind is when all that waits is delivered, and the queue."""
        self._settle(now_s)
        pulses = self._waiting.take(np.argsort(self._waiting.time_s, kind="stable"))
        uses = [Use("queued_pulses", float(self.n_waiting), float(self.envelope.queued_pulses))]
        for i, bucket in enumerate(self.envelope.buckets):
            now = self._level[i] - np.maximum(now_s - self._level_s[i], 0) * bucket.capacity / bucket.refill_s
            most = max([float(now.max()), 0.0, *(float(lv.max()) for _, lv, _ in self._levels(i, pulses))])
            uses.append(Use(bucket.name, most, float(bucket.capacity)))
        return uses

    def _settle(self, now_s: float) -> None:
        """Fold pulses whose time has come into levels and bursts."""
        past = self._waiting.time_s < now_s
        if not past.any():
            return
        due = self._waiting.take(past)
        self._waiting = self._waiting.take(~past)
        due = due.take(np.argsort(due.time_s, kind="stable"))
        for i in range(len(self.envelope.buckets)):
            for key, level, time_s in self._levels(i, due):
                self._level[i][key], self._level_s[i][key] = level[-1], time_s[-1]
        line, run = self._runs(due)
        order = np.argsort(due.line, kind="stable")
        last = np.append(line[1:] != line[:-1], True)
        self._run[line[last]] = run[last]
        self._last_s[line[last]] = due.time_s[order][last]

    def _pulses(self, plan: StimulusPlan) -> Pulses:
        line = plan.dish.astype(np.int64) * self._n_channels + plan.channel
        return Pulses(line, plan.time_s, plan.phase_charge_nC)

    def _charge_by_line(self, pulses: Pulses) -> NDArray[np.float64]:
        n = self._n_dishes * self._n_channels
        charge = np.bincount(pulses.line, weights=pulses.charge_nC, minlength=n)
        return charge.astype(np.float64)

    def _levels(self, i: int, pulses: Pulses) -> list[tuple[int, NDArray[np.float64], NDArray[np.float64]]]:
        """(key, level after each of its pulses, their times); `pulses` in order of time.

        With Q the running charge, X = Q - rate t: level_i = X_i - min over j <= i of (X_j - q_j), where the
        settled level enters as a pulse of its own (Lindley's recursion).
        """
        bucket = self.envelope.buckets[i]
        rate = bucket.capacity / bucket.refill_s
        key = pulses.line if bucket.per == "channel" else pulses.line // self._n_channels
        order = np.argsort(key, kind="stable")
        edges = np.flatnonzero(np.append(True, np.diff(key[order]) != 0)) if key.size else []
        found = []
        for rows in np.split(order, edges[1:]) if key.size else []:
            k = int(key[rows[0]])
            time_s = pulses.time_s[rows]
            q = pulses.charge_nC[rows] if bucket.unit == "nC" else np.ones(rows.size)
            left = max(0.0, self._level[i][k] - rate * max(0.0, time_s[0] - self._level_s[i][k]))
            q = np.append(left, q)
            x = np.cumsum(q) - rate * (np.append(time_s[0], time_s) - time_s[0])
            found.append((k, (x - np.minimum.accumulate(x - q))[1:], time_s))
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
