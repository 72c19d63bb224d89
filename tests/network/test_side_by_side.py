"""Many networks as one do what each does alone, and learn as each learns alone."""

import pytest
import torch

from brainwright.connectome import Connectome, nulls
from brainwright.network import FanIn, NetworkError, Rate, compile, layered, recurrent, spiking
from brainwright.network.side_by_side import side_by_side


def wirings():
    worm = Connectome.load("celegans/varshney2011").subset(where="pool == 'output'")
    some = worm.with_pool("in", worm.ids[:6]).with_pool("out", worm.ids[-5:])
    options = {"input_pool": "in", "output_pool": "out", "signs": "unsigned", "scaling": FanIn()}
    options |= {"n_inputs": 3, "n_outputs": 2, "train": "edge", "gap_conductance": 1e-3}
    how = Rate("tanh", tau_s=0.1, dt_s=0.05, form="voltage", bias="cell")
    graphs = [
        some,
        nulls.degree_preserving(some, seed=1),
        some.subset(ids=some.ids[[*range(40), *range(90, some.n_cells)]]),
    ]
    return [compile(graph, how, seed=k, **options) for k, graph in enumerate(graphs)]


GROUPS = {
    "wirings of several sizes, with gap junctions": wirings,
    "layered": lambda: [layered([3, n, 2], "tanh", seed=n) for n in (4, 9)],
    "recurrent": lambda: [recurrent(3, n, 2, seed=n) for n in (5, 7)],
}


@pytest.mark.parametrize("name", GROUPS)
def test_each_is_what_it_is_alone_and_so_is_its_gradient(name):
    networks = GROUPS[name]()
    together = side_by_side(networks)
    drive = torch.randn(4, 5, 3 * len(networks), generator=torch.Generator().manual_seed(0))
    alone = [network.unroll(drive[..., 3 * k : 3 * k + 3]).outputs for k, network in enumerate(networks)]
    both = together.unroll(drive).outputs
    torch.testing.assert_close(both, torch.cat(alone, dim=-1), rtol=1e-4, atol=1e-5)
    both.square().sum().backward()
    sum(out.square().sum() for out in alone).backward()
    gradients = [p.grad for network in networks for p in network.parameters() if p.requires_grad]
    joint = [p.grad for p in together.parameters() if p.requires_grad]
    for power in (1, 2, 3):  # the entries lie elsewhere: their moments tell them apart
        a, b = (sum(g.double().pow(power).sum() for g in each) for each in (gradients, joint))
        torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-5)
    assert together.n_parameters == sum(network.n_parameters for network in networks)


@pytest.mark.parametrize(
    ("networks", "words"),
    [
        ([], "at least one network"),
        ([layered([3, 4, 2]), layered([3, 2])], "expected the populations input, hidden1, output in all"),
        ([layered([3, 4, 2], "tanh"), layered([3, 4, 2])], "one phi, form and step"),
        ([spiking(3, 4, 2)], "of rate cells"),
    ],
)
def test_unlike_networks_are_refused(networks, words):
    with pytest.raises(NetworkError, match=words):
        side_by_side(networks)
