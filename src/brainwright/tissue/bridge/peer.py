"""One connection to a host: who it is, what it asked for last, and what it has not taken yet."""

import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from . import wire

LINES_AT_ONCE = {"": 1, "operator": 8, "watchdog": 8, "controller": 64}
"""Requests of one connection before the others have their turn."""
_RECEIVED_AT_ONCE = 2**18
_MOST_UNSENT = {"": 2**16, "operator": 2**20, "watchdog": 2**20, "controller": 64 * 2**20}


class PeerLost(ConnectionError):
    """The connection cannot be used any more; the message says why."""


@dataclass(eq=False)
class Peer:
    """Answers are sent as far as the other side takes them; the rest waits in `unsent`."""

    socket: socket.socket
    lines: wire.Lines = field(default_factory=lambda: wire.Lines(wire.LONGEST_REQUEST[""]))
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
    heard_s: float = field(default_factory=time.monotonic)
    """When it last asked for something."""

    def greet_as(self, role: str) -> None:
        """It has greeted: its role, and the bounds that go with it."""
        self.role, self.lines.longest, self.beat_s = role, wire.LONGEST_REQUEST[role], time.monotonic()

    def receive(self) -> None:
        """It takes in what has arrived, without waiting, until there is a line to take or more than a line
        may have: one that is too long is known at once, not a piece in each turn.

        Raises:
            PeerLost: it hung up, or the connection is gone.
        """
        while not self.lines.waiting:
            try:
                data = self.socket.recv(_RECEIVED_AT_ONCE)
            except BlockingIOError:
                return
            except OSError as error:
                raise PeerLost(f"was lost: {error}") from error
            if not data:
                raise PeerLost("closed its connection")
            self.lines.feed(data)

    def requests(self) -> Iterator[dict[str, Any]]:
        """It returns the next few requests. Raises WireError for what is none, after those before it."""
        for line in self.lines.take(LINES_AT_ONCE[self.role]):
            self.heard_s = time.monotonic()
            yield wire.decode(line)

    def is_new(self, message: dict[str, Any]) -> bool:
        """It tells whether a request is one to do; a duplicate is answered again, an older one is not.

        Raises:
            WireError: a number that is none.
        """
        seq = message.get("seq")
        if not isinstance(seq, int) or isinstance(seq, bool) or not 0 < seq < 2**53:
            raise wire.WireError("seq: expected a whole number from 1 on")
        if seq == self.seq:
            self.unsent += self.reply
        return seq > self.seq

    def answer(self, seq: int, fields: dict[str, Any]) -> None:
        """It sends an answer, or what of it can be sent now. Raises PeerLost."""
        data = wire.encode({"seq": seq, **fields})
        if seq == self.seq:
            self.reply = data
        self.unsent += data
        self.flush()

    def flush(self) -> None:
        """It sends what waits, without waiting.

        Raises:
            PeerLost: the connection is gone, or too much waits.
        """
        try:
            while self.unsent:
                del self.unsent[: self.socket.send(self.unsent)]
        except BlockingIOError:
            if len(self.unsent) > _MOST_UNSENT[self.role]:
                raise PeerLost("does not take its answers") from None
        except OSError as error:
            raise PeerLost(f"was lost: {error}") from error


def attempt(act: Callable[[], None], refused: Callable[[str], None], lost: Callable[[str], None]) -> None:
    """It does something with a peer. What the peer does wrong ends its own connection, and nothing else.

    Args:
        refused: is told what was not understood. lost: is told how the connection went.
    """
    try:
        act()
    except wire.WireError as error:
        refused(str(error))
    except PeerLost as error:
        lost(str(error))
