"""WholeBrain: choosing cells, protocols, tables, files, errors."""

import sys

import numpy as np
import pandas as pd
import pytest

from brainwright.connectome import Connectome, ConnectomeError, signs
from brainwright.simulation.engine import LIFParameters
from brainwright.simulation.whole_brain import WholeBrain


@pytest.fixture(scope="module")
def brain():
    return WholeBrain.load("synthetic/fly_like", n_cells=2000, n_edges=60_000, seed=3)


def small(**options):
    """a -> b -> c, and d that inhibits b."""
    edges = pd.DataFrame({"pre": [10, 20, 40], "post": [20, 30, 20], "count": [400, 400, 1500]})
    cells = pd.DataFrame(
        {
            "id": [10, 20, 30, 40],
            "type": ["sugar", "relay", "motor", "brake"],
            "side": ["left", "left", "right", "right"],
            "sign": [1, 1, 1, -1],
        }
    )
    return WholeBrain(Connectome.from_dataframe(edges, cells), groups={"MN9": [30]}, **options)


def test_activation_reaches_and_silencing_stops():
    active = small().activate("sugar", times_s=[0.001])
    assert active.run(0.1).rates()["id"].tolist() == [10, 20, 30]
    for cut in (active.silence("relay"), active.silence(20)):
        table = cut.run(0.1).rates(silent=True).set_index("id")
        assert table["rate_hz"].tolist() == [10.0, 10.0, 0.0, 0.0]
        assert table["silenced"].tolist() == [False, True, False, False]
    held = active.silence("relay", direction="both").run(0.1)
    assert held.rates()["id"].tolist() == [10]
    assert held.rates(silent=True).set_index("id")["silenced"].tolist() == [False, True, False, False]
    assert (
        active.clamp("relay", times_s=[0.05, 0.06]).run(0.1).rates().set_index("id").loc[20, "rate_hz"] == 20
    )
    braked = active.activate("brake", times_s=[0.0, 0.001])
    assert braked.run(0.1).rates()["id"].tolist() == [40, 10]


def test_a_brain_is_never_changed():
    one = small()
    two = one.activate(10, rate_hz=50).silence(20).clamp(30)
    assert one.driven.size == 0
    assert one.protocol.silenced == ()
    assert one.protocol.clamped == ()
    assert "1 activated, 1 silenced, 1 clamped" in repr(two)
    assert one.engine is two.engine


def test_names_ids_types_and_groups():
    choose = small().choose
    assert choose("MN9").tolist() == [2]
    assert choose(["sugar", "30"]).tolist() == [0, 2]
    assert choose([40, 10]).tolist() == [0, 3]
    assert choose(np.array([20])).tolist() == [1]


@pytest.mark.parametrize(
    ("which", "message"),
    [
        ("sugr", "'sugr'; nearest: sugar"),
        (41, "no cell has the id 41; nearest: 40, 30, 20"),
        ([10, 99, 98], r"no cell has the id 99 \(and 1 more\)"),
        ("mn8", "nearest: MN9"),
    ],
)
def test_unknown_cells_name_the_nearest(which, message):
    with pytest.raises(ConnectomeError, match=message):
        small().activate(which, rate_hz=10)


def test_bad_calls_say_what_was_expected():
    one = small()
    with pytest.raises(ValueError, match="rate_hz: expected from 0"):
        one.activate("sugar", rate_hz=-1)
    with pytest.raises(ValueError, match="either rate_hz or times_s"):
        one.activate("sugar")
    with pytest.raises(ValueError, match="direction: expected"):
        one.silence("sugar", direction="incoming")
    with pytest.raises(ValueError, match="at least 1, got 0"):
        one.run(0.1, trials=0)
    with pytest.raises(ValueError, match="empty list"):
        one.silence([])
    with pytest.raises(ValueError, match="is larger than delay_s"):
        small(parameters=LIFParameters(dt_s=2e-3, delay_s=1.8e-3))
    with pytest.raises(ValueError, match="larger than the shortest delay of the wiring"):
        small(delay_s=np.array([1e-3, 1e-3, 5e-5]))


def test_unsigned_connectomes_are_refused():
    edges = pd.DataFrame({"pre": [1, 2], "post": [2, 1], "count": [3, 4]})
    unsigned = Connectome.from_dataframe(edges)
    with pytest.raises(ValueError, match="unsigned connectome; expected the sign of each cell"):
        WholeBrain(unsigned)
    with pytest.raises(ValueError, match="1 cells that send synapses have no sign"):
        WholeBrain(unsigned.with_cells(sign=np.array([1.0, np.nan])))
    assert WholeBrain(unsigned.signed(signs.Unsigned())).engine.wiring.weight.tolist() == [3, 4]


def test_edge_signs_and_real_signs_are_kept():
    edges = pd.DataFrame({"pre": [1, 1, 2], "post": [2, 3, 1], "count": [3, -4, 5]})
    mixed = WholeBrain(Connectome.from_dataframe(edges))
    assert mixed.engine.wiring.weight.tolist() == [3, -4, 5]
    half = Connectome.from_dataframe(edges.abs()).with_cells(sign=np.array([0.5, -1.0, np.nan]))
    assert WholeBrain(half).engine.wiring.weight.tolist() == [1.5, 2.0, -5.0]


def test_tables_and_figure(brain, tmp_path):
    run = brain.activate("input", rate_hz=150).run(0.3, trials=3, record_voltage=[5, 2], seed=4)
    rates = run.rates()
    assert rates["rate_hz"].is_monotonic_decreasing
    assert rates["driven"].sum() == 21
    assert len(run.raster()) == sum(spikes.step.size for spikes in run.trials)
    total = run.rates(silent=True)["rate_hz"].sum() * 0.3 * 3
    assert total == pytest.approx(len(run.raster()))
    types = run.types().set_index("type")
    assert types.index[0] == "follower"
    assert types.loc["follower", "cells"] == 400
    assert run.rate_of("input").mean() == pytest.approx(rates[rates["driven"]]["rate_hz"].mean())
    assert run.voltages().columns.tolist() == [2, 5]
    assert run.voltages().shape == (3000, 2)
    run.plot(tmp_path / "raster.png")
    assert (tmp_path / "raster.png").stat().st_size > 5000


def test_trials_are_paired_and_do_not_depend_on_threads(brain):
    active = brain.activate("input", rate_hz=150)
    one, two = active.run(0.2, trials=4, seed=1, threads=1), active.run(0.2, trials=4, seed=1, threads=2)
    np.testing.assert_array_equal(one.rate_by_trial_hz, two.rate_by_trial_hz)
    other = active.run(0.2, trials=4, seed=2)
    assert not np.array_equal(one.rate_by_trial_hz, other.rate_by_trial_hz)
    steps = brain.parameters.steps(0.2)
    cut = active.silence("follower")
    np.testing.assert_array_equal(cut.events(steps, 1, 0), active.events(steps, 1, 0))
    more = active.activate("background", rate_hz=1)
    extra = more.events(steps, 1, 0)
    kept = extra[np.isin(extra[:, 1], active.driven)]
    np.testing.assert_array_equal(kept, active.events(steps, 1, 0))
    assert not np.array_equal(one.trials[0].step, one.trials[1].step)


def test_the_published_table_is_read_and_others_are_refused(tmp_path):
    table = pd.DataFrame(
        {
            "Presynaptic_Index": [0, 1, 2],
            "Postsynaptic_Index": [1, 2, 0],
            "Excitatory x Connectivity": [400, 7, -3],
        }
    )
    table.to_parquet(tmp_path / "wiring.parquet")
    pd.DataFrame({"": [720575940596125868, 720575940597856265, 5], "Completed": True}).to_csv(
        tmp_path / "cells.csv", index=False
    )
    brain = WholeBrain.load(tmp_path / "wiring.parquet", ids=tmp_path / "cells.csv")
    assert brain.engine.wiring.edges()[2].tolist() == [400, 7, -3]
    run = brain.activate(720575940596125868, times_s=[0.0]).run(0.05)
    assert run.rates()["id"].tolist() == [720575940596125868, 720575940597856265]
    table.rename(columns={"Presynaptic_Index": "pre"}).to_parquet(tmp_path / "other.parquet")
    with pytest.raises(ValueError, match="Presynaptic_Index"):
        WholeBrain.load(tmp_path / "other.parquet", ids=tmp_path / "cells.csv")
    with pytest.raises(ValueError, match="completeness CSV"):
        WholeBrain.load(tmp_path / "wiring.parquet")


def test_too_little_memory_is_said_before_the_run(brain, monkeypatch):
    monkeypatch.setattr("brainwright.simulation.engine.wiring.available_memory_bytes", lambda: 1000)
    with pytest.raises(MemoryError, match=r"2 trials of 1000 steps, 0 cells recorded, need about \d+ MiB"):
        brain.run(0.1, trials=2)


def test_memory_of_many_trials_counts_their_events(brain, monkeypatch):
    """5,000 trials of 2,000 cells at 5 kHz for 0.1 s: 1e6 events and as many spikes each."""
    monkeypatch.setattr("brainwright.simulation.engine.wiring.available_memory_bytes", lambda: 60 * 2**30)
    busy = brain.activate(["input", "follower", "background"], rate_hz=5000)
    with pytest.raises(MemoryError, match=r"5000 trials of 1000 steps"):
        busy.run(0.1, trials=5000)


def test_an_interrupt_leaves_the_waiting_trials_undone(brain, monkeypatch):
    runs = []
    trial = WholeBrain.trial
    monkeypatch.setattr(WholeBrain, "trial", lambda self, *a: runs.append(1) or trial(self, *a))

    def stop(done, trials):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        brain.activate("input", rate_hz=100).run(0.5, trials=60, threads=1, report=stop)
    assert len(runs) < 30


def test_importing_needs_neither_torch_nor_matplotlib():
    import subprocess

    code = (
        "import sys, brainwright.simulation, brainwright.simulation.published;"
        "print([m for m in ('torch', 'matplotlib') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_silencing_what_a_cell_sends_or_the_cell_as_a_whole():
    """A chain in which each spike makes the next; the middle cell is silenced."""
    matrix = np.zeros((3, 3), int)
    matrix[1, 0] = matrix[2, 1] = 300
    chain = Connectome.from_matrix(matrix).with_cells(sign=[1.0, 1.0, 1.0])
    brain = WholeBrain(chain).activate([0], times_s=[0.0, 0.05])
    for silenced, expected in (
        (brain, [2, 2, 2]),
        (brain.silence([1]), [2, 2, 0]),
        (brain.silence([1], direction="both"), [2, 0, 0]),
    ):
        fired = silenced.run(0.1).trials[0].neuron
        assert np.bincount(fired, minlength=3).tolist() == expected
