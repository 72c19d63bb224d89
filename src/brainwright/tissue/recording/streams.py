"""The records of a session: fixed size, little-endian, packed, named columns with units.

Times are seconds on the tissue's clock. `present_s` is what the clock showed, on the same scale.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from brainwright.untrusted import Unreadable, parse_json

from .segments import RecordingError

FORMAT_VERSION = 1

READS = np.dtype(
    # one per read: silence is data. Lateness of a read is present_s - stop_s.
    [("start_s", "<f8"), ("stop_s", "<f8"), ("present_s", "<f8"), ("n_spikes", "<u4")]
)
SPIKES = np.dtype([("time_s", "<f8"), ("dish", "<u2"), ("channel", "<u2")])
PLANS = np.dtype(
    # one per plan that was asked for. outcome 0: admitted, 1: refused, 2: refused because it came too late.
    [("plan", "<u4"), ("n_pulses", "<u4"), ("present_s", "<f8"), ("admitted_s", "<f8"), ("outcome", "<u1")]
)
PULSES = np.dtype(
    # one per pulse of a plan; scheduled_s is NaN where the plan was refused
    [
        ("plan", "<u4"),
        ("dish", "<u2"),
        ("channel", "<u2"),
        ("waveform", "<u4"),
        ("requested_s", "<f8"),
        ("admitted_s", "<f8"),
        ("scheduled_s", "<f8"),
    ]
)
WAVEFORMS = np.dtype(
    # one per phase; each waveform is written once, before its first pulse
    [("waveform", "<u4"), ("phase", "<u2"), ("current_uA", "<f8"), ("width_us", "<f8")]
)
DELIVERIES = np.dtype(
    # the rows of the dose ledger as they come; requested_s is what was asked of the tissue (see `Paced`)
    [
        ("dish", "<u2"),
        ("channel", "<u2"),
        ("requested_s", "<f8"),
        ("delivered_s", "<f8"),
        ("phase_charge_nC", "<f8"),
        ("net_charge_nC", "<f8"),
    ]
)
TICKS = np.dtype(
    # one per tick of `run_ticks`; the last four are of the first pulse of its plan, NaN and -1 without one
    [
        ("tick", "<u4"),
        ("missed", "<u1"),
        ("due_s", "<f8"),
        ("entered_s", "<f8"),
        ("decided_s", "<f8"),
        ("left_s", "<f8"),
        ("requested_s", "<f8"),
        ("admitted_s", "<f8"),
        ("scheduled_s", "<f8"),
        ("line", "<i8"),  # dish * n_channels + channel
    ]
)
STREAMS: dict[str, np.dtype] = {
    "reads": READS,
    "spikes": SPIKES,
    "plans": PLANS,
    "pulses": PULSES,
    "waveforms": WAVEFORMS,
    "deliveries": DELIVERIES,
    "ticks": TICKS,
}
NUMBER = {name: i + 1 for i, name in enumerate(STREAMS)}  # 0 is the header of a segment
NAME = {number: name for name, number in NUMBER.items()}
NOTES = 100  # the stream of text: {"present_s": ..., "kind": "start" | "refused" | "stop" | "end" | ..., ...}
ADMITTED, REFUSED, LATE = 0, 1, 2  # outcomes of a plan


def header(n_dishes: int, n_channels: int, **about: Any) -> dict[str, Any]:
    """It returns what stands at the start of every segment."""
    return {
        "format": "brainwright session",
        "format_version": FORMAT_VERSION,
        "n_dishes": n_dishes,
        "n_channels": n_channels,
        **about,
        "streams": {name: {"number": NUMBER[name], "record": kind.descr} for name, kind in STREAMS.items()},
        "notes": NOTES,
    }


def records(stream: int, payload: bytes) -> tuple[str, NDArray[np.void]]:
    """It returns name and records of a block of a numbered stream. Raises RecordingError for others, and for
    parts of records.
    """
    if stream not in NAME:
        raise RecordingError(f"expected a stream of {', '.join(map(str, NAME))}, got {stream}")
    name = NAME[stream]
    if len(payload) % STREAMS[name].itemsize:
        raise RecordingError(
            f"{name}: expected whole records of {STREAMS[name].itemsize} bytes, got {len(payload)} bytes"
        )
    return name, np.frombuffer(payload, STREAMS[name])


def notes(payload: bytes) -> list[dict[str, Any]]:
    """It returns the notes of a block of text. Raises RecordingError for what is no note."""
    try:
        entries = [parse_json(line, "notes") for line in payload.split(b"\n") if line]
    except Unreadable as error:
        raise RecordingError(str(error)) from error
    for note in entries:
        if not (isinstance(note, dict) and isinstance(note.get("kind"), str)):
            raise RecordingError(f"expected notes with a kind, got {note!r:.80}")
    return entries
