"""How punctual the loop is in wall time, beside a bare deadline loop in the same run, and its virtual speed.

    python benchmarks/latency.py [--seconds 60] [--load N] [--cl-python PYTHON]

Wall time, 64 channels, 100 Hz and 1 kHz: blocks of these loops take turns, so that all meet the same machine.

    bare      sleeps to each absolute deadline and notes how late it woke, nothing else
    loop      run_ticks on paced tissue that says something on 64 channels at every tick; no model
    recorded  the same, everything recorded in a run folder
    model     (100 Hz) spikes of a simulated culture -> PatchEmulator -> stimulus, written and delivered;
              model+grad takes five gradient steps on the emulator at every tick as well

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
import resource
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

import numpy as np

from brainwright.loop import GradientWriter, Layout, Moment, Timing, present, quiet_memory, run_ticks
from brainwright.signal import Recording
from brainwright.tissue import (
    CultureParameters,
    DoseLedger,
    Paced,
    Receipt,
    SimulatedCulture,
    StimulusLimits,
    StimulusPlan,
    WallClock,
    usable_channels,
)
from brainwright.tissue.recording import Recorded, Recorder
from brainwright.tissue.recording.finalise import finalise

N_CHANNELS, RATES_HZ, BLOCKS = 64, (100, 1000), 6
WRONG: list[str] = []


def demand(holds: bool, words: str) -> None:
    """Note a wrong result."""
    if not holds:
        WRONG.append(words)
        print(f"WRONG  {words}")


# ---- the parties


class Chatter:
    """Tissue without work to do: at each read a few spikes drawn beforehand, 20 Hz on each of 64 channels."""

    def __init__(self, period_s: float):
        self.n_dishes, self.n_channels = 1, N_CHANNELS
        self.limits = StimulusLimits(channels=usable_channels())
        self.ledger = DoseLedger(1, N_CHANNELS)
        rng = np.random.default_rng(0)
        counts = rng.poisson(20 * N_CHANNELS * period_s, 256)
        self.heard = [
            (np.zeros(n, np.int32), rng.integers(0, N_CHANNELS, n).astype(np.int32), rng.random(n))
            for n in counts
        ]
        self.n_reads = self.n_spikes = 0
        self.time_s = 0.0

    def now_s(self) -> float:
        return self.time_s

    def read(self, duration_s: float) -> Recording:
        dish, channel, share = self.heard[self.n_reads % 256]
        start_s, self.time_s = self.time_s, self.time_s + duration_s
        self.n_reads += 1
        self.n_spikes += len(share)
        return Recording(dish, channel, start_s + share * duration_s, 1, N_CHANNELS, start_s, self.time_s)

    def write(self, plan: StimulusPlan) -> Receipt:
        raise NotImplementedError("nothing is written to this tissue")

    def stop(self) -> None:
        """Nothing waits."""


class NotingClock(WallClock):
    """A wall clock that remembers when each wait began and ended."""

    def __init__(self, n_waits: int):
        super().__init__()
        self.began_s, self.ended_s = np.full(n_waits, np.nan), np.full(n_waits, np.nan)
        self.n = 0

    def wait_until(self, due_s: float) -> float:
        self.began_s[self.n] = self.now_s()
        ended_s = super().wait_until(due_s)
        self.ended_s[self.n] = ended_s
        self.n += 1
        return ended_s

    def overhead_s(self) -> np.ndarray:
        """From the end of each wait to the beginning of the next, [wait - 1]."""
        return (self.began_s[1:] - self.ended_s[:-1])[: self.n - 1]


class Listener:
    """Decides nothing."""

    def decide(self, tick):
        return None


class EmulatorController:
    """Each tick: counts of what was heard -> emulator -> the electrodes it would write, pulsed at once.

    A tick stands for a symbol's early window, the one before it for the last period; symbols are drawn.
    """

    def __init__(self, tissue: Paced, writer: GradientWriter, layout: Layout):
        self.tissue, self.writer, self.layout = tissue, writer, layout
        self.symbols = np.random.default_rng(1).integers(0, layout.n_symbols, 4096)
        self.before = np.zeros((1, N_CHANNELS), np.float32)

    def decide(self, tick):
        counts = tick.heard.counts().astype(np.float32)
        now, last, wanted = self.symbols[(tick.index + np.array([1, 0, 2])) % 4096]
        moment = Moment(
            np.array([[now, last]]), np.array([wanted]), np.stack([self.before, self.before], 1), counts
        )
        self.before = counts
        return self.layout.plan(self.writer.channels(moment), self.tissue.present_s())


# ---- one block of each


def bare_block(period_s: float, n: int) -> dict[str, np.ndarray]:
    late_s = np.zeros(n)
    with quiet_memory():
        start_s = time.monotonic()
        for k in range(n):
            due_s = start_s + (k + 1) * period_s
            left_s = due_s - time.monotonic()
            if left_s > 0:
                time.sleep(left_s)
            late_s[k] = time.monotonic() - due_s
    return {"late": late_s, "missed": late_s >= period_s, "drift": drift_s(late_s)}


def loop_block(period_s: float, n: int, folder: Path | None = None) -> dict[str, np.ndarray]:
    chatter, clock = Chatter(period_s), NotingClock(n)
    paced = Paced(chatter, clock, step_s=period_s)
    faults = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    options = {"period_s": period_s, "n_ticks": n, "present_s": paced.present_s}
    if folder is None:
        log = run_ticks(paced, Listener(), **options)
    else:
        with Recorder(folder, 1, N_CHANNELS) as recorder:
            log = run_ticks(
                Recorded(paced, recorder, paced.present_s), Listener(), on_tick=recorder.tick, **options
            )
        session = finalise(folder)
        demand(len(session.streams["ticks"]) == n, f"{n} ticks, {len(session.streams['ticks'])} recorded")
        spikes = len(session.streams["spikes"])
        demand(spikes == chatter.n_spikes, f"{chatter.n_spikes} spikes, {spikes} recorded")
    demand(chatter.n_reads == n, f"{n} ticks, {chatter.n_reads} reads")
    demand(bool((log.late_s > -1e-6).all()), "a tick was entered before its deadline")
    faults = resource.getrusage(resource.RUSAGE_SELF).ru_minflt - faults
    return {
        "late": log.late_s,
        "missed": log.missed,
        "overhead": clock.overhead_s(),
        "drift": drift_s(log.late_s),
        "faults": np.array([faults / n]),
    }


def model_block(n: int, writer: GradientWriter, layout: Layout) -> dict[str, np.ndarray]:
    culture = SimulatedCulture([1])
    clock = NotingClock(n)
    tissue = Paced(culture, clock, max_late_s=0.010)
    controller = EmulatorController(tissue, writer, layout)
    log = run_ticks(tissue, controller, period_s=0.01, n_ticks=n, present_s=tissue.present_s)
    written = np.isfinite(log.column("admitted_s"))
    pulses = int(written.sum()) * layout.n_electrodes
    culture.read(1.0)  # what is still queued
    demand(
        culture.ledger.n_delivered == pulses,
        f"{pulses} pulses admitted, {culture.ledger.n_delivered} delivered",
    )
    early_s = log.column("delivered_s")[:-1] - log.column("requested_s")[:-1]
    demand(not (early_s < -1e-9).any(), "a pulse was back-dated")
    answer_s = np.where(written, log.column("left_s") - log.column("due_s"), np.nan)
    return {
        "late": log.late_s,
        "missed": log.missed,
        "overhead": clock.overhead_s(),
        "answer": answer_s[written],
        "delivered": log.answer_s[np.isfinite(log.answer_s)],
        "drift": drift_s(log.late_s),
    }


def fitted_writer(gradient_steps: int) -> tuple[GradientWriter, Layout]:
    import torch

    torch.set_num_threads(1)
    layout = Layout.random([1], 6, usable_channels(), Timing())
    symbols = np.random.default_rng(0).integers(0, 6, (1, 61))
    heard = present(SimulatedCulture([1]), layout, symbols[:, :60], targets=symbols[:, 1:])
    writer = GradientWriter(6, layout.n_electrodes, usable_channels(), gradient_steps=gradient_steps)
    writer.learn(heard)
    return writer, layout


# ---- tables


def measure(rate_hz: int, seconds: float) -> dict[str, dict[str, np.ndarray]]:
    """All loops at one rate, in turns; the first part of each is left out as warm-up by a block before."""
    period_s, n = 1 / rate_hz, max(20, round(rate_hz * seconds / BLOCKS))
    parties = {"bare": lambda: bare_block(period_s, n), "loop": lambda: loop_block(period_s, n)}
    with tempfile.TemporaryDirectory() as folder:
        free = iter(range(100))
        parties["recorded"] = lambda: loop_block(period_s, n, Path(folder) / str(next(free)))
        if rate_hz == 100:
            for steps in (0, 5):
                writer, layout = fitted_writer(steps)
                name = "model" if steps == 0 else "model+grad"
                parties[name] = lambda w=writer, la=layout: model_block(n, w, la)
        found: dict[str, dict[str, list]] = defaultdict(lambda: defaultdict(list))
        for block in range(BLOCKS + 1):
            for name, party in parties.items():
                for key, values in party().items():
                    if block:  # the first warms up
                        found[name][key].append(values)
                gc.collect()
    return {n: {key: np.concatenate(v) for key, v in parts.items()} for n, parts in found.items()}


def print_rate(rate_hz: int, found: dict[str, dict[str, np.ndarray]]) -> None:
    print(f"\n{rate_hz:4} Hz    {'lateness / us':^42} {'overhead / us':>15}   missed     drift")
    print(f"{'':10} " + " ".join(f"{w:>7}" for w in ["p50", "p90", "p99", "p99.9", "max"]), end="    ")
    print(f"{'p50':>6} {'p99':>7}  {'%':>7} {'ticks':>9}")
    for name, values in found.items():
        late = np.percentile(values["late"], [50, 90, 99, 99.9, 100]) * 1e6
        print(f"{name:10} " + " ".join(f"{x:7.0f}" for x in late), end="    ")
        if "overhead" in values:
            p50, p99 = np.percentile(values["overhead"], [50, 99]) * 1e6
            print(f"{p50:6.0f} {p99:7.0f}", end="  ")
        else:
            print(f"{'-':>6} {'-':>7}", end="  ")
        print(f"{100 * values['missed'].mean():7.3f} {drift(values, rate_hz):9.4f}")


def drift(values: dict[str, np.ndarray], rate_hz: int) -> float:
    """Ticks by which the loop fell behind the clock in all blocks together."""
    return float(values["drift"].sum() * rate_hz)


def drift_s(late_s: np.ndarray) -> np.ndarray:
    """How much later the most punctual tick of a block's last tenth is than that of its first, [1]."""
    tenth = len(late_s) // 10
    return np.array([late_s[-tenth:].min() - late_s[:tenth].min()])


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
        p50, p99 = np.percentile(found["model"]["answer"], [50, 99]) * 1e3
        goal(f"{where}: spikes -> emulator -> stimulus p50", p50, 2, "ms")
        goal(f"{where}: spikes -> emulator -> stimulus p99", p99, 8, "ms")


def wall(seconds: float, loaded: bool) -> None:
    for rate_hz in RATES_HZ:
        found = measure(rate_hz, seconds)
        print_rate(rate_hz, found)
        for name in ("model", "model+grad"):
            if name in found:
                answer = np.percentile(found[name]["answer"], [50, 99]) * 1e3
                came = np.percentile(found[name]["delivered"], [50, 99]) * 1e3
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
            print(f"{rate_hz:4} Hz {name:10} " + " ".join(f"{x:7.0f}" for x in late))


# ---- virtual time


class Pulsing:
    """Pulses eight electrodes at every tenth tick."""

    def __init__(self, tissue: SimulatedCulture):
        self.tissue, self.usable = tissue, np.array(usable_channels()[:40]).reshape(5, 8)

    def decide(self, tick):
        if tick.index % 10:
            return None
        return StimulusPlan.biphasic(0, self.usable[tick.index // 10 % 5], self.tissue.now_s() + 0.001)


class Hearing(Pulsing):
    """The same, and remembers what it heard."""

    def __init__(self, tissue: SimulatedCulture):
        super().__init__(tissue)
        self.times: list[np.ndarray] = []

    def decide(self, tick):
        self.times.append(tick.heard.time_s)
        return super().decide(tick)


def virtual(seconds: float) -> None:
    """Speed of run_ticks on 256 plastic neurons, and that two runs are the same to the last bit."""
    print("\nvirtual time, 256 plastic neurons, eight electrodes at every tenth tick")
    SimulatedCulture([1]).read(0.1)
    for rate_hz, least in ((100, 10), (1000, 3)):
        runs = []
        for _ in range(2):
            culture = SimulatedCulture([1], CultureParameters(n_neurons=256))
            hearing = Hearing(culture)
            began_s, began_cpu_s = time.perf_counter(), time.process_time()
            run_ticks(culture, hearing, period_s=1 / rate_hz, n_ticks=round(seconds * rate_hz))
            speed = seconds / (time.perf_counter() - began_s)
            core = seconds / (time.process_time() - began_cpu_s)
            runs.append((np.concatenate(hearing.times), culture.weights(0)[2], culture.ledger.table()))
        same = all(np.array_equal(runs[0][i], runs[1][i]) for i in (0, 1))
        same &= all(np.array_equal(column, runs[1][2][name]) for name, column in runs[0][2].items())
        demand(same, f"two virtual runs at {rate_hz} Hz differ")
        print(
            f"{'PASS' if speed >= least else 'miss'}  {rate_hz} Hz: {speed:.1f} x real time (goal {least}), "
            f"{core:.1f} x per core second; {len(runs[0][0]):,} spikes and all weights the same in two runs"
        )


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=float, default=60.0, help="of each loop at each rate")
    parser.add_argument("--load", type=int, default=0, help="measure again beside so many busy processes")
    parser.add_argument("--cl-python", help="an interpreter with cl-sdk, whose own loop is then measured")
    parser.add_argument("--skip-virtual", action="store_true")
    options = parser.parse_args()
    load = f", load average {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    print(
        f"{os.cpu_count()} cores{load}; {options.seconds:g} s of each loop at each rate, in {BLOCKS} blocks"
    )
    wall(options.seconds, loaded=False)
    if options.load:
        print(f"\nbeside {options.load} busy processes")
        busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(options.load)]
        try:
            wall(options.seconds, loaded=True)
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
