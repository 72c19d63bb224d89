"""Many networks with grafts as one batch against one by one, and a graft's tick beside a bare loop.

    python benchmarks/graft.py [--quick]

    batch       `augment_many`: 500 hosts of 162 cells, each with a graft of 32
    one by one  `augment`: a host and a graft at a time, as networks that may be anything; a sample of them,
                since each takes as long as the other, for 50 updates, so that its looks at the closed loop
                (one in 50) weigh as in use
    alone       `augment_many` with one network: the same arithmetic, without the others

    tick        what is read -> the graft -> what is written, at batch 1, with a millisecond of sleep between;
                bare is the same loop without the graft, in turns; lean is the graft as `Many` of one
    culture     a graft between two simulated cultures in `run_ticks`, paced by the clock: from reading to the
                admission of its pulses, in the ticks in which it writes

Processor time of one thread for learning, wall time for ticks. Checked in the run: every network of the batch
ends where it ends alone, and its first step is that of `augment`. Exit code 1 says that a result was wrong; a
goal that was missed is printed, not an error.
"""

import argparse
import sys
import time

import numpy as np
import torch

from brainwright.loop import run_ticks
from brainwright.loop.augment import Graft, augment
from brainwright.loop.grafts import Arm, Setting, augment_many
from brainwright.loop.grafts.between import CYCLE, READ, TICK_S
from brainwright.loop.grafts.cultures import prepared
from brainwright.loop.grafts.task import Waves, grafts_of, host_of, hosts_of, ports_of
from brainwright.network import layered
from brainwright.network.graft import Many
from brainwright.objective import Batch, Regression
from brainwright.tissue import Paced, WallClock

RATIO, TICK_MS = 20.0, 2.0
"""What is asked: of the batch, and of the 99th percentile of a tick."""
PORTS, BATCH, LONG = ports_of(6), 32, 50


def batch(seeds: range, updates: int) -> tuple[float, torch.Tensor]:
    """Seconds per network and update, and the grafts' values afterwards."""
    hosts, grafts, task = hosts_of(seeds), grafts_of(seeds, PORTS), Waves(seeds)
    how = Setting(PORTS, updates=updates, samples=BATCH)
    start = time.process_time()
    done = augment_many(hosts, grafts, {"BP": Arm("BP", plastic=True)}, task, how)
    return (time.process_time() - start) / (len(seeds) * updates), done.grafts.values


def one_by_one(seeds: range, updates: int) -> tuple[float, torch.Tensor]:
    """The same of networks one after another."""
    values, spent = [], 0.0
    for seed in seeds:
        host, inner = host_of(seed), layered([6, 16, 16, 6], "tanh")
        grafts_of([seed], PORTS).put_into([inner])
        task = Waves([seed])
        batches = [Batch(x[0], y[0]) for x, y in (task.batch(BATCH) for _ in range(updates))]
        start = time.process_time()
        augment(host, Graft(inner, PORTS), Regression(), batches, host_rate=1e-2)
        spent += time.process_time() - start
        values.append(Many.of([inner]).values[0])
    return spent / (len(seeds) * updates), torch.stack(values)


@torch.no_grad()
def ticks(n: int) -> dict[str, np.ndarray]:
    """Milliseconds of every tick, of the bare loop and of one with a graft, in turns."""
    network = Graft.beside(PORTS, (16, 16)).network
    lean = Many.of([network])
    answers = {
        "graft": lambda x: network.unroll(x[None]).last[0],
        "lean graft": lambda x: lean.run(x[None, None])[0].sent[lean.output][0, 0],
    }
    read, written = np.zeros(64, np.float32), np.zeros(64, np.float32)
    took: dict[str, list[float]] = {name: [] for name in ("bare", *answers)}
    for k in range(n):
        for name, spent in took.items():
            read[:] = k % 7
            start = time.perf_counter()
            heard = read[:6].copy()
            if name in answers:
                heard = answers[name](torch.from_numpy(heard)).numpy()
            written[:6] = heard
            spent.append(1e3 * (time.perf_counter() - start))
            time.sleep(1e-3)
    return {name: np.array(spent[n // 10 :]) for name, spent in took.items()}  # the first part warms up


def culture(periods: int) -> tuple[np.ndarray, int]:
    """Milliseconds of the ticks in which a graft reads and writes, and how many of all ticks were missed."""
    tissue, controller = prepared((0,), periods, 0, {"BP": Arm("BP")}, calibrate=60)
    paced = Paced(tissue, WallClock())
    n, options = CYCLE * periods, {"period_s": TICK_S, "present_s": paced.present_s}
    log = run_ticks(paced, controller, n_ticks=n, **options)
    spent = log.column("left_s") - log.column("entered_s")
    return 1e3 * spent[READ::CYCLE][~log.missed[READ::CYCLE]], int(log.missed.sum())


def main() -> int:
    """Prints everything; 1 where a result was wrong."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="50 networks, fewer ticks")
    quick = parser.parse_args().quick
    torch.set_num_threads(1)
    networks, updates, sample = (50, 4, 3) if quick else (500, 8, 8)
    batch(range(4), 2), one_by_one(range(1), 2)  # imports and first calls
    together, values = batch(range(networks), updates)
    alone, same = zip(*(batch(range(k, k + 1), updates) for k in range(sample)), strict=True)
    apart, _ = one_by_one(range(sample), LONG)
    drift = float((values[:sample] - torch.cat(same)).abs().max())
    _, first = one_by_one(range(sample), 1)
    step = float((batch(range(sample), 1)[1] - first).abs().max())
    right = drift < 1e-3 and step < 1e-3  # a tenth of one step of Adam at .01; float32 differs by far less
    print(f"{networks} networks of 162 + 32 cells, {updates} updates of {BATCH} samples, one thread")
    for name, seconds in (
        ("batch", together),
        ("one by one", apart),
        ("alone, same arithmetic", np.mean(alone)),
    ):
        times = f"{seconds / together:6.1f} x the batch"
        print(f"  {name:<24}{1e3 * seconds:8.3f} ms per network and update, {times}")
    print(f"  largest difference of a value: alone {drift:.1e}, `augment`'s first step {step:.1e}")
    print(f"  at least {RATIO:g} x one by one: {'met' if apart / together >= RATIO else 'missed'}")
    for name, spent in ticks(300 if quick else 3_000).items():
        p50, p99 = np.percentile(spent, [50, 99])
        goal = (
            ""
            if name == "bare"
            else f", p99 of at most {TICK_MS:g} ms: {'met' if p99 <= TICK_MS else 'missed'}"
        )
        print(f"  tick, {name:<10} p50 {p50:.3f}, p99 {p99:.3f}, worst {spent.max():.3f} ms{goal}")
    spent, missed = culture(25 if quick else 200)
    p50, p99 = np.percentile(spent, [50, 99])
    print(f"  tick, culture    p50 {p50:.3f}, p99 {p99:.3f} ms in {len(spent)} ticks; {missed} missed")
    print("every network ends where it ends alone" if right else "WRONG: batch and alone differ")
    return 0 if right else 1


if __name__ == "__main__":
    sys.exit(main())
