"""The unroll of an embedding before dense cells at once: the same numbers and gradients as step by step."""

import pytest
import torch

from brainwright.connectome.laminar import laminar
from brainwright.network import EmbeddingCells, Rate, Train, compile, embedded, recurrent
from brainwright.network.fused_dense import dense
from brainwright.objective.next_embedding import recording

D, P = 5, 7


def of_layers():
    trained = Train("edge", dale=False)
    pools = {"input_pool": "input", "output_pool": "prediction"}
    return compile(laminar("error in 5", 4), Rate("tanh"), n_inputs=D, n_outputs=D, train=trained, **pools)


CORES = {
    "recurrent": lambda: recurrent(D, 9, D),
    "past the cells": lambda: recurrent(D, 9, D, skip=True),
    "another curve": lambda: recurrent(D, 9, D, "softplus"),
    "layers": of_layers,
}


@pytest.mark.parametrize("name", CORES)
@pytest.mark.parametrize("record_as", ["output", "readout"])
def test_it_is_the_same_as_step_by_step(name, record_as):
    network = embedded(CORES[name](), P).double()
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in network.parameters():  # biases are 0 at first
            parameter += 0.1 * torch.randn(parameter.shape, generator=generator, dtype=torch.float64)
    assert dense(network, ("input", "cells")) is not None
    x = torch.randn(3, 4, P, generator=generator, dtype=torch.float64)
    how, found = {**recording(2, "cells"), "record_as": record_as}, []
    for products in (None, network.products()):
        trajectory = network.unroll(x, **how, products=products)
        shown = [
            trajectory.outputs,
            *trajectory.recorded.values(),
            *(s[0] for s in trajectory.state.values()),
        ]
        total = sum((each.sin() * (k + 1)).sum() for k, each in enumerate(shown))
        found.append([*shown, *torch.autograd.grad(total, list(network.parameters()))])
    for fused, plain in zip(*found, strict=True):
        torch.testing.assert_close(fused, plain)


def test_sparse_synapses_and_bare_inputs_are_left_to_others():
    assert dense(recurrent(D, 9, D)) is None
    assert dense(embedded(recurrent(D, 9, D), P), ("output",)) is None


@pytest.mark.parametrize(("n", "n_values"), [(4, 9), (9, 4)])
def test_a_rotation_loses_no_direction(n, n_values):
    cells = EmbeddingCells(n, n_values, even=True, generator=torch.Generator().manual_seed(0))
    sizes = torch.linalg.svdvals(cells.weight.detach())
    torch.testing.assert_close(sizes, torch.full_like(sizes, max(1.0, n / n_values) ** 0.5))
    assert float(cells.weight.detach().square().sum()) == pytest.approx(n, rel=1e-5), "as independent entries"
