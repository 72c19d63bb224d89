"""How stimulation ends: the tissue is stopped first of all, then the ledger is told."""

import contextlib
from typing import Any, NoReturn

from .brake import Brake
from .budget import Budget
from .contract import Tissue
from .deliveries import Deliveries
from .journal import Journal
from .pace import JUMP_S
from .status import TissueFault

_DID_NOT_STOP = "the tissue did not stop, which is tried again at each check"


class Ending:
    """Whether stimulation is allowed, and how that ends. Its owner has the turn (see `Turn`) in every call.

    armed: writing is allowed. stopped: why not. cancels: how often the queue was emptied. untold: the ledger
    was not told yet that stimulation ended. touched: what to say where something is raised now; empty where
    the tissue is not touched. read_to_s: end of the last read.
    """

    def __init__(self, tissue: Tissue, budget: Budget, journal: Journal):
        self._tissue, self._budget, self._journal, self._brake = tissue, budget, journal, Brake(tissue)
        self.armed, self.stopped, self.untold, self.touched = False, "never armed", False, ""
        self.cancels = 0
        self.read_to_s = tissue.now_s()
        self.deliveries = Deliveries(tissue, self.log, budget)

    @property
    def owed(self) -> bool:
        """It is True where the tissue may still hold pulses that it was told to cancel."""
        return self._brake.owed

    def nudge(self) -> None:
        """It stops the tissue out of turn; see `Brake.nudge`."""
        self._brake.nudge()

    def halt(self, cause: str) -> None:
        """It disarms and cancels everything queued; a ledger that cannot be written does not keep from it."""
        was, self.armed = self.armed, False
        if was:
            self.stopped, self.untold = cause, True
        before, self.touched = self.touched, self.touched or cause
        try:
            self.cancel("stopped" if self.untold or self._budget.n_waiting else "", cause)
        except Exception as error:
            cause = f"{cause}; the ledger could not be written: {error}"
        self.touched = before
        if was:
            self.stopped = f"{cause}; {_DID_NOT_STOP}" if self._brake.owed else cause

    def cancel(self, kind: str, cause: str) -> None:
        """It stops the tissue first of all, then says so (`kind`; empty says nothing)."""
        self.cancels += 1
        before = self._brake.owed
        error = self._brake.pull()
        if error is not None:  # a device that is off; check_lease tries again
            if self.armed:
                self.armed, self.stopped, self.untold = False, f"{cause}; {_DID_NOT_STOP}", True
            wrong = self.deliveries.take(self.time_s())  # what came before is told now
            if not before:
                cause = f"{cause}; {wrong}" if wrong else cause
                self.log("stop failed", error=words_of(error), cause=cause)
            return
        now_s = self.time_s()
        wrong = self.deliveries.take(now_s)
        cancelled = self._forget(now_s)
        if wrong and self.armed:
            self.armed, self.stopped, kind, cause = False, wrong, "stopped", f"{cause}; {wrong}"
        self.untold = self.untold and kind != "stopped"
        if kind:
            self.log(kind, cause=cause, now_s=now_s, cancelled=cancelled)

    def _forget(self, now_s: float) -> int:
        """It takes what the tissue has cancelled out of the account; returns how many pulses."""
        cancelled = self._budget.withdraw(now_s, self.deliveries.waits)
        self.deliveries.forget(now_s)
        return cancelled

    def time_s(self) -> float:
        """It returns the tissue's time; the end of the last read where the tissue has no clock, or one that
        jumped.
        """
        with contextlib.suppress(Exception):
            now_s = self._tissue.now_s()
            if self.read_to_s <= now_s <= self.read_to_s + JUMP_S:
                return now_s
        return self.read_to_s

    def fault(self, cause: str) -> NoReturn:
        """It ends stimulation because of the tissue, and raises TissueFault."""
        self.halt(cause)
        self.touched = ""
        raise TissueFault(f"{cause}; stimulation was stopped")

    def log(self, kind: str, **fields: Any) -> None:
        """It writes a line of the ledger. Where it cannot be written nothing may be stimulated."""
        try:
            self._journal.tell(kind, fields)
        except Exception as error:
            self._stop_without_ledger(f"the ledger could not be written: {error}")
            raise

    def _stop_without_ledger(self, cause: str) -> None:
        was, self.armed, self.stopped = self.armed, False, cause
        if self._brake.pull() is not None:
            self.untold = self.untold or was
            return  # check_lease tries again
        now_s = self.time_s()
        cancelled = self._forget(now_s)
        if was or cancelled:
            self._journal.owe("stopped", {"cause": cause, "now_s": now_s, "cancelled": cancelled})


def words_of(error: BaseException) -> str:
    """It returns what is said of an error."""
    return f"{type(error).__name__}: {error}"
