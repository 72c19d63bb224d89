"""The busiest minute of a ledger is a sliding one."""

import numpy as np
import pytest

from brainwright.tissue import DoseLedger, StimulusPlan


def delivered(dish, time_s, current_uA):
    ledger = DoseLedger(3, 64)
    for d, t, i in zip(dish, time_s, current_uA, strict=True):
        plan = StimulusPlan.biphasic(np.array([d]), np.array([1]), t, i)
        ledger.admit(plan)
        ledger.deliver(plan, plan.time_s)
    return ledger


def test_it_slides_and_is_counted_per_dish():
    ledger = delivered([0, 0, 0, 1], [0.0, 59.0, 61.0, 60.0], [1.0, 2.0, 0.5, 1.5])
    most = ledger.busiest_minute()
    np.testing.assert_array_equal(most["pulses"], [2, 1, 0])
    np.testing.assert_allclose(most["charge_nC"], [3.0 * 0.2, 1.5 * 0.2, 0])  # 200 us


def test_a_pulse_60_s_later_is_in_another_minute():
    assert delivered([0, 0], [1.0, 61.0], [1.0, 1.0]).busiest_minute()["pulses"][0] == 1
    assert delivered([0, 0], [1.0, 60.9], [1.0, 1.0]).busiest_minute()["pulses"][0] == 2


def test_it_is_the_largest_of_all_windows():
    rng = np.random.default_rng(0)
    time_s = np.sort(rng.uniform(0, 300, 80))
    most = delivered([0] * 80, time_s, [1.0] * 80).busiest_minute()
    assert most["pulses"][0] == max(((time_s > t - 60) & (time_s <= t)).sum() for t in time_s)
    assert most["charge_nC"][0] == pytest.approx(0.2 * most["pulses"][0])


def test_nothing_delivered_is_no_dose():
    assert not DoseLedger(2, 64).busiest_minute()["charge_nC"].any()
