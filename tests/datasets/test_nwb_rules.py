"""Both readers of NWB files (activity in bins, recordings of tissue) by one set of rules, on files that pynwb
wrote. Neighbours of faults reported in SpikeInterface (PR 263), nwbinspector (394, PR 683, PR 691), spyglass
(1082) and neuroconv (712)."""

import datetime

import numpy as np
import pytest

from brainwright.datasets.errors import DatasetError
from brainwright.datasets.nwb import nwb_sources, read_nwb
from brainwright.tissue.adapters import BadRecording, DeadChannels, load_recording

pynwb = pytest.importorskip("pynwb", reason="pynwb is not installed (extra nwb)")
pytestmark = pytest.mark.filterwarnings("ignore")  # pynwb warns of its own deprecations
RNG = np.random.default_rng(0)


def new():
    return pynwb.NWBFile("s", "i", datetime.datetime(2024, 1, 1, tzinfo=datetime.UTC))


@pytest.fixture
def saved(tmp_path):
    def write(file):
        with pynwb.NWBHDF5IO(str(tmp_path / "file.nwb"), "w") as io:
            io.write(file)
        return tmp_path / "file.nwb"

    return write


def electrodes(file, n):
    group = file.create_electrode_group("g", description="x", location="l", device=file.create_device("d"))
    for _ in range(n):
        file.add_electrode(group=group, location="l")
    return file.create_electrode_table_region(list(range(n)), "x")


def voltages(n_samples=20_000, n_channels=2):
    """Noise with spikes at every 1,000th sample of the second half."""
    data = np.random.default_rng(1).standard_normal((n_samples, n_channels))
    data[n_samples // 2 :: 1_000] = -40.0
    return data


def voltage(name, data, region, **clock):
    return pynwb.ecephys.ElectricalSeries(name, data, region, **clock)


def units(trains, spans=None):
    file = new()
    for i, train in enumerate(trains):
        file.add_unit(spike_times=train, **({} if spans is None else {"obs_intervals": spans[i]}))
    return file


def refusals(path, words, **options):
    """Both readers refuse the file, each in its own words' class, for the same reason."""
    with pytest.raises(DatasetError, match=words):
        read_nwb(path, bin_s=0.1)
    with pytest.raises(BadRecording, match=words):
        load_recording(path, **options)


def test_a_spike_at_each_edge_is_in_the_bin_that_begins_there(saved):
    path = saved(units([np.arange(10) / 10], [[[0.0, 1.0]]]))
    assert read_nwb(path, bin_s=0.1).values[0, :, 0].tolist() == [1.0] * 10
    heard = load_recording(path)
    assert (heard.start_s, heard.stop_s, len(heard)) == (0.0, 1.0, 10)


def test_of_several_series_none_is_taken_unasked(saved):
    file = new()
    region = electrodes(file, 2)
    file.add_acquisition(voltage("raw", voltages(), region, rate=10_000.0))
    file.add_acquisition(voltage("lfp", RNG.standard_normal((2_000, 2)), region, rate=1_000.0))
    path = saved(file)
    refusals(path, "acquisition/lfp, acquisition/raw; got None")
    assert load_recording(path, source="acquisition/raw").counts().tolist() == [[10, 10]]
    assert read_nwb(path, bin_s=0.1, source="acquisition/lfp").values.shape == (1, 20, 2)
    with pytest.raises(BadRecording, match="expected source to be one of"):
        load_recording(path, source="raw")


def test_series_in_a_processing_module_are_found_by_both(saved):
    file = new()
    lfp = pynwb.ecephys.FilteredEphys(
        electrical_series=voltage("high", voltages(), electrodes(file, 2), rate=10_000.0)
    )
    file.create_processing_module("ecephys", "x").add(lfp)
    path = saved(file)
    assert nwb_sources(path) == ["ecephys/FilteredEphys/high"]
    assert load_recording(path).counts().tolist() == [[10, 10]]


def test_units_without_spike_times_are_named(saved):
    file = new()
    file.add_unit_column("quality", "of the sorting")
    file.add_unit(quality="good")
    refusals(saved(file), r"units without spike_times \(quality\)")


def test_a_series_beside_units_without_spike_times_is_read(saved):
    file = new()
    file.add_unit_column("quality", "of the sorting")
    file.add_unit(quality="good")
    file.add_acquisition(voltage("raw", voltages(), electrodes(file, 2), rate=10_000.0))
    assert load_recording(saved(file)).counts().tolist() == [[10, 10]]


@pytest.mark.parametrize(
    ("trains", "spans", "words"),
    [
        (
            [np.r_[0.1:4.9:0.1, 0.1:4.9:0.1]],
            None,
            "unit 0: expected spike times that rise, got 4.9 s and then 0.1",
        ),
        ([np.array([0.1, np.nan])], None, "unit 0: expected finite"),
        ([np.array([100.0, 900.0])], [[[0.0, 1.0]]], "both in seconds"),
        ([np.array([0.1, 0.2])], [[[1.0, 0.0]]], "obs_intervals that end after they begin"),
        ([np.sort(RNG.choice(1_800_000, 600, replace=False)).astype(float)], None, "whole numbers"),
        ([np.cumsum(2 + RNG.exponential(100, 600))], None, "milliseconds"),
        ([np.array([]), np.array([])], None, "silent"),
    ],
)
def test_spike_times_that_cannot_be_right_are_refused_by_both(saved, trains, spans, words):
    refusals(saved(units(trains, spans)), words)


def test_samples_and_milliseconds_are_read_where_the_caller_says_so(saved):
    samples = [np.sort(RNG.choice(1_800_000, 600, replace=False)).astype(float) for _ in range(2)]
    path = saved(units(samples))
    assert read_nwb(path, bin_s=0.5, tick_s=1 / 30_000).values.sum() == pytest.approx(
        1_200, abs=25
    )  # the last bin is not full
    heard = load_recording(path, tick_s=1 / 30_000)
    np.testing.assert_allclose(np.sort(heard.time_s), np.sort(np.concatenate(samples)) / 30_000)
    assert read_nwb(path, bin_s=3_600.0, tick_s=1.0).values.shape[1] > 400  # who is sure may be


def test_spikes_far_beyond_the_trials_are_in_another_unit(saved):
    file = units([np.cumsum(RNG.exponential(70.0, 500))])
    file.add_trial(start_time=0.0, stop_time=36.0)
    refusals(saved(file), r"both in seconds|milliseconds")


def test_stretches_that_were_not_observed_are_missing_or_asked_about(saved):
    spans = [[[0.0, 2.0], [5.0, 9.0]], [[0.0, 2.0], [4.0, 9.0]]]
    path = saved(units([[0.5, 1.5, 6.5], [0.25, 8.5]], spans))
    found = read_nwb(path, bin_s=1.0).values[0]
    np.testing.assert_array_equal(np.isnan(found[:, 0]), [0, 0, 1, 1, 1, 0, 0, 0, 0])
    np.testing.assert_array_equal(np.isnan(found[:, 1]), [0, 0, 1, 1, 0, 0, 0, 0, 0])
    with pytest.raises(BadRecording, match="common to all: 0 to 2, 5 to 9 s"):
        load_recording(path)
    heard = load_recording(path, between_s=(5.0, 9.0))
    assert heard.time_s.tolist() == [6.5, 8.5]
    assert (heard.start_s, heard.stop_s) == (5.0, 9.0)
    with pytest.raises(BadRecording, match="expected between_s within"):
        load_recording(path, between_s=(1.0, 6.0))


@pytest.mark.parametrize(
    ("shape", "rows", "words"),
    [
        ((2, 4_000), 2, "expected 2 channels, as its table has rows, got 4000: the data stand transposed"),
        ((4_000, 2), 3, "got 2: did the number of channels change"),
        ((4_000,), 2, "expected 2 channels, as its table has rows, got 1"),
    ],
)
def test_channels_are_held_against_the_table_of_electrodes(saved, shape, rows, words):
    file = new()
    file.add_acquisition(voltage("raw", RNG.standard_normal(shape), electrodes(file, rows), rate=10_000.0))
    refusals(saved(file), words)


def test_voltages_with_timestamps_keep_them(saved):
    file = new()
    stamps = 3.0 + np.arange(20_000) / 9_990.0  # not the rate that anyone would declare
    file.add_acquisition(voltage("raw", voltages(), electrodes(file, 2), timestamps=stamps))
    path = saved(file)
    heard = load_recording(path)
    np.testing.assert_allclose(np.unique(heard.time_s), stamps[10_000::1_000])
    assert heard.stop_s == pytest.approx(3.0 + 20_000 / 9_990)
    assert read_nwb(path, bin_s=0.1).values.shape == (1, 20, 2)


def test_channels_of_voltages_that_cannot_fire_are_named(saved):
    data = voltages(n_channels=4)
    data[:, 1], data[:, 3] = 0.2, np.nan
    file = new()
    file.add_acquisition(voltage("raw", data, electrodes(file, 4), rate=10_000.0))
    with pytest.warns(DeadChannels, match="raw: 2 of 4 channels have no noise or no samples .*: 1, 3$"):
        heard = load_recording(saved(file))
    assert heard.counts().tolist() == [[10, 0, 10, 0]]


def test_voltages_with_a_gap_are_asked_about(saved):
    file = new()
    stamps = np.arange(20_000) / 10_000
    stamps[5_000:] += 0.002
    file.add_acquisition(voltage("raw", voltages(), electrodes(file, 2), timestamps=stamps))
    path = saved(file)
    with pytest.raises(BadRecording, match=r"no samples between 0.4999 and 0.502 s \(1 gaps\)"):
        load_recording(path)
    assert load_recording(path, between_s=(0.502, 2.0)).counts().tolist() == [[10, 10]]


@pytest.mark.parametrize(
    ("clock", "words"),
    [
        ({"timestamps": np.r_[np.arange(3_999) / 1e4, np.nan]}, "finite timestamps"),
        ({"timestamps": np.arange(4_000) / 10}, "in kHz, or are the timestamps in milliseconds"),
        ({"rate": 10.0}, "in kHz"),
    ],
)
def test_clocks_of_voltages_that_cannot_be_right_are_refused(saved, clock, words):
    file = new()
    file.add_acquisition(voltage("raw", RNG.standard_normal((4_000, 2)), electrodes(file, 2), **clock))
    with pytest.raises(BadRecording, match=words):
        load_recording(saved(file))


def imaging(time_s, values, rate_hz=30.0):
    file = new()
    plane = file.create_imaging_plane(
        name="p",
        optical_channel=pynwb.ophys.OpticalChannel("o", "d", 500.0),
        imaging_rate=rate_hz,
        description="x",
        device=file.create_device("d"),
        excitation_lambda=600.0,
        indicator="G",
        location="l",
    )
    segments = pynwb.ophys.ImageSegmentation()
    cells = segments.create_plane_segmentation(name="s", description="x", imaging_plane=plane)
    for i in range(values.shape[1]):
        cells.add_roi(pixel_mask=[(i, 0, 1.0)])
    region = cells.create_roi_table_region(region=list(range(values.shape[1])), description="x")
    module = file.create_processing_module("ophys", "x")
    module.add(segments)
    series = pynwb.ophys.RoiResponseSeries("r", values, "a.u.", region, timestamps=time_s)
    module.add(pynwb.ophys.Fluorescence(roi_response_series=series))
    return file


@pytest.mark.parametrize("bin_s", [None, 0.1])
def test_trials_of_frames_are_cut_by_the_frames_own_times(saved, bin_s):
    time_s = np.round(np.arange(18_000) / 30, 3)  # steps of 33, 33, 34 ms, whose median drifts by 1 %
    begins = 5.0 + 29.0 * np.arange(20)
    inside = np.zeros(18_000, np.float32)
    for begin in begins:
        inside[(time_s >= begin) & (time_s < begin + 1)] = 1.0
    file = imaging(time_s, np.column_stack([inside, RNG.random(18_000)]))
    for begin in begins:
        file.add_trial(start_time=float(begin), stop_time=float(begin) + 1.0)
    cut = read_nwb(saved(file), by_trial=True, bin_s=bin_s)
    np.testing.assert_array_equal(cut.values[:, :, 0], 1.0)
    assert cut.bin_s == pytest.approx(bin_s or 1 / 30, rel=1e-4)


@pytest.mark.parametrize(
    ("scale", "words"), [(1_000.0, "imaging plane declares 30 frames/s"), (30.0, "whole numbers")]
)
def test_frames_in_milliseconds_or_numbered_are_refused(saved, scale, words):
    time_s = np.arange(300) / 30 * scale
    path = saved(imaging(time_s, RNG.random((300, 2))))
    with pytest.raises(DatasetError, match=words):
        read_nwb(path)
    if scale == 30.0:
        assert read_nwb(path, tick_s=1 / 30).bin_s == pytest.approx(1 / 30)
