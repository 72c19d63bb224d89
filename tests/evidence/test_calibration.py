"""Calibration: the law that made the counts is calibrated on every sum, one that is too sure is not."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from brainwright.evidence.scores import calibration, mapped_onto, window_pit
from brainwright.evidence.scores.calibration import SUMS


@pytest.fixture(scope="module")
def drawn():
    """Rates that differ from trial to trial and persist in time, counts of them, and an ensemble of others
    with the same law.
    """
    rng = np.random.default_rng(0)

    def rates(*shape):
        return np.exp(rng.normal(-1.0, 0.7, (*shape, 1, 1))) * np.ones((*shape, 6, 4))

    truth = rates(150)
    return rates(20, 150), rng.poisson(truth).astype(float), np.full_like(truth, np.exp(-1 + 0.7**2 / 2))


def test_the_law_that_made_the_counts_is_calibrated(drawn):
    figures = calibration(*drawn)
    for kind in SUMS:
        assert figures[f"{kind}_coverage"] == pytest.approx(0.9, abs=0.05)
        assert figures[f"{kind}_distance"] < 0.1


def test_a_point_forecast_is_too_sure_of_sums_and_gains_nothing(drawn):
    figures = calibration(*drawn)
    assert figures["total_coverage_point"] < 0.5 < figures["total_coverage"]
    assert figures["total_distance_point"] > 0.15
    assert figures["total_crps_gain"] > 0.1
    alone = calibration(drawn[2][None], *drawn[1:])
    assert alone["total_crps_gain"] == pytest.approx(0)
    assert alone["count_coverage"] == alone["count_coverage_point"]


def test_transforms_of_window_sums_are_one_for_each_trial_and_unit(drawn):
    u = window_pit(drawn[0], drawn[1])
    assert u.shape == (150 * 4,)
    assert ((u >= 0) & (u <= 1)).all()


def test_paths_are_mapped_onto_what_they_are_an_affine_image_of():
    rng = np.random.default_rng(1)
    truth = rng.normal(size=(5, 30, 3))
    paths = truth @ rng.normal(size=(3, 4)) + 2.0
    mapped, r2 = mapped_onto(paths, truth, 20)
    assert r2 == pytest.approx(1)
    assert_allclose(mapped, truth, atol=1e-8)
    assert mapped_onto(rng.normal(size=paths.shape), truth, 20)[1] < 0.3
