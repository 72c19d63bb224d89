"""Spike trains have their rates, follow from the seed, and refuse what no train can have."""

import numpy as np
import pytest

from brainwright.signal import spike_trains


def test_rates_are_kept_and_the_seed_decides():
    rates = np.tile([0.0, 50.0, 200.0], (500, 1))
    spikes = spike_trains(rates, 40, seed=3)
    assert spikes.shape == (500, 40, 3)
    assert spikes.dtype == np.float32
    # 20,000 draws: the standard error at 200 Hz is 3 Hz
    assert spikes.mean((0, 1)) * 1e3 == pytest.approx([0, 50, 200], abs=10)
    assert np.array_equal(spikes, spike_trains(rates, 40, seed=3))
    assert not np.array_equal(spikes, spike_trains(rates, 40, seed=4))


@pytest.mark.parametrize("rate", [-1.0, 1001.0, np.nan])
def test_rates_that_no_train_has_are_refused(rate):
    with pytest.raises(ValueError, match="rates from 0 to 1000 Hz"):
        spike_trains([[rate]], 5)
