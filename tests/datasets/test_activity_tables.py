"""Activity in text tables: events and frames by the names of their columns (bmtk 183), times in seconds."""

import numpy as np
import pytest

from brainwright.datasets.activity_files import read_table
from brainwright.datasets.errors import DatasetError
from brainwright.datasets.read import read_recording
from brainwright.signal import Recording

RNG = np.random.default_rng(0)
TIME, UNIT = np.cumsum(RNG.uniform(0.02, 0.2, 200)), RNG.integers(1, 4, 200)
TOTALS = np.bincount(UNIT, minlength=4)[1:]


def write(tmp_path, header, rows):
    (tmp_path / "t.csv").write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return tmp_path / "t.csv"


@pytest.mark.parametrize(
    ("header", "row"),
    [
        ("time_s,unit", "{t:.4f},{u}"),
        ("unit,time_s", "{u},{t:.4f}"),
        ("time_s,unit,amplitude", "{t:.4f},{u},{a}"),
        (",time_s,unit", "{i},{t:.4f},{u}"),
        ("amplitude;unit;time_s", "{a};{u};{t:.4f}"),
        ("time_s, unit", "{t:.4f}, {u}"),
        ("\ufefftime_s\tunit", "{t:.4f}\t{u}"),
    ],
)
def test_events_by_the_names_of_their_columns(tmp_path, header, row):
    rows = [row.format(i=i, t=t, u=u, a=30 + u) for i, (t, u) in enumerate(zip(TIME, UNIT, strict=True))]
    found = read_table(write(tmp_path, header, rows), bin_s=0.5)
    assert found.unit_names == ("1", "2", "3")
    assert found.counts
    np.testing.assert_array_equal(found.values.sum((0, 1)), TOTALS)


@pytest.mark.parametrize("header", ["t\tchannel", "Time\tcluster", "timestamps\tneuron", "spike_times\tunit"])
@pytest.mark.parametrize("suffix", ["csv", "tsv"])
def test_activity_knows_the_names_that_a_recording_knows(tmp_path, header, suffix):
    path = tmp_path / f"t.{suffix}"
    path.write_text("\n".join([header, *(f"{t:.4f}\t{u}" for t, u in zip(TIME, UNIT, strict=True))]))
    found = read_recording(path, bin_s=0.5)
    assert found.unit_names == ("1", "2", "3")
    np.testing.assert_array_equal(found.values.sum((0, 1)), TOTALS)
    assert Recording.load(path).counts().tolist() == [TOTALS.tolist()]
    path.write_text("\n".join(["time\ta\tb", *(f"{0.1 * k:.1f}\t{k % 3}\t{k % 2}" for k in range(20))]))
    assert read_recording(path).unit_names == ("a", "b")


def test_units_with_leading_zeros_are_others(tmp_path):
    found = read_table(write(tmp_path, "time_s,unit", ["0.1,007", "0.2,7", "0.3,07", "0.4,7"]), bin_s=0.1)
    assert found.unit_names == ("007", "07", "7")
    assert found.values.sum((0, 1)).tolist() == [1, 1, 2]


@pytest.mark.parametrize("header", ["time_s,b,a", "b,a,time_s", ",b,time_s,a"])
def test_frames_by_the_names_of_their_columns(tmp_path, header):
    cell = {"time_s": [0.0, 0.5, 1.5], "a": [1, "", 3], "b": [4, 5, "NaN"], "": [0, 1, 2]}
    rows = [",".join(str(cell[name][i]) for name in header.split(",")) for i in range(3)]
    found = read_table(write(tmp_path, header, rows))
    assert found.bin_s == 0.5
    column = dict(zip(found.unit_names, found.values[0].T, strict=True))
    np.testing.assert_array_equal(column["a"], [1, np.nan, np.nan, 3])  # the third frame was left out
    np.testing.assert_array_equal(column["b"], [4, 5, np.nan, np.nan])


@pytest.mark.parametrize(
    ("header", "rows", "words"),
    [
        ("time_s,unit", ["0,5,1", "0,6,1"], "a row of 3 cells under a header of 2"),
        ("time_s;unit", ["0,5;1", "0,6;1"], "decimal comma"),
        ("time_s,unit,unit", ["0.1,1,1"], "column names repeat"),
        ("time_s,a,a", ["0.1,1,1", "0.2,2,2"], "column names repeat"),
        ("time_s,unit", ["0.1,", "0.2,1"], "expected a value in column 'unit'"),
        ("time_s,a", ["0.1,1_0", "0.2,2"], "got '1_0'"),
        ("time_s,a", ["0.1,0x10", "0.2,2"], "got '0x10'"),
        ("time_s,a", ["0.1,low", "0.2,2"], "line 2: expected a finite number in column 'a', got 'low'"),
        ("when,unit", ["0.1,1"], "expected a column named 'time_s'"),
        ("time_ms,unit", ["100,1"], "did you mean 'time_ms'"),
        ("time_s", ["0.1", "0.2"], "expected a column per unit"),
        ("time_s,unit", [f"{30_000 * t:.0f},{u}" for t, u in zip(TIME, UNIT, strict=True)], "whole numbers"),
        ("time_s,a", [f"{i},{i % 7}" for i in range(40)], "numbers of frames, or milliseconds"),
    ],
)
def test_what_cannot_be_right_is_refused(tmp_path, header, rows, words):
    with pytest.raises(DatasetError, match=words):
        read_table(write(tmp_path, header, rows), bin_s=0.1)


def test_samples_are_read_where_the_caller_says_so(tmp_path):
    rows = [f"{30_000 * t:.0f},{u}" for t, u in zip(TIME, UNIT, strict=True)]
    found = read_recording(write(tmp_path, "time_s,unit", rows), bin_s=0.5, tick_s=1 / 30_000)
    np.testing.assert_array_equal(found.values.sum((0, 1)), TOTALS)
    frames = [f"{i},{i % 7}" for i in range(40)]
    assert read_table(write(tmp_path, "time_s,a", frames), tick_s=1.0).bin_s == 1.0


def test_frames_of_counts_are_counts_as_those_of_arrays_are(tmp_path):
    counts = RNG.poisson(1.0, (30, 2))
    rows = [f"{0.1 * k:.1f},{a},{b}" for k, (a, b) in enumerate(counts)]
    of_table = read_recording(write(tmp_path, "time_s,a,b", rows))
    np.savez(tmp_path / "t.npz", counts=counts, time_s=0.1 * np.arange(30))
    of_array = read_recording(tmp_path / "t.npz")
    assert of_table.counts
    assert of_array.counts
    np.testing.assert_array_equal(of_table.values, of_array.values)
    assert not read_recording(write(tmp_path, "time_s,a,b", [*rows, "3.0,0.5,1"])).counts


def test_a_width_that_the_times_contradict_is_refused_and_events_need_one(tmp_path):
    path = write(tmp_path, "time_s,a", [f"{k / 30:.6f},{k % 7}" for k in range(40)])
    assert read_table(path, bin_s=0.0333).bin_s == pytest.approx(1 / 30, rel=1e-4)
    with pytest.raises(DatasetError, match=r"0\.0333333 s apart, got bin_s=0\.1; leave bin_s out"):
        read_table(path, bin_s=0.1)
    with pytest.raises(DatasetError, match="width of a bin"):
        read_recording(write(tmp_path, "time_s,unit", ["0.1,1", "0.2,2"]))
