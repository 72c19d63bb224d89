"""From times to bins: edges, clocks that drift or skip, and times that are no seconds. Neighbours of faults
that users of elephant (196), SpikeInterface (PR 4654), neuroconv (712), nwbinspector (PR 683) reported."""

import numpy as np
import pytest

from brainwright.datasets.activity import from_events, from_traces
from brainwright.datasets.bins import average, count
from brainwright.datasets.errors import DatasetError
from brainwright.datasets.frames import cut, places
from brainwright.signal import Recording, bin_counts
from brainwright.signal.clock import bin_of, whole_bins
from brainwright.signal.seconds import why_no_seconds


@pytest.mark.parametrize("bin_s", [0.1, 0.02, 0.08, 1 / 30, 0.001, 0.7])
@pytest.mark.parametrize("start_s", [0.0, 0.3, 1e4, 1.7e9])
def test_a_spike_at_each_edge_counts_once_in_every_reader(bin_s, start_s):
    """k bin lies in [k bin, (k + 1) bin) by decimal arithmetic, however it was rounded."""
    n = 200
    times = start_s + np.arange(n) * bin_s
    np.testing.assert_array_equal(bin_of(times, start_s, bin_s), np.arange(n))
    assert whole_bins(start_s, start_s + n * bin_s, bin_s) == n
    np.testing.assert_array_equal(count([times], np.array([start_s]), bin_s, n)[0, :, 0], 1)
    if start_s < 1e9:  # recordings begin near 0
        found = from_events(times, np.zeros(n, int), bin_s=bin_s, start_s=start_s, stop_s=start_s + n * bin_s)
        np.testing.assert_array_equal(found.values[0, :, 0], 1)
        zeros = np.zeros(n, np.int32)
        whole = Recording(zeros, zeros, times, 1, 1, start_s, start_s + n * bin_s)
        edges = start_s + np.arange(n + 1) * bin_s
        np.testing.assert_array_equal(bin_counts(whole, np.column_stack([edges[:-1], edges[1:]])).counts, 1)


def test_every_spike_is_counted_once_against_exact_arithmetic():
    """Times in whole microseconds: integer division is the authority."""
    microseconds = np.sort(np.random.default_rng(0).integers(0, 10**7, 4000))
    for width in (1_000, 20_000, 33_000, 100_000):
        n = 10**7 // width
        exact = np.bincount(microseconds // width, minlength=n + 1)[:n]
        np.testing.assert_array_equal(
            count([microseconds * 1e-6], np.zeros(1), width * 1e-6, n)[0, :, 0], exact
        )


def test_trials_have_bins_of_their_own():
    """A trial that begins between two bins of the recording loses no spike to its neighbour."""
    values = count([np.array([1.03, 1.06, 1.11, 1.27, 1.34])], np.array([1.03, 1.24]), 0.1, 2)
    assert values[:, :, 0].tolist() == [[3, 0], [1, 1]]


def frames(rate_hz=30.0, n=3_000, digits=3, drop=()):
    time_s = np.round(np.arange(n) / rate_hz, digits)
    return np.delete(time_s, list(drop))


def test_rounded_frame_times_do_not_drift():
    step_s, place = places(frames(n=18_000))
    assert step_s == pytest.approx(1 / 30, rel=1e-6)  # their median is 0.033
    np.testing.assert_array_equal(place, np.arange(18_000))


def test_frames_that_were_left_out_are_missing_and_move_no_other():
    dropped = [5, 400, 401, 402, 1_999]
    time_s = frames(drop=dropped)
    values = np.stack([np.delete(np.arange(3_000.0), dropped), time_s], 1)
    found = from_traces(time_s, values).values[0]
    assert np.flatnonzero(np.isnan(found[:, 0])).tolist() == dropped
    there = ~np.isnan(found[:, 0])
    np.testing.assert_array_equal(found[there, 0], np.flatnonzero(there))


def test_a_rate_that_changes_on_the_way_is_refused():
    time_s = np.concatenate([np.arange(300) / 30, 10 + np.arange(300) / 25])
    with pytest.raises(DatasetError, match="their rate changed"):
        from_traces(time_s, np.random.default_rng(0).random((600, 2)))


def test_trials_of_frames_are_cut_by_their_own_times():
    time_s = frames(drop=[310])
    values = time_s[:, None]
    begins = np.array([5.0, 10.01, 33.3])
    _, found = cut(time_s, values, begins, begins + 1.0)
    assert found.shape[1] in (29, 30)
    for begin, trial in zip(begins, found[:, :, 0], strict=True):
        known = trial[np.isfinite(trial)]
        assert (known >= begin - 1e-7).all()
        assert (known < begin + 1 + 1e-3).all()
    assert np.isnan(found[1]).sum() == 1  # the frame that was left out, at its place
    assert np.isnan(found[1, 9, 0])
    with pytest.raises(DatasetError, match="within frames"):
        cut(time_s, values, np.array([99.9]), np.array([100.9]))


def test_averages_take_each_frame_by_its_time():
    time_s, values = np.array([0.0, 0.4, 0.9, 1.1, 3.2]), np.array([[1.0], [3.0], [np.nan], [5.0], [7.0]])
    means = average(time_s, values, np.zeros(1), 1.0, 4)[0, :, 0]
    np.testing.assert_array_equal(means, [2.0, 5.0, np.nan, 7.0])


def poisson(rate_hz, seconds, seed=0, refractory_s=0.002):
    rng = np.random.default_rng(seed)
    gaps = refractory_s + rng.exponential(1 / rate_hz, int(3 * rate_hz * seconds) + 20)
    times = np.cumsum(gaps)
    return times[times < seconds]


@pytest.mark.parametrize(
    ("trains", "words"),
    [
        ([np.round(poisson(5, 60) * 30_000)], "whole numbers"),  # samples
        ([np.round(poisson(5, 60) * 1_000)], "whole numbers"),  # whole milliseconds
        ([poisson(8, 60, s) * 1_000 for s in range(4)], "milliseconds"),
        ([poisson(30, 5, s) * 1_000 for s in range(4)], "milliseconds"),
        ([poisson(0.5, 600, s) * 1_000 for s in range(4)], "milliseconds"),
        ([np.array([0.5, 9e9])], "no time in seconds"),
    ],
)
def test_samples_and_milliseconds_give_themselves_away(trains, words):
    assert words in (why_no_seconds(trains) or "nothing")


@pytest.mark.parametrize(
    "trains",
    [
        [],
        [np.array([1.0, 2.0, 3.0])],  # too few to say
        [np.arange(0.5, 60, 1.0)],  # paced
        [np.arange(1, 99) * 0.1],
        [poisson(0.02, 3_600, s) for s in range(3)],  # sparse, an hour
        [poisson(2, 30_000)],  # a day's third
        [poisson(5, 60), np.zeros(0)],
    ],
)
def test_seconds_pass(trains):
    assert why_no_seconds(trains) is None
