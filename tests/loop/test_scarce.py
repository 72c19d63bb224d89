"""Teaching where less is heard: electrodes that miss and make up spikes, and two emulators side by side."""

import numpy as np
import pytest

from brainwright.loop import (
    Dishes,
    DishModel,
    Hearing,
    Moment,
    Periods,
    PoorElectrodes,
    Scarce,
    Sizes,
    Timing,
)
from brainwright.loop.dishes.scarce import OF_MODEL, OF_NONE
from brainwright.runs import Units
from brainwright.signal import SymbolStream, cycle, scattered

TIMING = Timing()


class Listener:
    """A writer that keeps what it is told."""

    def learn(self, heard):
        self.heard = heard

    def channels(self, moment):
        self.moment = moment
        return


def heard(counts):
    symbols = np.zeros(counts.shape[:2], np.int64)
    return Periods(symbols, symbols, counts.astype(np.float32), np.full((*symbols.shape, 0), -1))


def test_counts_through_poor_electrodes_have_the_expected_mean_and_others_are_left_alone():
    """Thinned Poisson plus Poisson: mean (1 - missed) x + rate window, for each window by its own length."""
    listener, counts = Listener(), np.full((2, 400, 4, 30), 10.0)
    poor = PoorElectrodes(listener, Hearing(10, missed=0.7, false_hz=50.0), TIMING, [3, 4])
    poor.learn(heard(counts))
    length = np.array([0.006, 0.066, 0.022, 0.008])
    found = listener.heard.counts.mean((0, 1, 3))
    # 24,000 draws of a variance below 6: five standard errors are .08
    np.testing.assert_allclose(found, 3 + 50 * length, atol=0.08)
    assert (listener.heard.counts[0] != listener.heard.counts[1]).any()
    moment = Moment(np.zeros((2, 2), np.int64), np.zeros(2, np.int64), counts[:, 0, :2], counts[:, 0, 0])
    poor.channels(moment)
    assert listener.moment.previous.shape == (2, 2, 30)
    assert listener.moment.early.shape == (2, 30)
    assert listener.moment.target is moment.target


def test_what_a_dish_hears_does_not_depend_on_other_dishes():
    counts = np.full((2, 5, 4, 6), 3.0)
    rows = []
    for seeds in ([3, 4], [4]):
        listener = Listener()
        PoorElectrodes(listener, Hearing(10, 0.5, 20.0), TIMING, seeds).learn(heard(counts[: len(seeds)]))
        rows.append(listener.heard.counts[-1])
    np.testing.assert_array_equal(*rows)


def test_hearings_that_make_no_sense_are_refused():
    for wrong in ({"recorded": 3}, {"recorded": 10, "missed": 1.0}, {"recorded": 10, "false_hz": -1.0}):
        with pytest.raises(ValueError, match="expected recorded >= 4"):
            Hearing(**wrong)


def test_two_emulators_teach_the_same_dishes(tmp_path):
    sizes = Sizes(calibration=40, probe=10, short_probe=0, stream_probe=0, skill=0, runs=1)
    dishes = Dishes([1, 2], cycle(3), sizes=sizes, n_neurons=64, threads=1)
    twin = SymbolStream("backwards", ("A", "B", "C"), np.array([2, 0, 1]))
    models = {"patch": DishModel(fit_steps=2), "again": DishModel(fit_steps=2, seed=1)}
    hearings = {"few": Hearing(6), "poor": Hearing(6, 0.5, 20.0)}
    scarce = Scarce(dishes, scattered(cycle(3)), cycle(3), twin, hearings, models, taught=4, gradient_steps=1)
    (tmp_path / "run" / "units").mkdir(parents=True)
    units, steps = Units(tmp_path / "run" / "units").below("less"), scarce.steps()
    assert len(steps) == 1 + 2 * (len(OF_NONE) + 2 * len(OF_MODEL))
    for step in steps:
        units.save(step.name, step.work(units, lambda *_, **__: None))
    own, other = (units.load(f"few/{model} adaptive")["written"] for model in models)
    assert own.shape == (2, 4, dishes.layout.n_electrodes)
    yoked = units.load("few/again yoked")["written"]
    np.testing.assert_array_equal(yoked, np.roll(other, -1, axis=0))
    again = scarce.teach("poor", "again", "adaptive", units, lambda *_, **__: None)
    np.testing.assert_array_equal(again["written"], units.load("poor/again adaptive")["written"])
