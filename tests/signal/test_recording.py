"""Recordings: validation, slicing by time, and files."""

from itertools import pairwise

import numpy as np
import pytest

from brainwright.signal import Recording


def example(seed: int = 0, n: int = 500, start_s: float = 2.0, stop_s: float = 3.0) -> Recording:
    rng = np.random.default_rng(seed)
    time_s = np.round(rng.uniform(start_s, stop_s - 1e-3, n), 3)
    return Recording(rng.integers(0, 4, n), rng.integers(0, 8, n), time_s, 4, 8, start_s, stop_s)


def test_counts_and_rates():
    r = Recording([0, 0, 1], [2, 2, 1], [0.0, 0.3, 1.9], n_dishes=2, n_channels=3, start_s=0.0, stop_s=2.0)
    assert r.counts().tolist() == [[0, 0, 2], [0, 1, 0]]
    assert r.rate_hz()[0, 2] == 1.0
    assert r.duration_s == 2.0
    assert len(r) == 3


def test_silence_has_a_rate_of_zero():
    r = Recording([], [], [], n_dishes=2, n_channels=3, start_s=0.0, stop_s=1.0)
    assert r.rate_hz().shape == (2, 3)
    assert r.rate_hz().sum() == 0


def test_parts_in_time_and_by_dish_add_up():
    r = example()
    edges = [2.0, 2.1, 2.1 + 0.2, 2.9, 3.0]
    parts = [r.between(a, b) for a, b in pairwise(edges)]
    assert sum(len(p) for p in parts) == len(r)
    joined = Recording.concatenate(parts)
    assert (joined.counts() == r.counts()).all()
    assert (joined.start_s, joined.stop_s) == (2.0, 3.0)
    for i in range(4):
        assert (r.of_dish(i).counts()[0] == r.counts()[i]).all()


def test_a_rounded_edge_loses_and_doubles_nothing():
    spikes = np.arange(100) * 0.08  # 3 * 0.08 is not 0.24
    r = Recording(np.zeros(100, int), np.zeros(100, int), spikes, 1, 1, 0.0, 8.0)
    for i in range(99):
        assert len(r.between(0.08 * i, 0.08 * (i + 1) + 1e-17)) == 1
        assert len(r.between(0.08 * i + 4e-10, 0.08 * (i + 1) - 4e-10)) == 1


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"dish": [0, 1]}, "one length"),
        ({"dish": [2]}, "0 <= dish < n_dishes = 2"),
        ({"channel": [-1]}, "0 <= channel < n_channels = 3"),
        ({"time_s": [1.0]}, r"every time_s in \[0.0, 1.0\)"),
        ({"time_s": [np.nan]}, "every time_s"),
        ({"stop_s": 0.0}, "start_s < stop_s"),
        ({"n_dishes": 0}, "n_dishes >= 1"),
        ({"dish": [0.5]}, "whole numbers in dish"),
        ({"time_s": [[0.5]]}, "shape"),
    ],
)
def test_impossible_events_are_refused(fields, message):
    good = dict(dish=[1], channel=[0], time_s=[0.5], n_dishes=2, n_channels=3, start_s=0.0, stop_s=1.0)
    Recording(**good)
    with pytest.raises(ValueError, match=message):
        Recording(**(good | fields))


def test_gaps_and_foreign_dishes_are_not_joined():
    a, b = example(), example(start_s=3.5, stop_s=4.0)
    with pytest.raises(ValueError, match=r"starts at 3.0 s, got one at 3.5"):
        Recording.concatenate([a, b])
    other = Recording([], [], [], n_dishes=1, n_channels=8, start_s=3.0, stop_s=4.0)
    with pytest.raises(ValueError, match="4 dishes"):
        Recording.concatenate([a, other])
    with pytest.raises(ValueError, match="at least one"):
        Recording.concatenate([])


def test_a_part_that_was_not_recorded_is_refused():
    with pytest.raises(ValueError, match="between"):
        example().between(2.5, 3.5)
    with pytest.raises(IndexError, match="index < 4"):
        example().of_dish(4)


def test_columns_are_read_only_and_the_callers_array_stays_writable():
    time_s = np.array([0.1])
    r = Recording([0], [0], time_s, 1, 1, 0.0, 1.0)
    with pytest.raises(ValueError, match="read-only"):
        r.time_s[0] = 5.0
    assert time_s.flags.writeable


def test_files_come_back_equal_and_foreign_files_are_refused(tmp_path):
    r = example()
    r.save(tmp_path / "r.npz")
    assert [p.name for p in tmp_path.iterdir()] == ["r.npz"]
    back = Recording.load(tmp_path / "r.npz")
    for name in ("dish", "channel", "time_s"):
        assert (getattr(back, name) == getattr(r, name)).all()
    assert (back.n_dishes, back.n_channels, back.start_s, back.stop_s) == (4, 8, 2.0, 3.0)
    np.savez(tmp_path / "other.npz", x=1)
    with pytest.raises(ValueError, match="expected spike times"):
        Recording.load(tmp_path / "other.npz")
