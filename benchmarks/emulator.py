"""Latency of the emulator on one core, beside a bidirectional GRU of like size, and that batching is exact.

    python benchmarks/emulator.py [--quick]

One bin of 20 ms: encode the last 50 bins of 64 channels and decode the newest. A forecast: an 8-step draw of
20 bins to come given 50. Gates at the 99th percentile: 5 ms and 50 ms (aim 2 and 20 ms).
"""

import argparse
import time
from collections.abc import Callable

import numpy as np
import torch

from brainwright.emulator import Emulator, Schedule, Shape
from brainwright.emulator.baselines import BiGRU

N_CHANNELS, N_PAST, N_AHEAD = 64, 50, 20
GATES_MS = {"one bin": 5.0, "8-step forecast": 50.0}


def latencies_ms(call: Callable[[], object], n: int) -> np.ndarray:
    """Wall and CPU time of each call after a warm-up, [2, call]; other processes disturb the second less."""
    for _ in range(10):
        call()
    found = np.empty((2, n))
    for i in range(n):
        began, cpu = time.perf_counter(), time.thread_time()
        call()
        found[:, i] = 1e3 * (time.perf_counter() - began), 1e3 * (time.thread_time() - cpu)
    return found


def row(name: str, times_ms: np.ndarray, plain_ms: np.ndarray | None = None) -> str:
    (wall, cpu), (wall_p99, cpu_p99) = np.median(times_ms, axis=1), np.quantile(times_ms, 0.99, axis=1)
    words = (
        f"{name:16} wall median {wall:.2f}, p99 {wall_p99:.2f} ms; CPU median {cpu:.2f}, p99 {cpu_p99:.2f} ms"
    )
    if plain_ms is not None:
        words += f"; {cpu / np.median(plain_ms[1]):.1f} × the GRU's CPU time"
    gate = GATES_MS.get(name)
    return words if gate is None else f"{words}; gate {gate:g} ms {'met' if wall_p99 <= gate else 'missed'}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="50 calls in place of 1,000")
    parser.add_argument("--size", type=int, default=2, help="the dial")
    options = parser.parse_args()
    n = 50 if options.quick else 1_000
    torch.set_num_threads(1)
    torch.manual_seed(0)
    rate = torch.full((N_CHANNELS,), 0.2)
    emulator = Emulator(rate, rate.sqrt(), Shape(size=options.size)).eval()
    gru = BiGRU(rate, 64).eval()
    past = torch.poisson(torch.full((1, N_PAST, N_CHANNELS), 0.2))
    ahead = torch.cat([past, torch.full((1, N_AHEAD, N_CHANNELS), torch.nan)], dim=1)
    with torch.inference_mode():
        many = past.repeat(16, 1, 1)
        torch.testing.assert_close(emulator.predict(many)[3:4], emulator.predict(past), rtol=1e-4, atol=1e-5)
        bin_ms = latencies_ms(lambda: emulator.decode(emulator.encode(past)[:, -1]), n)
        gru_ms = latencies_ms(lambda: gru(past), n)
        draw_ms = latencies_ms(lambda: emulator.ensemble(ahead, 1, schedule=Schedule(8), causal=True), n)
    sizes = [sum(p.numel() for p in model.parameters()) for model in (emulator, gru)]
    print(
        f"{N_CHANNELS} channels, {N_PAST} bins; emulator {sizes[0]:,} parameters, GRU {sizes[1]:,}; 1 thread"
    )
    print(row("one bin", bin_ms, gru_ms))
    print(row("GRU, one bin", gru_ms))
    print(row("8-step forecast", draw_ms))


if __name__ == "__main__":
    main()
