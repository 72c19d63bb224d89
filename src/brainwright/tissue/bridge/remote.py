"""Tissue that a `Host` serves, as a `Tissue` of this process."""

import socket
import threading
import time
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from brainwright.signal import Recording

from ..contract import Receipt
from ..guarded import TissueFault
from ..ledger import DoseLedger
from ..limits import StimulusLimits, StimulusRefused
from ..plan import StimulusPlan
from ..projection import Projected
from . import wire
from .watchdog import Watchdog

_REPLY_S = 2.0  # beyond the duration of a read
_AGAIN_S = 0.01
_MANY = 1_000  # answers taken at once


class TissueLost(ConnectionError):
    """The host does not answer, or hung up. It stops stimulation by itself when that happens."""


class RemoteTissue:
    """The controller's side of the bridge: a `Tissue` with the verbs of `Guarded`.

    `now_s` is the end of what was read, reads follow one another without gap; `present_s` is what the host's
    clock showed in its last answer. `ledger` mirrors what the host delivered of this connection's plans.

    Args:
        address: of the host.
        token: the host's, where it has one.
        watchdog: is told of every `renew`; see `Watchdog`.
        reply_s: how long an answer may take, beyond the duration of a read.

    Raises:
        TissueLost: no host there, or it went away.
        PermissionError: a wrong token, or another controller is connected.

    Example:
        with RemoteTissue(("127.0.0.1", 5210)) as tissue:
            tissue.arm(0.05)
            ...
    """

    def __init__(
        self,
        address: tuple[str, int],
        *,
        token: str = "",
        watchdog: Watchdog | None = None,
        reply_s: float = _REPLY_S,
    ):
        self._line = _Line(address, "controller", token, reply_s)
        hello: dict[str, Any] = self._line.hello
        self.n_dishes, self.n_channels = hello["n_dishes"], hello["n_channels"]
        limits: dict[str, Any] = dict(hello["limits"])
        self.limits = StimulusLimits(channels=tuple(limits.pop("channels")), **limits)
        self.ledger = DoseLedger(self.n_dishes, self.n_channels)
        self._watchdog = watchdog
        self._waiting: dict[tuple[int, int, float], tuple[StimulusPlan, int]] = {}
        self._last = hello

    def now_s(self) -> float:
        return float(self._last["now_s"])

    def present_s(self) -> float:
        """It returns the host's clock, asked now."""
        self._ask("now")
        return float(self._last["present_s"])

    def read(self, duration_s: float) -> Recording:
        if not 0 < duration_s < float("inf"):
            raise ValueError(f"duration_s must be positive and finite, got {duration_s}")
        reply = self._ask("read", patience_s=duration_s, duration_s=float(duration_s))
        return Recording(
            np.array(reply["dish"], np.int32),
            np.array(reply["channel"], np.int32),
            np.array(reply["time_s"], np.float64),
            n_dishes=self.n_dishes,
            n_channels=self.n_channels,
            start_s=reply["start_s"],
            stop_s=reply["stop_s"],
        )

    def write(self, plan: StimulusPlan) -> Receipt:
        reply = self._ask("write", **wire.plan_fields(plan))
        self.ledger.admit(plan)
        rows = zip(plan.dish.tolist(), plan.channel.tolist(), plan.time_s.tolist(), strict=True)
        self._waiting |= {row: (plan, i) for i, row in enumerate(rows)}
        scheduled_s = np.array(reply["scheduled_s"], np.float64)
        return Receipt(reply["admitted_s"], plan.time_s, scheduled_s, reply["charge_nC"])

    def stop(self) -> None:
        self._ask("stop")

    def arm(self, lease_s: float, reason: str = "") -> None:
        """It allows writing; see `Guarded.arm`."""
        self._ask("arm", lease_s=float(lease_s), reason=reason)
        if self._watchdog:
            self._watchdog.beat()

    def renew(self) -> None:
        """It extends the lease and tells the watchdog, once per tick; see `Guarded.renew`."""
        self._ask("renew")
        if self._watchdog:
            self._watchdog.beat()

    def disarm(self, cause: str) -> None:
        """It ends stimulation; see `Guarded.disarm`."""
        self._ask("disarm", cause=cause)

    def project(self, plan: StimulusPlan) -> tuple[StimulusPlan, Projected]:
        """It returns the part of `plan` that the host's limits allow; see `Guarded.project`."""
        reply = self._ask("project", **wire.plan_fields(plan))
        return wire.plan_of(reply["plan"]), Projected(**reply["projection"])

    def status(self) -> dict[str, Any]:
        """It returns the fields of the host's `Status`."""
        return self._ask("status")["status"]

    @property
    def armed(self) -> bool:
        """It is as the host's last answer said."""
        return bool(self._last["armed"])

    def close(self) -> None:
        """It hangs up; the host ends stimulation. Idempotent."""
        self._line.close()

    def __enter__(self) -> "RemoteTissue":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """It says why it ends where it still can, and hangs up."""
        try:
            if error is not None and not isinstance(error, TissueLost):
                self.disarm(f"{type(error).__name__}: {error}")
        finally:
            self.close()

    def _ask(self, do: str, *, patience_s: float = 0.0, **fields: Any) -> dict[str, Any]:
        reply = self._line.ask(do, patience_s=patience_s, **fields)
        self._follow(reply)
        if not reply["ok"]:
            raise _error(reply)
        return reply

    def _follow(self, reply: dict[str, Any]) -> None:
        """It takes over the host's deliveries and cancellations."""
        rows = reply.get("delivered")
        if rows:
            keys = list(zip(rows["dish"], rows["channel"], rows["requested_s"], strict=True))
            unknown = [key for key in keys if key not in self._waiting]
            if unknown:
                raise TissueFault(f"the host delivered what this controller did not ask for: {unknown[0]}")
            delivered_s = np.array(rows["delivered_s"], np.float64)
            for plan, which, at in _by_plan([self._waiting.pop(key) for key in keys]):
                self.ledger.deliver(plan.take(which), delivered_s[at])
        if reply.get("cancels", 0) != self._last.get("cancels", 0):
            left = _by_plan(list(self._waiting.values()))
            self.ledger.withdraw([plan.take(which) for plan, which, _ in left])
            self._waiting = {}
        self._last = reply


def emergency_stop(address: tuple[str, int], cause: str, *, token: str = "") -> None:
    """It ends stimulation on a host, whoever controls it; `address` is the host's, or its emergency address.

    Greeting and request go out together, so that nobody can come between them; a connection that is refused
    or cut is made again until two seconds have passed.

    Raises:
        TissueLost: no host there, or it does not answer.
        PermissionError: a wrong token.
        TissueFault: it answered that it could not.
    """
    end_s = time.monotonic() + _REPLY_S
    while True:
        try:
            return _stop_once(address, cause, token, end_s - time.monotonic())
        except OSError as error:
            if isinstance(error, PermissionError):
                raise
            if time.monotonic() > end_s - _AGAIN_S or isinstance(error, ConnectionRefusedError):
                raise TissueLost(
                    f"the tissue host at {address[0]}:{address[1]} does not answer: {error}"
                ) from error
            time.sleep(_AGAIN_S)


def _stop_once(address: tuple[str, int], cause: str, token: str, patience_s: float) -> None:
    with socket.create_connection(address, timeout=patience_s) as line:
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        hello = {"seq": 1, "do": "hello", "version": wire.VERSION, "role": "operator", "token": token}
        line.sendall(wire.encode(hello) + wire.encode({"seq": 2, "do": "disarm", "cause": cause}))
        with line.makefile("rb") as answers:
            while answer := answers.readline(wire.LONGEST_ANSWER):
                reply = wire.decode(answer)
                if reply.get("error") == "protocol":
                    raise PermissionError(str(reply.get("message")))
                if not reply.get("ok"):
                    raise _error(reply)
                if reply.get("seq") == 2:
                    return
    raise ConnectionResetError("it hung up")


class _Line:
    """One connection: a question, its answer."""

    def __init__(self, address: tuple[str, int], role: str, token: str, reply_s: float):
        self._reply_s, self._seq, self._lock = reply_s, 0, threading.Lock()
        self._lines, self._ready = wire.Lines(wire.LONGEST_ANSWER), []
        try:
            self._socket = socket.create_connection(address, timeout=reply_s)
        except OSError as error:
            raise TissueLost(f"expected a tissue host at {address[0]}:{address[1]}, got: {error}") from error
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            self.hello = self.ask("hello", version=wire.VERSION, role=role, token=token)
            if not self.hello["ok"]:
                raise _error(self.hello)
        except BaseException:
            self.close()
            raise

    def ask(self, do: str, *, patience_s: float = 0.0, **fields: Any) -> dict[str, Any]:
        """It returns the answer to a command. Raises TissueLost."""
        with self._lock:
            self._seq += 1
            try:
                self._socket.settimeout(self._reply_s + patience_s)
                self._socket.sendall(wire.encode({"seq": self._seq, "do": do, **fields}))
                while (reply := self._receive())["seq"] != self._seq:
                    pass  # the answer to a duplicate
            except PermissionError:
                raise
            except OSError as error:
                raise TissueLost(f"{do}: the host does not answer: {error}") from error
        return reply

    def close(self) -> None:
        self._socket.close()

    def _receive(self) -> dict[str, Any]:
        while not self._ready:
            data = self._socket.recv(2**20)
            if not data:
                raise ConnectionResetError("it hung up")
            self._lines.feed(data)
            self._ready += self._lines.take(_MANY)
        reply = wire.decode(self._ready.pop(0))
        if not isinstance(reply.get("ok"), bool) or "seq" not in reply:
            raise wire.WireError("expected an answer with seq and ok")
        if reply.get("error") == "protocol":
            raise PermissionError(reply["message"])
        return reply


def _by_plan(
    pulses: list[tuple[StimulusPlan, int]],
) -> list[tuple[StimulusPlan, NDArray[np.int64], NDArray[np.int64]]]:
    """It returns each plan, the rows of it among `pulses`, and where they stand there."""
    by_plan: dict[int, tuple[StimulusPlan, list[int], list[int]]] = {}
    for at, (plan, row) in enumerate(pulses):
        _, rows, places = by_plan.setdefault(id(plan), (plan, [], []))
        rows.append(row)
        places.append(at)
    return [(plan, np.array(rows), np.array(places)) for plan, rows, places in by_plan.values()]


def _error(reply: dict[str, Any]) -> Exception:
    message = str(reply.get("message", ""))
    match reply.get("error"):
        case "refused":
            return StimulusRefused(message, str(reply.get("limit", "")))
        case "value":
            return ValueError(message)
        case "denied":
            return PermissionError(message)
    return TissueFault(message)
