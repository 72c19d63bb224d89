"""Hosts tissue in this process for a controller in another, and stops it when the controller is gone.

One thread owns the tissue and serves the controller and its watchdog, so that a stop never meets a half-done
write; two doors, each with a thread of its own, let people in and serve operators. What arrives is data:
malformed lines end their connection (and stimulation, if it was the controller's), never the host.
"""

import contextlib
import ipaddress
import math
import selectors
import socket
import time
from collections import deque
from collections.abc import Callable
from typing import Any, get_args

from brainwright.runs import plain
from brainwright.signal import Recording

from ..guarded import Guarded
from ..limits import StimulusRefused
from . import wire
from .bell import Bell, ended_by_signals
from .door import Door
from .listening import Clock, Listening
from .peer import Peer, PeerLost, attempt
from .replies import denied, failure, not_understood
from .requests import Requests
from .wire import WireError

_TURN_S = 0.02  # longest wait for a request
_STATUS_S = 0.01  # between two looks at the status for operators, which are told the same
_STATUSES = 10_000  # questions for it that may wait


class Host:
    """It serves one `Guarded` tissue. One controller at a time; it begins disarmed and ends disarmed.

    Args:
        guarded: give it `clock=time.monotonic` where `clock` is not "virtual".
        clock: "virtual": time passes only while the controller reads. "wall": the host lets simulated tissue
            run with the wall clock, whether anyone reads or not. "device": the tissue keeps time itself.
        address: loopback by default; port 0 takes a free one (see `address`).
        emergency: where operators alone are let in, so that a crowd at `address` cannot be in the way of an
            emergency stop (see `emergency_address`); None takes a free port beside `address`.
        token: secret that a peer must give; required beyond loopback. It travels in the clear: cross networks
            through a tunnel.
        watchdog_s: arming needs a watchdog that is connected, and stimulation ends when it was not heard for
            this long. None: no watchdog is asked for.
        step_s: pieces in which the tissue is read on "wall" and "device".
        on_heard: is given every piece of recording (a recorder).

    Raises:
        TypeError: tissue that is not `Guarded`.
        ValueError: an address beyond loopback without a token, a clock that there is not, steps that are no
            number above 0.
    """

    def __init__(
        self,
        guarded: Guarded,
        *,
        clock: Clock = "virtual",
        address: tuple[str, int] = ("127.0.0.1", 0),
        emergency: tuple[str, int] | None = None,
        token: str = "",
        watchdog_s: float | None = None,
        step_s: float = 0.001,
        on_heard: Callable[[Recording], None] | None = None,
    ):
        if not isinstance(guarded, Guarded):
            name = type(guarded).__name__
            raise TypeError(f"expected guarded tissue, got {name}: Host(Guarded({name.lower()}, ...), ...)")
        if clock not in get_args(Clock):
            raise ValueError(f"expected a clock of {', '.join(get_args(Clock))}, got {clock!r}")
        if not 0 < step_s < math.inf:
            raise ValueError(f"expected step_s in seconds, a number above 0, got {step_s!r}")
        emergency = emergency or (address[0], 0)
        for name in (address[0], emergency[0]):
            if not token and not _is_loopback(name):
                raise ValueError(f"expected a token for {name}, which is not loopback; or use 127.0.0.1")
        self.guarded, self.clock, self.token, self.watchdog_s = guarded, clock, token, watchdog_s
        self.ending = ""
        self._peers: dict[socket.socket, Peer] = {}
        self._listening = Listening(guarded, clock, step_s, on_heard)
        self._requests = Requests(guarded, self._listening, self._demand_watchdog)
        self._bell, self._selector = Bell(), selectors.DefaultSelector()
        self._selector.register(self._bell.socket, selectors.EVENT_READ)
        self._entering: deque[tuple[Peer, str]] = deque()
        self._asking: deque[Callable[[dict[str, Any]], None]] = deque(maxlen=_STATUSES)
        self._told_s = 0.0  # when the status was looked at last
        self._lapsed = False
        self._door = Door(self, address, token)
        self._emergency = Door(self, emergency, token, roles=("operator",))
        self.address, self.emergency_address = self._door.address, self._emergency.address

    def end(self, cause: str) -> None:
        """It asks `serve` to stop stimulation and return; may be called from a signal handler."""
        self.ending = self.ending or cause
        self._bell.ring()

    def serve(self) -> None:
        """It serves until `end`, or until SIGTERM or SIGHUP comes (in the main thread, where nobody else sees
        to them); it closes the tissue's ledger and every connection.
        """
        self._listening.begin()
        try:
            with ended_by_signals(self.end):
                self._door.open()
                self._emergency.open()
                while not self.ending:
                    self.turn()
        except BaseException as error:
            self.ending = f"host ended: {type(error).__name__}: {error}"
            raise
        finally:
            try:
                self.guarded.close(self.ending)
            finally:
                self._close()

    def turn(self) -> None:
        """It serves what has arrived, checks the lease and the watchdog, and lets the tissue live on."""
        busy = any(peer.lines.waiting for peer in self._peers.values())
        for key, _ in self._selector.select(0.0 if busy else self._listening.patience_s(_TURN_S)):
            if key.fileobj is self._bell.socket:
                self._bell.still()
            elif (peer := self._peers.get(key.fileobj)) is not None:
                self._try(peer, peer.receive)
        self._let_in()
        for peer in list(self._peers.values()):
            self._try(peer, lambda peer=peer: self._do_requests(peer))
        self._check_watchdog()
        self.guarded.check_lease()
        self._live()
        self._tell_status()
        for peer in list(self._peers.values()):
            self._try(peer, peer.flush)

    # --- what the doors ask for, on their threads ---

    def greeting(self) -> dict[str, Any]:
        g = self.guarded
        return {
            "version": wire.VERSION,
            "clock": self.clock,
            "n_dishes": g.n_dishes,
            "n_channels": g.n_channels,
            "limits": plain(g.limits),
            "emergency_port": self.emergency_address[1],
        }

    def told(self) -> dict[str, Any]:
        return self._requests.told()

    def disarm(self, cause: str) -> None:
        self.guarded.disarm(cause)

    def enter(self, peer: Peer, role: str) -> None:
        self._entering.append((peer, role))
        self._bell.ring()

    def ask_status(self, tell: Callable[[dict[str, Any]], None]) -> None:
        self._asking.append(tell)

    def look_after(self) -> None:
        """A tissue that hangs keeps its thread from the lease. Twice, so that this is not the usual way."""
        lapsed = self.clock != "virtual" and self.guarded.lapsed()
        if lapsed and self._lapsed:
            self.guarded.disarm("the lease lapsed while the tissue did not answer")
        self._lapsed = lapsed

    def _live(self) -> None:
        """It lets the tissue live on, and answers the reads that are complete."""
        if self.clock == "virtual":
            return
        keep = any(peer.role == "controller" for peer in self._peers.values())
        error = self._listening.live_on(keep=keep)
        for peer in list(self._peers.values()):
            if error is not None:
                self._try(peer, lambda peer=peer, error=error: self._requests.break_off(peer, error))
            self._try(peer, lambda peer=peer: self._requests.finish_read(peer))

    # --- peers ---

    def _let_in(self) -> None:
        while self._entering:
            peer, role = self._entering.popleft()
            self._peers[peer.socket] = peer
            self._selector.register(peer.socket, selectors.EVENT_READ)
            self._try(peer, lambda peer=peer, role=role: self._greet(peer, role))

    def _greet(self, peer: Peer, role: str) -> None:
        if any(other.role == role for other in self._peers.values()):
            self._requests.answer(
                peer, peer.seq, denied(f"there is a {role} already; it must close its connection first")
            )
            self._part(peer, "was denied")
            return self._door.send_away(peer)
        peer.greet_as(role)
        peer.read_to_s, peer.delivered = self._listening.to_s, self.guarded.ledger.n_delivered
        self._requests.answer(peer, peer.seq, self.greeting())

    def _try(self, peer: Peer, act: Callable[[], None]) -> None:
        if peer.socket in self._peers:
            attempt(act, lambda why: self._refuse(peer, why), lambda why: self._lose(peer, why))

    def _refuse(self, peer: Peer, why: str) -> None:
        """It stops the tissue before it tells why: an answer takes its time."""
        self._part(peer, f"sent what is not understood: {why}")
        with contextlib.suppress(PeerLost):
            self._requests.answer(peer, peer.seq, not_understood(why))
        self._door.send_away(peer)

    def _lose(self, peer: Peer, why: str) -> None:
        self._part(peer, why)
        peer.socket.close()

    def _part(self, peer: Peer, why: str) -> None:
        """It is not ours any more; with the controller or the watchdog stimulation ends too."""
        if self._peers.pop(peer.socket, None) is None:
            return
        self._selector.unregister(peer.socket)
        if peer.role == "controller" or (peer.role == "watchdog" and self.watchdog_s is not None):
            self.guarded.disarm(f"the {peer.role} {why}")

    def _do_requests(self, peer: Peer) -> None:
        for message in peer.requests():
            if peer.is_new(message):
                self._take(peer, message)
            else:
                peer.flush()
            self.guarded.check_lease()  # however many there are
            if peer.socket not in self._peers:
                return

    def _take(self, peer: Peer, message: dict[str, Any]) -> None:
        seq = message["seq"]
        lost, peer.seq, peer.reply = seq - peer.seq - 1, seq, b""
        if peer.role == "controller" and lost:
            self.guarded.disarm(f"{lost} requests of the controller were lost before request {seq}")
        try:
            reply = self._requests.do(peer, message)
        except WireError:
            raise
        except Exception as error:  # told to the peer; the tissue disarms itself where it must
            reply = failure(error)
        if reply is not None:
            self._requests.answer(peer, seq, reply)

    def _demand_watchdog(self) -> None:
        if self.watchdog_s is not None and not any(p.role == "watchdog" for p in self._peers.values()):
            raise StimulusRefused("this host arms only with a watchdog connected; start one", "watchdog")

    def _check_watchdog(self) -> None:
        if self.watchdog_s is not None and self.guarded.armed:
            dog = next((p for p in self._peers.values() if p.role == "watchdog"), None)
            if dog is None or time.monotonic() - dog.beat_s > self.watchdog_s:
                self.guarded.disarm(f"the watchdog was not heard for {self.watchdog_s:g} s")

    def _tell_status(self) -> None:
        """It takes one look at the tissue for all operators that have asked."""
        if not self._asking or time.monotonic() - self._told_s < _STATUS_S:
            return
        asking = [self._asking.popleft() for _ in range(len(self._asking))]
        try:
            fields: dict[str, Any] = {"status": plain(self.guarded.status())}
        except Exception as error:  # a device that is off
            fields = failure(error)
        for tell in asking:
            tell(fields)
        self._told_s = time.monotonic()

    # --- beginning and end ---

    def _close(self) -> None:
        for door in (self._door, self._emergency):
            door.close()
        self._let_in()
        for peer in list(self._peers.values()):
            self._part(peer, self.ending)
            peer.socket.close()
        self._selector.close()
        self._bell.close()


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
