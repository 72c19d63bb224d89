"""Nets of the library: a recurrent one is the equation it says, others start as they should."""

import pytest
import torch

from brainwright.network import NetworkError, layered, normal, recurrent, relaxing, spiking, uncoupled


def test_a_recurrent_net_follows_its_equation():
    network = recurrent(3, 5, 2, "tanh", leak=0.25, gain=0.8, seed=1)
    inputs = torch.randn(2, 6, 3, generator=torch.Generator().manual_seed(0))
    w_in, w, w_out = (projection.weight.detach() for projection in network.projections)
    h = torch.zeros(2, 5)
    for t in range(6):
        h = 0.75 * h + 0.25 * torch.tanh(inputs[:, t] @ w_in.T + h @ w.T)
        torch.testing.assert_close(network.unroll(inputs).outputs[:, t], h @ w_out.T, rtol=1e-4, atol=1e-5)
    with pytest.raises(NetworkError, match=r"a leak between 0 and 1, got 1\.0"):
        recurrent(3, 5, 2, leak=1.0)


def test_normal_weights_have_the_variance_of_their_fan_in_and_follow_from_the_seed():
    network, again = (normal(layered([400, 300, 10]), seed=2) for _ in range(2))
    for k, fan_in in ((0, 400), (1, 300)):
        weight = network.projections[k].weight.detach()
        assert float(weight.var()) == pytest.approx(1 / fan_in, rel=0.1)
        assert torch.equal(weight, again.projections[k].weight.detach())
    assert not network.cells("hidden1").bias.any()


def test_a_resting_net_starts_without_couplings():
    network = uncoupled(relaxing([4, 6, 5]), seed=0)
    assert [bool(p.weight.any()) for p in network.projections] == [
        p.pre == network.input for p in network.projections
    ]
    assert network.cells("output").bias.tolist() == pytest.approx([0.2] * 5)


def test_a_spiking_net_answers_trains_with_rates():
    network = spiking(8, 12, 3, drive=20.0, seed=0)
    silent = network.unroll(torch.zeros(1, 30, 8)).outputs
    driven = network.unroll(torch.ones(1, 30, 8)).outputs
    assert not silent.any()
    assert driven[:, -1].abs().max() > 0


def test_a_skip_adds_a_linear_map_of_the_input_and_leaves_all_else_as_it_was():
    x = torch.randn(4, 6, 3, generator=torch.Generator().manual_seed(2))
    plain, with_skip = (recurrent(3, 5, 2, skip=skip, seed=1) for skip in (False, True))
    weight = with_skip.projection(3).weight
    expected = plain.unroll(x).outputs + x @ weight.mT
    torch.testing.assert_close(with_skip.unroll(x).outputs, expected)
