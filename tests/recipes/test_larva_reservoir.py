"""Reservoir tests against closed forms: a delay line, a linear system, the fixed points of Lorenz."""

import numpy as np
import pytest
import torch
from brainwright.evidence.trials import Trial

from brainwright.evidence import Trials
from brainwright.network.sparse import Pattern
from brainwright.recipes._larva.cores import wiring_of
from brainwright.recipes._larva.design import NULLS
from brainwright.recipes._larva.reservoir import (
    AHEAD,
    ALPHAS,
    RIDGES,
    TWO_BY_TWO,
    driven_states,
    matrix_of,
)
from brainwright.recipes._larva.reservoir_analysis import analyse_reservoirs, two_by_two
from brainwright.recipes._larva.series import lorenz, memory_capacity, prediction_errors, runge_kutta


def chain(n: int):
    """0 → 1 → ... → n - 1, weights 1."""
    return Pattern.of(np.arange(n - 1), np.arange(1, n), n, n).matrix(torch.ones(n - 1))


def test_a_delay_line_of_n_cells_remembers_n_minus_1_steps():
    u = np.random.default_rng(0).uniform(-1, 1, (2_000, 1)).astype(np.float32)
    for n in (5, 12):
        drives = np.zeros((1, len(u), n), np.float32)
        drives[0, :, 0] = u[:, 0]
        states = driven_states(chain(n), (1.0,), drives, np.arange(n), phi=lambda x: x)[0, 0]
        np.testing.assert_array_equal(states[50:, 3], u[47:-3, 0])  # cell 3 holds the input of 3 steps ago
        options = {"lags": 20, "train": slice(50, 1_000), "test": slice(1_000, 2_000)}
        found = memory_capacity(states, u[:, 0], **options)
        assert found == pytest.approx(n - 1, abs=0.3)  # the rest are chance correlations, 1 / 1,000 a lag
    with pytest.raises(ValueError, match="after 20 lags"):
        memory_capacity(states, u[:, 0], lags=20, train=slice(10, 100), test=slice(100, 200))


def test_each_alpha_and_drive_is_a_reservoir_of_its_own():
    rng = np.random.default_rng(1)
    pattern = Pattern.of(*np.nonzero(rng.random((6, 6)) < 0.5), 6, 6)
    values = torch.tensor(rng.normal(size=pattern.n_edges), dtype=torch.float32)
    drives = rng.normal(size=(2, 9, 6)).astype(np.float32)
    found = driven_states(pattern.matrix(values), (0.3, 0.9), drives, np.array([4, 1]))
    weight = pattern.dense(values).numpy()
    for s in range(2):
        for k, alpha in enumerate((0.3, 0.9)):
            x = np.zeros(6)
            for t in range(9):
                x = np.tanh(alpha * weight @ x + drives[s, t])
                np.testing.assert_allclose(found[s, k, t], x[[4, 1]], rtol=1e-5, atol=1e-6)


def test_lorenz_rests_where_it_should_and_is_integrated_to_fourth_order():
    c = np.sqrt(8 / 3 * 27)
    for sign in (1, -1):
        rest = np.array([sign * c, sign * c, 27.0])
        np.testing.assert_allclose(runge_kutta(rest, 0.02), rest, atol=1e-12)
    start, errors = np.array([1.0, 2.0, 20.0]), []

    def at_the_end(dt):
        x = start
        for _ in range(round(0.4 / dt)):
            x = runge_kutta(x, dt)
        return x

    exact = at_the_end(0.0005)
    errors = [np.abs(at_the_end(dt) - exact).max() for dt in (0.02, 0.01)]
    assert errors[0] / errors[1] == pytest.approx(16, rel=0.2)
    series = lorenz(2_000, 0.02, np.random.default_rng(0))
    np.testing.assert_allclose(series.mean(0), 0, atol=1e-12)
    np.testing.assert_allclose(series.std(0), 1)


def test_a_linear_series_is_predicted_exactly_and_noise_not_at_all():
    turn = np.exp(0.1j * np.arange(700))
    series = np.stack([turn.real, turn.imag], axis=1)
    options = {"ahead": 7, "train": slice(0, 400), "test": slice(400, 690), "strengths": (1e-10, 1e-1)}
    good, worse = prediction_errors(series, series, **options)
    assert good < 1e-8 < worse
    noise = np.random.default_rng(0).normal(size=(700, 2))
    assert prediction_errors(noise, noise, **options)[0] == pytest.approx(1, abs=0.1)
    with pytest.raises(ValueError, match="expected 7 steps after"):
        prediction_errors(noise, noise, **{**options, "test": slice(400, 700)})


def test_the_cells_of_the_two_by_two_are_what_they_say():
    wiring = wiring_of("worm", None, 0)
    found = {key: matrix_of(wiring, arm, 0, 0) for key, arm in TWO_BY_TWO.items()}
    real, random_weights = found["connectome", "connectome"], found["connectome", "random"]
    random, both = found["random", "connectome"], found["random", "random"]
    np.testing.assert_array_equal(real.pattern.pre, random_weights.pattern.pre)
    np.testing.assert_array_equal(random.pattern.post, both.pattern.post)
    assert not np.array_equal(real.pattern.post, random.pattern.post)

    def relative(matrix):  # the radius scales all alike
        sizes = np.sort(matrix.values.abs().numpy())
        return sizes / sizes[0]

    np.testing.assert_allclose(relative(real), relative(random), rtol=1e-5)  # the same counts
    for matrix in found.values():
        radius = np.abs(np.linalg.eigvals(matrix.pattern.dense(matrix.values).double().numpy())).max()
        assert radius == pytest.approx(1, rel=1e-4)


def test_planted_effects_come_out():
    rng, metrics = np.random.default_rng(0), {}
    names = [f"{m} {a:g}" for m in ("memory", *AHEAD) for a in ALPHAS]
    names += [f"{m} ridge {k:g}" for m in AHEAD for k in RIDGES]
    planted = {
        "real": 1.0 + 0.2 + 0.5,
        "random weights": 0.2,
        "random": 1.0,
    }  # weights 1 + interaction, wiring
    for arm in ("real", *NULLS, "random weights", "random wiring and weights"):
        for draw in range(1 if arm == "real" else 20):
            for seed in range(3):
                value = planted.get(arm, 0.0) + rng.normal(0, 0.01)
                metrics[Trial(arm, seed, draw)] = dict.fromkeys(names, value)
    effects = two_by_two(Trials(metrics), "memory 0.95")["effects"]
    assert effects["interaction"]["value"] == pytest.approx(0.5, abs=0.05)
    assert effects["wiring"]["value"] == pytest.approx(0.2 + 0.5 / 2, abs=0.05)
    assert effects["weights"]["value"] == pytest.approx(1.0 + 0.5 / 2, abs=0.05)
    assert all(e["ci_low"] < e["value"] < e["ci_high"] for e in effects.values())
    found = analyse_reservoirs(Trials(metrics))
    assert len(found["radius"]["memory"]["real"]) == len(ALPHAS)
    assert {row["measure"] for row in found["comparisons"]} == {"memory", *AHEAD}
