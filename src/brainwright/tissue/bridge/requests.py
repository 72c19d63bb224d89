"""What a controller and its watchdog may ask of hosted tissue, and what they are answered."""

import time
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from brainwright.runs import plain

from ..guarded import Guarded
from ..status import TissueFault
from . import wire
from .heard import KEPT_S
from .listening import Listening
from .peer import Peer
from .replies import denied, failure
from .wire import WireError

_LEAST_S = 1e-6  # shortest read


class Requests:
    """It does requests, on the thread that owns the tissue.

    Args:
        guarded: the tissue. listening: what is heard of it.
        demand_watchdog: called before arming; raises where a watchdog is asked for and is not there.
    """

    def __init__(self, guarded: Guarded, listening: Listening, demand_watchdog: Callable[[], None]):
        self._guarded, self._listening, self._demand_watchdog = guarded, listening, demand_watchdog

    def told(self) -> dict[str, Any]:
        """It returns what goes with every answer."""
        return {"now_s": self._listening.to_s, "armed": self._guarded.armed}

    def do(self, peer: Peer, message: dict[str, Any]) -> dict[str, Any] | None:
        """It does one; returns the fields of its answer, None where that has to wait.

        Raises:
            WireError: it is not understood.
            Exception: what the tissue raises, to be told.
        """
        do, g = wire.words(message, "do"), self._guarded
        if do in ("arm", "renew", "read", "write", "project", "stop") and peer.role != "controller":
            return denied(f"{do} is the controller's, this connection is the {peer.role}'s")
        match do:
            case "now":
                return {}
            case "read":
                return self._read(peer, wire.number(message, "duration_s"))
            case "write":
                receipt = g.write(wire.plan_of(message))
                scheduled_s = plain(receipt.scheduled_s)
                return {
                    "admitted_s": receipt.admitted_s,
                    "scheduled_s": scheduled_s,
                    "charge_nC": receipt.charge_nC,
                }
            case "project":
                plan, projection = g.project(wire.plan_of(message))
                return {"plan": wire.plan_fields(plan), "projection": asdict(projection)}
            case "arm":
                self._demand_watchdog()
                return g.arm(wire.number(message, "lease_s"), wire.words(message, "reason")) or {}
            case "renew":
                return g.renew() or {}
            case "stop":
                return g.stop() or {}
            case "disarm":
                return g.disarm(f"{peer.role}: {wire.words(message, 'cause') or 'asked to stop'}") or {}
            case "beat":
                peer.beat_s = time.monotonic()
                return {}
            case "status":
                return {"status": plain(g.status())}
        raise WireError(f"do: unknown command {do[:40]!r}")

    def finish_read(self, peer: Peer) -> None:
        """It answers a read that waits, where all of it was heard."""
        if peer.reading and self._listening.to_s >= peer.reading[1] - 1e-9:
            (seq, end_s), peer.reading = peer.reading, None
            if not self._listening.holds(peer.read_to_s):
                peer.read_to_s = self._listening.to_s
                lost = TissueFault(f"the reader was more than {KEPT_S:g} s behind; data were lost")
                return self.answer(peer, seq, failure(lost))
            self.answer(peer, seq, self._piece(peer, end_s))

    def break_off(self, peer: Peer, error: Exception) -> None:
        """It answers a read that waits with the error of the tissue; the next begins where the tissue is
        now.
        """
        if peer.reading:
            (seq, _), peer.reading = peer.reading, None
            self.answer(peer, seq, failure(error))
        peer.read_to_s = self._listening.to_s

    def answer(self, peer: Peer, seq: int, fields: dict[str, Any]) -> None:
        """Every answer tells the time, the deliveries since the last, and how often the queue was emptied."""
        message: dict[str, Any] = {"ok": True, **self.told()}
        if peer.role == "controller":
            told, ledger = peer.delivered, self._guarded.ledger
            if ledger.n_delivered > told:
                message["delivered"] = wire.columns(ledger.since(told))
                peer.delivered = ledger.n_delivered
            message |= {
                "now_s": peer.read_to_s,
                "present_s": self._listening.present_s(),
                "waiting": self._guarded.budget.n_waiting,
                "stopped": self._guarded.stopped,
                "paused": self._guarded.guard.cause if self._guarded.guard else "",
                "cancels": self._guarded.cancels,
            }
        peer.answer(seq, {**message, **fields})

    def _read(self, peer: Peer, duration_s: float) -> dict[str, Any] | None:
        if not _LEAST_S <= duration_s <= KEPT_S:
            raise ValueError(f"duration_s must lie between {_LEAST_S:g} and {KEPT_S:g}, got {duration_s}")
        if peer.reading:
            raise WireError("read: another read is still waiting")
        if self._listening.clock == "virtual":
            self._listening.read(duration_s)
            return self._piece(peer, self._listening.to_s)
        peer.reading = (peer.seq, peer.read_to_s + duration_s)
        return None

    def _piece(self, peer: Peer, end_s: float) -> dict[str, Any]:
        """It returns what was heard from the end of the last read to `end_s`."""
        start_s, peer.read_to_s = peer.read_to_s, end_s
        return self._listening.piece(start_s, end_s)
