"""The scoring grid, sleep and the spiking sampler, against closed forms and enumeration."""

import runpy
from pathlib import Path

import numpy as np
import pytest
import torch

from brainwright.objective.any_subset import (
    AnySubset,
    AnySubsetError,
    Blankets,
    Gaussian,
    Groups,
    Ising,
    SpikingSampler,
    answered,
    asleep,
    score_grid,
)
from brainwright.objective.any_subset.families import all_but_one, comb, past_to_future
from brainwright.objective.any_subset.grid import given_nothing
from brainwright.objective.any_subset.training import Plan


@pytest.fixture(scope="module")
def gaussian():
    exact = Gaussian(np.zeros(4), 0.6 + 0.4 * np.eye(4))
    rows = exact.sample(4000, np.random.default_rng(1))
    return exact, AnySubset.fit(rows, network="settling", updates=400, batch=128)


def test_the_grid_knows_what_one_pass_can_and_cannot_reach(gaussian):
    exact, model = gaussian
    rows = exact.sample(300, np.random.default_rng(2))
    families = {"past to future": past_to_future, "comb": comb, "0 to 3": Groups((0,), (3,))}
    grid = score_grid(model, rows, families=families, exact=exact, sampled_rows=20, sweeps=5)
    grid = grid.set_index("family")
    assert grid["held out"].tolist() == [False, True, False]
    assert grid["asked"]["0 to 3"] == 1
    # one variable asked for: no correlation to miss, nothing to order, one pass is the chain
    assert grid["total correlation"]["0 to 3"] == pytest.approx(0, abs=1e-9)
    assert grid["order gap"]["0 to 3"] == 0
    assert grid["chained"]["0 to 3"] == pytest.approx(grid["one pass"]["0 to 3"], abs=1e-5)
    assert grid["total correlation"]["past to future"] > 0.02
    assert (grid["chain gap"].abs() < 0.05).all()
    assert (grid["marginal gap"].abs() < 0.05).all()
    # the exact marginals by Gibbs, within the error of a hundred chains
    np.testing.assert_allclose(grid["sampled"], grid["sampled one pass"], atol=0.1)
    assert (grid["calibration"] < 0.1).all()
    assert grid["C2ST"].between(0.4, 0.6).all()


def test_what_is_independent_is_known_no_better_with_others_given():
    rows = np.random.default_rng(0).normal(size=(3000, 3)) * [1, 10, 100]
    model = AnySubset.fit(rows, network="settling", updates=300, batch=128)
    grid = score_grid(model, rows[:40])
    # variables of different units: the floor must ask for the same ones, or it would differ by nats
    assert given_nothing(model, rows[:40]) == pytest.approx(grid["one pass"].mean(), abs=0.03)


def test_the_grid_takes_rows_with_missing_values_and_mixed_kinds():
    rng = np.random.default_rng(0)
    a = rng.normal(size=400)
    table = np.stack([a, (a + rng.normal(size=400) > 0), rng.integers(0, 3, 400)], axis=1).astype(float)
    table[rng.random(table.shape) < 0.1] = np.nan
    model = AnySubset.fit(table, kinds={2: "categorical"}, updates=60, batch=64)
    grid = score_grid(model, table[:100], families={"comb": comb}, sampled_rows=5, sweeps=2)
    assert np.isfinite(grid.select_dtypes("number")).all().all()
    with pytest.raises(AnySubsetError, match="exact conditionals are of rows without NaN"):
        score_grid(model, table[:100], families={"comb": comb}, exact=Gaussian.fit(table))


def test_sleep_brings_one_pass_towards_what_sampling_says_and_leaves_the_waking_model():
    # one spin with a strong field and one that follows it: two answers that differ from one half
    exact = Ising(np.array([[0, 1.0, 0], [1.0, 0, 0.3], [0, 0.3, 0]]), np.array([0.8, -0.5, 0]))
    model = AnySubset.fit(
        exact.sample(4000, np.random.default_rng(0)), families={"one": all_but_one}, updates=500, batch=64
    )
    before = [p.clone() for p in model.network.parameters()]
    rows = model.variables.encode(exact.sample(40, np.random.default_rng(1)))
    given = torch.zeros(rows.shape, dtype=torch.bool)
    given[:, 2] = True  # two spins are asked for together: that was not taught
    memory = model.variables.encode(exact.sample(500, np.random.default_rng(2)))
    night = answered(model, rows, given, sweeps=10, chains=16)
    assert night[0].shape == (640, 3)
    assert torch.equal(night[0][night[1]], rows.repeat(16, 1)[night[1]])
    slept = asleep(model, night, memory, families={"one": all_but_one}, plan=Plan(60, 64, 1e-3))
    assert all(torch.equal(a, b) for a, b in zip(before, model.network.parameters(), strict=True))

    def error(of: AnySubset) -> float:
        with torch.no_grad():
            chance = of.heads.mean(of.network(rows, given))
        wanted = exact.probabilities(2 * rows.numpy() - 1, given.numpy())
        return float(np.abs(chance.numpy() - wanted)[:, :2].mean())

    assert error(slept) < 0.5 * error(model)


def test_spikes_sample_what_enumeration_says():
    exact = Ising.drawn(5, seed=1)
    weights, biases = 4 * exact.coupling, 2 * exact.field - 2 * exact.coupling.sum(1)
    rows = exact.sample(10, np.random.default_rng(0))
    given = comb(10, 5, torch.Generator().manual_seed(0)).numpy()
    sampler = SpikingSampler(weights, biases)
    chance = sampler.probabilities((rows + 1) / 2, given, seconds=1.0, chains=40)
    # the bound of the experiment is .05; forty chains of a hundred refractory times leave .01 of noise
    assert np.abs(chance - exact.probabilities(rows, given))[~given].mean() < 0.03
    assert (chance[given] == (rows[given] > 0)).all()
    uncoupled = SpikingSampler(np.zeros((2, 2)), np.array([-1.0, 1.0]))
    lone = uncoupled.probabilities(np.zeros((1, 2)), np.zeros((1, 2), bool), seconds=4.0, chains=40)
    np.testing.assert_allclose(lone[0], 1 / (1 + np.exp([1.0, -1.0])), atol=0.02)


def test_blankets_find_the_couplings_on_their_graph():
    exact = Ising(np.array([[0, 0.5, 0], [0.5, 0, -0.5], [0, -0.5, 0]]), np.array([0.2, 0, -0.2]))
    graph = torch.tensor(exact.coupling != 0)
    model = AnySubset.fit(
        exact.sample(20000, np.random.default_rng(0)),
        network=lambda heads: Blankets(heads, graph),
        families={"all but one": all_but_one},
        updates=400,
        learning_rate=1e-2,
    )
    weights, biases = model.network.couplings()
    np.testing.assert_allclose(weights, 4 * exact.coupling, atol=0.15)
    np.testing.assert_allclose(biases, 2 * exact.field - 2 * exact.coupling.sum(1), atol=0.15)
    assert weights[0, 2] == 0


def test_the_example_runs(capsys):
    example = Path(__file__).parents[2] / "examples" / "any_subset.py"
    runpy.run_path(str(example))["main"](rows=600, updates=30)
    printed = capsys.readouterr().out
    assert "nats (exact)" in printed
    assert "cells to rest" in printed
