"""Streams: levels against closed forms, draws against the law, refusals with advice."""

import numpy as np
import pytest

from brainwright.signal import StreamError, SymbolStream, cycle, make_stream, rule, tune
from brainwright.signal.streams import from_classes
from brainwright.signal.tune import TUNES, midi_number


@pytest.mark.parametrize("k", range(3, 9))
def test_a_cycle_is_fully_predictable(k):
    s = cycle(k)
    assert s.entropy_rate_bits == 0
    assert s.bayes_log_score_bits == 0
    assert s.bayes_ceiling == pytest.approx(1)
    assert s.constant_hit == pytest.approx(1 / k)
    assert s.constant_level == s.chance == 1 / k
    assert s.successor.tolist() == [*range(1, k), 0]


@pytest.mark.parametrize("k", [3, 6, 8])
@pytest.mark.parametrize("jump", [0.0, 0.2, 0.7])
def test_a_rule_with_jumps_has_the_levels_of_its_law(k, jump):
    s = rule(k, jump, seed=3)
    hit, miss = 1 - jump + jump / k, jump / k
    entropy = -hit * np.log2(hit) - ((k - 1) * miss * np.log2(miss) if jump else 0)
    assert s.bayes_ceiling == pytest.approx(hit)
    assert s.entropy_rate_bits == pytest.approx(entropy)
    assert np.allclose(s.marginal, 1 / k)
    orbit = [0]
    while s.successor[orbit[-1]] != 0:
        orbit.append(s.successor[orbit[-1]])
    assert len(orbit) == k  # one cycle through all symbols


def test_a_walk_follows_its_law():
    s = rule(6, 0.2)
    x = s.draw(60_000, np.random.default_rng(0))
    counts = np.zeros((6, 6))
    np.add.at(counts, (x[:-1], x[1:]), 1)
    assert np.abs(counts / counts.sum(axis=1, keepdims=True) - s.transition).max() < 0.015
    assert s.draw(3, np.random.default_rng(0), start=4)[0] == 4


def test_a_pass_wraps_from_every_phase():
    s = tune()
    x = s.draw(40, np.random.default_rng(0), start=5)
    assert (x == np.tile(s.sequence, 4)[5:45]).all()
    phases = {tuple(s.draw(18, np.random.default_rng(i))) for i in range(300)}
    assert len(phases) == 18
    assert s.draw(0, np.random.default_rng(0)).shape == (0,)


@pytest.mark.parametrize("name", TUNES)
def test_a_tune_never_repeats_a_note(name):
    s = tune(name)
    assert 3 <= s.k <= 8
    assert (s.sequence != np.roll(s.sequence, -1)).all()
    assert np.diag(s.transition).sum() == 0
    assert len(set(s.midi)) == s.k
    # in a circular pass the stationary law is the plain frequency
    assert np.allclose(s.marginal, np.bincount(s.sequence) / len(s.sequence))


def test_every_note_of_the_default_tune_has_one_likeliest_successor():
    s = tune()
    best, second = np.sort(s.transition, axis=1)[:, :-3:-1].T
    assert (best - second > 0.2).all()
    # G>D 3 of 4, D>G 4 of 5, B>D, C>A 3 of 3, A>C 2 of 4, F#>A: 14 of 18 steps
    assert s.bayes_ceiling == pytest.approx(14 / 18)
    assert s.constant_level == pytest.approx(2 / 6)
    assert s.constant_hit == pytest.approx(5 / 18)


def test_midi_numbers():
    assert [midi_number(p) for p in ("C4", "A4", "F#5")] == [60, 69, 78]


def test_levels_of_a_small_stream_by_hand():
    s = SymbolStream("hand", ("a", "b", "c"), [0, 1, 0, 2])
    assert s.transition.tolist() == [[0, 0.5, 0.5], [1, 0, 0], [1, 0, 0]]
    assert s.entropy_rate_bits == pytest.approx(0.5)
    assert s.bayes_ceiling == pytest.approx(0.75)
    assert s.constant_hit == pytest.approx(0.5)
    assert s.successor.tolist() == [1, 0, 0]
    assert s.constant_level == pytest.approx(2 / 3)


def test_successor_is_never_the_symbol_itself():
    s = SymbolStream("sticky", ("a", "b", "c"), [0, 0, 0, 1, 1, 1, 2, 2, 2])
    assert s.successor.tolist() == [1, 2, 0]


def test_from_classes_collapses_repeats_and_says_so():
    s = from_classes("x", ("a", "b", "c", "never"), [0, 0, 1, 2] * 6)
    assert s.labels == ("a", "b", "c")
    assert len(s.sequence) == 18
    assert "6 of 24" in s.notes[0]
    wrapped = from_classes("x", ("a", "b", "c"), [0, 1, 2] * 5 + [0])
    assert len(wrapped.sequence) == 15


@pytest.mark.parametrize(
    ("classes", "message"),
    [([], "empty"), ([1] * 50, "constant"), ([0, 1] * 50, "binary"), ([0, 1, 2] * 3, "at least 12")],
)
def test_unusable_classes_are_refused(classes, message):
    with pytest.raises(StreamError, match=message):
        from_classes("x", ("a", "b", "c"), classes)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: cycle(2), "3 to 8"),
        (lambda: rule(9), "3 to 8"),
        (lambda: rule(6, 1.0), "jump"),
        (lambda: tune("elisa"), "did you mean 'elise'"),
        (lambda: SymbolStream("x", ("a", "b", "c"), [0, 1, 0]), "every symbol"),
        (lambda: SymbolStream("x", ("a", "b", "c"), [0, 1, 5]), "symbols 0 to 2"),
        (lambda: SymbolStream("x", ("a", "b", "b"), [0, 1, 2]), "distinct"),
        (lambda: SymbolStream("x", ("a", "b", "c"), [0, 1, 2], np.ones((3, 3))), "summing to 1"),
        (lambda: make_stream("tunes"), "did you mean 'tune'"),
        (lambda: make_stream("text"), "add --text"),
        (lambda: make_stream("csv", csv="a.csv"), "add --column"),
        (lambda: make_stream("tune", text="a.txt"), "--stream text"),
    ],
)
def test_refusals_say_what_to_do(make, message):
    with pytest.raises(StreamError, match=message):
        make()


def test_make_stream_knows_every_kind(tmp_path):
    (tmp_path / "a.txt").write_text("the quick brown fox jumps over the lazy dog " * 3)
    (tmp_path / "a.csv").write_text("x\n" + "\n".join(str(i * 7 % 30) for i in range(60)))
    assert make_stream("tune").name == "nachtmusik"
    assert make_stream("rule", k=5).k == make_stream("cycle", k=5).k == 5
    assert make_stream().name == "nachtmusik"
    assert make_stream(text=tmp_path / "a.txt").name == "a.txt"
    assert make_stream("text", text=tmp_path / "a.txt").name == "a.txt"
    assert make_stream("csv", csv=tmp_path / "a.csv", column="x").name == "a.csv:x"


def test_long_names_of_symbols_become_letters_in_figures():
    stream = tune()
    assert stream.marks == stream.labels
    named = SymbolStream("vowels", ("gap", "front vowel", "stop"), np.array([0, 1, 2] * 4))
    assert named.marks == ("A", "B", "C")
    facts = named.facts()
    assert facts["labels"] == named.labels
    assert facts["chance_bits"] == pytest.approx(-np.log2(3))
    assert facts["successor"].tolist() == [1, 2, 0]
