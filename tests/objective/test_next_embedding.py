"""Prediction of the next embedding on every kind of network: gradients, causality, arms, guards, refusals."""

import math
from collections import Counter

import numpy as np
import pytest
import torch

from brainwright.connectome import Connectome
from brainwright.connectome.laminar import LAYERS, WIRINGS, laminar, shuffled
from brainwright.errors import UserError
from brainwright.learning import (
    EProp,
    FeedbackAlignment,
    LayerLocal,
    PredictiveCoding,
)
from brainwright.network import (
    LIF,
    EmbeddingCells,
    Graph,
    Network,
    NetworkError,
    Rate,
    SpectralRadius,
    check_network,
    compile,
    embedded,
    embedding_of,
    layered,
    load,
    recurrent,
    save,
    spiking,
)
from brainwright.objective import (
    Batch,
    Classification,
    DelayLine,
    Goodness,
    InfoNCE,
    MovingAverage,
    NextEmbedding,
    OneHot,
    Regression,
    Sigmoids,
    SIGReg,
    VICReg,
    check_objective,
    collapse,
    next_embedding,
)
from brainwright.objective.next_embedding import Itself, Weights, recording

D, P = 6, 5


def wired(dynamics):
    worm = Connectome.load("celegans/varshney2011").of_kind("chemical")
    options = {"n_inputs": D, "n_outputs": D, "signs": "unsigned", "scaling": SpectralRadius(0.9)}
    return compile(worm, dynamics, input_pool="sensory", output_pool="sensory", **options)


NETWORKS = {
    "recurrent": lambda: recurrent(D, 20, D),
    "layered": lambda: layered([D, 12, D]),
    "spiking": lambda: spiking(D, 20, D, drive=5.0),
    "worm, rate": lambda: wired(Rate("tanh", bias="cell")),
    "worm, leaky": lambda: wired(Rate("tanh", tau_s=2e-3)),
    "worm, graph": lambda: wired(Graph(channels=3)),
    "worm, lif": lambda: wired(LIF(options={"dt_s": 1e-3, "threshold_mV": 0.02})),
}


@pytest.fixture(params=NETWORKS, scope="module")
def network(request):
    return embedded(NETWORKS[request.param](), P, seed=1)


def stream(batch=3, patches=6, seed=0):
    return torch.randn(batch, patches, P, generator=torch.Generator().manual_seed(seed))


def batch_of(network, patches=6, filled=0):
    x, cells = stream(4, patches), embedding_of(network)
    valid = torch.ones(4, patches)
    if filled:
        valid[0, -filled:] = 0
    return Batch(x, Weights.of(cells).embed(x, valid))


def test_an_embedded_network_keeps_the_contract(network):
    check_network(network, steps=2)


def test_later_patches_never_change_earlier_predictions(network):
    x, at = stream(), 3
    other = x.clone()
    other[:, at:] = stream(seed=1)[:, at:] * 3
    with torch.no_grad():
        one, two = (network.unroll(each, hold=3).outputs for each in (x, other))
    assert torch.equal(one[:, : 3 * at], two[:, : 3 * at]), "to the last bit"
    assert not torch.equal(one[:, 3 * at :], two[:, 3 * at :])


def test_the_objective_is_the_mean_cosine_to_the_next_embedding(network):
    batch = batch_of(network, filled=2)
    trajectory = network.unroll(batch.inputs, **recording(2))
    cells = embedding_of(network)
    total = 0.0
    pairs = [(b, t) for b in range(4) for t in range(5) if not (b == 0 and t >= 3)]
    for b, t in pairs:
        made = trajectory.outputs[b, 2 * t + 1].detach()
        wanted = (cells.weight @ batch.inputs[b, t + 1] + cells.bias).detach()
        total += float(made @ wanted / (made.norm() * wanted.norm()).clamp(min=1e-8))
    loss = NextEmbedding(hold=2).loss(trajectory, batch)
    assert loss.parts["cosine"] == pytest.approx(total / len(pairs), abs=1e-5)
    assert loss.parts["loss"] == -loss.parts["cosine"]


def test_no_gradient_flows_into_the_target_but_where_it_is_asked_for():
    network = embedded(recurrent(D, 20, D), P).double()
    cells, x = embedding_of(network), stream(4).double()
    batch = Batch(x, Weights.of(cells).embed(x, torch.ones(4, 6)))

    def slope(objective):
        loss = objective.loss(network.unroll(x, **recording()), batch).total
        (gradient,) = torch.autograd.grad(loss, [cells.weight])
        return gradient

    step, direction = 1e-6, torch.randn(cells.weight.shape, dtype=torch.float64)
    for through in (False, True):
        values = []
        for sign in (1, -1):
            with torch.no_grad():
                cells.weight += sign * step * direction
                shown_now = network.unroll(x, **recording())
                values.append(float(NextEmbedding(through=through).loss(shown_now, batch).total))
                cells.weight -= sign * step * direction
        numeric = (values[0] - values[1]) / (2 * step)  # targets of the batch stay where they were
        assert float((slope(NextEmbedding(through=through)) * direction).sum()) == pytest.approx(
            numeric, rel=1e-5
        )
    assert not torch.allclose(slope(NextEmbedding()), slope(NextEmbedding(through=True)))


def test_the_fused_unroll_gives_the_same_numbers_and_gradients():
    network = embedded(wired(Rate("tanh", bias="cell")), P)
    batch, objective = batch_of(network), NextEmbedding(hold=2)
    results = []
    for products in (None, network.products()):
        trajectory = network.unroll(batch.inputs, **recording(2, "cells"), products=products)
        loss = objective.loss(trajectory, batch).total
        slopes = torch.autograd.grad(loss, [p for p in network.parameters() if p.requires_grad])
        results.append([trajectory.outputs, *trajectory.recorded.values(), *slopes])
        state = trajectory.state
        results[-1] += [state["input"].z, state["cells"].x]
    for fused, plain in zip(*results, strict=True):
        torch.testing.assert_close(fused, plain, rtol=1e-4, atol=1e-5)


def test_an_embedding_is_saved_and_found_again(tmp_path):
    network = embedded(recurrent(D, 10, D), P, train=False)
    again = load(save(network, tmp_path / "net"))
    assert isinstance(again.cells("input"), EmbeddingCells)
    assert not embedding_of(again).train_weight
    assert torch.equal(network.unroll(stream()).outputs, again.unroll(stream()).outputs)


def test_of_unit_size_whatever_the_size_of_the_embedding():
    cells = EmbeddingCells(D, P, generator=torch.Generator().manual_seed(0))
    shown = cells.of_unit_size(cells.embed(stream()) * 1e3)
    torch.testing.assert_close(shown.square().mean(-1), torch.ones(shown.shape[:-1]))


@pytest.mark.parametrize("rule", [FeedbackAlignment(), EProp()], ids=str)
def test_errors_reach_the_embedding_over_weights_of_their_own(rule):
    network = embedded(recurrent(D, 20, D), P)
    entry = network.projection(0)
    batch, state = batch_of(network), rule.init(network)
    found = []
    for factor in (1.0, -1.0):
        with torch.no_grad():
            kept = state.tensors["feedback.0"].clone()
            state.tensors["feedback.0"] *= factor
        rule.update(network, batch, NextEmbedding(), state, recording())
        found.append(embedding_of(network).weight.grad.clone())
        state.tensors["feedback.0"] = kept
    assert state.tensors["feedback.0"].shape == entry.values().shape
    torch.testing.assert_close(found[0], -found[1])


def test_rules_that_hold_their_input_say_so():
    network = embedded(recurrent(D, 20, D), P)
    assert "stream" in PredictiveCoding().supports(network)
    with pytest.raises(NetworkError, match="cannot teach this network"):
        PredictiveCoding().init(network)


def test_layer_local_learning_crosses_no_projection():
    network = embedded(recurrent(D, 20, D), P)
    batch, objective, rule = batch_of(network), next_embedding.LayerLocal(), LayerLocal()
    how = recording(1, "cells")
    rule.update(network, batch, objective, rule.init(network), how)
    kept = {name: p.grad.clone() for name, p in network.named_parameters() if p.grad is not None}
    with torch.no_grad():
        network.projection(2).weight += 1.0  # the readout: nobody before it may notice
    rule.update(network, batch, objective, rule.init(network), how)
    for name, p in network.named_parameters():
        same = p.grad is None or torch.equal(p.grad, kept[name])
        assert same != (name.startswith(("projections.2", "populations.output"))), name


def test_teachers_remember_what_they_are_given():
    cells = EmbeddingCells(2, 1)
    moments = []
    past = {name: (Weights.of(cells),) for name in ("itself", "delay", "mean")}
    teachers = {"itself": Itself(), "delay": DelayLine(2), "mean": MovingAverage(0.75)}
    for k in range(5):
        with torch.no_grad():
            cells.weight.fill_(float(k))
        if k == 0:
            past = {name: (Weights.of(cells),) for name in past}
        past = {name: teachers[name].after(past[name], cells) for name in past}
        moments.append({name: float(past[name][0].weight[0, 0]) for name in past})
    assert [m["itself"] for m in moments] == [0, 1, 2, 3, 4]
    assert [m["delay"] for m in moments] == [0, 0, 0, 1, 2], "two updates ago, or the first"
    mean = 0.0
    for k in range(5):
        mean = 0.75 * mean + 0.25 * k
    assert moments[-1]["mean"] == pytest.approx(mean)
    with pytest.raises(ValueError, match="at least one update"):
        DelayLine(0)


def test_sigreg_is_0_of_a_normal_and_grows_as_embeddings_collapse():
    normal = torch.randn(4000, 8, generator=torch.Generator().manual_seed(0))
    term = SIGReg(weight=1.0)
    narrow = normal * torch.tensor([1.0, 1, 1, 1, 0, 0, 0, 0])
    # of a normal sample N |ecf - cf|² has a mean of the order 1, whatever N
    assert float(term(normal)) < 1.5 < 10 < float(term(narrow)) < float(term(normal * 0))


def test_sigreg_against_its_integral():
    z = torch.tensor([[0.5], [-1.0], [2.0]], dtype=torch.float64)
    s = np.linspace(-4, 4, 20_001)
    ecf = np.exp(1j * s[:, None] * z.numpy().T).mean(1)
    inside = np.abs(ecf - np.exp(-(s**2) / 2)) ** 2 * np.exp(-(s**2) / 2) / math.sqrt(2 * math.pi)
    integral = np.trapezoid(inside, s)
    found = float(SIGReg(weight=1.0, points=400)(z))
    assert found == pytest.approx(3 * integral, rel=1e-3)


def test_vicreg_of_a_known_covariance():
    z = torch.tensor([[1.0, 1.0], [-1.0, -1.0]], dtype=torch.float64) * 0.5
    assert float(VICReg(1.0, 1.0)(z)) == pytest.approx(0.5 + 2 * 0.25**2 / 2)


OBJECTIVES = {
    "classification": (Classification(), "classes"),
    "classification, every step": (Classification(every_step=True), "classes"),
    "one-hot": (OneHot(), "classes"),
    "sigmoids": (Sigmoids(), "classes"),
    "regression": (Regression(), "values"),
    "goodness": (Goodness(), "truth"),
    "next embedding": (NextEmbedding(), "embeddings"),
    "without stop-gradient": (NextEmbedding(through=True), "embeddings"),
    "SIGReg": (NextEmbedding(through=True, beside=SIGReg()), "embeddings"),
    "VICReg": (NextEmbedding(through=True, beside=VICReg()), "embeddings"),
    "InfoNCE": (InfoNCE(), "embeddings"),
    "layer-local": (next_embedding.LayerLocal(), "embeddings"),
}


@pytest.mark.parametrize("name", OBJECTIVES)
def test_objectives_keep_the_contract(name):
    objective, wants = OBJECTIVES[name]
    network = embedded(recurrent(D, 20, D), P)
    batch = batch_of(network)
    targets = {
        "classes": torch.tensor([0, 1, 2, 3]),
        "values": torch.randn(4, D, generator=torch.Generator().manual_seed(0)),
        "truth": torch.tensor([0, 1, 0, 1]),
        "embeddings": batch.targets,
    }
    record = ("cells",) if wants == "truth" else ()
    check_objective(objective, network, Batch(batch.inputs, targets[wants]), recording(1, *record, "cells"))


def test_the_checker_finds_a_broken_objective():
    class Forgetful:
        def loss(self, trajectory, batch):
            total = trajectory.last[0].square().mean()  # of the first sample alone
            return next_embedding.cosine_to_next.Loss(total, {"loss": float(total.detach())})

    network = recurrent(D, 20, D)
    with pytest.raises(NetworkError, match="order of samples"):
        check_objective(Forgetful(), network, Batch(torch.randn(4, 3, D), torch.tensor([0, 1, 0, 1])))


def test_what_cannot_be_predicted_is_refused():
    network = embedded(recurrent(D, 20, D), P)
    batch = batch_of(network)
    trajectory = network.unroll(batch.inputs, **recording())
    short = batch_of(network, patches=1)
    brief = network.unroll(short.inputs, **recording())
    with pytest.raises(NetworkError, match="at least two patches"):
        NextEmbedding().loss(brief, short)
    wrong = batch.targets.clone()
    wrong[1, 2, 0] = torch.nan
    with pytest.raises(NetworkError, match="NaN"):
        NextEmbedding().loss(trajectory, Batch(batch.inputs, wrong))
    with pytest.raises(NetworkError, match="recording"):
        NextEmbedding().loss(network.unroll(batch.inputs), batch)
    with pytest.raises(NetworkError, match="as many outputs as inputs"):
        embedded(recurrent(D, 20, D + 1), P)
    with pytest.raises(NetworkError, match="embeds its input already"):
        embedded(network, P)
    with pytest.raises(NetworkError, match="expected a network that embeds its input"):
        embedding_of(recurrent(D, 20, D))
    empty = Connectome.load("celegans/varshney2011").with_pool("nobody", [])
    with pytest.raises(UserError, match="pool 'nobody' is empty"):
        compile(empty, n_inputs=D, n_outputs=D, signs="unsigned", output_pool="nobody")
    with pytest.raises(NetworkError, match="n_outputs of at least 1"):
        compile(empty, n_inputs=D, n_outputs=0, signs="unsigned")
    deaf = recurrent(D, 20, D)
    apart = Network(dict(deaf.populations.items()), [deaf.projection(0)])
    with pytest.raises(NetworkError, match="without output cells"):
        embedded(apart, P)
    with pytest.raises(NetworkError, match="constant"):
        collapse.check_embedding(torch.ones(10, D))


# ---- guards -------------------------------------------------------------------------------------------


def shown(z, made, patches=None, valid=None):
    patches = z if patches is None else patches
    return collapse.Streams(patches, torch.ones(z.shape[:2]) if valid is None else valid, z, made)


def test_skills_of_the_perfect_the_copying_and_the_mean():
    z = torch.randn(30, 5, D, generator=torch.Generator().manual_seed(0))
    perfect = torch.cat([z[:, 1:], z[:, :1]], dim=1)
    found = collapse.skills(shown(z, perfect), shown(z, perfect))
    assert all(found[f"skill over {name}"] == pytest.approx(1, abs=1e-5) for name in ("copying", "mean"))
    assert collapse.skills(shown(z, z), shown(z, z))["skill over copying"] == pytest.approx(0, abs=1e-6)
    here = z.mean(0, keepdim=True).roll(-1, 1).expand_as(z)
    assert collapse.skills(shown(z, here), shown(z, here))["skill over position"] == pytest.approx(
        0, abs=1e-5
    )


def test_what_fills_a_stream_up_does_not_count():
    z = torch.randn(20, 5, D, generator=torch.Generator().manual_seed(0))
    made = torch.randn(20, 5, D, generator=torch.Generator().manual_seed(1))
    valid = torch.ones(20, 5)
    valid[::2, 3:] = 0
    one = collapse.guards(shown(z, made, valid=valid), shown(z, made, valid=valid), z)
    z2, made2 = z.clone(), made.clone()
    z2[::2, 3:], made2[::2, 3:] = 7.0, -7.0
    two = collapse.guards(shown(z2, made2, z2, valid), shown(z2, made2, z2, valid), z)
    assert one == pytest.approx(two)


def test_decoded_skill_is_r2_about_the_mean_at_a_position():
    rng = torch.Generator().manual_seed(0)
    x = torch.randn(400, 4, 3, generator=rng) + torch.arange(4.0)[None, :, None] * 10
    noise = torch.randn(400, 4, 3, generator=rng)
    coming = torch.cat([x[:, 1:], x[:, :1]], dim=1)
    made = coming - coming.mean(0) + noise  # half of its variance is of the next patch
    found = collapse.explained(made, made, shown(x, made), shown(x, made))
    assert found == pytest.approx(0.5, abs=0.05)
    still = collapse.explained(noise, noise, shown(x, made), shown(x, made))
    assert abs(still) < 0.02, "the mean at a position explains nothing"


def test_directions_of_a_known_covariance():
    z = torch.randn(20_000, 4, generator=torch.Generator().manual_seed(0)) * torch.tensor([2.0, 1, 1, 1])
    assert collapse.participation(z) == pytest.approx(7**2 / 19, rel=0.03)
    assert collapse.participation(torch.full((10, 4), 3.3)) == 0.0


def test_coding_rate_of_a_known_covariance():
    signs = 10.0 * torch.eye(D).repeat(2, 1)
    signs[D:] *= -1  # 2 D unit vectors about 0, of covariance 1 / D
    z = signs.repeat_interleave(2, 0).reshape(2 * D, 2, D)
    there = torch.ones(2 * D, 2)
    expected = D / 2 * np.log(1 + 1 / collapse.DISTORTION)
    assert collapse.coding_rate(z, there) == pytest.approx(expected)
    filled = torch.cat([z, torch.zeros(2 * D, 1, D)], 1), torch.cat([there, torch.zeros(2 * D, 1)], 1)
    assert collapse.coding_rate(*filled) == pytest.approx(expected), "what fills up does not count"
    half = z[..., : D // 2].norm(dim=-1) > 0
    few = z[half].reshape(-1, 2, D)
    expected = D / 4 * np.log(1 + 2 / collapse.DISTORTION)
    assert collapse.coding_rate(few, there[: len(few)]) == pytest.approx(expected), "half of the directions"
    alike = z + 1e4 * torch.ones(D)
    assert collapse.coding_rate(alike, there) < 1e-3
    by_place = torch.randn(1, 2, D).expand(20, 2, D)
    assert collapse.coding_rate(by_place, torch.ones(20, 2)) == pytest.approx(0, abs=1e-9)


def test_a_constant_embedding_fires_the_classic_flags():
    generator = torch.Generator().manual_seed(0)
    z = torch.randn(50, 6, D, generator=generator)
    flat = 1e-6 * z + torch.ones(D)
    patches = torch.randn(50, 6, P, generator=generator)
    found = collapse.guards(shown(flat, flat, patches), shown(flat, flat, patches), z)
    # noise keeps its directions however small it is: what tells is that nothing else is left
    fired = ("flag: coding rate", "flag: alike", "flag: constant", "flag: still", "collapsed")
    assert all(found[name] for name in fired)
    dead = collapse.spread(torch.ones(100, D))
    assert dead["participation"] == 0.0
    healthy = collapse.guards(shown(z, z, patches), shown(z, z, patches), z)
    assert healthy["collapsed"] == 0
    assert healthy["directions"] == healthy["coding rate"] == pytest.approx(1)


def test_a_module_that_gains_across_at_the_cost_of_within_is_told():
    early, late = {"within": 0.5, "across": 0.5}, {"within": 0.6, "across": 0.3}
    assert collapse.at_the_others_cost(early, late)
    assert not collapse.at_the_others_cost(early, {"within": 0.4, "across": 0.3})


# ---- laminar cells ------------------------------------------------------------------------------------


@pytest.mark.parametrize("wiring", WIRINGS)
def test_a_laminar_cell_joins_what_its_account_says(wiring):
    module = laminar(wiring, 3)
    layer = np.repeat(LAYERS, 3)
    matrix = module.weights("given")  # post x pre
    post, pre = matrix.nonzero()
    assert set(zip(layer[pre], layer[post], strict=True)) == set(WIRINGS[wiring].joins)
    assert set(layer[module.pools["input"]]) == set(WIRINGS[wiring].input)
    drawn = [shuffled(wiring, k) for k in range(39)]
    assert len(set(drawn)) == 39
    own = WIRINGS[wiring].joins
    for joins in drawn:
        assert set(joins) != set(own)
        for end in (0, 1):  # as many joins, and of senders and receivers the same list of numbers
            counts = [sorted(Counter(join[end] for join in each).values()) for each in (joins, own)]
            assert counts[0] == counts[1]
    other = laminar(wiring, 3, shuffle=2)
    post, pre = other.weights("given").nonzero()
    assert set(zip(layer[pre], layer[post], strict=True)) == set(drawn[2])
    assert set(layer[other.pools["prediction"]]) == set(WIRINGS[wiring].prediction), "pools stay"
