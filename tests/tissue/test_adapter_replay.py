"""Recordings of others: every layout, every way to be wrong, and real cultures where they are."""

import datetime
import os
from pathlib import Path

import numpy as np
import pytest

from brainwright.signal import Recording
from brainwright.tissue import StimulusPlan, StimulusRefused, check_tissue
from brainwright.tissue.adapters import BadRecording, RecordingEnded, Replay, from_trains, load_recording
from brainwright.tissue.adapters.hdf5_files import write_hdf5

h5py = pytest.importorskip("h5py", reason="h5py is not installed")

TRAINS = [np.array([0.1, 0.25, 1.5]), np.array([]), np.array([0.2, 1.9])]
CULTURES = [
    Path(p) / "mea_cultures_charlesworth2015" for p in os.environ.get("BRAINWRIGHT_DATA", "").split(":")
]
HERE = next((folder for folder in CULTURES if folder.is_dir()), None)


@pytest.fixture
def recording() -> Recording:
    return from_trains(TRAINS, source="here", n_channels=4, stop_s=2.0)


def same(a: Recording, b: Recording) -> bool:
    def rows(r: Recording) -> list[tuple[int, int, float]]:
        return sorted(zip(r.dish.tolist(), r.channel.tolist(), r.time_s.tolist(), strict=True))

    facts = [(r.n_dishes, r.n_channels, r.start_s, r.stop_s) for r in (a, b)]
    return rows(a) == rows(b) and facts[0] == facts[1]


# ---- the tissue


def test_a_replay_keeps_the_contract_of_read_only_tissue():
    random = np.random.default_rng(0)
    trains = [np.sort(random.uniform(0, 5, 50)) for _ in range(8)]
    check_tissue(lambda: Replay(from_trains(trains, source="here", stop_s=5.0)))


def test_reads_give_back_what_was_recorded(recording):
    replay = Replay(recording)
    parts = [replay.read(0.25) for _ in range(8)]
    assert same(Recording.concatenate(parts), recording)
    assert replay.left_s == 0
    with pytest.raises(RecordingEnded, match="0 s more"):
        replay.read(0.1)
    assert len(replay.rewound().read(2.0)) == 5


def test_a_read_beyond_the_end_takes_nothing(recording):
    replay = Replay(recording)
    with pytest.raises(RecordingEnded):
        replay.read(3.0)
    assert replay.now_s() == 0
    assert len(replay.read(2.0)) == 5


def test_writes_are_refused_and_the_reason_given(recording):
    replay = Replay(recording)
    with pytest.raises(StimulusRefused, match="a replayed recording can be read but not stimulated"):
        replay.write(StimulusPlan.biphasic([0], [1], [0.5]))


# ---- files


def test_npz_of_our_own_and_of_plain_events(recording, tmp_path):
    recording.save(tmp_path / "own.npz")
    assert same(load_recording(tmp_path / "own.npz"), recording)
    np.savez(
        tmp_path / "plain.npz", time_s=recording.time_s, channel=recording.channel, n_channels=4, stop_s=2.0
    )
    assert same(load_recording(tmp_path / "plain.npz"), recording)


def test_hdf5_of_our_own(recording, tmp_path):
    write_hdf5(recording, tmp_path / "own.h5")
    assert same(load_recording(tmp_path / "own.h5"), recording)


@pytest.mark.parametrize("name", ["{}", "ch_{}", "channel{}"])
def test_hdf5_with_a_data_set_per_channel(recording, tmp_path, name):
    with h5py.File(tmp_path / "mea.h5", "w") as file:
        for i, train in enumerate(TRAINS):
            file.create_dataset(f"spike_times/{name.format(i)}", data=train)
        file["spike_times"].attrs["n_channels"] = 4
        file.attrs["stop_s"] = 2.0
    assert same(load_recording(tmp_path / "mea.h5"), recording)


def test_hdf5_with_trains_end_to_end(tmp_path):
    with h5py.File(tmp_path / "mea.h5", "w") as file:
        file["spikes"] = np.concatenate(TRAINS)
        file["sCount"] = [3, 0, 2]
    loaded = load_recording(tmp_path / "mea.h5")
    assert same(loaded, from_trains(TRAINS, source="here", stop_s=2.0))
    with h5py.File(tmp_path / "mea.h5", "a") as file:
        file["sCount"][0] = 4
    with pytest.raises(BadRecording, match="sCount promises 6 spikes, spikes holds 5"):
        load_recording(tmp_path / "mea.h5")


@pytest.mark.parametrize("relative", [True, False])
def test_hdf5_of_a_cl1(tmp_path, relative):
    start = 2_000
    table = np.zeros(3, [("timestamp", "<i8"), ("channel", "u1"), ("samples", "<f4", (75,))])
    table["timestamp"] = np.array([25, 12_500, 49_999]) + (0 if relative else start)
    table["channel"] = [5, 9, 5]
    with h5py.File(tmp_path / "cl.h5", "w") as file:
        file["spikes"] = table
        file.attrs.update({"frames_per_second": 25_000, "duration_frames": 50_000, "channel_count": 64})
        file.attrs["start_timestamp"] = start
        if relative:
            file.attrs["file_format"] = np.bytes_(b"x stim_and_spike_timestamps_relative_to_start y")
    loaded = load_recording(tmp_path / "cl.h5")
    assert loaded.time_s.tolist() == [0.001, 0.5, 1.99996]
    assert (loaded.n_channels, loaded.stop_s) == (64, 2.0)


def nwb_file():
    pynwb = pytest.importorskip("pynwb", reason="pynwb is not installed (extra nwb)")
    started = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
    return pynwb, pynwb.NWBFile("a culture", "one", started)


def save_nwb(pynwb, file, path: Path) -> None:
    with pynwb.NWBHDF5IO(str(path), "w") as io:
        io.write(file)


def test_nwb_units(recording, tmp_path):
    pynwb, file = nwb_file()
    for train in TRAINS:
        file.add_unit(spike_times=train, obs_intervals=[[0.0, 2.0]])
    save_nwb(pynwb, file, tmp_path / "units.nwb")
    assert same(load_recording(tmp_path / "units.nwb", n_channels=4), recording)


def test_nwb_voltages(tmp_path):
    pynwb, file = nwb_file()
    probe = file.create_device("array")
    group = file.create_electrode_group("all", "all", "nowhere", probe)
    for _ in range(2):
        file.add_electrode(group=group, location="nowhere")
    region = file.create_electrode_table_region([0, 1], "all")
    voltage = np.random.default_rng(1).normal(size=(40_000, 2)) * 1e-6
    voltage[[5_000, 21_000, 21_500], [0, 1, 0]] = -15e-6
    file.add_acquisition(
        pynwb.ecephys.ElectricalSeries(name="raw", data=voltage, electrodes=region, rate=10_000.0)
    )
    save_nwb(pynwb, file, tmp_path / "raw.nwb")
    loaded = load_recording(tmp_path / "raw.nwb")
    assert loaded.stop_s == 4.0
    assert loaded.time_s.tolist() == [0.5, 2.1, 2.15]
    assert loaded.channel.tolist() == [0, 1, 0]
    with pytest.raises(BadRecording, match="holds 2 channels, asked for 64"):
        load_recording(tmp_path / "raw.nwb", n_channels=64)


def test_nwb_without_either_is_named(tmp_path):
    pynwb, file = nwb_file()
    save_nwb(pynwb, file, tmp_path / "empty.nwb")
    with pytest.raises(BadRecording, match="expected units, or an ElectricalSeries"):
        load_recording(tmp_path / "empty.nwb")


# ---- what is wrong


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"time_s": [0.2, 0.1], "channel": [1, 1]}, "rising spike times, got 0.2 s and then 0.1 s"),
        ({"time_s": [0.2, np.nan], "channel": [1, 1]}, "finite"),
        ({"time_s": [200, 300], "channel": [1, 1]}, "looks like ticks"),
        ({"time_s": [0.2, 0.3], "channel": [1, 9], "n_channels": 8}, "channels 0 to 7, got 1 to 9"),
        ({"time_s": [0.2, 0.3], "channel": [1.0, 2.0]}, "whole numbers"),
        ({"time_s": [0.2, 0.3], "channel": [1]}, "one per time"),
        ({"time_s": [200.0, 900.0], "channel": [1, 1], "stop_s": 60.0}, "wrong unit"),
        ({"time_s": [-0.2, 0.3], "channel": [1, 1]}, "outside, the first at -0.2"),
        ({"time_s": [0.2, 9e9], "channel": [1, 1]}, "milliseconds or ticks"),
        ({"voltage": [0.2]}, "expected arrays time_s and channel"),
        ({"isi_10us": [5], "spike_counts": [2], "recording_s": [0, 1]}, "promise 2 spikes"),
        ({"time_s": np.array([{}], object), "channel": [1]}, "without pickled objects"),
    ],
)
def test_wrong_npz_files_are_refused_with_the_reason(tmp_path, arrays, message):
    np.savez(tmp_path / "bad.npz", **{name: np.asarray(value) for name, value in arrays.items()})
    with pytest.raises(BadRecording, match=message):
        load_recording(tmp_path / "bad.npz")


def test_missing_channels_are_asked_about(tmp_path):
    path = tmp_path / "mea.h5"
    with h5py.File(path, "w") as file:
        for i in (0, 3):
            file.create_dataset(f"trains/{i}", data=[0.5])
    with pytest.raises(BadRecording, match=r"channels \[1, 2\] are missing; were they silent"):
        load_recording(path)
    assert load_recording(path, n_channels=8).counts()[0].tolist() == [1, 0, 0, 1, 0, 0, 0, 0]
    with pytest.raises(BadRecording, match="channels 0 to 2, got 0 to 3"):
        load_recording(path, n_channels=3)


def test_wrong_hdf5_files_are_refused_with_the_reason(tmp_path):
    path = tmp_path / "bad.h5"
    path.write_bytes(b"no hdf5")
    with pytest.raises(BadRecording, match="HDF5 file that can be read"):
        load_recording(path)
    with h5py.File(path, "w") as file:
        file["trains/a"] = [0.5]
    with pytest.raises(BadRecording, match="named by channel number, such as 12, got 'a'"):
        load_recording(path)
    with h5py.File(path, "w") as file:
        file["trains/1"], file["trains/ch1"] = [0.5], [0.6]
    with pytest.raises(BadRecording, match=r"each channel once, got \[1\]"):
        load_recording(path, n_channels=4)
    with h5py.File(path, "w") as file:
        file["trains/0"] = [500.0]
        file["trains/0"].attrs["unit"] = "ms"
    with pytest.raises(BadRecording, match="in seconds, got the unit 'ms'"):
        load_recording(path)
    with h5py.File(path, "w") as file:
        file["voltage"] = [0.0]
    with pytest.raises(BadRecording, match="got voltage"):
        load_recording(path)


def test_wrong_names_are_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match="which is no file"):
        load_recording(tmp_path / "nothing.npz")
    (tmp_path / "a.csv").write_text("1")
    with pytest.raises(BadRecording, match="a name that ends in"):
        load_recording(tmp_path / "a.csv")


# ---- real cultures


@pytest.mark.skipif(HERE is None, reason="mea_cultures_charlesworth2015 is not in BRAINWRIGHT_DATA")
def test_real_cultures_replay_with_the_counts_of_their_index():
    """Spikes, units and length of ten recordings against the index that came with them."""
    lines = (HERE / "index.csv").read_text().splitlines()
    head = lines[0].split(",")
    rows = [dict(zip(head, line.split(","), strict=True)) for line in lines[1:]]
    there = [row for row in rows if (HERE / row["file"]).is_file()]  # a folder may hold a part of them
    assert len(there) >= 10
    for row in there[:: len(there) // 10]:
        replay = Replay.from_file(HERE / row["file"])
        whole = replay.recording
        assert (len(whole), whole.n_channels) == (int(row["spikes"]), int(row["units"]))
        assert whole.duration_s == pytest.approx(float(row["duration_s"]), abs=0.06)
        replay.read(60.0)
        assert np.isclose(whole.rate_hz().mean(), float(row["mean_rate_hz"]), rtol=0.02)
