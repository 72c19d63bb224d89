"""How punctual the loop is in wall time, beside a bare deadline loop in the same run, and its virtual speed.

    python benchmarks/latency.py [--seconds 60] [--load N] [--cl-python PYTHON]

Wall time, 64 channels, 100 Hz and 1 kHz: blocks of these loops take turns, so that all meet the same machine.

    bare      sleeps to each absolute deadline and notes how late it woke, nothing else
    loop      run_ticks on paced tissue that says something on 64 channels at every tick; no model
    recorded  the same, everything recorded in a run folder
    model     (100 Hz) spikes of a simulated culture -> PatchEmulator -> stimulus, written and delivered;
              model+grad takes five gradient steps on the emulator at every tick as well

All but `bare` rehearse their tick before each deadline (`brainwright.loop.rehearsal`), for 1.5 ms or a fifth
of the period, the model for 3 ms; `loop, cold` and `model, cold` sleep through to it.

`overhead` is the time between the end of one wait and the beginning of the next: all that the loop does.
`late` is the entry of a tick after its deadline, missed where that is a period or more. `drift` is how much
later the most punctual tick of a block's last tenth is than that of its first, summed over the blocks: what a
relative sleep would gather, next to nothing for absolute deadlines. `answer` is from the end of what was
heard to the plan written.
`--load N` repeats all beside N busy processes. Exit code 1 says that a result was wrong (a tick or a pulse
lost, a pulse back-dated, virtual time not reproducible); a goal that was missed is printed, not an error.
"""

import argparse
import gc
import os
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

import numpy as np

from latency_loops import WRONG, bare_block, fitted_writer, loop_block, model_block
from latency_virtual import virtual

RATES_HZ, BLOCKS = (100, 1000), 6
MODELS = (("model, cold", 0, False), ("model", 0, True), ("model+grad", 5, True))
"""Name, gradient steps at each tick, and whether the tick is rehearsed."""


def measure(rate_hz: int, seconds: float, cold: bool) -> dict[str, dict[str, np.ndarray]]:
    """All loops at one rate, in turns; the first part of each is left out as warm-up by a block before."""
    period_s, n = 1 / rate_hz, max(20, round(rate_hz * seconds / BLOCKS))
    parties = {
        "bare": lambda: bare_block(period_s, n),
        "loop, cold": lambda: loop_block(period_s, n, rehearsed=False),
        "loop": lambda: loop_block(period_s, n),
    }
    with tempfile.TemporaryDirectory() as folder:
        free = iter(range(100))
        parties["recorded"] = lambda: loop_block(period_s, n, Path(folder) / str(next(free)))
        if rate_hz == 100:
            for name, steps, rehearsed in MODELS:
                writer, layout = fitted_writer(steps)
                parties[name] = lambda w=writer, la=layout, r=rehearsed: model_block(n, w, la, r)
        if not cold:
            parties = {name: party for name, party in parties.items() if not name.endswith("cold")}
        found: dict[str, dict[str, list]] = defaultdict(lambda: defaultdict(list))
        for block in range(BLOCKS + 1):
            for name, party in parties.items():
                for key, values in party().items():
                    if block:  # the first warms up
                        found[name][key].append(values)
                gc.collect()
    return {n: {key: np.concatenate(v) for key, v in parts.items()} for n, parts in found.items()}


def print_rate(rate_hz: int, found: dict[str, dict[str, np.ndarray]]) -> None:
    print(f"\n{rate_hz:4} Hz     {'lateness / us':^42} {'overhead / us':>15}   missed     drift")
    print(f"{'':11} " + " ".join(f"{w:>7}" for w in ["p50", "p90", "p99", "p99.9", "max"]), end="    ")
    print(f"{'p50':>6} {'p99':>7}  {'%':>7} {'ticks':>9}")
    for name, values in found.items():
        late = np.percentile(values["late"], [50, 90, 99, 99.9, 100]) * 1e6
        print(f"{name:11} " + " ".join(f"{x:7.0f}" for x in late), end="    ")
        if "overhead" in values:
            p50, p99 = np.percentile(values["overhead"], [50, 99]) * 1e6
            print(f"{p50:6.0f} {p99:7.0f}", end="  ")
        else:
            print(f"{'-':>6} {'-':>7}", end="  ")
        print(f"{100 * values['missed'].mean():7.3f} {drift(values, rate_hz):9.4f}")


def drift(values: dict[str, np.ndarray], rate_hz: int) -> float:
    """Ticks by which the loop fell behind the clock in all blocks together."""
    return float(values["drift"].sum() * rate_hz)


def percentiles(values: np.ndarray) -> np.ndarray:
    """Median and 99th percentile; NaN where there is nothing, which meets no goal."""
    return np.percentile(values, [50, 99]) if values.size else np.full(2, np.nan)


def goal(name: str, value: float, limit: float, unit: str) -> None:
    print(f"{'PASS' if value <= limit else 'miss'}  {name:64} {value:9.3g} {unit} (goal {limit:.3g})")


def judge(rate_hz: int, found: dict[str, dict[str, np.ndarray]], loaded: bool) -> None:
    bare, where = found["bare"], f"{rate_hz} Hz{', loaded' if loaded else ''}"
    for name in ("loop", "recorded"):
        p50, p99 = np.percentile(found[name]["overhead"], [50, 99]) * 1e6
        goal(f"{where}, {name}: overhead p50", p50, 50, "us")
        goal(f"{where}, {name}: overhead p99", p99, 300, "us")
        late, bare_late = (np.percentile(v["late"], 99) * 1e6 for v in (found[name], bare))
        if loaded:
            goal(f"{where}, {name}: lateness p99 over the bare loop's", late / bare_late, 2, "x")
        else:
            goal(f"{where}, {name}: lateness p99", late, 1000, "us")
        extra = 100 * (found[name]["missed"].mean() - bare["missed"].mean())
        goal(
            f"{where}, {name}: missed ticks beyond the bare loop's", extra, 0.1 if rate_hz == 100 else 1, "%"
        )
        goal(f"{where}, {name}: drift", abs(drift(found[name], rate_hz)), 1, "ticks")
    if "model" in found:
        p50, p99 = percentiles(found["model"]["answer"]) * 1e3
        goal(f"{where}: spikes -> emulator -> stimulus p50", p50, 2, "ms")
        goal(f"{where}: spikes -> emulator -> stimulus p99", p99, 8, "ms")


def wall(seconds: float, loaded: bool, cold: bool) -> None:
    for rate_hz in RATES_HZ:
        found = measure(rate_hz, seconds, cold)
        print_rate(rate_hz, found)
        for name, _, _ in MODELS:
            if name in found:
                answer = percentiles(found[name]["answer"]) * 1e3
                came = percentiles(found[name]["delivered"]) * 1e3
                print(
                    f"{name}: answer p50 {answer[0]:.2f}, p99 {answer[1]:.2f} ms; delivered in the culture's "
                    f"1 ms steps p50 {came[0]:.2f}, p99 {came[1]:.2f} ms"
                )
        for name in ("loop", "recorded"):
            print(f"{name}: {found[name]['faults'].mean():.3f} page faults per tick", end="; ")
        print()
        judge(rate_hz, found, loaded)


def cl_sdk(python: str, seconds: float) -> None:
    """The tick loop of cl-sdk on its simulator, in its own process, beside the bare loop here."""
    program = Path(__file__).parent / "peers" / "cl_loop.py"
    print(
        f"\n{'':18}" + " ".join(f"{w:>7}" for w in ["p50", "p90", "p99", "p99.9", "max"]) + "   lateness / us"
    )
    for rate_hz in RATES_HZ:
        bare = bare_block(1 / rate_hz, round(rate_hz * seconds))["late"] * 1e6
        done = subprocess.run(
            [python, program, str(rate_hz), str(seconds)], capture_output=True, text=True, check=True
        )
        theirs = [float(word) for word in done.stdout.split("\n")[-2].split()]
        for name, late in (("bare", np.percentile(bare, [50, 90, 99, 99.9, 100])), ("cl-sdk", theirs)):
            print(f"{rate_hz:4} Hz {name:11} " + " ".join(f"{x:7.0f}" for x in late))


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=float, default=60.0, help="of each loop at each rate")
    parser.add_argument("--load", type=int, default=0, help="measure again beside so many busy processes")
    parser.add_argument("--cl-python", help="an interpreter with cl-sdk, whose own loop is then measured")
    parser.add_argument("--skip-cold", action="store_true", help="leave out the loops that do not rehearse")
    parser.add_argument("--skip-virtual", action="store_true")
    options = parser.parse_args()
    load = f", load average {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    print(
        f"{os.cpu_count()} cores{load}; {options.seconds:g} s of each loop at each rate, in {BLOCKS} blocks"
    )
    wall(options.seconds, False, not options.skip_cold)
    if options.load:
        print(f"\nbeside {options.load} busy processes")
        busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(options.load)]
        try:
            wall(options.seconds, True, not options.skip_cold)
        finally:
            for process in busy:
                process.kill()
                process.wait()
    if options.cl_python:
        cl_sdk(options.cl_python, min(10.0, options.seconds))
    if not options.skip_virtual:
        virtual(min(10.0, options.seconds))
    return 1 if WRONG else 0


if __name__ == "__main__":
    sys.exit(main())
