"""Edge lists and cell tables as people write them: blanks, marks, leading zeros, commas. Neighbours of faults
reported in motif.gl (136) and networkx (7462)."""

import gzip

import numpy as np
import pandas as pd
import pytest

from brainwright.connectome import Connectome, ConnectomeError
from brainwright.connectome.edges import Edges


def read(tmp_path, text, name="edges.csv", **options):
    (tmp_path / name).write_bytes(gzip.compress(text.encode()) if name.endswith("gz") else text.encode())
    return Connectome.from_csv(tmp_path / name, **options)


def edges(wiring):
    return sorted(map(tuple, wiring.synapses[["pre", "post", "count"]].values.tolist()))


RING = [("A", "B", 1), ("B", "C", 2), ("C", "A", 3)]


@pytest.mark.parametrize("name", ["edges.csv", "edges.csv.gz"])
@pytest.mark.parametrize(
    "text",
    [
        "pre, post, weight\nA, B, 1\nB, C, 2\nC, A, 3\n",
        "weight,post,pre\n1,B,A\n2,C,B\n3,A,C\n",
        ",pre,post,weight\n0,A,B,1\n1,B,C,2\n2,C,A,3\n",
        "pre;post;weight\nA;B;1\nB;C;2\nC;A;3\n",
        "pre\tpost\tweight\tremark\r\nA\tB\t1\t\r\nB\tC\t2\tx\r\nC\tA\t3\t\r\n",
        "\ufeffpre,post,weight\nA,B,1\nB,C,2\nC,A,3\n",
        '"pre","post","weight"\n"A"," B","1"\n"B ","C",2\nC,A, 3 \n',
        "pre post weight\nA B 1\nB C 2\nC A 3\n",
        "  pre  post   weight \n A  B 1\nB  C\t2  \nC A 3",
        "\ufeffpre post weight\r\nA B 1\r\nB C 2\r\nC A 3\r\n",
        "pre,post,weight,a,b\nA,B,1,x,1_0\nB,C,2,y,0x1\nC,A,3,,\n",
    ],
)
def test_a_ring_is_a_ring_however_it_is_written(tmp_path, text, name):
    wiring = read(tmp_path, text, name)
    assert edges(wiring) == RING
    assert wiring.describe().strong_components == 1


@pytest.mark.parametrize(
    ("pre", "post", "ids"),
    [
        (("007", "7"), ("7", "8"), ["007", "7", "8"]),
        (("7", "8"), ("007", "7"), ["007", "7", "8"]),  # where any column has one, all are text
        (("0x10", "16"), ("a", "b"), ["0x10", "16", "a", "b"]),
        (("1_0", "10"), ("b", "c"), ["10", "1_0", "b", "c"]),
        (("1e3", "x3"), ("b", "1000"), ["1000", "1e3", "b", "x3"]),
        (("true", "false"), ("b", "c"), ["b", "c", "false", "true"]),
        (("2020-01-02", "2020-01-03"), ("b", "c"), ["2020-01-02", "2020-01-03", "b", "c"]),
        (("18446744073709551615", "9"), ("9", "10"), ["10", "18446744073709551615", "9"]),
        (("7", "-8"), ("10", "9"), [-8, 7, 9, 10]),
    ],
)
@pytest.mark.parametrize("mark", [",", " "])
def test_cells_that_are_written_differently_are_never_one(tmp_path, pre, post, ids, mark):
    rows = "".join(f"{a},{b},1\n" for a, b in zip(pre, post, strict=True))
    wiring = read(tmp_path, ("pre,post,weight\n" + rows).replace(",", mark))
    assert wiring.ids.tolist() == ids


def test_ids_of_edges_are_looked_up_as_they_are_written(tmp_path):
    (tmp_path / "cells.csv").write_text("id,type\n7,a\n8,b\n")
    with pytest.raises(ConnectomeError, match=r"ids in 'pre' are names \(007\)"):
        read(tmp_path, "pre,post,weight\n007,8,1\n", cells=tmp_path / "cells.csv")
    (tmp_path / "cells.csv").write_text(" id , type \n 007 , x y \n 8 , \n7,z\n")
    wiring = read(tmp_path, "pre,post,weight\n007,8,1\n8,7,2\n", cells=tmp_path / "cells.csv")
    assert edges(wiring) == [("007", "8", 1), ("8", "7", 2)]
    assert wiring.cells["type"].tolist()[::2] == ["x y", "z"]
    wiring = read(tmp_path, "pre,post,weight\n8,7,2\n", cells=tmp_path / "cells.csv")
    assert edges(wiring) == [("8", "7", 2)]
    numbered = Connectome.from_dataframe(pd.DataFrame({"pre": [7], "post": [8]}))
    assert numbered.locate(["7"]).tolist() == [0]
    for odd in ("007", "7_0", "0x7", "7.0", " 7"):
        with pytest.raises(ConnectomeError, match="are names"):
            numbered.locate([odd])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("pre,post,weight\nA,B,1\nB,C,2,5\n", "a row of 4 cells under a header of 3.*comma"),
        ("pre post weight\nA B 1\nB C 2 5\n", "a row of 4 cells under a header of 3"),
        ("pre,post,weight\n1,A,B,1\n2,B,C,2\n", "a row of 4 cells under a header of 3"),
        ("pre;post;weight\nA;B;1,5\n", "text such as '1,5'; a decimal comma"),
        ('pre,post,weight\nA,B,"1,5"\n', "a decimal comma"),
        ("pre,post,weight\nA,B,1\nA,C,0x10\n", "expected numbers in 'weight', got text such as '0x10'"),
        ("pre,post,weight\nA,B,1\nA,C,1_0\n", "text such as '1_0'"),
        ("pre,post,weight\nA,B,0x10\n", "text such as '0x10'"),
        ("pre,post,weight\nA,B,1\nA,C, \n", "1 missing"),
        ("pre,post,weight\nA, ,1\n", "missing"),
        ("pre,post,post,weight\nA,B,C,1\n", "column names repeat: post"),
        ("pre, post,post,weight\nA,B,C,1\n", "column names repeat: post"),
        ("pre,post,weight,weight\nA,B,1,2\n", "column names repeat: weight"),
        ("pre,post\n1e3,1000\n", "written with an exponent, such as 1e3"),
        ("pre,post,count\nA,B,1\nB,A,2\nA,B,3\n", "between cells A and B"),
        ("pre,post,count\n12,7,1\n7,12,1\n12,7,3\n", "between cells 12 and 7"),
        ("1 2 5\n2 1 1\n", "header=False"),
    ],
)
def test_what_no_table_means_is_refused(tmp_path, text, words):
    with pytest.raises(ConnectomeError, match=words):
        read(tmp_path, text)


def test_utf16_is_named(tmp_path):
    (tmp_path / "e.csv").write_bytes("pre,post\nA,B\n".encode("utf-16"))
    with pytest.raises(ConnectomeError, match="UTF-16"):
        Connectome.from_csv(tmp_path / "e.csv")


def test_tables_without_a_header_follow_the_same_rules(tmp_path):
    assert edges(read(tmp_path, "007, 7, 3\n7, 8, 1\n", header=False)) == [("007", "7", 3), ("7", "8", 1)]
    assert edges(read(tmp_path, "1  2\n2  3\n", header=False)) == [(1, 2, 1), (2, 3, 1)]


def test_repeated_edges_of_arrays_are_named_by_id():
    twice = Edges(*(np.array(x, np.int32) for x in ([0, 0], [1, 1], [1, 2])), np.zeros(2, np.uint8))
    with pytest.raises(ConnectomeError, match="between cells 70 and 80"):
        Connectome.build(pd.DataFrame({"id": [70, 80]}), twice)


def test_digits_without_end_and_lines_without_cells_end_in_an_error_of_ours(tmp_path):
    """Found by mutation: Python refuses numbers of thousands of digits, and a first line may hold nothing."""
    long = tmp_path / "long.csv"
    long.write_text(f"pre,post,count\n{'9' * 5000},b,1\n")
    assert Connectome.from_csv(long).ids[0] == "9" * 5000
    long.write_text(f"pre,post,count\na,b,{'9' * 5000}\n")
    with pytest.raises(ConnectomeError):
        Connectome.from_csv(long)
    empty = tmp_path / "empty.csv"
    empty.write_text("\n\n")
    with pytest.raises(ConnectomeError):
        Connectome.from_csv(empty, header=False)
