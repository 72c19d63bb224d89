"""NWB files written by pynwb, read back; what cannot be right is refused with a reason."""

import datetime
import sys

import numpy as np
import pytest

from brainwright.datasets.errors import DatasetError
from brainwright.datasets.nwb import nwb_sources, read_nwb
from brainwright.datasets.read import read_recording

pytest.importorskip("pynwb")
pytestmark = pytest.mark.filterwarnings("ignore")  # pynwb warns of its own deprecations

TRAINS = ([0.05, 0.12, 0.31, 0.92], [0.33, 0.34, 0.71])


@pytest.fixture
def build(tmp_path):
    """A file with whatever is asked for."""
    import pynwb

    def made(*, trains=(), spans=None, trials=(), fluorescence=None, voltage=None, times=None, rows=None):
        file = pynwb.NWBFile("test", "id", datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC))
        for i, train in enumerate(trains):
            extra = {} if spans is None else {"obs_intervals": spans[i]}
            file.add_unit(spike_times=train, **extra)
        for start, stop in trials:
            file.add_trial(start_time=start, stop_time=stop)
        device = file.create_device(name="device")
        if voltage is not None:
            group = file.create_electrode_group("g", description="d", location="l", device=device)
            for _ in range(voltage.shape[1]):
                file.add_electrode(location="l", group=group)
            region = file.create_electrode_table_region(list(range(rows or voltage.shape[1])), "all")
            file.add_acquisition(
                pynwb.ecephys.ElectricalSeries(
                    "voltage", voltage, region, rate=1_000.0, starting_time=2.0, conversion=1e-6
                )
            )
        if fluorescence is not None:
            module = file.create_processing_module("ophys", "d")
            channel = pynwb.ophys.OpticalChannel("c", "d", 500.0)
            plane = file.create_imaging_plane(
                name="p",
                optical_channel=channel,
                description="d",
                device=device,
                excitation_lambda=500.0,
                indicator="i",
                location="l",
            )
            masks = pynwb.ophys.PlaneSegmentation("rois", plane, name="s")
            for _ in range(rows or fluorescence.shape[1]):
                masks.add_roi(image_mask=np.ones((2, 2)))
            region = masks.create_roi_table_region("all", region=list(range(rows or fluorescence.shape[1])))
            stamps = np.arange(len(fluorescence)) * 0.5 if times is None else times
            series = pynwb.ophys.RoiResponseSeries("F", fluorescence, "a.u.", region, timestamps=stamps)
            module.add(pynwb.ophys.ImageSegmentation([masks], name="seg"))
            module.add(pynwb.ophys.DfOverF([series], name="DfOverF"))
        path = tmp_path / "file.nwb"
        with pynwb.NWBHDF5IO(path, "w") as io:
            io.write(file)
        return path

    return made


def test_units_become_counts(build):
    path = build(trains=TRAINS)
    assert nwb_sources(path) == ["units"]
    found = read_nwb(path, bin_s=0.1)
    assert found.counts
    assert found.values.shape == (1, 8, 2)  # from the first spike to the last: eight whole bins
    expected = [np.histogram(train, 0.05 + 0.1 * np.arange(9))[0] for train in TRAINS]
    np.testing.assert_array_equal(found.values[0].T, expected)
    assert read_recording(path, bin_s=0.1).values.shape == (1, 8, 2)


def test_what_was_not_observed_is_missing_not_silent(build):
    spans = [np.array([[0.0, 0.4], [0.8, 1.0]]), np.array([[0.0, 1.0]])]
    found = read_nwb(build(trains=TRAINS, spans=spans), bin_s=0.1)
    np.testing.assert_array_equal(np.isnan(found.values[0, :, 0]), [0, 0, 0, 0, 1, 1, 1, 1, 0, 0])
    assert not np.isnan(found.values[0, :, 1]).any()


def test_trials(build):
    spans = [np.array([[0.0, 1.0]])] * 2
    found = read_nwb(
        build(trains=TRAINS, spans=spans, trials=((0.0, 0.3), (0.3, 0.7))), bin_s=0.1, by_trial=True
    )
    assert found.values.shape == (2, 3, 2)
    np.testing.assert_array_equal(found.values[1, :, 1], [2, 0, 0])


def test_fluorescence_and_voltage(build):
    rng = np.random.default_rng(0)
    traces, volts = rng.normal(size=(20, 3)), rng.normal(size=(50, 2))
    path = build(fluorescence=traces, voltage=volts)
    assert nwb_sources(path) == ["acquisition/voltage", "ophys/DfOverF/F"]
    with pytest.raises(DatasetError, match="one of acquisition/voltage, ophys/DfOverF/F"):
        read_nwb(path)
    found = read_nwb(path, source="ophys/DfOverF/F")
    np.testing.assert_allclose(found.values[0], traces, rtol=1e-6)
    assert (found.bin_s, found.counts) == (0.5, False)
    found = read_nwb(path, source="acquisition/voltage", bin_s=0.01)
    np.testing.assert_allclose(found.values[0], 1e-6 * volts.reshape(5, 10, 2).mean(1), rtol=1e-5)
    with pytest.raises(DatasetError, match="width of a bin"):
        read_nwb(path, source="acquisition/voltage")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({}, "got none of them"),
        ({"trains": ([0.3, 0.1],)}, "rise"),
        ({"trains": ([0.1, np.nan],)}, "finite spike times"),
        ({"trains": ([100.0, 900.0],), "spans": [np.array([[0.0, 1.0]])]}, "both in seconds"),
        ({"trains": ([0.1, 0.12],)}, "shorter than a bin"),
        ({"fluorescence": np.ones((4, 2))}, "silent or constant"),
        ({"fluorescence": np.eye(4), "times": np.array([0.0, 0.2, 0.1, 0.3])}, "rise"),
        ({"fluorescence": np.eye(5), "times": np.array([0.0, 0.1, 0.2, 300, 300.1])}, "mixed units"),
    ],
)
def test_what_cannot_be_right_is_refused(build, content, words):
    with pytest.raises(DatasetError, match=words):
        read_nwb(build(**content), bin_s=0.1)


def test_a_change_of_channels_is_refused(build):
    with pytest.raises(DatasetError, match="expected 3 channels, as its table has rows, got 2"):
        read_nwb(build(fluorescence=np.random.default_rng(0).normal(size=(9, 2)), rows=3))


def test_other_files_and_missing_tables_are_refused(build, tmp_path, monkeypatch):
    (tmp_path / "no.nwb").write_bytes(b"no")
    with pytest.raises(DatasetError, match="NWB 2 file"):
        read_nwb(tmp_path / "no.nwb")
    with pytest.raises(DatasetError, match="got none"):
        read_nwb(tmp_path / "absent.nwb")
    with pytest.raises(DatasetError, match="table of trials"):
        read_nwb(build(trains=TRAINS), bin_s=0.1, by_trial=True)
    (tmp_path / "no.wav").write_bytes(b"no")
    with pytest.raises(DatasetError, match="expected a file of"):
        read_recording(tmp_path / "no.wav", bin_s=0.1)
    with pytest.raises(DatasetError, match="no such file"):
        read_recording(tmp_path / "no.txt", bin_s=0.1)
    monkeypatch.setitem(sys.modules, "pynwb", None)
    with pytest.raises(ImportError, match=r"brainwright\[nwb\]"):
        read_nwb(tmp_path / "no.nwb")
