"""What is kept for those who ask again is what they would have got, and nobody can spoil it."""

import copy

import numpy as np
import pytest

from brainwright.loop import Dishes, DishModel, Periods, Sizes, close_loop, present
from brainwright.loop.kept import MOST, Kept
from brainwright.loop.writers import OracleWriter
from brainwright.signal import cycle

DISHES = Dishes([3, 1, 2], cycle(3), sizes=Sizes(), n_neurons=64, threads=1)


def counted(kept, calls, *parts):
    def work():
        calls.append(parts)
        return [np.zeros(2)]

    return kept.of(work, *parts)


def test_equal_parts_are_worked_out_once_and_given_as_copies():
    kept, calls = Kept(), []
    first = counted(kept, calls, "a", np.arange(3))
    first[0] += 1
    np.testing.assert_array_equal(counted(kept, calls, "a", np.arange(3))[0], [0, 0])
    assert len(calls) == 1
    others = [
        ("b", np.arange(3)),
        ("a", np.arange(3.0)),
        ("a", np.arange(3)[:, None]),
        ("a", np.arange(1, 4)),
    ]
    for parts in others:
        counted(kept, calls, *parts)
    assert len(calls) == 1 + len(others)
    counted(kept, calls, *others[-1])
    assert len(calls) == 1 + len(others), "the last ones are kept"
    counted(kept, calls, "a", np.arange(3))
    assert len(others) == MOST
    assert len(calls) == 2 + len(others), "the oldest made room"


def test_what_is_sent_to_another_process_is_empty():
    kept, calls = Kept(), []
    counted(kept, calls, "a")
    counted(copy.copy(kept), calls, "a")
    assert len(calls) == 2


def test_dishes_that_were_recorded_before_go_on_as_if_they_had_heard_it():
    """Beside dishes that hear the recording each time: what is heard later, weights, and the dose."""
    symbols = DISHES.uniform(9, 0)
    ends = []
    for way in ("heard", "first", "again"):
        culture = DISHES.culture(None, plasticity=True)
        recorded = None if way == "heard" else DISHES.record(culture, culture, symbols[:, :4])
        writer = OracleWriter(DISHES.layout)
        heard = close_loop(culture, DISHES.layout, symbols, writer, record=4, block=4, recorded=recorded)
        ends.append([heard.counts, heard.targets, *culture.snapshot().values()])
        ends[-1] += [*culture.ledger.table().values(), *culture.ledger.totals().values()]
    for end in ends[1:]:
        for mine, other in zip(end, ends[0], strict=True):
            np.testing.assert_array_equal(mine, other)
    frozen = DISHES.culture(None, plasticity=False)
    born = frozen.snapshot()["weight"]
    DISHES.record(frozen, frozen, symbols[:, :4])
    np.testing.assert_array_equal(frozen.snapshot()["weight"], born)


def test_a_recording_of_another_length_is_refused():
    culture = DISHES.culture(None, plasticity=True)
    told = {"record": 3, "block": 1, "recorded": DISHES.record(culture, culture, DISHES.uniform(4, 0))}
    with pytest.raises(ValueError, match="expected what was heard of 3 symbols, got 4"):
        close_loop(culture, DISHES.layout, DISHES.uniform(5, 0), OracleWriter(DISHES.layout), **told)


def test_a_dish_alone_is_what_it_is_among_others():
    culture, symbols = DISHES.culture(None, plasticity=True), DISHES.uniform(6, 0)
    present(culture, DISHES.layout, symbols[:, :3])
    state = culture.snapshot()
    among = present(culture, DISHES.layout, symbols[:, 3:]).counts
    one, own = DISHES.alone(1, state)
    heard = present(one.culture(own, plasticity=True), one.layout, symbols[1:2, 3:]).counts
    np.testing.assert_array_equal(heard[0], among[1])


def test_writers_that_share_a_model_are_fitted_once_and_apart():
    """Each begins with what a writer has that is fitted for itself, whatever another made of its own."""
    shared, alone = DishModel(fit_steps=3), DishModel(fit_steps=3)
    counts = np.random.default_rng(0).poisson(1.0, (3, 12, 4, 64)).astype(np.float32)
    symbols = DISHES.uniform(12, 0)
    heard, begun = Periods(symbols, symbols, counts, np.full((3, 12, 9), -1)), []
    for model in (alone, shared, shared):
        writer = model.writer(DISHES.layout, DISHES.channels, 1)
        writer.learn(heard)
        begun.append({name: value.copy() for name, value in writer.state().items()})
        for parameter in (*writer.emulator.dynamics_parameters(), writer.maps.centres):
            parameter.data += 1
    for name, value in begun[0].items():
        np.testing.assert_array_equal(begun[1][name], value)
        np.testing.assert_array_equal(begun[2][name], value)
