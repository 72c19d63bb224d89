"""Each fault strikes a controller and a host in processes of their own; what follows is read from the host.

Times here allow for a busy machine; `scripts/faults.py` measures them. What must hold on any machine: the
queue was cancelled, nothing came after stimulation ended, every pulse is in the ledger, and the cause too.
"""

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from brainwright.tissue import SimulatedCulture, StimulusPlan, check_tissue
from brainwright.tissue.faults import FAULTS, Fault, Settings, VoidRun, inject, table
from brainwright.tissue.faults.bench import BenchTissue
from brainwright.tissue.faults.faulty import Faulty
from brainwright.tissue.faults.host_process import factory
from brainwright.tissue.faults.kit import NO_LEDGER

IN_ONE_PROCESS = (
    "line of 32 MiB from the controller", "controller dies in the middle of a line", "requests lost",
    "Ctrl-C of the controller", "controller stopped", "SIGHUP to the host", "garbage on the line",
    "tissue reports another charge", "tissue reports late deliveries", "tissue holds pulses back",
    "recording of another shape", "recordings too short", "clock stands still", "clock runs fast",
    "emergency stop",
)  # fmt: skip
"""Faults that other tests let happen without starting processes, which takes seconds."""
TRIED = tuple(fault for fault in FAULTS if fault.name not in IN_ONE_PROCESS)
QUICK = {"tick_s": 0.02, "step_s": 0.004, "urgent": True}
PATIENT = Settings(**QUICK, lease_s=0.4, lapse_s=3.0, watchdog_s=1.5, observe_s=10.0)
BRIEF = Settings(**QUICK, watchdog_s=5.0, observe_s=1.0)  # where nothing may stop
BUSY_MS = 5_000.0
CUTS_A_READ = ("hang", "INT host")
"""Faults that may strike in the middle of a read: what was due in it is neither cancelled nor told."""
OF_ONE_READ = 5  # a pulse every 2 ms, in pieces of 10 ms (the guard's `burst_s`)


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory):
    folder = tmp_path_factory.mktemp("faults")

    def run(fault):
        settings = BRIEF if fault.goes_on else PATIENT
        try:
            return inject(fault, folder / fault.name, settings)
        except VoidRun:  # too busy a machine for all to run smoothly before the fault
            return inject(fault, folder / f"{fault.name}, again", settings)

    with ThreadPoolExecutor(2) as pool:
        futures = {fault: pool.submit(run, fault) for fault in TRIED}
    return futures


@pytest.mark.parametrize("fault", TRIED, ids=lambda fault: fault.name)
def test_after_every_fault(outcomes, fault):
    outcome = outcomes[fault].result()
    report = outcome.ledger
    assert report.sound, report.problems
    assert outcome.after_end == 0
    assert outcome.before > 50
    assert outcome.heard_s > 0.2
    assert report.net_charge_nC == 0
    if fault.goes_on:
        assert outcome.noticed_ms is None
        assert outcome.unlogged == 0
        return
    assert re.search(fault.cause, outcome.cause), outcome.cause
    assert outcome.last_pulse_ms < BUSY_MS
    if fault.name == "kill -9 of the host":
        assert not report.closed
        return
    if fault.what in NO_LEDGER:
        assert "could not be written" in outcome.cause
        assert outcome.unlogged <= 25  # of one read
        return
    assert outcome.unlogged == 0
    assert report.closed
    assert outcome.noticed_ms >= 0
    assert report.cancelled > 100  # a second of pulses was waiting
    unknown = report.admitted - report.delivered - report.cancelled
    assert 0 <= unknown <= (OF_ONE_READ if fault.what in CUTS_A_READ else 0)


class CutOff(BenchTissue):
    """The power goes in the middle of a read, which ends all the same."""

    faulty = None

    def read(self, duration_s):
        if self.faulty is not None:
            self.faulty.strike("power cycle")
        return super().read(duration_s)


def test_what_came_in_a_read_in_which_the_power_went_is_counted():
    tissue = Faulty(CutOff)
    tissue.write(StimulusPlan.biphasic(0, [3, 4], 0.01))
    old = tissue.ledger
    tissue._inner.faulty = tissue
    tissue.read(0.02)
    assert tissue.ledger is not old
    assert tissue.delivered == old.n_delivered == 2


def test_the_table_has_a_row_for_each(outcomes):
    rows = table((outcome.result() for outcome in outcomes.values()), tick_s=10.0).splitlines()
    assert len(rows) == 2 + len(TRIED)
    assert all(row.count("|") == 9 for row in rows)


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="needs /proc")
def test_no_stopped_watchdog_is_left(outcomes):
    def state(process):
        try:
            if b"bridge/watchdog.py" in (process / "cmdline").read_bytes():
                return (process / "stat").read_text().rpartition(")")[2].split()[0]
        except OSError:  # it ended meanwhile
            pass

    assert "T" not in {state(process) for process in Path("/proc").glob("[0-9]*")}


def test_a_fault_that_nothing_stops_would_be_seen(tmp_path):
    """With a lease of a minute a hanging controller is stopped by nobody: the kit must say so."""
    fault = Fault("hang", "controller", "hang", "lapsed|silent", by_lease=True)
    outcome = inject(fault, tmp_path, Settings(lease_s=60.0, lapse_s=60.0, observe_s=0.7))
    assert outcome.noticed_ms is None
    assert outcome.last_pulse_ms > 400
    assert not outcome.holds(0.01)


def test_the_bench_tissue_keeps_the_contract_and_factories_are_named():
    check_tissue(BenchTissue)
    assert factory("brainwright.tissue.faults.bench:BenchTissue") is BenchTissue
    assert factory("brainwright.tissue:SimulatedCulture") is SimulatedCulture
    with pytest.raises(ValueError, match="module:name"):
        factory("BenchTissue")
