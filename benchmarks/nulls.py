"""Null models against igraph and NetworkX, and at the size of a fly brain.

`python benchmarks/nulls.py` compares at 2,952 cells and 110,677 edges (the larva where its zip is found, else
a synthetic diagram of that size); `--large` runs the degree-preserving null on 15,091,983 synthetic edges.
Every
timed result is checked: degrees, autapses, repeats. igraph and NetworkX are optional; what is absent is said.
"""

import argparse
import resource
import sys
import time

import numpy as np

from brainwright.connectome import Connectome, nulls, synthetic
from brainwright.datasets import MissingData

N_CELLS, N_EDGES = 2_952, 110_677


def main() -> int:
    """Prints the table; 1 where a limit was missed."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--large", action="store_true", help="15 million edges")
    options.add_argument("--repeats", type=int, default=3)
    options.add_argument("--networkx-swaps", type=int, default=2_000, help="swaps timed in NetworkX")
    given = options.parse_args()
    return large() if given.large else small(given.repeats, given.networkx_swaps)


def small(repeats: int, networkx_swaps: int) -> int:
    """The larva: ours, igraph, NetworkX in one run."""
    wiring = larva()
    print(f"{wiring}, autapses kept in place")
    first_s, _ = timed(lambda: nulls.degree_preserving(wiring, seed=99))
    print(f"first call, with compilation or its cache: {first_s:.2f} s")
    ours_s, null = best(repeats, lambda seed: nulls.degree_preserving(wiring, seed=seed))
    check(wiring, null)
    print(
        f"degree_preserving      {ours_s:8.3f} s   degrees exact, overlap {nulls.overlap(wiring, null):.3f}"
    )
    strong_s, strong = best(repeats, lambda seed: nulls.strength_preserving(wiring, seed=seed))
    check(wiring, strong)
    error = nulls.relative_strength_error(wiring, strong)
    print(
        f"strength_preserving    {strong_s:8.3f} s   in-strength error: median {np.median(error):.3%}, mean "
        f"{error.mean():.3%}, largest {np.abs(nulls.strength_error(wiring, strong)).max():.0f} synapses"
    )
    for null_model in (
        nulls.block_preserving,
        nulls.boundary_preserving,
        nulls.erdos_renyi,
        nulls.ring,
        nulls.clone,
    ):
        if null_model in (nulls.block_preserving, nulls.clone) and "type" not in wiring.cells:
            continue
        took_s, _ = best(repeats, lambda seed, model=null_model: model(wiring, seed=seed))
        print(f"{null_model.__name__:22} {took_s:8.3f} s")
    igraph(wiring, repeats, ours_s)
    networkx(wiring, networkx_swaps, ours_s)
    missed = [
        name for name, took, limit in (("degree", ours_s, 2.5), ("strength", strong_s, 20.0)) if took > limit
    ]
    print(
        f"limits: degree <= 2.5 s, strength <= 20 s: {'missed by ' + ', '.join(missed) if missed else 'kept'}"
    )
    return bool(missed)


def larva() -> Connectome:
    """The larva with its four kinds merged, or a synthetic diagram of equal size."""
    try:
        return Connectome.load("larva/winding2023").merge_parallel()
    except MissingData as missing:
        print(f"{missing}; taking a synthetic diagram instead")
        return synthetic.fly_like(N_CELLS, N_EDGES, seed=1)


def igraph(wiring: Connectome, repeats: int, ours_s: float) -> None:
    """igraph's edge switching with as many attempted moves."""
    try:
        import igraph as ig
    except ImportError:
        print("igraph                 absent")
        return
    edges = movable(wiring)
    graph = ig.Graph(n=wiring.n_cells, edges=edges, directed=True)

    def rewired(_):
        copy = graph.copy()
        copy.rewire(n=10 * len(edges))
        return copy

    took_s, copy = best(repeats, rewired)
    assert copy.indegree() == graph.indegree()
    assert copy.outdegree() == graph.outdegree()
    print(
        f"igraph rewire          {took_s:8.3f} s   {took_s / ours_s:.1f} times ours, at 10 moves per "
        f"edge, unweighted"
    )


def networkx(wiring: Connectome, swaps: int, ours_s: float) -> None:
    """NetworkX's swap, timed over a few swaps and scaled to 10 per edge."""
    try:
        import networkx as nx
    except ImportError:
        print("networkx               absent")
        return
    edges = movable(wiring)
    graph = nx.DiGraph(edges)
    before = dict(graph.in_degree())
    took_s, _ = timed(lambda: nx.directed_edge_swap(graph, nswap=swaps, max_tries=100 * swaps, seed=1))
    assert dict(graph.in_degree()) == before
    whole_s = took_s * 10 * len(edges) / swaps
    print(
        f"networkx swap          {whole_s:8.0f} s   {whole_s / ours_s:.0f} times ours, scaled up from "
        f"{swaps} swaps"
    )


def movable(wiring: Connectome) -> list[tuple[int, int]]:
    """Edges without autapses, as pairs of positions."""
    edges = wiring.without_autapses().edges
    return list(zip(edges.pre.tolist(), edges.post.tolist(), strict=True))


def large() -> int:
    """The synthetic fly brain."""
    took_s, wiring = timed(lambda: synthetic.fly_like(seed=11))
    print(f"{wiring} made in {took_s:.1f} s, peak memory {peak_gb():.2f} GB")
    nulls.degree_preserving(synthetic.fly_like(2_000, 50_000, seed=1))  # compiles
    cpu_s = time.process_time()
    took_s, null = timed(lambda: nulls.degree_preserving(wiring, seed=5))
    cpu_s = time.process_time() - cpu_s
    check(wiring, null)
    memory_gb = peak_gb()
    print(
        f"degree_preserving      {took_s:8.1f} s   overlap {nulls.overlap(wiring, null):.4f}, "
        f"{null.source.notes[-1]}"
    )
    kept = took_s <= 480 and memory_gb <= 4
    print(f"of which processor time {cpu_s:.1f} s")
    print(f"peak memory {memory_gb:.2f} GB; limits 8 min and 4 GB {'kept' if kept else 'missed'}")
    return not kept


def check(before: Connectome, after: Connectome) -> None:
    """Degrees, autapses and repeats, by counting, apart from the library's own checks."""
    a, b, n = before.edges, after.edges, before.n_cells
    for end in ("pre", "post"):
        assert np.array_equal(*(np.bincount(getattr(e, end), minlength=n) for e in (a, b)))
    assert (b.pre == b.post).sum() == (a.pre == a.post).sum()
    assert np.unique(b.pre.astype(np.int64) * n + b.post).size == b.pre.size


def timed(work):
    """(seconds, result)."""
    start_s = time.perf_counter()
    result = work()
    return time.perf_counter() - start_s, result


def best(repeats: int, work):
    """(fewest seconds, last result) over seeds 0, 1, ..."""
    runs = [timed(lambda seed=seed: work(seed)) for seed in range(repeats)]
    return min(run[0] for run in runs), runs[-1][1]


def peak_gb() -> float:
    """Largest memory of this process so far."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1e9 if sys.platform == "darwin" else 1e6)


if __name__ == "__main__":
    sys.exit(main())
