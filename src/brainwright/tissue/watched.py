"""What tissue says and is told right now, in `live.json`, for `brainwright watch`."""

import json
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from brainwright import runs
from brainwright.signal import Recording

from .contract import Receipt, Tissue
from .plan import StimulusPlan

RASTER_S, LEAST_S = 3.0, 1.0  # of tissue time
MOST_EVENTS = 2_000


class Live:
    """It writes `live.json` about once a second; costs microseconds otherwise.

    The file holds `unix_s`, `stage`, `tissue_s`, `raster` (of dish 0: n_channels, start_s, stop_s, channel
    and time_s [event]), `rate_hz` (per dish, all channels together), `dose` (limit, used, of; the fullest
    dish's minute, with what is queued) and `latency_ms` (p50, p99, worst, n: from the end of a read to the
    write after it).
    A reader never sees half a file; it is not kept from a power cut.

    Args:
        path: the file; None writes nothing.
        every_s: time between two writes.
    """

    def __init__(
        self, path: Path | None, *, every_s: float = 1.0, clock: Callable[[], float] = time.monotonic
    ):
        self.path, self.every_s, self._clock = path, every_s, clock
        self._written_s = -np.inf

    def watch(self, tissue: Tissue, stage: str) -> Tissue:
        """It returns the tissue, with everything that is read and written shown; the tissue itself without a
        path.
        """
        return tissue if self.path is None else Watched(tissue, self, stage)

    def due(self) -> bool:
        return self._clock() - self._written_s >= self.every_s

    def show(self, content: dict[str, Any]) -> None:
        """It replaces the file."""
        self._written_s = self._clock()
        if self.path is None:
            return
        with runs.whole(self.path, durable=False) as scratch:  # the loop does not wait for a disk
            scratch.write_text(json.dumps({"unix_s": round(time.time(), 3), **content}), "utf-8")


class Watched:
    """Tissue that tells a `Live` what passes through it, and changes nothing."""

    def __init__(self, tissue: Tissue, live: Live, stage: str):
        self._tissue, self._live, self._stage = tissue, live, stage
        self.n_dishes, self.n_channels = tissue.n_dishes, tissue.n_channels
        self.limits, self.ledger = tissue.limits, tissue.ledger
        self._heard: deque[Recording] = deque()
        self._latency_ms: deque[float] = deque(maxlen=1_000)
        self._read_at_s: float | None = None

    def now_s(self) -> float:
        return self._tissue.now_s()

    def stop(self) -> None:
        self._tissue.stop()

    def read(self, duration_s: float) -> Recording:
        recording = self._tissue.read(duration_s)
        self.ledger = self._tissue.ledger  # begins anew when the tissue does
        self._heard.append(recording)
        while self._heard[0].stop_s < recording.stop_s - RASTER_S:
            self._heard.popleft()
        if self._live.due() and recording.stop_s - self._heard[0].start_s >= LEAST_S:
            self._live.show(self._content())
        self._read_at_s = time.perf_counter()
        return recording

    def write(self, plan: StimulusPlan) -> Receipt:
        if self._read_at_s is not None and plan.n_pulses:
            self._latency_ms.append(1e3 * (time.perf_counter() - self._read_at_s))
            self._read_at_s = None
        return self._tissue.write(plan)

    def _content(self) -> dict[str, Any]:
        heard = _unbroken(self._heard)
        last_s = heard[-1].stop_s
        events = _events(heard)
        whole = len(events["time_s"]) < MOST_EVENTS
        first_s = max(heard[0].start_s, last_s - RASTER_S) if whole else events["time_s"][0]
        counts = sum(np.bincount(part.dish, minlength=self.n_dishes) for part in heard)
        return {
            "stage": self._stage,
            "tissue_s": round(last_s, 3),
            "raster": {
                "n_channels": self.n_channels,
                "start_s": round(first_s, 4),
                "stop_s": round(last_s, 4),
                **events,
            },
            "rate_hz": np.round(counts / (last_s - heard[0].start_s), 2).tolist(),
            "dose": self._dose(last_s),
            "latency_ms": _percentiles(np.array(self._latency_ms)),
        }

    def _dose(self, now_s: float) -> list[dict[str, Any]]:
        """It returns what counts against the limits: a pulse of no charge on every dish asks the ledger."""
        dishes = np.arange(self.n_dishes)
        charge, pulses = self.ledger.with_plan(StimulusPlan.biphasic(dishes, 0, now_s, current_uA=0.0))
        limits = self.limits
        return [
            {
                "limit": "charge in a minute, nC",
                "used": round(float(charge.max()), 3),
                "of": limits.charge_per_minute_nC,
            },
            {
                "limit": "pulses in a minute",
                "used": int(pulses.max()) - 1,
                "of": limits.pulses_per_minute,
            },
        ]


def _events(heard: list[Recording]) -> dict[str, list[float]]:
    """It returns channel and time of the last events of dish 0, [event], at most `MOST_EVENTS`."""
    of_dish = [part.dish == 0 for part in heard]
    channel = np.concatenate([part.channel[keep] for part, keep in zip(heard, of_dish, strict=True)])
    time_s = np.concatenate([part.time_s[keep] for part, keep in zip(heard, of_dish, strict=True)])
    return {
        "channel": channel[-MOST_EVENTS:].tolist(),
        "time_s": np.round(time_s[-MOST_EVENTS:], 4).tolist(),
    }


def _percentiles(latency_ms: NDArray[np.float64]) -> dict[str, float] | None:
    if len(latency_ms) == 0:
        return None
    p50, p99 = np.percentile(latency_ms, [50, 99])
    figures = {"p50": p50, "p99": p99, "worst": latency_ms.max()}
    return {name: round(float(value), 3) for name, value in figures.items()} | {"n": len(latency_ms)}


def _unbroken(heard: deque[Recording]) -> list[Recording]:
    """It returns the recordings since the last gap."""
    parts = list(heard)
    gaps = [i for i in range(1, len(parts)) if abs(parts[i].start_s - parts[i - 1].stop_s) > 1e-7]
    return parts[gaps[-1] if gaps else 0 :]
