"""Wakes a thread that waits for connections, from other threads and from signal handlers."""

import contextlib
import signal
import socket
import threading
from collections.abc import Callable, Generator


class Bell:
    """It rings on `socket`, which the thread that is to wake selects for reading."""

    def __init__(self) -> None:
        self.socket, self._button = socket.socketpair()
        self.socket.setblocking(False)
        self._button.setblocking(False)

    def ring(self) -> None:
        """It wakes it; never waits, never raises."""
        with contextlib.suppress(OSError):  # it rings already, or all is over
            self._button.send(b".")

    def still(self) -> None:
        """It stops the ringing."""
        with contextlib.suppress(BlockingIOError):
            self.socket.recv(4096)

    def close(self) -> None:
        """It closes both ends. Idempotent."""
        self.socket.close()
        self._button.close()


@contextlib.contextmanager
def ended_by_signals(end: Callable[[str], None]) -> Generator[None]:
    """It calls `end` with the name of SIGTERM or SIGHUP, in the main thread and where nobody else sees to
    it.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    names = [name for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    free = [n for n in names if signal.getsignal(getattr(signal, n)) is signal.SIG_DFL]
    for name in free:
        signal.signal(getattr(signal, name), lambda *_, name=name: end(name))
    try:
        yield
    finally:
        for name in free:
            signal.signal(getattr(signal, name), signal.SIG_DFL)
