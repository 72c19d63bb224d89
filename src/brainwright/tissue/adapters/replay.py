"""A recording played back as tissue: what real tissue once said, at the pace of whoever reads."""

from pathlib import Path

import numpy as np

from brainwright.signal import Recording
from brainwright.signal.clock import TOLERANCE_S

from ..contract import Receipt
from ..ledger import DoseLedger
from ..plan import StimulusPlan
from .read_only import READ_ONLY, refuse, valid_duration
from .recordings import load_recording


class RecordingEnded(EOFError):
    """A replay was asked for more than was recorded."""


class Replay:
    """It reads a recording in virtual time, from its start; it cannot be stimulated.

    For decoders, emulators and read-outs on real data. Nothing that is written could change what was
    recorded, so writes are refused: a replay is no control for closed-loop stimulation.
    """

    limits = READ_ONLY

    def __init__(self, recording: Recording):
        order = np.argsort(recording.time_s, kind="stable")
        self._dish, self._channel = recording.dish[order], recording.channel[order]
        self._time_s = recording.time_s[order]
        self.recording = recording
        self.n_dishes, self.n_channels = recording.n_dishes, recording.n_channels
        self.ledger = DoseLedger(self.n_dishes, self.n_channels)
        self._now_s = recording.start_s

    @classmethod
    def from_file(cls, path: str | Path, *, n_channels: int | None = None) -> "Replay":
        """It returns a replay of a file; see `load_recording`."""
        return cls(load_recording(path, n_channels=n_channels))

    @property
    def left_s(self) -> float:
        """It is the number of seconds that can still be read."""
        return self.recording.stop_s - self._now_s

    def now_s(self) -> float:
        return self._now_s

    def read(self, duration_s: float) -> Recording:
        """It returns what was recorded in [now, now + duration).

        Raises:
            ValueError: a duration that is not positive and finite.
            RecordingEnded: less than that is left; nothing was read.
        """
        start_s, stop_s = self._now_s, self._now_s + valid_duration(duration_s)
        if stop_s > self.recording.stop_s + 1e-9:
            raise RecordingEnded(
                f"asked for {duration_s} s, the recording holds {self.left_s:.6g} s more; "
                "take .rewound() or stop there"
            )
        first, last = np.searchsorted(self._time_s, [start_s - TOLERANCE_S, stop_s - TOLERANCE_S])
        self._now_s = stop_s
        events = slice(int(first), int(last))
        return Recording(
            self._dish[events], self._channel[events], self._time_s[events],
            self.n_dishes, self.n_channels, start_s, stop_s,
        )  # fmt: skip

    def write(self, plan: StimulusPlan) -> Receipt:
        """It refuses every pulse with `StimulusRefused`."""
        return refuse(plan, "a replayed recording", self._now_s)

    def stop(self) -> None:
        """Nothing can be queued."""

    def rewound(self) -> "Replay":
        """It returns a replay of the same recording from its start: a clock never goes back."""
        return Replay(self.recording)
