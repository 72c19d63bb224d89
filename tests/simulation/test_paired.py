"""Activity over changed wirings: the same events, and cells found again."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr

from brainwright.connectome import Connectome, perturb
from brainwright.simulation import PairedActivity, WholeBrain


@pytest.fixture(scope="module")
def brain():
    brain = WholeBrain.load("synthetic/fly_like", n_cells=1000, n_edges=30_000, n_followers=100, seed=1)
    return brain.activate("input", rate_hz=150)


def test_the_unchanged_wiring_gives_the_run_of_the_brain_itself(brain):
    activity = PairedActivity(brain, 0.2, trials=2, seed=5)
    run = brain.run(0.2, trials=2, seed=5)
    np.testing.assert_array_equal(activity.unchanged, run.rate_by_trial_hz.mean(axis=0))
    assert activity.correlation(brain.connectome) == 1


def test_the_correlation_is_spearmans_over_cells_that_are_not_driven(brain):
    activity = PairedActivity(brain, 0.2, trials=2, seed=5)
    changed = perturb.delete_synapses(brain.connectome, 0.3, 1)
    free = np.setdiff1d(np.arange(1000), brain.driven)
    expected = spearmanr(activity.unchanged[free], activity.rates(changed)[free]).statistic
    assert activity.correlation(changed) == pytest.approx(expected, abs=1e-12)
    assert activity.correlation(perturb.delete_synapses(brain.connectome, 1.0, 1)) == 0, (
        "silence has no ranks"
    )


def test_a_merged_cell_is_found_where_it_is_now_and_its_events_with_it():
    """1 and 2 are driven and merge: their holder gets the events of both, and each is read there."""
    edges = pd.DataFrame({"pre": [1, 1, 2], "post": [2, 0, 0], "count": [1, 100, 90]})
    star = Connectome.from_dataframe(edges, pd.DataFrame({"id": range(3), "sign": 1}))
    brain = WholeBrain(star).activate([1, 2], rate_hz=50)
    activity = PairedActivity(brain, 1.0, seed=3)
    drawn = (perturb.merge_neurons(star, 91 / 191, seed) for seed in range(20))
    merged = next(after for after in drawn if perturb.holders(star, after)[2] == 1)
    rates = activity.rates(merged)
    assert rates[1] == rates[2] == pytest.approx(activity.unchanged[1] + activity.unchanged[2], rel=0.1)


def test_parts_of_a_split_cell_are_not_driven(brain):
    split = perturb.split_neurons(brain.connectome, 0.2, 2)
    rates = PairedActivity(brain, 0.2, seed=5).rates(split)
    assert rates.shape == (1000,)
    assert (rates[brain.driven] > 0).all()
