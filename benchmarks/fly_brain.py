"""Time, memory and parity of the spiking engine at the size of the fly's brain.

    python benchmarks/fly_brain.py --cache FOLDER [--brian2-python brian/bin/python] [--seed 4711]

One synthetic brain (138,639 cells, 15.09 M connections), one core, two workloads drawn beforehand: sparse
(21 labelled inputs at 150 Hz) and dense (5,000 random cells at 40 Hz); a third, heavy (40,000 cells at
60 Hz, 0.2 s), shows where the sweep pays. Each engine runs in a process of its own on the same events; spike
counts and the share of common spikes stand beside each time, because a time without parity says nothing.
Times are CPU seconds per simulated second; Brian2's C++ tells the wall time of its own loop.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

STEPS = 10_000
WORKLOADS = ("sparse", "dense")  # heavy is for ours alone


def memory_mb(which: str = "VmHWM") -> float:
    """Resident memory of this process alone, peak or (VmRSS) now; the usual counter also remembers the
    parent's peak.
    """
    try:
        with open("/proc/self/status", encoding="ascii") as lines:
            return next(int(line.split()[1]) for line in lines if line.startswith(f"{which}:")) / 1024
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def make(folder: Path, seed: int, rates: tuple[float, float]) -> None:
    """The brain and both event tables, as .npy files."""
    from brainwright.connectome.synthetic import fly_like
    from brainwright.simulation.engine import LIFParameters, poisson_events

    brain = fly_like(seed=seed)
    edges, cells = brain.edges_of("chemical"), brain.cells
    count = (edges.count * cells["sign"].to_numpy()[edges.pre]).astype(np.int16)
    rng = np.random.default_rng(seed + 1)
    crowd = rng.choice(np.flatnonzero(cells["type"] == "background"), 5000, replace=False)
    inputs = np.flatnonzero(cells["type"] == "input")
    for name, neurons, rate in zip(WORKLOADS, (inputs, crowd), rates, strict=True):
        np.save(folder / f"{name}.npy", poisson_events(neurons, rate, STEPS, LIFParameters(), rng))
    mob = rng.choice(np.flatnonzero(cells["type"] == "background"), 40_000, replace=False)
    np.save(folder / "heavy.npy", poisson_events(mob, 60.0, STEPS // 5, LIFParameters(), rng))
    trials = [poisson_events(inputs, rates[0], STEPS, LIFParameters(), rng) for _ in range(30)]
    np.savez(folder / "trials.npz", *trials)
    for name, array in (("pre", edges.pre), ("post", edges.post), ("count", count)):
        np.save(folder / f"{name}.npy", array)
    np.save(folder / "n_neurons.npy", np.array(brain.n_cells))


def timed(call, repeats: int) -> tuple[list[float], list[float], object]:
    cpu, wall = [], []
    for _ in range(repeats):
        began_cpu, began = time.process_time(), time.perf_counter()
        result = call()
        cpu.append(time.process_time() - began_cpu)
        wall.append(time.perf_counter() - began)
    return cpu, wall, result


def ours(folder: Path, out: Path) -> dict:
    """Both precisions, all modes, 30 trials; memory is the growth over imports and compiled code."""
    from brainwright.simulation.engine import SpikingEngine, Wiring

    small = Wiring.from_edges(
        np.arange(9, dtype=np.int32), np.arange(9, dtype=np.int32), np.ones(9, np.int16), 10
    )
    for precision in ("exact", "fast"):  # compile, or load compiled code, outside every measurement
        for mode in ("lazy", "sweep"):
            SpikingEngine(small, precision=precision).run(7000, kicks=np.array([[0, 0]]), mode=mode)
    table: dict = {"baseline_mb": memory_mb("VmRSS")}  # now: a peak of compiling would hide growth
    pre, post, count = (np.load(folder / f"{name}.npy") for name in ("pre", "post", "count"))
    n = int(np.load(folder / "n_neurons.npy"))
    build_cpu, build_wall, wiring = timed(lambda: Wiring.from_edges(pre, post, count, n), 3)
    shuffle = np.random.default_rng(0).permutation
    table |= {"build_cpu": build_cpu, "build_wall": build_wall}
    exact, fast = SpikingEngine(wiring), SpikingEngine(wiring, precision="fast")
    for name in (*WORKLOADS, "heavy"):
        kicks = np.load(folder / f"{name}.npy")
        steps = STEPS if name != "heavy" else STEPS // 5
        if name == "heavy":  # its spike list is large: memory is read off before
            table["memory_growth_mb"] = memory_mb() - table["baseline_mb"]
        for label, engine in (("exact", exact), ("fast", fast)):
            for mode in ("auto", "lazy", "sweep"):
                repeats = 3 if mode == "sweep" or name == "heavy" else 7

                def run(engine=engine, kicks=kicks, mode=mode, steps=steps):
                    return engine.run(steps, kicks=kicks, mode=mode)

                cpu, wall, (spikes, _) = timed(run, repeats)
                table[f"{name}.{label}.{mode}"] = {
                    "cpu": [x * STEPS / steps for x in cpu],
                    "wall": wall,
                    "spikes": int(spikes.step.size),
                    "active": int(np.unique(spikes.neuron).size),
                    "events": spikes.synaptic_events,
                    "swept": spikes.sweep_steps,
                }
                np.save(out / f"ours.{name}.{label}.{mode}.npy", spikes.key())
    with np.load(folder / "trials.npz") as file:
        tables = [file[name] for name in file.files]
    for label, engine in (("exact", exact), ("fast", fast)):
        cpu, wall, _ = timed(lambda e=engine: [e.run(STEPS, kicks=k)[0].step.size for k in tables], 3)
        table[f"trials.{label}"] = {"cpu": cpu, "wall": wall}
    order = shuffle(pre.size)
    mixed = pre[order], post[order], count[order]
    table["build_unsorted_cpu"] = timed(lambda: Wiring.from_edges(*mixed, n), 1)[0]
    return table


def numpy_reference(folder: Path, out: Path, steps: int) -> dict:
    """The plain reference over the first ``steps`` steps of both workloads."""
    from brainwright.simulation.engine.reference import simulate

    edges = [np.load(folder / f"{name}.npy") for name in ("pre", "post", "count")]
    n, table = int(np.load(folder / "n_neurons.npy")), {}
    for name in WORKLOADS:
        kicks = np.load(folder / f"{name}.npy")
        driven, kicks = np.unique(kicks[:, 1]), kicks[kicks[:, 0] < steps]
        cpu, _, (spikes, _) = timed(
            lambda k=kicks, d=driven: simulate(*edges, n, steps, kicks=k, driven=d), 1
        )
        table[name] = {"cpu": cpu[0] * STEPS / steps, "steps": steps, "spikes": len(spikes)}
        np.save(out / f"numpy.{name}.npy", spikes[:, 0] * n + spikes[:, 1])
    return table


def torch_events(folder: Path, out: Path, steps: int) -> dict:
    """Event-driven in plain torch operations: dense update, gather the rows of the spikes, index_add_."""
    import torch

    torch.set_num_threads(1)
    pre, post, count = (torch.from_numpy(np.load(folder / f"{x}.npy")) for x in ("pre", "post", "count"))
    n, table = int(np.load(folder / "n_neurons.npy")), {}
    row = torch.zeros(n + 1, dtype=torch.int64)
    row[1:] = torch.cumsum(torch.bincount(pre, minlength=n), 0)
    em, es = float(np.exp(-0.1 / 20)), float(np.exp(-0.1 / 5))
    for name in WORKLOADS:
        kicks = np.load(folder / f"{name}.npy")
        refractory = torch.full((n,), 22)
        refractory[np.unique(kicks[:, 1])] = 1
        bounds = np.searchsorted(kicks[:, 0], np.arange(steps + 1))
        v, g = torch.zeros(2, n, dtype=torch.float64)
        ready = torch.zeros(n, dtype=torch.int64)
        under_way: list = []
        began = time.process_time()
        for s in range(steps):
            active = ready <= s
            v = torch.where(active, v * em + g * ((em - es) / 3), v)
            g = torch.where(active, g * es, g)
            fired = torch.nonzero(active & (v > 7.0)).ravel()
            under_way.append(fired)
            ready[fired] = s + refractory[fired]
            if s >= 18 and len(under_way[s - 18]):
                sources = under_way[s - 18]
                length = row[sources + 1] - row[sources]
                start = torch.repeat_interleave(row[sources] - (torch.cumsum(length, 0) - length), length)
                edge = start + torch.arange(int(length.sum()))
                target = post[edge].long()
                g.index_add_(0, target, 0.275 * count[edge].double() * (ready[target] <= s))
            target = torch.from_numpy(kicks[bounds[s] : bounds[s + 1], 1]).long()
            v.index_add_(0, target, 68.75 * (ready[target] <= s).double())
            v[fired] = 0.0
            g[fired] = 0.0
        cpu = time.process_time() - began
        key = np.concatenate([s * n + fired.numpy() for s, fired in enumerate(under_way)])
        table[name] = {"cpu": cpu * STEPS / steps, "steps": steps, "spikes": key.size}
        np.save(out / f"torch.{name}.npy", key)
    return table


def brian2(folder: Path, out: Path, python: str, target: str, workload: str, steps: int) -> dict:
    """Brian2 on the same events, by ``peers/brian2_run.py`` in its own environment."""
    kicks = np.load(folder / f"{workload}.npy")
    driven, kicks = np.unique(kicks[:, 1]), kicks[kicks[:, 0] < steps]
    n = int(np.load(folder / "n_neurons.npy"))
    problem, answer = out / "problem.npz", out / "answer.npz"
    np.savez(
        problem,
        pre=np.load(folder / "pre.npy"),
        post=np.load(folder / "post.npy"),
        count=np.load(folder / "count.npy"),
        delay_s=np.array([np.nan]),
        n_neurons=n,
        steps=steps,
        kicks=kicks,
        driven=driven,
        silenced=np.zeros(0, np.int32),
    )
    script = Path(__file__).parent / "peers" / "brian2_run.py"
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    subprocess.run([python, script, problem, answer, "--target", target], env=environment, check=True)
    with np.load(answer) as file:
        key = file["step"].astype(np.int64) * n + file["neuron"]
        loop_s = float(file["loop_cpu_s"] if target == "cython" else file["loop_s"])
        done = steps - 10 if target == "cython" else steps
    np.save(out / f"brian2-{target}.{workload}.npy", key)
    return {"cpu": loop_s * STEPS / done, "steps": steps, "spikes": key.size}


def common(out: Path, one: str, other: str, steps: int, n: int) -> str:
    a, b = (np.load(out / f"{name}.npy") for name in (one, other))
    a, b = a[a < steps * n], b[b < steps * n]
    shared = np.intersect1d(a, b).size
    same = " (identical)" if shared == a.size == b.size else ""
    return f"{shared:,} of {max(a.size, b.size):,} common{same}"


def in_own_process(part: str, folder: Path, out: Path, extra: list[str] = ()) -> dict:
    command = [sys.executable, __file__, "--part", part, "--cache", folder, "--out", out, *extra]
    environment = dict(os.environ, OMP_NUM_THREADS="1", NUMBA_NUM_THREADS="1")
    done = subprocess.run(
        [str(x) for x in command], stdout=subprocess.PIPE, text=True, env=environment, check=True
    )
    return json.loads(done.stdout.splitlines()[-1])


def show(label: str, cpu: list[float], note: str) -> None:
    print(f"  {label:34s} {statistics.median(cpu):8.4f} (best {min(cpu):.4f})   {note}", flush=True)


def report(folder: Path, out: Path, arguments: argparse.Namespace) -> None:
    n = int(np.load(folder / "n_neurons.npy"))
    mine = in_own_process("ours", folder, out)
    print(
        f"machine: {platform.machine()}, python {platform.python_version()}, numpy {np.__version__}, one core"
    )
    print(
        f"seed {arguments.seed}; rates {arguments.sparse_hz} and {arguments.dense_hz} Hz; median of repeats"
    )
    show("build from sorted arrays", mine["build_cpu"], f"wall {statistics.median(mine['build_wall']):.3f} s")
    show("build from shuffled arrays", mine["build_unsorted_cpu"], "")
    for label in ("exact", "fast"):
        show(f"30 trials x 1 s, sparse, {label}", mine[f"trials.{label}"]["cpu"], "all on one core")
    print(
        f"  peak memory growth: {mine['memory_growth_mb']:.0f} MB, the edge list included, over "
        f"{mine['baseline_mb']:.0f} MB of imports"
    )
    peers: dict[str, dict] = {}
    if arguments.brian2_python:
        for target in ("cython", "cpp"):
            for workload, steps in (("sparse", STEPS), ("dense", arguments.dense_steps)):
                key = f"brian2-{target}.{workload}"
                peers[key] = brian2(folder, out, arguments.brian2_python, target, workload, steps)
    for part, steps in (("numpy", arguments.numpy_steps), ("torch", arguments.torch_steps)):
        if steps:
            answer = in_own_process(part, folder, out, ["--steps", steps])
            peers |= {f"{part}.{workload}": answer[workload] for workload in WORKLOADS}
    for workload in (*WORKLOADS, "heavy"):
        first = mine[f"{workload}.exact.auto"]
        size = (
            f"{first['spikes']:,} spikes of {first['active']:,} cells, {first['events'] / 1e6:.1f} M events"
        )
        print(f"{workload}: {size}")
        for label in ("exact", "fast"):
            for mode in ("auto", "lazy", "sweep"):
                row = mine[f"{workload}.{label}.{mode}"]
                same = common(out, f"ours.{workload}.{label}.{mode}", f"ours.{workload}.exact.lazy", STEPS, n)
                swept = f", swept {row['swept']:,} steps" if row["swept"] else ""
                note = f"{row['spikes']:,} spikes{swept}; with exact lazy: {same}"
                show(f"{label}, {mode}", row["cpu"], note)
        best = statistics.median(first["cpu"])
        for name, row in peers.items():
            if name.endswith(workload):
                same = common(out, name, f"ours.{workload}.exact.auto", row["steps"], n)
                ratio = f"{row['cpu'] / best:.0f}x ours"
                show(name, [row["cpu"]], f"{ratio}; {row['steps'] / STEPS:g} s run; with ours: {same}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cache", type=Path, required=True, help="folder for the brain and its events")
    parser.add_argument("--brian2-python", help="python of an environment with Brian2 2.9")
    parser.add_argument("--seed", type=int, default=4711)
    parser.add_argument("--sparse-hz", type=float, default=150.0)
    parser.add_argument("--dense-hz", type=float, default=40.0)
    parser.add_argument("--dense-steps", type=int, default=3000, help="steps of Brian2's dense run")
    parser.add_argument(
        "--numpy-steps", type=int, default=3000, help="steps of the NumPy reference (0: none)"
    )
    parser.add_argument("--torch-steps", type=int, default=1000, help="steps of the torch version (0: none)")
    parser.add_argument("--steps", type=int, default=STEPS, help=argparse.SUPPRESS)
    parser.add_argument("--part", choices=["ours", "numpy", "torch"], help=argparse.SUPPRESS)
    parser.add_argument("--out", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    if arguments.part:
        parts = {"ours": ours, "numpy": numpy_reference, "torch": torch_events}
        extra = () if arguments.part == "ours" else (arguments.steps,)
        print(json.dumps(parts[arguments.part](arguments.cache, arguments.out, *extra)))
        return
    folder = arguments.cache / f"{arguments.seed}-{arguments.sparse_hz:g}-{arguments.dense_hz:g}"
    if not (folder / "n_neurons.npy").exists():
        folder.mkdir(parents=True, exist_ok=True)
        make(folder, arguments.seed, (arguments.sparse_hz, arguments.dense_hz))
    with tempfile.TemporaryDirectory() as out:
        report(folder, Path(out), arguments)


if __name__ == "__main__":
    main()
