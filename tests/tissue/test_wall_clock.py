"""The wall clock on a scripted machine: it rehearses in what is left of a wait, and gives way to others."""

import types

import pytest

from brainwright.tissue import WallClock, clock


class Machine:
    """Time under the test's control: looking takes 1 us, a sleep ends `late_s` after its end."""

    def __init__(self):
        self.now_s, self.late_s, self.slept_s = 100.0, 0.0, []

    def monotonic(self):
        self.now_s += 1e-6
        return self.now_s

    def sleep(self, duration_s):
        self.slept_s.append(duration_s)
        self.now_s += duration_s + self.late_s


@pytest.fixture
def machine(monkeypatch):
    made = Machine()
    monkeypatch.setattr(clock, "time", types.SimpleNamespace(monotonic=made.monotonic, sleep=made.sleep))
    return made


class Rehearsal:
    """Takes 300 us the first time after a sleep, 20 us when it follows itself."""

    def __init__(self, machine):
        self.machine, self.times, self.slept = machine, 0, -1

    def __call__(self):
        cold = self.slept != len(self.machine.slept_s)
        self.slept = len(self.machine.slept_s)
        self.machine.now_s += 300e-6 if cold else 20e-6
        self.times += 1


def waits(wall, n, period_s=0.01):
    """Lateness of n waits on a grid."""
    start_s = wall.now_s()
    return [wall.wait_until(start_s + (k + 1) * period_s) - start_s - (k + 1) * period_s for k in range(n)]


def test_rehearsals_fill_the_wait_and_none_makes_it_late(machine):
    rehearse = Rehearsal(machine)
    late_s = waits(WallClock(1e-3, rehearse), 50)
    assert max(late_s) < 5e-6
    assert rehearse.times > 50 * 20  # of at most (1000 - 300) / 20 + 1


def test_a_rehearsal_that_needs_more_than_is_left_is_left_out(machine):
    rehearse = Rehearsal(machine)
    late_s = waits(WallClock(200e-6, rehearse), 50)
    assert late_s[0] > 50e-6  # nobody knew yet how long it takes
    assert sum(late > 5e-6 for late in late_s) <= 4  # tried again once in a while
    assert rehearse.times <= 4


def test_on_a_busy_machine_the_clock_only_sleeps_for_a_while_then_tries_again(machine):
    rehearse = Rehearsal(machine)
    wall = WallClock(1e-3, rehearse)
    machine.late_s = 3e-3
    waits(wall, 2)
    machine.slept_s.clear()
    waits(wall, 1024)
    assert machine.slept_s == pytest.approx([10e-3] + 1023 * [7e-3], abs=1e-4)  # all that is left each time
    assert rehearse.times == 0
    machine.slept_s.clear()
    waits(wall, 1 + 2048)  # late once more: twice as long
    assert machine.slept_s == pytest.approx([9e-3, 8e-3] + 2047 * [7e-3], abs=1e-4)
    machine.late_s = 0.0
    waits(wall, 10)
    assert rehearse.times > 100


def test_one_late_wait_in_a_while_changes_nothing(machine):
    rehearse = Rehearsal(machine)
    wall = WallClock(1e-3, rehearse)
    for _ in range(3):
        machine.late_s = 3e-3
        waits(wall, 1)
        machine.late_s, before = 0.0, rehearse.times
        waits(wall, 70)
        assert rehearse.times > before + 70 * 20


def test_nothing_to_rehearse_in_is_refused():
    with pytest.raises(ValueError, match="spin_s above zero"):
        WallClock(0.0, lambda: None)
