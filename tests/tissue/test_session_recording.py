"""A recording survives a kill and a full disk, and says what was said, asked for and delivered."""

import json
import os
import signal
import subprocess
import sys
import time
import types
from pathlib import Path

import h5py
import numpy as np
import pytest
import recording_child as child

from brainwright.signal import Recording
from brainwright.tissue import (
    Paced,
    SimulatedCulture,
    StimulusPlan,
    StimulusRefused,
    VirtualClock,
    check_tissue,
)
from brainwright.tissue.faults.bench import BenchTissue
from brainwright.tissue.recording import (
    FOLDER,
    Recorded,
    Recorder,
    RecordingError,
    SegmentReader,
    notes,
    records,
)
from brainwright.tissue.recording import recorder as recorder_module
from brainwright.tissue.recording.finalise import finalise, read_session
from brainwright.tissue.recording.matching import delivered_s
from brainwright.tissue.recording.segments import OVERHEAD, SegmentWriter, blocks, segments


def recorded(folder, n_ticks=60, seconds=None):
    """A virtual-time session as the child's; returns the bare culture's recordings of the same."""
    culture = SimulatedCulture([5], child.PARAMETERS)
    with Recorder(folder, 1, 64) as recorder:
        tissue = Recorded(culture, recorder)
        for tick in range(n_ticks):
            tissue.read(child.PERIOD_S)
            plan = child.plan_of(tick, tissue.now_s())
            if plan is not None:
                tissue.write(plan)
    return culture


def said_by_a_fresh_culture(n_ticks):
    culture, heard = SimulatedCulture([5], child.PARAMETERS), []
    for tick in range(n_ticks):
        heard.append(culture.read(child.PERIOD_S))
        plan = child.plan_of(tick, culture.now_s())
        if plan is not None:
            culture.write(plan)
    return Recording.concatenate(heard), culture.ledger.table()


def test_the_file_holds_what_was_said_and_what_was_delivered(tmp_path):
    recorded(tmp_path, 200)
    session = finalise(tmp_path)
    expected, doses = said_by_a_fresh_culture(200)
    assert (session.torn_bytes, session.lost_blocks, session.cause) == (0, 0, "done")
    assert session.seconds == pytest.approx(2.0)
    with h5py.File(tmp_path / "session.h5") as file:
        for name in ("time_s", "dish", "channel"):
            assert np.array_equal(file["spikes"][name][()], getattr(expected, name))
        for name, column in doses.items():
            assert np.array_equal(file["deliveries"][name][()], column)
        assert file["spikes/time_s"].attrs["unit"] == "s"
        stimuli = {name: column[()] for name, column in file["stimuli"].items()}
        current_uA = file["waveforms/current_uA"][()]
        assert file["reads/n_spikes"][()].sum() == len(expected)
        assert file.attrs["cause"] == "done"
        assert [json.loads(line)["kind"] for line in file["notes"].asstr()] == ["start", "end"]
    assert len(stimuli["plan"]) == 40
    assert current_uA.tolist() == [-2.0, 2.0]  # one waveform, written once
    done = np.isfinite(stimuli["delivered_s"])
    assert done.sum() == len(doses["dish"])
    assert np.array_equal(np.sort(stimuli["delivered_s"][done]), np.sort(doses["delivered_s"]))
    assert (stimuli["delivered_s"] >= stimuli["requested_s"] - 1e-9)[done].all()
    assert np.isnan(stimuli["delivered_s"][-2:]).all()  # asked for beyond the end


def test_kill_9_loses_less_than_a_second_and_nothing_is_torn(tmp_path):
    process = subprocess.Popen(
        [sys.executable, str(Path(child.__file__)), str(tmp_path)],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert process.stdout is not None
    last_s, killed_at = 0.0, None
    for line in process.stdout:
        last_s = float(line)
        if last_s >= 2.0 and killed_at is None:
            os.kill(process.pid, signal.SIGKILL)
            killed_at = time.monotonic()
    assert process.wait() == -signal.SIGKILL
    process.stdout.close()

    session = finalise(tmp_path)
    reads = session.streams["reads"]
    n = len(reads)
    assert reads["stop_s"][-1] >= last_s - 1.0
    assert "cut off" in session.cause
    asked = session.stimuli()
    ticks = np.arange(0, n - 1, 10)  # the plan of the last read may have been lost with it
    assert np.allclose(asked["requested_s"][::2][: len(ticks)], (ticks + 1) * child.PERIOD_S + child.AHEAD_S)

    # the same pulses make a fresh culture say the same (late ones, on a busy machine, at their late moment)
    again = SimulatedCulture([5], child.PARAMETERS)
    moment_s = np.maximum(asked["requested_s"], asked["admitted_s"])
    again.write(StimulusPlan.biphasic(0, asked["channel"].astype(int), moment_s))
    expected = again.read(float(reads["stop_s"][-1]))
    with h5py.File(tmp_path / "session.h5") as file:
        assert np.array_equal(file["spikes/time_s"][()], expected.time_s)
        assert np.array_equal(file["spikes/channel"][()], expected.channel)
        assert np.array_equal(file["deliveries/delivered_s"][()], again.ledger.table()["delivered_s"])
    assert again.ledger.n_delivered > 10


@pytest.mark.parametrize("cut", range(1, 60, 7))
def test_a_torn_end_costs_its_block_only(tmp_path, cut):
    recorded(tmp_path)
    (path,) = segments(tmp_path / FOLDER)
    before = [block for _, block in blocks(path)]
    path.write_bytes(path.read_bytes()[:-cut])
    session = read_session(tmp_path)
    after = [block for _, block in blocks(path)]
    assert after == before[: len(after)]
    assert len(after) == len(before) - 1  # the last is longer than 59 bytes
    assert session.torn_bytes == OVERHEAD + len(before[-1].payload) - cut


def test_a_flipped_bit_costs_its_block_only(tmp_path):
    recorded(tmp_path)
    (path,) = segments(tmp_path / FOLDER)
    whole = list(blocks(path))
    hurt = len(whole) // 2
    data = bytearray(path.read_bytes())
    data[whole[hurt][0] - 1] ^= 1
    path.write_bytes(data)
    session = read_session(tmp_path)
    assert [block for _, block in blocks(path)] == [block for i, (_, block) in enumerate(whole) if i != hurt]
    assert session.torn_bytes == OVERHEAD + len(whole[hurt][1].payload)
    assert session.lost_blocks == 1


FULL = """
import resource, signal, sys
from pathlib import Path
sys.path[:0] = {path!r}
from brainwright.tissue import SimulatedCulture
from brainwright.tissue.recording import Recorded, Recorder, RecordingError
import recording_child as child
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
recorder = Recorder(Path(sys.argv[1]), 1, 64, flush_s=0.0)
tissue = Recorded(SimulatedCulture([5], child.PARAMETERS), recorder)
try:
    while True:
        print(tissue.read(child.PERIOD_S).stop_s)
except RecordingError as error:
    print(error)
tissue.stop()
"""


def test_a_full_disk_is_said_and_what_was_recorded_before_stays_whole(tmp_path):
    """The kernel refuses to let the file grow in the middle of a block, as a full disk does."""
    here = str(Path(child.__file__).parent)
    script = FULL.format(path=[here, *sys.path])
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True, check=True
    )
    *times, words = done.stdout.splitlines()
    assert "cannot record any more (File too large)" in words
    assert "record into a new run folder" in words
    session = finalise(tmp_path)
    assert session.torn_bytes == 0
    reads = session.streams["reads"]
    assert len(reads) >= len(times)
    expected, _ = said_by_a_fresh_culture_without_pulses(len(reads))
    assert np.array_equal(session.streams["spikes"]["time_s"], expected.time_s)


def said_by_a_fresh_culture_without_pulses(n):
    culture = SimulatedCulture([5], child.PARAMETERS)
    return Recording.concatenate([culture.read(child.PERIOD_S) for _ in range(n)]), None


def test_a_session_can_be_followed_while_it_is_written(tmp_path):
    recorder = Recorder(tmp_path, 1, 64, flush_s=0.0)
    tissue = Recorded(SimulatedCulture([5], child.PARAMETERS), recorder)
    reader, seen = SegmentReader(tmp_path / FOLDER), []
    for _ in range(5):
        tissue.read(0.05)
        new = list(reader.poll())
        assert new
        seen += [row for block in new if block.stream == 1 for row in records(1, block.payload)[1]["stop_s"]]
    assert seen == pytest.approx([0.05, 0.1, 0.15, 0.2, 0.25])
    assert reader.lost_blocks == 0


def test_a_flush_that_falls_into_a_wait_is_done_before_it(tmp_path, monkeypatch):
    """What is heard at the end of the wait is then answered first; nothing is flushed later than it was."""
    now_s, order = [0.0], []
    monkeypatch.setattr(recorder_module, "time", types.SimpleNamespace(monotonic=lambda: now_s[0]))
    flush = Recorder.flush
    monkeypatch.setattr(Recorder, "flush", lambda self: order.append("flush") or flush(self))

    class Waiting(BenchTissue):
        def read(self, duration_s):
            order.append("read")
            now_s[0] += duration_s
            return super().read(duration_s)

    with Recorder(tmp_path, 1, 64, flush_s=0.25) as recorder:
        tissue = Recorded(Waiting(), recorder)
        order.clear()
        for _ in range(9):
            tissue.read(0.0625)
        assert order == [*[*["read"] * 3, "flush"] * 2, *["read"] * 3]
        order.clear()
        tissue.read(1.0)  # what a long read has heard is not left to the next
        tissue.read(1.0)
        assert order == ["flush", "read", "flush", "flush", "read", "flush"]
    assert len(read_session(tmp_path).streams["reads"]) == 11


def test_segments_follow_one_another(tmp_path):
    writer = SegmentWriter(tmp_path, {"a": 1}, segment_bytes=1_000)
    for i in range(30):
        writer.append([(1, 100, bytes([i]) * 200)])
    writer.close()
    assert len(segments(tmp_path)) > 4
    reader = SegmentReader(tmp_path)
    payloads = [block.payload[0] for block in reader.poll() if block.stream == 1]
    assert payloads == list(range(30))
    assert (reader.torn_bytes, reader.lost_blocks) == (0, 0)
    segments(tmp_path)[2].unlink()
    again = SegmentReader(tmp_path)
    list(again.poll())
    assert again.lost_blocks > 0


def test_a_refused_plan_and_a_stop_are_on_record(tmp_path):
    with Recorder(tmp_path, 1, 64) as recorder:
        paced = Paced(SimulatedCulture([5], child.PARAMETERS, cells=False), VirtualClock())
        tissue = Recorded(paced, recorder)
        tissue.read(0.1)
        tissue.write(StimulusPlan.biphasic(0, [3, 9], 0.2))
        for time_s, current_uA in ((0.02, 1.0), (0.2, 50.0)):
            with pytest.raises(StimulusRefused):
                tissue.write(StimulusPlan.biphasic(0, [10], time_s, current_uA))
        tissue.stop()
        tissue.read(0.3)
    session = read_session(tmp_path)
    assert session.streams["plans"]["outcome"].tolist() == [0, 2, 1]
    assert [note["kind"] for note in session.notes] == ["start", "refused", "refused", "stop", "end"]
    assert "current must not exceed" in session.notes[2]["reason"]
    assert len(session.stimuli()) == 2
    assert np.isnan(session.stimuli()["delivered_s"]).all()


def test_an_exception_is_the_cause_of_the_end(tmp_path):
    def work():
        with Recorder(tmp_path, 1, 64):
            raise ZeroDivisionError("the controller divided")

    with pytest.raises(ZeroDivisionError):
        work()
    assert read_session(tmp_path).cause == "ZeroDivisionError: the controller divided"


def test_more_records_than_memory_was_set_aside_for(tmp_path):
    rng = np.random.default_rng(0)
    heard = Recording(
        np.zeros(50_000, int), rng.integers(0, 64, 50_000), rng.uniform(0, 1, 50_000), 1, 64, 0.0, 1.0
    )
    with Recorder(tmp_path, 1, 64, flush_s=100) as recorder:
        recorder.read(heard, 1.0)
        for part in range(5_000):
            recorder.tick(part, np.arange(9.0), 7)
    session = read_session(tmp_path)
    assert np.array_equal(session.streams["spikes"]["time_s"], heard.time_s)
    assert session.streams["ticks"]["tick"].tolist() == list(range(5_000))


def test_recorded_tissue_keeps_the_contract(tmp_path):
    made = []

    def make():
        made.append(Recorder(tmp_path / str(len(made)), 2, 64))
        return Recorded(SimulatedCulture([1, 2], child.PARAMETERS), made[-1])

    check_tissue(make)


def test_one_folder_holds_one_session(tmp_path):
    recorded(tmp_path, 3)
    with pytest.raises(RecordingError, match="new run folder"):
        Recorder(tmp_path, 1, 64)
    with pytest.raises(RecordingError, match="no readable header"):
        read_session(tmp_path / "elsewhere")


def test_deliveries_are_matched_by_electrode_and_moment():
    line, asked = np.array([3, 3, 5, 7]), np.array([0.1, 0.2, 0.1, 0.1])
    admitted = np.array([0.05, 0.21, 0.05, np.nan])  # the second came late, the last was refused
    found = delivered_s(
        line, asked, admitted, np.array([5, 3, 3, 7]), np.array([0.3, 0.21, 0.1, 0.1]), np.arange(4.0)
    )
    assert np.array_equal(found, [2.0, 1.0, np.nan, np.nan], equal_nan=True)


def test_notes_are_lines_of_json():
    assert notes(b'{"kind": "a"}\n{"kind": "b"}\n') == [{"kind": "a"}, {"kind": "b"}]


def test_nwb_holds_spikes_and_stimulation(tmp_path):
    pynwb = pytest.importorskip("pynwb")
    from brainwright.tissue.recording.nwb import to_nwb

    recorded(tmp_path, 200)
    expected, doses = said_by_a_fresh_culture(200)
    path = to_nwb(tmp_path, tmp_path / "dish0.nwb")
    with pynwb.NWBHDF5IO(path, "r") as io:
        file = io.read()
        units = file.units.to_dataframe()
        pulses = file.stimulus["stimulation"].to_dataframe()
    for channel in range(64):
        own = np.sort(expected.time_s[expected.channel == channel])
        assert np.array_equal(units["spike_times"].iloc[channel], own)
    assert units["obs_intervals"].iloc[0] == pytest.approx(np.array([[0.0, 2.0]]))
    assert np.array_equal(np.sort(pulses["delivered_s"]), np.sort(doses["delivered_s"]))
    assert np.array_equal(pulses["start_time"], pulses["delivered_s"])
    assert pulses["current_uA"].iloc[0].tolist() == [-2.0, 2.0]
    assert pynwb.validate(path=str(path)) in ([], ([], 0))
    with pytest.raises(RecordingError, match="dish"):
        to_nwb(tmp_path, tmp_path / "x.nwb", dish=3)


def test_plans_of_many_waveforms_are_recorded_as_they_were_asked_for(tmp_path):
    """More waveforms than there is memory for between two flushes: one falls into the middle of a plan."""
    culture = SimulatedCulture([1], child.PARAMETERS, cells=False)
    asked = []
    with Recorder(tmp_path, 1, 64, flush_s=1e9) as recorder:
        for k in range(3):
            n = 1_000
            amplitude = 0.1 + 1e-4 * (np.arange(n) + n * k)
            asked.append(
                StimulusPlan(
                    np.zeros(n, np.int32),
                    np.full(n, 9),
                    culture.now_s() + 0.01 * np.arange(n),
                    np.stack([-amplitude, amplitude], axis=1),
                    np.full((n, 2), 20.0),
                )
            )
            recorder.plan(asked[-1], 0, culture.write(asked[-1]), 0.0)
            culture.read(11.0)
    session = read_session(tmp_path)
    pulses, shapes = session.streams["pulses"], session.streams["waveforms"]
    plan = StimulusPlan.join(asked)
    assert np.array_equal(pulses["requested_s"], plan.time_s)
    assert np.array_equal(pulses["plan"], np.repeat([0, 1, 2], 1_000))
    first = shapes[shapes["phase"] == 0]
    assert np.array_equal(
        first["current_uA"][np.argsort(first["waveform"])][pulses["waveform"]], plan.current_uA[:, 0]
    )
