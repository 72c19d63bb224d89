"""What an edge costs from a hundred thousand to ten million: the degree null, block expansion, compiling.

`python benchmarks/growth.py [--most 1e7] [--picture docs/growth.png]` prints processor time and peak memory
for each edge (of the result, for expansion) and the exponents of cost against edges; 1 where a goal is
missed. At one density, 50 edges a cell (the larva has 37, the fly 109), so that size alone grows. Sizes take
turns, and the least of the repeats counts. Checked in the same run: degrees, autapses and repeats by
counting; the original within its expansion; compiled weights against the signed counts. At the least size the
rewiring chain is also run in plain Python, from the same random numbers: equal targets, and its time beside
ours.

`--fly`: the degree null on 15,091,983 edges (about 2 GB).
"""

import argparse
import sys
import time
import tracemalloc
from collections.abc import Callable

import numpy as np

from brainwright.connectome import Connectome, expand, nulls, synthetic
from brainwright.connectome.nulls import rewire, swap

EDGES_PER_CELL = 50
SIZES = (1e5, 3e5, 1e6, 3e6, 1e7)
FACTOR = 2.5  # of the cells of an expansion; its edges grow a little more
GOAL_EXPONENT, GOAL_NULL_S, GOAL_EXPANSION_S, GOAL_EXPANSION_BYTES = 1.1, 60.0, 10.0, 60.0
MASK = (1 << 64) - 1


def diagram(n_edges: float) -> Connectome:
    """A synthetic diagram with as many edges for each cell at every size."""
    return synthetic.fly_like(int(n_edges) // EDGES_PER_CELL, int(n_edges), seed=21, n_followers=100)


def null(wiring: Connectome, seed: int):
    """The degree-preserving null, ten moves an edge."""
    return nulls.degree_preserving(wiring, seed)


def expansion(wiring: Connectome, seed: int):
    """The block model by type."""
    return expand.block_model(wiring, FACTOR, seed)


def compiled(wiring: Connectome, seed: int):
    """A rate network of the same edges."""
    from brainwright import network

    return network.compile(wiring, seed=seed)


def check_null(before: Connectome, after: Connectome) -> int:
    """Degrees, autapses and repeats; the number of edges."""
    a, b, n = before.edges, after.edges, before.n_cells
    for end in ("pre", "post"):
        assert np.array_equal(*(np.bincount(getattr(e, end), minlength=n) for e in (a, b)))
    assert (b.pre == b.post).sum() == (a.pre == a.post).sum()
    key = np.sort(b.pre.astype(np.int64) * n + b.post)
    assert (np.diff(key) > 0).all()
    return b.pre.size


def check_expansion(before: Connectome, after: Connectome) -> int:
    """The original lies within, no pair is repeated, no autapse is new; the number of edges."""
    n, e = before.n_cells, after.edges
    inside = (e.pre < n) & (e.post < n)
    for old, new in zip(before.edges[:3], after.edges[:3], strict=True):
        assert np.array_equal(old, new[inside])
    key = np.sort(e.pre.astype(np.int64) * after.n_cells + e.post)
    assert (np.diff(key) > 0).all()
    assert (e.pre == e.post).sum() == (before.edges.pre == before.edges.post).sum()
    return e.pre.size


def check_compiled(before: Connectome, after) -> int:
    """Every edge has its signed count as weight; the number of edges."""
    core = after.projection(1)
    sign = np.sign(before.cells["sign"].to_numpy(float))
    assert np.array_equal(core.pattern.post, before.edges.post)
    assert np.array_equal(core.values().numpy(), before.edges.count * sign[before.edges.pre])
    return before.n_edges


WORK: dict[str, tuple[Callable, Callable]] = {
    "degree null": (null, check_null),
    "block expansion": (expansion, check_expansion),
    "compile": (compiled, check_compiled),
}


def size_of_input(name: str, n_edges: float) -> float:
    """An expansion is named by the edges that it ends with."""
    return n_edges / FACTOR if name == "block expansion" else n_edges


def measured(name: str, sizes: list[float], repeats: int) -> list[tuple[int, float, float]]:
    """(edges, seconds, bytes an edge) of each size; time and memory in runs of their own."""
    work, check = WORK[name]
    inputs = [diagram(size_of_input(name, n)) for n in sizes]
    edges = [check(wiring, work(wiring, 0)) for wiring in inputs]  # compiles too
    seconds = [float("inf")] * len(sizes)
    for repeat in range(repeats):
        for k, wiring in enumerate(inputs):
            began_s = time.process_time()
            work(wiring, repeat)
            seconds[k] = min(seconds[k], time.process_time() - began_s)
    peaks = []
    for wiring in inputs:
        tracemalloc.start()
        work(wiring, 0)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    return [(e, s, p / e) for e, s, p in zip(edges, seconds, peaks, strict=True)]


def exponent(rows: list[tuple[int, float, float]]) -> float:
    """Slope of log seconds against log edges, by least squares."""
    edges, seconds, _ = np.log(np.array(rows)).T
    return float(np.polyfit(edges, seconds, 1)[0])


def plain_chain(pre, post, attempts: int, state: int) -> list[int]:
    """The rewiring chain in plain Python: whole numbers and a set of pairs."""
    pre, post = pre.tolist(), post.tolist()
    pairs = set(zip(pre, post, strict=True))

    def draw(n: int) -> int:
        nonlocal state
        state = (state + 0x9E3779B97F4A7C15) & MASK
        z = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        return (((z ^ (z >> 31)) >> 32) * n) >> 32

    for attempt in range(attempts):
        edges = [draw(len(pre)) for _ in range(3 if attempt % swap.TRIPLE == 0 else 2)]
        sources, targets = [pre[e] for e in edges], [post[e] for e in edges]
        after = [*targets[1:], targets[0]]
        new = set(zip(sources, after, strict=True))
        same_source = len(edges) == 2 and sources[0] == sources[1]
        if not same_source:
            if len(set(sources)) < len(sources) or new & pairs or any(a == b for a, b in new):
                continue
            pairs -= set(zip(sources, targets, strict=True))
            pairs |= new
        for edge, target in zip(edges, after, strict=True):
            post[edge] = target
    return post


def beside_plain(n_edges: float, attempts: int = 200_000) -> bool:
    """Prints the plain chain's time beside ours; whether the targets are equal."""
    edges = diagram(n_edges).edges
    rows = rewire.row_starts(edges.pre, int(edges.pre.max()) + 1)
    one = np.array([0], np.int32), np.array([edges.pre.size], np.int32)
    eligible, seed = np.arange(edges.pre.size, dtype=np.int32), 12
    began_s = time.process_time()
    expected = plain_chain(edges.pre, edges.post, attempts, seed)
    plain_s = time.process_time() - began_s
    times_s, targets = [], edges.post
    for _ in range(4):
        targets, state = edges.post.copy(), np.array([seed], np.uint64)
        began_s = time.process_time()
        swap.rewire_directed(rows, edges.pre, targets, eligible, *one, attempts, state)
        times_s.append(time.process_time() - began_s)
    equal = targets.tolist() == expected
    print(
        f"chain at {edges.pre.size:,} edges, {attempts:,} attempts: plain Python {plain_s:.2f} s, ours "
        f"{min(times_s):.4f} s ({plain_s / min(times_s):.0f} times), targets {'equal' if equal else 'DIFFER'}"
    )
    return equal


def fly() -> int:
    """The degree null at the size of a fly."""
    wiring = synthetic.fly_like(seed=11)
    null(diagram(SIZES[0]), 0)  # compiles
    wall_s, cpu_s = time.perf_counter(), time.process_time()
    after = null(wiring, 5)
    wall_s, cpu_s = time.perf_counter() - wall_s, time.process_time() - cpu_s
    check_null(wiring, after)
    print(f"{wiring}: {wall_s:.1f} s, of which processor {cpu_s:.1f} s; asked {GOAL_NULL_S:.0f} s")
    print(after.source.notes[-1])
    return int(cpu_s > GOAL_NULL_S)


def draw(found: dict[str, list[tuple[int, float, float]]], path: str) -> None:
    """Cost of an edge against edges, one line for each kind of work."""
    import matplotlib

    matplotlib.use("svg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=(6.4, 3.6))
    for name, rows in found.items():
        edges, seconds, _ = np.array(rows).T
        axes.loglog(edges, 1e6 * seconds / edges, "o-", label=f"{name}, edges^{exponent(rows):.2f}")
    axes.set(xlabel="edges", ylabel="processor time, µs an edge")
    axes.grid(which="major", alpha=0.3)
    axes.legend(frameon=False, fontsize=8, ncols=len(found), loc="lower center", bbox_to_anchor=(0.5, 1))
    figure.tight_layout()
    figure.savefig(path)


def main() -> int:
    """Prints the tables; 1 where a goal is missed or a result is wrong."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--most", type=float, default=SIZES[-1], help="edges of the largest size")
    options.add_argument("--repeats", type=int, default=2)
    options.add_argument("--picture", help="where to draw it (PNG or SVG)")
    options.add_argument("--fly", action="store_true", help="the degree null on 15 million edges, alone")
    given = options.parse_args()
    if given.fly:
        return fly()
    missed = [] if beside_plain(SIZES[0]) else ["chain"]
    sizes, found = [n for n in SIZES if n <= given.most], {}
    for name in WORK:
        rows = found[name] = measured(name, sizes, given.repeats)
        power = exponent(rows)
        print(f"{name}: cost grows as edges^{power:.3f}, asked at most {GOAL_EXPONENT}")
        for edges, seconds, bytes_ in rows:
            print(f"  {edges:12,} edges {seconds:8.3f} s {1e6 * seconds / edges:7.3f} µs an edge ", end="")
            print(f"{bytes_:6.1f} bytes an edge")
        missed += [f"{name}: exponent"] if power > GOAL_EXPONENT else []
    edges, seconds, bytes_ = found["block expansion"][-1]
    scaled_s = seconds * 1e7 / edges
    print(
        f"expansion to 10^7 edges: {scaled_s:.1f} s, asked {GOAL_EXPANSION_S:.0f}; {bytes_:.0f} bytes an edge"
    )
    missed += ["expansion"] if scaled_s > GOAL_EXPANSION_S or bytes_ > GOAL_EXPANSION_BYTES else []
    if given.picture:
        draw(found, given.picture)
    print(f"missed: {', '.join(missed)}" if missed else "all goals kept")
    return int(bool(missed))


if __name__ == "__main__":
    sys.exit(main())
