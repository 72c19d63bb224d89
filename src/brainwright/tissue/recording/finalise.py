"""From the segments of a session to one plain HDF5 file that any reader opens."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from brainwright import runs
from brainwright.untrusted import Unreadable, parse_json

from .matching import delivered_s
from .recorder import FOLDER
from .segments import HEADER_STREAM, RecordingError, SegmentReader
from .streams import ADMITTED, FORMAT_VERSION, NOTES, STREAMS, notes, records

FILE = "session.h5"  # in the run folder
MOST = 2**16  # dishes and channels: records keep two bytes for each
Table = NDArray[Any]  # of records: columns by name
_UNITS = {"_s": "s", "_uA": "uA", "_us": "us", "_nC": "nC"}


@dataclass
class Session:
    """A session in memory: the header, the records of every stream, the notes, and what was lost."""

    header: dict[str, Any]
    streams: dict[str, Table]
    notes: list[dict[str, Any]] = field(default_factory=list)
    torn_bytes: int = 0
    lost_blocks: int = 0

    @property
    def cause(self) -> str:
        """It is why the recording ended: "done", an exception, or that it just stops."""
        ends = [str(note.get("cause", "not said")) for note in self.notes if note["kind"] == "end"]
        return ends[-1] if ends else "cut off: the process was killed, or still records"

    @property
    def seconds(self) -> float:
        """It is the tissue time that was read."""
        reads = self.streams["reads"]
        return float((reads["stop_s"] - reads["start_s"]).sum())

    def stimuli(self) -> Table:
        """It returns the pulses of admitted plans with `delivered_s`, [pulse]."""
        pulses, deliveries = self.streams["pulses"], self.streams["deliveries"]
        kind = np.dtype([*STREAMS["pulses"].descr, ("delivered_s", "<f8")])
        table: Table = np.zeros(len(pulses), kind)
        for name in pulses.dtype.names or ():
            table[name] = pulses[name]
        table["delivered_s"] = delivered_s(
            self._line(pulses), pulses["requested_s"], pulses["admitted_s"], *self._ledger(deliveries)
        )
        return table[np.isin(table["plan"], self._admitted())]

    def tick_deliveries_s(self) -> NDArray[np.float64]:
        """It returns when the first pulse of each tick's plan was delivered, [tick]; NaN without one."""
        ticks = self.streams["ticks"]
        ledger = self._ledger(self.streams["deliveries"])
        return delivered_s(ticks["line"], ticks["requested_s"], ticks["admitted_s"], *ledger)

    def _admitted(self) -> NDArray[np.uint32]:
        plans = self.streams["plans"]
        return plans["plan"][plans["outcome"] == ADMITTED]

    def _line(self, table: Table) -> NDArray[np.int64]:
        return table["dish"].astype(np.int64) * self.header["n_channels"] + table["channel"]

    def _ledger(self, table: Table) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
        return self._line(table), table["requested_s"], table["delivered_s"]


def read_session(run_folder: Path) -> Session:
    """It returns everything whole in the segments of a run.

    Raises:
        RecordingError: there is no recording, or one of another format.
    """
    reader = SegmentReader(run_folder / FOLDER)
    header: dict[str, Any] = {}
    parts: dict[str, list[Table]] = {name: [] for name in STREAMS}
    all_notes: list[dict[str, Any]] = []
    for block in reader.poll():
        if block.stream == HEADER_STREAM:
            header = header or _header(block.payload, run_folder)
        elif block.stream == NOTES:
            all_notes += notes(block.payload)
        else:
            name, rows = records(block.stream, block.payload)
            parts[name].append(rows)
    if header.get("format_version") != FORMAT_VERSION:
        raise RecordingError(
            f"{run_folder / FOLDER}: expected a recording of format {FORMAT_VERSION}, "
            f"got {header.get('format_version', 'no readable header')}"
        )
    _check(header, run_folder)
    streams = {
        name: np.concatenate(rows) if rows else np.zeros(0, STREAMS[name]) for name, rows in parts.items()
    }
    return Session(header, streams, all_notes, reader.torn_bytes, reader.lost_blocks)


def _header(payload: bytes, run_folder: Path) -> dict[str, Any]:
    try:
        header = parse_json(payload, str(run_folder / FOLDER))
    except Unreadable as error:
        raise RecordingError(str(error)) from error
    if not isinstance(header, dict):
        raise RecordingError(f"{run_folder / FOLDER}: expected a header with its facts, got {header!r:.80}")
    return header


def _check(header: dict[str, Any], run_folder: Path) -> None:
    """It raises RecordingError for numbers that no recorder writes."""
    for name in ("n_dishes", "n_channels"):
        value = header.get(name)
        if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= MOST:
            raise RecordingError(f"{run_folder / FOLDER}: expected {name} of 1 to {MOST}, got {value!r:.80}")


def finalise(run_folder: Path) -> Session:
    """It writes `run_folder`/session.h5, whole or not at all, from what is readable; the segments stay.

    Groups `reads`, `spikes`, `plans`, `stimuli` (admitted pulses with requested, admitted, scheduled and
    delivered times), `waveforms`, `deliveries` and `ticks` hold one data set per column, with its unit;
    `notes` is text, one JSON object each. Attributes of the file say what was recorded and how it ended.

    Raises:
        RecordingError: no recording, or the file cannot be written.
    """
    session = read_session(run_folder)
    path = run_folder / FILE
    runs.sweep(path)
    try:
        with runs.whole(path) as scratch, h5py.File(scratch, "w") as file:
            _fill(file, session)
    except (
        OSError,
        ValueError,
        TypeError,
        OverflowError,
    ) as error:  # a full disk; words that HDF5 cannot hold
        raise RecordingError(f"{path}: cannot be written ({error}); the segments are untouched") from error
    return session


def _fill(file: h5py.File, session: Session) -> None:
    about = {k: v for k, v in session.header.items() if isinstance(v, str | int | float)}
    about |= {"cause": session.cause, "torn_bytes": session.torn_bytes, "lost_blocks": session.lost_blocks}
    file.attrs.update(about)
    file["notes"] = [json.dumps(note, ensure_ascii=False) for note in session.notes]
    for name, rows in session.streams.items():
        if name == "pulses":
            _columns(file.create_group("stimuli"), session.stimuli())
        else:
            _columns(file.create_group(name), rows)
    _column(file["ticks"], "delivered_s", session.tick_deliveries_s())


def _columns(group: h5py.Group, rows: Table) -> None:
    for name in rows.dtype.names or ():
        _column(group, name, rows[name])


def _column(group: h5py.Group, name: str, values: NDArray[Any]) -> None:
    options = {"compression": "gzip", "shuffle": True} if values.size else {}
    data = group.create_dataset(name, data=np.ascontiguousarray(values), **options)
    data.attrs["unit"] = next((unit for end, unit in _UNITS.items() if name.endswith(end)), "1")
