"""`fit` against a plain torch loop; what it refuses; what it does when the loss explodes."""

from functools import partial

import pytest
import torch
from torch import nn
from torch.optim.lr_scheduler import CosineAnnealingLR

from brainwright.learning import Backpropagation, FeedbackAlignment
from brainwright.loop import Diverged, Schedule, evaluate, fit
from brainwright.network import NetworkError, layered
from brainwright.objective import Batch, Classification, Regression


def blobs(n=200, seed=0) -> Batch:
    """Three well separated classes in four dimensions."""
    generator = torch.Generator().manual_seed(seed)
    classes = torch.randint(3, (n,), generator=generator)
    centres = 3 * torch.randn(3, 4, generator=torch.Generator().manual_seed(9))
    return Batch(centres[classes] + torch.randn(n, 4, generator=generator), classes)


def parameters(network):
    return [p.detach().clone() for p in network.parameters()]


@pytest.mark.parametrize("course", [None, partial(CosineAnnealingLR, T_max=3)])
def test_it_is_the_plain_loop(course):
    network, data = layered([4, 8, 3], "tanh", seed=1), blobs()
    twin = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 3))
    for layer, k in ((twin[0], 0), (twin[2], 1)):
        projection = network.projections[k]
        layer.weight.data = projection.weight.detach().clone()
        layer.bias.data = network.cells(projection.post).bias.detach().clone()
    fit(network, Classification(), data, Schedule(3, 32, course=course), seed=5)
    optimiser, generator = torch.optim.Adam(twin.parameters(), lr=1e-3), torch.Generator().manual_seed(5)
    planned = course(optimiser) if course else None
    for _ in range(3):
        for index in torch.randperm(200, generator=generator).split(32):
            optimiser.zero_grad()
            nn.functional.cross_entropy(twin(data.inputs[index]), data.targets[index]).backward()
            nn.utils.clip_grad_norm_(twin.parameters(), 1.0)
            optimiser.step()
        if planned is not None:
            planned.step()
    torch.testing.assert_close(network.projections[0].weight, twin[0].weight, rtol=1e-4, atol=1e-6)
    torch.testing.assert_close(network.projections[1].weight, twin[2].weight, rtol=1e-4, atol=1e-6)


def test_it_learns_and_the_same_seed_gives_the_same():
    found = []
    for _ in range(2):
        network = layered([4, 16, 3])
        result = fit(network, Classification(), blobs(), Schedule(30, 16), validation=blobs(seed=1))
        found.append([p.tolist() for p in network.parameters()])
    assert found[0] == found[1]
    assert evaluate(network, Classification(), blobs(seed=2))["accuracy"] > 0.9
    assert [row["epoch"] for row in result.history] == list(range(1, len(result.history) + 1))


def test_the_best_epoch_is_put_back_and_patience_ends_it():
    draw = torch.Generator().manual_seed(3)
    noise = Batch(torch.randn(64, 4, generator=draw), torch.randint(3, (64,), generator=draw))
    network = layered([4, 32, 3])

    def fast(p):
        return torch.optim.Adam(p, lr=0.05)

    schedule = Schedule(200, optimiser=fast, patience=4)
    result = fit(network, Classification(), noise, schedule, validation=blobs())
    losses = [row["validation_loss"] for row in result.history]
    assert len(losses) == result.best_epoch + 4 < 200
    assert min(losses) == losses[result.best_epoch - 1]
    assert evaluate(network, Classification(), blobs())["loss"] == pytest.approx(min(losses), rel=1e-5)


def test_an_exploding_loss_stops_and_keeps_the_last_good_parameters():
    network = layered([4, 3])
    data = Batch(blobs().inputs, torch.zeros(200, 3))
    seen = []

    class Watched(Backpropagation):
        def update(self, network, batch, objective, state, unrolling=None):
            state, metrics = super().update(network, batch, objective, state, unrolling)
            seen.append((metrics["loss"], parameters(network)))
            return state, metrics

    def wild(p):
        return torch.optim.SGD(p, lr=1e12)

    with pytest.raises(Diverged, match=r"epoch 1, batch \d of 13.*lower the learning rate"):
        fit(network, Regression(), data, Schedule(batch=16, optimiser=wild, clip=None), rule=Watched())
    finite = [kept for loss, kept in seen if torch.isfinite(torch.tensor(loss))]
    for now, good in zip(network.parameters(), finite[-1], strict=True):
        assert torch.equal(now, good)


def test_groups_have_their_own_rates_and_a_rule_its_state():
    network = layered([4, 8, 3])
    before = parameters(network)
    still = Schedule(1, rates={"hidden": 0.0})
    found = fit(network, Classification(), blobs(), still, rule=FeedbackAlignment(), seed=2)
    changed = [not torch.equal(a, b) for a, b in zip(before, parameters(network), strict=True)]
    named = dict(zip([name for name, _ in network.named_parameters()], changed, strict=True))
    assert not named["projections.0.weight"]
    assert not named["populations.hidden1.bias"]
    assert named["projections.1.weight"]
    assert named["populations.output.bias"]
    assert list(found.state.tensors) == ["feedback.1"]
    with pytest.raises(ValueError, match="rates for groups of hidden, readout, got deep"):
        fit(network, Classification(), blobs(), Schedule(rates={"deep": 1.0}))


def test_refusals():
    network = layered([4, 3])
    for p in network.parameters():
        p.requires_grad_(False)
    with pytest.raises(NetworkError, match="nothing to train"):
        fit(network, Classification(), blobs())
    with pytest.raises(ValueError, match="patience needs validation"):
        fit(layered([4, 3]), Classification(), blobs(), Schedule(patience=2))
    with pytest.raises(ValueError, match="epochs and batch of at least 1, got 0 and 128"):
        Schedule(epochs=0)
    with pytest.raises(NetworkError, match="as many targets as inputs, got 200 and 3"):
        fit(layered([4, 3]), Classification(), Batch(blobs().inputs, torch.arange(3)))
