"""The engine against Brian2 (golden trains, and live where Brian2 is), and against the plain reference."""

import os
import sys
from pathlib import Path

import numpy as np
import pytest

from brainwright.connectome.synthetic import fly_like
from brainwright.simulation.engine import (
    LIFParameters,
    Spikes,
    SpikingEngine,
    Wiring,
    common_share,
    poisson_events,
)
from brainwright.simulation.engine.kernel import LAZY, SWEEP
from brainwright.simulation.engine.reference import simulate

GOLDEN = Path(__file__).parent / "golden" / "brian2_lif.npz"
PEERS = Path(__file__).parents[2] / "benchmarks" / "peers"
PROBLEMS = ["sparse", "dense", "delays", "shielded"]


class RandomSwitch:
    """Changes the mode at random, to show that switching changes nothing."""

    def __init__(self, seed):
        self.rng = np.random.default_rng(seed)

    def next_mode(self, window):
        return int(self.rng.choice([LAZY, SWEEP]))


@pytest.fixture(scope="module")
def golden():
    with np.load(GOLDEN) as file:
        return {name: file[name] for name in file.files}


def problem_of(golden, name):
    shared = {field: golden[field] for field in ("pre", "post", "count", "n_neurons", "steps")}
    own = {field: golden[f"{name}.{field}"] for field in ("kicks", "silenced", "delay_s")}
    delay_s = None if np.isnan(own["delay_s"]).all() else own["delay_s"].astype(float)
    if delay_s is not None:
        delay_s[np.isnan(delay_s)] = 1.8e-3
    return shared | own | {"delay_s": delay_s}


def run_engine(problem, precision="exact", mode="auto", parameters=None):
    wiring = Wiring.from_edges(
        problem["pre"],
        problem["post"],
        problem["count"],
        int(problem["n_neurons"]),
        delay_s=problem["delay_s"],
    )
    engine = SpikingEngine(wiring, parameters, precision=precision)
    kicks, silenced = problem["kicks"].astype(np.int32), problem["silenced"].astype(np.int32)
    spikes, _ = engine.run(int(problem["steps"]), kicks=kicks, silenced=silenced, mode=mode)
    return spikes


def as_set(step, neuron):
    return set(zip(np.asarray(step).tolist(), np.asarray(neuron).tolist(), strict=True))


@pytest.mark.parametrize("name", PROBLEMS)
@pytest.mark.parametrize("mode", ["lazy", "sweep", "auto", "random"])
def test_exact_mode_has_the_spike_set_of_brian2(golden, name, mode):
    chosen = RandomSwitch(7) if mode == "random" else mode
    spikes = run_engine(problem_of(golden, name), mode=chosen)
    expected = as_set(golden[f"{name}.step"], golden[f"{name}.neuron"])
    assert len(expected) > 2000
    assert as_set(spikes.step, spikes.neuron) == expected
    if mode == "random":
        assert 0 < spikes.sweep_steps < spikes.n_steps


@pytest.mark.parametrize("name", PROBLEMS)
def test_fast_mode_shares_99_5_per_cent_with_brian2(golden, name):
    spikes = run_engine(problem_of(golden, name), precision="fast")
    expected = as_set(golden[f"{name}.step"], golden[f"{name}.neuron"])
    common = len(expected & as_set(spikes.step, spikes.neuron))
    assert common / max(len(expected), spikes.step.size) >= 0.995
    assert abs(spikes.step.size - len(expected)) <= 0.005 * len(expected)


@pytest.mark.parametrize("name", PROBLEMS)
def test_the_plain_reference_has_the_spike_set_of_brian2(golden, name):
    problem = problem_of(golden, name)
    found, _ = simulate(
        problem["pre"],
        problem["post"],
        problem["count"],
        int(problem["n_neurons"]),
        int(problem["steps"]),
        delay_s=problem["delay_s"],
        kicks=problem["kicks"].astype(int),
        silenced=problem["silenced"],
    )
    assert as_set(*found.T) == as_set(golden[f"{name}.step"], golden[f"{name}.neuron"])


@pytest.mark.parametrize(
    ("change", "options"),
    [
        ({"delay_s": 1.7e-3}, {}),
        ({"delay_s": 1.9e-3}, {}),
        ({"refractory_s": 0.0}, {}),
        ({"tau_s_s": 5.001e-3}, {}),
        ({}, {"driven": []}),
        ({}, {"silenced": []}),
    ],
)
def test_the_gate_can_fail(golden, change, options):
    """A model that differs a little must not pass for Brian2's."""
    problem = problem_of(golden, "shielded")
    wiring = Wiring.from_edges(problem["pre"], problem["post"], problem["count"], int(problem["n_neurons"]))
    options = {"silenced": problem["silenced"], "kicks": problem["kicks"]} | options
    spikes, _ = SpikingEngine(wiring, LIFParameters(**change)).run(int(problem["steps"]), **options)
    assert as_set(spikes.step, spikes.neuron) != as_set(golden["shielded.step"], golden["shielded.neuron"])


@pytest.fixture(scope="module")
def mixed():
    """Delays of half and other parts of a step, autapses, inhibition, driven cells; `brian2_mixed.py`."""
    with np.load(GOLDEN.with_name("brian2_mixed.npz")) as file:
        return {name: file[name] for name in file.files}


def run_mixed(mixed, mode="auto", **change):
    problem = mixed | change
    wiring = Wiring.from_edges(
        *(problem[name] for name in ("pre", "post", "count")), 50, delay_s=problem["delay_s"]
    )
    kicks = problem["kicks"].astype(np.int32)
    spikes, _ = SpikingEngine(wiring).run(1_200, kicks=kicks, driven=problem["driven"], mode=mode)
    return as_set(spikes.step, spikes.neuron)


@pytest.mark.parametrize("mode", ["lazy", "sweep", "auto"])
def test_half_steps_autapses_and_driven_cells_are_those_of_brian2(mixed, mode):
    expected = as_set(mixed["step"], mixed["neuron"])
    assert len(expected) == 668
    assert run_mixed(mixed, mode) == expected


def test_the_plain_reference_has_them_too(mixed):
    names = ("pre", "post", "count")
    found, _ = simulate(
        *(mixed[name] for name in names),
        50,
        1_200,
        delay_s=mixed["delay_s"],
        kicks=mixed["kicks"].astype(int),
        driven=mixed["driven"],
    )
    assert as_set(*found.T) == as_set(mixed["step"], mixed["neuron"])


@pytest.mark.parametrize("wrong", ["halves to even", "whole steps", "no autapses", "driven"])
def test_each_of_them_matters(mixed, wrong):
    steps = mixed["delay_s"] / 1e-4
    apart = mixed["pre"] != mixed["post"]
    change = {
        "halves to even": {"delay_s": 1e-4 * np.rint(steps.round(6))},
        "whole steps": {"delay_s": 1e-4 * np.maximum(1, np.floor(steps + 1e-6))},
        "no autapses": {name: mixed[name][apart] for name in ("pre", "post", "count", "delay_s")},
        "driven": {"driven": np.unique(mixed["kicks"][:, 1])},
    }[wrong]
    assert run_mixed(mixed, **change) != as_set(mixed["step"], mixed["neuron"])


@pytest.mark.slow
@pytest.mark.parametrize("dt_ms", [0.1, 0.25, 0.4])
def test_live_brian2(dt_ms):
    """Delay and refractory time are no whole steps of 0.25 or 0.4 ms: Brian2 rounds one, cuts the other.

    Runs where this Python has Brian2, or BRAINWRIGHT_BRIAN2_PYTHON names one that has."""
    python = os.environ.get("BRAINWRIGHT_BRIAN2_PYTHON")
    if python is None:
        pytest.importorskip("brian2")
        python = sys.executable
    sys.path.insert(0, str(PEERS))
    try:
        from brian2_golden import problems, run_brian2
    finally:
        sys.path.remove(str(PEERS))
    problem = problems(seed=99)["shielded"] | {"dt_ms": np.array(dt_ms)}
    answer = run_brian2(python, problem, "numpy")
    spikes = run_engine(problem | {"delay_s": None}, parameters=LIFParameters(dt_s=dt_ms * 1e-3))
    assert answer["step"].size > 1000
    assert as_set(spikes.step, spikes.neuron) == as_set(answer["step"], answer["neuron"])


@pytest.mark.parametrize("seed", [11, 12, 13])
def test_larger_network_against_the_reference(seed):
    """3,000 neurons, 1 s, other rates than the golden ones; both precisions, all modes."""
    brain = fly_like(3000, 120_000, seed)
    edges = brain.edges_of("chemical")
    table = (edges.pre, edges.post, edges.count * brain.cells["sign"].to_numpy()[edges.pre])
    inputs = np.flatnonzero(brain.cells["type"] == "input")
    record = np.array([np.flatnonzero(brain.cells["layer"] == 1)[0], inputs[0]])
    kicks = poisson_events(inputs, 120.0 + seed, 10_000, LIFParameters(), np.random.default_rng(seed))
    expected, volts = simulate(*table, 3000, 10_000, kicks=kicks, record_voltage=record)
    assert np.unique(expected[:, 1]).size > 100, "the activity did not spread: the test says nothing"
    wiring = Wiring.from_edges(*table, 3000)
    for mode in ("lazy", "sweep", RandomSwitch(seed)):
        spikes, _ = SpikingEngine(wiring).run(10_000, kicks=kicks, mode=mode, record_voltage=record)
        assert as_set(spikes.step, spikes.neuron) == as_set(*expected.T)
        np.testing.assert_allclose(spikes.voltage_mV, volts, rtol=0, atol=1e-9)
    few, _ = SpikingEngine(wiring).run(10_000, kicks=kicks, mode="lazy")
    every, _ = SpikingEngine(wiring).run(10_000, kicks=kicks, mode="sweep")
    assert every.examined == 3000 * 10_000
    assert few.examined < 0.05 * every.examined, "event by event, only those near threshold are looked at"
    quick = SpikingEngine(wiring, precision="fast")
    fast, _ = quick.run(10_000, kicks=kicks, mode="lazy")
    assert common_share(fast, spikes) >= 0.995
    for mode in ("sweep", RandomSwitch(seed)):  # rounding is the same too, so a switch changes nothing
        other, _ = quick.run(10_000, kicks=kicks, mode=mode, record_voltage=record)
        np.testing.assert_array_equal(other.key(), fast.key())


def test_common_share_counts_the_larger_run():
    def made(steps):
        steps = np.array(steps, np.int32)
        zero = np.zeros((10, 0))
        return Spikes(steps, np.zeros_like(steps), 1, 10, 1e-4, zero, steps[:0], 0, 0, 0)

    assert common_share(made([1, 3]), made([1, 2, 3, 4])) == 0.5
    assert common_share(made([]), made([])) == 1.0
