"""Plans, limits' values and parameters that make no sense are refused with a reason."""

import numpy as np
import pytest

from brainwright.tissue import CultureParameters, SimulatedCulture, StimulusLimits, StimulusPlan


def plan(**change):
    parts = {
        "dish": np.zeros(2, np.int32),
        "channel": np.array([1, 2], np.int32),
        "time_s": np.array([0.0, 0.1]),
        "current_uA": np.array([[-1.0, 1.0]] * 2),
        "width_us": np.full((2, 2), 200.0),
    }
    return StimulusPlan(**(parts | change))


def test_biphasic_broadcasts_and_balances():
    made = StimulusPlan.biphasic([[0], [1]], [3, 9, 12], 0.5, current_uA=1.5, width_us=100.0)
    assert made.n_pulses == 6
    assert made.dish.tolist() == [0, 0, 0, 1, 1, 1]
    assert made.channel.tolist() == [3, 9, 12] * 2
    assert made.charge_nC.tolist() == [[-0.15, 0.15]] * 6
    assert made.phase_charge_nC.tolist() == [0.15] * 6
    assert made.cathodic_uA.tolist() == [1.5] * 6
    assert (made.first_s, made.last_s) == (0.5, 0.5)


def test_join_take_and_shift():
    first, second = plan(), plan().shifted(1.0)
    both = StimulusPlan.join([first, StimulusPlan.empty(), second])
    assert both.time_s.tolist() == [0.0, 0.1, 1.0, 1.1]
    assert both.take([3, 0]).time_s.tolist() == [1.1, 0.0]
    assert StimulusPlan.join([]).n_pulses == StimulusPlan.empty().n_pulses == 0
    three = plan(current_uA=np.array([[-1.0, 0.5, 0.5]] * 2), width_us=np.full((2, 3), 200.0))
    with pytest.raises(ValueError, match=r"one number of phases, got \[2, 3\]"):
        StimulusPlan.join([first, three])


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"dish": np.zeros(3, np.int32)}, "equally long"),
        ({"time_s": np.zeros((2, 1))}, "one-dimensional"),
        ({"channel": np.array([1.0, 2.0])}, "channel must hold whole numbers"),
        ({"dish": np.array([0, 2**40])}, "dish must fit into 32 bits"),
        ({"current_uA": np.zeros((2, 3))}, "pulse, phase"),
        ({"current_uA": np.zeros((2, 0)), "width_us": np.zeros((2, 0))}, "one phase or more"),
        ({"current_uA": np.zeros(2), "width_us": np.zeros(2)}, "pulse, phase"),
        ({"time_s": np.array([0.0, np.nan])}, "time_s must be finite"),
        ({"width_us": np.full((2, 2), np.inf)}, "width_us must be finite"),
        ({"current_uA": np.full((2, 2), np.nan)}, "current_uA must be finite"),
    ],
)
def test_malformed_plans_are_refused(change, reason):
    with pytest.raises(ValueError, match=reason):
        plan(**change)


def test_biphasic_refuses_what_does_not_fit():
    with pytest.raises(ValueError, match="whole numbers"):
        StimulusPlan.biphasic(0, [1.5], 0.0)
    with pytest.raises(ValueError, match="broadcast"):
        StimulusPlan.biphasic([0, 1], [1, 2, 3], 0.0)


def test_a_plan_cannot_be_changed_after_it_was_made():
    current = np.array([[-1.0, 1.0]] * 2)
    made = plan(current_uA=current)
    current[:] = 99.0
    assert made.current_uA.max() == 1.0
    for name in ("dish", "channel", "time_s", "current_uA", "width_us", "charge_nC", "phase_charge_nC"):
        with pytest.raises(ValueError, match="read-only"):
            getattr(made, name)[0] = 0


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"dt_s": 0.002}, "dt_s"),
        ({"dt_s": 0.0}, "dt_s"),
        ({"n_neurons": 5}, "n_neurons"),
        ({"n_neurons": 100_000}, "must not exceed 65536"),
        ({"n_neurons": 64.5}, "whole number"),
        ({"excitatory_fraction": 1.5}, "excitatory_fraction"),
        ({"tau_membrane_s": -1.0}, "tau_membrane_s"),
        ({"weight_mV": float("nan")}, "weight_mV"),
        ({"kick_mV": float("inf")}, "kick_mV"),
        ({"kick_rate_hz": 1000.0}, "kick_rate_hz"),
        ({"depression_use": 1.2}, "depression_use"),
        ({"recruitment_slope": 0.0}, "recruitment_slope"),
        ({"chronaxie_us": 0.0}, "chronaxie_us"),
        ({"weight_mV": 6.0}, "beyond weight_max_mV"),
    ],
)
def test_impossible_parameters_are_refused(change, reason):
    with pytest.raises(ValueError, match=reason):
        CultureParameters(**change)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"pre_trace_lag_s": 0.01}, "pre_trace_lag_s must not exceed refractory_s"),
        ({"learning_rate": 0.5}, "learning_rate must not exceed"),
    ],
)
def test_parameters_that_do_not_fit_together_are_refused(change, reason):
    with pytest.raises(ValueError, match=reason):
        SimulatedCulture([0], CultureParameters(**change))


def test_the_largest_learning_rate_keeps_weights_in_bounds():
    """At the bound that the message names, under the strongest drive."""
    p = CultureParameters(n_neurons=40, kick_rate_hz=900.0, kick_mV=30.0, learning_rate=0.147, weight_mV=0.3)
    culture = SimulatedCulture([0], p)
    for _ in range(20):
        culture.read(0.055)
        weight = culture.weights(0)[2]
        assert 0 <= weight.min() <= weight.max() <= p.weight_max_mV + 1e-12
    with pytest.raises(ValueError, match=r"0\.148"):
        SimulatedCulture([0], CultureParameters(learning_rate=0.149))


def test_a_culture_needs_a_seed():
    with pytest.raises(ValueError, match="at least one dish"):
        SimulatedCulture([])


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"current_uA": 0.0}, "current_uA must be positive"),
        ({"pulses_per_minute": float("inf")}, "pulses_per_minute must be positive and finite"),
        ({"channels": (1, -2)}, "channels"),
        ({"simultaneous_channels": 2.5}, "whole"),
        ({"simultaneous_window_s": 0.006}, "simultaneous_window_s"),
    ],
)
def test_impossible_limits_are_refused(change, reason):
    with pytest.raises(ValueError, match=reason):
        StimulusLimits(**({"channels": (1, 2)} | change))
