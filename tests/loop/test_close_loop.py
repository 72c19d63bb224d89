"""The loop on a scripted tissue: times, windows, what a writer may know, and when it learns."""

import numpy as np
import pytest
from scripted import Echo

from brainwright.loop import (
    AFTER,
    EARLY,
    LATE,
    STIMULUS,
    Layout,
    MatchedWriter,
    OracleWriter,
    ReplayWriter,
    SilentWriter,
    Timing,
    close_loop,
    present,
)
from brainwright.tissue import usable_channels

K = 6


@pytest.fixture
def layout():
    return Layout.random([1, 2], K, usable_channels(), Timing())


def symbols(n, seed=0):
    return np.random.default_rng(seed).integers(0, K, (2, n))


class Spy:
    """Writes nothing and remembers everything."""

    def __init__(self):
        self.moments, self.learned = [], []

    def learn(self, heard):
        self.learned.append(len(heard))

    def channels(self, moment):
        self.moments.append(moment)
        return None


def test_symbols_have_disjoint_electrodes_of_their_own_in_every_dish(layout):
    for electrodes in layout.electrodes:
        assert len(np.unique(electrodes)) == electrodes.size
        assert set(electrodes.ravel()) <= set(usable_channels())
    assert not np.array_equal(layout.electrodes[0], layout.electrodes[1])


def test_too_many_symbols_are_refused():
    with pytest.raises(ValueError, match="60 channels, got 59"):
        Layout.random([1], 6, usable_channels(), Timing(), n_electrodes=10)


@pytest.mark.parametrize("wrong", [{"period_s": 0.02}, {"write_at_s": 0.005}])
def test_timing_that_reads_what_has_not_happened_is_refused(wrong):
    with pytest.raises(ValueError, match="must end"):
        Timing(**wrong)


def test_a_symbol_is_heard_in_the_early_window_and_a_write_in_the_after_window(layout):
    shown = symbols(5)
    heard = present(Echo(), layout, shown, OracleWriter(layout), targets=(shown + 1) % K)
    for dish in range(2):
        for t, symbol in enumerate(shown[dish]):
            own, wanted = layout.electrodes[dish, symbol], layout.electrodes[dish, (symbol + 1) % K]
            for window in (EARLY, STIMULUS):
                assert np.flatnonzero(heard.counts[dish, t, window]).tolist() == sorted(own)
            assert np.flatnonzero(heard.counts[dish, t, AFTER]).tolist() == sorted(wanted)
            assert heard.counts[dish, t, LATE].sum() == 0  # the write's direct spikes end before it
            assert heard.written[dish, t].tolist() == sorted(wanted)


def test_pulses_come_at_the_symbol_and_at_the_write_time(layout):
    tissue = Echo()
    shown = symbols(3)
    present(tissue, layout, shown, OracleWriter(layout), targets=shown)
    times = sorted({round(float(t), 6) for plan in tissue.plans for t in plan.time_s})
    assert times == [0.0, 0.008, 0.08, 0.088, 0.16, 0.168]


def test_a_writer_knows_the_past_and_the_target_only(layout):
    stream = symbols(31)
    other = stream.copy()
    other[:, 20:] = symbols(11, seed=9)
    seen = []
    for case in (stream, other):
        spy = Spy()
        close_loop(Echo(), layout, case, spy, record=10, block=10)
        seen.append(spy.moments)
    for t in range(9):  # the target of the tenth is already the first symbol that differs
        for name in ("history", "target", "previous", "early"):
            assert np.array_equal(getattr(seen[0][t], name), getattr(seen[1][t], name))
    spied = seen[0][4]
    assert np.array_equal(spied.history, np.stack([stream[:, 14], stream[:, 13]], 1))
    assert np.array_equal(spied.target, stream[:, 15])


def test_the_first_moment_remembers_the_recording(layout):
    stream, spy = symbols(12), Spy()
    heard = close_loop(Echo(), layout, stream, spy, record=6, block=5)
    assert np.array_equal(spy.moments[0].previous, heard.counts[:, 5, :2])
    assert np.array_equal(spy.moments[0].history[:, 1], stream[:, 5])


@pytest.mark.parametrize(("refit", "learned"), [(True, [10, 18, 26]), (False, [10])])
def test_learning_happens_before_every_block_or_once(layout, refit, learned):
    spy, blocks = Spy(), []
    heard = close_loop(
        Echo(), layout, symbols(31), spy, record=10, block=8, refit=refit, after_block=blocks.append
    )
    assert spy.learned == learned
    assert blocks == [8, 16, 20]
    assert len(heard) == 30


def test_steering_asks_for_another_symbol(layout):
    stream, spy = symbols(21), Spy()
    wanted = (stream[:, :-1] + 2) % K
    heard = close_loop(Echo(), layout, stream, spy, record=5, block=20, targets=wanted)
    assert np.array_equal(np.stack([m.target for m in spy.moments], 1), wanted[:, 5:])
    assert np.array_equal(heard.targets, wanted)


def test_writing_arms_deliver_the_same_charge(layout):
    stream, charges = symbols(31), {}
    for writer in (OracleWriter(layout), MatchedWriter(layout, usable_channels(), [1, 2])):
        tissue = Echo()
        heard = close_loop(tissue, layout, stream, writer, record=10, block=20)
        charges[type(writer).__name__] = sum(np.abs(p.charge_nC).max(1).sum() for p in tissue.plans)
    replayed = Echo()
    yoked = ReplayWriter(np.roll(heard.written[:, 10:], 1, axis=0))
    close_loop(replayed, layout, stream, yoked, record=10, block=20)
    charges["yoked"] = sum(np.abs(p.charge_nC).max(1).sum() for p in replayed.plans)
    assert len({round(c, 6) for c in charges.values()}) == 1


def test_silence_writes_nothing(layout):
    heard = close_loop(Echo(), layout, symbols(11), SilentWriter(), record=5, block=5)
    assert (heard.written == -1).all()
