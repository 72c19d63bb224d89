"""Binning: agrees with counting by hand, whatever the windows."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from brainwright.signal import Frames, Recording, bin_counts
from brainwright.signal.frames import edges_to_windows


@st.composite
def cases(draw):
    """Spikes and windows as whole milliseconds, so that counting by hand is exact."""
    spikes = draw(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 3), st.integers(0, 199)), max_size=40))
    starts = draw(st.lists(st.tuples(st.integers(0, 190), st.integers(1, 9)), min_size=1, max_size=6))
    return spikes, [(a, a + length) for a, length in starts]


@given(cases(), st.floats(-1e-9, 1e-9), st.integers(0, 100_000))
def test_counts_agree_with_counting_by_hand(case, jitter_s, offset_ms):
    spikes, windows_ms = case
    dish, channel, ms = np.array(spikes or np.empty((0, 3)), int).T
    time_s = (ms + offset_ms) * 1e-3 + jitter_s
    r = Recording(dish, channel, time_s, 3, 4, offset_ms * 1e-3 - 1e-9, (offset_ms + 200) * 1e-3)
    frames = bin_counts(r, (np.array(windows_ms) + offset_ms) / 1000)
    expected = np.zeros((3, len(windows_ms), 4), int)
    for d, c, t in spikes:
        for w, (start, stop) in enumerate(windows_ms):
            expected[d, w, c] += start <= t < stop
    assert (frames.counts == expected).all()


def test_adjoining_windows_partition_the_spikes():
    rng = np.random.default_rng(1)
    r = Recording(rng.integers(0, 2, 999), rng.integers(0, 5, 999), rng.random(999), 2, 5, 0.0, 1.0)
    frames = bin_counts(r, edges_to_windows(np.arange(11) * 0.1))
    assert (frames.counts.sum(axis=1) == r.counts()).all()
    assert np.allclose(frames.rate_hz().mean(axis=1), r.rate_hz())


def test_the_start_belongs_to_the_window_and_the_stop_does_not():
    r = Recording([0, 0], [0, 0], [0.24, 0.32], 1, 1, 0.0, 1.0)
    assert bin_counts(r, [[3 * 0.08, 4 * 0.08]]).counts.tolist() == [[[1]]]  # 3 * 0.08 > 0.24


def test_windows_outside_the_recording_are_refused():
    r = Recording([], [], [], 1, 1, 0.0, 1.0)
    with pytest.raises(ValueError, match="record longer"):
        bin_counts(r, [[0.5, 1.5]])
    with pytest.raises(ValueError, match="start < stop"):
        bin_counts(r, [[0.5, 0.5]])
    with pytest.raises(ValueError, match="shape"):
        bin_counts(r, [0.1, 0.2])
    with pytest.raises(ValueError, match="two edges"):
        edges_to_windows([0.1])
    with pytest.raises(ValueError, match="counts of shape"):
        Frames(np.zeros((1, 2, 3)), [[0.0, 1.0]])
