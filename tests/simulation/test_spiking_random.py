"""Random networks, constants and protocols: the engine, in every mode, against the plain reference."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from brainwright.simulation.engine import LIFParameters, SpikingEngine, Wiring, merge_events
from brainwright.simulation.engine.kernel import LAZY, SWEEP
from brainwright.simulation.engine.reference import simulate

N, STEPS = 14, 900


class RandomSwitch:
    def __init__(self, seed):
        self.rng = np.random.default_rng(seed)

    def next_mode(self, window):
        return int(self.rng.choice([LAZY, SWEEP]))


def drawn(rng):
    """Constants, connections and a protocol that make a busy network."""
    tau_m, tau_s = rng.uniform(5e-3, 40e-3), rng.uniform(1e-3, 12e-3)
    parameters = LIFParameters(
        tau_m_s=tau_m,
        tau_s_s=tau_s,
        rest_mV=-52 + rng.normal(),
        reset_mV=-55 + 2 * rng.normal(),
        threshold_mV=-45 + 0.5 * rng.normal(),
        refractory_s=1e-4 * int(rng.integers(0, 40)),
        delay_s=1e-4 * int(rng.integers(1, 50)),
        weight_mV=rng.uniform(0.2, 0.4),
        kick_mV=rng.uniform(15, 80),
    )
    size = int(rng.integers(20, 120))
    edges = {
        "pre": rng.integers(0, N, size),
        "post": rng.integers(0, N, size),
        "signed_count": np.where(rng.random(size) < 0.7, 1, -1) * rng.integers(1, 160, size),
        "delay_s": rng.choice([1e-4, 9e-4, 3.3e-3], size) if rng.random() < 0.5 else None,
    }
    clamped = rng.choice(N, 2, replace=False)
    events = np.stack([rng.integers(0, STEPS, 150), rng.integers(0, N, 150)], axis=1)
    plays = merge_events([np.stack([np.arange(5, STEPS, 97), np.full(10, clamped[0])], axis=1)])
    driven = rng.choice(N, 5, replace=False)
    protocol = {
        "kicks": merge_events([events]),
        "driven": driven,
        "silenced": rng.choice(N, 2, replace=False),
        "clamped": clamped,
        "forced": plays,
        "refractory_steps": {int(rng.integers(0, N)): int(rng.integers(1, 60))},
        "record_voltage": np.arange(N),
    }
    return parameters, edges, protocol


@given(seed=st.integers(0, 100_000))
@settings(max_examples=80, deadline=None)
def test_engine_and_reference_agree(seed):
    parameters, edges, protocol = drawn(np.random.default_rng(seed))
    expected, volts = simulate(**edges, n_neurons=N, steps=STEPS, parameters=parameters, **protocol)
    wiring = Wiring.from_edges(
        edges["pre"], edges["post"], edges["signed_count"], N, delay_s=edges["delay_s"]
    )
    modes = ["sweep", "auto"]
    if parameters.tau_m_s > parameters.tau_s_s:
        modes += ["lazy", RandomSwitch(seed)]
    for mode in modes:
        spikes, _ = SpikingEngine(wiring, parameters).run(STEPS, **protocol, mode=mode)
        np.testing.assert_array_equal(np.stack([spikes.step, spikes.neuron], axis=1), expected)
        np.testing.assert_allclose(spikes.voltage_mV, volts, rtol=0, atol=1e-8)
    assert len(expected) > 20
