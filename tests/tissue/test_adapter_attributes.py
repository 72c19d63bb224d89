"""HDF5 recordings whose attributes were written by other programs: texts and numbers in every dress."""

import numpy as np
import pytest

from brainwright.tissue.adapters import BadRecording, load_recording
from brainwright.untrusted import Unreadable
from brainwright.untrusted.hdf5 import number, whole, words

h5py = pytest.importorskip("h5py", reason="h5py is not installed")
RELATIVE = "stim_and_spike_timestamps_relative_to_start"


@pytest.mark.parametrize(
    "stored",
    [
        RELATIVE,
        RELATIVE.encode(),
        np.bytes_(RELATIVE.encode()),
        np.array(RELATIVE.encode()),
        np.array([RELATIVE.encode()]),
        np.array([b"x", RELATIVE.encode()]),
        np.array([RELATIVE], object),
        f"x {RELATIVE} y",
    ],
)
@pytest.mark.parametrize(
    "dress", [int, np.float64, lambda x: np.array([x]), lambda x: np.array([[x]], ">i4")]
)
def test_a_cl1_recording_in_every_dress(tmp_path, stored, dress):
    table = np.zeros(3, [("timestamp", ">i8"), ("channel", "u1")])
    table["timestamp"], table["channel"] = [25, 12_500, 49_999], [5, 9, 5]
    with h5py.File(tmp_path / "cl.h5", "w") as file:
        file["spikes"] = table
        for name, value in (
            ("frames_per_second", 25_000),
            ("duration_frames", 50_000),
            ("channel_count", 64),
        ):
            file.attrs[name] = dress(value)
        file.attrs["start_timestamp"], file.attrs["file_format"] = dress(2_000), stored
    heard = load_recording(tmp_path / "cl.h5")
    assert heard.time_s.tolist() == [0.001, 0.5, 1.99996]
    assert (heard.n_channels, heard.stop_s) == (64, 2.0)


@pytest.mark.parametrize(
    ("attributes", "message"),
    [
        ({"frames_per_second": 0}, "expected frames_per_second above 0"),
        ({"frames_per_second": "fast"}, "expected a number in the attribute frames_per_second, got 'fast'"),
        ({"duration_frames": np.nan}, "expected a number in the attribute duration_frames"),
        ({"channel_count": 5}, "expected channels 0 to 4, got 5 to 9"),
        ({"channel_count": 64.5}, "expected a whole number in the attribute channel_count"),
        ({"start_timestamp": [1, 2]}, "expected a number in the attribute start_timestamp"),
    ],
)
def test_a_cl1_recording_that_cannot_be_right(tmp_path, attributes, message):
    table = np.zeros(2, [("timestamp", "<i8"), ("channel", "u1")])
    table["timestamp"], table["channel"] = [25, 12_500], [5, 9]
    with h5py.File(tmp_path / "cl.h5", "w") as file:
        file["spikes"] = table
        file.attrs.update({"frames_per_second": 25_000, "duration_frames": 50_000, "channel_count": 64})
        file.attrs.update(attributes)
    with pytest.raises(BadRecording, match=message):
        load_recording(tmp_path / "cl.h5")


@pytest.mark.parametrize(
    "unit", ["s", b"s", np.bytes_(b"sec"), np.array([b"seconds"]), np.array("S", object)]
)
def test_units_of_time_in_every_dress(tmp_path, unit):
    with h5py.File(tmp_path / "mea.h5", "w") as file:
        file["trains/0"] = np.arange(20)  # whole numbers, but said to be seconds
        file["trains/0"].attrs["unit"] = unit
    assert len(load_recording(tmp_path / "mea.h5")) == 20


def test_ticks_are_read_where_the_caller_says_so(tmp_path):
    ticks = np.sort(np.random.default_rng(0).choice(10**6, 100, replace=False))
    with h5py.File(tmp_path / "mea.h5", "w") as file:
        file["trains/0"] = ticks
    np.savez(tmp_path / "mea.npz", time_s=ticks.astype(float), channel=np.zeros(100, int))
    for name in ("mea.h5", "mea.npz"):
        with pytest.raises(BadRecording, match="tick_s"):
            load_recording(tmp_path / name)
        np.testing.assert_allclose(load_recording(tmp_path / name, tick_s=1e-4).time_s, ticks * 1e-4)
    part = load_recording(tmp_path / "mea.npz", tick_s=1e-4, between_s=(10.0, 20.0))
    assert len(part) == ((ticks >= 100_000) & (ticks < 200_000)).sum()
    with pytest.raises(BadRecording, match="expected a part of"):
        load_recording(tmp_path / "mea.npz", tick_s=1e-4, between_s=(10.0, 2_000.0))
    with pytest.raises(BadRecording, match="only NWB files"):
        load_recording(tmp_path / "mea.npz", source="units")


def test_helpers_say_what_they_want():
    assert words({}, "x") == ""
    assert words({"x": [b"a", "b"]}, "x") == "a b"
    assert number({"x": np.array([2.5])}, "x") == 2.5
    assert whole({}, "x") is None
    for value in ("fast", np.nan, [1, 2], True):
        with pytest.raises(Unreadable, match="expected a number in the attribute x"):
            number({"x": value}, "x")
    for value in (2.5, -1):
        with pytest.raises(Unreadable, match="expected a whole number in the attribute x"):
            whole({"x": value}, "x")
