"""Any tissue behind a safety envelope: disarmed until armed, and only for as long as the lease is renewed."""

import contextlib
import math
import threading
import time
from collections import deque
from collections.abc import Callable, Generator
from dataclasses import asdict
from types import TracebackType
from typing import Any

from brainwright.signal import Recording

from .activity import SeizureGuard
from .budget import Budget
from .chain import Chain
from .contract import Receipt, Tissue, check_parts
from .ending import Ending, words_of
from .envelope import Envelope
from .history import received
from .journal import Journal
from .lease import Lease
from .ledger import DoseLedger
from .limits import StimulusRefused
from .misread import misread
from .pace import Pace
from .plan import StimulusPlan
from .projection import Projected, project
from .status import PlanForged, Status, TissueFault
from .turn import Reentered, Turn

_GRAIN_S = 1e-3  # a read that must end with the lease is cut in multiples of this
_PIECE_S = 0.05  # while pulses wait a read begins with so little, and goes on with twice as much each time
_PATIENCE_S = 0.02  # for a call of another thread, before the tissue is stopped beside it
_LAST_TRIES, _LAST_WAIT_S = 20, 0.025  # half a second for a device that does not stop when all is closed


class Guarded:
    """A `Tissue` around a `Tissue`. Nothing is written unless it is armed, calm and inside every limit.

    `arm(lease_s)` is explicit; the loop calls `renew()` at each tick. When the lease lapses everything queued
    is cancelled and only another `arm` allows writing again. Whatever is raised once the tissue was touched
    (an interrupt included), a clock that drifts, a pulse that is not as it was admitted or a ledger that
    cannot be written disarms as well, and the tissue is told to stop until it has confirmed. `stop()` cancels
    the queue and leaves it armed, as the contract asks; `disarm(cause)` ends stimulation.

    Args:
        envelope: bounds over time; `envelope.limits` hold beside the tissue's own, of each the strictest.
        ledger: an open `Chain`; every admission (before the tissue hears of it), delivery and stop is a line.
            One of the same tissue, continued, and the tissue's own ledger say what it has received already,
            and budgets go on from there: a new session begins with a new ledger and with new tissue.
            The contract's own `ledger` of doses in memory stays that of the tissue.
        guard: pauses writing while activity is outside its band; None does not watch.
        clock: seconds by which the lease runs. Default the tissue's own (virtual time stays deterministic);
            tissue on the wall clock is better given `time.monotonic`, which goes on when the device hangs.
        about: what the ledger should say of this session (model version, seed, configuration).

    In wall time `Paced` goes around it, not into it: a pulse that `Paced` moves is counted where it comes.

    All methods may be called from any thread; a call waits for a piece of a read under way (`guard.burst_s`
    or the read's length), and readers for one another. `disarm` and `stop` wait no longer than 20 ms: then
    the tissue is stopped beside the call that goes on, which sees to the rest. They may also be called in the
    middle of a call, from a signal handler; others then raise `Reentered`.
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
        check_parts(tissue)
        self.tissue, self.envelope = tissue, envelope or Envelope()
        self.n_dishes, self.n_channels = tissue.n_dishes, tissue.n_channels
        stricter = self.envelope.limits
        self.limits = tissue.limits if stricter is None else tissue.limits.stricter(stricter)
        self.budget = Budget(self.envelope, tissue.n_dishes, tissue.n_channels)
        self.guard = guard
        self._clock, self._lease = clock or tissue.now_s, Lease(self.envelope.longest_lease_s)
        self._turn, self._reading = Turn(self._settle), threading.RLock()
        self._wishes: deque[list[str]] = deque()  # causes of disarming that are not granted yet
        self._stop_asked = self._closed = False
        self._closing = ""
        self._journal = Journal(ledger)
        self._ending = Ending(tissue, self.budget, self._journal)
        self._deliveries = self._ending.deliveries
        self._pace = Pace(self._ending.read_to_s, self._clock())
        for pulses in received(tissue.ledger, ledger, self._ending.read_to_s):
            self.budget.count(*pulses)
        self._ending.log(
            "opened",
            file=ledger.path.name if ledger else "",
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
        """It is the dose ledger of the tissue (it begins anew when the tissue does)."""
        return self.tissue.ledger

    @property
    def armed(self) -> bool:
        """It is True where writing is allowed; not from the moment on in which anyone asked to disarm."""
        return self._ending.armed and not self._wishes

    @property
    def stopped(self) -> str:
        """It is why stimulation has ended; empty while it is armed."""
        return self._ending.stopped

    @property
    def cancels(self) -> int:
        """It counts how often the queue was emptied."""
        return self._ending.cancels

    @property
    def chain(self) -> Chain | None:
        """It is the ledger on disk; None without one, and when it is closed."""
        return self._journal.chain

    @property
    def head(self) -> str:
        """It is the hash of the ledger's last line: kept elsewhere, it shows a ledger that was cut or written
        anew.
        """
        return self._journal.head

    def now_s(self) -> float:
        return self.tissue.now_s()

    def arm(self, lease_s: float, reason: str = "") -> None:
        """It allows writing for `lease_s` seconds from now, and from each `renew` on.

        Raises:
            ValueError: a lease that is not positive and finite, or longer than the envelope allows.
            StimulusRefused: it was closed, the tissue cannot be stopped, or it had to be just now because of
                its clock or an error.
        """
        lease_s = self._lease.checked(lease_s)
        with self._turn:
            if self._closed:
                raise StimulusRefused("closed, and so is its ledger; make another Guarded", "arming")
            wrong = self._check_lease()
            if wrong or self._stop_failed:
                raise StimulusRefused(
                    f"{wrong or 'the tissue could not be stopped'} ({self.stopped}); see to it", "arming"
                )
            now_s = self.now_s()
            self._ending.log("armed", lease_s=lease_s, reason=reason, now_s=now_s)
            clock_s = self._clock()
            if not self._ending.armed:  # else who arms at each tick would let the clocks drift
                self._pace.begin(now_s, clock_s)
                self._ending.read_to_s = now_s
            self._lease.take(lease_s, clock_s)
            self._ending.armed, self._ending.stopped, self._ending.untold = True, "", False

    def renew(self) -> None:
        """It extends the lease, once per tick.

        Raises:
            StimulusRefused: the lease has lapsed, or was never taken.
        """
        with self._turn:
            self._check_lease()
            if not self.armed:
                raise self._not_armed()
            self._lease.renew(self._clock())

    def check_lease(self) -> None:
        """It disarms if the lease has lapsed. Reads and writes do this; a host calls it in between.

        Where the tissue could not be stopped before, this tries again.
        """
        with self._turn:
            self._check_lease()

    def lapsed(self) -> bool:
        """It tells whether the lease has run out and nobody has disarmed yet; never waits, not even for a
        hung tissue (where the lease has a clock of its own).
        """
        try:
            return self.armed and not self._lease.holds(self._clock())
        except Exception:  # a clock that cannot be read keeps no lease
            return True

    def disarm(self, cause: str) -> None:
        """It ends stimulation: everything queued is cancelled and writes are refused until armed again.
        Idempotent.

        Does not raise, unless it is interrupted itself: what went wrong besides is added to
        `status().stopped`.
        """
        wish = [cause]
        self._wishes.append(wish)
        self._in_turn_or_beside(lambda: any(w is wish for w in self._wishes))

    def stop(self) -> None:
        """It cancels everything queued; stays armed, unless the tissue does not stop."""
        self._stop_asked = True
        self._in_turn_or_beside(lambda: self._stop_asked)

    def write(self, plan: StimulusPlan) -> Receipt:
        """It queues a plan, whole.

        Raises:
            StimulusRefused: not armed, paused, or outside a limit (`limit` names it); nothing was delivered.
                A plan that overflows the queue disarms besides.
            PlanForged: a plan that is of another class than `StimulusPlan`; disarmed.
            OSError: the ledger could not be written; disarmed, nothing was delivered.
        """
        with self._turn:
            plan = self._private_copy(plan)
            self._ending.touched = "write failed"
            try:
                now_s = self._check(plan)
            except StimulusRefused as error:
                self._ending.touched = ""
                self._ending.log("refused", limit=error.limit, message=str(error), pulses=plan.n_pulses)
                if error.limit == "queued_pulses":  # a controller that floods the queue is out of control
                    self._ending.halt(str(error))
                raise
            receipt = self._hand_over(plan, now_s)
            self._ending.touched = ""
            self._grant()  # what was asked in the meantime
            self._check_lease()
            if plan.n_pulses and not self._ending.armed:
                raise StimulusRefused(f"disarmed while it was written ({self.stopped}); cancelled", "arming")
            return receipt

    def check(self, plan: StimulusPlan) -> None:
        """It raises `StimulusRefused` if `write` would refuse `plan` now; nothing is written or logged."""
        with self._turn:
            plan = self._private_copy(plan)
            with self._touching("check failed"):
                self._check(plan)

    def project(self, plan: StimulusPlan) -> tuple[StimulusPlan, Projected]:
        """It returns the part of `plan` that the limits allow, scaled where that helps, and what was changed
        (logged).

        `write` never does this by itself. Arming and the seizure guard are no limits of a plan: `write` may
        refuse the projection because of them.
        """
        with self._turn:
            self._private_copy(plan)
            with self._touching("projection failed"):
                allowed, projection = project(plan, self.limits, self._check_on_time, self.now_s())
                if projection.changed:
                    self._ending.log("projected", now_s=self.now_s(), **asdict(projection))
            return allowed, projection

    def read(self, duration_s: float) -> Recording:
        """It reads as the tissue does. Everything queued is cancelled at the moment when the lease ends.

        Raises:
            TissueFault: the tissue's clock jumped or drifts, it delivered what was not admitted, or its
                recording is not of what was asked for.
        """
        if not 0 < duration_s < float("inf"):
            raise ValueError(f"duration_s must be positive and finite, got {duration_s}")
        parts: list[Recording] = []
        left_s = duration_s
        with self._reading:
            while left_s > 1e-9:
                with self._turn:
                    part = self._read_part(left_s, len(parts), parts[-1].stop_s if parts else None)
                parts.append(part)
                left_s -= part.duration_s
        return parts[0] if len(parts) == 1 else Recording.concatenate(parts)

    def status(self) -> Status:
        """It returns a snapshot; `use` is the dose against each limit."""
        with self._turn:
            now_s = self._ending.time_s()
            use = tuple(self.budget.use(now_s))  # settles what is due, so that it no longer waits
            return Status(
                now_s=now_s,
                armed=self.armed,
                lease_left_s=max(0.0, self._lease.end_s - self._clock()) if self.armed else 0.0,
                paused=self.guard.cause if self.guard else "",
                stopped=self.stopped,
                waiting=self.budget.n_waiting,
                delivered=self.tissue.ledger.n_delivered,
                use=use,
            )

    def close(self, cause: str = "closed") -> None:
        """It disarms and closes the ledger with its totals. Idempotent.

        Raises:
            TissueFault: the tissue does not stop.
        """
        self.disarm(cause)
        self._closing = cause
        with contextlib.suppress(Reentered), self._turn:
            pass

    def __enter__(self) -> "Guarded":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close("closed" if error is None else words_of(error))

    @property
    def _stop_failed(self) -> bool:
        """It is True where the tissue may still hold pulses that it was told to cancel."""
        return self._ending.owed

    # --- what is asked from outside the turn, and what was left undone ---

    def _in_turn_or_beside(self, waits: Callable[[], bool]) -> None:
        """It has it settled; where the turn is another's, or our own, it stops the tissue beside it."""
        try:
            taken = self._turn.take(_PATIENCE_S)
        except Reentered:
            return self._ending.nudge()
        if taken:
            self._turn.give()
        elif waits():
            self._ending.nudge()

    def _settle(self, error: BaseException | None) -> None:
        """It leaves nothing undone: what others asked for, and what an error or an interrupt cut short."""
        if touched := self._ending.touched:
            self._ending.halt(touched if error is None else f"{touched}: {words_of(error)}")
            self._ending.touched = ""
        self._grant()
        if self._closing:
            cause, self._closing = self._closing, ""
            self._finish(cause)

    def _grant(self) -> None:
        """It disarms or stops, where anyone has asked for it; taken off the list only when done."""
        while self._wishes or self._stop_asked:
            if self._wishes:
                self._ending.halt(self._wishes[0][0])
                self._wishes.popleft()
                continue
            before, self._ending.touched = self._ending.touched, self._ending.touched or "stop failed"
            self._ending.cancel("cancelled" if self.budget.n_waiting else "", "stop was called")
            self._stop_asked, self._ending.touched = False, before

    def _finish(self, cause: str) -> None:
        """It writes the last line. Tissue that does not stop is told again for a while."""
        for _ in range(_LAST_TRIES):
            if not self._stop_failed:
                break
            time.sleep(_LAST_WAIT_S)
            self._check_lease()
        self._closed = True
        if self.chain is not None:
            try:
                self._ending.log("closed", cause=cause, delivered=self._deliveries.n_delivered)
            finally:
                self._journal.close()
        if self._stop_failed:
            raise TissueFault(f"the tissue does not stop ({self.stopped}); cut it off from its stimulator")

    @contextlib.contextmanager
    def _touching(self, words: str) -> Generator[None]:
        """Whatever is raised inside ends stimulation, refusals apart."""
        self._ending.touched = words
        try:
            yield
        except StimulusRefused:
            self._ending.touched = ""
            raise
        self._ending.touched = ""

    # --- what the public verbs are made of; the caller has the turn ---

    def _not_armed(self) -> StimulusRefused:
        return StimulusRefused(f"not armed ({self.stopped}); call arm(lease_s) first", "arming")

    def _check_lease(self) -> str:
        """It disarms where the lease has lapsed or the tissue is not to be trusted; says what is wrong."""
        if self._stop_failed:
            self._ending.cancel("stopped", "the tissue can be stopped again")
        if not self._ending.armed:
            return ""
        try:
            clock_s = self._clock()
            wrong = self._pace.complaint(self.now_s(), clock_s)
        except Exception as error:  # a device that is off
            clock_s, wrong = math.inf, f"the tissue failed: {words_of(error)}"
        if wrong or not self._lease.holds(clock_s):
            self._ending.halt(wrong or self._lease.lapsed)
        return wrong

    def _private_copy(self, plan: StimulusPlan) -> StimulusPlan:
        """It returns a copy that nobody else knows: what is checked is what is written."""
        if type(plan) is StimulusPlan:
            return plan.copy()
        words = f"expected a StimulusPlan, got a {type(plan).__name__}, which may say other than it holds"
        self._ending.halt(words)
        raise PlanForged(f"{words}; stimulation was stopped", "plan")

    def _check(self, plan: StimulusPlan) -> float:
        """It returns the moment, in tissue seconds, at which nothing speaks against the plan."""
        self._check_lease()
        if plan.n_pulses and not self.armed:
            raise self._not_armed()
        if plan.n_pulses and self.guard and self.guard.cause:
            raise StimulusRefused(f"paused ({self.guard.cause}); write again when it is calm", "activity")
        return self._check_limits(plan)

    def _check_limits(self, plan: StimulusPlan) -> float:
        # where it is armed the moment was found good just now
        now_s = self._pace.latest_s if self._ending.armed else self.now_s()
        self.limits.check(plan, self.tissue.ledger, now_s)
        self.budget.check(plan, now_s)
        return now_s

    def _check_on_time(self, plan: StimulusPlan) -> None:
        """A projection asks this many times; the lease runs out meanwhile as ever, and others are heard."""
        self._grant()
        self._check_lease()
        self._check_limits(plan)

    def _hand_over(self, plan: StimulusPlan, now_s: float) -> Receipt:
        """It hands over to the ledger, the account, the tissue, in this order: it is not told what is not
        counted.
        """
        self._deliveries.announce(plan, now_s)
        before = self.budget.mark()
        self.budget.admit(plan, now_s)
        self._deliveries.expect(plan, now_s)
        try:
            if plan.n_pulses and not self.armed:
                raise StimulusRefused("disarmed while it was checked", "arming")
            receipt = self.tissue.write(plan)
        except StimulusRefused as error:
            self.budget.back_to(before)
            self._deliveries.refused(plan)
            self._ending.touched = ""
            if plan.n_pulses:
                self._ending.log(
                    "withdrawn", plan=self._deliveries.n_plans, pulses=plan.n_pulses, cause=words_of(error)
                )
            raise
        if not isinstance(receipt, Receipt) or len(receipt.scheduled_s) != plan.n_pulses:
            self._ending.fault(f"the tissue answered a plan of {plan.n_pulses} pulses with {receipt!r}"[:200])
        return receipt

    def _read_part(self, left_s: float, n_before: int, follows_s: float | None) -> Recording:
        self._check_lease()
        part_s = self._part_s(left_s, _PIECE_S * 2.0 ** min(n_before, 30))
        before_s = self.now_s()
        self._ending.touched = "read failed"
        recording = self.tissue.read(part_s)
        self._ending.read_to_s = before_s + part_s  # and not what a clock that jumped says
        self._pace.heard(part_s)
        now_s = self.now_s()
        unasked = self._deliveries.take(now_s)
        shape = (self.n_dishes, self.n_channels)
        times = {"before_s": before_s, "duration_s": part_s, "now_s": now_s, "follows_s": follows_s}
        wrong = misread(recording, shape, **times) or unasked
        if wrong:
            self._ending.fault(wrong)
        if self.guard:
            self._watch(self.guard, recording)
        self._ending.touched = ""
        return recording

    def _part_s(self, left_s: float, most_s: float) -> float:
        """It returns how much of a read to do at once: a tissue that is not honest is found out soon."""
        part_s = min(left_s, self.guard.band.burst_s) if self.guard else left_s
        if not (self._ending.armed and self.budget.n_waiting):
            return part_s
        lease_s = math.floor((self._lease.end_s - self._clock()) / _GRAIN_S + 1e-6) * _GRAIN_S
        if lease_s > 0:
            return min(part_s, lease_s, most_s)
        self._ending.halt(self._lease.lapsed)
        return part_s

    def _watch(self, guard: SeizureGuard, recording: Recording) -> None:
        before = guard.cause
        guard.heard(recording)
        if guard.cause and not before:
            self._ending.cancel("paused", guard.cause)
        elif before and not guard.cause:
            self._ending.log("resumed", now_s=self.now_s(), after=before)
