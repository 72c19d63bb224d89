"""Someone asks for an emergency stop while others keep the host busy."""

import contextlib
import socket
import threading
import time
from contextlib import ExitStack

from ..bridge import emergency_stop

_HELLO = b'{"seq":1,"do":"hello","version":1,"role":"operator","token":""}\n'
_CROWD, _FLOOD = 200, 20_000
_SETTLES_S = 0.1  # until what others do is under way


def beside(what: str, address: tuple[str, int]) -> float:
    """It stops a host in the middle of `what`, where everybody comes in; returns when it was asked for."""
    with ExitStack() as opened:
        crowd = [
            opened.enter_context(socket.create_connection(address, timeout=5.0)) for _ in range(_SIZE[what])
        ]
        for line in crowd:
            if what in _SAYS:
                threading.Thread(target=_say, args=(line, _HELLO + _SAYS[what]()), daemon=True).start()
        time.sleep(_SETTLES_S)
        struck_s = time.monotonic()
        emergency_stop(address, "test")
        return struck_s


def _say(line: socket.socket, words: bytes) -> None:
    with contextlib.suppress(OSError):  # it is sent away
        line.sendall(words)


def _flood() -> bytes:
    return b"".join(b'{"seq":%d,"do":"status"}\n' % seq for seq in range(2, _FLOOD))


_SIZE = {"alone": 0, "flood": 2, "strangers": _CROWD, "long lines": 2}
_SAYS = {"flood": _flood, "long lines": lambda: b"[" * 2**25 + b"\n"}
