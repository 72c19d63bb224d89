"""The tick engine: the grid of deadlines, what happens to missed ticks, and that virtual time is exact."""

import gc
import tracemalloc

import numpy as np
import pytest
from clocks import ScriptedClock
from scripted import Echo

from brainwright.loop import Tick, quiet_memory, run_ticks
from brainwright.tissue import (
    CultureParameters,
    DeadlineMissed,
    Paced,
    SimulatedCulture,
    StimulusPlan,
    VirtualClock,
    WallClock,
    usable_channels,
)

SMALL = CultureParameters(n_neurons=64)
PERIOD_S = 0.01


class Follower:
    """Pulses the usable channel that was loudest, as soon as it may."""

    def __init__(self, tissue, ahead_s=0.0):
        self.tissue, self.ahead_s = tissue, ahead_s
        self.usable = np.array(usable_channels())
        self.ticks = []

    def decide(self, tick):
        self.ticks.append(tick)
        loudest = tick.heard.counts()[:, self.usable].argmax(axis=1)
        dish = np.arange(tick.heard.n_dishes)
        return StimulusPlan.biphasic(dish, self.usable[loudest], self.tissue.now_s() + self.ahead_s)

    def decide_cheaply(self, tick):
        self.ticks.append(tick._replace(index=-tick.index))


class Silent:
    def __init__(self):
        self.ticks = []

    def decide(self, tick):
        self.ticks.append(tick)


def paced(delays=None, **options):
    return Paced(Echo(n_dishes=1), ScriptedClock(delays), **options)


def same(one, other):
    return all(np.array_equal(getattr(one, n), getattr(other, n)) for n in ("dish", "channel", "time_s"))


def test_virtual_time_is_bit_identical_to_reading_and_writing_by_hand():
    def culture():
        return SimulatedCulture([3, 4], SMALL)

    runs = []
    for tissue in (culture(), culture(), Paced(culture(), VirtualClock())):
        controller = Follower(tissue)
        log = run_ticks(tissue, controller, period_s=PERIOD_S, n_ticks=60)
        runs.append((log, [t.heard for t in controller.ticks], tissue.ledger.table()))
    by_hand, heard = culture(), []
    controller = Follower(by_hand)
    for k in range(60):
        heard.append(by_hand.read(PERIOD_S))
        by_hand.write(controller.decide(Tick(k, (k + 1) * PERIOD_S, 0.0, heard[-1])))
    for log, said, table in runs:
        assert all(map(same, said, heard))
        assert all(np.array_equal(table[name], column) for name, column in by_hand.ledger.table().items())
        assert np.array_equal(log.rows[:, :6], runs[0][0].rows[:, :6], equal_nan=True)
    assert len(by_hand.ledger.table()["dish"]) == 2 * 59  # the last tick's pulses are still queued


def test_in_virtual_time_nothing_is_late():
    tissue = Echo(n_dishes=1)
    log = run_ticks(tissue, Follower(tissue), period_s=PERIOD_S, n_ticks=20)
    assert np.abs(log.late_s).max() < 1e-12
    assert not log.missed.any()
    assert log.summary()["drift_s"] == pytest.approx(0, abs=1e-12)


def test_lateness_is_not_handed_on():
    tissue = paced({3: 0.004})
    log = run_ticks(tissue, Silent(), period_s=PERIOD_S, n_ticks=8, present_s=tissue.present_s)
    assert log.late_s == pytest.approx([0, 0, 0, 0.004, 0, 0, 0, 0])
    assert log.column("due_s") == pytest.approx(PERIOD_S * np.arange(1, 9))
    assert not log.missed.any()


def test_skip_leaves_missed_ticks_out_and_loses_nothing_that_was_said():
    tissue = paced({2: 0.034})
    controller = Silent()
    log = run_ticks(tissue, controller, period_s=PERIOD_S, n_ticks=8, present_s=tissue.present_s)
    assert np.flatnonzero(log.missed).tolist() == [2, 3, 4]
    assert [t.index for t in controller.ticks] == [0, 1, 5, 6, 7]
    joined = controller.ticks[2].heard
    assert (joined.start_s, joined.stop_s) == pytest.approx((0.02, 0.06))
    assert log.late_s[2:7] == pytest.approx([0.034, 0.024, 0.014, 0.004, 0])


def test_degrade_asks_for_the_cheap_answer():
    tissue = paced({2: 0.024})
    controller = Follower(tissue)
    log = run_ticks(
        tissue, controller, period_s=PERIOD_S, n_ticks=6, present_s=tissue.present_s, miss="degrade"
    )
    assert [t.index for t in controller.ticks] == [0, 1, -2, -3, 4, 5]
    assert np.isnan(log.column("requested_s")[2:4]).all()


def test_abort_stops_the_tissue():
    tissue = paced({2: 0.024})
    controller = Follower(tissue, ahead_s=0.5)
    with pytest.raises(DeadlineMissed, match=r"tick 2 was entered 24\.0 ms after"):
        run_ticks(tissue, controller, period_s=PERIOD_S, n_ticks=6, present_s=tissue.present_s, miss="abort")
    assert tissue.tissue.plans == []


def test_a_controller_that_raises_stops_the_tissue():
    class Broken(Follower):
        def decide(self, tick):
            if tick.index == 2:
                raise ZeroDivisionError
            return super().decide(tick)

    tissue = Echo(n_dishes=1)
    with pytest.raises(ZeroDivisionError):
        run_ticks(tissue, Broken(tissue, 0.5), period_s=PERIOD_S, n_ticks=6)
    assert tissue.plans == []


def test_a_late_plan_is_flagged_or_dropped_and_never_back_dated():
    class Slow(Follower):
        def decide(self, tick):
            plan = super().decide(tick)
            clock.spend(0.001 if tick.index % 2 else 0.003)
            return plan

    clock = ScriptedClock()
    tissue = Paced(SimulatedCulture([1], SMALL), clock, max_late_s=0.002)
    log = run_ticks(tissue, Slow(tissue), period_s=PERIOD_S, n_ticks=20, present_s=tissue.present_s)
    odd = np.arange(20) % 2 == 1
    late_s = log.column("scheduled_s") - log.column("requested_s")
    assert np.isfinite(log.column("requested_s")).all()
    assert np.isnan(log.column("admitted_s")[~odd]).all()
    assert late_s[odd] == pytest.approx(0.001)
    assert (log.column("scheduled_s") >= log.column("admitted_s") - 1e-12)[odd].all()
    assert log.column("delivered_s")[odd][:-1] == pytest.approx(log.column("scheduled_s")[odd][:-1])
    assert len(tissue.ledger.table()["dish"]) == 9  # ten asked for in time, the last of them still queued


def test_deliveries_are_looked_up_and_cancelled_ones_are_not_invented():
    class StopsOnce(Follower):
        def decide(self, tick):
            plan = super().decide(tick)
            if tick.index == 5:
                self.tissue.stop()  # cancels what tick 4 asked for
            return plan

    tissue = SimulatedCulture([1], SMALL)
    log = run_ticks(tissue, StopsOnce(tissue, ahead_s=0.015), period_s=PERIOD_S, n_ticks=10)
    delivered = np.isfinite(log.column("delivered_s"))
    assert delivered.tolist() == [True] * 4 + [False] + [True] * 3 + [False] * 2
    assert log.answer_s[delivered] == pytest.approx(0.015)


def test_unpaced_tissue_on_a_wall_clock_is_refused():
    tissue = Echo(n_dishes=1)
    with pytest.raises(ValueError, match="wrap simulated tissue"):
        run_ticks(tissue, Silent(), period_s=0.1, n_ticks=5, present_s=WallClock().now_s)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"period_s": 0.0}, "period_s above zero"),
        ({"n_ticks": 0}, "n_ticks of 1"),
        ({"miss": "ignore"}, "skip, degrade, abort"),
        ({"miss": "degrade"}, "decide_cheaply"),
    ],
)
def test_wrong_use_is_refused(wrong, words):
    options = {"period_s": PERIOD_S, "n_ticks": 5, **wrong}
    with pytest.raises(ValueError, match=words):
        run_ticks(Echo(), Silent(), **options)


def test_in_wall_time_no_tick_is_early_and_deadlines_are_absolute():
    clock = WallClock()
    culture = SimulatedCulture([1], SMALL, cells=False)
    culture.read(0.001)  # compile
    tissue = Paced(culture, clock)
    start_s = clock.now_s()
    log = run_ticks(tissue, Silent(), period_s=0.002, n_ticks=100, present_s=tissue.present_s)
    assert (log.late_s > -1e-9).all()
    assert clock.now_s() - start_s >= 0.2
    assert np.diff(log.column("due_s")) == pytest.approx(0.002)


def test_the_hot_path_neither_collects_nor_grows():
    collections, n = [], 3_000
    seen, sizes = np.zeros(n, int), np.zeros(n, int)

    def count(phase, info):
        collections.append(phase)

    class Watch(Silent):
        def decide(self, tick):
            seen[tick.index] = len(collections)
            sizes[tick.index] = tracemalloc.get_traced_memory()[0]

    gc.callbacks.append(count)
    tracemalloc.start()
    try:
        run_ticks(Echo(n_dishes=1), Watch(), period_s=0.001, n_ticks=n)
    finally:
        tracemalloc.stop()
        gc.callbacks.remove(count)
    assert seen[-1] == seen[0]
    assert sizes[-1] - sizes[100] < 20_000  # bytes, in 2,900 ticks
    assert gc.isenabled()


def test_quiet_memory_leaves_a_disabled_collector_disabled():
    gc.disable()
    try:
        with quiet_memory():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
