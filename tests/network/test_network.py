"""Populations and projections: contract, equivalences, train modes, unrolling."""

import numpy as np
import pytest
import torch
from torch import nn
from wirings import chain, small

from brainwright.network import (
    LIF,
    FanIn,
    Graph,
    NetworkError,
    Rate,
    SpectralRadius,
    Train,
    check_network,
    compile,
    layered,
    settle,
)
from brainwright.network.cells import InputCells
from brainwright.network.network import Network
from brainwright.network.projection import DenseProjection
from brainwright.network.rate import RateCells
from brainwright.network.synapses import Synapses

SOFT = Rate("softplus", tau_s=5e-3, form="voltage", bias="cell")
SPIKING = LIF(options={"synapse_mV": 3.0, "delay_s": 2e-4})


def draw(*shape, seed=1):
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def compiled(dynamics="rate", connectome=None, **options):
    options = {"n_inputs": 5, "n_outputs": 3, "scaling": FanIn(), "dtype": torch.float64, **options}
    return compile(connectome or small(), dynamics, **options)


def core(network) -> Synapses:
    return next(p for p in network.projections if isinstance(p, Synapses))


@pytest.mark.parametrize(
    "network",
    [
        layered([6, 9, 4], "tanh", dtype=torch.float64),
        layered([6, 4]),
        compiled(),
        compiled(SOFT, train="edge"),
        compiled(SOFT, small(gaps=True), train="gain"),
        compiled(Graph(channels=3, keep=True), train="cell"),
        compiled("graph"),
        compiled(SPIKING, train="low-rank"),
        compiled(SPIKING, small(gaps=True), dtype=torch.float32),
        compiled(SOFT, train="dense"),
        compiled(n_inputs=None, n_outputs=None),
    ],
    ids=lambda network: f"{network.provenance['made_by']}-{network.n_parameters}",
)
def test_every_network_keeps_the_contract(network):
    check_network(network, steps=2)


def test_the_checker_finds_samples_that_mix():
    class Mixing(RateCells):
        def advance(self, state, synaptic, drive):
            new = super().advance(state, synaptic, drive)
            return new._replace(x=new.x / new.x.norm())

    cells = {"input": InputCells(3), "output": Mixing(2, "identity")}
    network = Network(cells, [DenseProjection("input", "output", 3, 2, torch.ones(2, 3))])
    with pytest.raises(NetworkError, match="depends on the other samples"):
        check_network(network)


# ---- layered -----------------------------------------------------------------------------------------


def test_a_layered_network_is_the_same_as_torch_layers():
    network = layered([7, 11, 5, 3], "relu", seed=3, dtype=torch.float64)
    twin = nn.Sequential(nn.Linear(7, 11), nn.ReLU(), nn.Linear(11, 5), nn.ReLU(), nn.Linear(5, 3)).double()
    linear = [layer for layer in twin if isinstance(layer, nn.Linear)]
    for projection, layer in zip(network.projections, linear, strict=True):
        layer.weight.data = projection.weight.detach().clone()
        layer.bias.data = network.cells(projection.post).bias.detach().clone()
    x = draw(4, 7)
    network.unroll(x).last.square().sum().backward()
    twin(x).square().sum().backward()
    torch.testing.assert_close(network.unroll(x).last, twin(x), rtol=1e-12, atol=1e-14)
    for projection, layer in zip(network.projections, linear, strict=True):
        torch.testing.assert_close(projection.weight.grad, layer.weight.grad, rtol=1e-12, atol=1e-13)
        bias = network.cells(projection.post).bias
        torch.testing.assert_close(bias.grad, layer.bias.grad, rtol=1e-12, atol=1e-13)


# ---- compiled: equations -----------------------------------------------------------------------------


def written_out(network, x, steps):
    """The rate equations with a dense matrix, by hand."""
    cells, (entry, synapses, out) = network.cells("cells"), network.projections
    w = synapses.pattern.dense(synapses.values())
    state = torch.zeros(len(x), cells.n, dtype=x.dtype)
    for _ in range(steps):
        current = torch.nn.functional.softplus(state) @ w.T + cells.bias
        current = current.index_add(1, entry.post_pool, x @ entry.weight.T)
        state = cells.keep * state + (1 - cells.keep) * current
    shown = torch.nn.functional.softplus(state)[:, out.pre_pool]
    return shown @ out.weight.T + network.cells("output").bias


def test_losses_and_gradients_are_those_of_the_equations_written_out():
    network, x = compiled(SOFT, train="edge"), draw(4, 5)
    gradients = []
    for outputs in (network.unroll(x, steps=7).last, written_out(network, x, 7)):
        loss = outputs.square().mean()
        gradients.append([loss, *torch.autograd.grad(loss, list(network.parameters()))])
    for ours, theirs in zip(*gradients, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-10, atol=1e-14)


@pytest.mark.parametrize("mode", ["gain", "cell", "edge", "low-rank"])
def test_finite_differences_through_an_unroll(mode):
    network = compiled(SOFT, small(n=20, n_edges=60), train=mode)
    synapses = core(network)
    parameters = [p for p in synapses.parameters()]
    x = draw(2, 5)
    for p in parameters:
        p.data += 0.1 * draw(*p.shape)

    names = [name for name, _ in synapses.named_parameters(prefix="network.projections.1")]

    def run(*values):
        return torch.func.functional_call(Unrolled(network), dict(zip(names, values, strict=True)), (x,))

    assert torch.autograd.gradcheck(run, tuple(p.detach().requires_grad_() for p in parameters))


class Unrolled(nn.Module):
    def __init__(self, network):
        super().__init__()
        self.network = network

    def forward(self, x):
        return self.network.unroll(x, steps=4).last


def test_a_leaky_integrator_follows_its_closed_form():
    tau_s, dt_s, current = 0.02, 1e-3, 3.0
    network = compiled(
        Rate("identity", tau_s=tau_s, dt_s=dt_s, form="voltage"), chain(2), n_inputs=None, n_outputs=None
    )
    found = network.unroll(torch.full((1, 1), current, dtype=torch.float64), steps=50, record=["cells"])
    t = dt_s * torch.arange(1, 51, dtype=torch.float64)
    exact = current * (1 - torch.exp(-t / tau_s))
    torch.testing.assert_close(found.recorded["cells"][0, :, 0], exact, rtol=1e-12, atol=0)


def test_half_the_step_twice_gives_the_same_when_nothing_is_recurrent():
    outs = []
    for dt_s, steps in ((2e-3, 10), (1e-3, 20)):
        how = Rate("identity", tau_s=0.01, dt_s=dt_s, form="voltage")
        network = compiled(how, chain(2), n_inputs=None, n_outputs=None, input_pool="output")
        outs.append(network.unroll(torch.ones(1, 1, dtype=torch.float64), steps=steps).last)
    torch.testing.assert_close(*outs, rtol=1e-12, atol=0)


def test_time_constants_by_type_and_by_cell():
    by_type = compiled(Rate(tau_s={"A": 0.0, "B": 0.01, "C": 0.1}))
    types = small().cells["type"].to_numpy()
    keep = by_type.cells("cells").keep.numpy()
    assert (keep[types == "A"] == 0).all()
    np.testing.assert_allclose(keep[types == "C"], np.exp(-0.01))
    with pytest.raises(NetworkError, match=r"missing: \['B', 'C'\]"):
        compiled(Rate(tau_s={"A": 0.0}))
    with pytest.raises(NetworkError, match="tau_s >= 0"):
        compiled(Rate(tau_s=-1.0))


def test_injection_at_the_start_alone_makes_a_relu_network_homogeneous():
    x = draw(4, 5)
    outs = []
    for factor in (1.0, 3.0):
        network = compiled("rate")
        core(network).rescale(factor)
        network.cells("output").bias.data.zero_()
        outs.append(network.unroll(x, steps=5, inject="first").last)
    torch.testing.assert_close(outs[0] * 3.0**4, outs[1], rtol=1e-12, atol=1e-15)


def test_gap_junctions_are_symmetric_and_keep_charge():
    network = compiled(SOFT, small(gaps=True))
    gaps = network.projections[2]
    x = draw(3, 40)
    flow = gaps.product()(x)
    laplacian = torch.zeros(40, 40, dtype=torch.float64)
    for a, b, g in zip(gaps.first, gaps.second, gaps.values(), strict=True):
        laplacian[a, b] += g
        laplacian[b, a] += g
    torch.testing.assert_close(flow, x @ laplacian - x * laplacian.sum(0), rtol=1e-12, atol=1e-14)
    assert flow.sum(1).abs().max() < 1e-12
    assert len(compiled(SOFT, small(gaps=True), gap_conductance=0.0).projections) == 3
    with pytest.raises(NetworkError, match="which graph cells lack"):
        compiled("graph", small(gaps=True))


# ---- compiled: one connectome, three dynamics --------------------------------------------------------


@pytest.mark.parametrize("scaling", [None, SpectralRadius(0.9)])
def test_three_dynamics_share_weights_signs_and_ids(scaling):
    connectome = small()
    networks = [compiled(name, connectome, scaling=scaling) for name in ("rate", "graph", "lif")]
    for network in networks:
        assert network.ids["cells"] == connectome.ids.tolist()
        assert torch.equal(core(network).values(), core(networks[0]).values())
        assert network.n_inputs == 5
        assert network.pools.keys() == networks[0].pools.keys()
        assert torch.equal(network.projections[0].weight, networks[0].projections[0].weight)
    if scaling is None:
        matrix = core(networks[0]).pattern.dense(core(networks[0]).values()).numpy()
        np.testing.assert_array_equal(matrix, connectome.weights("given").toarray())


def test_a_null_with_the_same_seed_has_the_same_maps():
    a, b = compiled(connectome=small(seed=0)), compiled(connectome=small(seed=1))
    assert not np.array_equal(core(a).pattern.post, core(b).pattern.post)
    for k in (0, 2):
        assert torch.equal(a.projections[k].weight, b.projections[k].weight)


def test_the_asymmetric_pair_points_the_right_way():
    network = compiled("rate", chain(2), n_inputs=None, n_outputs=None, scaling=None)
    assert network.fewest_steps == 2
    assert network.unroll(torch.ones(1, 1, dtype=torch.float64), steps=2).last.item() == 2.0
    with pytest.raises(NetworkError, match="no path leads from the input to the output"):
        compiled("rate", chain(2), input_pool="output", output_pool="sensory").unroll(draw(1, 5), steps=9)


# ---- train modes -------------------------------------------------------------------------------------


@pytest.mark.parametrize("dynamics", ["rate", "graph", SPIKING])
@pytest.mark.parametrize(
    "train", ["gain", "cell", "edge", "low-rank", Train("edge", magnitude="clamp"), Train("low-rank", rank=2)]
)
def test_dales_law_holds_after_a_hundred_rough_steps(dynamics, train):
    network = compiled(dynamics, small(n=20, n_edges=80), train=train)
    optimiser = torch.optim.SGD(core(network).parameters(), lr=1.0)
    generator = torch.Generator().manual_seed(0)
    before = core(network).values().detach().clone()
    for _ in range(100):
        for p in core(network).parameters():
            p.grad = torch.randn(p.shape, dtype=p.dtype, generator=generator)
        optimiser.step()
    assert core(network).dale_violations() == 0
    assert not torch.equal(core(network).values(), before)


def test_dale_holds_for_the_dense_control_and_is_broken_where_asked():
    network = compiled(train="dense")
    dense = network.projections[1]
    dense.weight.data += draw(*dense.weight.shape)
    assert ((dense.values().sign() * dense.sign) >= 0).all()
    free = compiled(train=Train("edge", dale=False))
    core(free).theta.data.neg_()
    assert core(free).dale_violations() > 0


def test_parameter_counts():
    connectome = small()
    maps = 8 * 5 + 3 * 6 + 3
    types = connectome.cells["type"].to_numpy()
    edges = connectome.edges
    pairs = len({(types[a], types[b]) for a, b in zip(edges.pre, edges.post, strict=True)})
    counts = {"frozen": 0, "gain": pairs, "cell": 40, "edge": 300, "low-rank": 4 * 80, "dense": 1600}
    for mode, count in counts.items():
        assert compiled(train=mode).n_parameters == maps + count, mode


def test_every_mode_starts_at_the_same_weights():
    base = core(compiled()).values()
    for mode in (
        "gain",
        "cell",
        "edge",
        "low-rank",
        Train("edge", magnitude="clamp"),
        Train("edge", dale=False),
    ):
        torch.testing.assert_close(core(compiled(train=mode)).values(), base, rtol=1e-15, atol=0)


# ---- unrolling ---------------------------------------------------------------------------------------


def test_too_few_steps_name_the_path_length():
    network = compiled("rate", chain(6), scaling=None)
    with pytest.raises(NetworkError, match="takes 6, got 4"):
        network.unroll(draw(2, 5), steps=4)
    with pytest.raises(NetworkError, match=r"needs 6 for its input"):
        network.unroll(draw(2, 5))
    assert not torch.equal(*network.unroll(draw(2, 5).abs(), steps=6).last)


def test_inputs_over_time_are_held_inputs_repeated():
    network, x = compiled(SOFT), draw(4, 5)
    held, given = network.unroll(x, steps=6), network.unroll(x[:, None].repeat(1, 6, 1))
    assert torch.equal(held.outputs, given.outputs)
    once = torch.zeros(4, 6, 5, dtype=torch.float64)
    once[:, 0] = x
    torch.testing.assert_close(
        network.unroll(x, steps=6, inject="first").outputs, network.unroll(once).outputs
    )


def test_an_unroll_can_be_cut_in_two():
    network, x = compiled(SPIKING), 40 * draw(4, 5).abs()
    whole = network.unroll(x, steps=40)
    first = network.unroll(x, steps=25)
    rest = network.unroll(x, steps=15, state=first.state)
    assert torch.equal(whole.outputs[:, 25:], rest.outputs)


def test_checkpoints_save_memory():
    network = compiled(SOFT, small(n=200, n_edges=400), dtype=torch.float32, train="edge")
    x, saved = torch.randn(64, 5), []
    for every in (None, 8):
        held = []
        with torch.autograd.graph.saved_tensors_hooks(
            lambda t, held=held: held.append(t.nbytes) or t, lambda t: t
        ):
            network.unroll(x, steps=64, checkpoint_every=every)
        saved.append(sum(held))
    assert saved[1] < saved[0] / 3


def test_settling_finds_the_fixed_point():
    network = compiled(Rate("tanh", tau_s=0.01, form="voltage", bias="cell"))
    network.cells("cells").bias.data = draw(40)
    state, moved = settle(network, 2, steps=2000, tolerance=1e-12)
    assert moved <= 1e-12
    x, w = state["cells"].x, core(network).pattern.dense(core(network).values())
    torch.testing.assert_close(x, torch.tanh(x) @ w.T + network.cells("cells").bias, rtol=1e-8, atol=1e-9)


def test_refusals_say_what_to_do():
    with pytest.raises(NetworkError, match="carries no signs: call signed"):
        compile(small(signed=False), n_inputs=2, n_outputs=2)
    with pytest.raises(NetworkError, match="no pool 'motor': there are"):
        compiled(output_pool="motor")
    with pytest.raises(NetworkError, match="pool 'motor' is empty"):
        compiled(connectome=small().with_pool("motor", []), output_pool="motor")
    with pytest.raises(NetworkError, match="train mode of frozen"):
        compiled(train="everything")
    with pytest.raises(NetworkError, match="dynamics of rate, graph, lif"):
        compiled("bursting")
    with pytest.raises(NetworkError, match="expected inputs of shape"):
        compiled().unroll(draw(2, 4), steps=5)
    with pytest.raises(NetworkError, match="output must come before a"):
        Network(
            {"input": InputCells(2), "a": RateCells(2), "output": RateCells(2)},
            [DenseProjection("output", "a", 2, 2, torch.ones(2, 2))],
        )
