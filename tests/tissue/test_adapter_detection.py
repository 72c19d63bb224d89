"""Threshold detection: known spikes in known noise, however the stream is cut."""

from itertools import pairwise

import numpy as np
import pytest
from scipy.stats import median_abs_deviation

from brainwright.tissue.adapters import ThresholdDetector, robust_sd

RATE_HZ = 10_000


def trace(seed: int = 1, seconds: float = 4.0) -> tuple[np.ndarray, list[np.ndarray]]:
    """Unit noise on three channels with troughs of -12 sd on the first two; the third is dead."""
    random = np.random.default_rng(seed)
    x = random.normal(size=(round(seconds * RATE_HZ), 3))
    places = [np.sort(random.choice(np.arange(11_000, len(x), 300), n, replace=False)) for n in (40, 25)]
    for channel, at in enumerate(places):
        x[at, channel] = -12
    x[:, 2] = 3.0
    return x, places


def detect(x: np.ndarray, cuts: list[int], **options) -> tuple[np.ndarray, np.ndarray]:
    detector = ThresholdDetector(x.shape[1], RATE_HZ, **options)
    edges = [0, *cuts, len(x)]
    parts = [detector.detect(x[a:b], a) for a, b in pairwise(edges)]
    at, channel = (np.concatenate(column) for column in zip(*parts, strict=True))
    return at, channel


def test_the_robust_sd_is_that_of_scipy_and_ignores_spikes():
    x, _ = trace()
    expected = median_abs_deviation(x, axis=0, scale="normal")
    assert robust_sd(x)[:2] == pytest.approx(expected[:2], rel=1e-4)  # 0.6745 is rounded
    assert robust_sd(x)[0] == pytest.approx(1.0, rel=0.02)


@pytest.mark.parametrize("cuts", [[10_000], [10_000, 11_000, 11_001, 25_000], list(range(100, 40_000, 100))])
def test_every_spike_is_found_once_and_nothing_else(cuts):
    x, places = trace()
    at, channel = detect(x, cuts)
    for c in (0, 1):
        assert at[channel == c].tolist() == places[c].tolist()
    assert 2 not in channel


def test_a_spike_of_many_samples_counts_once_and_a_dead_time_is_kept():
    x, _ = trace()
    x[:, :2] = np.where(x[:, :2] < -5, 0, x[:, :2])
    x[20_000:20_004, 0] = -9
    x[20_006, 0] = -9  # within the dead time of 1 ms
    x[20_020, 0] = -9
    at, channel = detect(x, [10_000])
    assert at[channel == 0].tolist() == [20_000, 20_020]


def test_lost_samples_are_no_spikes_and_wrong_shapes_are_named():
    x, places = trace()
    x[30_000:30_050, 1] = np.nan
    at, channel = detect(x, [10_000])
    lost = (places[1] >= 30_000) & (places[1] < 30_050)
    assert at[channel == 1].tolist() == places[1][~lost].tolist()
    with pytest.raises(ValueError, match=r"samples \[sample, 3\], got shape \(5, 2\)"):
        ThresholdDetector(3, RATE_HZ).detect(np.zeros((5, 2)), 0)
    with pytest.raises(ValueError, match="rate_hz"):
        ThresholdDetector(3, 0)
