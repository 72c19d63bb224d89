"""STDP against its window in closed form, measured by pairing two cells, and against sums over all pairs."""

import math

import pytest
import torch

from brainwright.learning import PairSTDP, RewardSTDP, check_rule
from brainwright.learning.checking import Setting
from brainwright.learning.shared.spike_pairs import PairWindow
from brainwright.network import Network, NetworkError, layered
from brainwright.network.cells import InputCells
from brainwright.network.lif import LIFCells
from brainwright.network.projection import DenseProjection
from brainwright.network.rate import RateCells
from brainwright.network.sparse import Pattern
from brainwright.network.synapses import Synapses
from brainwright.objective import Batch, Classification, Regression

F64 = torch.float64
DT_S, DELAY = 1e-3, 3
WINDOW = PairWindow(plus=0.8, minus=0.5, tau_plus_s=12e-3, tau_minus_s=25e-3)


def lif(n, **options) -> LIFCells:
    own = {"dt_s": DT_S, "delay_s": DELAY * DT_S, "refractory_s": 2e-3, "threshold_mV": 1.0} | options
    return LIFCells(n, dtype=F64, **own)


LAGS = (1, 2, 5, 13, 30, 45, -1, -2, -5, -13, -30, -45, 0)  # steps from arrival to the postsynaptic spike


def pairs() -> Network:
    """For each lag two cells, each driven by its own input, and a silent synapse from one to the other."""
    n = len(LAGS)
    into = DenseProjection("input", "cells", 2 * n, 2 * n, torch.eye(2 * n, dtype=F64), train=False)
    pattern = Pattern.of(range(n), range(n, 2 * n), 2 * n, 2 * n)
    synapses = Synapses("cells", "cells", pattern, torch.zeros(n, dtype=F64), mode="edge", dale=False)
    out = DenseProjection("cells", "output", 2 * n, 1, torch.zeros(1, 2 * n, dtype=F64))
    populations = {"input": InputCells(2 * n, F64), "cells": lif(2 * n)}
    return Network({**populations, "output": RateCells(1, "identity", dtype=F64)}, [into, synapses, out])


def test_the_pairing_window_is_its_closed_form():
    n, network, rule = len(LAGS), pairs(), PairSTDP(WINDOW)
    inputs = torch.zeros(1, 100, 2 * n, dtype=F64)
    for k, lag in enumerate(LAGS):
        inputs[0, 48, k] = inputs[0, 48 + DELAY + lag, n + k] = 1e3  # fires the cell within this step
    batch = Batch(inputs, torch.zeros(1, 1, dtype=F64))
    with torch.no_grad():
        fired = network.unroll(inputs, record=["cells"]).recorded["cells"]
    assert fired.sum((0, 1)).tolist() == [1] * (2 * n)
    rule.update(network, batch, Regression(), rule.init(network))
    for lag, found in zip(LAGS, -network.projection(1).theta.grad, strict=True):
        expected = {
            1: WINDOW.plus * math.exp(-lag * DT_S / WINDOW.tau_plus_s),
            -1: -WINDOW.minus * math.exp(lag * DT_S / WINDOW.tau_minus_s),
            0: 0.0,
        }[(lag > 0) - (lag < 0)]
        assert float(found) == pytest.approx(expected, rel=1e-9, abs=1e-12)


def circuit(n=24, density=0.9) -> Network:
    g = torch.Generator().manual_seed(1)
    post, pre = (torch.rand(n, n, generator=g) < density).nonzero(as_tuple=True)
    base = 3 * torch.randn(len(pre), generator=g, dtype=F64) / (density * n) ** 0.5

    def dense(a, b, rows, columns, size):
        return DenseProjection(a, b, columns, rows, size * torch.randn(rows, columns, generator=g, dtype=F64))

    populations = {
        "input": InputCells(4, F64),
        "cells": lif(n, synapse_mV=1.0, threshold_mV=0.3),
        "output": RateCells(3, "identity", dtype=F64),
    }
    core = Synapses("cells", "cells", Pattern.of(pre, post, n, n), base, mode="edge", dale=False)
    return Network(
        populations, [dense("input", "cells", n, 4, 2.0), core, dense("cells", "output", 3, n, 0.1)]
    )


def driven(samples=2, steps=18) -> Batch:
    inputs = 2 * torch.randn(samples, steps, 4, generator=torch.Generator().manual_seed(3), dtype=F64)
    return Batch(inputs, torch.arange(samples))


def pairs_by_hand(network, batch, weigh=None):
    """Loop over all pairs of spikes, on a dense matrix [sample, post, pre]."""
    cells, state = network.cells("cells"), network.rest(len(batch.inputs))
    arrived, fired = [], []
    for t in range(batch.inputs.shape[1]):
        arrived.append(cells.output(state["cells"]))
        state = network.step(state, batch.inputs[:, t])
        fired.append(state["cells"].spikes)
    total = torch.zeros(len(batch.inputs), cells.n, cells.n, dtype=F64)
    for a, early in enumerate(arrived):
        for b, post in enumerate(fired):
            lag_s = (b - a) * DT_S
            if a == b:
                continue
            size = (
                WINDOW.plus * math.exp(-lag_s / WINDOW.tau_plus_s)
                if lag_s > 0
                else -WINDOW.minus * math.exp(lag_s / WINDOW.tau_minus_s)
            )
            size = size if weigh is None else size * weigh[max(a, b)]
            total += size * post[:, :, None] * early[:, None, :]
    return total.detach(), float(torch.stack(fired).detach().sum())


def test_pairs_on_sparse_edges_are_the_sum_over_all_pairs():
    network, batch, rule = circuit(), driven(), PairSTDP(WINDOW)
    rule.update(network, batch, Classification(), rule.init(network))
    total, spikes = pairs_by_hand(network, batch)
    assert spikes > 30
    core = network.projection(1)
    post, pre = (torch.from_numpy(i).long() for i in (core.pattern.post, core.pattern.pre))
    expected = -total.mean(0)[post, pre]
    assert float(expected.abs().max()) > 1
    torch.testing.assert_close(core.theta.grad, expected, rtol=1e-9, atol=1e-10)


def test_reward_turns_the_eligibility_of_each_sample_into_learning():
    """Without noise to speak of: (R - R̄) of a sample times its own decayed pairs."""
    network, batch = circuit(), driven()
    rule = RewardSTDP(sigma=1e-12, action="outputs", window=WINDOW, tau_eligibility_s=40e-3)
    rule.update(network, batch, Classification(), rule.init(network))
    steps = batch.inputs.shape[1]
    weigh = [math.exp(-(steps - 1 - t) * DT_S / 40e-3) for t in range(steps)]
    total, _ = pairs_by_hand(network, batch, weigh)
    reward = -Classification().each(network.unroll(batch.inputs), batch).detach()
    third = torch.stack([reward[0] - reward[1], reward[1] - reward[0]])  # in the first update, R̄ of the other
    core = network.projection(1)
    post, pre = (torch.from_numpy(i).long() for i in (core.pattern.post, core.pattern.pre))
    expected = -(third[:, None, None] * total).mean(0)[post, pre]
    torch.testing.assert_close(core.theta.grad, expected, rtol=1e-7, atol=1e-9)


def test_stdp_reads_what_it_declares():
    found = check_rule(PairSTDP(), Setting(circuit(), Classification(), driven(2, 8), {}))
    assert found["error"] == found["label"] == found["scalar"] == "identical"


def test_where_there_are_no_pairs_it_is_said():
    with pytest.raises(NetworkError, match="no hidden cell of this network spikes"):
        PairSTDP().init(layered([4, 5, 3]))
    silent = circuit()
    silent.projection(0).weight.requires_grad_(False)
    silent.projection(1).theta.requires_grad_(False)
    with pytest.raises(NetworkError, match="no synapse onto a hidden spiking cell trains"):
        PairSTDP().init(silent)
    with pytest.raises(ValueError, match="tau_minus_s above 0"):
        PairWindow(tau_minus_s=0.0)
