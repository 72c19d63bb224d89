"""Reservoir tests against closed forms: a delay line, a linear system, ridge regression written out."""

import runpy
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from brainwright.connectome import Connectome
from brainwright.datasets.digits import digits
from brainwright.network import NetworkError
from brainwright.network.reservoir import (
    Steps,
    driven_states,
    echo_state,
    input_drive,
    memory_capacity,
    prediction_errors,
    recurrent_matrix,
    reservoir_scores,
    ridge,
)
from brainwright.network.sparse import Pattern, SparseMatrix


def chain(n: int) -> SparseMatrix:
    """0 → 1 → ... → n - 1, weights 1."""
    return SparseMatrix(Pattern.of(np.arange(n - 1), np.arange(1, n), n, n), torch.ones(n - 1))


def ring(n: int, counts: list[int]) -> Connectome:
    """0 → 1 → ... → n - 1 → 0, every second cell inhibitory."""
    cells = pd.DataFrame({"id": [str(k) for k in range(n)], "sign": [1.0 - 2 * (k % 2) for k in range(n)]})
    edges = pd.DataFrame(
        {
            "pre": [str(k) for k in range(n)],
            "post": [str((k + 1) % n) for k in range(n)],
            "count": counts,
        }
    )
    return Connectome.from_dataframe(edges, cells)


def test_a_delay_line_of_n_cells_remembers_n_minus_1_steps():
    u = np.random.default_rng(0).uniform(-1, 1, (2_000, 1)).astype(np.float32)
    for n in (5, 12):
        drives = np.zeros((1, len(u), n), np.float32)
        drives[0, :, 0] = u[:, 0]
        states = driven_states(chain(n), (1.0,), drives, np.arange(n), phi=lambda x: x)[0, 0]
        np.testing.assert_array_equal(states[50:, 3], u[47:-3, 0])  # cell 3 holds the input of 3 steps ago
        options = {"lags": 20, "train": slice(50, 1_000), "test": slice(1_000, 2_000)}
        remembered = memory_capacity(states, u[:, 0], **options)
        # the rest are chance correlations, 1 / 1,000 a lag
        assert remembered == pytest.approx(n - 1, abs=0.3)
    with pytest.raises(ValueError, match="after 20 lags"):
        memory_capacity(states, u[:, 0], lags=20, train=slice(10, 100), test=slice(100, 200))


def test_each_alpha_and_drive_is_a_reservoir_of_its_own():
    rng = np.random.default_rng(1)
    pattern = Pattern.of(*np.nonzero(rng.random((6, 6)) < 0.5), 6, 6)
    values = torch.tensor(rng.normal(size=pattern.n_edges), dtype=torch.float32)
    drives = rng.normal(size=(2, 9, 6)).astype(np.float32)
    states = driven_states(SparseMatrix(pattern, values), (0.3, 0.9), drives, np.array([4, 1]))
    weight = pattern.dense(values).numpy()
    for s in range(2):
        for k, alpha in enumerate((0.3, 0.9)):
            x = np.zeros(6)
            for t in range(9):
                x = np.tanh(alpha * weight @ x + drives[s, t])
                np.testing.assert_allclose(states[s, k, t], x[[4, 1]], rtol=1e-5, atol=1e-6)


def test_a_wiring_becomes_a_matrix_of_the_radius_asked_for():
    # a cycle of four has the eigenvalues of the fourth roots of the product of its weights
    counts = [1, 2, 3, 4]
    matrix = recurrent_matrix(ring(4, counts), radius=0.8)
    dense = matrix.pattern.dense(matrix.values).double().numpy()
    assert np.abs(np.linalg.eigvals(dense)).max() == pytest.approx(0.8, rel=1e-5)
    factor = 0.8 / np.prod(counts) ** 0.25
    np.testing.assert_allclose(
        dense[[1, 2, 3, 0], [0, 1, 2, 3]], factor * np.array([1, -2, 3, -4]), rtol=1e-5
    )
    drawn = recurrent_matrix(ring(4, counts), draw=lambda n: np.full(n, 7.0))
    np.testing.assert_allclose(drawn.values.numpy(), np.ones(4), rtol=1e-5)
    with pytest.raises(NetworkError, match="expected 4 weights"):
        recurrent_matrix(ring(4, counts), draw=lambda n: np.ones(n + 1))


def test_only_chosen_cells_are_driven():
    series = np.arange(6.0).reshape(3, 2)
    drive = input_drive(series, np.array([4, 1]), 5, np.random.default_rng(3), scale=2.0)
    into = np.random.default_rng(3).uniform(-1, 1, (2, 2))
    np.testing.assert_allclose(drive[:, [4, 1]], 2 * series @ into, rtol=1e-6)
    assert not drive[:, [0, 2, 3]].any()


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


def test_ridge_is_the_closed_form_in_both_shapes():
    rng = np.random.default_rng(0)
    for n, d in ((30, 7), (7, 30)):
        x, y = rng.normal(size=(n, d)), rng.normal(size=(n, 2))
        centred = x - x.mean(0)
        penalty = 0.3 * (centred**2).sum() / d
        exact = np.linalg.solve(centred.T @ centred + penalty * np.eye(d), centred.T @ (y - y.mean(0)))
        ((weights, offset),) = ridge(x, y, [0.3])
        np.testing.assert_allclose(weights, exact, rtol=1e-9)
        np.testing.assert_allclose(offset, y.mean(0) - x.mean(0) @ exact, rtol=1e-9)
    with pytest.raises(ValueError, match="diverged"):
        ridge(np.full((3, 2), np.nan), np.zeros((3, 1)), [1.0])
    with pytest.raises(ValueError, match="strengths > 0"):
        ridge(x, y, [])


def test_a_tuned_reservoir_tells_digits_apart():
    task = digits().first(200).standardised()
    outcome = echo_state(task, 100, 1_000, 4, seed=3)
    assert outcome["accuracy"] > 0.75
    assert outcome == echo_state(task, 100, 1_000, 4, seed=3)


def test_a_reservoir_that_is_hardly_joined_remembers_less():
    matrix = recurrent_matrix(ring(30, [1] * 30))
    rng, steps = np.random.default_rng(0), Steps(20, 300, 200)
    scores = reservoir_scores(
        matrix, np.array([0]), np.arange(30), rng, alphas=(0.01, 0.95), ridges=(1e-6, 1.0), steps=steps
    )
    assert scores["memory 0.01"] < 3 < 12 < scores["memory 0.95"]
    assert scores["one_step 0.95"] > scores["many_steps 0.95"]  # the near future is the easier one
    assert scores["one_step ridge 1e-06"] == scores["one_step 0.95"]
    assert {name for name in scores if "ridge" in name} == {
        f"{name} ridge {strength}" for name in ("one_step", "many_steps") for strength in ("1e-06", "1")
    }


def test_the_example_says_that_two_graphs_are_too_few(capsys):
    example = Path(__file__).parents[2] / "examples" / "reservoir.py"
    runpy.run_path(str(example))["main"](seeds=2, draws=2)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in lines] == ["memory 0.95", "one_step 0.95", "many_steps 0.95"]
    assert all(line.endswith("cannot tell") for line in lines)
