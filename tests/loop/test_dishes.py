"""Dishes that many arms are taught in: what they hear, what each arm writes, what is asked of them later."""

from itertools import pairwise

import numpy as np
import pytest

from brainwright.loop import (
    ARMS,
    Course,
    Dishes,
    DishModel,
    GradientWriter,
    LookupWriter,
    MatchedWriter,
    OracleWriter,
    ReplayWriter,
    SilentWriter,
    Sizes,
    beats_trivial_forecasts,
    culture_rates,
    dish_seeds,
    dose_curve,
    look,
    naive_tissue,
    readout_of,
    rest_dishes,
    same_charge,
    teach_dishes,
    writer_of,
)
from brainwright.loop.dishes.dishes import CALIBRATE, PROBE, REST, SKILL, STREAM, STREAM_PROBE
from brainwright.runs import of_prefix
from brainwright.signal import cycle, scattered, tune
from brainwright.tissue import Live

SIZES = Sizes(calibration=80, probe=40, short_probe=10, stream_probe=10, skill=20, pulses_per_electrode=1)
MODEL = DishModel.named("patch")


def dishes_of(n=2, stream=None):
    return Dishes(list(range(n)), stream or tune(), sizes=SIZES, n_neurons=64, threads=1)


@pytest.fixture(scope="module")
def dishes():
    return dishes_of(stream=cycle(3))


@pytest.fixture(scope="module")
def live(tmp_path_factory):
    return Live(tmp_path_factory.mktemp("live") / "live.json")


@pytest.fixture(scope="module")
def naive(dishes, live):
    return naive_tissue(dishes, MODEL, live)


def test_every_draw_is_for_one_purpose():
    dishes = dishes_of()
    drawn = [dishes.uniform(60, p) for p in (CALIBRATE, PROBE, STREAM, REST, STREAM_PROBE, SKILL)]
    for i, symbols in enumerate(drawn):
        assert all((symbols == other).mean() < 0.5 for other in drawn[:i])


def test_runs_of_two_seeds_have_no_dish_in_common():
    first, second = (dish_seeds(400_000, seed, 1_000) for seed in (0, 1))
    assert first[:3] == [400_000, 400_001, 400_002]
    assert second[0] == first[-1] + 1


def test_dishes_do_not_depend_on_how_many_there_are():
    few, many = dishes_of(2), dishes_of(5)
    np.testing.assert_array_equal(few.uniform(50, PROBE), many.uniform(50, PROBE)[:2])
    np.testing.assert_array_equal(few.layout.electrodes, many.layout.electrodes[:2])


def test_the_yoked_partner_hears_another_phase_and_map():
    dishes = dishes_of(4)
    symbols = dishes.from_stream(200, STREAM)
    assert (symbols == np.roll(symbols, -1, axis=0)).mean() < 0.6
    electrodes = dishes.layout.electrodes
    pairs = zip(
        electrodes.reshape(-1, electrodes.shape[2]),
        np.roll(electrodes, -1, axis=0).reshape(-1, 9),
        strict=True,
    )
    assert np.mean([len({*mine} & {*theirs}) / 9 for mine, theirs in pairs]) < 0.35


def test_what_is_wanted_need_not_be_heard(dishes):
    heard = Course(scattered(dishes.stream), 100, 99, 99, wanted=dishes.stream).symbols(dishes)
    follows = (heard[:, 1:] == dishes.stream.successor[heard[:, :-1]]).mean()
    assert follows == pytest.approx(1 / 2, abs=0.1)  # of three symbols, none twice in a row, by chance
    assert (heard[:, 1:] != heard[:, :-1]).all()
    led = Course(dishes.stream, 100, 99, 99).symbols(dishes)
    assert (led[:, 1:] == dishes.stream.successor[led[:, :-1]]).all()


def test_each_arm_has_its_writer(dishes):
    written = np.arange(2)[:, None, None] * np.ones((2, 3, 4), np.int64)
    writers = {arm: writer_of(arm, dishes, MODEL, gradient_steps=7, adaptive=written) for arm in ARMS}
    kinds = [GradientWriter, OracleWriter, LookupWriter, *[GradientWriter] * 3, ReplayWriter, ReplayWriter]
    kinds += [MatchedWriter, SilentWriter, ReplayWriter, ReplayWriter]
    assert [type(writer) for writer in writers.values()] == kinds
    stepping = ("adaptive", "other", "search", "ungraded")
    assert [writers[arm].gradient_steps for arm in stepping] == [7, 7, 7, 0]
    assert [writers[arm].blind for arm in stepping] == [False, False, True, False]
    np.testing.assert_array_equal(writers["delayed"].written, np.roll(written, 2, axis=1))
    np.testing.assert_array_equal(writers["yoked"].written, written[::-1])
    np.testing.assert_array_equal(writers["frozen"].written, written)


def test_what_cannot_be_is_refused(dishes):
    with pytest.raises(ValueError, match=r"expected one of adaptive, .*got 'adaptve'"):
        writer_of("adaptve", dishes, MODEL)
    with pytest.raises(ValueError, match="'yoked' replays the adaptive writes: expected adaptive, got None"):
        writer_of("yoked", dishes, MODEL)
    with pytest.raises(ValueError, match="expected patch or latent, got 'large'"):
        DishModel.named("large")
    for doses in ((), (20, 10), (10, 25), (0, 10)):
        with pytest.raises(ValueError, match="growing multiples of the first"):
            dose_curve(dishes, None, {}, doses)


def test_an_arm_begins_from_the_state_given_and_only_plastic_tissue_changes(dishes, naive, live):
    state, course = of_prefix("state_", naive), Course(dishes.stream, 4, 4, 2)
    options = {"state": state, "readout": readout_of(naive), "live": live, "keep": True}
    arms = {}
    for arm in ("oracle", "oracle", "frozen"):
        writer = writer_of("oracle", dishes, MODEL)
        arms.setdefault(arm, []).append(teach_dishes(dishes, course, arm, writer, **options))
    first, again = arms["oracle"]
    for name, array in first.items():
        np.testing.assert_array_equal(array, again[name])
    assert not np.array_equal(first["state_weight"], state["weight"])
    np.testing.assert_array_equal(arms["frozen"][0]["state_weight"], state["weight"])
    assert first["curve"].shape == (2, 2)
    np.testing.assert_array_equal(first["curve"][:, -1], first["share"])
    np.testing.assert_array_equal(first["precision"], [1.0, 1.0])  # the oracle's writes are the wanted ones
    np.testing.assert_array_equal(first["heard"], course.symbols(dishes)[:, :-1])


def test_progress_grows_and_tells_of_every_block(dishes, naive, live):
    told = []
    teach_dishes(
        dishes,
        Course(dishes.stream, 4, 6, 2),
        "silent",
        writer_of("silent", dishes, MODEL),
        state=of_prefix("state_", naive),
        readout=readout_of(naive),
        live=live,
        progress=lambda share, **event: told.append((share, event.get("taught"))),
    )
    assert [taught for _, taught in told] == [2, 4, 6]
    assert all(early[0] < late[0] for early, late in pairwise(told))


def test_looking_and_asking_later_change_nothing(dishes, naive):
    state, readout = of_prefix("state_", naive), readout_of(naive)
    kept = {name: array.copy() for name, array in state.items()}
    seen = look(dishes, readout, {"before": state, "after": state}, 1, notes=4, symbols=2)
    for name in ("melody", "raster", "psth", "causal", "taught", "untaught"):
        np.testing.assert_array_equal(seen[f"{name}_before"], seen[f"{name}_after"])
    assert seen["melody_after"].shape == (4,)
    course = Course(scattered(dishes.stream), 4, 4, 4, wanted=dishes.stream)
    left = rest_dishes(dishes, 0.8, course, state=state, readout=readout)
    assert left["share"].shape == (2,)
    curve = dose_curve(dishes, readout, state, (2, 4))
    assert curve["scores"].shape == (2, 2)
    for name, array in state.items():
        np.testing.assert_array_equal(array, kept[name])


def test_checks_can_fail():
    charge = np.array([100.0, 101.0])
    assert same_charge({"adaptive": charge, "yoked": charge}).holds
    assert not same_charge({"adaptive": charge, "yoked": charge * 1.02}).holds
    assert same_charge({"adaptive": charge, "yoked": charge * 1.02}, tolerance=0.03).holds
    calm, wild = np.array([2.0, 3.0]), np.array([12.0, 12.0])
    assert culture_rates(calm, calm, calm).holds
    assert not culture_rates(calm, calm, wild).holds
    skill = {"mean": np.zeros(2), "persistence": np.array([0.1, 0.3]), "emulator": np.array([0.2, 0.3])}
    assert beats_trivial_forecasts(skill).holds
    assert not beats_trivial_forecasts(skill | {"emulator": np.array([0.1, 0.2])}).holds
