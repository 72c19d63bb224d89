"""What tissue says and is told right now, in `live.json`, for `brainwright watch`."""

import json
import os
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from brainwright.signal import Recording
from brainwright.tissue import Receipt, StimulusPlan, Tissue

RASTER_S, LEAST_S = 3.0, 1.0  # of tissue time
MOST_EVENTS = 4_000
MINUTE_S = 60


class Live:
    """Writes `live.json` about once a second; costs microseconds otherwise.

    The file holds `unix_s`, `stage`, `tissue_s`, `raster` (of dish 0: n_channels, start_s, stop_s, channel
    and time_s [event]), `rate_hz` (per dish, all channels together), `dose` (limit, used, of; the fullest
    dish's last minute) and `latency_ms` (p50, p99, worst, n: from the end of a read to the write after it).
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
        """The tissue, with everything that is read and written shown; the tissue itself without a path."""
        return tissue if self.path is None else Watched(tissue, self, stage)

    def due(self) -> bool:
        return self._clock() - self._written_s >= self.every_s

    def show(self, content: dict[str, Any]) -> None:
        """Replaces the file."""
        self._written_s = self._clock()
        if self.path is None:
            return
        temporary = self.path.with_name(f".{self.path.name}.{os.getpid()}.part")
        temporary.write_text(json.dumps({"unix_s": round(time.time(), 3), **content}), "utf-8")
        os.replace(temporary, self.path)


class Watched:
    """Tissue that tells a `Live` what passes through it, and changes nothing."""

    def __init__(self, tissue: Tissue, live: Live, stage: str):
        self._tissue, self._live, self._stage = tissue, live, stage
        self.n_dishes, self.n_channels = tissue.n_dishes, tissue.n_channels
        self.limits, self.ledger = tissue.limits, tissue.ledger
        self._heard: deque[Recording] = deque()
        self._minute: dict[int, NDArray[np.float64]] = {}  # second -> dish x (charge in nC, pulses)
        self._latency_ms: deque[float] = deque(maxlen=1_000)
        self._read_at_s: float | None = None

    def now_s(self) -> float:
        return self._tissue.now_s()

    def stop(self) -> None:
        self._tissue.stop()

    def read(self, duration_s: float) -> Recording:
        recording = self._tissue.read(duration_s)
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
        receipt = self._tissue.write(plan)
        if plan.n_pulses:
            self._count(plan)
        return receipt

    def _count(self, plan: StimulusPlan) -> None:
        """Adds an admitted plan to the second in which it begins."""
        second = int(plan.first_s)
        row = self._minute.setdefault(second, np.zeros((self.n_dishes, 2)))
        row[:, 0] += np.bincount(plan.dish, plan.phase_charge_nC, self.n_dishes)
        row[:, 1] += np.bincount(plan.dish, minlength=self.n_dishes)
        if len(self._minute) > MINUTE_S + 1:
            for old in [s for s in self._minute if s < second - MINUTE_S]:
                del self._minute[old]

    def _content(self) -> dict[str, Any]:
        last_s = self._heard[-1].stop_s
        heard = Recording.concatenate(_unbroken(self._heard))
        first_s = max(heard.start_s, last_s - RASTER_S)
        mine = heard.dish == 0
        channel, time_s = heard.channel[mine][-MOST_EVENTS:], heard.time_s[mine][-MOST_EVENTS:]
        latency = np.array(self._latency_ms)
        return {
            "stage": self._stage,
            "tissue_s": round(last_s, 3),
            "raster": {
                "n_channels": self.n_channels,
                "start_s": round(first_s, 4),
                "stop_s": round(last_s, 4),
                "channel": channel.tolist(),
                "time_s": np.round(time_s, 4).tolist(),
            },
            "rate_hz": np.round(heard.counts().sum(axis=1) / heard.duration_s, 2).tolist(),
            "dose": self._dose(last_s),
            "latency_ms": {
                "p50": round(float(np.percentile(latency, 50)), 3),
                "p99": round(float(np.percentile(latency, 99)), 3),
                "worst": round(float(latency.max()), 3),
                "n": len(latency),
            }
            if len(latency)
            else None,
        }

    def _dose(self, now_s: float) -> list[dict[str, Any]]:
        recent = [row for second, row in self._minute.items() if second >= now_s - MINUTE_S]
        charge, pulses = np.sum(recent, axis=0).max(axis=0) if recent else (0.0, 0.0)
        limits = self.limits
        return [
            {"limit": "charge in a minute, nC", "used": round(charge, 3), "of": limits.charge_per_minute_nC},
            {"limit": "pulses in a minute", "used": int(pulses), "of": limits.pulses_per_minute},
        ]


def _unbroken(heard: deque[Recording]) -> list[Recording]:
    """The recordings since the last gap."""
    parts = list(heard)
    gaps = [i for i in range(1, len(parts)) if abs(parts[i].start_s - parts[i - 1].stop_s) > 1e-7]
    return parts[gaps[-1] if gaps else 0 :]
