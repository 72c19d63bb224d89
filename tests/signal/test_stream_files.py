"""Streams from files: text and tables."""

import numpy as np
import pytest

from brainwright.signal import StreamError, csv_column, text
from brainwright.signal.text import LABELS, letter_classes


def names(content: str) -> list[str]:
    return [LABELS[i] for i in letter_classes(content)]


def test_letters_fall_into_their_classes():
    assert names("map ") == ["nasal", "back vowel", "stop", "gap"]
    assert names("É") == names("e") == ["front vowel"]
    assert names("Онегин") == ["back vowel", "nasal", "front vowel", "stop", "front vowel", "nasal"]
    assert names("λογος") == ["liquid", "back vowel", "stop", "back vowel", "fricative"]
    assert names("мой") == ["nasal", "back vowel", "liquid"]  # й is no accented и
    assert names("e\u0301ﬁ") == ["front vowel", "fricative", "front vowel"]
    assert names("don't") == names("dont")
    assert names("語1") == ["other letter", "gap"]


def test_every_letter_of_the_known_alphabets_has_a_class():
    alphabets = "abcdefghijklmnopqrstuvwxyzαβγδεζηθικλμνξοπρστυφχψωабвгдеёжзийклмнопрстуфхцчшщыэюя"
    assert not {"gap", "other letter"} & set(names(alphabets))


def test_a_text_becomes_a_stream_without_repeats(tmp_path):
    path = tmp_path / "onegin.txt"
    path.write_text("Мой дядя самых честных правил,\nКогда не в шутку занемог, " * 4, "utf-8")
    s = text(path)
    assert (s.sequence != np.roll(s.sequence, -1)).all()
    assert "gap" in s.labels
    assert "collapsed" in s.notes[0]
    assert s.chance < s.bayes_ceiling < 1
    assert 0 < s.entropy_rate_bits < np.log2(s.k)


def test_letters_of_other_alphabets_are_a_class_unless_rare(tmp_path):
    (tmp_path / "a.txt").write_text("the quick brown fox 語 " * 9, "utf-8")
    many = text(tmp_path / "a.txt")
    assert "other letter" in many.labels
    (tmp_path / "b.txt").write_text("the quick brown fox " * 9 + "語", "utf-8")
    few = text(tmp_path / "b.txt")
    assert "other letter" not in few.labels
    assert "1 letters of unknown alphabets count as gap" in few.notes


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "empty"),
        (b" \n ", "empty"),
        (b"caf\xe9 au lait", "byte 0xe9 at position 3"),
        (b"12 34 56", "with letters"),
        (b"map", "at least 12"),
        (b"aaaa", "constant"),
        (b"banana", "at least 12"),
        (b"nananana", "binary"),
    ],
)
def test_unusable_texts_are_refused(tmp_path, content, message):
    path = tmp_path / "x.txt"
    path.write_bytes(content)
    with pytest.raises(StreamError, match=message):
        text(path)


def test_missing_files_are_refused(tmp_path):
    with pytest.raises(StreamError, match="No such file"):
        text(tmp_path / "none.txt")
    with pytest.raises(StreamError, match="readable CSV"):
        csv_column(tmp_path, "x")


def write(tmp_path, values, header="t,x", separator=","):
    rows = [f"{i}{separator}{v}" for i, v in enumerate(values)]
    path = tmp_path / "data.csv"
    path.write_text("\n".join([header.replace(",", separator), *rows]) + "\n", "utf-8")
    return path


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_quantiles_make_classes_of_equal_size(tmp_path, separator):
    values = np.random.default_rng(0).permutation(600)
    s = csv_column(write(tmp_path, values, separator=separator), "x", k=5)
    assert s.k == 5
    assert s.labels[0].startswith("below")
    assert np.allclose(s.marginal, 0.2, atol=0.03)
    # the same classes by hand
    by_hand = values // 120
    collapsed = by_hand[np.append(True, np.diff(by_hand) != 0)]
    assert (s.sequence == collapsed[: len(s.sequence)]).all()


def test_ties_are_declared(tmp_path):
    s = csv_column(write(tmp_path, [1, 2, 3, 4, 3, 2] * 10), "x", k=8)
    assert s.k < 8
    assert "ties" in s.notes[0]


def test_close_edges_get_distinct_labels(tmp_path):
    values = 1e6 + np.random.default_rng(0).permutation(90) * 1e-3
    assert len(set(csv_column(write(tmp_path, values), "x", k=6).labels)) == 6


@pytest.mark.parametrize(
    ("values", "column", "message"),
    [
        ([1.0] * 50, "x", "constant"),
        ([0, 1] * 50, "x", "binary"),
        ([1, 2, 3], "x", "at least"),
        ([1, "nan", 3], "x", "line 3.*finite number.*'nan'"),
        ([1, "", 3], "x", "line 3"),
        ([1, "red"], "x", "'red'"),
        ([], "x", "rows below"),
        ([1, 2], "xs", "did you mean 'x'"),
        ([1, 2], "voltage", "its columns are: t, x"),
    ],
)
def test_unusable_columns_are_refused(tmp_path, values, column, message):
    with pytest.raises(StreamError, match=message):
        csv_column(write(tmp_path, values), column)


def test_an_empty_table_is_refused(tmp_path):
    (tmp_path / "e.csv").write_text("")
    with pytest.raises(StreamError, match="empty"):
        csv_column(tmp_path / "e.csv", "x")
    with pytest.raises(StreamError, match="3 to 8"):
        csv_column(tmp_path / "e.csv", "x", k=9)
