"""Tissue that breaks when told to."""

import time
from collections.abc import Callable

import numpy as np

from brainwright.signal import Recording

from ..contract import Receipt, Tissue
from ..ledger import DoseLedger
from ..plan import StimulusPlan

_OFF_S = 0.2  # how long a power cycle takes
_JUMP_S = 5.0
_STORM_HZ = 100_000.0
_HANG_S = 1.0
_FAST = 2.0  # seconds too many per second


class Faulty:
    """It passes everything on to a tissue until `fault` names what is to go wrong."""

    def __init__(self, make: Callable[[], Tissue]):
        self._make, self._inner = make, make()
        self.n_dishes, self.n_channels = self._inner.n_dishes, self._inner.n_channels
        self.limits, self.ledger = self._inner.limits, self._inner.ledger
        self.fault, self.dead_channel = "", 0
        self._ledgers = [self.ledger]
        self._skew_s, self._off_until_s, self._stood_s = 0.0, 0.0, 0.0

    @property
    def delivered(self) -> int:
        """It counts the pulses that the tissue received in all, power cycles included, whatever a ledger on
        disk says; also those of a read that was under way when the power went.
        """
        return sum(ledger.n_delivered for ledger in self._ledgers)

    def strike(self, fault: str) -> None:
        """It lets a fault happen from now on."""
        if fault == "power cycle":
            self._off_until_s, self._inner = time.monotonic() + _OFF_S, self._make()
            self.ledger = self._inner.ledger
            self._ledgers.append(self.ledger)
        elif fault in ("clock ahead", "clock back"):
            self._skew_s += _JUMP_S if fault == "clock ahead" else -_JUMP_S
        elif fault in ("charge", "told late"):
            _lie(self._inner.ledger, fault)
        else:
            self.fault = fault

    def now_s(self) -> float:
        self._must_be_on()
        if self.fault == "clock stands":
            self._stood_s = self._stood_s or self._inner.now_s()
            return self._stood_s
        return self._inner.now_s() + self._skew_s

    def write(self, plan: StimulusPlan) -> Receipt:
        self._must_be_on()
        return self._inner.write(plan)

    def stop(self) -> None:
        self._must_be_on()
        self._inner.stop()

    def read(self, duration_s: float) -> Recording:
        self._must_be_on()
        if self.fault == "hang":
            self.fault = ""
            time.sleep(_HANG_S)
        if self.fault == "held back":
            self._inner.stop()
        heard = self._inner.read(duration_s)
        if self.fault == "shape":
            return _silence(self.n_dishes, self.n_channels + 1, heard.start_s, heard.stop_s)
        if self.fault == "short":
            return _silence(self.n_dishes, self.n_channels, heard.start_s, heard.start_s + 1e-5)
        if self.fault == "clock fast":
            self._skew_s += _FAST * duration_s
        if self.fault == "dead channel":
            keep = heard.channel != self.dead_channel
            heard = _like(heard, heard.dish[keep], heard.channel[keep], heard.time_s[keep])
        if self.fault == "storm":
            heard = self._storm(heard)
        return _like(heard, heard.dish, heard.channel, heard.time_s, self._skew_s)

    def _storm(self, heard: Recording) -> Recording:
        """Every channel of every dish fires as fast as it can."""
        n = round(_STORM_HZ * heard.duration_s)
        extra = np.arange(n)
        return _like(
            heard,
            np.concatenate([heard.dish, (extra % self.n_dishes).astype(np.int32)]),
            np.concatenate([heard.channel, (extra % self.n_channels).astype(np.int32)]),
            np.concatenate([heard.time_s, heard.start_s + heard.duration_s * extra / max(1, n) * 0.999]),
        )

    def _must_be_on(self) -> None:
        if time.monotonic() < self._off_until_s:
            raise ConnectionError("the device is off")


def _lie(ledger: DoseLedger, fault: str) -> None:
    """It enters, from now on, other charges, or later times, than there were."""
    honest, share, late_s = (
        ledger.deliver,
        1.5 if fault == "charge" else 1.0,
        3600.0 if fault == "told late" else 0.0,
    )

    def deliver(plan: StimulusPlan, delivered_s: np.ndarray) -> None:
        told = StimulusPlan(plan.dish, plan.channel, plan.time_s, plan.current_uA * share, plan.width_us)
        honest(told, delivered_s + late_s)

    ledger.deliver = deliver


def _silence(n_dishes: int, n_channels: int, start_s: float, stop_s: float) -> Recording:
    nothing = np.zeros(0, np.int32)
    return Recording(nothing, nothing, np.zeros(0), n_dishes, n_channels, start_s, stop_s)


def _like(
    heard: Recording, dish: np.ndarray, channel: np.ndarray, time_s: np.ndarray, skew_s: float = 0.0
) -> Recording:
    return Recording(
        dish,
        channel,
        time_s + skew_s,
        n_dishes=heard.n_dishes,
        n_channels=heard.n_channels,
        start_s=heard.start_s + skew_s,
        stop_s=heard.stop_s + skew_s,
    )
