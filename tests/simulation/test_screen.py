"""Screens: a planted effect is found, nothing is found where nothing is, units are kept."""

import numpy as np
import pandas as pd
import pytest

from brainwright.connectome import Connectome
from brainwright.connectome.nulls import NULLS
from brainwright.runs import Units, UnitsError
from brainwright.simulation.fingerprint import fingerprint
from brainwright.simulation.null_wirings import null_wiring
from brainwright.simulation.screen import screen
from brainwright.simulation.whole_brain import WholeBrain


def star():
    """Input 0 drives relays 1 ... 6; only relays 1 and 2 reach output 7; relay 3 brakes it."""
    edges = [(0, k, 400) for k in range(1, 7)] + [(1, 7, 300), (2, 7, 120), (3, 7, 100)]
    pre, post, count = np.array(edges).T
    cells = pd.DataFrame({"id": range(8), "sign": [1, 1, 1, -1, 1, 1, 1, 1]})
    table = pd.DataFrame({"pre": pre, "post": post, "count": count})
    return WholeBrain(Connectome.from_dataframe(table, cells)).activate(0, rate_hz=80)


def test_the_planted_effects_are_ranked():
    found = screen(star(), [1, 2, 3, 4, [5, 6]], 7, duration_s=0.5, trials=4)
    table = found.table.set_index("candidate")
    assert found.table["candidate"].iloc[0] == "1"
    assert table.loc["1", "effect_hz"] == pytest.approx(-found.baseline_hz.mean(), rel=0.3)
    assert table.loc["3", "effect_hz"] > 0
    assert (table.loc[["4", "5+6"], ["effect_hz", "sd_hz"]] == 0).all().all(), "paired, so exactly nothing"
    assert table.loc["1", "ci_high_hz"] < 0
    assert found.by_output_hz.shape == (5, 1)
    both = screen(star(), [[1, 2]], 7, duration_s=0.5, trials=4)
    assert both.table["effect_hz"].iloc[0] == -both.baseline_hz.mean(), "a list is silenced together, whole"


def test_activation_screen():
    brain = star().activate(0, rate_hz=0)
    found = screen(brain, [1, 3], 7, kind="activate", rate_hz=100, duration_s=0.5, trials=3)
    assert found.table.set_index("candidate").loc["1", "effect_hz"] > 20


@pytest.fixture(scope="module")
def layered():
    brain = WholeBrain.load("synthetic/fly_like", n_cells=1000, n_edges=30_000, n_followers=100, seed=1)
    return brain.activate("input", rate_hz=200)


def options(brain):
    cells = brain.connectome.cells
    return {
        "candidates": cells["id"][cells["layer"] == 0].tolist()[:5],
        "outputs": "follower",
        "duration_s": 0.2,
        "trials": 3,
        "n_nulls": 4,
        "null_top": 2,
    }


@pytest.mark.parametrize("null", ["signs", "weights", "degree"])
def test_nulls_give_percentiles(layered, null, tmp_path):
    found = screen(layered, **options(layered), null=null, wiring_cache=tmp_path)
    assert found.nulls["candidate"].tolist() == found.table["candidate"].head(2).tolist()
    assert found.null_effects_hz.shape == (2, 4, 3)
    assert found.null_baseline_hz.shape == (4, 3)
    for column, (_, row) in enumerate(found.nulls.iterrows()):
        values = found.null_effects_hz[column].mean(axis=1)
        below = (values < row["effect_hz"]).mean() + 0.5 * (values == row["effect_hz"]).mean()
        assert row["percentile"] == pytest.approx(100 * below)
    assert len(list(tmp_path.glob("wirings/*"))) == (4 if null == "degree" else 0)


def test_a_null_is_no_different_from_other_nulls(layered):
    """With a shuffled wiring in the place of the real one the percentiles are not extreme on average."""
    first = layered.rewired(null_wiring(layered.connectome, "weights", 99))
    found = screen(first, **(options(first) | {"n_nulls": 9, "null_top": 5}), null="weights")
    assert 10 < found.nulls["percentile"].mean() < 90


def test_finished_units_are_kept_and_not_computed_again(layered, tmp_path, monkeypatch):
    settings = options(layered) | {"null": "signs", "keep": Units(tmp_path)}
    said = []
    first = screen(layered, **settings, report=lambda text, share: said.append(share))
    assert said[-1] == 1.0
    assert said == sorted(said)
    assert not any(path.name.endswith(".part") for path in tmp_path.iterdir())
    next(tmp_path.glob("signs-3-*")).unlink()
    runs = []
    trial = WholeBrain.trial
    monkeypatch.setattr(WholeBrain, "trial", lambda self, *a: runs.append(1) or trial(self, *a))
    second = screen(layered, **settings)
    assert 0 < len(runs) <= 3 * 3, "only the unit that was missing"
    pd.testing.assert_frame_equal(first.table, second.table)
    np.testing.assert_array_equal(first.null_effects_hz, second.null_effects_hz)
    with pytest.raises(UnitsError, match="made with another trials"):
        screen(layered, **(settings | {"trials": 4}))


def test_rewired_wirings_are_made_once(layered, tmp_path, monkeypatch):
    one = null_wiring(layered.connectome, "degree", 5, tmp_path)
    monkeypatch.setitem(NULLS, "degree", None)
    two = null_wiring(layered.connectome, "degree", 5, tmp_path)
    assert fingerprint(one) == fingerprint(two) != fingerprint(layered.connectome)
    assert np.array_equal(
        np.bincount(one.edges.pre, minlength=1000), np.bincount(layered.connectome.edges.pre, minlength=1000)
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"candidates": []}, "candidates: expected at least one"),
        ({"kind": "lesion"}, "kind: expected 'silence' or 'activate'"),
        ({"kind": "activate"}, "rate_hz: expected for kind='activate'"),
        ({"rate_hz": 5.0}, "rate_hz: expected for kind='activate' and only then"),
        ({"null": "sings"}, "null: expected one of degree, block, weights, signs, both, random"),
        ({"trials": 1}, "at least 2 trials"),
    ],
)
def test_bad_screens_are_refused(layered, change, message):
    with pytest.raises(ValueError, match=message):
        screen(layered, **(options(layered) | change))
