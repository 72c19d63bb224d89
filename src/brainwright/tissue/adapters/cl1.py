"""Cortical Labs' CL1, or its simulator, as tissue.

The device enforces neither charge balance nor dose, and its simulator back-dates stimuli; both are done here.
Needs Python 3.12 or later and the package cl-sdk, whose licence (CC BY-NC 4.0) binds whoever installs it.
"""

import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from brainwright.signal import Recording

from ..contract import Receipt
from ..culture.electrodes import usable_channels
from ..culture.queue import PulseQueue
from ..ledger import DoseLedger
from ..limits import StimulusLimits, StimulusRefused
from ..plan import StimulusPlan
from .optional import MissingPackage, need
from .read_only import valid_duration

N_CHANNELS = 64
LEAD_FRAMES = 2  # a stimulus leaves 80 us after it is run
MOST_PHASES, LONGEST_PHASE_US = 3, 10_000.0
_OPEN = threading.Lock()  # held while this process has the device open
DEVICE = StimulusLimits(channels=usable_channels(), current_uA=3.0, phase_charge_nC=3.0, width_step_us=20.0)


def cl1_limits(**tighter: Any) -> StimulusLimits:
    """It returns the device's limits, or tighter ones: `cl1_limits(current_uA=1.5)`.

    Raises:
        ValueError: something looser than the device, or a grounded channel (0, 4, 7, 56, 63).
    """
    return _within_device(replace(DEVICE, **tighter))


def _within_device(limits: StimulusLimits) -> StimulusLimits:
    grounded = sorted(set(limits.channels) - set(DEVICE.channels))
    if grounded:
        raise ValueError(f"channels {grounded} are grounded or do not exist: they must not stimulate")
    for name in ("current_uA", "phase_charge_nC"):
        if getattr(limits, name) > getattr(DEVICE, name):
            raise ValueError(f"{name} must not exceed the device's {getattr(DEVICE, name)}")
    if limits.channel_interval_s < DEVICE.channel_interval_s or limits.width_step_us % DEVICE.width_step_us:
        raise ValueError("channel_interval_s must be 5 ms or more, width_step_us a multiple of 20")
    return limits


class UnknownStimulus(RuntimeError):
    """The device delivered a pulse that was not written here: somebody else stimulates too."""


@dataclass
class _Pulse:
    """One pulse at the device: `earliest_s` is when it was handed over."""

    plan: StimulusPlan
    earliest_s: float


class CL1:
    """One CL1 (or its simulator) as tissue. Its clock is the device's frame counter, 25 kHz.

    Pulses wait here and are handed to the device in order of time, those that are due in the next read or
    within `ahead_s`. The device takes them in order only, so a plan that begins before a pulse already handed
    over is refused. A pulse that would come more than `late_s` late is dropped (`dropped` counts), because
    late pulses of a channel would follow one another too closely. The ledger holds what the device reports
    as delivered, never earlier than requested nor than this machine's clock allows.

    Args:
        neurons: the handle of `cl.open()`; see `CL1.open`.
        api: the package `cl`, or something that looks like it.
        limits: see `cl1_limits`.
        host_clock: seconds of this machine; None where the device runs in accelerated time.
    """

    n_dishes, n_channels = 1, N_CHANNELS

    def __init__(
        self,
        neurons: Any,
        api: Any,
        *,
        limits: StimulusLimits | None = None,
        ahead_s: float = 0.02,
        late_s: float = 0.001,
        history_s: float = 5.0,
        host_clock: Callable[[], float] | None = time.monotonic,
    ):
        self.limits = _within_device(limits or DEVICE)
        self.ledger = DoseLedger(1, N_CHANNELS)
        self.dropped = 0
        self._neurons, self._api, self._host_clock = neurons, api, host_clock
        self._rate = int(neurons.get_frames_per_second())
        self._ahead, self._late, self._history = (round(s * self._rate) for s in (ahead_s, late_s, history_s))
        self._queue = PulseQueue()
        self._at_device: dict[int, deque[_Pulse]] = {}
        self._interrupted: dict[int, deque[_Pulse]] = {}
        self._handed_until = self._heard_until = int(neurons.timestamp())
        self._anchor = (self._heard_until, 0.0 if host_clock is None else host_clock())

    @classmethod
    @contextmanager
    def open(cls, *, limits: StimulusLimits | None = None, accelerated: bool = False) -> "Generator[CL1]":
        """It takes control of the device; at the end everything queued is interrupted.

        A process has one: cl-sdk gives the same device, or the same simulator, to whoever opens it again. Two
        CL1s are two processes, each with a `Host` (`brainwright.tissue.bridge`).

        Args:
            accelerated: the simulator was told to run in accelerated time (CL_SDK_ACCELERATED_TIME=1).

        Raises:
            MissingPackage: Python is older than 3.12, or cl-sdk is absent.
            RuntimeError: it is open in this process already.
        """
        if sys.version_info < (3, 12):
            raise MissingPackage(
                f"cl-sdk needs Python 3.12 or later, this is {sys.version_info[0]}.{sys.version_info[1]}; "
                "make an environment with it and pip install 'brainwright[cl]'"
            )
        api = need("cl", "cl")
        if not _OPEN.acquire(blocking=False):
            raise RuntimeError(
                "expected one CL1 in a process, got a second: cl-sdk would give the same device again; "
                "let a process for each serve it with Host and connect with RemoteTissue"
            )
        try:
            with api.open() as neurons:
                tissue = cls(neurons, api, limits=limits, host_clock=None if accelerated else time.monotonic)
                try:
                    yield tissue
                finally:
                    tissue.stop()
        finally:
            _OPEN.release()

    def now_s(self) -> float:
        return max(int(self._neurons.timestamp()), self._heard_until) / self._rate

    def read(self, duration_s: float) -> Recording:
        """It returns the detections of [now, now + duration), in whole frames of 40 us.

        Raises:
            ValueError: a duration below one frame, or not finite.
            UnknownStimulus: the device reports a pulse that was not written here; it was stopped.
        """
        n = round(valid_duration(duration_s, 1 / self._rate) * self._rate)
        start = max(int(self._neurons.timestamp()), self._heard_until)
        self._hand_over(start + n + self._ahead)
        first = max(self._heard_until, start - self._history)  # pulses of the time between reads count too
        answer = self._neurons.read(start + n - first, first, analysis=True)
        self._heard_until = start + n
        if self._host_clock is not None:
            self._anchor = (start + n, self._host_clock())
        self._account(answer.stims)
        spikes = [(s.timestamp, s.channel) for s in answer.spikes if start <= s.timestamp < start + n]
        frame, channel = np.array(spikes, np.int64).reshape(-1, 2).T
        return Recording(
            np.zeros(len(frame), np.int32), channel.astype(np.int32), frame / self._rate,
            1, N_CHANNELS, start / self._rate, (start + n) / self._rate,
        )  # fmt: skip

    def write(self, plan: StimulusPlan) -> Receipt:
        now_s = self.now_s()
        self.limits.check(plan, self.ledger, now_s)
        _check_phases(plan)
        frames = self._frames(plan)
        if plan.n_pulses and frames.min() < self._handed_until:
            raise StimulusRefused(
                f"the device already holds pulses up to {self._handed_until / self._rate:.4f} s and takes "
                f"them in order only, got one at {plan.first_s:.4f} s; write in order of time. "
                "Nothing was delivered."
            )
        self.ledger.admit(plan)
        self._push([plan])
        self._hand_over(int(self._neurons.timestamp()) + self._ahead)
        return Receipt(now_s, plan.time_s, frames / self._rate, float(plan.phase_charge_nC.sum()))

    def stop(self) -> None:
        """It interrupts every channel and empties both queues. A pulse already under way still counts."""
        self._neurons.interrupt(self._api.ChannelSet(*self.limits.channels))
        waiting = [*self._queue.cancel(), *(pulse.plan for pulse in _all(self._at_device))]
        self.ledger.withdraw(waiting)
        for channel, pulses in self._at_device.items():
            self._interrupted.setdefault(channel, deque()).extend(pulses)
        self._at_device = {}
        self._handed_until = self._heard_until

    @property
    def unreported(self) -> int:
        """It counts the pulses at the device whose delivery it has not reported yet."""
        return sum(1 for _ in _all(self._at_device))

    # ---- to the device

    def _hand_over(self, until: int) -> None:
        """It gives the device the pulses before frame `until`, one transaction per frame, in order."""
        waiting = [
            (int(frame), plan.take(slice(i, i + 1)))
            for plan, frames, _ in self._queue.take(until)
            for i, frame in enumerate(frames)
        ]
        now = int(self._neurons.timestamp())
        late = [pulse for frame, pulse in waiting if frame + self._late < now]
        due = sorted((row for row in waiting if row[0] + self._late >= now), key=lambda row: row[0])
        if late:
            self._drop(late, [pulse for _, pulse in due])
        while due:
            frame = due[0][0]
            together, due = [p for f, p in due if f == frame], [row for row in due if row[0] != frame]
            try:
                self._run(together, frame)
            except Exception:
                self._push([pulse for _, pulse in due])
                self.stop()
                raise

    def _run(self, pulses: list[StimulusPlan], frame: int) -> None:
        earliest_s = self._earliest_s()
        for pulse in pulses:
            self._at_device.setdefault(int(pulse.channel[0]), deque()).append(_Pulse(pulse, earliest_s))
        self._handed_until = frame
        transaction = self._neurons.create_stim_plan()
        for pulse in pulses:
            shape = zip(pulse.width_us[0], pulse.current_uA[0], strict=True)
            design = [value for width, current in shape for value in (int(width), float(current))]
            transaction.stim(int(pulse.channel[0]), self._api.StimDesign(*design))
        transaction.run(at_timestamp=max(frame - LEAD_FRAMES, int(self._neurons.timestamp())))

    def _drop(self, late: list[StimulusPlan], due: list[StimulusPlan]) -> None:
        """It takes late pulses out of the account; everything that still waits goes back into it."""
        self.dropped += len(late)
        queued = self._queue.cancel()
        remaining = [*(pulse.plan for pulse in _all(self._at_device)), *due, *queued]
        self.ledger.withdraw([*late, *remaining])
        for plan in remaining:
            self.ledger.admit(plan)
        self._push(queued)

    def _push(self, plans: list[StimulusPlan]) -> None:
        for plan in plans:
            self._queue.push(plan, self._frames(plan), np.zeros(plan.n_pulses))

    def _frames(self, plan: StimulusPlan) -> NDArray[np.int64]:
        """It returns the first frame that does not begin before the requested time, [pulse]."""
        return np.ceil(plan.time_s * self._rate - 1e-6).astype(np.int64)

    def _earliest_s(self) -> float:
        """It returns the device time that has passed for certain, by this machine's clock since the last
        read.
        """
        frame, host_s = self._anchor
        passed_s = 0.0 if self._host_clock is None else self._host_clock() - host_s
        return max(frame / self._rate + passed_s, int(self._neurons.timestamp()) / self._rate)

    # ---- from the device

    def _account(self, stims: Iterable[Any]) -> None:
        """It enters what the device reports into the ledger."""
        for stim in sorted(stims, key=lambda s: s.timestamp):
            channel = int(stim.channel)
            if self._at_device.get(channel):
                pulse = self._at_device[channel].popleft()
            elif self._interrupted.get(channel):  # it had begun when we stopped
                pulse = self._interrupted[channel].popleft()
                self.ledger.admit(pulse.plan)
            else:
                self.stop()
                raise UnknownStimulus(
                    f"the device pulsed channel {channel} at {stim.timestamp / self._rate:.4f} s, which "
                    "nobody wrote here; stop the other program. Everything queued was cancelled."
                )
            times = (stim.timestamp / self._rate, pulse.plan.first_s, pulse.earliest_s)
            self.ledger.deliver(pulse.plan, np.array([max(times)]))


def _all(pulses: dict[int, deque[_Pulse]]) -> Iterable[_Pulse]:
    return (pulse for line in pulses.values() for pulse in line)


def _check_phases(plan: StimulusPlan) -> None:
    """It demands one to three phases of opposite sign, each up to 10 ms: the device would refuse others only
    later.
    """
    current: NDArray[np.float64] = plan.current_uA
    if current.shape[1] > MOST_PHASES:
        raise StimulusRefused(
            f"a pulse may have up to {MOST_PHASES} phases, got {current.shape[1]}. Nothing was delivered."
        )
    if plan.n_pulses and ((current[:, 1:] * current[:, :-1] >= 0).any() or (current == 0).any()):
        raise StimulusRefused("adjacent phases must be of opposite sign. Nothing was delivered.")
    if (plan.width_us > LONGEST_PHASE_US).any():
        raise StimulusRefused(f"a phase may last {LONGEST_PHASE_US} us at most. Nothing was delivered.")
