"""One reader for recordings: the same spikes and counts out of every layout that laboratories use."""

import h5py
import numpy as np
import pytest
from scipy import io

from brainwright.datasets import DatasetError
from brainwright.datasets.activity import Activity, from_events
from brainwright.signal import Recording

RNG = np.random.default_rng(0)
TRAINS = [np.sort(RNG.uniform(0, 8.0, n)) for n in (40, 7, 25)]
TIMES = np.concatenate(TRAINS)
SIZES = np.array([len(train) for train in TRAINS])
UNIT = np.repeat([2, 5, 9], SIZES)
SHUFFLED = RNG.permutation(len(TIMES))
COUNTS = RNG.poisson(0.5, (30, 4)).astype(float)
SIGNAL = RNG.normal(size=(30, 4))


def ragged() -> np.ndarray:
    cells = np.empty((1, 3), object)
    cells[0] = TRAINS
    return cells


def to_hdf5(path, arrays):
    with h5py.File(path, "w") as file:
        for name, array in arrays.items():
            file[name] = array


SPIKES = {
    "events.npz": lambda path: np.savez(path, times=TIMES[SHUFFLED], unit=UNIT[SHUFFLED]),
    "phy.npz": lambda path: np.savez(path, spike_times=TIMES, spike_clusters=UNIT, wave=COUNTS),
    "mea.npz": lambda path: np.savez(
        path,
        spike_times=TIMES,
        spike_counts=SIZES,
        unit_names=np.array(["2", "5", "9"], "S4"),
        xy=np.ones((2, 3)),
    ),
    "trains.npz": lambda path: np.savez(path, **{f"u{k}": train for k, train in enumerate(TRAINS)}),
    "cells.mat": lambda path: io.savemat(path, {"spikes": ragged(), "fs": 1000.0, "rates": COUNTS}),
    "only.mat": lambda path: io.savemat(path, {"data": ragged()}, do_compression=True),
    "events.mat": lambda path: io.savemat(path, {"spike_times": TIMES[SHUFFLED], "unit": UNIT[SHUFFLED]}),
    "events.h5": lambda path: to_hdf5(path, {"times": TIMES[SHUFFLED], "channel": UNIT[SHUFFLED]}),
    "nwb.h5": lambda path: to_hdf5(
        path,
        {
            "units/spike_times": TIMES,
            "units/spike_times_index": np.cumsum(SIZES),
            "units/id": np.array([2, 5, 9]),
        },
    ),
    "trains.h5": lambda path: to_hdf5(path, {f"u{k}": train for k, train in enumerate(TRAINS)}),
    "events.csv": lambda path: path.write_text(
        "\n".join(["unit,time_s", *(f"{u},{float(t)!r}" for u, t in zip(UNIT, TIMES, strict=True))])
    ),
}


@pytest.mark.parametrize("name", SPIKES)
def test_spike_times_out_of_every_layout(tmp_path, name):
    SPIKES[name](tmp_path / name)
    recording = Recording.load(tmp_path / name)
    assert recording.counts().tolist() == [SIZES.tolist()]
    assert np.array_equal(np.sort(recording.time_s), np.sort(TIMES))
    activity = Activity.load(str(tmp_path / name), bin_s=0.5)
    assert activity.counts
    assert activity.values.sum() == len(TIMES)
    if name not in ("trains.npz", "trains.h5", "cells.mat", "only.mat"):
        assert activity.unit_names == ("2", "5", "9")
    edges = np.arange(17) * 0.5
    truth = np.stack([np.histogram(train, edges)[0] for train in TRAINS], axis=1)
    assert np.array_equal(activity.values[0, :16], truth[: activity.values.shape[1]])


def test_the_recording_in_bins_is_the_file_in_bins(tmp_path):
    SPIKES["mea.npz"](tmp_path / "mea.npz")
    of_file = Activity.load(tmp_path / "mea.npz", bin_s=0.25)
    of_recording = Activity.of(Recording.load(tmp_path / "mea.npz"), 0.25)
    n = min(of_file.values.shape[1], of_recording.values.shape[1])
    assert np.array_equal(of_file.values[:, :n], of_recording.values[:, :n])


MATRICES = {
    "a.npz": lambda path, x: np.savez(path, activity=x, note=np.array("x")),
    "a.mat": lambda path, x: io.savemat(path, {"activity": x, "fs": 20.0}),
    "a.h5": lambda path, x: to_hdf5(path, {"deep/activity": x, "fs": 20.0}),
}


@pytest.mark.parametrize("name", MATRICES)
def test_the_only_matrix_is_taken_and_several_are_named(tmp_path, name):
    MATRICES[name](tmp_path / name, COUNTS)
    found = Activity.load(tmp_path / name, bin_s=0.05)
    assert found.counts
    assert np.array_equal(found.values[0], COUNTS)
    MATRICES[name](tmp_path / name, np.stack([COUNTS, COUNTS]))
    assert Activity.load(tmp_path / name, bin_s=0.05).values.shape == (2, 30, 4)
    with pytest.raises(DatasetError, match="width of a bin"):
        Activity.load(tmp_path / name)


def test_several_matrices_are_named_with_their_shapes(tmp_path):
    np.savez(tmp_path / "a.npz", calcium=SIGNAL, speed=np.ones((30, 2)))
    with pytest.raises(DatasetError, match=r"there is calcium \[30, 4\], speed \[30, 2\]"):
        Activity.load(tmp_path / "a.npz", bin_s=0.1)
    assert not Activity.load(tmp_path / "a.npz", bin_s=0.1, array="calcium").counts


@pytest.mark.parametrize("turned", [False, True])
def test_times_in_the_file_say_which_side_is_time_and_how_wide_a_bin_is(tmp_path, turned):
    traces = SIGNAL.T if turned else SIGNAL
    np.savez(tmp_path / "a.npz", dff=traces, time_s=3.0 + 0.25 * np.arange(30), labels=np.array(list("abcd")))
    found = Activity.load(tmp_path / "a.npz")
    assert found.bin_s == pytest.approx(0.25)
    assert found.unit_names == tuple("abcd")
    assert np.allclose(found.values[0], SIGNAL)


def test_frames_timed_in_milliseconds_are_asked_about_and_read_with_their_step(tmp_path):
    for save, name in ((np.savez, "ms.npz"), (lambda path, **a: io.savemat(path, a), "ms.mat")):
        save(tmp_path / name, counts=COUNTS, time=50.0 * np.arange(30))
        with pytest.raises(DatasetError, match="milliseconds, rather than seconds; give tick_s"):
            Activity.load(tmp_path / name)
        found = Activity.load(tmp_path / name, tick_s=1e-3)
        assert found.bin_s == pytest.approx(0.05)
        assert np.array_equal(found.values[0], COUNTS)


@pytest.mark.parametrize("values", [COUNTS, SIGNAL], ids=["counts", "signal"])
def test_a_width_that_the_files_own_times_contradict_is_refused(tmp_path, values):
    np.savez(tmp_path / "a.npz", activity=values, time_s=0.05 * np.arange(30))
    with pytest.raises(DatasetError, match=r"are 0\.05 s apart, got bin_s=0\.1; leave bin_s out"):
        Activity.load(tmp_path / "a.npz", bin_s=0.1)
    for bin_s in (None, 0.05):
        assert Activity.load(tmp_path / "a.npz", bin_s=bin_s).bin_s == pytest.approx(0.05)


@pytest.mark.parametrize("suffix", ["npz", "mat"])
def test_names_of_units_say_when_an_array_lies_on_its_side(tmp_path, suffix):
    names = np.array(list("abcd"))
    save = np.savez if suffix == "npz" else lambda path, **a: io.savemat(path, a)
    save(tmp_path / f"a.{suffix}", counts=COUNTS.T, unit_names=names)
    with pytest.raises(DatasetError, match=r"names of 4 units, but counts as .* has 30 units: transpose"):
        Activity.load(tmp_path / f"a.{suffix}", bin_s=0.1)
    save(tmp_path / f"a.{suffix}", counts=COUNTS, unit_names=names)
    assert Activity.load(tmp_path / f"a.{suffix}", bin_s=0.1).unit_names == tuple("abcd")


@pytest.mark.parametrize("bin_s", [0, -1.0, np.nan, "0.1", True])
def test_a_width_that_is_none_is_told_before_all_else(tmp_path, bin_s):
    SPIKES["mea.npz"](tmp_path / "mea.npz")
    with pytest.raises(DatasetError, match="expected bin_s in seconds, a number above 0, got"):
        Activity.load(tmp_path / "mea.npz", bin_s=bin_s)
    with pytest.raises(DatasetError, match="expected bin_s in seconds, a number above 0, got"):
        from_events(TIMES, UNIT, bin_s=bin_s)


@pytest.mark.parametrize("suffix", ["csv", "h5", "npz"])
def test_channels_are_in_the_order_of_their_numbers(tmp_path, suffix):
    path, n = tmp_path / f"a.{suffix}", 12
    sizes = 3 + np.arange(n)
    times = [np.sort(RNG.uniform(0, 5, size)) for size in sizes]
    if suffix == "h5":
        to_hdf5(path, {f"unit_{k}": train for k, train in enumerate(times)})
    elif suffix == "npz":
        np.savez(path, times=np.concatenate(times), unit=np.repeat([str(k) for k in range(n)], sizes))
    else:
        path.write_text("\n".join(["unit,time_s", *(f"{k},{t}" for k in range(n) for t in times[k])]))
    recording = Recording.load(path)
    assert recording.counts().tolist() == [sizes.tolist()]
    found = Activity.load(path, bin_s=5.0)
    assert [int(name.removeprefix("unit_")) for name in found.unit_names] == list(range(n))
    assert found.values.sum((0, 1)).tolist() == sizes.tolist()


def test_a_cell_array_of_trials_and_units_is_not_taken_for_units_alone(tmp_path):
    cells = np.empty((4, 3), object)
    for trial in range(4):
        for unit in range(3):
            cells[trial, unit] = TRAINS[unit] + 0.1 * trial
    io.savemat(tmp_path / "a.mat", {"spikes": cells})
    for load in (Recording.load, lambda path: Activity.load(path, bin_s=0.1)):
        with pytest.raises(ValueError, match=r"got 'spikes' of 4 x 3 lists, such as \[trial, unit\]"):
            load(tmp_path / "a.mat")


@pytest.mark.parametrize("suffix", ["npz", "mat"])
def test_units_keep_the_numbers_they_have_in_the_file(tmp_path, suffix):
    save = np.savez if suffix == "npz" else lambda path, **a: io.savemat(path, a)
    save(tmp_path / f"a.{suffix}", counts=COUNTS, unit_ids=np.array([11, 4, 7, 30]))
    assert Activity.load(tmp_path / f"a.{suffix}", bin_s=0.1).unit_names == ("11", "4", "7", "30")


def test_lists_of_spikes_keep_the_names_beside_them(tmp_path):
    io.savemat(tmp_path / "a.mat", {"spikes": ragged(), "names": np.array(["AVA", "AVB", "PVC"], object)})
    assert Activity.load(tmp_path / "a.mat", bin_s=0.1).unit_names == ("AVA", "AVB", "PVC")
    io.savemat(tmp_path / "b.mat", {"spikes": ragged(), "unit_ids": np.array([11.0, 4.0, 7.0])})
    assert Activity.load(tmp_path / "b.mat", bin_s=0.1).unit_names == ("11", "4", "7")


def test_what_cannot_be_read_is_told_in_one_line(tmp_path):
    with pytest.raises(DatasetError, match="no such file"):
        Activity.load(tmp_path / "none.npz", bin_s=0.1)
    with pytest.raises(FileNotFoundError, match="no such file"):
        Recording.load(tmp_path / "none.npz")
    np.savez(tmp_path / "ms.npz", times=np.round(1000 * TIMES), unit=UNIT)
    with pytest.raises(ValueError, match="give tick_s"):
        Recording.load(tmp_path / "ms.npz")
    slow = Recording.load(tmp_path / "ms.npz", tick_s=1e-3)
    assert slow.time_s.max() == pytest.approx(TIMES.max(), abs=1e-3)
    np.savez(tmp_path / "a.npz", activity=COUNTS)
    with pytest.raises(ValueError, match=r"Activity\.load"):
        Recording.load(tmp_path / "a.npz")


WIDTHS = {
    "a.npz": lambda path, width_s: np.savez(path, counts=COUNTS, bin_s=width_s),
    "a.mat": lambda path, width_s: io.savemat(path, {"counts": COUNTS, "bin_s": width_s}),
    "a.h5": lambda path, width_s: to_hdf5(path, {"counts": COUNTS, "bin_s": width_s}),
}


@pytest.mark.parametrize("name", WIDTHS)
def test_a_file_may_name_the_width_of_its_bins(name, tmp_path):
    WIDTHS[name](tmp_path / name, 0.05)
    assert Activity.load(tmp_path / name).bin_s == 0.05
    with pytest.raises(DatasetError, match=r"0\.05 s apart, got bin_s=0\.1"):
        Activity.load(tmp_path / name, bin_s=0.1)
    WIDTHS[name](tmp_path / name, -1.0)
    with pytest.raises(DatasetError, match="a number above 0"):
        Activity.load(tmp_path / name)
