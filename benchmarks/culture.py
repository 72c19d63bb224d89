"""Speed of the simulated culture in driven blocks, beside the plain NumPy reference, and their agreement.

    python benchmarks/culture.py [--quick]

A block is 80 ms: a symbol of 8 electrodes, a write of 8 others 8 ms later, everything plastic, with
delays, depression, scaling and artifacts. "x real time" is tissue seconds of all dishes per second; per
core it is reckoned in CPU time, which other processes disturb less than wall time.
"""

import argparse
import os
import time
from dataclasses import dataclass

import numpy as np

from brainwright.tissue import CultureParameters, SimulatedCulture, StimulusPlan, usable_channels
from brainwright.tissue.culture.electrodes import strength
from brainwright.tissue.culture.reference import ReferenceDish

PERIOD_S, WRITE_AT_S = 0.080, 0.008


@dataclass
class Times:
    """Seconds for `tissue_s` seconds of all dishes; `best_cpu_s` at the pace of the fastest tenth."""

    tissue_s: float
    wall_s: float
    cpu_s: float
    best_cpu_s: float
    write_us: float


def drive(culture: SimulatedCulture, n_blocks: int, reads_s: tuple[float, ...], seed: int = 0) -> Times:
    """Drive every dish with random symbols and writes; one write per read where there are two reads."""
    rng = np.random.default_rng(seed)
    dishes, channels = np.arange(culture.n_dishes)[:, None], np.array(usable_channels())
    blocks_s, writes_s, wall_s = [], [], 0.0
    for _ in range(n_blocks):
        start = culture.now_s()
        chosen = np.stack([rng.choice(channels, 16, replace=False) for _ in dishes])
        heard = StimulusPlan.biphasic(dishes, chosen[:, :8], start)
        written = StimulusPlan.biphasic(dishes, chosen[:, 8:], start + WRITE_AT_S)
        plans = [heard, written] if len(reads_s) == 2 else [StimulusPlan.join([heard, written])]
        began_s, cpu_s = time.perf_counter(), time.process_time()
        for plan, read_s in zip(plans, reads_s, strict=True):
            mark_s = time.process_time()
            culture.write(plan)
            writes_s.append(time.process_time() - mark_s)
            culture.read(read_s)
        blocks_s.append(time.process_time() - cpu_s)
        wall_s += time.perf_counter() - began_s
    tissue_s = n_blocks * PERIOD_S * culture.n_dishes
    best_s = float(np.quantile(blocks_s, 0.1)) * n_blocks
    return Times(tissue_s, wall_s, sum(blocks_s), best_s, float(np.median(writes_s)) * 1e6)


def measure(n_neurons: int, n_dishes: int, reads_s: tuple[float, ...], threads: int, n_blocks: int) -> Times:
    culture = SimulatedCulture(range(n_dishes), CultureParameters(n_neurons=n_neurons), threads=threads)
    drive(culture, 5, reads_s, seed=1)  # compile, and reach the driven state
    return drive(culture, n_blocks, reads_s)


def reference_beside_kernel(n_neurons: int, seconds: float) -> tuple[float, float, int]:
    """The same dish and pulses both ways: speeds (x real time) and the number of detections, all equal.

    Raises:
        SystemExit: detections or weights differ.
    """
    parameters = CultureParameters(n_neurons=n_neurons)
    rng = np.random.default_rng(0)
    starts = np.arange(0.0, seconds - PERIOD_S / 2, PERIOD_S)
    chosen = np.stack([rng.choice(usable_channels(), 16, replace=False) for _ in starts])
    late = np.repeat([0.0, WRITE_AT_S], 8)
    plan = StimulusPlan.biphasic(0, chosen, starts[:, None] + late)
    culture, reference = SimulatedCulture([0], parameters), ReferenceDish(0, parameters)
    n_steps = parameters.steps(seconds)
    SimulatedCulture([1], parameters).read(0.01)  # compile

    began_s = time.process_time()
    scheduled_s = culture.write(plan).scheduled_s
    recording, cells = culture.read_cells(seconds)
    kernel_s = time.process_time() - began_s

    steps = np.rint(scheduled_s / parameters.dt_s).astype(int)
    force = strength(plan, parameters)
    began_s = time.process_time()
    expected = reference.advance(
        n_steps, zip(steps.tolist(), plan.channel.tolist(), force.tolist(), strict=True)
    )
    reference_s = time.process_time() - began_s

    got = np.stack(
        [np.rint(recording.time_s / parameters.dt_s).astype(int), recording.channel, cells], axis=1
    )
    pre, post, weight = culture.weights(0)
    off = np.abs(weight - reference.weight[pre, post]).max()
    if not (np.array_equal(got, expected) and off < 1e-12):
        raise SystemExit(
            f"kernel and reference differ: {len(got)} and {len(expected)} events, weights by {off:.1e}"
        )
    return seconds / kernel_s, seconds / reference_s, len(got)


TWO_READS, ONE_READ = (WRITE_AT_S, PERIOD_S - WRITE_AT_S), (PERIOD_S,)
ROWS = (  # neurons, dishes, reads, threads, blocks, target in x real time, and per what
    (256, 1, TWO_READS, 1, 400, None, ""),
    (256, 16, TWO_READS, 1, 200, 200, "core"),
    (256, 16, ONE_READ, 1, 200, 200, "core"),
    (256, 64, TWO_READS, 2, 100, 400, "wall"),
    (1024, 1, TWO_READS, 1, 200, None, ""),
    (1024, 4, TWO_READS, 1, 100, 40, "core"),
)


def print_speeds(few: int) -> None:
    """One line per row of ROWS, with a `few`-th of its blocks."""
    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    print(f"{os.cpu_count()} cores{load} (wall times suffer where other processes run)\n")
    print(f"{'':35} {'x real time':^22}")
    print(f"{'neurons':>7} {'dishes':>6} {'reads/ms':>9} {'threads':>8}", end="  ")
    print(f"{'per core':>9} {'(best)':>7} {'wall':>5} {'us/write':>9}  target")
    for n_neurons, n_dishes, reads_s, threads, n_blocks, target, per in ROWS:
        t = measure(n_neurons, n_dishes, reads_s, threads, max(5, n_blocks // few))
        core, best, wall = t.tissue_s / t.cpu_s, t.tissue_s / t.best_cpu_s, t.tissue_s / t.wall_s
        reads = " + ".join(f"{1e3 * s:.0f}" for s in reads_s)
        print(f"{n_neurons:7d} {n_dishes:6d} {reads:>9} {threads:8d}", end="  ")
        print(f"{core:9.0f} {best:7.0f} {wall:5.0f} {t.write_us:9.0f}", end="  ")
        met = (core if per == "core" else wall) >= (target or 0)
        print(f">= {target} per {per}: {'met' if met else 'missed'}" if target else "")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a tenth of the blocks")
    quick = parser.parse_args().quick
    print_speeds(10 if quick else 1)
    print()
    for n_neurons, seconds in ((64, 1.6), (256, 0.8)):
        kernel, reference, n_events = reference_beside_kernel(n_neurons, seconds / 4 if quick else seconds)
        print(
            f"{n_neurons} neurons, one dish: kernel {kernel:.0f}x, NumPy reference {reference:.1f}x", end="; "
        )
        print(f"all {n_events} detections and the weights agree")


if __name__ == "__main__":
    main()
