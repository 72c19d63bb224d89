"""Node and weight perturbation against the exact gradient, in float64."""

import pytest
import torch
from loops import F64, FREE, looped
from torch.nn.functional import cosine_similarity

from brainwright.learning import Backpropagation, NodePerturbation, WeightPerturbation, check_rule
from brainwright.learning.checking import Setting
from brainwright.learning.shared.activity import draw, each_loss, learning_inlets
from brainwright.network import Network, NetworkError, Trajectory, layered
from brainwright.network.cells import InputCells
from brainwright.network.graph import GraphCells
from brainwright.network.lif import LIFCells
from brainwright.network.projection import DenseProjection
from brainwright.network.rate import RateCells
from brainwright.objective import Batch, Classification, Loss, Regression


def rate(n=7, **options) -> RateCells:
    return RateCells(n, "tanh", tau_s=2e-3, bias="cell", dtype=F64, **options)


def in_layers(samples=1) -> Setting:
    inputs = torch.randn(samples, 6, generator=torch.Generator().manual_seed(5), dtype=F64)
    network = layered([6, 5, 4, 3], "tanh", seed=2, dtype=F64)
    return Setting(network, Classification(), Batch(inputs, torch.arange(samples) % 3), {})


def in_time(samples=1, steps=4, **core) -> Setting:
    inputs = torch.randn(samples, steps, 4, generator=torch.Generator().manual_seed(6), dtype=F64)
    batch = Batch(inputs, torch.arange(samples) % 3)
    return Setting(looped(rate(), **(core or FREE)), Classification(every_step=True), batch, {})


def updated(rule, where, state=None):
    state = rule.init(where.network, seed=3) if state is None else state
    rule.update(where.network, where.batch, where.objective, state, where.unrolling)
    return {n: p.grad.clone() for n, p in where.network.named_parameters() if p.grad is not None}


def flat(gradients, names) -> torch.Tensor:
    return torch.cat([gradients[name].flatten() for name in names])


def of_hidden(where):
    readout = f"projections.{len(where.network.projections) - 1}.", "populations.output."
    return [n for n, _ in where.network.named_parameters() if not n.startswith(readout)]


def noisy_variables(where, readout=False) -> int:
    names = [*list(where.network.populations)[1:-1], *(["output"] if readout else [])]
    inlets = learning_inlets(where.network, names)
    steps = where.batch.inputs.shape[1] if where.batch.inputs.ndim == 3 else 1
    return steps * int(sum(float(learning.sum()) for learning in inlets.values()))


@pytest.mark.parametrize(
    "where", [in_layers(), in_time(), in_time(mode="edge")], ids=["layers", "graph", "dale"]
)
@pytest.mark.parametrize("readout", ["delta", "rule"])
def test_many_node_perturbations_are_the_gradient(where, readout):
    names = of_hidden(where) if readout == "delta" else [n for n, _ in where.network.named_parameters()]
    d = noisy_variables(where, readout == "rule")
    exact = flat(updated(Backpropagation(), where), names)
    for k, least in ((10 * d, 0.9), (100 * d, 0.98)):
        found = flat(updated(NodePerturbation(1e-5, estimates=k, readout=readout), where), names)
        cosine = float(cosine_similarity(found, exact, dim=0))
        assert cosine >= least
        assert float(found @ exact / (exact @ exact)) == pytest.approx(1, abs=4 / k**0.5)


def test_the_cosine_of_k_node_perturbations_obeys_its_law():
    """cos = √(K / (K + D + 1)) for the errors of D noisy cells, which biases show; .70 and .95 for 48."""
    network = layered([64, 16, 16, 16, 10], "tanh", seed=2, dtype=F64)
    inputs = torch.randn(1, 64, generator=torch.Generator().manual_seed(5), dtype=F64)
    where = Setting(network, Classification(), Batch(inputs, torch.tensor([3])), {})
    names = [name for name in of_hidden(where) if name.endswith("bias")]
    assert noisy_variables(where) == 48
    exact = flat(updated(Backpropagation(), where), names)
    for k in (48, 480):
        rule = NodePerturbation(1e-5, estimates=k)
        state = rule.init(network, seed=1)
        found = [flat(updated(rule, where, state), names) for _ in range(20)]
        cosines = torch.stack([cosine_similarity(one, exact, dim=0) for one in found])
        assert float(cosines.mean()) == pytest.approx((k / (k + 49)) ** 0.5, abs=0.03)


@pytest.mark.parametrize(
    ("rule", "where"),
    [
        (NodePerturbation(1e-5, estimates=20, readout="rule"), in_layers(2)),
        (NodePerturbation(1e-5, estimates=20, readout="rule"), in_time(2)),
        (WeightPerturbation(1e-5, estimates=2), in_layers(2)),
        (WeightPerturbation(1e-5, two_sided=True, noise="sign"), in_layers(2)),
    ],
    ids=["node, layers", "node, graph", "weight, layers", "SPSA, layers"],
)
def test_perturbation_is_unbiased(rule, where):
    """Each of many parameters within 5 standard errors of the exact gradient, their mean square near 1."""
    names = [n for n, _ in where.network.named_parameters()]
    exact = flat(updated(Backpropagation(), where), names)
    state = rule.init(where.network, seed=1)
    found = torch.stack([flat(updated(rule, where, state), names) for _ in range(50)])
    z = (found.mean(0) - exact) / (found.std(0) / len(found) ** 0.5)
    assert float(z.abs().max()) < 5
    assert 0.5 < float(z.square().mean()) < 1.7


@pytest.mark.parametrize("options", [{}, {"two_sided": True, "noise": "sign"}], ids=["normal", "SPSA"])
def test_many_weight_perturbations_are_the_gradient(options):
    network = layered([2, 2, 2], "tanh", seed=2, dtype=F64)
    inputs = torch.randn(3, 2, generator=torch.Generator().manual_seed(5), dtype=F64)
    where = Setting(network, Regression(), Batch(inputs, torch.ones(3, 2, dtype=F64)), {})
    names = [n for n, _ in network.named_parameters()]
    exact = flat(updated(Backpropagation(), where), names)
    d = len(exact)
    found = flat(updated(WeightPerturbation(1e-5, estimates=10 * d, **options), where), names)
    cosine = float(cosine_similarity(found, exact, dim=0))
    assert cosine >= 0.9
    assert cosine == pytest.approx((10 * d / (11 * d)) ** 0.5, abs=0.03)


def test_two_sides_remove_the_curvature():
    where = in_layers(2)
    names = [n for n, _ in where.network.named_parameters()]
    exact = flat(updated(Backpropagation(), where), names)
    errors = []
    for two_sided in (False, True):
        for sigma in (1e-2, 1e-3):
            rule = WeightPerturbation(sigma, two_sided=two_sided)
            state = rule.init(where.network, seed=1)
            g = torch.Generator()
            g.set_state(state.generator.get_state())
            z = torch.cat(
                [torch.randn(p.shape, generator=g, dtype=F64).flatten() for p in where.network.parameters()]
            )
            found = flat(updated(rule, where, state), names)
            errors.append(float((found - (exact @ z) * z).norm()))
    assert errors[0] / errors[1] == pytest.approx(10, rel=0.3)  # O(σ)
    assert errors[2] / errors[3] == pytest.approx(100, rel=0.3)  # O(σ²)


def test_node_perturbation_on_sparse_edges_is_the_dense_equation():
    where, rule = in_time(2, steps=3), NodePerturbation(1e-3, readout="rule")
    network = where.network
    found = updated(rule, where)
    g = torch.Generator().manual_seed(3)
    inlets = learning_inlets(network, ["cells", "output"])
    noise = draw(network, inlets, 3, 2, 1e-3, g)
    core = network.projection(1)
    u, v = (network.projection(k).weight.detach() for k in (0, 2))
    w = core.pattern.dense(core.theta.detach())
    keep = network.cells("cells").keep[0]

    def run(in_cells, in_outputs):
        x, shown, sent = torch.zeros(2, 7, dtype=F64), [], []
        for t in range(3):
            h = torch.tanh(x)
            x = keep * x + (1 - keep) * (h @ w.T + where.batch.inputs[:, t] @ u.T + in_cells[t])
            sent.append((h, torch.tanh(x)))
            shown.append(torch.tanh(x) @ v.T + in_outputs[t])
        return torch.stack(shown, 1), sent

    quiet, sent = run(torch.zeros(3, 2, 7, dtype=F64), torch.zeros(3, 2, 3, dtype=F64))
    loud, _ = run(noise["cells", "all"], noise["output", "all"])
    # bias is zero in the cells and as drawn in the output: both are left at their initial zero here
    losses = [each_loss(where.objective, Trajectory(shown, {}, {}), where.batch) for shown in (loud, quiet)]
    third = ((losses[0] - losses[1]) / 1e-3**2 / 2)[:, None]
    of_w = sum((third * noise["cells", "all"][t]).T @ sent[t][0] for t in range(3))
    of_v = sum((third * noise["output", "all"][t]).T @ sent[t][1] for t in range(3))
    pattern = core.pattern
    post, pre = torch.from_numpy(pattern.post).long(), torch.from_numpy(pattern.pre).long()
    torch.testing.assert_close(found["projections.1.theta"], of_w[post, pre], rtol=1e-6, atol=1e-9)
    torch.testing.assert_close(found["projections.2.weight"], of_v, rtol=1e-6, atol=1e-9)


def test_only_cells_that_learn_get_noise():
    network = looped(rate(), mode="frozen")
    network.cells("cells").bias.requires_grad_(False)
    network.projections[0] = DenseProjection(
        "input", "cells", 4, 7, torch.ones(2, 4, dtype=F64), post_pool=torch.tensor([1, 5]).numpy()
    )
    (learning,) = learning_inlets(network, ["cells"]).values()
    assert learning.tolist() == [0, 1, 0, 0, 0, 1, 0]
    noise = draw(network, {("cells", "all"): learning}, 3, 2, 1.0, torch.Generator().manual_seed(0))
    assert (noise["cells", "all"].abs().amax((0, 1)) > 0).tolist() == learning.bool().tolist()


def test_spiking_cells_learn_the_gradient_of_the_loss_under_noise():
    """The loss is a step function of a weight: against finite differences of its mean over much noise."""
    cells = LIFCells(1, dt_s=1e-3, delay_s=1e-3, refractory_s=1e-3, threshold_mV=1.0, dtype=F64)
    weight = torch.tensor([[1.0]], dtype=F64)
    network = Network(
        {"input": InputCells(1, F64), "cells": cells, "output": RateCells(1, "identity", dtype=F64)},
        [
            DenseProjection("input", "cells", 1, 1, weight.clone()),
            DenseProjection("cells", "output", 1, 1, weight / 50, train=False),
        ],
    )
    inputs = torch.full((1, 12, 1), 6.0, dtype=F64)
    batch, sigma, n = Batch(inputs, torch.full((1, 1), 2.0, dtype=F64)), 6.0, 60_000
    means = []
    for shift in (-0.15, 0.15):
        network.projection(0).weight.data = weight + shift
        noise = sigma * torch.randn(n, 12, 1, generator=torch.Generator().manual_seed(1), dtype=F64)
        noisy = inputs + noise / (weight + shift)  # noise on the current: what arrives is weight × input
        with torch.no_grad():
            shown = network.unroll(noisy)
        means.append(each_loss(Regression(), shown, Batch(noisy, batch.targets.expand(n, 1))).mean())
    slope = float(means[1] - means[0]) / 0.3
    network.projection(0).weight.data = weight
    rule = NodePerturbation(sigma, estimates=n)
    found = updated(rule, Setting(network, Regression(), batch, {}))["projections.0.weight"]
    assert abs(slope) > 0.05
    assert float(found) == pytest.approx(slope, rel=0.15)


class OnlyMean:
    """An objective that knows no samples."""

    def loss(self, trajectory, batch) -> Loss:
        return Classification().loss(trajectory, batch)


def test_an_objective_that_gives_means_alone_is_asked_sample_by_sample():
    where = in_layers(4)
    other = Setting(where.network, OnlyMean(), where.batch, {})
    for a, b in zip(*(updated(NodePerturbation(), one).values() for one in (where, other)), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(
    "objective", [Classification(), Classification(every_step=True, label_smoothing=0.1)]
)
def test_losses_of_samples_have_the_mean_of_all(objective):
    where = in_time(5)
    shown = where.network.unroll(where.batch.inputs)
    torch.testing.assert_close(
        objective.each(shown, where.batch).mean(), objective.loss(shown, where.batch).total
    )
    target = torch.zeros(5, 4, 3, dtype=F64)
    batch = Batch(where.batch.inputs, target)
    values = Regression(every_step=True)
    torch.testing.assert_close(values.each(shown, batch).mean(), values.loss(shown, batch).total)


@pytest.mark.parametrize(
    "rule",
    [
        NodePerturbation(),
        NodePerturbation(estimates=2, readout="rule"),
        WeightPerturbation(),
        WeightPerturbation(two_sided=True),
    ],
    ids=lambda rule: f"{rule.name} {rule.passes:g}",
)
def test_perturbation_reads_what_it_declares(rule):
    found = check_rule(rule)
    assert (
        found["transposed weights"] == found["error"] == found["label"] == found["own weight"] == "identical"
    )
    assert found["scalar"] == "declared"
    sparse = Setting(looped(rate(24), density=0.9, **FREE), Classification(), in_time(1, steps=3).batch, {})
    found = check_rule(rule, sparse)
    assert found["error"] == found["label"] == "identical"
    if isinstance(rule, NodePerturbation) and rule.estimates == 1:
        assert found["transposed weights"] == "identical"


def test_what_noise_cannot_teach_is_said():
    cells = GraphCells(7, channels=2, dtype=F64)
    network = looped(cells, mode="edge")
    network.projections[2] = DenseProjection("cells", "output", 7, 3, torch.ones(3, 14, dtype=F64))
    with pytest.raises(
        NetworkError, match=r"graph cells have weights of their own.*weight perturbation does"
    ):
        NodePerturbation().init(network)
    WeightPerturbation().init(network)
    with pytest.raises(NetworkError, match="nothing before the readout trains"):
        NodePerturbation().init(layered([4, 3]))
    where = in_layers(2)
    held = Setting(where.network, where.objective, where.batch, {"steps": 2, "inject": "first"})
    with pytest.raises(NetworkError, match="hears the input alone"):
        updated(NodePerturbation(), held)
    for wrong in ({"sigma": 0.0}, {"estimates": 0}, {"readout": "none"}):
        with pytest.raises(ValueError, match="expected"):
            NodePerturbation(**wrong)
    with pytest.raises(ValueError, match="expected noise of normal, sign"):
        WeightPerturbation(noise="uniform")
