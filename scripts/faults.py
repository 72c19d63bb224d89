"""Runs tissue through every fault and writes the table docs/faults.md.

python scripts/faults.py [--make MODULE:NAME] [--repeats N] [--out FILE]
"""

import argparse
import os
import platform
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from brainwright.tissue.faults import FAULTS, Fault, Outcome, Settings, VoidRun, inject, table

HERE = Path(__file__).parents[1]

PAGE = """# What happens when things go wrong

Written by `scripts/faults.py`. Tissue `{make}`, hosted in a process of its own.
The controller, in another process, ticks every {tick:g} ms and keeps a second of pulses queued, one every
2 ms; all of them would be delivered if nobody stopped them. Its lease is {lease:g} ms where only that helps,
else 5 s, so that it does not hide what else works. Of {repeats} runs of each fault the slowest is shown.

Times run from the fault (of a wrong line from its first byte, on the line from the first that is not passed
on as it came) to the line of the last pulse in the host's ledger. Allowed: one tick + 20 ms; 250 ms where a
process is killed or stopped; a dead channel is noticed once its silence can no longer be chance.
"Not in ledger" counts pulses that the tissue received and that no delivery line holds; each is in it as
admitted all the same, because that line is written before the tissue hears of the plan.

{rows}
Faults with the bound of one tick + 20 ms, all runs: median {p50:.1f} ms, 99th percentile {p99:.1f} ms, most
{most:.1f} ms. Runs outside the bounds: {failed}.
{machine}, Python {python}, {cores} cores with a load of {least:.1f} to {load:.1f}; controller, watchdog,
host and who asks for an emergency stop ran at {priority}, all threads of them.
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--make", default=Settings.make, help="factory of the tissue, MODULE:NAME")
    parser.add_argument("--repeats", type=int, default=5, help="runs of each fault; the slowest is shown")
    parser.add_argument("--out", type=Path, default=HERE / "docs" / "faults.md")
    options = parser.parse_args()
    settings = Settings(make=options.make, urgent=True, queued_pulses=700)
    with tempfile.TemporaryDirectory() as folder:
        runs, loads = {}, []
        for fault in FAULTS:
            runs[fault] = repeat(fault, Path(folder), settings, options.repeats)
            loads.append(os.getloadavg()[0])
    options.out.write_text(page(runs, settings, options.repeats, loads))


def repeat(fault: Fault, folder: Path, settings: Settings, repeats: int) -> list[Outcome]:
    """Runs of one fault, the worst last."""
    runs, void = [], 0
    while len(runs) < repeats:
        try:
            runs.append(inject(fault, folder / f"{fault.name} {len(runs)} {void}", settings))
        except VoidRun as error:
            void += 1
            print(f"{fault.name}: {error}")
            if void > 3 * repeats:
                raise
    runs.sort(key=lambda run: (not run.holds(settings.tick_s), run.last_pulse_ms))
    good = sum(run.holds(settings.tick_s) for run in runs)
    print(
        f"{good}/{repeats} {fault.name}: {[round(r.last_pulse_ms, 1) for r in runs]} ms, {runs[-1].cause}",
        flush=True,
    )
    return runs


def page(runs: dict[Fault, list[Outcome]], settings: Settings, repeats: int, loads: Sequence[float]) -> str:
    fast = [
        run.last_pulse_ms
        for fault in runs
        for run in runs[fault]
        if fault.within_ms == 20.0 and not fault.goes_on
    ]
    bad = {fault.name: sum(not run.holds(settings.tick_s) for run in runs[fault]) for fault in runs}
    p50, p99, most = np.percentile(fast, [50, 99, 100])
    return PAGE.format(
        make=settings.make,
        tick=1e3 * settings.tick_s,
        lease=1e3 * settings.lease_s,
        repeats=repeats,
        rows=table([runs[fault][-1] for fault in runs], settings.tick_s),
        p50=p50,
        p99=p99,
        most=most,
        failed=", ".join(f"{name} {n} of {repeats}" for name, n in bad.items() if n) or "none",
        machine=f"{platform.system()} {platform.machine()}",
        python=platform.python_version(),
        cores=os.cpu_count(),
        priority=next(iter(runs.values()))[0].priority,
        least=min(loads),
        load=max(loads),
    )


if __name__ == "__main__":
    main()
