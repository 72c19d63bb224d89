"""Recordings with what went along with them: classes belong to their samples."""

import numpy as np

from brainwright.datasets import labelled
from brainwright.datasets.activity import Activity
from brainwright.datasets.recordings import REACH_BINS, whole_trials


def test_trials_keep_their_target_and_broken_ones_are_left_out():
    target = np.repeat([2, 0, 1], [2 * REACH_BINS, REACH_BINS - 1, REACH_BINS])
    counts = np.arange(len(target))[:, None] * np.ones((1, 3))
    trials, targets = whole_trials(counts, target)
    assert targets.tolist() == [2, 2, 1]
    assert trials.shape == (3, REACH_BINS, 3)
    for trial, wanted in zip(trials, targets, strict=True):
        assert (target[trial[:, 0].astype(int)] == wanted).all()


def test_directions_of_a_cursor_are_those_in_which_samples_lie_side_by_side(monkeypatch):
    clouds = [np.full((5, 2), direction, np.float32) for direction in range(labelled.DIRECTIONS)]
    values = np.stack(clouds, axis=1).reshape(-1, 1, 2)  # as `bci` puts them together
    activity = Activity(values, 0.045, ("a", "b"), counts=True)
    monkeypatch.setattr(labelled, "bci", lambda: {"before": activity})
    found = labelled.steering()["before"]
    np.testing.assert_allclose(found.values[:, 0] ** 2, found.classes, atol=1e-5)


def test_a_worm_is_seen_at_three_moments_and_named_by_the_last(monkeypatch, tmp_path):
    rng = np.random.default_rng(0)
    traces = rng.normal(size=(30, 3))
    backwards = (np.arange(30) % 7 == 0).astype(int)
    path = tmp_path / "swf702_with_id_one.npz"
    np.savez(path, reversal_vec=backwards)
    one = Activity(traces[None], 0.6, ("AVAL", "one/1", "RIML"), counts=False)
    two = Activity(traces[None], 0.6, ("RIML", "two/1", "AVAL"), counts=False)
    monkeypatch.setattr(labelled, "worms", lambda: {"one": one, "two": two})
    monkeypatch.setattr(labelled, "files_of", lambda *_: [path])
    (found,) = labelled.reversing().values()
    assert found.values.shape == (28, 2 * labelled.TOGETHER)
    assert found.classes.tolist() == backwards[2:].tolist()
    whole = (traces - traces.mean(0)) / traces.std(0)
    np.testing.assert_allclose(found.values[5, :3], whole[5:8, 0])  # AVAL comes first
