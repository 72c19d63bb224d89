"""A line between controller and host that can be made bad."""

import contextlib
import socket
import threading
import time
from collections.abc import Callable

Spoil = Callable[[bytes], list[bytes]]
_NEXT_LINE_S = 10.0  # the controller says something at every tick


class Proxy:
    """It passes lines on; `fault` may be "duplicate", "late", "lost", "garbage" or "cut" from any moment
    on.
    """

    def __init__(self, host: tuple[str, int], *, late_s: float = 0.5):
        self.fault, self.late_s = "", late_s
        self._struck_s, self._struck = 0.0, threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address: tuple[str, int] = self._listener.getsockname()[:2]
        self._host = host
        self._sockets = [self._listener]
        threading.Thread(target=self._serve, daemon=True).start()

    def strike(self, fault: str) -> float:
        """It lets a fault happen; returns when it did, which is when the next line came to be passed on.

        Raises:
            TimeoutError: none came.
        """
        self.fault = fault
        if not self._struck.wait(_NEXT_LINE_S):
            raise TimeoutError(f"{fault}: expected another line of the controller, got none")
        return self._struck_s

    def close(self) -> None:
        for end in self._sockets:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)  # a thread that waits for it hears of its end
            end.close()

    def _serve(self) -> None:
        try:
            near, _ = self._listener.accept()
        except OSError:
            return  # closed before anyone came
        far = socket.create_connection(self._host)
        self._sockets += [near, far]
        for end in (near, far):
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        threading.Thread(target=self._pass, args=(near, far, self._spoil), daemon=True).start()
        threading.Thread(target=self._pass, args=(far, near, lambda line: [line]), daemon=True).start()

    def _spoil(self, line: bytes) -> list[bytes]:
        if self.fault and not self._struck.is_set():
            self._struck_s = time.monotonic()
            self._struck.set()
        if self.fault == "late":
            time.sleep(self.late_s)
        if self.fault == "cut":
            self.close()
            return []
        return {"duplicate": [line, line], "lost": [], "garbage": [line[::-1], b"\n"]}.get(self.fault, [line])

    def _pass(
        self, source: socket.socket, sink: socket.socket, spoil: Callable[[bytes], list[bytes]]
    ) -> None:
        try:
            with source.makefile("rb") as lines:
                for line in lines:
                    for out in spoil(line):
                        sink.sendall(out)
            sink.shutdown(socket.SHUT_WR)
        except (OSError, ValueError):
            pass  # one end is gone; so is the other soon
