"""The generated suites: their oracles, their splits, and the generator against independent mathematics."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.spatial import cKDTree

from brainwright.datasets.errors import DatasetError
from brainwright.datasets.hdf5 import read_arrays, write_arrays
from brainwright.datasets.suites import library_draws, library_smoother, lif80, lz40
from brainwright.datasets.suites.lif80 import spike_probability, without_drive
from brainwright.datasets.suites.lorenz import standardised_series, step, velocity
from brainwright.datasets.suites.lz40 import FORECAST, HELD_OUT, OBSERVED, TEST, TRAIN, VALIDATION
from brainwright.evidence.scores import bernoulli_bits_per_spike, bits_per_spike


@pytest.fixture(scope="module")
def lz():
    return lz40(0)


@pytest.fixture(scope="module")
def lif():
    return lif80(0)


def test_lz40_has_the_published_oracle(lz):
    counts, rates = lz.counts[TEST], lz.rates[TEST]
    co = bits_per_spike(rates[:, OBSERVED, HELD_OUT], counts[:, OBSERVED, HELD_OUT])
    assert co == pytest.approx(0.4495, abs=5e-5)
    assert bits_per_spike(rates[:, FORECAST], counts[:, FORECAST]) == pytest.approx(0.5196, abs=5e-5)


def test_lz40_with_another_seed_has_its_own():
    other = lz40(1)
    co = bits_per_spike(other.rates[TEST, OBSERVED, HELD_OUT], other.counts[TEST, OBSERVED, HELD_OUT])
    assert co == pytest.approx(0.6101, abs=5e-5)


def test_lz40_is_what_it_says(lz):
    assert lz.counts.shape == lz.rates.shape == (600, 80, 40)
    np.testing.assert_allclose(lz.latents.mean((0, 1)), 0, atol=1e-5)
    np.testing.assert_allclose(lz.latents.std((0, 1)), 1, atol=1e-5)
    np.testing.assert_allclose(lz.rates_of(lz.latents * lz.latent_sd + lz.latent_mean), lz.rates, rtol=1e-4)
    chi = (lz.counts - lz.rates) ** 2 / lz.rates
    assert chi.mean() == pytest.approx(1, abs=0.02)


def test_the_splits_share_no_trajectory(lz):
    """States of a shared trajectory would coincide; those of different initial states do not."""
    parts = [np.arange(600)[split] for split in (TRAIN, VALIDATION, TEST)]
    assert sorted(np.concatenate(parts)) == list(range(600))
    seen, new = lz.latents[TRAIN].reshape(-1, 3), lz.latents[TEST].reshape(-1, 3)
    assert cKDTree(seen).query(new)[0].min() > 1e-5


def test_runge_kutta_is_of_fourth_order():
    start = np.array([[1.0, 2.0, 20.0]])
    exact = solve_ivp(lambda _, x: velocity(x), (0, 0.2), start[0], rtol=1e-12, atol=1e-12).y[:, -1]
    errors = []
    for n in (20, 40):
        state = start
        for _ in range(n):
            state = step(state, 0.2 / n)
        errors.append(np.abs(state[0] - exact).max())
    assert np.log2(errors[0] / errors[1]) == pytest.approx(4, abs=0.3)


def test_the_library_smoother_is_near_the_truth(lz):
    """Published with 240k windows: .4391 and .4436. It must not read what it may not see."""
    some = lz.counts[TEST].copy()
    hidden = some.copy()
    hidden[:, :, HELD_OUT] = np.nan
    hidden[:, FORECAST] = np.nan
    found, effective = library_smoother(lz, hidden, n_windows=24_000)
    assert np.isfinite(found).all()
    co = bits_per_spike(found[:, OBSERVED, HELD_OUT], some[:, OBSERVED, HELD_OUT])
    assert co == pytest.approx(0.4391, abs=0.006)
    assert bits_per_spike(found[:, FORECAST], some[:, FORECAST]) == pytest.approx(0.4436, abs=0.015)
    assert np.median(effective) > 50


def test_library_draws_are_of_the_smoother_s_posterior(lz):
    """Their mean is the posterior mean within its Monte-Carlo error; nothing hidden is read."""
    hidden = lz.counts[TEST][:20].copy()
    hidden[:, :, HELD_OUT] = np.nan
    hidden[:, FORECAST] = np.nan
    mean, _ = library_smoother(lz, hidden, n_windows=8_000)
    draws = library_draws(lz, hidden, 400, n_windows=8_000)
    error, expected = np.square(draws.mean(0) - mean).sum(), draws.var(0).sum() / 400
    assert np.sqrt(error / expected) == pytest.approx(1, abs=0.3)


def test_lif80_has_the_published_oracles(lif):
    test = slice(lif.n_train, None)
    oracle = bernoulli_bits_per_spike(lif.probability[test], lif.spikes[test])
    assert oracle == pytest.approx(1.797, abs=5e-4)
    assert bernoulli_bits_per_spike(without_drive(lif)[test], lif.spikes[test]) == pytest.approx(
        1.601, abs=5e-4
    )


def test_lif80_is_what_it_says(lif):
    assert lif.acceptable
    assert lif.spikes.mean() == pytest.approx(0.093, abs=5e-4)
    assert not lif80(1, n_bins=4_000).acceptable
    assert not lif.adjacency.diagonal().any()
    assert ((lif.weights > 0) == (lif.adjacency & (lif.sign > 0))).all()
    assert ((lif.weights < 0) == (lif.adjacency & (lif.sign < 0))).all()
    assert spike_probability(np.array([2.6])) == pytest.approx(1 - np.exp(-1))
    z = (lif.spikes - lif.probability) / np.sqrt(np.maximum(lif.probability * (1 - lif.probability), 1e-6))
    assert np.abs(z[lif.probability > 0.01].mean()) < 0.01


def test_hdf5_round_trip_and_its_errors(tmp_path):
    arrays = {"eval_spikes_heldout": np.arange(24.0).reshape(2, 3, 4)}
    write_arrays(tmp_path / "a.h5", arrays, "mc_maze_20")
    assert list(tmp_path.iterdir()) == [tmp_path / "a.h5"]
    found = read_arrays(tmp_path / "a.h5", "mc_maze_20")
    np.testing.assert_array_equal(found["eval_spikes_heldout"], arrays["eval_spikes_heldout"])
    with pytest.raises(DatasetError, match="mc_maze_20"):
        read_arrays(tmp_path / "a.h5", "mc_rtt")
    with pytest.raises(DatasetError, match="exists"):
        write_arrays(tmp_path / "a.h5", arrays)
    with pytest.raises(DatasetError, match="no such file"):
        read_arrays(tmp_path / "b.h5")
    (tmp_path / "c.h5").write_text("no HDF5")
    with pytest.raises(DatasetError, match="readable"):
        read_arrays(tmp_path / "c.h5")


def test_lorenz_rests_at_its_fixed_points():
    c = np.sqrt(8 / 3 * 27)
    for sign in (1, -1):
        rest = np.array([sign * c, sign * c, 27.0])
        np.testing.assert_allclose(step(rest, 0.02), rest, atol=1e-12)


def test_a_standardised_series_is_one_path_of_lorenz():
    series = standardised_series(2_000, 0.02, np.random.default_rng(0))
    np.testing.assert_allclose(series.mean(0), 0, atol=1e-12)
    np.testing.assert_allclose(series.std(0), 1)
    # the same start, integrated in one go, so that the steps that are left out are seen to be left out
    state = np.random.default_rng(0).normal(0, 1, 3) + np.array([0.0, 0.0, 25.0])
    path = np.empty((2_500, 3))
    for t in range(2_500):
        state = path[t] = step(state, 0.02)
    np.testing.assert_allclose(series, (path[500:] - path[500:].mean(0)) / path[500:].std(0))
