"""Training through sparse recurrent weights against dense torch, torch CSR and gather + index_add.

`python benchmarks/sparse_training.py`: 3,000 cells, 110,000 edges, tanh, batch 64, 30 steps, one thread,
float32, forward and backward. Every variant is checked first: its loss and its gradients against dense
float64. The variants take turns, each in a process of its own, and the least CPU time of each counts, so that
other work on the machine harms all alike. `--whole-brain`: one step of 138,639 cells and 15.1 million edges,
its time and memory. Memory is read from /proc, so that needs Linux. `--threads N`, with and without
`--whole-brain`: one thread and N in turn, by the clock on the wall, so on a quiet machine, and with
OMP_WAIT_POLICY=passive in the environment, or threads of torch that wait keep a core busy; the gradients must
have the same bits.
"""

import argparse
import multiprocessing
import sys
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np
import torch

from brainwright.network.over_time import over_time
from brainwright.network.sparse import Pattern, SparseMatrix, recur

N, E, BATCH, STEPS, INPUTS, OUTPUTS = 3_000, 110_000, 64, 30, 32, 16
TOLERANCE = 1e-6  # relative, of the loss and of every gradient
GOALS = {"dense": 10, "torch sparse CSR": 7, "gather + index_add": 8}
MOST_MB = 150
WHOLE_N, WHOLE_E, WHOLE_BATCH = 138_639, 15_091_983, 8
WHOLE_SECONDS, WHOLE_MB = 0.25, 1_000
TWO_THREADS = 1.7  # times as fast as one


def graph(n: int, n_edges: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Random pairs with log-normal propensities (log-sd 1) on both sides, sorted."""
    rng = np.random.default_rng(seed)
    out, into = (np.cumsum(rng.lognormal(size=n)) for _ in range(2))
    keys = np.empty(0, np.int64)
    while keys.size < n_edges:
        pre, post = (np.searchsorted(c, rng.random(n_edges) * c[-1]) for c in (out, into))
        keys = np.unique(np.concatenate([keys, pre.astype(np.int64) * n + post]))
    keys = np.sort(rng.choice(keys, n_edges, replace=False))
    return (keys // n).astype(np.int32), (keys % n).astype(np.int32)


def step_by_step(product, w_in, inputs):
    """States [time, cell, sample] of a tanh network from rest."""
    h, found = torch.zeros(w_in.shape[0], inputs.shape[0], dtype=w_in.dtype).mT, []
    for t in range(inputs.shape[1]):
        h = torch.tanh(product(h) + (w_in @ inputs[:, t].mT).mT)
        found.append(h.mT)
    return torch.stack(found)


def ours(pattern, values, w_in, inputs):
    """All steps as one operation."""
    drive = over_time(w_in, inputs.permute(1, 2, 0))
    return recur(SparseMatrix(pattern, values, "numba"), drive, steps=inputs.shape[1], phi="tanh")[0]


def product_with(backend: str):
    """Our product, step by step."""

    def states(pattern, values, w_in, inputs):
        matrix = SparseMatrix(pattern, values, backend)
        return step_by_step(lambda h: matrix @ h, w_in, inputs)

    return states


def dense(pattern, values, w_in, inputs):
    """A dense matrix with torch's own gradient (a full N × N one, as in dense training)."""
    weight = pattern.dense(values)
    return step_by_step(lambda h: h @ weight.T, w_in, inputs)


def torch_csr(pattern, values, w_in, inputs):
    """torch's sparse CSR matrix with its own gradient."""
    start, column, place = pattern.tensors(values.device).by_post
    shape = (pattern.n_post, pattern.n_pre)
    matrix = torch.sparse_csr_tensor(start, column, values[place], shape, check_invariants=False)
    return step_by_step(lambda h: (matrix @ h.T).T, w_in, inputs)


def gather(pattern, values, w_in, inputs):
    """Gather, multiply, index_add."""
    index = pattern.tensors(values.device)

    def product(h):
        return h.new_zeros(h.shape[0], pattern.n_post).index_add(1, index.post, h[:, index.pre] * values)

    return step_by_step(product, w_in, inputs)


OURS = "brainwright"
VARIANTS = {
    OURS: ours,
    "brainwright, by step": product_with("numba"),
    "brainwright, torch": product_with("torch"),
    "dense": dense,
    "torch sparse CSR": torch_csr,
    "gather + index_add": gather,
}


def problem(n: int, dtype: torch.dtype):
    """Values, input weights, read-out, inputs and targets, all drawn in float64 and rounded."""
    draw = torch.Generator().manual_seed(0)
    shapes = [(E,), (n, INPUTS), (OUTPUTS, n), (BATCH, STEPS, INPUTS), (BATCH, STEPS, OUTPUTS)]
    scales = [1 / (E / N) ** 0.5, 0.3, 1 / n**0.5, 1.0, 1.0]
    drawn = [
        torch.randn(*s, generator=draw, dtype=torch.float64) * k for s, k in zip(shapes, scales, strict=True)
    ]
    return [tensor.to(dtype) for tensor in drawn]


def train_step(variant, pattern: Pattern, tensors) -> tuple[torch.Tensor, list[torch.Tensor]]:
    """Loss and gradients of one unrolled batch."""
    values, w_in, w_out, inputs, targets = tensors
    values, w_in, w_out = (t.detach().requires_grad_() for t in (values, w_in, w_out))
    states = variant(pattern, values, w_in, inputs)
    read = over_time if variant is ours else torch.matmul
    loss = (read(w_out, states) - targets.permute(1, 2, 0)).square().mean()
    loss.backward()
    return loss.detach(), [values.grad, w_in.grad, w_out.grad]


def resident_mb(what: str) -> float:
    """Memory of this process: "VmRSS" now, "VmHWM" the most since `forget_peak`."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(what))


def forget_peak() -> None:
    """The peak begins anew at what is held now (Linux, proc(5))."""
    Path("/proc/self/clear_refs").write_text("5")


def alone(name: str, repeats: int) -> dict[str, float]:
    """CPU seconds of a step, the least of `repeats` after one to warm up, and the memory the first one took
    beyond what a tiny step had taken.
    """
    torch.set_num_threads(1)
    warnings.filterwarnings("ignore", "Sparse CSR tensor support is in beta")
    tiny, small = Pattern.of([0, 1], [1, 0], 2, 2), problem(2, torch.float32)
    train_step(VARIANTS[name], tiny, [small[0][:2], *small[1:]])
    pattern, tensors = Pattern.of(*graph(N, E), N, N), problem(N, torch.float32)
    forget_peak()
    before, taken, grown = resident_mb("VmRSS"), [], 0.0
    for k in range(repeats + 1):
        began = time.process_time()
        train_step(VARIANTS[name], pattern, tensors)
        taken.append(time.process_time() - began)
        grown = resident_mb("VmHWM") - before if k == 0 else grown
    return {"seconds": min(taken[1:]), "mb": grown}


def training(repeats: int, rounds: int) -> int:
    """The table of 3,000 cells; 1 where a variant disagrees or a goal is missed."""
    wrong = agreement()
    rows: dict[str, list[dict[str, float]]] = {name: [] for name in VARIANTS}
    context = multiprocessing.get_context("spawn")
    for _ in range(rounds):
        for name, found in rows.items():
            with context.Pool(1) as pool:
                found.append(pool.apply(alone, (name, repeats)))
    best = {name: min(row["seconds"] for row in found) for name, found in rows.items()}
    grown = {name: max(row["mb"] for row in found) for name, found in rows.items()}
    print(f"forward + backward, one thread, least of {rounds} × {repeats}")
    for name, seconds in best.items():
        print(
            f"  {name:21} {seconds:7.3f} s CPU  {seconds / best[OURS]:6.1f} times ours  {grown[name]:6.0f} MB"
        )
    for name, goal in GOALS.items():
        print(f"  {name}: asked {goal}, got {best[name] / best[OURS]:.1f}")
    print(f"  extra memory: asked at most {MOST_MB} MB, got {grown[OURS]:.0f}")
    missed = [name for name, goal in GOALS.items() if best[name] / best[OURS] < goal]
    return int(wrong or bool(missed) or grown[OURS] > MOST_MB)


def agreement() -> bool:
    """Prints how far each variant is from dense float64; whether any is wrong."""
    pattern, wrong = Pattern.of(*graph(N, E), N, N), False
    loss64, gradients64 = train_step(dense, pattern, problem(N, torch.float64))
    print(f"{N:,} cells, {E:,} edges, tanh, batch {BATCH}, {STEPS} steps: furthest from dense float64")
    for name, variant in VARIANTS.items():
        for dtype in (torch.float32, torch.float64) if name.startswith(OURS) else (torch.float32,):
            loss, gradients = train_step(variant, pattern, problem(N, dtype))
            pairs = zip([loss, *gradients], [loss64, *gradients64], strict=True)
            off = max(float((a.double() - b).norm() / b.norm()) for a, b in pairs)
            wrong |= off > TOLERANCE
            print(f"  {name:21} {str(dtype)[6:]}  {off:.1e}{'  WRONG' if off > TOLERANCE else ''}")
    return wrong


def whole_problem(pre: np.ndarray, post: np.ndarray):
    """Pattern, values and state of one step of the whole brain."""
    values = (torch.randn(WHOLE_E) / 10).requires_grad_()
    state = torch.randn(WHOLE_N, WHOLE_BATCH).mT.requires_grad_()
    return Pattern.of(pre, post, WHOLE_N, WHOLE_N), values, state


def whole_step(path: str, repeats: int) -> dict[str, float]:
    """CPU seconds of a step, forward and backward, and the peak of the whole process, torch and all."""
    torch.set_num_threads(1)
    pattern, values, state = whole_problem(np.load(f"{path}/pre.npy"), np.load(f"{path}/post.npy"))
    taken, parts = [], []
    for _ in range(repeats + 1):
        values.grad = state.grad = None
        began = time.process_time()
        y = (SparseMatrix(pattern, values) @ state).tanh().sum()
        half = time.process_time()
        y.backward()
        taken.append(time.process_time() - began)
        parts.append(half - began)
    return {"seconds": min(taken[1:]), "forward": min(parts[1:]), "mb": resident_mb("VmHWM")}


def whole_brain(repeats: int) -> int:
    """One step forward and backward at the size of a fly brain, in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        for name, array in zip(("pre", "post"), graph(WHOLE_N, WHOLE_E), strict=True):
            np.save(Path(folder) / f"{name}.npy", array)
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            found = pool.apply(whole_step, (folder, repeats))
    print(f"{WHOLE_N:,} cells, {WHOLE_E:,} edges, batch {WHOLE_BATCH}, one thread")
    print(f"  a step: {found['seconds']:.3f} s CPU ({found['forward']:.3f} forward), asked {WHOLE_SECONDS}")
    print(f"  peak of the process: {found['mb']:.0f} MB, asked less than {WHOLE_MB}")
    return int(found["seconds"] > WHOLE_SECONDS or found["mb"] >= WHOLE_MB)


def in_threads(threads: int, repeats: int, whole: bool) -> int:
    """One thread and several in turn, by the clock on the wall; 1 where bits differ or the goal is missed."""
    if whole:
        pattern, values, state = whole_problem(*graph(WHOLE_N, WHOLE_E))
    else:
        pattern, tensors = Pattern.of(*graph(N, E), N, N), problem(N, torch.float32)

    def step() -> list[torch.Tensor]:
        if not whole:
            return train_step(VARIANTS[OURS], pattern, tensors)[1]
        return list(
            torch.autograd.grad((SparseMatrix(pattern, values) @ state).tanh().sum(), (values, state))
        )

    taken: dict[int, list[float]] = {1: [], threads: []}
    gradients: dict[int, list[torch.Tensor]] = {}
    for _ in range(repeats + 1):
        for n, times in taken.items():
            torch.set_num_threads(n)
            began = time.perf_counter()
            gradients[n] = step()
            times.append(time.perf_counter() - began)
    one, many = (min(times[1:]) for times in taken.values())
    same = all(map(torch.equal, *gradients.values()))
    print(f"one thread {one:.3f} s, {threads} threads {many:.3f} s of wall time, least of {repeats} in turn")
    word = "equal" if same else "DIFFER"
    print(f"  {one / many:.2f} times as fast, asked {TWO_THREADS} of two; gradients {word}")
    return int(not same or one / many < TWO_THREADS)


def main() -> int:
    """Prints the tables; 1 where something disagrees or a goal is missed."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--repeats", type=int, default=3)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--whole-brain", action="store_true", help="15.1 million edges")
    options.add_argument("--threads", type=int, help="compare one thread with so many")
    given = options.parse_args()
    warnings.filterwarnings("ignore", "Sparse CSR tensor support is in beta")
    if given.threads:
        return in_threads(given.threads, given.repeats, given.whole_brain)
    torch.set_num_threads(1)
    return whole_brain(given.repeats) if given.whole_brain else training(given.repeats, given.rounds)


if __name__ == "__main__":
    sys.exit(main())
