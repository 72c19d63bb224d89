"""e-prop and RTRL against the exact gradient and against each other, in float64."""

import pytest
import torch
from loops import F64, looped

from brainwright.learning import Backpropagation, DirectFeedback, EProp, RealTimeRecurrent
from brainwright.network import NetworkError, layered
from brainwright.network.lif import LIFCells
from brainwright.network.rate import RateCells
from brainwright.objective import Batch, Classification


def rate(form="voltage", tau_s=3e-3, bias="cell", n=9):
    return RateCells(n, "tanh", tau_s=tau_s, form=form, bias=bias, dtype=F64)


def lif(n=9):
    return LIFCells(
        n, dt_s=1e-3, delay_s=2e-3, refractory_s=2e-3, threshold_mV=1.0, synapse_mV=1.0, dtype=F64
    )


def batch(steps=7, samples=3, seed=0, scale=1.0) -> Batch:
    g = torch.Generator().manual_seed(seed)
    inputs = scale * torch.randn(samples, steps, 4, generator=g, dtype=F64)
    return Batch(inputs, torch.arange(samples) % 3)


def updated(rule, network, data, objective=None):
    state = rule.init(network, seed=3)
    rule.update(network, data, objective or Classification(every_step=True), state)
    return {name: None if p.grad is None else p.grad.clone() for name, p in network.named_parameters()}


def assert_same(a, b, but=()):
    for name in a:
        if name not in but:
            scale = float(b[name].abs().max())
            torch.testing.assert_close(a[name], b[name], rtol=1e-9, atol=1e-12 * max(scale, 1e-3))


@pytest.mark.parametrize("form", ["voltage", "rate"])
def test_rtrl_is_backpropagation_through_time(form):
    network, data = looped(rate(form, n=5)), batch(5, 2)
    assert_same(updated(RealTimeRecurrent(), network, data), updated(Backpropagation(), network, data))


def test_rtrl_is_backpropagation_through_spikes():
    network = looped(lif(5), scale=4.0)
    data = batch(9, 2, scale=3.0)
    exact = updated(Backpropagation(), network, data)
    assert float(exact["projections.1.theta"].abs().max()) > 1e-6  # spikes did reach other cells
    assert_same(updated(RealTimeRecurrent(), network, data), exact)


@pytest.mark.parametrize("feedback", ["random", "symmetric", "broadcast"])
@pytest.mark.parametrize("every_step", [True, False])
@pytest.mark.parametrize(
    "cells",
    [rate("voltage"), rate("rate"), rate("rate", tau_s=0.0), rate("voltage", bias="none"), lif()],
    ids=["voltage", "rate", "no memory", "no bias", "lif"],
)
def test_traces_give_the_gradient_of_the_cut_graph(cells, every_step, feedback):
    network = looped(cells, scale=4.0 if cells.kind == "lif" else 1.0)
    data, objective = batch(12, scale=3.0), Classification(every_step=every_step)
    explicit = updated(EProp(feedback, online=True), network, data, objective)
    assert float(explicit["projections.1.theta"].abs().max()) > 1e-9
    assert_same(explicit, updated(EProp(feedback), network, data, objective))
    if feedback == "broadcast":
        assert_same(explicit, updated(DirectFeedback(), network, data, objective))


@pytest.mark.parametrize("core", [{"mode": "low-rank"}, {"mode": "cell"}, {"mode": "edge", "dale": False}])
def test_traces_reach_the_parameters_of_any_mode(core):
    network = looped(rate(), **core)
    assert_same(updated(EProp(online=True), network, batch()), updated(EProp(), network, batch()))


def test_eprop_is_exact_on_a_feed_forward_chain_and_with_diagonal_recurrence():
    chain = layered([4, 8, 6, 3], "tanh", dtype=F64)
    data = batch()
    assert_same(updated(EProp("symmetric"), chain, data), updated(Backpropagation(), chain, data))
    leaky = looped(rate(), mode="frozen")  # the only memory is that of each cell
    leaky.projection(1).base.zero_()
    assert_same(updated(EProp("symmetric"), leaky, data), updated(Backpropagation(), leaky, data))


def test_eprop_with_spikes_is_exact_where_no_spike_returns():
    network = looped(lif(), scale=4.0, mode="frozen")
    with torch.no_grad():
        network.projection(1).base.zero_()
    data = batch(12, scale=3.0)
    exact = updated(Backpropagation(), network, data)
    assert float(exact["projections.0.weight"].abs().max()) > 1e-6
    assert_same(updated(EProp("symmetric", online=True), network, data), exact)


def test_eprop_is_not_backpropagation_where_cells_talk_to_each_other():
    network = looped(rate())
    exact, cut = (updated(rule, network, batch()) for rule in (Backpropagation(), EProp("symmetric")))
    assert not torch.allclose(exact["projections.1.theta"], cut["projections.1.theta"], rtol=1e-2)
    assert_same(
        {"projections.2.weight": cut["projections.2.weight"]},
        {"projections.2.weight": exact["projections.2.weight"]},
    )


def test_what_traces_cannot_do_is_said():
    with pytest.raises(NetworkError, match="one hidden population, this network has 2"):
        EProp(online=True).init(layered([4, 5, 6, 3]))
    with pytest.raises(NetworkError, match=r"traces would take .* use a smaller batch or online=False"):
        updated(EProp(online=True, most_bytes=1000), looped(rate()), batch())
    with pytest.raises(NetworkError, match="derivatives for each sample"):
        RealTimeRecurrent().init(layered([100, 200, 10]))
