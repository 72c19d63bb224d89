"""One update of each learning rule: against backpropagation on the same net, and against its own budget.

`python benchmarks/rules.py`: a layered net (784-500-500-10, batch 128), and a sparse recurrent one (3,000
cells, 110,000 synapses, batch 32, 8 steps; `--cells`, `--synapses`), one thread, float32. A rule's budget
on the sparse net is `sweeps × forward + product`: its declared sweeps over the edges, times the measured
forward pass, and one product of both sides on every edge for each step. A local rule must stay within 1.5
of it.

Times are the fastest of interleaved rounds, so that a busy machine troubles all alike. Checked in the same
run: every gradient is finite, and feedback that equals the weights gives backpropagation's gradient.
"""

import argparse
import sys
import time
from collections.abc import Callable
from functools import partial

import torch

from brainwright.learning import FeedbackAlignment
from brainwright.learning.catalogue import catalogue
from brainwright.learning.rule import LearningRule, RuleState, trained
from brainwright.network import Network, layered
from brainwright.network.cells import InputCells
from brainwright.network.projection import DenseProjection
from brainwright.network.rate import RateCells
from brainwright.network.sparse import Pattern
from brainwright.network.synapses import Synapses
from brainwright.objective import Batch, Classification

ALLOWED = 1.5
INPUTS, OUTPUTS, STEPS = 64, 10, 8


def sparse(n: int, n_edges: int) -> Network:
    """Inputs → leaky cells on random synapses with cycles → outputs; free weights."""
    g = torch.Generator().manual_seed(0)
    pairs = torch.randint(n * n, (int(1.1 * n_edges),), generator=g).unique()
    pairs = pairs[torch.randperm(len(pairs), generator=g)[:n_edges]].sort().values
    pattern = Pattern.of(pairs // n, pairs % n, n, n)
    base = torch.randn(pattern.n_edges, generator=g) * (n / n_edges) ** 0.5
    populations = {
        "input": InputCells(INPUTS),
        "cells": RateCells(n, "tanh", tau_s=2e-3, bias="cell"),
        "output": RateCells(OUTPUTS, "identity", bias="cell"),
    }
    entry = torch.randn(n, INPUTS, generator=g) / INPUTS**0.5
    readout = torch.randn(OUTPUTS, n, generator=g) / n**0.5
    return Network(
        populations,
        [
            DenseProjection("input", "cells", INPUTS, n, entry),
            Synapses("cells", "cells", pattern, base, mode="edge", dale=False),
            DenseProjection("cells", "output", n, OUTPUTS, readout),
        ],
    )


def batch(network: Network, n: int) -> Batch:
    """Normal inputs, random classes."""
    g = torch.Generator().manual_seed(1)
    inputs = torch.randn(n, network.n_inputs, generator=g)
    return Batch(inputs, torch.randint(network.n_outputs, (n,), generator=g))


def update(rule: LearningRule, network: Network, data: Batch, state: RuleState, unrolling: dict) -> None:
    """One update."""
    rule.update(network, data, Classification(), state, unrolling)


def forward(network: Network, data: Batch, unrolling: dict) -> None:
    """One forward pass without gradient."""
    with torch.no_grad():
        network.unroll(data.inputs, **unrolling)


def products(network: Network, data: Batch) -> None:
    """Both sides of every edge multiplied and summed over the batch, for each step."""
    for _ in range(STEPS):
        for k in range(len(network.projections)):
            projection = network.projection(k)
            post, pre = (torch.ones(n, len(data.inputs)).mT for n in (projection.n_post, projection.n_pre))
            projection.outer(post, pre)


def fastest(calls: dict[str, Callable[[], None]], rounds: int) -> dict[str, float]:
    """Seconds of each, all in turn in every round, after one round to warm up."""
    times: dict[str, list[float]] = {name: [] for name in calls}
    for k in range(rounds + 1):
        for name, call in calls.items():
            start = time.perf_counter()
            call()
            if k:
                times[name].append(time.perf_counter() - start)
    return {name: min(own) for name, own in times.items()}


def measured(network: Network, data: Batch, unrolling: dict, rounds: int) -> dict[str, float]:
    """Seconds of each rule that supports the network, of a forward pass, and of the products on edges."""
    calls: dict[str, Callable[[], None]] = {"forward": partial(forward, network, data, unrolling)}
    if unrolling:
        calls["product"] = partial(products, network, data)
    for name, rule in catalogue().items():
        reason = rule.supports(network)
        if reason is not None:
            print(f"  {name}: not here, {reason}")
            continue
        state = rule.init(network)
        update(rule, network, data, state, unrolling)
        for own, parameter in trained(network).items():
            if parameter.grad is not None and not torch.isfinite(parameter.grad).all():
                sys.exit(f"{name}: the gradient of {own} is not finite")
        calls[name] = partial(update, rule, network, data, state, unrolling)
    return fastest(calls, rounds)


def check(network: Network, data: Batch, unrolling: dict) -> None:
    """Feedback alignment with B = W is backpropagation."""
    rule = FeedbackAlignment()
    state = rule.init(network)
    for name in state.tensors:
        state.tensors[name] = network.projection(int(name.split(".")[1])).values().detach()
    found = []
    for own in (rule, catalogue()["backpropagation"]):
        update(own, network, data, state, unrolling)
        found.append([p.grad.clone() for p in trained(network).values() if p.grad is not None])
    for a, b in zip(*found, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-6)


def main() -> None:
    """Prints both tables; fails where a local rule on the sparse net exceeds its budget."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cells", type=int, default=3_000)
    parser.add_argument("--synapses", type=int, default=110_000)
    parser.add_argument("--rounds", type=int, default=15)
    asked = parser.parse_args()
    torch.set_num_threads(1)
    layers, wiring = layered([784, 500, 500, 10], "tanh"), sparse(asked.cells, asked.synapses)
    late = []
    for title, network, size, unrolling in (
        ("784-500-500-10, batch 128", layers, 128, {}),
        (f"{asked.cells:,} cells, {asked.synapses:,} synapses", wiring, 32, {"steps": STEPS}),
    ):
        print(title)
        data = batch(network, size)
        check(network, data, unrolling)
        found = measured(network, data, unrolling, asked.rounds)
        exact, once = found["backpropagation"], found["forward"]
        print(f"  forward {1e3 * once:.2f} ms, backpropagation {1e3 * exact:.2f} ms")
        for name, rule in catalogue().items():
            if name not in found:
                continue
            line = f"  {name}: {found[name] / exact:.2f} of backpropagation"
            if unrolling and rule.locality.phases == 1:
                share = found[name] / (rule.passes * once + found["product"])
                line += f", {share:.2f} of its budget"
                if share > ALLOWED and not rule.locality.weight_transport:
                    late.append(f"{name}: {share:.2f}")
            print(line)
    if late:
        sys.exit(f"above {ALLOWED} of the budget: {', '.join(late)}")


if __name__ == "__main__":
    main()
