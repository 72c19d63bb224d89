"""Who comes to a host: strangers until they have greeted, operators as long as they stay.

A door has a listener and a thread of its own. The thread that owns the tissue never waits for it, nor it for
that one: an emergency stop is done from here, whatever the controller has the tissue do.
"""

import contextlib
import hmac
import selectors
import socket
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from . import wire
from .peer import Peer, PeerLost, attempt
from .replies import denied, failure, not_understood
from .wire import WireError

_GREETING_S = (
    5.0  # how long a stranger may stay without a greeting, and one who was sent away may go on sending
)
_PATIENCE_S = 0.02
_ACCEPTED_AT_ONCE, _TOLD_AT_ONCE = 64, 16
_SHARE, _MOST = 8, 128  # of the files that the process may open: for strangers, and as many for operators
_FEW = 4
_THROWN_AWAY, _MOST_THROWN_AWAY = 2**18, 48 * 2**20
ROLES = ("controller", "watchdog", "operator")


class Inside(Protocol):
    """What lies behind a door: all may be called from the door's thread, and none of it waits."""

    def greeting(self) -> dict[str, Any]:
        """It returns what is told to who has greeted."""
        ...

    def told(self) -> dict[str, Any]:
        """It returns what goes with every answer to an operator."""
        ...

    def disarm(self, cause: str) -> None: ...

    def enter(self, peer: Peer, role: str) -> None:
        """A controller or watchdog has greeted; it is answered inside."""
        ...

    def ask_status(self, tell: Callable[[dict[str, Any]], None]) -> None:
        """It has the fields of an answer told, soon and from another thread."""
        ...

    def look_after(self) -> None:
        """It is called every few hundredths of a second, also when the thread that owns the tissue hangs."""
        ...


@dataclass(eq=False)
class _Leaving:
    """Was sent away: what it still sends is thrown away for a while, so that it can read why."""

    socket: socket.socket
    since_s: float
    bytes: int = 0


class Door:
    """It serves strangers and operators, and hands controllers and watchdogs in.

    Where too many come, the stranger that has said nothing for longest has to go, and of the operators the
    one that has asked for nothing for longest: a newcomer is always heard.

    Args:
        inside: what lies behind it.
        address: to listen at; port 0 takes a free one.
        token: what who comes has to say.
        roles: which may enter here.
    """

    def __init__(self, inside: Inside, address: tuple[str, int], token: str, roles: tuple[str, ...] = ROLES):
        self._inside, self._token, self._roles = inside, token, roles
        self._peers: dict[socket.socket, Peer] = {}
        self._leaving: dict[socket.socket, _Leaving] = {}
        self._to_leave: deque[Peer] = deque()
        self._statuses: deque[tuple[Peer, int, dict[str, Any]]] = deque()
        self._listener = socket.create_server(address, family=_family(address[0]), backlog=_MOST)
        self._listener.setblocking(False)
        self.address: tuple[str, int] = self._listener.getsockname()[:2]
        self._most = _room()
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._open = True
        self._thread = threading.Thread(target=self._serve, name="brainwright-door", daemon=True)

    def open(self) -> None:
        self._thread.start()

    def close(self) -> None:
        """It hangs up on everybody. Idempotent."""
        self._open = False
        if self._thread.is_alive():
            self._thread.join()
        for connection in [*self._peers, *self._leaving]:
            connection.close()
        self._selector.close()
        self._listener.close()

    def send_away(self, peer: Peer) -> None:
        """It takes over a connection that has been answered for the last time; from any thread."""
        self._to_leave.append(peer)

    # --- the thread ---

    def _serve(self) -> None:
        while self._open:
            for key, _ in self._selector.select(0.0 if self._busy() else _PATIENCE_S):
                if isinstance(key.data, Peer):
                    self._try(key.data, key.data.receive)
                elif isinstance(key.data, _Leaving):
                    self._throw_away(key.data)
            for peer in list(self._peers.values()):
                self._try(peer, lambda peer=peer: self._do_requests(peer))
            self._accept()
            self._tell_statuses()
            self._see_off()
            self._inside.look_after()

    def _busy(self) -> bool:
        return bool(self._statuses) or any(peer.lines.waiting for peer in self._peers.values())

    def _accept(self) -> None:
        for _ in range(_ACCEPTED_AT_ONCE):
            try:
                connection, _ = self._listener.accept()
            except BlockingIOError:
                return
            except OSError:  # it is gone already; or too many open files: one has to go
                return self._make_room(most=0)
            with contextlib.suppress(OSError):
                connection.setblocking(False)
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._make_room(self._most)
            peer = self._peers[connection] = Peer(connection)
            self._selector.register(connection, selectors.EVENT_READ, peer)
            self._try(peer, peer.receive)  # who speaks at once is heard before the next is let in
            self._try(peer, lambda peer=peer: self._do_requests(peer))

    def _make_room(self, most: int) -> None:
        for role in ("", "operator"):
            crowd = [peer for peer in self._peers.values() if peer.role == role]
            if len(crowd) >= max(most, 1):
                self._drop(min(crowd, key=lambda peer: peer.heard_s))

    def _try(self, peer: Peer, act: Callable[[], None]) -> None:
        if peer.socket in self._peers:
            attempt(act, lambda why: self._refuse(peer, why), lambda _: self._drop(peer))

    def _refuse(self, peer: Peer, why: str) -> None:
        with contextlib.suppress(PeerLost):
            peer.answer(max(peer.seq, 0), not_understood(why))
        self._let_go(peer)
        self._leave(peer)

    def _do_requests(self, peer: Peer) -> None:
        peer.flush()
        before = peer.role
        for message in peer.requests():
            if peer.is_new(message):
                peer.seq, peer.reply = message["seq"], b""
                try:
                    self._do(peer, message)
                except (WireError, PeerLost):
                    raise
                except Exception as error:  # told to the peer; nothing may end this thread
                    self._answer(peer, failure(error))
        if peer.role != before and peer.socket in self._peers:
            self._do_requests(peer)  # an emergency stop comes together with its greeting

    def _do(self, peer: Peer, message: dict[str, Any]) -> None:
        do = wire.words(message, "do")
        if not peer.role:
            return self._greet(peer, message, do)
        match do:
            case "disarm":
                self._inside.disarm(f"operator: {wire.words(message, 'cause') or 'asked to stop'}")
                self._answer(peer, {})
            case "now" | "beat":
                self._answer(peer, {})
            case "status":
                seq = peer.seq
                self._inside.ask_status(lambda status: self._statuses.append((peer, seq, status)))
            case "arm" | "renew" | "read" | "write" | "project" | "stop":
                self._answer(peer, denied(f"{do} is the controller's, this connection is the operator's"))
            case _:
                raise WireError(f"do: unknown command {do[:40]!r}")

    def _greet(self, peer: Peer, message: dict[str, Any], do: str) -> None:
        role = wire.words(message, "role")
        if do != "hello" or role not in ROLES:
            raise WireError("expected hello with role controller, watchdog or operator first")
        if isinstance(message.get("version"), bool) or message.get("version") != wire.VERSION:
            raise WireError(f"expected version {wire.VERSION}, got {str(message.get('version'))[:40]}")
        token = wire.words(message, "token").encode("utf-8", "backslashreplace")
        if not hmac.compare_digest(token, self._token.encode()):
            raise WireError("token: not the one that this host was given")
        if role not in self._roles:
            raise WireError(f"role: this address is for {' and '.join(self._roles)} alone")
        if role == "operator":
            peer.greet_as(role)
            return self._answer(peer, self._inside.greeting())
        self._let_go(peer)
        self._inside.enter(peer, role)

    def _answer(self, peer: Peer, fields: dict[str, Any]) -> None:
        peer.answer(peer.seq, {"ok": True, **self._inside.told(), **fields})

    def _tell_statuses(self) -> None:
        for _ in range(min(len(self._statuses), _TOLD_AT_ONCE)):  # a newcomer does not wait for all of them
            peer, seq, fields = self._statuses.popleft()
            message = {"ok": True, **self._inside.told(), **fields}
            self._try(peer, lambda p=peer, s=seq, m=message: p.answer(s, m))

    # --- leaving ---

    def _drop(self, peer: Peer) -> None:
        self._let_go(peer)
        peer.socket.close()

    def _let_go(self, peer: Peer) -> None:
        """It is not ours any more."""
        if self._peers.pop(peer.socket, None) is not None:
            self._selector.unregister(peer.socket)

    def _leave(self, peer: Peer) -> None:
        """It hangs up when it has read why: closed at once, the answer can be lost with what it still
        sends.
        """
        try:
            peer.socket.shutdown(socket.SHUT_WR)
            self._selector.register(
                peer.socket, selectors.EVENT_READ, leaving := _Leaving(peer.socket, time.monotonic())
            )
        except (OSError, KeyError):
            return peer.socket.close()
        self._leaving[peer.socket] = leaving
        if len(self._leaving) > self._most:
            self._gone(next(iter(self._leaving.values())))

    def _throw_away(self, leaving: _Leaving) -> None:
        try:
            n = len(leaving.socket.recv(_THROWN_AWAY))
            leaving.bytes += n
            if n and leaving.bytes < _MOST_THROWN_AWAY:
                return
        except BlockingIOError:
            return
        except OSError:
            pass
        self._gone(leaving)

    def _gone(self, leaving: _Leaving) -> None:
        if self._leaving.pop(leaving.socket, None) is not None:
            self._selector.unregister(leaving.socket)
            leaving.socket.close()

    def _see_off(self) -> None:
        while self._to_leave:
            self._leave(self._to_leave.popleft())
        late_s = time.monotonic() - _GREETING_S
        for peer in [p for p in self._peers.values() if not p.role and p.since_s < late_s]:
            self._drop(peer)
        for leaving in [e for e in self._leaving.values() if e.since_s < late_s]:
            self._gone(leaving)


def _room() -> int:
    """It tells how many strangers, and how many operators, there may be."""
    try:
        import resource
    except ImportError:  # not a POSIX system
        return _MOST
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return _MOST if files == resource.RLIM_INFINITY else max(_FEW, min(_MOST, files // _SHARE))


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET
