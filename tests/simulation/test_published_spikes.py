"""The rules of the model on the published spikes (where they are) and on our own."""

import numpy as np
import pandas as pd
import pytest

from brainwright.connectome import Connectome
from brainwright.datasets import dataset, find
from brainwright.simulation.engine import LIFParameters
from brainwright.simulation.published import (
    beside,
    driven_cells,
    read_spikes,
    rule_checks,
    shortest_interval,
    spikes_of,
)
from brainwright.simulation.whole_brain import WholeBrain


def published():
    entry = dataset("fly/shiu2024_spikes")
    path = next((p for file in entry.files if (p := find(entry, file))), None)
    if path is None:
        pytest.skip("the published spikes are not in a folder of BRAINWRIGHT_DATA")
    return path.parent


@pytest.mark.parametrize(
    ("name", "rate_hz", "spikes", "active"),
    [("sugarR", 200.0, 511_566, 448), ("sugarR_100Hz", 100.0, 289_073, 404)],
)
def test_published_spikes_obey_the_rules(name, rate_hz, spikes, active):
    table = read_spikes(published() / f"{name}.parquet")
    assert len(table) == spikes
    assert table["id"].nunique() == active
    driven = driven_cells(table)
    assert driven.size == 21
    assert table["step"].between(0, 9999).all()
    checks = rule_checks(table, driven, rate_hz, duration_s=1.0, trials=30, isolated=True)
    assert [check.holds for check in checks] == [True] * 3


@pytest.mark.parametrize(
    ("silenced", "is_driven", "rate_hz"),
    [
        (720575940617937543, True, 100.2),
        (720575940621754367, True, 98.1),
        (720575940622695448, False, 114.6),  # not one of the 21 sugar neurons, but a cell that they drive
    ],
)
def test_a_silenced_cell_still_spikes(silenced, is_driven, rate_hz):
    """Published runs with one cell silenced: its outputs are cut, not its spikes."""
    table = read_spikes(published() / f"sugarR-{silenced}.parquet")
    driven = driven_cells(table)
    assert driven.tolist() == driven_cells(read_spikes(published() / "sugarR_100Hz.parquet")).tolist()
    assert (silenced in driven) is is_driven
    assert [
        check.holds for check in rule_checks(table, driven, 100.0, duration_s=1.0, trials=30, isolated=True)
    ] == [True] * 3
    assert (table["id"] == silenced).sum() / 30 == pytest.approx(rate_hz, abs=0.1)


@pytest.fixture(scope="module")
def run():
    brain = WholeBrain.load("synthetic/fly_like", n_cells=2000, n_edges=60_000, seed=8)
    return brain.activate("input", rate_hz=200).run(0.5, trials=6)


def test_our_spikes_obey_the_same_rules(run):
    table = spikes_of(run)
    driven = driven_cells(table)
    assert driven.tolist() == run.brain.connectome.ids[run.brain.driven].tolist()
    checks = rule_checks(table, driven, 200.0, duration_s=0.5, trials=6)
    assert [check.holds for check in checks] == [True] * 3


def test_the_rules_can_fail(run):
    """Driven cells with a refractory time, and ordinary ones without, are both seen."""
    driven = run.brain.connectome.ids[run.brain.driven]
    table = spikes_of(run)
    for isolated in (True, False):
        assert not rule_checks(table, driven, 230.0, duration_s=0.5, trials=6, isolated=isolated)[0].holds
    faster = [
        rule_checks(table, driven, 170.0, duration_s=0.5, trials=6, isolated=isolated)[0].holds
        for isolated in (True, False)
    ]
    assert faster == [False, True], "the network may add spikes, an isolated cell has none to add"
    doubled = pd.concat([table, table.assign(step=table["step"] + 1)])
    assert not rule_checks(doubled, driven, 200.0, duration_s=0.5, trials=6)[1].holds
    fewer = rule_checks(table, driven[:-1], 200.0, duration_s=0.5, trials=6)
    assert not fewer[2].holds
    short = LIFParameters(refractory_s=30e-3)
    assert not rule_checks(table, driven, 200.0, duration_s=0.5, trials=6, parameters=short)[2].holds


def test_inhibition_may_slow_driven_cells():
    """A driven cell that others hold down breaks no rule; it is left out of the check of the rate."""
    edges = pd.DataFrame({"pre": [0, 2, 3, 4], "post": [1, 1, 1, 1], "count": 3000})
    cells = pd.DataFrame({"id": range(5), "sign": -1})
    brain = WholeBrain(Connectome.from_dataframe(edges, cells)).activate([0, 1, 2, 3, 4], rate_hz=150)
    table = spikes_of(brain.run(1.0, trials=5))
    options = {"duration_s": 1.0, "trials": 5}
    assert not rule_checks(table, np.arange(5), 150.0, **options)[0].holds
    checks = rule_checks(table, np.arange(5), 150.0, **options, inhibited=[1])
    assert [check.holds for check in checks] == [True] * 3
    assert "without 1 that are inhibited" in checks[0].detail
    assert len(rule_checks(table, np.arange(5), 150.0, **options, inhibited=range(5))) == 2


def test_shortest_interval_stays_within_cell_and_trial():
    table = pd.DataFrame(
        {"trial": [0, 0, 1, 0, 0], "step": [5, 90, 6, 6, 30], "id": ["a", "a", "a", "b", "b"]}
    )
    assert shortest_interval(table).to_dict() == {"a": 85, "b": 24}


def test_a_run_compared_with_itself_agrees(run):
    found = beside(run, spikes_of(run), trials=6, named={"first": int(run.brain.driven[0])})
    assert found["jaccard"] == 1.0
    assert found["correlation"] == pytest.approx(1.0)
    ours, theirs = found["spikes_per_s"]
    assert ours == pytest.approx(theirs * 2), "the table is read as trials of 1 s, the run has 0.5 s"
    halved = beside(run, spikes_of(run).iloc[::2], trials=6)
    assert halved["spikes_per_s"][1] == pytest.approx(theirs / 2, rel=0.01)


def test_other_columns_are_named(tmp_path):
    pd.DataFrame({"time": [0.1], "trial": [0], "flywire_id": np.array([7])}).to_parquet(
        tmp_path / "x.parquet"
    )
    with pytest.raises(
        ValueError, match=r"expected the columns t, trial, flywire_id, got time.*rename yours to t"
    ):
        read_spikes(tmp_path / "x.parquet")
