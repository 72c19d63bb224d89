"""Any tissue behind a safety envelope: disarmed until armed, and only for as long as the lease is renewed."""

import contextlib
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass
from types import TracebackType
from typing import Any

import numpy as np

from brainwright.signal import Recording

from .activity import SeizureGuard
from .budget import Budget, Use
from .chain import Chain
from .contract import Receipt, Tissue
from .deliveries import Deliveries
from .envelope import Envelope
from .ledger import DoseLedger
from .limits import StimulusRefused
from .plan import StimulusPlan
from .projection import Projected, project

_GRAIN_S = 1e-3  # a read that must end with the lease is cut in multiples of this
_JUMP_S = 0.5  # how far a tissue's clock may run ahead of what was read
_DID_NOT_STOP = "the tissue did not stop, which is tried again at each check"


class TissueFault(RuntimeError):
    """The tissue broke its contract. Stimulation was stopped before this was raised."""


@dataclass(frozen=True)
class Status:
    """Where things stand. `paused` and `stopped` say why, empty where it is not so; `use`: dose by limit."""

    now_s: float
    armed: bool
    lease_left_s: float
    paused: str
    stopped: str
    waiting: int
    delivered: int
    use: tuple[Use, ...]


class Guarded:
    """A `Tissue` around a `Tissue`. Nothing is written unless it is armed, calm and inside every limit.

    `arm(lease_s)` is explicit; the loop calls `renew()` at each tick. When the lease lapses everything queued
    is cancelled and only another `arm` allows writing again. An error of the tissue, a clock that jumps, a
    pulse that nobody asked for or a ledger that cannot be written disarm as well. `stop()` cancels the queue
    and leaves it armed, as the contract asks; `disarm(cause)` ends stimulation.

    Args:
        envelope: bounds over time; `envelope.limits` hold beside the tissue's own, of each the strictest.
        ledger: an open `Chain`; every admission (before the tissue hears of it), delivery and stop is a line.
            The contract's own `ledger` of doses in memory stays that of the tissue.
        guard: pauses writing while activity is outside its band; None does not watch.
        clock: seconds by which the lease runs. Default the tissue's own (virtual time stays deterministic);
            tissue on the wall clock is better given `time.monotonic`, which goes on when the device hangs.
        about: what the ledger should say of this session (model version, seed, configuration).

    In wall time `Paced` goes around it, not into it: a pulse that `Paced` moves is counted where it comes.

    All methods may be called from any thread; a call waits for a piece of a read under way (`guard.burst_s`
    or the read's length).
    """

    def __init__(
        self,
        tissue: Tissue,
        envelope: Envelope | None = None,
        *,
        ledger: Chain | None = None,
        guard: SeizureGuard | None = None,
        clock: Callable[[], float] | None = None,
        about: dict[str, Any] | None = None,
    ):
        self.tissue, self.envelope = tissue, envelope or Envelope()
        self.n_dishes, self.n_channels = tissue.n_dishes, tissue.n_channels
        own = self.envelope.limits
        self.limits = tissue.limits if own is None else tissue.limits.stricter(own)
        self.budget = Budget(self.envelope, tissue.n_dishes, tissue.n_channels)
        self.chain, self.guard = ledger, guard
        self._clock = clock or tissue.now_s
        self._lock = threading.RLock()
        self._lease_s = self._lease_end_s = 0.0
        self.armed, self.stopped = False, "never armed"
        self._deliveries = Deliveries(tissue, self._log)
        self.cancels = 0  # how often the queue was emptied
        self._stop_failed = self._closed = False
        self._read_to_s = tissue.now_s()
        self._pace = self._read_to_s, self._clock()
        self._log(
            "opened",
            about=about or {},
            tissue=type(tissue).__name__,
            n_dishes=self.n_dishes,
            n_channels=self.n_channels,
            limits=self.limits,
            envelope={**asdict(self.envelope), "limits": None},
            band=guard.band if guard else None,
        )

    @property
    def ledger(self) -> DoseLedger:
        """The dose ledger of the tissue (it begins anew when the tissue does)."""
        return self.tissue.ledger

    def now_s(self) -> float:
        return self.tissue.now_s()

    def arm(self, lease_s: float, reason: str = "") -> None:
        """Allow writing for `lease_s` seconds from now, and from each `renew` on.

        Raises:
            ValueError: a lease that is not positive and finite, or longer than the envelope allows.
            StimulusRefused: it was closed, or the tissue cannot be stopped.
        """
        if not 0 < lease_s < float("inf"):
            raise ValueError(f"lease_s must be positive and finite, got {lease_s!r}")
        longest_s = self.envelope.longest_lease_s
        if longest_s is not None and lease_s > longest_s:
            raise ValueError(
                f"lease_s: expected at most {longest_s} s (longest_lease_s of the envelope), got {lease_s}; "
                "renew it at each tick"
            )
        with self._lock:
            if self._closed:
                raise StimulusRefused("closed, and so is its ledger; make another Guarded", "arming")
            self.check_lease()
            if self._stop_failed:
                raise StimulusRefused(
                    f"the tissue could not be stopped ({self.stopped}); see to it", "arming"
                )
            self._log("armed", lease_s=lease_s, reason=reason, now_s=self.now_s())
            self._lease_s, self._lease_end_s = lease_s, self._clock() + lease_s
            self.armed, self.stopped = True, ""
            self._read_to_s = self.now_s()
            self._pace = self._read_to_s, self._clock()

    def renew(self) -> None:
        """Extend the lease, once per tick.

        Raises:
            StimulusRefused: the lease has lapsed, or was never taken.
        """
        with self._lock:
            self.check_lease()
            if not self.armed:
                raise StimulusRefused(f"not armed ({self.stopped}); call arm(lease_s) first", "arming")
            self._lease_end_s = self._clock() + self._lease_s

    def check_lease(self) -> None:
        """Disarm if the lease has lapsed. Reads and writes do this; a host calls it in between.

        Where the tissue could not be stopped before, this tries again.
        """
        with self._lock:
            if self._stop_failed:
                self._cancel("stopped", "the tissue can be stopped again")
            if not self.armed:
                return
            try:
                jump, lapsed = self._jump(), self._clock() >= self._lease_end_s
            except Exception as error:  # a device that is off
                return self.disarm(f"the tissue failed: {_words(error)}")
            if jump or lapsed:
                self.disarm(jump or f"lease of {self._lease_s:g} s lapsed")

    def disarm(self, cause: str) -> None:
        """End stimulation: cancel everything queued and refuse writes until armed again. Idempotent.

        Does not raise: what went wrong besides is added to `status().stopped`.
        """
        with self._lock:
            was, self.armed = self.armed, False
            try:
                self._cancel("stopped" if was or self.budget.n_waiting else "", cause)
            except Exception as error:
                cause = f"{cause}; the ledger could not be written: {error}"
            if self._stop_failed:
                cause = f"{cause}; {_DID_NOT_STOP}"
            if was:
                self.stopped = cause

    def stop(self) -> None:
        """Cancel everything queued; stays armed, unless the tissue does not stop."""
        with self._lock:
            self._cancel("cancelled" if self.budget.n_waiting else "", "stop was called")

    def write(self, plan: StimulusPlan) -> Receipt:
        """Queue a plan, whole.

        Raises:
            StimulusRefused: not armed, paused, or outside a limit (`limit` names it); nothing was delivered.
                A plan that overflows the queue disarms besides.
            OSError: the ledger could not be written; disarmed, nothing was delivered.
        """
        with self._lock:
            try:
                self.check(plan)
            except StimulusRefused as error:
                self._log("refused", limit=error.limit, message=str(error), pulses=plan.n_pulses)
                if error.limit == "queued_pulses":  # a controller that floods the queue is out of control
                    self.disarm(str(error))
                raise
            except Exception as error:
                self.disarm(f"write failed: {_words(error)}")
                raise
            self._deliveries.announce(plan, self.now_s())
            try:
                receipt = self.tissue.write(plan)
            except Exception as error:
                if plan.n_pulses:
                    self._log(
                        "withdrawn", plan=self._deliveries.n_plans, pulses=plan.n_pulses, cause=_words(error)
                    )
                if not isinstance(error, StimulusRefused):
                    self.disarm(f"write failed: {_words(error)}")
                raise
            self.budget.admit(plan, self.now_s())
            self._deliveries.expect(plan, receipt)
            return receipt

    def check(self, plan: StimulusPlan) -> None:
        """Raise `StimulusRefused` if `write` would refuse `plan` now; nothing is written or logged."""
        with self._lock:
            self.check_lease()
            if plan.n_pulses and not self.armed:
                raise StimulusRefused(f"not armed ({self.stopped}); call arm(lease_s) first", "arming")
            if plan.n_pulses and self.guard and self.guard.cause:
                raise StimulusRefused(f"paused ({self.guard.cause}); write again when it is calm", "activity")
            self._check_limits(plan)

    def project(self, plan: StimulusPlan) -> tuple[StimulusPlan, Projected]:
        """The part of `plan` that the limits allow, scaled where that helps, and what was changed (logged).

        `write` never does this by itself. Arming and the seizure guard are no limits of a plan: `write` may
        refuse the projection because of them.
        """
        with self._lock:
            allowed, projection = project(plan, self.limits, self._check_on_time, self.now_s())
            if projection.changed:
                self._log("projected", now_s=self.now_s(), **asdict(projection))
            return allowed, projection

    def read(self, duration_s: float) -> Recording:
        """As the tissue's. Everything queued is cancelled at the moment when the lease ends.

        Raises:
            TissueFault: the tissue's clock jumped, or it delivered what was not admitted.
        """
        if not 0 < duration_s < float("inf"):
            raise ValueError(f"duration_s must be positive and finite, got {duration_s}")
        parts, left_s = [], duration_s
        while left_s > 1e-9:
            with self._lock:
                part = self._read_part(left_s)
            parts.append(part)
            left_s -= part.duration_s
        return Recording.concatenate(parts)

    def status(self) -> Status:
        """A snapshot; `use` is the dose against each limit."""
        with self._lock:
            now_s = self._time_s()
            return Status(
                now_s=now_s,
                armed=self.armed,
                lease_left_s=max(0.0, self._lease_end_s - self._clock()) if self.armed else 0.0,
                paused=self.guard.cause if self.guard else "",
                stopped=self.stopped,
                waiting=self.budget.n_waiting,
                delivered=self.tissue.ledger.n_delivered,
                use=tuple(self.budget.use(now_s)),
            )

    def close(self, cause: str = "closed") -> None:
        """Disarm and close the ledger with its totals. Idempotent."""
        with self._lock:
            self.disarm(cause)
            if self.chain is not None:
                try:
                    self._log("closed", cause=cause, delivered=self.tissue.ledger.n_delivered)
                finally:
                    self.chain.close()
                    self.chain = None
            self._closed = True

    def __enter__(self) -> "Guarded":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close("closed" if error is None else _words(error))

    def _check_limits(self, plan: StimulusPlan) -> None:
        now_s = self.now_s()
        self.limits.check(plan, self.tissue.ledger, now_s)
        self.budget.check(plan, now_s)

    def _check_on_time(self, plan: StimulusPlan) -> None:
        """A projection asks this many times; the lease runs out meanwhile as ever."""
        self.check_lease()
        self._check_limits(plan)

    def _read_part(self, left_s: float) -> Recording:
        self.check_lease()
        part_s = min(left_s, self.guard.band.burst_s) if self.guard else left_s
        if self.armed and self.budget.n_waiting:
            lease_s = np.floor((self._lease_end_s - self._clock()) / _GRAIN_S + 1e-6) * _GRAIN_S
            if lease_s <= 0:
                self.disarm(f"lease of {self._lease_s:g} s lapsed")
            else:
                part_s = min(part_s, float(lease_s))
        before_s = self.now_s()
        try:
            recording = self.tissue.read(part_s)
        except Exception as error:
            self.disarm(f"read failed: {_words(error)}")
            raise
        self._read_to_s = before_s + part_s  # and not what a clock that jumped says
        unasked = self._deliveries.take()
        self._check_clock(before_s, part_s, recording)
        if unasked:
            self._fault(unasked)
        if self.guard:
            self._watch(self.guard, recording)
        return recording

    def _check_clock(self, before_s: float, part_s: float, recording: Recording) -> None:
        ahead_s = self.now_s() - before_s - part_s
        if recording.start_s < before_s - 1e-6 or not -1e-6 <= ahead_s <= _JUMP_S:
            self._fault(
                f"the tissue's clock jumped: it stood at {before_s:.4f} s, a read of {part_s:g} s began at "
                f"{recording.start_s:.4f} s and ended at {self.now_s():.4f} s"
            )

    def _jump(self) -> str:
        """Says so where the tissue's clock went back, or ran ahead of the clock of the lease."""
        (before_s, then_s), now_s, clock_s = self._pace, self.now_s(), self._clock()
        self._pace = now_s, clock_s
        if -1e-6 <= now_s - before_s <= clock_s - then_s + _JUMP_S:
            return ""
        return f"the tissue's clock jumped from {before_s:.4f} s to {now_s:.4f} s"

    def _watch(self, guard: SeizureGuard, recording: Recording) -> None:
        before = guard.cause
        guard.heard(recording)
        if guard.cause and not before:
            self._cancel("paused", guard.cause)
        elif before and not guard.cause:
            self._log("resumed", now_s=self.now_s(), after=before)

    def _cancel(self, kind: str, cause: str) -> None:
        """Stop the tissue first of all, then say so (`kind`; empty says nothing)."""
        self.cancels += 1
        try:
            self.tissue.stop()
            self._stop_failed = False
        except Exception as error:  # a device that is off; check_lease tries again
            before, self._stop_failed = self._stop_failed, True
            if self.armed:
                self.armed, self.stopped = False, f"{cause}; {_DID_NOT_STOP}"
            if not before:
                self._log("stop failed", error=_words(error), cause=cause)
            return
        self._deliveries.take()
        now_s = self._time_s()
        cancelled = self.budget.withdraw(now_s)
        self._deliveries.forget(now_s)
        if kind:
            self._log(kind, cause=cause, now_s=now_s, cancelled=cancelled)

    def _time_s(self) -> float:
        """The tissue's time; the end of the last read where the tissue has no clock, or one that jumped."""
        with contextlib.suppress(Exception):
            now_s = self.now_s()
            if self._read_to_s <= now_s <= self._read_to_s + _JUMP_S:
                return now_s
        return self._read_to_s

    def _fault(self, cause: str) -> None:
        self.disarm(cause)
        raise TissueFault(f"{cause}; stimulation was stopped")

    def _log(self, kind: str, **fields: Any) -> None:
        """A line of the ledger. Where it cannot be written nothing may be stimulated."""
        if self.chain is None:
            return
        try:
            self.chain.append(kind, **fields)
        except Exception as error:
            self.armed, self.stopped = False, f"the ledger could not be written: {error}"
            try:
                self.tissue.stop()
            except Exception:  # check_lease tries again
                self._stop_failed = True
            else:
                self.budget.withdraw(self._time_s())
            raise


def _words(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"
