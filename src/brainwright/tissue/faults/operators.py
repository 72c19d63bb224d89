"""Those who keep a host busy while someone asks for an emergency stop."""

import contextlib
import socket
import threading
import time
from collections.abc import Generator
from contextlib import ExitStack

_HELLO = b'{"seq":1,"do":"hello","version":1,"role":"operator","token":""}\n'
_CROWD, _FLOOD = 200, 20_000
_SETTLES_S = 0.1  # until what others do is under way


@contextlib.contextmanager
def crowd(what: str, address: tuple[str, int]) -> Generator[None]:
    """It keeps a host busy with `what`, where everybody comes in, once that is under way."""
    with ExitStack() as opened:
        lines = [
            opened.enter_context(socket.create_connection(address, timeout=5.0)) for _ in range(_SIZE[what])
        ]
        for line in lines:
            if what in _SAYS:
                threading.Thread(target=_say, args=(line, _HELLO + _SAYS[what]()), daemon=True).start()
        time.sleep(_SETTLES_S)
        yield


def _say(line: socket.socket, words: bytes) -> None:
    with contextlib.suppress(OSError):  # it is sent away
        line.sendall(words)


def _flood() -> bytes:
    return b"".join(b'{"seq":%d,"do":"status"}\n' % seq for seq in range(2, _FLOOD))


_SIZE = {"alone": 0, "flood": 2, "strangers": _CROWD, "long lines": 2}
_SAYS = {"flood": _flood, "long lines": lambda: b"[" * 2**25 + b"\n"}
