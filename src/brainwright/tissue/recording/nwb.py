"""A session as Neurodata Without Borders (NWB 2), one file per dish, the stimulation with it."""

import datetime
from pathlib import Path
from typing import Any

import numpy as np

from brainwright import runs

from ..adapters.optional import need
from .finalise import Session, read_session
from .segments import RecordingError

_COLUMNS = {
    "channel": "number of the stimulated channel",
    "requested_s": "when the pulse was asked for, in seconds of the session",
    "admitted_s": "when it was admitted",
    "delivered_s": "when it was delivered, by the ledger",
    "current_uA": "current of each phase in microampere, cathodic below zero",
    "width_us": "width of each phase in microseconds",
}


def to_nwb(run_folder: Path, path: Path, dish: int = 0, *, description: str = "") -> Path:
    """It exports one dish of a recording.

    Detections become `units`, one per channel, with the recorded intervals as `obs_intervals`; delivered
    pulses become the table `stimulation` under `stimulus`, with requested, admitted and delivered times,
    waveform and channel.

    Raises:
        RecordingError: no recording, no such dish, or the file cannot be written.
        MissingPackage: pynwb is not installed.
    """
    pynwb = need("pynwb", "nwb")
    session = read_session(run_folder)
    n_dishes = session.header["n_dishes"]
    if not 0 <= dish < n_dishes:
        raise RecordingError(f"expected a dish of 0..{n_dishes - 1}, got {dish}")
    try:
        started = datetime.datetime.fromisoformat(str(session.header.get("started")))
    except ValueError as error:
        raise RecordingError(f"{run_folder}: expected when the session started, got: {error}") from error
    file = pynwb.NWBFile(
        session_description=description or f"{run_folder.name}, dish {dish}: spikes and stimulation",
        identifier=f"{run_folder.name}-{dish}",
        session_start_time=started,
        notes=f"ended: {session.cause}; times are seconds on the tissue's clock",
    )
    _add_units(file, session, dish)
    _add_stimulation(file, session, dish, pynwb)
    runs.sweep(path)
    try:
        with runs.whole(path, ending=".nwb") as scratch, pynwb.NWBHDF5IO(scratch, "w") as io:
            io.write(file)
    except OSError as error:
        raise RecordingError(f"{path}: cannot be written ({error})") from error
    return path


def _add_units(file: Any, session: Session, dish: int) -> None:
    device = file.create_device(name="array")
    group = file.create_electrode_group(
        name=f"dish {dish}", description="electrodes of the array", location="in vitro", device=device
    )
    reads, spikes = session.streams["reads"], session.streams["spikes"]
    intervals = _joined(reads["start_s"], reads["stop_s"])
    spikes = spikes[spikes["dish"] == dish]
    spikes = spikes[np.argsort(spikes["time_s"], kind="stable")]
    for channel in range(session.header["n_channels"]):
        file.add_electrode(location="in vitro", group=group)
        file.add_unit(
            spike_times=spikes["time_s"][spikes["channel"] == channel],
            electrodes=[channel],
            obs_intervals=intervals,
        )


def _add_stimulation(file: Any, session: Session, dish: int, pynwb: Any) -> None:
    table = pynwb.epoch.TimeIntervals(name="stimulation", description="delivered pulses, one per row")
    for name, description in _COLUMNS.items():
        table.add_column(name, description, index=name in ("current_uA", "width_us"))
    waveforms = session.streams["waveforms"]
    shapes = {n: waveforms[waveforms["waveform"] == n] for n in np.unique(waveforms["waveform"])}
    stimuli = session.stimuli()
    for pulse in stimuli[(stimuli["dish"] == dish) & np.isfinite(stimuli["delivered_s"])]:
        if pulse["waveform"] not in shapes:
            raise RecordingError(
                f"expected the waveform {pulse['waveform']} of a pulse, got none of that number"
            )
        shape = shapes[pulse["waveform"]]
        table.add_row(
            start_time=float(pulse["delivered_s"]),
            stop_time=float(pulse["delivered_s"] + 1e-6 * shape["width_us"].sum()),
            channel=int(pulse["channel"]),
            requested_s=float(pulse["requested_s"]),
            admitted_s=float(pulse["admitted_s"]),
            delivered_s=float(pulse["delivered_s"]),
            current_uA=shape["current_uA"].tolist(),
            width_us=shape["width_us"].tolist(),
        )
    file.add_stimulus(table)


def _joined(start_s: np.ndarray, stop_s: np.ndarray) -> np.ndarray:
    """It returns intervals that follow one another without a gap as one, [interval, 2]."""
    if not len(start_s):
        return np.zeros((0, 2))
    gap = np.flatnonzero(start_s[1:] - stop_s[:-1] > 1e-7)
    return np.column_stack([start_s[np.r_[0, gap + 1]], stop_s[np.r_[gap, len(stop_s) - 1]]])
