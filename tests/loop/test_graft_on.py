"""A graft beside networks of one's own: rate, spiking, the worm; controls that fail, hosts that stay."""

import copy

import pytest
import torch

from brainwright.learning import Backpropagation, FeedbackAlignment, Hebb
from brainwright.loop.grafts import graft_on
from brainwright.loop.grafts.over_time import worm_of, worm_ports
from brainwright.loop.grafts.task import Waves, host_of, ports_of
from brainwright.network import NetworkError, layered, recurrent, spiking
from brainwright.network.graft import Ported, Ports, closed_loop_radius
from brainwright.objective import Batch, Regression


def some(waves, samples=32):
    x, y = waves.batch(samples)
    return Batch(x[0], y[0])


def test_a_graft_on_a_frozen_host_helps_with_its_own_signal_alone():
    waves, host = Waves([3]), host_of(3)
    test, ports = some(waves, 256), ports_of(64)
    before = copy.deepcopy(host.state_dict())
    batches = (some(waves) for _ in range(25))
    found = graft_on(host, Backpropagation(), Regression(), batches, test, ports, cells=(16,), rate=3e-2)
    assert list(found) == ["none", "frozen", "edge", "permuted", "shuffled", "own"]
    assert found["own"].error < found["edge"].error < found["none"].error
    assert found["own"].error < min(found[name].error for name in ("frozen", "shuffled", "permuted"))
    assert found["own"].cosine == pytest.approx(1, abs=1e-5)
    with torch.no_grad():
        alone = (host.unroll(test.inputs).last - test.targets).square().mean()
    assert found["none"].error == pytest.approx(float(alone), rel=1e-5)
    assert all(torch.equal(before[name], value) for name, value in host.state_dict().items())


def test_spiking_hosts_and_the_worm_take_grafts():
    generator = torch.Generator().manual_seed(0)

    def drawn(*shape):
        return torch.randn(*shape, generator=generator)

    x, y = (drawn(4, 12, 3) > 0).float(), drawn(4, 2)
    ports = Ports("cells", range(4), "cells", range(4, 8), latency_steps=1)
    spikes = graft_on(
        spiking(3, 20, 2), FeedbackAlignment(), Regression(), [Batch(x, y)], Batch(x, y), ports,
        cells=(4,), margin=-10.0, room=False,
    )  # fmt: skip
    worms = graft_on(
        worm_of(0, 2, 2), Backpropagation(), Regression(), [Batch(drawn(2, 3, 2), drawn(2, 2))],
        Batch(drawn(2, 3, 2), drawn(2, 2)), worm_ports(), cells=(4,),
    )  # fmt: skip
    for found in (spikes, worms):
        assert all(abs(row.error) < float("inf") for row in found.values())
    assert worms["own"].cosine == pytest.approx(1, abs=1e-4)
    assert 0 < worms["own"].radius < 1


def test_the_radius_is_that_of_the_matrix_of_a_linear_loop():
    """h(t) = (1 - leak) h(t - 1) + leak (W h(t - 1) + P G R h(t - 1)), and outputs of it."""
    host, ports = recurrent(2, 6, 3, "identity", leak=0.4, seed=1), Ports("cells", [0, 2], "cells", [1, 5], 1)
    inner = layered([2, 2], "identity", seed=1)
    loop = host.projection(1).values().detach().clone()
    loop[torch.tensor([[1], [5]]), torch.tensor([0, 2])] += inner.projection(0).values().detach()
    wanted = torch.linalg.eigvals(0.6 * torch.eye(6) + 0.4 * loop).abs().max()
    found = closed_loop_radius(Ported(host, ports, 3), inner, torch.zeros(1, 2))
    assert found == pytest.approx(float(wanted), rel=1e-5)


def test_a_rule_that_exposes_nothing_is_refused_and_others_are_named():
    waves = Waves([0])
    with pytest.raises(NetworkError, match="backpropagation"):
        graft_on(host_of(0), Hebb(), Regression(), [some(waves)], some(waves), ports_of(6))
