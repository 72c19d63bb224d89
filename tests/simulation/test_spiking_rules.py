"""The model's rules, one by one, on networks of a few neurons."""

import dataclasses

import numpy as np
import pytest

from brainwright.simulation.engine import LIFParameters, SpikingEngine, Wiring, train_events
from brainwright.simulation.engine.reference import simulate

BOTH = pytest.mark.parametrize("mode", ["lazy", "sweep"])
STRONG = 400  # synapses: one such input makes a spike (peak 400 * 0.275 * 0.157 = 17.3 mV)


def run(edges, n, steps, *, mode="lazy", parameters=None, delay_s=None, **options):
    pre, post, count = np.array(edges).reshape(-1, 3).T if len(edges) else np.zeros((3, 0), int)
    wiring = Wiring.from_edges(pre, post, count, n, delay_s=delay_s)
    spikes, _ = SpikingEngine(wiring, parameters).run(steps, mode=mode, **options)
    return spikes


def times(spikes, neuron):
    return spikes.step[spikes.neuron == neuron].tolist()


@BOTH
def test_one_kick_makes_one_spike_in_the_next_step(mode):
    assert times(run([], 1, 50, kicks=[[7, 0]], mode=mode), 0) == [8]


@BOTH
def test_spike_acts_exactly_after_the_delay(mode):
    spikes = run([(0, 1, 10)], 2, 60, kicks=[[0, 0]], record_voltage=[1], mode=mode)
    moved = np.flatnonzero(np.abs(spikes.voltage_mV[:, 0] + 52) > 1e-12)
    assert times(spikes, 0) == [1]
    assert moved[0] == 1 + 18 + 1  # g jumps at the end of step 19, v follows at step 20


@BOTH
def test_membrane_follows_the_closed_form(mode):
    spikes = run([(0, 1, 10)], 2, 400, kicks=[[0, 0]], record_voltage=[1], mode=mode)
    t_s = np.clip(np.arange(400) - 19, 0, None) * 1e-4
    expected = 2.75 / 3 * (np.exp(-t_s / 20e-3) - np.exp(-t_s / 5e-3))
    np.testing.assert_allclose(spikes.voltage_mV[:, 0] + 52, expected, rtol=0, atol=1e-12)


@BOTH
@pytest.mark.parametrize("tau_s_s", [20e-3, 35e-3, 19.9e-3])
def test_other_time_constants_equal_ones_too(mode, tau_s_s):
    parameters = LIFParameters(tau_s_s=tau_s_s)
    kicks = np.array([[0, 0], [300, 0], [310, 0]])
    edges = np.array([(0, 1, 30), (1, 2, 60), (2, 1, -90)])
    if mode == "lazy" and tau_s_s >= 20e-3:
        with pytest.raises(ValueError, match="expected tau_m_s > tau_s_s"):
            run(edges, 3, 7000, kicks=kicks, parameters=parameters, mode=mode)
        return
    spikes = run(edges, 3, 7000, kicks=kicks, parameters=parameters, mode=mode, record_voltage=[1, 2])
    expected, volts = simulate(*edges.T, 3, 7000, parameters=parameters, kicks=kicks, record_voltage=[1, 2])
    np.testing.assert_array_equal(np.stack([spikes.step, spikes.neuron], 1), expected)
    np.testing.assert_allclose(spikes.voltage_mV, volts, rtol=0, atol=1e-9)


@BOTH
def test_threshold_is_strict(mode):
    """A threshold at the very peak that was reached gives no spike; just below it gives one."""
    edges, kicks = np.array([(0, 1, 100)]), np.array([[0, 0]])
    _, volts = simulate(*edges.T, 2, 400, kicks=kicks, record_voltage=[1])
    peak = volts.max()
    at = LIFParameters(rest_mV=0, reset_mV=0, threshold_mV=float(peak + 52))
    below = dataclasses.replace(at, threshold_mV=float((peak + 52) * (1 - 1e-9)))
    assert times(run(edges, 2, 400, kicks=kicks, mode=mode, parameters=at), 1) == []
    assert len(times(run(edges, 2, 400, kicks=kicks, mode=mode, parameters=below), 1)) == 1


@BOTH
def test_membrane_at_the_threshold_to_the_last_digit_is_no_spike(mode):
    reached = 8.0 * np.exp(-1e-4 / 20e-3)  # one step after a kick, without rounding in between
    at = LIFParameters(rest_mV=0, reset_mV=0, kick_mV=8.0, threshold_mV=float(reached))
    below = dataclasses.replace(at, threshold_mV=float(np.nextafter(reached, 0)))
    assert times(run([], 1, 50, kicks=[[0, 0]], mode=mode, parameters=at), 0) == []
    assert times(run([], 1, 50, kicks=[[0, 0]], mode=mode, parameters=below), 0) == [1]


@BOTH
def test_ordinary_neuron_rests_22_steps_a_driven_one_none(mode):
    """A kick at every step: 23 steps between spikes with the refractory time, 2 without."""
    storm = np.stack([np.arange(200), np.zeros(200, int)], axis=1)
    ordinary = run([], 1, 200, kicks=storm, driven=[], mode=mode)
    driven = run([], 1, 200, kicks=storm, mode=mode)
    assert np.diff(times(ordinary, 0)).tolist() == [23] * (ordinary.step.size - 1)
    assert np.diff(times(driven, 0)).tolist() == [2] * (driven.step.size - 1)


@BOTH
@pytest.mark.parametrize(("late", "kept"), [(0, False), (1, False), (21, False), (22, True)])
def test_input_to_a_refractory_neuron_is_lost(mode, late, kept):
    """Neuron 1 spikes at step s; input that reaches it at s ... s + 21 leaves no trace."""
    edges = [(0, 1, STRONG), (2, 1, 10)]
    first = times(run(edges, 3, 200, kicks=[[0, 0]], driven=[0, 2], mode=mode), 1)[0]
    kicks = np.array([[0, 0], [first + late - 19, 2]])
    spikes = run(edges, 3, 200, kicks=kicks[np.argsort(kicks[:, 0])], record_voltage=[1], mode=mode)
    assert times(spikes, 1) == [first]
    trace = np.abs(spikes.voltage_mV[first + 1 :, 0] + 52).max()
    if kept:
        assert trace > 0.1
    else:
        assert trace == 0


@BOTH
def test_kick_in_the_step_of_the_own_spike_is_lost(mode):
    assert times(run([], 1, 20, kicks=[[3, 0], [4, 0]], mode=mode), 0) == [4]
    assert times(run([], 1, 20, kicks=[[3, 0], [5, 0]], mode=mode), 0) == [4, 6]


@BOTH
def test_silenced_neuron_spikes_but_reaches_nobody(mode):
    spikes = run([(0, 1, STRONG)], 2, 200, kicks=[[0, 0]], silenced=[0], mode=mode)
    assert times(spikes, 0) == [1]
    assert times(spikes, 1) == []


@BOTH
def test_clamped_neuron_is_deaf_and_plays_its_train(mode):
    edges = [(0, 1, STRONG), (1, 2, STRONG)]
    held = run(edges, 3, 300, kicks=[[0, 0], [5, 1]], clamped=[1], record_voltage=[1], mode=mode)
    assert times(held, 1) == []
    assert (held.voltage_mV == -52).all()
    played = run(edges, 3, 300, kicks=[[0, 0]], clamped=[1], forced=[[10, 1], [11, 1]], mode=mode)
    assert times(played, 1) == [10, 11]
    assert len(times(played, 2)) >= 1
    twice = run(edges, 3, 300, clamped=[1], forced=[[10, 1], [10, 1]], mode=mode)
    assert times(twice, 1) == [10], "a neuron spikes once in a step"
    with pytest.raises(ValueError, match="neuron 2 is not clamped"):
        run(edges, 3, 300, clamped=[1], forced=[[10, 2]])


@BOTH
def test_inhibition_then_release(mode):
    """Excitation that makes a spike alone makes none under inhibition, and makes one again later."""
    edges = np.array([(0, 2, STRONG), (1, 2, -2 * STRONG)])
    kicks = np.array([[100, 1], [120, 0], [3000, 0]])
    spikes = run(edges, 3, 4000, kicks=kicks, mode=mode, record_voltage=[2])
    expected, volts = simulate(*edges.T, 3, 4000, kicks=kicks, record_voltage=[2])
    np.testing.assert_array_equal(np.stack([spikes.step, spikes.neuron], 1), expected)
    np.testing.assert_allclose(spikes.voltage_mV, volts, atol=1e-10)
    assert len(times(spikes, 2)) == 1
    assert times(spikes, 2)[0] > 3000


@BOTH
def test_autapse_and_neuron_without_outputs(mode):
    """The autapse of a neuron that spikes arrives 18 steps later, in its refractory time: lost."""
    ordinary = run([(0, 0, STRONG), (0, 1, STRONG)], 2, 300, kicks=[[0, 0]], driven=[], mode=mode)
    assert times(ordinary, 0) == [1]
    assert len(times(ordinary, 1)) == 1
    driven = run([(0, 0, STRONG)], 1, 300, kicks=[[0, 0]], mode=mode)
    assert len(times(driven, 0)) > 1


@BOTH
def test_many_inputs_in_one_step_add_up(mode):
    edges = [(i, 40, 10) for i in range(40)]
    kicks = [[0, i] for i in range(40)]
    one = run([(0, 40, 400)], 41, 100, kicks=kicks, record_voltage=[40], mode=mode)
    many = run(edges, 41, 100, kicks=kicks, record_voltage=[40], mode=mode)
    assert len(times(many, 40)) >= 1
    np.testing.assert_allclose(many.voltage_mV, one.voltage_mV, rtol=0, atol=1e-10)


@BOTH
def test_each_synapse_has_its_own_delay(mode):
    edges, delay_s = [(0, 1, 10), (0, 2, 10), (0, 1, 10)], np.array([1e-3, 3e-3, 5e-3])
    volts = run(edges, 3, 100, kicks=[[0, 0]], delay_s=delay_s, record_voltage=[1, 2], mode=mode).voltage_mV
    moved = [np.flatnonzero(np.abs(volts[:, k] + 52) > 1e-12)[0] for k in (0, 1)]
    assert moved == [1 + 10 + 1, 1 + 30 + 1]
    jump = np.diff(volts[:, 0], n=2)  # the slope jumps again when the second synapse acts
    assert abs(jump[49]) < 1e-3 < 0.01 < jump[50]


@BOTH
def test_other_reset_than_rest(mode):
    parameters = LIFParameters(reset_mV=-60.0, refractory_s=5e-3)
    edges, kicks = np.array([(0, 1, STRONG)]), np.array([[0, 0]])
    spikes = run(edges, 2, 500, kicks=kicks, parameters=parameters, record_voltage=[1, 0], mode=mode)
    expected, volts = simulate(*edges.T, 2, 500, parameters=parameters, kicks=kicks, record_voltage=[1, 0])
    np.testing.assert_array_equal(np.stack([spikes.step, spikes.neuron], 1), expected)
    np.testing.assert_allclose(spikes.voltage_mV, volts, rtol=0, atol=1e-10)
    assert volts.min() == -60.0


@BOTH
def test_empty_input_and_no_steps(mode):
    assert run([(0, 1, STRONG)], 2, 500, mode=mode).step.size == 0
    nothing = run([(0, 1, STRONG)], 2, 0, mode=mode)
    assert nothing.step.size == 0
    with pytest.raises(ValueError, match="no rate"):
        nothing.rate_hz()


@pytest.mark.parametrize("precision", ["exact", "fast"])
@pytest.mark.parametrize("cut", [1, 17, 250, 4001])
def test_a_run_in_two_parts_equals_one_run(precision, cut):
    rng = np.random.default_rng(3)
    pre, post = rng.integers(0, 60, (2, 900))
    wiring = Wiring.from_edges(
        pre, post, rng.integers(-40, 60, 900), 60, delay_s=rng.choice([5e-4, 6e-3], 900)
    )
    engine = SpikingEngine(wiring, precision=precision)
    kicks = np.stack([np.sort(rng.integers(0, 9000, 3000)), rng.integers(0, 5, 3000)], axis=1)
    whole, _ = engine.run(9000, kicks=kicks, driven=np.arange(5), silenced=[7])
    early, late = kicks[kicks[:, 0] < cut], kicks[kicks[:, 0] >= cut] - [cut, 0]
    options = {"driven": np.arange(5), "silenced": [7]}
    first, middle = engine.run(cut, kicks=early, **options)
    before = middle.amplitude.copy()
    second, _ = engine.run(9000 - cut, kicks=late, state=middle, **options)
    again, _ = engine.run(9000 - cut, kicks=late, state=middle, **options)
    assert (middle.amplitude == before).all(), "a run changed the state that it was given"
    step = np.concatenate([first.step, second.step + cut])
    assert whole.step.size > 1000
    np.testing.assert_array_equal(step, whole.step)
    np.testing.assert_array_equal(np.concatenate([first.neuron, second.neuron]), whole.neuron)
    np.testing.assert_array_equal(second.step, again.step)


def test_refractory_time_outlasts_the_run_that_began_it():
    """A long own refractory time is kept by the next run, which no longer mentions it."""
    wiring = Wiring.from_edges([0], [1], [STRONG], 2)
    engine = SpikingEngine(wiring)
    kicks = np.array([[k, 1] for k in range(0, 200, 2)])
    whole, _ = engine.run(400, kicks=kicks, driven=[], refractory_steps={1: 150}, mode="lazy")
    early, late = kicks[kicks[:, 0] < 50], kicks[kicks[:, 0] >= 50] - [50, 0]
    _, middle = engine.run(50, kicks=early, driven=[], refractory_steps={1: 150}, mode="lazy")
    for mode in ("lazy", "sweep"):
        second, _ = engine.run(350, kicks=late, driven=[], state=middle, mode=mode)
        assert second.step[0] + 50 == whole.step[1] == 153  # open at 151, kicked at 152


def test_more_spikes_than_the_first_buffer_holds():
    n, steps = 300, 2000
    storm = np.stack([np.repeat(np.arange(steps), n), np.tile(np.arange(n), steps)], axis=1)
    for mode in ("lazy", "sweep"):
        spikes = run([], n, steps, kicks=storm, mode=mode)
        assert spikes.step.size == n * (steps // 2)
        assert (spikes.count() == steps // 2).all()


def test_given_trains_become_kicks():
    events = train_events({3: [0.01, 0.02], 1: np.array([0.01])}, 300, LIFParameters())
    assert events.tolist() == [[100, 1], [100, 3], [200, 3]]
    assert train_events({3: [0.02, 0.01]}, 300, LIFParameters()).tolist() == [[100, 3], [200, 3]]
    with pytest.raises(ValueError, match=r"neuron 3: expected times from 0 to before 0\.03 s, got 0\.5"):
        train_events({3: [0.5]}, 300, LIFParameters())
