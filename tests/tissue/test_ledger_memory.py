"""The dose ledger of a long session: it stays small, and entering a pulse costs the same at its end."""

import copy
import tracemalloc

import numpy as np
import pytest

from brainwright.tissue import DoseLedger, StimulusPlan
from brainwright.tissue import rows as rows_module
from brainwright.tissue.rows import _BLOCK, Rows

A_DAY = 200 * 86_400


def one(ledger, i):
    plan = StimulusPlan.biphasic(0, i % 60, i / 200, 0.1 + i % 7, 200.0)
    ledger.admit(plan)
    ledger.deliver(plan, plan.time_s + 1e-4)


def test_a_day_at_200_pulses_a_second_fits_in_200_megabytes(monkeypatch):
    """Memory is that of the first blocks, whatever comes; a day adds what a minute adds, times nothing."""
    monkeypatch.setattr(rows_module, "_BLOCK", 128)  # fewer pulses until blocks are full
    ledger, n = DoseLedger(1, 64), 2_000
    # nothing that threads of other tests hold
    ours = tracemalloc.Filter(True, "*/brainwright/tissue/*", all_frames=True)
    tracemalloc.start(4)
    try:
        held = []
        for i in range(3 * n):
            one(ledger, i)
            if i % n == n - 1:
                ledger.withdraw([])  # lets go of what counts as recent, of which there is more or less
                taken = tracemalloc.take_snapshot().filter_traces([ours])
                held.append(sum(trace.size for trace in taken.traces))
    finally:
        tracemalloc.stop()
    assert (held[2] - held[1]) / n * A_DAY < 200e6
    assert len(ledger._admitted) < 1_000
    assert len(ledger._dose) < 600


def test_what_was_put_away_comes_back_as_it_was():
    ledger, n = DoseLedger(1, 64), 2 * _BLOCK + 77
    at = np.arange(n) / 200
    plan = StimulusPlan.biphasic(0, np.arange(n) % 60, at)
    for part in np.array_split(np.arange(n), 37):
        ledger.deliver(plan.take(part), at[part] + 1e-4)
    table = ledger.table()
    assert ledger.n_delivered == n
    assert np.array_equal(table["requested_s"], at)
    assert np.array_equal(table["delivered_s"], at + 1e-4)
    assert np.array_equal(table["channel"], np.arange(n) % 60)
    for first in (0, 1, _BLOCK - 1, _BLOCK, _BLOCK + 1, 2 * _BLOCK, n - 1, n):
        assert np.array_equal(ledger.since(first)["requested_s"], at[first:])
    assert ledger.totals()["pulses"].tolist() == [n]


def test_a_copy_goes_on_by_itself():
    ledger = DoseLedger(1, 64)
    plan = StimulusPlan.biphasic(0, np.zeros(_BLOCK + 5, np.int64), np.arange(_BLOCK + 5) / 200)
    ledger.deliver(plan, plan.time_s)
    copied = copy.deepcopy(ledger)
    ledger.deliver(plan, plan.time_s + 1.0)
    copied.deliver(plan.take(slice(3)), plan.time_s[:3] + 2.0)
    first, more = np.split(copied.table()["delivered_s"], [_BLOCK + 5])
    np.testing.assert_array_equal(first, plan.time_s)
    np.testing.assert_array_equal(more, plan.time_s[:3] + 2.0)
    assert ledger.n_delivered == 2 * (_BLOCK + 5)


def test_rows_stay_in_memory_where_no_file_can_be_written(monkeypatch):
    rows, wanted = Rows(np.dtype([("x", np.float64)])), np.arange(5.0 * _BLOCK)
    rows.append(x=wanted[: 2 * _BLOCK])
    monkeypatch.setattr("os.getpid", lambda: -1)  # as in a forked process
    rows.append(x=wanted[2 * _BLOCK : 4 * _BLOCK + 5])
    monkeypatch.undo()
    rows.append(x=wanted[4 * _BLOCK + 5 :])
    for first in (0, 2 * _BLOCK - 1, 3 * _BLOCK, 4 * _BLOCK + 4):
        assert np.array_equal(rows.since(first)["x"], wanted[first:])


def test_a_dose_of_the_last_minute_counts_after_hours():
    ledger = DoseLedger(1, 64)
    for second in range(0, 7_200, 10):
        plan = StimulusPlan.biphasic(0, [1, 2], float(second))
        ledger.admit(plan)
        ledger.deliver(plan, plan.time_s)
    charge, pulses = ledger.with_plan(StimulusPlan.biphasic(0, 3, 7_191.0))
    assert pulses.tolist() == [13]  # six moments of two, and this one
    assert charge == pytest.approx(13 * 0.4)
    ledger.withdraw([])
    assert ledger.with_plan(StimulusPlan.biphasic(0, 3, 7_191.0))[1].tolist() == [13]


@pytest.mark.parametrize("n_dishes", [1, 3])
def test_the_fullest_minute_is_that_of_a_plain_count(n_dishes):
    rng = np.random.default_rng(n_dishes)
    ledger, all_s, all_dish = DoseLedger(n_dishes, 64), np.zeros(0), np.zeros(0, int)
    plans = ((100, 0.5, 60), (101, 150, 90), (20, 30, 20), (130, 0.5, 9), (170, 90, 40), (380, 0.5, 5))
    for start_s, length_s, n in plans:  # also before what is kept, and over minutes
        dish = rng.integers(0, n_dishes, n)
        time_s = start_s + length_s * np.append(0.0, rng.uniform(size=n - 1) ** 0.1)  # most at the end
        plan = StimulusPlan.biphasic(dish, rng.integers(0, 59, n), time_s)
        all_s, all_dish = np.append(all_s, np.floor(time_s)), np.append(all_dish, dish)
        first, last = int(np.floor(time_s.min())), int(np.floor(time_s.max()))
        within = [(all_s >= end - 60) & (all_s <= end) for end in range(first, last + 61)]
        expected = [max((all_dish[w] == d).sum() for w in within) for d in range(n_dishes)]
        charge, pulses = ledger.with_plan(plan)
        assert pulses.tolist() == expected
        assert charge == pytest.approx(0.4 * np.array(expected))
        ledger.admit(plan)
