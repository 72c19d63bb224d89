"""A stand-in for the documented surface of cl-sdk, in virtual time: our own, knows nothing of the original.

It can do what the device is documented to do and its simulator does not: refuse transactions out of order,
fill its queues, report pulses late, early or twice.
"""

from dataclasses import dataclass, field
from types import SimpleNamespace

import numpy as np


class ChannelQueueFull(Exception):
    pass


class RunTimestampOrderError(Exception):
    pass


class StimDesign:
    def __init__(self, *parts):
        self.parts = parts
        if len(parts) % 2 or not 1 <= len(parts) // 2 <= 3:
            raise ValueError("one to three phases")
        for width, current in zip(parts[::2], parts[1::2], strict=True):
            if width % 20 or abs(current) > 3:
                raise ValueError("width or current")


class ChannelSet:
    def __init__(self, *channels):
        self.channels = set(channels)


@dataclass
class Transaction:
    device: "Neurons"
    stims: list = field(default_factory=list)
    done: bool = False

    def stim(self, channel, design):
        if self.done:
            raise RuntimeError("frozen")
        self.stims.append((channel, design))

    def run(self, at_timestamp=None):
        at = self.device.now if at_timestamp is None else at_timestamp
        self.done = True
        self.device.run(at, self.stims)


@dataclass
class Neurons:
    """`spikes` are (frame, channel); `report` changes what is told of a pulse: (frame, channel) -> frames."""

    now: int = 0
    capacity: int = 10_000
    spikes: list = field(default_factory=list)
    report: object = None
    queue: list = field(default_factory=list)
    delivered: list = field(default_factory=list)
    interrupts: int = 0
    last_run: int = -1

    def get_frames_per_second(self):
        return 25_000

    def timestamp(self):
        return self.now

    def create_stim_plan(self):
        return Transaction(self)

    def run(self, at, stims):
        if at < self.last_run:
            raise RunTimestampOrderError(at)
        if len(self.queue) + len(stims) > self.capacity:
            raise ChannelQueueFull
        self.last_run = at
        self.queue += [(max(at, self.now) + 2, channel, design) for channel, design in stims]

    def interrupt(self, channels):
        self.interrupts += 1
        self.queue = [row for row in self.queue if row[1] not in channels.channels]
        self.last_run = -1

    def advance(self, until):
        out = sorted((row for row in self.queue if row[0] < until), key=lambda row: row[0])
        self.queue = [row for row in self.queue if row[0] >= until]
        for frame, channel, design in out:
            told = [frame] if self.report is None else self.report(frame, channel)
            self.delivered += [SimpleNamespace(timestamp=t, channel=channel, design=design) for t in told]
        self.now = max(self.now, until)

    def read(self, count, start, *, analysis=False):
        assert analysis
        stop = start + count
        self.advance(stop)
        told, later = [], []
        for stim in self.delivered:
            (told if stim.timestamp < stop else later).append(stim)
        self.delivered = later
        spikes = [SimpleNamespace(timestamp=t, channel=c) for t, c in self.spikes if start <= t < stop]
        return SimpleNamespace(start_timestamp=start, stop_timestamp=stop, spikes=spikes, stims=told)


def api(neurons: Neurons):
    """What `import cl` gives, with one device."""
    from contextlib import contextmanager

    @contextmanager
    def open_():
        yield neurons

    return SimpleNamespace(
        open=open_, StimDesign=StimDesign, ChannelSet=ChannelSet, is_simulator=lambda: True
    )


def charge_pC(design: StimDesign) -> float:
    return float(np.sum(np.multiply(design.parts[::2], design.parts[1::2])))
