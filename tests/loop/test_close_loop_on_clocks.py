"""The organoid's loop on clocks: the same in virtual time, on its grid and honest in wall time."""

import numpy as np
import pytest
from clocks import ScriptedClock
from scripted import Echo

from brainwright.loop import Layout, OracleWriter, Timing, close_loop
from brainwright.tissue import (
    CultureParameters,
    DeadlineMissed,
    Envelope,
    Guarded,
    Paced,
    SimulatedCulture,
    StimulusRefused,
    VirtualClock,
    WallClock,
    usable_channels,
)

K = 6
READS = 9  # steps of the clock in a period: 8 ms, then 72 ms in six tens and a rest, see `Paced.step_s`

LOOSE = Envelope(buckets=(), burst_pulses=10**6, queued_pulses=10**6)


@pytest.fixture
def layout():
    return Layout.random([1, 2], K, usable_channels(), Timing())


def symbols(n):
    return np.random.default_rng(0).integers(0, K, (2, n))


def taught(tissue, layout, n=12, **options):
    return close_loop(tissue, layout, symbols(n), OracleWriter(layout), record=4, block=4, **options)


def test_a_paced_culture_in_virtual_time_is_the_culture(layout):
    def culture():
        return SimulatedCulture([1, 2], CultureParameters(n_neurons=64))

    bare, paced = culture(), Paced(culture(), VirtualClock())
    one, other = taught(bare, layout), taught(paced, layout)
    for name in ("symbols", "targets", "counts", "written"):
        assert np.array_equal(getattr(one, name), getattr(other, name))
    for name, column in bare.ledger.table().items():
        assert np.array_equal(paced.ledger.table()[name], column)
    assert np.array_equal(bare.weights(0)[2], paced.tissue.weights(0)[2])


def test_the_same_job_runs_in_wall_time(layout):
    tissue = SimulatedCulture([1, 2], CultureParameters(n_neurons=64))
    tissue.read(0.01)  # compile
    clock = WallClock()
    began_s = clock.now_s()
    heard = taught(Paced(tissue, clock, max_late_s=0.5), layout, n=5)
    assert clock.now_s() - began_s >= 4 * 0.08
    table = tissue.ledger.table()
    assert len(table["dish"]) == 4 * 18
    assert (table["delivered_s"] >= table["requested_s"] - 1e-9).all()
    assert heard.counts.sum() > 0


class Counting(OracleWriter):
    asked = 0

    def channels(self, moment):
        self.asked += 1
        return super().channels(moment)


@pytest.mark.parametrize(("miss", "asked"), [("skip", 7), ("degrade", 6)])
def test_a_late_symbol_waits_for_the_next_period_and_the_grid_stays(layout, miss, asked):
    tissue = Echo()
    clock = ScriptedClock()
    clock.delays = {clock.waits + 6 * 8 - 1: 0.050}  # at the end of the sixth period
    paced = Paced(tissue, clock)
    writer = Counting(layout)
    heard = close_loop(paced, layout, symbols(12), writer, record=4, block=4, miss=miss)
    assert len(heard) == 11
    starts = sorted({round(float(t), 6) for plan in tissue.plans for t in plan.time_s})
    phase = np.array(starts) % 0.08
    assert np.isclose(phase % 0.08, 0, atol=1e-6).sum() + np.isclose(phase, 0.08, atol=1e-6).sum() == 11
    assert writer.asked == asked
    assert max(starts) > 11 * 0.08  # one period was listened to


def test_a_late_write_is_dropped_and_said_so(layout):
    class Slow(OracleWriter):
        calls = 0

        def channels(self, moment):
            self.calls += 1
            clock.spend(0.005 if self.calls == 3 else 0.001)
            return super().channels(moment)

    clock = ScriptedClock()
    heard = taught_with(Paced(Echo(), clock), layout, Slow(layout))
    dropped = (heard.written[:, 4:] == -1).all(axis=(0, 2))
    assert np.flatnonzero(dropped).tolist() == [2]


def taught_with(tissue, layout, writer, **options):
    return close_loop(tissue, layout, symbols(12), writer, record=4, block=4, **options)


def test_abort_stops_at_the_first_late_pulse(layout):
    tissue, clock = Echo(), ScriptedClock({5: 0.5})
    with pytest.raises(DeadlineMissed, match="ago"):
        taught(Paced(tissue, clock), layout, miss="abort")
    assert tissue.plans == []


def test_a_loop_that_never_catches_up_says_so(layout):
    class Slower(ScriptedClock):
        def wait_until(self, due_s):
            return super().wait_until(due_s) + 0 * self.spend(0.02)

        def spend(self, seconds):
            super().spend(seconds)
            return 0

    with pytest.raises(DeadlineMissed, match="100 periods"):
        taught(Paced(Echo(), Slower()), layout)


def test_an_unknown_policy_is_refused(layout):
    with pytest.raises(ValueError, match="skip, degrade, abort"):
        taught(Echo(), layout, miss="wait")


def test_a_lease_holds_as_long_as_the_loop_renews_it(layout):
    def guarded():
        tissue = Guarded(SimulatedCulture([1, 2], CultureParameters(n_neurons=64)), LOOSE)
        tissue.arm(0.1)  # little more than a period
        return tissue

    alive = guarded()
    taught(alive, layout, renew=alive.renew)
    assert alive.armed
    assert alive.ledger.n_delivered > 10 * 18
    with pytest.raises(StimulusRefused, match="lapsed"):
        taught(guarded(), layout)
