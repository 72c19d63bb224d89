"""Hosts tissue in this process for a controller in another, and stops it when the controller is gone.

One thread serves all connections and owns the tissue, so that a stop never meets a half-done write. What
arrives is data: malformed lines end their connection (and stimulation, if it was the controller's), never
the host.
"""

import hmac
import ipaddress
import selectors
import socket
import time
from collections.abc import Callable
from dataclasses import asdict
from typing import Any, Literal

from brainwright.runs import plain
from brainwright.signal import Recording

from ..guarded import Guarded, TissueFault
from ..limits import StimulusRefused
from . import wire
from .heard import KEPT_S, Heard
from .peer import Peer, PeerLost
from .wire import WireError

Clock = Literal["virtual", "wall", "device"]
_GREETING_S = 5.0  # how long a stranger may stay without a greeting
_STRANGERS = 32  # how many may at once; more are turned away
_LEAST_S = 1e-6  # shortest read
_RESET_S = 1.0


class Host:
    """Serves one `Guarded` tissue. One controller at a time; it begins disarmed and ends disarmed.

    Args:
        guarded: give it `clock=time.monotonic` where `clock` is not "virtual".
        clock: "virtual": time passes only while the controller reads. "wall": the host lets simulated tissue
            run with the wall clock, whether anyone reads or not. "device": the tissue keeps time itself.
        address: loopback by default; port 0 takes a free one (see `address`).
        token: secret that a peer must give; required beyond loopback. It travels in the clear: cross networks
            through a tunnel.
        watchdog_s: arming needs a watchdog that is connected, and stimulation ends when it was not heard for
            this long. None: no watchdog is asked for.
        step_s: pieces in which the tissue is read on "wall" and "device".
        on_heard: is given every piece of recording (a recorder).

    Raises:
        ValueError: an address beyond loopback without a token.
    """

    def __init__(
        self,
        guarded: Guarded,
        *,
        clock: Clock = "virtual",
        address: tuple[str, int] = ("127.0.0.1", 0),
        token: str = "",
        watchdog_s: float | None = None,
        step_s: float = 0.001,
        on_heard: Callable[[Recording], None] | None = None,
    ):
        if not token and not _is_loopback(address[0]):
            raise ValueError(f"expected a token for {address[0]}, which is not loopback; or use 127.0.0.1")
        self.guarded, self.clock, self.token = guarded, clock, token
        self.watchdog_s, self.step_s, self.on_heard = watchdog_s, step_s, on_heard
        self.ending = ""
        self._peers: dict[socket.socket, Peer] = {}
        self._heard = Heard()
        self._heard_to_s = guarded.now_s()
        self._zero_s = time.monotonic() - guarded.now_s()
        self._listener = socket.create_server(address, family=_family(address[0]))
        self._listener.setblocking(False)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listener, selectors.EVENT_READ)
        self.address: tuple[str, int] = self._listener.getsockname()[:2]

    def end(self, cause: str) -> None:
        """Ask `serve` to stop stimulation and return; may be called from a signal handler."""
        self.ending = self.ending or cause

    def serve(self) -> None:
        """Serve until `end`; closes the tissue's ledger and every connection."""
        self._zero_s = time.monotonic() - self.guarded.now_s()
        try:
            while not self.ending:
                self.turn()
        except BaseException as error:
            self.ending = f"host ended: {type(error).__name__}: {error}"
            raise
        finally:
            try:
                self.guarded.close(self.ending)
            finally:
                for peer in list(self._peers.values()):
                    self._drop(peer, self.ending)
                self._selector.close()
                self._listener.close()

    def turn(self) -> None:
        """Serve what has arrived, check the lease and the watchdog, and let the tissue live on."""
        for key, _ in self._selector.select(self._patience_s()):
            if key.fileobj is self._listener:
                self._accept()
            elif (peer := self._peers.get(key.fileobj)) is not None:
                self._receive(peer)
        self._check_peers()
        self.guarded.check_lease()
        self._live()
        for peer in list(self._peers.values()):
            self._flush(peer)

    # --- time ---

    def _patience_s(self) -> float:
        if self.clock == "device":
            return 0.0
        if self.clock == "virtual":
            return 0.02
        return min(0.02, max(0.0, self._zero_s + self._heard_to_s + self.step_s - time.monotonic()))

    def _live(self) -> None:
        """Read what the tissue said since; late pulses were dropped by the lease, never delivered late."""
        if self.clock == "virtual":
            return
        steps = 1
        if self.clock == "wall":
            behind_s = time.monotonic() - self._zero_s - self._heard_to_s
            steps = min(round(0.05 / self.step_s), int(behind_s / self.step_s + 1e-6))
        if steps > 0:
            self._hear(steps * self.step_s)
        for peer in list(self._peers.values()):
            self._finish_read(peer)

    def _hear(self, duration_s: float) -> None:
        try:
            recording = self.guarded.read(duration_s)
            if self.on_heard:
                self._record(recording)
        except Exception as error:  # the tissue is stopped; whoever reads is told
            self._heard.clear()
            self._heard_to_s = self._resync(duration_s)
            for peer in self._peers.values():
                if peer.reading:
                    self._answer(peer, peer.reading[0], _failure(error))
                    peer.reading = None
                peer.read_to_s = self._heard_to_s
            return
        if abs(recording.start_s - self._heard_to_s) > _RESET_S:  # a device that was switched on again
            self._zero_s = time.monotonic() - recording.stop_s
        self._heard_to_s = recording.stop_s
        if any(peer.role == "controller" for peer in self._peers.values()):
            self._heard.append(recording)
        else:
            self._heard.clear()

    def _record(self, recording: Recording) -> None:
        """Nothing is stimulated that cannot be recorded."""
        assert self.on_heard is not None
        try:
            self.on_heard(recording)
        except Exception as error:
            self.guarded.disarm(f"the recording could not be written: {type(error).__name__}: {error}")
            raise

    def _resync(self, duration_s: float) -> float:
        """Where the tissue stands after an error, so that its clock and the wall's run together again."""
        try:
            now_s = self.guarded.now_s()
        except Exception:  # a device that is off has no clock; it is asked again after the next piece
            now_s = self._heard_to_s + duration_s
        self._zero_s = time.monotonic() - now_s
        return now_s

    # --- peers ---

    def _accept(self) -> None:
        try:
            connection, _ = self._listener.accept()
            connection.setblocking(False)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError:  # it is gone already, or there are too many open files; never the end of the host
            return
        if sum(not peer.role for peer in self._peers.values()) >= _STRANGERS:
            connection.close()
            return
        self._peers[connection] = Peer(connection)
        self._selector.register(connection, selectors.EVENT_READ)

    def _receive(self, peer: Peer) -> None:
        try:
            data = peer.socket.recv(2**20)
            if not data:
                return self._drop(peer, "closed its connection")
            for line in peer.lines.feed(data):
                if peer.socket not in self._peers:
                    return None
                self._take(peer, wire.decode(line))
                self.guarded.check_lease()  # however many lines there are
        except BlockingIOError:
            pass
        except WireError as error:
            self._answer(peer, peer.seq, {"ok": False, "error": "protocol", "message": str(error)})
            self._flush(peer)
            self._drop(peer, f"sent what is not understood: {error}")
        except OSError as error:
            self._drop(peer, f"was lost: {error}")

    def _take(self, peer: Peer, message: dict[str, Any]) -> None:
        seq = message.get("seq")
        if not isinstance(seq, int) or isinstance(seq, bool) or not 0 < seq < 2**53:
            raise WireError("seq: expected a whole number from 1 on")
        if seq <= peer.seq:  # a duplicate: answered again, not done again
            if seq == peer.seq and peer.reply:
                self._send(peer, peer.reply)
            return
        lost, peer.seq, peer.reply = seq - peer.seq - 1, seq, b""
        if peer.role == "controller" and lost:
            self.guarded.disarm(f"{lost} requests of the controller were lost before request {seq}")
        try:
            reply = self._do(peer, message)
        except WireError:
            raise
        except Exception as error:  # told to the peer; the tissue disarms itself where it must
            reply = _failure(error)
        if reply is not None:
            self._answer(peer, seq, reply)

    def _do(self, peer: Peer, message: dict[str, Any]) -> dict[str, Any] | None:
        do = wire.words(message, "do")
        if not peer.role:
            return self._greet(peer, message, do)
        if do in ("arm", "renew", "read", "write", "project", "stop") and peer.role != "controller":
            return _denied(f"{do} is the controller's, this connection is the {peer.role}'s")
        match do:
            case "now":
                return {}
            case "read":
                return self._read(peer, wire.number(message, "duration_s"))
            case "write":
                receipt = self.guarded.write(wire.plan_of(message))
                return {
                    "admitted_s": receipt.admitted_s,
                    "scheduled_s": receipt.scheduled_s.tolist(),
                    "charge_nC": receipt.charge_nC,
                }
            case "project":
                plan, projection = self.guarded.project(wire.plan_of(message))
                return {"plan": wire.plan_fields(plan), "projection": asdict(projection)}
            case "arm":
                self._demand_watchdog()
                self.guarded.arm(wire.number(message, "lease_s"), wire.words(message, "reason"))
                return {}
            case "renew":
                self.guarded.renew()
                return {}
            case "stop":
                self.guarded.stop()
                return {}
            case "disarm":
                self.guarded.disarm(f"{peer.role}: {wire.words(message, 'cause') or 'asked to stop'}")
                return {}
            case "beat":
                peer.beat_s = time.monotonic()
                return {}
            case "status":
                return {"status": plain(self.guarded.status())}
        raise WireError(f"do: unknown command {do[:40]!r}")

    def _greet(self, peer: Peer, message: dict[str, Any], do: str) -> dict[str, Any]:
        role = wire.words(message, "role")
        if do != "hello" or role not in ("controller", "watchdog", "operator"):
            raise WireError("expected hello with role controller, watchdog or operator first")
        if message.get("version") != wire.VERSION:
            raise WireError(f"expected version {wire.VERSION}, got {str(message.get('version'))[:40]}")
        if not hmac.compare_digest(wire.words(message, "token").encode(), self.token.encode()):
            raise WireError("token: not the one that this host was given")
        if role != "operator" and any(other.role == role for other in self._peers.values()):
            return _denied(f"there is a {role} already; it must close its connection first")
        peer.role, peer.lines.longest, peer.beat_s = role, wire.LONGEST_LINE, time.monotonic()
        peer.read_to_s, peer.delivered = self._heard_to_s, self.guarded.ledger.n_delivered
        g = self.guarded
        return {
            "version": wire.VERSION,
            "clock": self.clock,
            "n_dishes": g.n_dishes,
            "n_channels": g.n_channels,
            "limits": plain(g.limits),
        }

    def _check_peers(self) -> None:
        now_s = time.monotonic()
        for peer in list(self._peers.values()):
            if not peer.role and now_s - peer.since_s > _GREETING_S:
                self._drop(peer, "did not greet")
        if self.watchdog_s is not None and self.guarded.armed:
            dog = next((p for p in self._peers.values() if p.role == "watchdog"), None)
            if dog is None or now_s - dog.beat_s > self.watchdog_s:
                self.guarded.disarm(f"the watchdog was not heard for {self.watchdog_s:g} s")

    def _demand_watchdog(self) -> None:
        if self.watchdog_s is not None and not any(p.role == "watchdog" for p in self._peers.values()):
            raise StimulusRefused("this host arms only with a watchdog connected; start one", "watchdog")

    def _drop(self, peer: Peer, why: str) -> None:
        """End a connection; with the controller or the watchdog stimulation ends too."""
        if self._peers.pop(peer.socket, None) is None:
            return
        if peer.role == "controller" or (peer.role == "watchdog" and self.watchdog_s is not None):
            self.guarded.disarm(f"the {peer.role} {why}")
        self._selector.unregister(peer.socket)
        peer.socket.close()

    # --- reading and answering ---

    def _read(self, peer: Peer, duration_s: float) -> dict[str, Any] | None:
        if not _LEAST_S <= duration_s <= KEPT_S:
            raise ValueError(f"duration_s must lie between {_LEAST_S:g} and {KEPT_S:g}, got {duration_s}")
        if peer.reading:
            raise WireError("read: another read is still waiting")
        if self.clock == "virtual":
            self._hear_virtually(duration_s)
            return self._piece(peer, self._heard_to_s)
        peer.reading = (peer.seq, peer.read_to_s + duration_s)
        return None

    def _hear_virtually(self, duration_s: float) -> None:
        recording = self.guarded.read(duration_s)
        self._heard_to_s = recording.stop_s
        self._heard.clear()
        self._heard.append(recording)
        if self.on_heard:
            self._record(recording)

    def _finish_read(self, peer: Peer) -> None:
        if peer.reading and self._heard_to_s >= peer.reading[1] - 1e-9:
            (seq, end_s), peer.reading = peer.reading, None
            if not self._heard.holds(peer.read_to_s):
                peer.read_to_s = self._heard_to_s
                lost = TissueFault(f"the reader was more than {KEPT_S:g} s behind; data were lost")
                return self._answer(peer, seq, _failure(lost))
            self._answer(peer, seq, self._piece(peer, end_s))

    def _piece(self, peer: Peer, end_s: float) -> dict[str, Any]:
        """What was heard from the end of the last read to `end_s`."""
        start_s, peer.read_to_s = peer.read_to_s, end_s
        return self._heard.piece(start_s, end_s)

    def _answer(self, peer: Peer, seq: int, fields: dict[str, Any]) -> None:
        """Every answer tells the time, the deliveries since the last, and how often the queue was emptied."""
        message: dict[str, Any] = {
            "seq": seq,
            "ok": True,
            "now_s": self._time_of(peer),
            "armed": self.guarded.armed,
        }
        if peer.role == "controller":
            told, ledger = peer.delivered, self.guarded.ledger
            if ledger.n_delivered > told:
                message["delivered"] = wire.columns(ledger.since(told))
                peer.delivered = ledger.n_delivered
            message |= {
                "present_s": self._present_s(),
                "waiting": self.guarded.budget.n_waiting,
                "stopped": self.guarded.stopped,
                "paused": self.guarded.guard.cause if self.guarded.guard else "",
                "cancels": self.guarded.cancels,
            }
        peer.reply = wire.encode({**message, **fields})
        self._send(peer, peer.reply)

    def _time_of(self, peer: Peer) -> float:
        return peer.read_to_s if peer.role == "controller" else self._heard_to_s

    def _present_s(self) -> float:
        return self._heard_to_s if self.clock == "virtual" else time.monotonic() - self._zero_s

    def _send(self, peer: Peer, data: bytes) -> None:
        peer.unsent += data
        self._flush(peer)

    def _flush(self, peer: Peer) -> None:
        try:
            peer.flush()
        except PeerLost as error:
            self._drop(peer, str(error))


def _failure(error: Exception) -> dict[str, Any]:
    kinds = {StimulusRefused: "refused", ValueError: "value", TissueFault: "fault"}
    kind = next((name for type_, name in kinds.items() if isinstance(error, type_)), "fault")
    message = str(error) if kind != "fault" else f"{type(error).__name__}: {error}"
    return {"ok": False, "error": kind, "limit": getattr(error, "limit", ""), "message": message}


def _denied(message: str) -> dict[str, Any]:
    return {"ok": False, "error": "denied", "message": message}


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET
