"""A guarded tissue for long: does memory stay flat, does nothing stop it, is its ledger whole at the end?

    python benchmarks/soak.py [--ticks 1000000] [--minutes 10]

Virtual time: so many ticks of 1 ms, each read and renewed, every fifth with one pulse (200 a second).
Wall time: so many minutes at 1 kHz with a run folder that `brainwright watch FOLDER` may show meanwhile.
Memory is what the process holds, after a tenth of the ticks and at the end; it may grow by 5 MB.
Exit code 1: it grew more, stimulation ended, or the ledger is not intact.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from brainwright.tissue import (
    ActivityBand,
    Bucket,
    Chain,
    Envelope,
    Guarded,
    SeizureGuard,
    StimulusPlan,
    verify,
)
from brainwright.tissue.faults.bench import BenchTissue

TICK_S, EVERY = 0.001, 5
MOST_GROWN_MB = 5.0
SESSION = Envelope(buckets=(Bucket(per="channel", unit="pulses", capacity=100, refill_s=1.0),))


def resident_mb() -> float:
    """What the process holds now. Linux only: elsewhere the peak is all that the system tells."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


def soak(
    name: str, n: int, folder: Path, wait: Callable[[int], None], clock: Callable[[], float] | None
) -> bool:
    """`n` ticks; prints a line, and says whether all was well."""
    path = folder / f"{name}.jsonl"
    band = ActivityBand(rate_hz=(0.0, 1e9), burst_spikes=10**9)
    guarded = Guarded(BenchTissue(20.0), SESSION, ledger=Chain(path), guard=SeizureGuard(band), clock=clock)
    guarded.arm(1.0, "soak")
    before = 0.0
    for i in range(n):
        wait(i)
        guarded.read(TICK_S)
        guarded.renew()
        if i % EVERY == 0:
            at_s = guarded.now_s() + 2 * TICK_S
            guarded.write(StimulusPlan.biphasic(0, 1 + i // EVERY % 60, at_s, 0.5))
        if i == n // 10:
            before = resident_mb()
    grown, armed, delivered = resident_mb() - before, guarded.armed, guarded.ledger.n_delivered
    guarded.close()
    report = verify(path)
    good = armed and report.intact and grown <= MOST_GROWN_MB
    state = "armed" if armed else f"STOPPED: {guarded.stopped}"
    ledger = "intact" if report.intact else report.problems
    print(
        f"{'PASS' if good else 'FAIL'}  {name}: {n} ticks, {delivered} pulses, {state}, ledger {ledger};",
        end=" ",
    )
    print(f"memory grew by {grown:.2f} MB (goal {MOST_GROWN_MB:g})")
    return good


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--ticks", type=int, default=1_000_000)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--folder", type=Path, help="where the ledgers are kept")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or Path(temporary)
        good = soak("virtual time", options.ticks, folder, lambda i: None, None)
        began_s = time.monotonic()

        def until(i: int) -> None:
            time.sleep(max(0.0, began_s + i * TICK_S - time.monotonic()))

        good &= soak("wall time", round(options.minutes * 60 / TICK_S), folder, until, time.monotonic)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
