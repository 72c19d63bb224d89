"""Stream what tissue says and what it is told into a run folder, so that a kill loses very little."""

import datetime
import json
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from brainwright.signal import Recording

from ..contract import Receipt, Tissue
from ..ledger import DoseLedger
from ..limits import StimulusRefused
from ..paced import StimulusLate
from ..plan import StimulusPlan
from .segments import RecordingError, SegmentWriter, joined
from .streams import ADMITTED, LATE, NOTES, NUMBER, REFUSED, STREAMS, header

FOLDER = "session"  # in the run folder
_CAPACITY = 4096  # records of a stream in memory


class Recorder:
    """It writes the streams of a session (see `streams`) into `run_folder`/session.

    Records gather in memory that is set aside beforehand and are flushed at the latest `flush_s` after the
    flush before, as long as something is recorded: that much a kill can cost.

    Args:
        run_folder: of the run; made where it is missing. None: nothing is kept, for rehearsals.
        n_dishes, n_channels: of the tissue.
        flush_s: longest time between two flushes.
        about: more to say in the header, plain JSON (preparation, seed, period).

    Raises:
        RecordingError: the folder cannot be written, or later: the disk is full.
    """

    def __init__(
        self, run_folder: Path | None, n_dishes: int, n_channels: int, *, flush_s: float = 0.25, **about: Any
    ):
        if max(n_dishes, n_channels) > 2**16:
            raise ValueError(f"expected at most 65536 dishes and channels, got {n_dishes} and {n_channels}")
        started = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
        self.folder = None if run_folder is None else run_folder / FOLDER
        self._flush_s = flush_s
        head = header(n_dishes, n_channels, started=started, **about)
        self._writer = _Nowhere() if self.folder is None else SegmentWriter(self.folder, head)
        self._rows = {name: np.zeros(_CAPACITY, kind) for name, kind in STREAMS.items()}
        self._filled = dict.fromkeys(STREAMS, 0)
        self._notes: list[bytes] = []
        self._waveforms: dict[bytes, int] = {}
        self._n_plans = 0
        self._flushed_at_s = time.monotonic()
        self.failed = False
        self.note("start", 0.0)
        self.flush()

    def __enter__(self) -> "Recorder":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self.failed:
            self.note("end", None, cause="done" if kind is None else f"{kind.__name__}: {error}")
            self.flush()
        self._writer.close()

    def read(self, heard: Recording, present_s: float) -> None:
        """It records what was said in one read; `present_s` is the clock at its return."""
        n = len(heard)
        if n:
            rows = self._room("spikes", n)
            rows["time_s"], rows["dish"], rows["channel"] = heard.time_s, heard.dish, heard.channel
            self._done("spikes", rows)
        self._add("reads", (heard.start_s, heard.stop_s, present_s, n))
        if self._due_in_s() <= 0:
            self.flush()

    def wait(self, wait_s: float) -> None:
        """It flushes now where the next flush falls into a wait of `wait_s` that is about to begin: what is
        heard at its end is then answered first.
        """
        if 0 < self._due_in_s() <= wait_s:
            self.flush()

    def plan(self, plan: StimulusPlan, outcome: int, receipt: Receipt | None, present_s: float) -> None:
        """It records what was asked for, and what became of it (an outcome of `streams`)."""
        n = plan.n_pulses
        if n == 0:
            return
        number = self._n_plans
        self._n_plans += 1
        admitted_s = np.nan if receipt is None else receipt.admitted_s
        waveforms = self._waveforms_of(plan)  # may flush, so before there is room for the pulses
        rows = self._room("pulses", n)
        rows["waveform"] = waveforms
        rows["plan"], rows["dish"], rows["channel"] = number, plan.dish, plan.channel
        rows["requested_s"], rows["admitted_s"] = plan.time_s, admitted_s
        rows["scheduled_s"] = np.nan if receipt is None else receipt.scheduled_s
        self._done("pulses", rows)
        self._add("plans", (number, n, present_s, admitted_s, outcome))

    def deliveries(self, table: dict[str, NDArray[np.generic]]) -> None:
        """It records new rows of the dose ledger."""
        n = len(table["dish"])
        if n:
            rows = self._room("deliveries", n)
            for name in STREAMS["deliveries"].names or ():
                rows[name] = table[name]
            self._done("deliveries", rows)

    def tick(self, index: int, row: NDArray[np.float64], line: int) -> None:
        """It records a tick of `run_ticks`, in the columns of its log; for its argument `on_tick`."""
        due, entered, decided, left, requested, admitted, scheduled, _, missed = row.tolist()
        self._add(
            "ticks",
            (index, int(missed), due, entered, decided, left, requested, admitted, scheduled, line),
        )

    def note(self, kind: str, present_s: float | None, **words: Any) -> None:
        """It records something worth a line: JSON."""
        line = {"present_s": present_s, "kind": kind, **words}
        self._notes.append(json.dumps(line, ensure_ascii=False).encode() + b"\n")

    def flush(self) -> None:
        """It hands over what has gathered; from then on a kill does not lose it."""
        parts = []
        for name, n in self._filled.items():
            if n:
                parts.append((NUMBER[name], STREAMS[name].itemsize, self._rows[name][:n].tobytes()))
                self._filled[name] = 0
        if self._notes:
            parts.append((NOTES, 1, b"".join(self._notes)))
            self._notes.clear()
        self._flushed_at_s = time.monotonic()
        self._append(parts)

    def _append(self, parts: list[tuple[int, int, bytes]]) -> None:
        if self.failed:
            raise RecordingError(f"{self.folder}: this recording failed before and takes nothing more")
        if parts:
            try:
                self._writer.append(parts)
            except RecordingError:
                self.failed = True
                raise

    def _add(self, stream: str, record: tuple) -> None:
        if self._filled[stream] == _CAPACITY:
            self.flush()
        at = self._filled[stream]
        self._rows[stream][at] = record
        self._filled[stream] = at + 1

    def _due_in_s(self) -> float:
        return self._flush_s - (time.monotonic() - self._flushed_at_s)

    def _room(self, stream: str, n: int) -> NDArray[np.void]:
        """It returns where to put `n` records: in the memory set aside; many get an array of their own."""
        if n > _CAPACITY:
            return np.zeros(n, STREAMS[stream])
        if self._filled[stream] + n > _CAPACITY:
            self.flush()
        at = self._filled[stream]
        return self._rows[stream][at : at + n]

    def _done(self, stream: str, rows: NDArray[np.void]) -> None:
        if len(rows) <= _CAPACITY:
            self._filled[stream] += len(rows)
        else:
            self.flush()
            self._append([(NUMBER[stream], STREAMS[stream].itemsize, rows.tobytes())])

    def _waveforms_of(self, plan: StimulusPlan) -> NDArray[np.uint32]:
        """It returns the number of each pulse's waveform, [pulse]; new ones are recorded."""
        shapes = np.concatenate([plan.current_uA, plan.width_us], axis=1)
        if (shapes == shapes[0]).all():  # nearly always
            return np.full(len(shapes), self._waveform(shapes[0]), np.uint32)
        return np.array([self._waveform(shape) for shape in shapes], np.uint32)

    def _waveform(self, shape: NDArray[np.float64]) -> int:
        key = shape.tobytes()
        if key not in self._waveforms:
            number = len(self._waveforms)
            current, width = np.split(shape, 2)
            for phase, (current_uA, width_us) in enumerate(zip(current, width, strict=True)):
                self._add("waveforms", (number, phase, current_uA, width_us))
            self._waveforms[key] = number
        return self._waveforms[key]


class _Nowhere:
    """It takes the place of a `SegmentWriter` where nothing is to be kept."""

    def append(self, parts: list[tuple[int, int, bytes]]) -> None:
        """It makes the blocks, as a rehearsal must, and forgets them."""
        joined(parts, 0)

    def close(self) -> None:
        """Nothing is open."""


class Recorded:
    """Tissue of which everything that is read, asked for and delivered is recorded.

    Args:
        tissue: any; the recording is to see what its user sees, so this is the outermost wrapper.
        recorder: open; closed by its owner.
        present_s: the clock in tissue seconds (`Paced.present_s`); None: `tissue.now_s`.
    """

    def __init__(self, tissue: Tissue, recorder: Recorder, present_s: Callable[[], float] | None = None):
        self.tissue, self.recorder = tissue, recorder
        self.present_s = present_s or tissue.now_s
        self.n_dishes, self.n_channels = tissue.n_dishes, tissue.n_channels
        self.limits = tissue.limits
        self._ledger, self._n_delivered = tissue.ledger, tissue.ledger.n_delivered

    @property
    def ledger(self) -> DoseLedger:
        return self.tissue.ledger

    def now_s(self) -> float:
        return self.tissue.now_s()

    def read(self, duration_s: float) -> Recording:
        self.recorder.wait(duration_s)
        heard = self.tissue.read(duration_s)
        self._record_deliveries()
        self.recorder.read(heard, self.present_s())
        return heard

    def write(self, plan: StimulusPlan) -> Receipt:
        present_s = self.present_s()
        try:
            receipt = self.tissue.write(plan)
        except StimulusRefused as refusal:
            outcome = LATE if isinstance(refusal, StimulusLate) else REFUSED
            self.recorder.plan(plan, outcome, None, present_s)
            self.recorder.note("refused", present_s, reason=str(refusal))
            raise
        self.recorder.plan(plan, ADMITTED, receipt, present_s)
        return receipt

    def stop(self) -> None:
        self.tissue.stop()
        if not self.recorder.failed:
            self._record_deliveries()
            self.recorder.note("stop", self.present_s())
            self.recorder.flush()

    def _record_deliveries(self) -> None:
        ledger = self.tissue.ledger
        if ledger is not self._ledger:  # the tissue was restored: an experiment begins
            self._ledger, self._n_delivered = ledger, 0
        if ledger.n_delivered > self._n_delivered:
            self.recorder.deliveries(ledger.since(self._n_delivered))
            self._n_delivered = ledger.n_delivered
