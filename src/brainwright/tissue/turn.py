"""One caller at a time, with what comes in the middle of a call done at its end."""

import threading
from collections.abc import Callable
from types import TracebackType


class Reentered(RuntimeError):
    """A signal handler, or the tissue itself, called while a call of the same thread was under way."""


class Turn:
    """A lock whose holder settles, before and after its own work, what others left to be done.

    Args:
        settle: is given the error that ended the work, None where there was none.
    """

    def __init__(self, settle: Callable[[BaseException | None], None]):
        self._settle, self._lock, self._inside = settle, threading.RLock(), False

    def take(self, patience_s: float = -1.0) -> bool:
        """It takes the turn, waiting at most `patience_s` (forever where negative); False where that failed.

        Raises:
            Reentered: this thread has it already.
        """
        if not self._lock.acquire(timeout=patience_s):
            return False
        if self._inside:
            self._lock.release()
            raise Reentered("another call of this thread is under way; call again when it has returned")
        self._inside = True
        return True

    def give(self, error: BaseException | None = None) -> None:
        """It settles, and lets others have their turn."""
        try:
            self._settle(error)
        except BaseException as cut_short:  # an interrupt in the middle of it: what it left is settled now
            self._settle(cut_short)
            raise
        finally:
            self._inside = False
            self._lock.release()

    def __enter__(self) -> None:
        self.take()
        try:
            self._settle(None)
        except BaseException as error:
            self.give(error)
            raise

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.give(error)
