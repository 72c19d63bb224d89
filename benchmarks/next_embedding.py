"""A training step of next-embedding prediction beside a step of classification with the same unrolling.

`python benchmarks/next_embedding.py`: 3,000 cells, 110,000 edges that train, batch 32, 16 patches of 49
values, two steps each, one thread, float32. Steps of all arms take turns, and the least processor time of
each counts, so that other work on the machine harms all alike. Memory: the most that the process ever held
after each arm in turn, on one network; it may not grow with the number of arms. Layer-local learning cuts the
paths of errors and so walks step by step, as all rules but the gradient do. Read from the system: needs Unix.
"""

import argparse
import resource
import sys
import time

import numpy as np
import pandas as pd
import torch

from brainwright.connectome import Connectome
from brainwright.learning import Backpropagation
from brainwright.loop.next_patch.arms import arms
from brainwright.network import Network, Rate, SpectralRadius, compile, embedded, embedding_of
from brainwright.objective import Batch, Classification
from brainwright.objective.next_embedding import Weights, recording

N, E, BATCH, PATCHES, VALUES, DIMENSION, HOLD = 3_000, 110_000, 32, 16, 49, 32, 2
MOST = 1.3
"""Of a step of classification."""
MOST_GROWTH = 1.1
"""Of the memory after the first arm: arms come one after another, and keep nothing."""


def wiring(seed: int = 0) -> Connectome:
    """Random pairs with normal weights; the first tenth of the cells is driven, the last tenth is read."""
    rng = np.random.default_rng(seed)
    key = rng.choice(N * N, E, replace=False)
    edges = pd.DataFrame({"pre": key // N, "post": key % N, "weight": rng.standard_normal(E)})
    whole = Connectome.from_dataframe(edges, pd.DataFrame({"id": np.arange(N)}))
    return whole.with_pool("sensory", np.arange(N // 10)).with_pool("output", np.arange(N - N // 10, N))


def network(n_inputs: int, n_outputs: int) -> Network:
    """The same cells and edges for both tasks."""
    how = {"n_inputs": n_inputs, "n_outputs": n_outputs, "train": "edge", "scaling": SpectralRadius(0.95)}
    return compile(wiring(), Rate("tanh"), **how)


def main(repeats: int) -> int:
    """Prints the table, and 1 where a bound is missed."""
    torch.set_num_threads(1)
    patches = torch.randn(BATCH, PATCHES, VALUES, generator=torch.Generator().manual_seed(0))
    rule, classes = Backpropagation(), torch.arange(BATCH) % 10
    plain, predicts = network(VALUES, 10), embedded(network(DIMENSION, DIMENSION), VALUES)
    targets = Weights.of(embedding_of(predicts)).embed(patches, torch.ones(BATCH, PATCHES))
    steps = {"classification": (plain, Batch(patches, classes), Classification(), rule, {"hold": HOLD})}
    for name, arm in arms(200).items():
        more = ("cells",) if arm.kind == "layers" else ()
        if arm.network:
            asked = (Batch(patches, targets), arm.objective(HOLD), arm.rule, recording(HOLD, *more))
            steps[name] = (predicts, *asked)
    states = {name: step[3].init(step[0]) for name, step in steps.items()}
    least, most_kB = dict.fromkeys(steps, float("inf")), {}
    for _ in range(repeats):
        for name, (net, batch, objective, how, unrolling) in steps.items():
            start = time.process_time()
            how.update(net, batch, objective, states[name], unrolling)
            least[name] = min(least[name], time.process_time() - start)
            most_kB.setdefault(name, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
    held = [most_kB[name] for name in steps if name != "layer-local"]
    for name, seconds in least.items():
        print(f"{name:20s} {1e3 * seconds:7.1f} ms  × {seconds / least['classification']:.2f}")
    ratio, growth = least["stop-gradient"] / least["classification"], held[-1] / held[1]
    print(
        f"stop-gradient over classification {ratio:.2f} (at most {MOST}); memory over that of the first arm"
    )
    print(f"{growth:.2f} (at most {MOST_GROWTH})")
    return int(ratio > MOST or growth > MOST_GROWTH)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=8)
    sys.exit(main(parser.parse_args().repeats))
