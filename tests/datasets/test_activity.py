"""Recordings in: arrays, tables, HDF5; splits by time; what cannot be right is refused with a reason."""

from itertools import pairwise

import numpy as np
import pytest
from scipy.io import savemat

from brainwright.datasets.activity import Activity, from_events, from_traces
from brainwright.datasets.activity_files import read_splits, read_table
from brainwright.datasets.errors import DatasetError
from brainwright.datasets.hdf5 import write_arrays
from brainwright.datasets.matrices import read_matrix


def counts(*shape, seed=0):
    return np.random.default_rng(seed).poisson(0.7, shape).astype(np.float32)


def test_events_become_counts():
    found = from_events([0.05, 0.01, 0.19, 0.06], ["b", "a", "a", "b"], bin_s=0.05, start_s=0, stop_s=0.2)
    assert found.unit_names == ("a", "b")
    np.testing.assert_array_equal(found.values[0], [[1, 0], [0, 2], [0, 0], [1, 0]])


def test_a_table_of_events_and_one_of_traces(tmp_path):
    (tmp_path / "e.csv").write_text("time_s,unit\n0.01,7\n0.11,3\n0.12,3\n")
    found = read_table(tmp_path / "e.csv", bin_s=0.1)
    assert found.unit_names == ("3", "7")
    assert found.values.sum() == 3
    (tmp_path / "t.csv").write_text("time_s,AVAL,RIML\n0,1.5,2\n0.6,3,\n1.2,5,6\n")
    found = read_table(tmp_path / "t.csv")
    assert found.unit_names == ("AVAL", "RIML")
    assert found.bin_s == pytest.approx(0.6)
    assert np.isnan(found.values[0, 1, 1])
    assert not found.counts


def test_arrays_from_npz_and_mat_agree(tmp_path):
    x = counts(12, 5)
    np.savez(tmp_path / "a.npz", spikes=x)
    savemat(tmp_path / "a.mat", {"spikes": x})
    one, two = (read_matrix(tmp_path / f"a.{end}", "spikes", bin_s=0.02) for end in ("npz", "mat"))
    np.testing.assert_array_equal(one.values, two.values)
    assert one.values.shape == (1, 12, 5)
    with pytest.raises(DatasetError, match="spikes"):
        read_matrix(tmp_path / "a.npz", "rates", bin_s=0.02)


def test_hdf5_layouts(tmp_path):
    write_arrays(tmp_path / "lfads.h5", {"train_data": counts(4, 6, 5), "valid_data": counts(2, 6, 5)})
    found = read_splits(tmp_path / "lfads.h5", bin_s=0.01)
    assert {name: one.values.shape for name, one in found.items()} == {
        "train": (4, 6, 5),
        "validation": (2, 6, 5),
    }
    parts = {"train_spikes_heldin": counts(4, 6, 3), "train_spikes_heldout": counts(4, 6, 2, seed=1)}
    write_arrays(tmp_path / "nlb.h5", parts, "mc_maze_20")
    found = read_splits(tmp_path / "nlb.h5", bin_s=0.02, group="mc_maze_20")["train"]
    np.testing.assert_array_equal(found.values, np.concatenate(list(parts.values()), axis=2))
    write_arrays(tmp_path / "bad.h5", {"train_data": counts(4, 6, 5), "valid_data": counts(2, 6, 4)})
    with pytest.raises(DatasetError, match="5 units of the first recording, got 4"):
        read_splits(tmp_path / "bad.h5", bin_s=0.01)
    write_arrays(tmp_path / "none.h5", {"images": counts(4, 6, 5)})
    with pytest.raises(DatasetError, match="images"):
        read_splits(tmp_path / "none.h5", bin_s=0.01)


def test_time_blocks_do_not_meet():
    whole = Activity(np.arange(200, dtype=np.float32).reshape(1, 100, 2), 0.1, ("a", "b"), counts=True)
    parts = whole.time_blocks((0.6, 0.2, 0.2), gap_bins=5)
    assert [part.values.shape[1] for part in parts] == [60, 15, 15]
    for before, after in pairwise(parts):
        assert after.values.min() - before.values.max() == 11  # 5 bins of 2 units lie between
    with pytest.raises(DatasetError, match="too short"):
        whole.time_blocks((0.9, 0.1), gap_bins=20)
    with pytest.raises(DatasetError, match="add up to 1"):
        whole.time_blocks((0.9, 0.2))


def test_windows():
    whole = Activity(counts(2, 25, 3), 0.1, ("a", "b", "c"), counts=True)
    cut = whole.windows(10)
    assert cut.values.shape == (4, 10, 3)
    np.testing.assert_array_equal(cut.values[1], whole.values[0, 10:20])
    with pytest.raises(DatasetError, match="shorter than a window"):
        whole.windows(26)


@pytest.mark.parametrize("gap", [0, 25])
def test_windows_of_blocks_in_time_share_no_bin(gap):
    """moabb 187: what is tested must not have been trained on."""
    mark = np.arange(1000.0)  # every bin bears its own number
    whole = Activity(np.stack([mark, mark % 7], 1)[None], 0.02, NAMES, counts=True)
    parts = [
        set(part.windows(50).values[:, :, 0].ravel()) for part in whole.time_blocks((0.7, 0.15, 0.15), gap)
    ]
    for before, after in pairwise(parts):
        assert max(before) + gap < min(after)


NAMES = ("a", "b")


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Activity(counts(5, 2), 0.1, NAMES, True), "trial, bin, unit"),
        (lambda: Activity(counts(1, 5, 2), 0.0, NAMES, True), "bin_s"),
        (lambda: Activity(counts(1, 5, 2), 0.1, ("a", "a"), True), "each once"),
        (lambda: Activity(np.zeros((1, 5, 2), np.float32), 0.1, NAMES, True), "silent or constant"),
        (lambda: Activity(counts(1, 5, 2) - 0.5, 0.1, NAMES, True), "whole numbers"),
        (lambda: Activity(counts(1, 5, 2) / 0, 0.1, NAMES, False), "infinity"),
        (
            lambda: Activity(np.stack([counts(1, 5), np.full((1, 5), np.nan)], 2), 0.1, NAMES, True),
            "b \\(1\\)",
        ),
        (lambda: from_events([0.1, np.nan], ["a", "b"], bin_s=0.1), "finite"),
        (lambda: from_events([0.1, 9.0], ["a", "b"], bin_s=0.1, stop_s=2), "expected events in"),
        (lambda: from_events([], [], bin_s=0.1), "each event"),
        (lambda: from_traces([0, 2, 1], counts(3, 2)), "rise"),
        (lambda: from_traces([0, 0.1, 0.2, 300, 300.1], counts(5, 2)), "mixed units"),
        (lambda: from_traces([0, 1], counts(3, 2)), "each frame"),
    ],
)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_what_cannot_be_right_is_refused(make, words):
    with pytest.raises(DatasetError, match=words):
        make()
