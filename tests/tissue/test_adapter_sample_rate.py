"""The rate of a board against the clock, simulated: no test waits. (brainflow 341, EEG-ExPy 131.)"""

import numpy as np
import pytest

from brainwright.tissue.adapters.sample_rate import SampleRate


def heard(true_hz, declared_hz, seconds, *, chunk=1, late_s=0.0, seed=0, pause=None):
    """Samples in packages of `chunk`, looked for every 20 ms, up to `late_s` late."""
    rng, rate = np.random.default_rng(seed), SampleRate(declared_hz)
    for now_s in np.arange(0, seconds, 0.02):
        at_s = now_s - late_s * rng.random()
        if pause and at_s > pause[0]:
            at_s = max(pause[0], at_s - pause[1])
        rate.heard(int(max(at_s, 0) * true_hz) // chunk * chunk, 1e5 + now_s)
    return rate


@pytest.mark.parametrize(("chunk", "late_s", "seconds"), [(1, 0.0, 8), (8, 0.02, 8), (25, 0.05, 20)])
@pytest.mark.parametrize(
    ("true_hz", "fits"), [(250.0, False), (254.0, False), (258.0, False), (256.0, True), (255.5, True)]
)
def test_half_a_percent_is_noticed_within_seconds(true_hz, fits, chunk, late_s, seconds):
    rate = heard(true_hz, 256.0, seconds, chunk=chunk, late_s=late_s)
    assert (rate.wrong(0.005) is None) == fits
    assert rate.measured_hz == pytest.approx(true_hz, rel=0.0025)


def test_a_board_that_was_well_for_an_hour_and_falters_is_noticed():
    assert heard(250.0, 250.0, 600.0).wrong(0.005) is None
    assert "sends" in heard(250.0, 250.0, 600.0, pause=(595.0, 1.0)).wrong(0.005)


def test_before_there_is_anything_to_measure_nothing_is_wrong():
    rate = SampleRate(250.0)
    assert (rate.wrong(0.005), rate.measured_hz) == (None, 250.0)


@pytest.mark.parametrize("per_package", [1, 2])
def test_the_package_counter_tells_of_losses(per_package):
    numbers = np.repeat(np.arange(5_000) % 256, per_package)
    whole, holed = SampleRate(250.0), SampleRate(250.0)
    for part in np.array_split(numbers, 50):
        whole.counted(part)
    assert (whole.lost, whole.wrong(0.005)) == (0, None)
    kept = np.random.default_rng(0).random(5_000) > 0.02
    for part in np.array_split(numbers.reshape(5_000, -1)[kept].ravel(), 50):
        holed.counted(part)
    assert holed.lost == pytest.approx((~kept).sum(), abs=3)  # one at the end of a round is not seen
    assert "packages, by its own counter" in holed.wrong(0.005)
