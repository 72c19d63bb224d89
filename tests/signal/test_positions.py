"""Tunes as positions, their notes in random order, and another order of them."""

import numpy as np
import pytest

from brainwright.signal import (
    StreamError,
    pitch_ceiling,
    positions,
    right_so_far,
    rounds_heard,
    scattered,
    twin,
)


def test_the_ode_is_eight_positions_over_five_pitches():
    ode = positions()
    assert ode.labels == ("E'", "F'", "G", "F''", "E''", "D'", "C", "D''")
    assert len({*(ode.midi or ())}) == 5
    assert ode.successor.tolist() == [1, 2, 3, 4, 5, 6, 7, 0]
    assert ode.bayes_ceiling == 1.0


def test_what_sees_only_the_pitch_is_right_in_five_of_eight_steps():
    """E goes to F and to D, F to G and to E, D to C and to E: one of two each; G and C are sure."""
    assert pitch_ceiling(positions()) == 5 / 8
    assert pitch_ceiling(positions("scale", [60, 62, 64, 65])) == 1.0


def test_repeats_are_merged_and_a_round_is_taken_once():
    tune = positions("x", [60, 60, 62, 64, 60, 62, 62, 64, 60])  # 60 62 64 twice, then the beginning again
    assert tune.midi == (60, 62, 64)
    assert tune.notes == ("9 notes became 3 positions: repeats were merged",)
    assert positions("x", [60, 62, 64]).notes == ()


def test_octaves_are_told_apart_where_they_must_be():
    assert positions("x", [60, 62, 72, 62]).labels == ("C4", "D'", "C5", "D''")


@pytest.mark.parametrize(
    ("notes", "message"),
    [
        ([], "expected notes, got none"),
        ([60, 60, 60], r"got 1 \(3 notes\); give another tune"),
        ([60, 62, 60, 62], r"got 2 \(4 notes\); give another"),
        (list(range(60, 69)), r"got 9 \(9 notes\); give a shorter"),
    ],
)
def test_tunes_that_an_array_cannot_hold_are_refused(notes, message):
    with pytest.raises(StreamError, match=message):
        positions("mine", notes)


def test_the_notes_in_random_order_say_nothing_of_the_tune():
    drawn = scattered(positions()).draw(70_000, np.random.default_rng(0))
    steps = (drawn[1:] - drawn[:-1]) % 8
    counts = np.bincount(steps, minlength=8)
    assert counts[0] == 0
    assert counts[1:] == pytest.approx(np.full(7, len(steps) / 7), abs=5 * np.sqrt(len(steps) / 7))


@pytest.mark.parametrize("k", range(3, 9))
def test_a_twin_is_one_round_without_a_step_in_common(k):
    tune = positions("scale", list(range(60, 60 + k)))
    other = twin(tune)
    assert not (other.successor == tune.successor).any()
    at, seen = 0, []
    for _ in range(k):
        seen.append(at)
        at = int(other.successor[at])
    assert at == 0
    assert sorted(seen) == list(range(k))


def test_the_twin_sounds_as_little_like_the_tune_as_can_be():
    """No step from pitch to pitch in common, where some round has none."""
    ode = positions()
    notes = np.array(ode.midi)

    def steps(successor):
        return {(int(notes[k]), int(notes[successor[k]])) for k in range(8)}

    assert not steps(ode.successor) & steps(twin(ode).successor)


def test_whole_rounds_of_the_tune_are_found_from_whichever_note_on():
    heard = np.array([[3, 4, 5, 6, 7, 0, 1, 2, 3, 0], [0, 1, 2, 3, 4, 5, 6, 0, 7, 0]])
    assert rounds_heard(heard, positions()) == 2  # from 3 and from 4
    assert rounds_heard(heard[1:], positions()) == 0


def test_an_answer_is_right_so_far_until_the_first_mistake():
    runs = np.array([[[0, 1, 2, 3, 0], [0, 1, 2, 0, 1]], [[0, 2, 3, 0, 1], [2, 3, 0, 2, 3]]], np.int8)
    right = right_so_far(runs, np.array([1, 2, 3, 0]))
    assert right.tolist() == [
        [[True] * 4, [True, True, False, False]],
        [[False] * 4, [True, True, False, False]],
    ]
