"""Small text tables: columns by name, blanks, marks, and what is refused with its line. Neighbours of faults
reported in bmtk (183), motif.gl (136) and networkx (7462)."""

import math

import pytest

from brainwright.signal import StreamError
from brainwright.signal.table import read_column
from brainwright.signal.text_table import delimiter_of, number_in, read_text_table


def table(tmp_path, text, encoding="utf-8"):
    (tmp_path / "t.csv").write_bytes(text.encode(encoding))
    return read_text_table(tmp_path / "t.csv", StreamError)


@pytest.mark.parametrize(
    "text",
    [
        "a,x\n1,2.5\n3,4\n",
        "x,a\n2.5,1\n4,3\n",
        ",x,a\n0,2.5,1\n1,4,3\n",
        "a;x\n1;2.5\n3;4\n",
        "a\tx\r\n1\t2.5\r\n3\t4\r\n",
        " a , x \n 1 , 2.5 \n 3 , 4 \n",
        "a,x,remark\n1,2.5\n3,4,\n",
        '"a","x","b,c"\n1,2.5,"1,2"\n3,4,\n',
        "\ufeffa,x\n1,2.5\n3,4\n",
        "a,x\n\n1,2.5\n , \n3,4\n",
    ],
)
def test_a_column_is_the_same_however_the_table_is_written(tmp_path, text):
    assert table(tmp_path, text).numbers("x") == [2.5, 4.0]
    assert read_column(tmp_path / "t.csv", "x").tolist() == [2.5, 4.0]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("x,x\n1,2\n", "column names repeat: x"),
        ("x, x\n1,2\n", "column names repeat: x"),
        ("a,x\n1,2\n1,2,5\n", "line 3: a row of 3 cells under a header of 2.*comma"),
        ("a;x\n1;2,5\n", "line 2: expected a finite number in column 'x', got '2,5'; a decimal comma"),
        ("a;x\n1;1.234,5\n", "a decimal comma"),
        ("a,x\n1,1_0\n", "got '1_0'"),
        ("a,x\n1,0x10\n", "got '0x10'"),
        ("a,x\n1,\n", "got ''"),
        ("a,x\n1\n", "got ''"),
        ("a,x\n1,inf\n", "finite number"),
        ("a,y\n1,2\n", "expected a column named 'x'"),
        ("", "empty"),
        ("\ufeff", "empty"),
    ],
)
def test_what_no_table_means_is_refused(tmp_path, text, words):
    with pytest.raises(StreamError, match=words):
        table(tmp_path, text).numbers("x")


def test_other_encodings_are_named(tmp_path):
    with pytest.raises(StreamError, match="got UTF-16"):
        table(tmp_path, "a,x\n1,2\n", "utf-16")
    with pytest.raises(StreamError, match="got other bytes"):
        table(tmp_path, "a,é\n1,2\n", "latin-1")


def test_missing_numbers_are_nan_only_where_they_may_be(tmp_path):
    assert math.isnan(table(tmp_path, "x\n1\nNA\n").numbers("x", missing=True)[1])
    with pytest.raises(StreamError, match="line 3"):
        table(tmp_path, "x\n1\nNA\n").numbers("x")


def test_names_stay_text(tmp_path):
    assert table(tmp_path, "unit\n007\n7\n0x10\n1_0\n1e3\n").texts("unit") == [
        "007",
        "7",
        "0x10",
        "1_0",
        "1e3",
    ]
    with pytest.raises(StreamError, match="line 3: expected a value in column 'unit', got none"):
        table(tmp_path, "unit,x\n7,1\n ,2\n").texts("unit")


@pytest.mark.parametrize(
    ("header", "mark"), [("a,b", ","), ("a;b", ";"), ('"a,b,c";d', ";"), ("a\tb", "\t"), ("a", ",")]
)
def test_the_delimiter_is_told_from_the_header(header, mark):
    assert delimiter_of(header) == mark


@pytest.mark.parametrize("cell", ["1_0", "0x10", "1,5", "١٢", "one", "", "1 2"])
def test_no_numbers(cell):
    assert number_in(cell) is None
