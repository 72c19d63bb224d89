"""LabStreamingLayer in and out (Kothe et al. 2025, Imaging Neurosci 3:IMAG.a.136): streams of spikes or of
voltages as tissue that can be read, and spikes or stimuli sent on to other programs."""

import time
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from brainwright.signal import Recording
from brainwright.signal.clock import TOLERANCE_S

from ..contract import Receipt
from ..ledger import DoseLedger
from ..plan import StimulusPlan
from .detection import ThresholdDetector
from .optional import need
from .read_only import READ_ONLY, refuse, valid_duration

_WHOLE = (4, 5, 6, 7)  # channel formats int32, int16, int8, int64


class LslInlet:
    """A stream as tissue that can be read.

    A stream of irregular rate holds one event per sample: [channel], or [dish, channel], as whole numbers. A
    stream of regular rate holds one voltage per channel; spikes are detected in it, and channels in which
    none can be are in `dead` and in a `DeadChannels` warning. Times are corrected to
    this machine's clock (`pylsl.local_clock`); the tissue's clock is that clock, `settle_s` behind, so that
    what happened before now has arrived and reads follow one another without a gap.

    Args:
        stream: what `pylsl.resolve_byprop` found, or the name of a stream to look for.
        n_channels, n_dishes: of an event stream that does not say so itself, as `LslOutlet` does.
        settle_s: how long samples may be on their way.
        wait_s: how long to look for the stream and wait for its first clock correction.

    Raises:
        MissingPackage: pylsl or its C library is absent.
        ConnectionError: no such stream, or it ended.
        ValueError: a stream whose samples are neither of these.
    """

    limits = READ_ONLY

    def __init__(
        self,
        stream: Any,
        *,
        n_channels: int | None = None,
        n_dishes: int | None = None,
        settle_s: float = 0.05,
        wait_s: float = 5.0,
    ):
        lsl = self._lsl = need("pylsl", "lsl")
        info = _resolve(lsl, stream, wait_s) if isinstance(stream, str) else stream
        self.name, rate_hz = info.name(), info.nominal_srate()
        # correction only: dejittering would smooth the times of events that are not periodic
        flags = lsl.proc_clocksync | (lsl.proc_dejitter | lsl.proc_monotonize if rate_hz else 0)
        self._inlet = lsl.StreamInlet(info, recover=False, processing_flags=flags)
        try:
            self._inlet.open_stream(timeout=wait_s)
            self.clock_correction_s = float(self._inlet.time_correction(timeout=wait_s))
            facts = self._inlet.info(timeout=wait_s)
        except Exception as error:  # pylsl raises its own TimeoutError and LostError
            raise ConnectionError(f"stream {self.name!r}: no answer within {wait_s} s ({error})") from error
        self._detector: ThresholdDetector | None = None
        if rate_hz:
            self.n_dishes, self.n_channels = 1, facts.channel_count()
            self._detector = ThresholdDetector(self.n_channels, rate_hz, source=f"stream {self.name!r}")
            self._samples = 0
        else:
            self._check_events(facts)
            self.n_dishes = n_dishes or _said(facts, "n_dishes") or 1
            self.n_channels = n_channels or _said(facts, "n_channels") or 0
            if not self.n_channels:
                raise ValueError(f"stream {self.name!r} does not say how many channels: give n_channels")
        self.settle_s, self.late_events = settle_s, 0
        self.ledger = DoseLedger(self.n_dishes, self.n_channels)
        self._until_s = lsl.local_clock() - settle_s
        self._held: list[tuple[NDArray[np.float64], NDArray[np.int32], NDArray[np.int32]]] = []

    @property
    def dead(self) -> NDArray[np.int64]:
        """These channels of a stream of voltages cannot fire, [channel]; see `ThresholdDetector.dead`."""
        return np.zeros(0, np.int64) if self._detector is None else self._detector.dead

    def now_s(self) -> float:
        return max(float(self._lsl.local_clock()) - self.settle_s, self._until_s)

    def read(self, duration_s: float) -> Recording:
        """It waits for `duration_s`; returns the events of [now, now + duration).

        Events between two reads are dropped; those that came after the read of their time are counted in
        `late_events`.

        Raises:
            ConnectionError: the stream ended.
            ValueError: an event of a channel beyond `n_channels`, or a bad duration.
        """
        start_s = self.now_s()
        stop_s = start_s + valid_duration(duration_s)
        while True:
            left_s = stop_s + self.settle_s - self._lsl.local_clock()
            self._pull(start_s)
            if left_s <= 0:
                break
            time.sleep(min(left_s, 0.02))
        self._until_s = stop_s
        time_s, dish, channel = self._held_events()
        early, due = time_s < start_s - TOLERANCE_S, time_s < stop_s - TOLERANCE_S
        self._held = [(time_s[~due], dish[~due], channel[~due])]
        now = due & ~early
        return Recording(
            dish[now], channel[now], time_s[now], self.n_dishes, self.n_channels, start_s, stop_s
        )

    def write(self, plan: StimulusPlan) -> Receipt:
        """It refuses every pulse with `StimulusRefused`."""
        return refuse(plan, f"the stream {self.name!r}", self.now_s())

    def stop(self) -> None:
        """Nothing can be queued."""

    def close(self) -> None:
        """It leaves the stream."""
        self._inlet.close_stream()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def _check_events(self, facts: Any) -> None:
        if facts.channel_format() not in _WHOLE or facts.channel_count() not in (1, 2):
            raise ValueError(
                f"stream {self.name!r}: expected events as whole numbers, [channel] or [dish, channel], or a "
                f"stream of regular rate; got {facts.channel_count()} values of format "
                f"{facts.channel_format()} at irregular rate"
            )

    def _pull(self, start_s: float) -> None:
        """It takes over what has arrived."""
        while True:
            try:
                samples, stamps = self._inlet.pull_chunk(timeout=0.0, max_samples=4096)
            except RuntimeError as error:  # pylsl's LostError, whose module differs between versions
                raise ConnectionError(f"stream {self.name!r} ended: {error}") from error
            if not len(stamps):
                return
            time_s = np.asarray(stamps, np.float64)
            if self._detector is None:
                event = np.asarray(samples, np.int64)
                dish = event[:, 0] if event.shape[1] == 2 else np.zeros(len(event), np.int64)
                channel = event[:, -1]
                self.late_events += int((time_s < min(start_s, self._until_s) - TOLERANCE_S).sum())
            else:
                at, channel = self._detector.detect(np.asarray(samples), self._samples)
                time_s, dish = time_s[at - self._samples], np.zeros(len(at), np.int64)
                self._samples += len(samples)
            self._held.append((time_s, dish.astype(np.int32), channel.astype(np.int32)))

    def _held_events(self) -> tuple[NDArray[np.float64], NDArray[np.int32], NDArray[np.int32]]:
        if not self._held:
            return np.zeros(0), np.zeros(0, np.int32), np.zeros(0, np.int32)
        time_s, dish, channel = (np.concatenate(column) for column in zip(*self._held, strict=True))
        return time_s, dish, channel


class LslOutlet:
    """It sends what tissue said, or what it was told, as a stream of events.

    A sample is [dish, channel] (int32) for spikes, [dish, channel, charge in nC] (double64) for stimuli.
    Times are on this machine's LSL clock: `clock_offset_s` is added to the tissue's, by default what now
    parts them.

    Example:
        outlet = LslOutlet(tissue, "culture")
        outlet.send(tissue.read(0.1))
    """

    def __init__(self, tissue: Any, name: str, *, stimuli: bool = False, clock_offset_s: float | None = None):
        lsl = self._lsl = need("pylsl", "lsl")
        self.name, self.stimuli = name, stimuli
        labels = ("dish", "channel", "charge_nC") if stimuli else ("dish", "channel")
        kind, number = ("Stimuli", lsl.cf_double64) if stimuli else ("Spikes", lsl.cf_int32)
        info = lsl.StreamInfo(name, kind, len(labels), lsl.IRREGULAR_RATE, number, f"brainwright-{name}")
        facts = info.desc()
        facts.append_child_value("n_dishes", str(tissue.n_dishes))
        facts.append_child_value("n_channels", str(tissue.n_channels))
        channels = facts.append_child("channels")
        for label in labels:
            channels.append_child("channel").append_child_value("label", label)
        self._outlet = lsl.StreamOutlet(info)
        now_s = lsl.local_clock()
        self.clock_offset_s = now_s - tissue.now_s() if clock_offset_s is None else clock_offset_s
        self._sent = 0

    def send(self, recording: Recording) -> int:
        """It sends the events of a recording in order of time. Returns how many."""
        if self.stimuli:
            raise ValueError("this outlet sends stimuli: call send_delivered with a ledger")
        for i in np.argsort(recording.time_s, kind="stable"):
            event = [int(recording.dish[i]), int(recording.channel[i])]
            self._outlet.push_sample(event, float(recording.time_s[i]) + self.clock_offset_s)
        return len(recording)

    def send_delivered(self, ledger: DoseLedger) -> int:
        """It sends the pulses that were delivered since the last call, at their delivered times."""
        if not self.stimuli:
            raise ValueError(
                "this outlet sends spikes: call send with a recording, or make it with stimuli=True"
            )
        table = ledger.table()
        rows = range(self._sent, len(table["dish"]))
        for i in rows:
            pulse = [float(table[name][i]) for name in ("dish", "channel", "phase_charge_nC")]
            self._outlet.push_sample(pulse, float(table["delivered_s"][i]) + self.clock_offset_s)
        self._sent = len(table["dish"])
        return len(rows)


def _resolve(lsl: Any, name: str, wait_s: float) -> Any:
    streams = lsl.resolve_byprop("name", name, timeout=wait_s)
    if not streams:
        raise ConnectionError(
            f"no stream {name!r} on this network within {wait_s} s; is its program running?"
        )
    if len(streams) > 1:
        raise ConnectionError(f"{len(streams)} streams are called {name!r}; resolve one and give it instead")
    return streams[0]


def _said(facts: Any, name: str) -> int | None:
    value = facts.desc().child_value(name)
    return int(value) if value.isdigit() else None
