"""Pacing keeps the contract, waits for the clock, and clocks do not go wrong with the date."""

import time

import pytest

from brainwright.tissue import (
    CultureParameters,
    Paced,
    SimulatedCulture,
    StimulusLate,
    StimulusPlan,
    VirtualClock,
    WallClock,
    check_tissue,
)

SMALL = CultureParameters(n_neurons=32)


def test_paced_tissue_keeps_the_contract():
    check_tissue(lambda: Paced(SimulatedCulture([1, 2], SMALL), VirtualClock()))


def test_a_clock_that_started_earlier_is_no_matter():
    tissue = SimulatedCulture([1], SMALL, cells=False)
    tissue.read(0.5)
    clock = VirtualClock(100.0)
    paced = Paced(tissue, clock)
    paced.read(0.25)
    assert clock.now_s() == pytest.approx(100.25)
    assert paced.now_s() == pytest.approx(paced.present_s()) == pytest.approx(0.75)


def test_the_tissue_waits_for_the_wall_clock():
    clock = WallClock()
    paced = Paced(SimulatedCulture([1], SMALL, cells=False), clock)
    began_s = time.monotonic()
    recording = paced.read(0.06)
    assert time.monotonic() - began_s >= 0.0599
    assert recording.duration_s == pytest.approx(0.06)


def test_what_is_too_late_is_refused_whole():
    tissue = SimulatedCulture([1], SMALL, cells=False)
    clock = VirtualClock()
    paced = Paced(tissue, clock, max_late_s=0.002)
    assert paced.present_s() == 0  # time starts here
    clock.wait_until(0.005)
    plan = StimulusPlan.biphasic(0, [1, 2], [0.001, 0.1])
    with pytest.raises(StimulusLate, match=r"0\.0040 s ago"):
        paced.write(plan)
    paced.read(0.2)
    assert len(tissue.ledger.table()["dish"]) == 0


def test_a_pulse_a_little_late_comes_at_once_and_keeps_its_distance_to_the_next():
    tissue = SimulatedCulture([1], SMALL, cells=False)
    clock = VirtualClock()
    paced = Paced(tissue, clock, max_late_s=0.002)
    assert paced.present_s() == 0  # time starts here
    clock.wait_until(0.0015)
    receipt = paced.write(StimulusPlan.biphasic(0, [1], 0.0))
    assert receipt.requested_s.tolist() == [0.0]
    assert receipt.scheduled_s == pytest.approx([0.002])  # the culture's next step
    with pytest.raises(ValueError, match="follow one another"):  # 5 ms after the request, 3.5 after delivery
        paced.write(StimulusPlan.biphasic(0, [1], 0.005))


def test_a_wall_clock_waits_to_the_end_and_not_for_what_has_gone_by():
    clock = WallClock()
    due_s = clock.now_s() + 0.003
    assert clock.wait_until(due_s) >= due_s
    assert clock.wait_until(due_s) >= due_s


@pytest.mark.parametrize("wrong", [-1.0, float("nan"), float("inf")])
def test_nonsense_is_refused(wrong):
    with pytest.raises(ValueError, match="spin_s"):
        WallClock(wrong)
    with pytest.raises(ValueError, match="max_late_s"):
        Paced(SimulatedCulture([1], SMALL, cells=False), VirtualClock(), max_late_s=wrong)
