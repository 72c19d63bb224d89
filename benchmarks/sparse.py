"""Training through sparse recurrent weights against dense torch, torch CSR and gather + index_add.

`python benchmarks/sparse.py`: 3,000 cells, 110,000 edges, tanh, batch 64, 30 steps, one thread, float32;
forward and backward, medians of runs in one process. Every variant is checked first: its loss and
its gradients against dense float64. `--whole-brain` times one step of 138,639 cells and 15.1 million edges.
"""

import argparse
import resource
import sys
import time
import warnings

import numpy as np
import torch

from brainwright.network.sparse import Pattern

N, E, BATCH, STEPS, INPUTS, OUTPUTS = 3_000, 110_000, 64, 30, 32, 16
TOLERANCE = 1e-6  # relative, of the loss and of every gradient
WHOLE_N, WHOLE_E, WHOLE_BATCH = 138_639, 15_091_983, 8


def graph(n: int, n_edges: int, seed: int = 0) -> Pattern:
    """Random pairs with log-normal propensities (log-sd 1) on both sides."""
    rng = np.random.default_rng(seed)
    out, into = (np.cumsum(rng.lognormal(size=n)) for _ in range(2))
    keys = np.empty(0, np.int64)
    while keys.size < n_edges:
        pre, post = (np.searchsorted(c, rng.random(n_edges) * c[-1]) for c in (out, into))
        keys = np.unique(np.concatenate([keys, pre.astype(np.int64) * n + post]))
    keys = np.sort(rng.choice(keys, n_edges, replace=False))
    return Pattern.of(keys // n, keys % n, n, n)


def ours(backend: str):
    """Our product with one back end."""

    def prepared(pattern, values):
        matrix = pattern.matrix(values, backend)
        return lambda h: matrix @ h

    return prepared


def dense(pattern, values):
    """A dense matrix with torch's own gradient (a full N × N one, as in dense training)."""
    weight = pattern.dense(values)
    return lambda h: h @ weight.T


def torch_csr(pattern, values):
    """torch's sparse CSR matrix with its own gradient."""
    start, column, place = (torch.from_numpy(a) for a in pattern.by_post)
    matrix = torch.sparse_csr_tensor(
        start, column, values[place.long()], (pattern.n_post, pattern.n_pre), check_invariants=False
    )
    return lambda h: (matrix @ h.T).T


def gather(pattern, values):
    """Gather, multiply, index_add."""
    pre, post = (torch.from_numpy(a).long() for a in (pattern.pre, pattern.post))
    return lambda h: h.new_zeros(h.shape[0], pattern.n_post).index_add(1, post, h[:, pre] * values)


VARIANTS = {
    "brainwright, numba": ours("numba"),
    "brainwright, torch": ours("torch"),
    "dense": dense,
    "torch sparse CSR": torch_csr,
    "gather + index_add": gather,
}


def problem(pattern: Pattern, dtype: torch.dtype):
    """Values, input weights, read-out, inputs and targets, all drawn in float64 and rounded."""
    draw = torch.Generator().manual_seed(0)
    n = pattern.n_post
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
    product = variant(pattern, values)
    h = torch.zeros(pattern.n_post, BATCH, dtype=values.dtype).mT
    loss = torch.zeros((), dtype=values.dtype)
    for t in range(STEPS):
        h = torch.tanh(product(h) + (w_in @ inputs[:, t].mT).mT)
        loss = loss + (h @ w_out.T - targets[:, t]).square().mean() / STEPS
    loss.backward()
    return loss.detach(), [values.grad, w_in.grad, w_out.grad]


def peak_mb() -> float:
    """Largest resident memory of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform != "darwin" else 2**20)


def training(repeats: int) -> int:
    """The table of 3,000 cells; 1 where a variant disagrees or a ratio is missed."""
    pattern = graph(N, E)
    loss64, gradients64 = train_step(dense, pattern, problem(pattern, torch.float64))
    tensors = problem(pattern, torch.float32)
    wrong = 0
    print(
        f"{N:,} cells, {E:,} edges, batch {BATCH}, {STEPS} steps, float32, {torch.get_num_threads()} thread"
    )
    for name, variant in VARIANTS.items():
        for dtype in (torch.float32, torch.float64):
            if dtype == torch.float64 and not name.startswith("brainwright"):
                continue
            loss, gradients = train_step(variant, pattern, problem(pattern, dtype))
            off = max(
                _relative(a, b) for a, b in zip([loss, *gradients], [loss64, *gradients64], strict=True)
            )
            wrong += off > TOLERANCE
            print(
                f"  {name:22} {str(dtype)[6:]}  against dense float64: {off:.1e}"
                f"{'  WRONG' if off > TOLERANCE else ''}"
            )
    seconds: dict[str, list[float]] = {name: [] for name in VARIANTS}
    for name, variant in VARIANTS.items():  # gather last: it leaves 3 GB of pages behind, and others pay
        for _ in range(repeats):
            began = time.process_time()
            train_step(variant, pattern, tensors)
            seconds[name].append(time.process_time() - began)
    best = {name: float(np.median(taken)) for name, taken in seconds.items()}
    fast = best["brainwright, numba"]
    for name, taken in best.items():
        print(f"  {name:22} {taken:7.3f} s CPU (median of {repeats})   {taken / fast:6.1f} times ours")
    goals = {"dense": 10, "torch sparse CSR": 7, "gather + index_add": 8}
    for name, goal in goals.items():
        print(f"  {name}: asked {goal}, got {best[name] / fast:.1f}")
    return int(wrong > 0 or any(best[name] / fast < goal for name, goal in goals.items()))


def memory() -> int:
    """Growth of the peak over a warmed-up import, for our product alone."""
    pattern = graph(N, E)
    small = graph(100, 1_000)
    values = torch.ones(1_000, requires_grad=True)
    (small.matrix(values) @ torch.ones(4, 100, requires_grad=True)).sum().backward()
    tensors = problem(pattern, torch.float32)
    before = peak_mb()
    train_step(VARIANTS["brainwright, numba"], pattern, tensors)
    grown = peak_mb() - before
    print(f"extra memory of a training step after a warm-up: {grown:.0f} MB (asked: at most 150)")
    return int(grown > 150)


def whole_brain(repeats: int) -> int:
    """One step forward and backward at the size of a fly brain."""
    began = time.perf_counter()
    pattern = graph(WHOLE_N, WHOLE_E)
    pattern.by_post, pattern.by_pre  # noqa: B018  build both orders
    print(
        f"{WHOLE_N:,} cells, {WHOLE_E:,} edges, batch {WHOLE_BATCH}; "
        f"built in {time.perf_counter() - began:.0f} s"
    )
    values = torch.randn(WHOLE_E) / 10
    h = torch.randn(WHOLE_N, WHOLE_BATCH).mT
    taken = []
    for _ in range(repeats + 1):
        v, state = values.requires_grad_(), h.detach().requires_grad_()
        matrix = pattern.matrix(v)
        began = time.process_time()
        (matrix @ state).tanh().sum().backward()
        taken.append(time.process_time() - began)
        v.grad = None
    print(f"  a step, forward and backward: {np.median(taken[1:]):.3f} s CPU (asked: at most 0.25)")
    return int(np.median(taken[1:]) > 0.25)


def _relative(a: torch.Tensor, b: torch.Tensor) -> float:
    return float((a.double() - b).norm() / b.norm())


def main() -> int:
    """Prints the tables; 1 where something disagrees or a goal is missed."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--repeats", type=int, default=3)
    options.add_argument("--whole-brain", action="store_true", help="15.1 million edges")
    options.add_argument("--memory", action="store_true", help="extra memory of a training step")
    given = options.parse_args()
    warnings.filterwarnings("ignore", "Sparse CSR tensor support is in beta")
    torch.set_num_threads(1)
    if given.whole_brain:
        return whole_brain(given.repeats)
    return memory() if given.memory else training(given.repeats)


if __name__ == "__main__":
    sys.exit(main())
