"""Threshold detection: known spikes in known noise, however the stream is cut."""

from itertools import pairwise

import numpy as np
import pytest
from scipy.stats import median_abs_deviation

from brainwright.tissue.adapters import DeadChannels, ThresholdDetector, robust_sd

RATE_HZ = 10_000
DEAD_LAST = pytest.mark.filterwarnings("ignore:.*channels have no noise:UserWarning")  # of `trace`


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


@DEAD_LAST
@pytest.mark.parametrize("cuts", [[10_000], [10_000, 11_000, 11_001, 25_000], list(range(100, 40_000, 100))])
def test_every_spike_is_found_once_and_nothing_else(cuts):
    x, places = trace()
    at, channel = detect(x, cuts)
    for c in (0, 1):
        assert at[channel == c].tolist() == places[c].tolist()
    assert 2 not in channel


@DEAD_LAST
def test_a_spike_of_many_samples_counts_once_and_a_dead_time_is_kept():
    x, _ = trace()
    x[:, :2] = np.where(x[:, :2] < -5, 0, x[:, :2])
    x[20_000:20_004, 0] = -9
    x[20_006, 0] = -9  # within the dead time of 1 ms
    x[20_020, 0] = -9
    at, channel = detect(x, [10_000])
    assert at[channel == 0].tolist() == [20_000, 20_020]


@DEAD_LAST
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


@pytest.mark.parametrize("noise", [0.0, 0.05, 0.2, 0.3, 0.45, 0.6, 0.8, 1.5])
@pytest.mark.parametrize("size", [500, 777, 10_000])
def test_whole_numbers_whose_noise_is_below_one_step(noise, size):
    """Spikes of -30 steps are found whatever the noise below; the spread is never that of the spikes."""
    rng = np.random.default_rng(0)
    volts = np.round(noise * rng.standard_normal((2 * RATE_HZ, 1))).astype(np.int16)
    at = np.arange(500, 2 * RATE_HZ, 500)
    volts[at, 0] = -30
    detector = ThresholdDetector(1, RATE_HZ)
    cuts = range(0, len(volts), size)
    found = np.concatenate([detector.detect(volts[i : i + size], i)[0] for i in cuts])
    learnt = -(-RATE_HZ // size) * size
    assert found.tolist() == at[at >= learnt].tolist()
    assert detector.dead.size == 0
    assert robust_sd(volts)[0] == pytest.approx(np.hypot(noise, 12**-0.5), rel=0.8)


@DEAD_LAST
@pytest.mark.parametrize("lost", [1, 9_000])
@pytest.mark.parametrize("missing", [np.nan, np.inf])
def test_lost_samples_while_learning_do_not_kill_a_channel(lost, missing):
    x, places = trace()
    x[np.random.default_rng(0).choice(10_000, lost, replace=False), 0] = missing
    detector = ThresholdDetector(3, RATE_HZ)
    parts = [detector.detect(x[i : i + 1_000], i) for i in range(0, len(x), 1_000)]
    at, channel = (np.concatenate(column) for column in zip(*parts, strict=True))
    assert at[channel == 0].tolist() == places[0].tolist()
    assert robust_sd(x)[0] == pytest.approx(1, rel=0.02)


def test_channels_that_never_change_or_never_come_are_named():
    x, places = trace()
    x[:, 1] = np.nan
    detector = ThresholdDetector(3, RATE_HZ, source="rig 2")
    assert detector.dead.tolist() == []
    words = "rig 2: 2 of 3 channels have no noise or no samples and never fire: 1, 2$"
    with pytest.warns(DeadChannels, match=words) as told:
        parts = [detector.detect(x[i : i + 1_000], i) for i in range(0, len(x), 1_000)]
    assert len(told) == 1  # not at every chunk
    assert detector.dead.tolist() == [1, 2]
    at, channel = (np.concatenate(column) for column in zip(*parts, strict=True))
    assert set(channel.tolist()) == {0}
    assert at.tolist() == places[0].tolist()
    x[:, 1] = 0.0
    x[500::1000, 1] = -5.85  # scaled, and coarser than all noise: no step to measure it by
    assert robust_sd(x)[1] == 0
    x[:, 1] = np.nan
    assert np.isnan(robust_sd(x)[1])
    assert robust_sd(x)[2] == 0


def test_of_many_dead_channels_some_are_named():
    with pytest.warns(DeadChannels, match=r"64 of 64 .*: 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 and 54 more$"):
        ThresholdDetector(64, RATE_HZ).learn(np.zeros((100, 64)))
