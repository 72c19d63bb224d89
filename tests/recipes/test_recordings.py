"""Real recordings as tasks: no leaks, every baseline, the wiring's arms, a user's own file, the page."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from brainwright.runfolder import write_json

from brainwright.datasets.activity import Activity
from brainwright.datasets.errors import DatasetError
from brainwright.emulator.history import own_past
from brainwright.recipes import emulate
from brainwright.recipes._emulate import (
    forecasters,
    recording_priors,
    recording_sets,
    recordings,
    wiring,
)
from brainwright.recipes._emulate.pooled import Size
from brainwright.recipes._emulate.tasks import Pool, by_time, by_trial

NAMES = ("AVAL", "AVAR", "AVBL", "AVBR", "AVEL", "AVER", "RIML", "RIMR", "worm/8")


def ramp(n_bins=200, n_units=3, counts=False):
    values = np.arange(n_bins * n_units, dtype=np.float32).reshape(1, n_bins, n_units)
    return Activity(values, 0.1, tuple("abcdefghij"[:n_units]), counts=counts)


def worm(animal, seed):
    """Slow signals, each named neuron driven by another."""
    rng = np.random.default_rng(seed)
    x = np.zeros((260, len(NAMES)))
    for t in range(1, len(x)):
        x[t] = 0.8 * x[t - 1] + 0.15 * np.roll(x[t - 1], 1) + rng.normal(size=len(NAMES))
    return Activity(x[None].astype(np.float32), 0.6, (*NAMES[:-1], f"{animal}/8"), counts=False)


def test_blocks_of_time_do_not_meet():
    task = by_time("r", ramp(counts=True), n_seen=12, n_ahead=4, stride=1)
    first = [part[..., 0] // 3 for part in (task.train, task.validation, task.test)]
    for before, after in ((first[0], first[1]), (first[1], first[2])):
        assert after.min() - before.max() > task.n_ahead
    assert task.n_ahead == 4
    assert np.isnan(task.seen(task.test)[:, 12:]).all()
    assert not np.isnan(task.seen(task.test)[:, :12]).any()


def test_trials_are_not_shared():
    values = np.random.default_rng(0).poisson(1.0, (20, 10, 4)).astype(np.float32)
    values[:, 0, 0] = np.arange(20)  # the trial's number
    task = by_trial("r", Activity(values, 0.1, tuple("abcd"), counts=True), n_seen=6)
    numbers = [set(part[:, 0, 0]) for part in (task.train, task.validation, task.test)]
    assert [len(part) for part in numbers] == [13, 3, 4]
    assert not numbers[0] & numbers[1]
    assert max(numbers[0] | numbers[1]) < min(numbers[2])


def test_a_continuous_window_is_seen_about_its_own_mean():
    task = by_time("r", worm("w", 0), n_seen=12, n_ahead=4, stride=4)
    np.testing.assert_allclose(task.test[:, :12].mean(1), 0, atol=1e-5)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (
            lambda: by_time("r", ramp(40), n_seen=12, n_ahead=4, stride=1),
            "validation block of 2 bins is shorter",
        ),
        (lambda: by_trial("r", ramp(), n_seen=12), "10 trials or more"),
    ],
)
def test_what_is_too_short_is_refused(make, words):
    with pytest.raises(DatasetError, match=words):
        make()


def test_units_of_one_name_are_one_unit():
    tasks = [by_time(a, worm(a, i), n_seen=12, n_ahead=4, stride=8) for i, a in enumerate(("p", "q"))]
    pool = Pool.of(tasks)
    assert len(pool.unit_names) == len(NAMES) + 1
    wide = pool.spread(tasks[1], tasks[1].test)
    np.testing.assert_array_equal(wide[:, :, pool.columns["q"]], tasks[1].test)
    assert np.isnan(wide[:, :, pool.unit_names.index("p/8")]).all()


def test_a_forecaster_finds_what_there_is_to_find():
    """The signals are autoregressive and coupled in a ring: history beats the mean, partners beat history."""
    x = np.zeros((4_000, 5))
    rng = np.random.default_rng(0)
    for t in range(1, len(x)):
        x[t] = 0.3 * x[t - 1] + 0.6 * np.roll(x[t - 1], 1) + rng.normal(size=5)
    whole = Activity(x[None].astype(np.float32), 1.0, tuple("abcde"), counts=False)
    task = by_time("r", whole, n_seen=16, n_ahead=1, stride=3)
    found = {
        kind: forecasters.score(task, forecasters.searched(task, kind)(task.seen(task.test)), task.test)
        for kind in ("mean", "own_history", "lagged")
    }
    assert abs(found["mean"]) < 0.05
    assert found["mean"] + 0.05 < found["own_history"] < found["lagged"] - 0.05


def test_forecasts_do_not_look_ahead():
    whole = worm("w", 0)
    counts = Activity(
        np.random.default_rng(0).poisson(0.5, (1, 260, 4)).astype(np.float32), 0.1, tuple("abcd"), True
    )
    for task in (
        by_time("r", whole, n_seen=12, n_ahead=4, stride=6),
        by_time("r", counts, n_seen=12, n_ahead=4, stride=6),
    ):
        for kind in forecasters.LINEAR:
            forecast = forecasters.LINEAR[kind](task)[0](task.seen(task.test))
            assert np.isfinite(forecast).all(), kind  # from windows that are NaN wherever it may not look
            assert forecast.shape == task.test[:, 12:].shape


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_the_whole_of_it_on_made_up_worms(tmp_path, monkeypatch):
    monkeypatch.setattr(wiring, "WIRING", "celegans/varshney2011")
    wiring.wiring.cache_clear()
    size = Size(updates=2, network_updates=2, size=1, n_latent=2, stride=8)
    made = replace(
        recording_sets.SETS["worm"],
        load=partial(dict, p=worm("p", 0), q=worm("q", 1)),
        n_seen=12,
        n_ahead=2,
        size=size,
    )
    for room in (recordings, recording_sets, recording_priors):
        monkeypatch.setattr(room, "SETS", {"worm": made})
    monkeypatch.setattr(recordings, "has_bci", lambda: False)
    recording_sets.tasks.cache_clear()
    recording_priors._moments.cache_clear()
    config = emulate.Config(quick=True, recordings="only", workers=1)
    result = emulate.run(config, tmp_path, lambda *_a, **_k: None)
    write_json(tmp_path / "result.json", result)
    found = result["recordings"]["sets"]["worm"]
    assert set(found["scores"]) >= {*forecasters.LINEAR, "bi_gru", "transformer", "emulator"}
    assert result["primary"]["verdict"] in ("cannot tell", "no difference")  # two animals decide nothing
    priors = result["recordings"]["wiring"]["emulator"]
    assert set(priors["skill"]) == set(recording_priors.PRIORS)
    assert len(priors["nulls"]) == 3
    assert priors["against"]["verdict"] in ("cannot tell", "no difference")  # three draws neither
    page = emulate.page(tmp_path)
    for words in ("own history", "the worm&#x27;s wiring", "rewired, same degrees", "by block of time"):
        assert words in page or words.replace("&#x27;", "'") in page


def test_coupling_is_ridge_on_those_who_may_speak():
    task = by_time("p", worm("p", 0), n_seen=12, n_ahead=2, stride=8)
    names = NAMES[:4]
    zero = np.zeros_like(task.train)
    one = wiring.moments(task, zero, task.train, names)
    pairs = np.zeros((4, 4), bool)
    pairs[1, 3] = True
    found = wiring.fitted([one], pairs, 0.5)
    past = own_past(task.train[:, :12].astype(float))
    x = np.column_stack([past[:, 1], past[:, 3, wiring.PARTNER_FILTER]])
    y = task.train[:, 12:, 1]
    cost = np.diag([wiring.OWN_PENALTY] * 3 + [0.5]) + 1e-6 * np.eye(4)
    expected = np.linalg.solve(x.T @ x / len(x) + cost, x.T @ y / len(x))
    np.testing.assert_allclose(found[1].values, expected, rtol=1e-6)
    assert [len(weights.kept) for weights in found] == [3, 4, 3, 3]
    error = sum(
        np.square(
            task.train[:, 12:, i] - np.column_stack([past[:, i], *([past[:, 3, 1]] if i == 1 else [])]) @ w
        ).sum()
        for i, w in enumerate(weights.values for weights in found)
    )
    assert wiring.skill(found, one) == pytest.approx(1 - error / np.square(task.train[:, 12:, :4]).sum())


def test_nulls_keep_the_number_of_partners(monkeypatch):
    monkeypatch.setattr(wiring, "WIRING", "celegans/varshney2011")
    wiring.wiring.cache_clear()
    names = tuple(sorted(wiring.wiring().cells["id"].tolist())[:60])
    real, null = (wiring.allowed(arm, 0, names) for arm in ("cook", "null"))
    assert not (real == null).all()
    assert (
        abs(int(real.sum()) - int(null.sum())) < 0.15 * real.sum()
    )  # kinds are rewired apart, and may overlap
    assert not wiring.allowed("none", 0, names).any()
    assert wiring.allowed("free", 0, names).sum() == 60 * 59


def test_a_users_file_is_refused_before_anything_is_trained(tmp_path):
    values = np.random.default_rng(0).poisson(1.0, (40, 3))
    np.savez(tmp_path / "short.npz", spikes=values)
    ask = partial(emulate.Config, data=tmp_path / "short.npz", bin_s=0.1)
    with pytest.raises(DatasetError, match="--array NAME"):
        emulate.check(ask())
    with pytest.raises(DatasetError, match="too short"):
        emulate.check(ask(array="spikes"))
    with pytest.raises(ValueError, match="--bin-s"):
        emulate.check(emulate.Config(bin_s=0.0))
