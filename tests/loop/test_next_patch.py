"""Learning to predict the next patch: arms, refusals, what is added to own history."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from brainwright.datasets.activity import Activity
from brainwright.datasets.streams import Patches, RecordedStreams, Split, pooled
from brainwright.experiment.trials import Trial, Trials
from brainwright.learning import PredictiveCoding
from brainwright.loop import PredictionArm, PredictionCourse, judged, predict_next, prediction_arms
from brainwright.loop.next_patch.added import (
    Animal,
    added_skill,
    later_streams,
    scores,
    shifted,
    training_streams,
    with_predictions,
)
from brainwright.loop.next_patch.arms import SPOILED
from brainwright.loop.next_patch.floors import flag_table
from brainwright.loop.next_patch.judge import leak
from brainwright.loop.next_patch.laminar import compared
from brainwright.loop.next_patch.predict_next import in_any_order, seen
from brainwright.network import NetworkError, embedded, recurrent

D = 8


def rotating(n: int, seed: int, length: int = 10) -> Patches:
    """Phases that go on at a speed of their own: the past tells what comes, one patch does not."""
    rng = np.random.default_rng(seed)
    speed, start = rng.uniform(0.3, 2.5, (n, 1, 1)), rng.uniform(0, 6.3, (n, 1, 1))
    angle = start + speed * np.arange(length)[None, :, None]
    mixed = np.random.default_rng(9).standard_normal((2, 4))
    clean = np.concatenate([np.cos(angle), np.sin(angle)], axis=2) @ mixed
    noisy = clean + 0.1 * rng.standard_normal(clean.shape)
    return Patches(noisy.astype(np.float32), np.ones((n, length), np.float32), np.zeros(n, np.int64))


SPLIT = Split(rotating(200, 0), rotating(100, 1))
COURSE = PredictionCourse(80, 32, 1e-2, warm_up=5)


def trained(name: str, course: PredictionCourse = COURSE):
    network = embedded(recurrent(D, 40, D), 4)
    learned = predict_next(network, SPLIT.train, prediction_arms(course.updates)[name], course)
    return network, learned


def test_every_arm_learns_and_is_judged_in_fixed_coordinates():
    few, found = PredictionCourse(5, 16), {}
    for name in prediction_arms(5):
        network, learned = trained(name, few)
        figures = judged(network, SPLIT, learned.first)
        found[name] = figures["decoded skill"]
        assert len(learned.history) == (0 if name == "untrained" else 5)
        assert np.isfinite(list(figures.values())).all()
        assert leak(network, SPLIT.test)["leak"] == 0
        moved = not torch.equal(network.cells("input").weight, learned.first.weight)
        assert moved == (name not in ("untrained", "frozen embedding"))
    assert len(set(found.values())) == len(found), "no two arms are the same"


def test_training_makes_the_prediction_and_nothing_else_does():
    network, learned = trained("stop-gradient")
    figures = judged(network, SPLIT, learned.first)
    blank, start = trained("untrained")
    before = judged(blank, SPLIT, start.first)
    assert figures["skill over copying"] > 0.5 > before["skill over copying"]
    assert figures["decoded skill"] > figures["last patch"] + 0.2, "one patch does not tell the speed"
    assert figures["directions"] > 0.7


def test_a_seed_makes_the_same_network_and_progress_is_told():
    rows = []
    one, _ = trained("stop-gradient", PredictionCourse(3, 8))
    two = embedded(recurrent(D, 40, D), 4)
    course = PredictionCourse(3, 8)
    predict_next(two, SPLIT.train, course=course, progress=lambda share, row: rows.append((share, row)))
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), two.parameters(), strict=True))
    assert [share for share, _ in rows] == pytest.approx([1 / 3, 2 / 3, 1])
    assert "cosine" in rows[0][1]


def test_what_cannot_be_taught_is_said_before_training():
    network = embedded(recurrent(D, 40, D), 4)
    still = Patches(np.ones((5, 4, 4), np.float32), np.ones((5, 4), np.float32), np.zeros(5, np.int64))
    with pytest.raises(NetworkError, match="constant"):
        predict_next(network, still)
    with pytest.raises(NetworkError, match="embeds its input"):
        predict_next(recurrent(4, 10, 4), SPLIT.train)
    with pytest.raises(NetworkError, match="predictive coding cannot teach"):
        predict_next(network, SPLIT.train, PredictionArm(rule=PredictiveCoding()))


def test_streams_are_seen_the_same_in_any_batch():
    network = embedded(recurrent(D, 40, D), 4)
    (one, a), (two, b) = (seen(network, SPLIT.test, hold=2, batch=n) for n in (7, 100))
    torch.testing.assert_close(one.prediction, two.prediction)
    torch.testing.assert_close(a, b)


def test_the_success_is_gone_where_nothing_of_the_future_can_be_learned():
    found = {}
    for name, arm in {"": PredictionArm(), **SPOILED}.items():
        network = embedded(recurrent(D, 40, D), 4)
        learned = predict_next(network, SPLIT.train, arm, COURSE)
        found[name] = judged(network, SPLIT, learned.first)
    spoiled = max(found[name]["skill over copying"] for name in SPOILED)
    assert found[""]["skill over copying"] > 0.5 > 0.2 > spoiled


def test_patches_in_any_order_are_the_same_patches_and_padding_stays_last():
    patches = torch.arange(12.0).reshape(2, 6, 1) + 1
    valid = torch.tensor([[1.0] * 6, [1, 1, 1, 1, 0, 0]])
    other = in_any_order(patches, valid, torch.Generator().manual_seed(0))
    assert sorted(other[0].flatten().tolist()) == patches[0].flatten().tolist()
    assert sorted(other[1, :4].flatten().tolist()) == [7, 8, 9, 10]
    assert not torch.equal(other, patches)


def row(skill, directions, collapsed=0.0):
    flags = {"flag: directions": float(directions < 0.7), "flag: coding rate": collapsed}
    return {"decoded skill": skill, "directions": directions, "collapsed": collapsed, **flags}


def test_hits_misses_and_false_alarms_are_counted_against_the_frozen_embedding_of_the_seed():
    rows = {Trial("frozen embedding", k, 0): row(0.3, 1.0) for k in range(4)}
    shown = [row(0.2, 0.5, 1), row(0.2, 0.9, 1), row(0.31, 0.6, 1), row(0.29, 1.0)]
    rows |= {Trial("none", k, 0): each for k, each in enumerate(shown)}
    rows |= {Trial("untrained", k, 0): row(0.1, 1.0) for k in range(4)}
    (found,) = flag_table(("digits",), {"digits": Trials(rows)}, 0.02)
    assert found == {
        **{"board": "digits", "arm": "none", "n": 4, "lost": 2},
        **{"directions, hits": 1, "directions, misses": 1, "directions, false alarms": 1},
        **{f"{name}, hits": 2 for name in ("coding rate", "collapsed")},
        **{f"{name}, misses": 0 for name in ("coding rate", "collapsed")},
        **{f"{name}, false alarms": 1 for name in ("coding rate", "collapsed")},
    }


# ---- recordings ---------------------------------------------------------------------------------------


def leading(n: int = 1_500, seed: int = 0) -> RecordedStreams:
    """Two cells: the second does a bin later what a hidden signal says, which the prediction will hold."""
    rng = np.random.default_rng(seed)
    values = rng.standard_normal((n, 2)).astype(np.float32)
    return RecordedStreams("made up", values, np.ones(2, bool), round(0.7 * n))


def test_what_a_prediction_adds_is_known_where_it_knows_the_future():
    stream = leading()
    future = np.roll(stream.values[:, 1:], -1, axis=0)
    (row,) = added_skill([Animal(stream, future)])
    # white noise has no history; one of two cells is known, and the ridge takes away a little
    assert row["own history"] == pytest.approx(0, abs=0.03)
    assert row["added"] == pytest.approx(0.5 * (1 - 0.3**2 / 1.3**2), abs=0.05)
    (row,) = added_skill([shifted(Animal(stream, future), 0.35)])
    assert row["added"] == pytest.approx(0, abs=0.02)


def test_cells_that_an_animal_lacks_are_left_to_the_others():
    full, part = leading(seed=0), leading(seed=1)
    part = RecordedStreams("part", part.values * [[1, 0]], np.array([True, False]), part.n_train)
    future = [np.roll(each.values[:, :1], -1, axis=0) for each in (full, part)]
    rows = added_skill([Animal(each, f) for each, f in zip((full, part), future, strict=True)])
    assert rows[1]["added"] > 0.9 > rows[0]["added"] > 0.4, "its only cell; one of two"


def test_parts_of_a_score():
    coming = np.random.default_rng(0).standard_normal((50, 6))
    perfect = scores(coming, coming)
    assert perfect == pytest.approx(dict.fromkeys(perfect, 1.0))
    turned = scores(-coming, coming)
    assert turned["temporal"] == turned["spatial"] == pytest.approx(-1)
    assert scores(3 * coming, coming)["alignment"] == pytest.approx(1), "whatever its size"


def test_predictions_of_a_recording_are_made_before_what_they_predict():
    network, stream = embedded(recurrent(D, 20, D), 2), leading(100)
    other = RecordedStreams("other", stream.values.copy(), stream.present, stream.n_train)
    other.values[60:] = 0
    one, two = (with_predictions(network, each).predictions for each in (stream, other))
    assert len(one) == 100
    np.testing.assert_array_equal(one[:60], two[:60])
    assert not np.array_equal(one[60:], two[60:])


def test_trials_are_begun_from_rest_and_exchanged_whole():
    raw = np.random.default_rng(0).standard_normal((20, 12, 2))
    _, (stream,) = pooled([("made up", Activity(raw, 0.1, ("a", "b"), counts=False))])
    assert (stream.trial, stream.n_train) == (12, 168)
    assert training_streams([stream]).values.shape == (14, 12, 2)
    assert later_streams(stream).values.shape == (6, 12, 2)
    network, other = embedded(recurrent(D, 20, D), 2), replace(stream, values=stream.values.copy())
    other.values[24:36] = 0
    one, two = (with_predictions(network, each).predictions for each in (stream, other))
    same = (one == two).all(1)
    assert same[:24].all()
    assert same[36:].all()
    assert not same[24:36].any()
    moved = shifted(Animal(stream, one), 0.35).predictions
    np.testing.assert_array_equal(moved[60:72], one[:12])
    (row,) = added_skill([Animal(stream, np.roll(stream.values, -1, axis=0))])
    assert row["added"] > 0.9, "the next bin is known, in every trial"


def test_a_laminar_cell_says_which_layer_carries_the_error():
    figures = compared(2, "error in 5, layers shuffled", 0, 1)
    assert sum(value for name, value in figures.items() if name.startswith("loudest")) == 1
    assert figures["error in its layer"] == figures["error 5"]
