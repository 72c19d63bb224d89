"""Spiking cells: closed forms, an oracle written out in NumPy, and the surrogate gradient."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
import torch
from wirings import chain, small

from brainwright.network import LIF, NetworkError, compile
from brainwright.network.lif import LIFCells, spike
from brainwright.simulation import LIFParameters, SpikingEngine, Wiring


def run(cells, steps, drive=None, kicks=None):
    """(spikes [step, cell], v [step, cell]) of one sample without synapses."""
    state, spikes, voltage = cells.rest(1), [], []
    for t in range(steps):
        given = drive if kicks is None else kicks[t]
        state = cells.advance(state, None, given)
        spikes.append(state.spikes[0])
        voltage.append(state.v_mV[0])
    return torch.stack(spikes), torch.stack(voltage)


def test_the_rate_of_a_constant_current_is_the_textbook_formula():
    dt_s, tau_s, refractory_s, threshold_mV = 1e-5, 0.02, 2e-3, 7.0
    current = torch.tensor([[8.0, 10.0, 20.0, 6.9]], dtype=torch.float64)
    cells = LIFCells(4, dt_s=dt_s, tau_m_s=tau_s, refractory_s=refractory_s, dtype=torch.float64)
    steps = 15_000
    spikes, _ = run(cells, steps, current)
    for k, i in enumerate(current[0].tolist()):
        found = spikes[:, k].nonzero()[:, 0]
        if i <= threshold_mV:
            assert not len(found)
            continue
        period_s = refractory_s + tau_s * math.log(i / (i - threshold_mV))
        assert np.diff(found.numpy()).mean() * dt_s == pytest.approx(period_s, abs=1.01 * dt_s)


def test_membrane_and_synapse_follow_their_closed_form():
    cells = LIFCells(1, dtype=torch.float64)
    state = cells.rest(1)._replace(g_mV=torch.tensor([[5.0]], dtype=torch.float64))
    for _ in range(100):
        state = cells.advance(state, None, None)
    t, tm, ts = 0.01, 0.02, 0.005
    exact = 5.0 * ts / (tm - ts) * (math.exp(-t / tm) - math.exp(-t / ts))
    assert state.v_mV.item() == pytest.approx(exact, rel=1e-12)
    assert state.g_mV.item() == pytest.approx(5.0 * math.exp(-t / ts), rel=1e-12)


def test_the_threshold_is_strict():
    kick = torch.zeros(3, 1, 1, dtype=torch.float64)
    kick[0] = 7.0
    at_start = dict(tau_m_s=1e9, tau_s_s=5e-3, drive_as="kick", dtype=torch.float64)  # no leak to speak of
    _, voltage = run(LIFCells(1, **at_start), 3, kicks=kick)
    reached = voltage[1].item()
    assert not run(LIFCells(1, **at_start, threshold_mV=reached), 3, kicks=kick)[0].any()
    assert run(LIFCells(1, **at_start, threshold_mV=reached - 1e-12), 3, kicks=kick)[0].sum() == 1


def test_refractory_cells_are_deaf_until_the_published_step():
    cells = LIFCells(1, drive_as="kick", dtype=torch.float64)
    for step, kept in ((21, False), (22, True)):
        kicks = torch.zeros(40, 1, 1, dtype=torch.float64)
        kicks[0], kicks[1 + step] = 68.75, 68.75  # the first makes a spike in step 1
        spikes = run(cells, 40, kicks=kicks)[0]
        assert spikes[:, 0].nonzero()[:, 0].tolist() == ([1, 24] if kept else [1])
    free = LIFCells(1, drive_as="kick", refractory_s=0.0, dtype=torch.float64)
    spikes = run(free, 20, kicks=torch.full((20, 1, 1), 68.75, dtype=torch.float64))[0]
    assert spikes[:, 0].nonzero()[:, 0].tolist() == list(range(1, 20, 2))


def test_an_effect_comes_exactly_one_delay_after_the_spike():
    network = compile(
        chain(2),
        LIF(options={"drive_as": "kick", "synapse_mV": 0.275}),
        gap_conductance=0.0,
        dtype=torch.float64,
    )
    drive = torch.zeros(1, 40, 1, dtype=torch.float64)
    drive[0, 0] = 68.75
    state, heard = network.rest(1), []
    for t in range(40):
        state = network.step(state, drive[:, t])
        heard.append(state["cells"].g_mV[0, 1].item())
    assert np.flatnonzero(heard)[0] == 1 + 18
    assert max(heard) == pytest.approx(2 * 0.275, rel=1e-12)


def brian2_steps():
    """(dt_s, span_s, steps of a delay, steps of a refractory time) in Brian2; see `benchmarks/peers`."""
    golden = Path(__file__).parents[1] / "simulation" / "golden"
    return json.loads((golden / "brian2_steps.json").read_text())["rows"]


def test_delays_and_refractory_times_take_the_steps_that_they_take_in_brian2():
    rows = brian2_steps()
    halves = [row for row in rows if abs((row[1] / row[0]) % 1 - 0.5) < 1e-6]
    assert len(rows) > 150
    assert len(halves) > 10
    for dt_s, span_s, delay, refractory in rows:
        engine = LIFParameters(dt_s=dt_s, delay_s=max(span_s, dt_s), refractory_s=span_s)
        assert (engine.delay_steps, engine.refractory_steps) == (max(delay, 1), refractory), (dt_s, span_s)
        if delay < 1:
            continue
        cells = LIFCells(1, dt_s=dt_s, delay_s=span_s, refractory_s=span_s, drive_as="kick")
        assert (cells.delay_steps, int(cells.refractory_steps[0])) == (delay, refractory), (dt_s, span_s)


@pytest.mark.parametrize(("dt_s", "span_s", "delay", "refractory"), brian2_steps()[::17])
def test_a_spike_arrives_and_a_cell_wakes_at_the_step_of_brian2(dt_s, span_s, delay, refractory):
    cells = LIFCells(1, dt_s=dt_s, delay_s=max(span_s, dt_s), refractory_s=span_s, dtype=torch.float64)
    strong = torch.full((1, 1), 1e6, dtype=torch.float64)  # a spike in every step in which the cell is awake
    state, fired, arrived = cells.rest(1), [], []
    for step in range(3 * (delay + refractory) + 9):
        if cells.output(state).item():
            arrived.append(step)
        state = cells.advance(state, None, strong)
        if state.spikes.item():
            fired.append(step)
    assert arrived[0] - fired[0] == max(delay, 1)
    assert set(np.diff(fired)) == {refractory}


@pytest.mark.parametrize("dt_s", [2e-4, 2.5e-4, 5e-4])
def test_spikes_are_those_of_the_engine_where_times_are_no_whole_steps(dt_s):
    """Delay and refractory time of 1.8 and 2.2 ms, of 1.7 and 1.3 ms, and of 1.25 and 1.9 ms."""
    connectome = small(n=40, n_edges=600, seed=2)
    weights = connectome.weights("given", format="coo")
    wiring = Wiring.from_edges(weights.col, weights.row, weights.data, 40)
    rng = np.random.default_rng(1)
    for delay_s, refractory_s in ((1.8e-3, 2.2e-3), (1.7e-3, 1.3e-3), (1.25e-3, 1.9e-3)):
        kicks = np.zeros((800, 40))
        kicks[:, :8] = 68.75 * (rng.random((800, 8)) < 0.05)
        options = {"drive_as": "kick", "synapse_mV": 0.8, "delay_s": delay_s, "dt_s": dt_s}
        network = compile(connectome, LIF(refractory_s=refractory_s, options=options), dtype=torch.float64)
        parameters = LIFParameters(weight_mV=0.8, delay_s=delay_s, refractory_s=refractory_s, dt_s=dt_s)
        found, _ = SpikingEngine(wiring, parameters).run(
            800, kicks=np.argwhere(kicks > 0), driven=np.zeros(0, int)
        )
        ours = spikes_of(network, kicks)
        assert len({i for _, i in ours} - set(range(8))) > 5, "the drive must spread for this to be a test"
        assert sorted(zip(found.step.tolist(), found.neuron.tolist(), strict=True)) == sorted(ours)


def oracle(w, kicks, refractory):
    """The model as its definition, cell by cell: (step, cell) of each spike. w is post × pre, in mV."""
    p, n, v, g, ready, spikes = (
        LIFCells(1),
        len(w),
        np.zeros(len(w)),
        np.zeros(len(w)),
        np.zeros(len(w), int),
        [],
    )
    fired = np.zeros((len(kicks) + 18, n), bool)
    for s in range(len(kicks)):
        active = ready <= s
        v, g = np.where(active, v * p.keep_v + g * p.transfer, v), np.where(active, g * p.keep_g, g)
        now = active & (v > 7.0)
        ready[now] = s + refractory[now]
        heard = ready <= s
        g = g + np.where(heard, w @ fired[s], 0.0)
        v = v + np.where(heard, kicks[s], 0.0)
        v[now], g[now] = 0.0, 0.0
        fired[s + 18] = now
        spikes += [(s, i) for i in np.flatnonzero(now)]
    return spikes


def driven_network(seed, steps=1500):
    rng = np.random.default_rng(seed)
    connectome = small(n=60, n_edges=900, seed=seed)
    refractory = np.full(60, 22)
    refractory[:8] = 1
    how = LIF(refractory_s=refractory * 1e-4, options={"drive_as": "kick", "synapse_mV": 0.8})
    network = compile(connectome, how, dtype=torch.float64)
    kicks = np.zeros((steps, 60))
    kicks[:, :8] = 68.75 * (rng.random((steps, 8)) < 0.02)
    return connectome, network, kicks, refractory


def spikes_of(network, kicks):
    state, found = network.rest(1), []
    with torch.no_grad():
        products = network.products()
        for s, kick in enumerate(torch.tensor(kicks[:, None, :8])):
            state = network.step(state, kick, products)
            found += [(s, i) for i in state["cells"].spikes[0].nonzero()[:, 0].tolist()]
    return found


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_spikes_are_those_of_the_oracle(seed):
    connectome, network, kicks, refractory = driven_network(seed)
    expected = oracle(0.8 * connectome.weights("given").toarray(), kicks, refractory)
    assert len({i for _, i in expected} - set(range(8))) > 5, "the drive must spread for this to be a test"
    assert spikes_of(network, kicks) == expected


def test_spikes_are_those_of_the_event_driven_engine():
    connectome, network, kicks, _ = driven_network(0)
    weights = connectome.weights("given", format="coo")
    wiring = Wiring.from_edges(weights.col, weights.row, weights.data, 60)
    engine = SpikingEngine(wiring, LIFParameters(weight_mV=0.8))
    found, _ = engine.run(len(kicks), kicks=np.argwhere(kicks > 0), driven=np.arange(8))
    ours = spikes_of(network, kicks)
    assert sorted(zip(found.step.tolist(), found.neuron.tolist(), strict=True)) == sorted(ours)


def test_the_surrogate_gradient_is_the_one_that_is_documented():
    x = torch.linspace(-3, 3, 7, dtype=torch.float64, requires_grad=True)
    spike(x, 2.0).sum().backward()
    torch.testing.assert_close(x.grad, 1 / (2 * x.detach().abs() + 1) ** 2)


def test_a_gradient_reaches_input_weights_through_time_and_delay():
    how = LIF(options={"synapse_mV": 10.0, "delay_s": 3e-4})
    network = compile(small(), how, n_inputs=5, n_outputs=3, train="edge", dtype=torch.float64)
    x = torch.rand(2, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    network.unroll(400 * x, steps=150).last.sum().backward()
    assert all(p.grad is not None and p.grad.isfinite().all() and p.grad.any() for p in network.parameters())


def test_refusals():
    with pytest.raises(NetworkError, match="to differ"):
        LIFCells(1, tau_m_s=5e-3)
    with pytest.raises(NetworkError, match="at least one step"):
        LIFCells(1, delay_s=1e-5)
    with pytest.raises(NetworkError, match="threshold_mV above"):
        LIFCells(1, threshold_mV=0.0)
    with pytest.raises(NetworkError, match="'current' or 'kick'"):
        LIFCells(1, drive_as="nudge")
    for refractory_s in (-1e-3, float("nan"), float("inf")):
        with pytest.raises(NetworkError, match="refractory_s >= 0"):
            LIFCells(2, refractory_s=np.array([1e-3, refractory_s]))
