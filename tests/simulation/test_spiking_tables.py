"""Constants, wiring tables, stimuli and the synthetic brain: closed forms and errors."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from brainwright.simulation.engine import (
    LIFParameters,
    SpikingEngine,
    Wiring,
    memory_estimate_bytes,
    poisson_events,
)
from brainwright.simulation.engine import wiring as wiring_module
from brainwright.simulation.engine.parameters import propagator
from brainwright.simulation.engine.switch import LAZY, SWEEP, Cheaper, Window
from brainwright.simulation.engine.words import as_words


def test_published_constants_in_steps():
    p = LIFParameters()
    assert (p.delay_steps, p.refractory_steps, p.threshold_mV - p.rest_mV) == (18, 22, 7.0)
    assert p.kick_mV == 250 * p.weight_mV
    assert p.peak_share == pytest.approx(4 ** (-4 / 3), rel=1e-12)
    em, es, c = propagator(p)
    assert c == pytest.approx((em - es) / 3, rel=1e-12)


@pytest.mark.parametrize(
    ("dt_ms", "delay", "refractory"), [(0.25, 7, 8), (0.4, 5, 5), (0.5, 4, 4), (0.2, 9, 11)]
)
def test_times_that_are_no_whole_steps_become_steps_as_in_brian2(dt_ms, delay, refractory):
    """Delays to the nearest step, halves upwards; of a refractory time the whole steps only."""
    p = LIFParameters(dt_s=dt_ms * 1e-3)
    assert (p.delay_steps, p.refractory_steps) == (delay, refractory)
    wiring = Wiring.from_edges([0], [1], [1], 2, delay_s=np.array([p.delay_s]))
    assert SpikingEngine(wiring, p).delay_steps.tolist() == [delay]


@given(tau_m=st.floats(1e-3, 0.1), tau_s=st.floats(1e-3, 0.1), v=st.floats(-20, 7), g=st.floats(-50, 200))
@settings(max_examples=60, deadline=None)
def test_peak_bound_is_never_exceeded(tau_m, tau_s, v, g):
    p = LIFParameters(tau_m_s=tau_m, tau_s_s=tau_s)
    em, es, c = propagator(p)
    bound, highest = max(v, 0) + p.peak_share * max(g, 0), v
    for _ in range(3000):
        v, g = v * em + g * c, g * es
        highest = max(highest, v)
    assert highest <= bound * (1 + 1e-6) + 1e-9


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"dt_s": 2e-3}, r"dt_s = 0.002 is larger than delay_s = 0.0018"),
        ({"dt_s": 6e-3, "delay_s": 1e-2}, "larger than a time constant"),
        ({"dt_s": -1.0}, "dt_s: expected a positive number of seconds"),
        ({"refractory_s": -1e-3}, "refractory_s: expected seconds >= 0"),
        ({"threshold_mV": -53.0}, "threshold_mV: expected above rest"),
        ({"reset_mV": -40.0}, "threshold_mV: expected above rest"),
        ({"weight_mV": float("nan")}, "weight_mV: expected a finite number"),
        ({"weight_mV": -0.2}, "signs belong to the wiring"),
    ],
)
def test_constants_without_meaning_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        LIFParameters(**change)


def test_durations_are_whole_steps():
    assert LIFParameters().steps(1.0) == 10_000
    assert LIFParameters().steps(0.3) == 3000
    with pytest.raises(ValueError, match="whole number of steps"):
        LIFParameters().steps(0.00015)
    with pytest.raises(ValueError, match="seconds >= 0"):
        LIFParameters().steps(-1)


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_tables_hold_the_given_edges_in_any_order(data):
    n = data.draw(st.integers(1, 12))
    size = data.draw(st.integers(0, 40))
    rng = np.random.default_rng(data.draw(st.integers(0, 999)))
    pre, post = rng.integers(0, n, (2, size))
    count = rng.integers(-400, 400, size)
    delay = rng.choice([1e-3, 2e-3, 3e-3], size) if data.draw(st.booleans()) else None
    if data.draw(st.booleans()):
        pre = np.sort(pre)
    made = Wiring.from_edges(pre, post, count, n, delay_s=delay)
    got = sorted(zip(*(x.tolist() for x in made.edges()[:3]), strict=True))
    assert got == sorted(zip(pre.tolist(), post.tolist(), count.tolist(), strict=True))
    assert made.out_degree.tolist() == np.bincount(pre, minlength=n).tolist()
    if delay is not None and size:
        triples = zip(pre.tolist(), post.tolist(), delay.tolist(), strict=True)
        got = zip(*(x.tolist() for x in (made.edges()[0], made.edges()[1], made.edges()[3])), strict=True)
        assert sorted(triples) == sorted(got)


def test_counts_keep_their_value_in_the_narrowest_type():
    def weight(count):
        return Wiring.from_edges([0], [1], count, 2).weight

    assert weight(np.array([-300], np.int64)).dtype == np.int16
    assert weight(np.array([70_000], np.int64)).dtype == np.int32
    assert weight(np.array([2**40], np.int64)).tolist() == [2.0**40]
    assert weight(np.array([0.5], np.float32)).tolist() == [0.5]


@pytest.mark.parametrize(
    ("edges", "error", "message"),
    [
        (([0], [5], [1]), ValueError, "post: expected indices from 0 to 2, got 5"),
        (([-1], [1], [1]), ValueError, "pre: expected indices from 0 to 2, got -1"),
        (([0.0], [1], [1]), TypeError, "pre: expected integer indices"),
        (([0, 1], [1], [1]), ValueError, "one length"),
        (([0], [1], [np.nan]), ValueError, "finite numbers"),
    ],
)
def test_edges_that_cannot_be_are_refused(edges, error, message):
    with pytest.raises(error, match=message):
        Wiring.from_edges(*(np.array(x) for x in edges), 3)


def test_delay_below_the_step_is_refused():
    wiring = Wiring.from_edges([0], [1], [1], 2, delay_s=np.array([5e-5]))
    with pytest.raises(ValueError, match="larger than the shortest delay of the wiring"):
        SpikingEngine(wiring)
    with pytest.raises(ValueError, match="positive numbers of seconds"):
        Wiring.from_edges([0], [1], [1], 2, delay_s=np.array([0.0]))


def test_memory_is_estimated_before_it_is_taken(monkeypatch):
    estimate = memory_estimate_bytes(138_639, 15_091_983)
    assert 100e6 < estimate < 200e6
    monkeypatch.setattr(wiring_module, "available_memory_bytes", lambda: 10)
    with pytest.raises(MemoryError, match=r"need about \d+ MiB, but 0 MiB are free"):
        Wiring.from_edges([0], [1], [1], 2)


def test_poisson_events_have_the_rate_and_are_independent():
    p, neurons, rate = LIFParameters(), np.array([9, 2, 5]), 300.0
    events = poisson_events(neurons, rate, 200_000, p, np.random.default_rng(0))
    assert (np.diff(events[:, 0]) >= 0).all()
    for neuron in neurons:
        step = events[events[:, 1] == neuron, 0]
        assert np.unique(step).size == step.size  # at most one event per step
        assert abs(step.size - 6000) < 5 * np.sqrt(6000)
    gaps = np.diff(events[events[:, 1] == 2, 0])
    observed = np.bincount(gaps, minlength=200)[1:60]
    expected = gaps.size * stats.geom(0.03).pmf(np.arange(1, 60))
    assert (
        stats.chisquare(
            np.r_[observed, gaps.size - observed.sum()], np.r_[expected, gaps.size - expected.sum()]
        ).pvalue
        > 1e-4
    )
    together = np.unique(events[:, 0], return_counts=True)[1]
    assert 0.7 < (together == 2).sum() / (3 * 0.03**2 * 0.97 * 200_000) < 1.3


def test_poisson_extremes():
    p, rng = LIFParameters(), np.random.default_rng(0)
    assert poisson_events(np.array([1]), 0.0, 100, p, rng).shape == (0, 2)
    assert poisson_events(np.array([1, 2]), 10_000.0, 100, p, rng).shape == (200, 2)
    for rate in (-1.0, 10_001.0, float("nan")):
        with pytest.raises(ValueError, match="rate_hz: expected from 0 to one event per step"):
            poisson_events(np.array([1]), rate, 100, p, rng)


def test_switch_prefers_the_cheaper_mode_and_learns_from_the_clock():
    quiet = Window(LAZY, 250, 250 * 300, 250 * 70, 138_639, 0)
    assert Cheaper().next_mode(quiet._replace(nanoseconds=int(3.5 * 250 * 300 + 6 * 250 * 70))) == LAZY
    busy = Window(LAZY, 250, 250 * 50_000, 250 * 7000, 138_639, int(250 * (3.5 * 50_000 + 6 * 7000)))
    assert Cheaper().next_mode(busy) == SWEEP
    slow_machine = quiet._replace(nanoseconds=10 * 250 * int(3.5 * 300 + 6 * 70))
    assert Cheaper().next_mode(slow_machine) == LAZY, "slower in both modes is no reason to change"
    slow_sweep = Cheaper()
    mode = slow_sweep.next_mode(busy)
    for _ in range(6):  # the sweep turns out to take five times as long as modelled
        mode = slow_sweep.next_mode(busy._replace(mode=SWEEP, nanoseconds=5 * 250 * 150_000))
        if mode == LAZY:
            break
    assert mode == LAZY


@pytest.mark.parametrize(
    ("counts", "n", "width"),
    [
        (np.array([-32768, 32767, 0, 5], np.int16), 2**16, 4),
        (np.array([-32768, 32767, 0, 5], np.int16), 2**16 + 1, 8),  # one bit too many for a short word
        (np.array([3, 3, 3, 3], np.int16), 2**31 - 1, 4),
        (np.array([-(2**31), 2**31 - 1, 7, 7], np.int32), 9, 8),
        (np.array([0.1, -2.5, 1e300, 0.1]), 2**31 - 1, 8),
    ],
)
def test_words_hold_targets_and_counts(counts, n, width):
    post = np.array([n - 1, 0, n // 2, 1])
    made = Wiring.from_edges(np.zeros(4, int), post, counts, n) if n < 2**20 else None
    found = made.words if made else as_words(post.astype(np.uint32), counts, n)
    assert found.word.itemsize == width
    assert (found.word >> found.bits).tolist() == post.tolist()
    assert found.table[found.word & found.mask].tolist() == counts.tolist()


def test_long_words_deliver_what_short_ones_do():
    """Counts as floats do not fit short words; the spikes and the state are those of whole counts."""
    rng = np.random.default_rng(3)
    pre, post = rng.integers(0, 50, (2, 900))
    count, kicks = rng.integers(-20, 60, 900), rng.integers(0, [200, 50], (80, 2))
    for mode in ("lazy", "sweep"):
        engines = [SpikingEngine(Wiring.from_edges(pre, post, c, 50)) for c in (count, count.astype(float))]
        assert [engine.wiring.words.word.itemsize for engine in engines] == [4, 8]
        (short, end), (long, other) = (engine.run(400, kicks=kicks, mode=mode) for engine in engines)
        assert len(short.neuron) > 200
        assert np.array_equal(short.key(), long.key())
        assert np.array_equal(end.amplitude, other.amplitude)
