"""One connection to a host: who it is, what it asked for last, and what it has not taken yet."""

import socket
import time
from dataclasses import dataclass, field

from . import wire

_MOST_UNSENT = 64 * 2**20


class PeerLost(ConnectionError):
    """The connection cannot be written to any more; the message says why."""


@dataclass(eq=False)
class Peer:
    """Answers are sent as far as the other side takes them; the rest waits in `unsent`."""

    socket: socket.socket
    lines: wire.Lines = field(default_factory=lambda: wire.Lines(wire.LONGEST_GREETING))
    role: str = ""
    since_s: float = field(default_factory=time.monotonic)
    unsent: bytearray = field(default_factory=bytearray)
    seq: int = 0
    reply: bytes = b""
    read_to_s: float = 0.0
    """End of what was read."""
    reading: tuple[int, float] | None = None
    """(seq, end) of the read that waits."""
    delivered: int = 0
    """How many deliveries were told."""
    beat_s: float = 0.0

    def flush(self) -> None:
        """Send what waits, without waiting.

        Raises:
            PeerLost: the connection is gone, or too much waits.
        """
        try:
            while self.unsent:
                del self.unsent[: self.socket.send(self.unsent)]
        except BlockingIOError:
            if len(self.unsent) > _MOST_UNSENT:
                raise PeerLost("does not take its answers") from None
        except OSError as error:
            raise PeerLost(f"was lost: {error}") from error
