"""The compiled kernel against the plain equations, spike for spike."""

from dataclasses import replace

import numpy as np
import pytest

from brainwright.tissue import CultureParameters, SimulatedCulture, StimulusPlan, usable_channels
from brainwright.tissue.culture.electrodes import strength
from brainwright.tissue.culture.reference import ReferenceDish, SplitMix64

# Few cells, so strong synapses and much background: every mechanism takes part within a second.
SMALL = CultureParameters(
    n_neurons=48,
    weight_mV=0.5,
    weight_max_mV=12.0,
    learning_rate=0.03,
    kick_rate_hz=40.0,
    delay_per_pitch_s=0.001,
)
SEEDS = (3, 4)
N_STEPS = 1200


def random_plan(n_dishes: int, seconds: float, seed: int = 0) -> StimulusPlan:
    """Three pulses per dish every 25 ms, in pairs 4 ms apart, of varied strength."""
    rng = np.random.default_rng(seed)
    plans = []
    for dish in range(n_dishes):
        for start in np.arange(0.01, seconds - 0.02, 0.025):
            channels = rng.choice(usable_channels(), 6, replace=False)
            for late, three in ((0.0, channels[:3]), (0.004, channels[3:])):
                plans.append(StimulusPlan.biphasic(dish, three, start + late, rng.uniform(1.0, 3.0)))
    return StimulusPlan.join(plans)


def run_both(parameters=SMALL, n_steps=N_STEPS, **condition):
    culture = SimulatedCulture(SEEDS, parameters, **condition)
    plan = random_plan(len(SEEDS), n_steps * parameters.dt_s)
    scheduled = culture.write(plan).scheduled_s
    recording, cells = culture.read_cells(n_steps * parameters.dt_s)
    step = np.rint(scheduled / parameters.dt_s).astype(int)
    force = strength(plan, parameters)
    references, events = [], []
    for dish, seed in enumerate(SEEDS):
        mine = plan.dish == dish
        reference = ReferenceDish(seed, parameters, **condition)
        pulses = zip(step[mine].tolist(), plan.channel[mine].tolist(), force[mine].tolist(), strict=True)
        events.append(reference.advance(n_steps, pulses))
        references.append(reference)
    return culture, recording, cells, references, events


def slow_weights(culture, dish):
    """Of one dish, in the order of `weights`: synapses of all dishes lie end to end."""
    first = sum(wiring.pre.size for wiring in culture.wirings[:dish])
    return culture.snapshot()["slow"][first : first + culture.wirings[dish].pre.size]


CONDITIONS = {
    "plastic": (SMALL, {}),
    "frozen": (SMALL, {"plasticity": False}),
    "synaptic block": (SMALL, {"synapses": (0.0, 0.0)}),
    "half inhibition": (SMALL, {"synapses": (1.0, 0.5)}),
    "saline": (SMALL, {"cells": False}),
    "finer step": (CultureParameters(n_neurons=24, dt_s=0.0005, weight_mV=0.4, kick_rate_hz=60.0), {}),
    "consolidating": (replace(SMALL, tau_return_s=0.5, tau_consolidation_s=1.0), {"consolidating": True}),
    "gate closed": (replace(SMALL, tau_return_s=0.5), {}),
    "no background": (CultureParameters(n_neurons=40, kick_rate_hz=0.0, pre_trace_lag_s=0.0), {}),
}


@pytest.mark.parametrize("name", CONDITIONS)
def test_kernel_and_reference_agree_spike_for_spike(name):
    parameters, condition = CONDITIONS[name]
    culture, recording, cells, references, events = run_both(parameters, **condition)
    step = np.rint(recording.time_s / parameters.dt_s).astype(int)
    for dish, (reference, expected) in enumerate(zip(references, events, strict=True)):
        mine = recording.dish == dish
        got = np.stack([step[mine], recording.channel[mine], cells[mine]], axis=1)
        assert got.tolist() == expected.tolist()
        assert (expected[:, 2] == -1).any()  # artifacts took part
        pre, post, weight = culture.weights(dish)
        np.testing.assert_allclose(weight, reference.weight[pre, post], rtol=0, atol=1e-12)
        if parameters.tau_return_s:
            np.testing.assert_allclose(slow_weights(culture, dish), reference.slow[pre, post], atol=1e-12)
            moved = slow_weights(culture, dish) != culture.wirings[dish].weight
            assert moved.any() == ("consolidating" in condition)
        if condition.get("cells", True):
            assert (expected[:, 2] >= 0).sum() > 20


def test_the_comparison_exercises_every_mechanism():
    """The plastic comparison above would be empty without delays, depression, learning and scaling."""
    culture, _, cells, references, _ = run_both()
    _, _, weight = culture.weights(0)
    wiring = culture.wirings[0]
    assert len(np.unique(wiring.delay)) >= 4
    learned = (wiring.pre < SMALL.n_excitatory) & (wiring.post < SMALL.n_excitatory)
    assert np.abs(weight - wiring.weight)[learned].max() > 0.1
    assert (weight == wiring.weight)[~learned].all()
    assert references[0].resource.min() < 0.9
    assert len(np.unique(cells[cells >= 0])) > 40
    assert 5 * SMALL.steps(SMALL.scaling_interval_s) < N_STEPS


def test_splitmix64_gives_the_published_sequence():
    generator = SplitMix64(1234567)  # the test vector of Vigna's splitmix64.c
    expected = [6457827717110365317, 3203168211198807973, 9817491932198370423]
    assert [generator.uniform() for _ in expected] == [(z >> 11) / 2**53 for z in expected]
