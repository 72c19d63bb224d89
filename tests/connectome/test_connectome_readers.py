"""Readers: every format gives the same wiring; bad input gives a clear error and nothing else."""

import gzip

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy import sparse

from brainwright.connectome import Connectome, ConnectomeError
from brainwright.connectome.readers.columns import resolve

TABLE = pd.DataFrame({"source": [10, 10, 30], "target": [20, 30, 10], "weight": [3, 1, 2]})
WEIGHTS = [[0, 0, 2], [3, 0, 0], [1, 0, 0]]


def write(path, text: str):
    path.write_text(text)
    return path


def test_every_table_format_gives_the_same_wiring(tmp_path):
    TABLE.to_csv(tmp_path / "a.csv", index=False)
    TABLE.to_csv(tmp_path / "a.tsv", index=False, sep="\t")
    TABLE.to_csv(tmp_path / "a.csv.gz", index=False)
    TABLE.to_csv(tmp_path / "a.txt", index=False, sep=" ")
    TABLE.to_parquet(tmp_path / "a.parquet")
    TABLE.to_feather(tmp_path / "a.feather")
    read = [Connectome.from_csv(tmp_path / f"a.{suffix}") for suffix in ("csv", "tsv", "csv.gz", "txt")]
    read += [Connectome.from_parquet(tmp_path / f"a.{suffix}") for suffix in ("parquet", "feather")]
    read.append(Connectome.from_dataframe(TABLE, pre="source", post="target", count="weight"))
    for wiring in read:
        assert wiring.weights().toarray().tolist() == WEIGHTS
        assert wiring.ids.tolist() == [10, 20, 30]
    assert "columns guessed: pre='source', post='target', count='weight'" in read[0].source.notes
    assert read[-1].source.notes == ()


def test_without_header(tmp_path):
    path = write(tmp_path / "edges.txt", "1 2 5\n2 1 1\n")
    assert Connectome.from_csv(path, header=False).n_synapses == 6
    with pytest.raises(ConnectomeError, match="header=False"):
        Connectome.from_csv(write(tmp_path / "edges.csv", "1,2,5\n2,1,1\n"))
    assert Connectome.from_csv(tmp_path / "edges.csv", header=False).n_synapses == 6


def test_named_columns_and_cells(tmp_path):
    path = write(tmp_path / "x.csv", "n,from,to,junk\n2,a,b,q\n1,b,a,r\n")
    cells = write(tmp_path / "cells.csv", "name,type\na,T1\nb,T2\nc,T1\n")
    wiring = Connectome.from_csv(path, pre="from", post="to", count="n", cells=cells)
    assert wiring.cells["type"].tolist() == ["T1", "T2", "T1"]
    assert wiring.weights().toarray().tolist() == [[0, 1, 0], [2, 0, 0], [0, 0, 0]]


def test_matrices_and_npz(tmp_path):
    dense = np.array([[0, 2], [1, 0]])
    np.savez(tmp_path / "dense.npz", weights=dense, ids=np.array(["p", "q"]))
    sparse.save_npz(tmp_path / "sparse.npz", sparse.csr_matrix(dense))
    np.savez(tmp_path / "objects.npz", weights=np.array([[None, 1], [2, 3]], object))
    assert Connectome.from_npz(tmp_path / "dense.npz").ids.tolist() == ["p", "q"]
    assert np.array_equal(Connectome.from_npz(tmp_path / "sparse.npz").weights().toarray(), dense)
    with pytest.raises(ConnectomeError, match="allow_pickle"):
        Connectome.from_npz(tmp_path / "objects.npz")
    labelled = pd.DataFrame(dense, index=["p", "q"], columns=["p", "q"])
    assert Connectome.from_matrix(labelled).ids.tolist() == ["p", "q"]
    with pytest.raises(ConnectomeError, match="labels differ"):
        Connectome.from_matrix(labelled[["q", "p"]])


def test_graphml(tmp_path):
    nx.write_graphml(nx.DiGraph([("a", "b", {"weight": 4})]), tmp_path / "g.graphml")
    assert Connectome.from_graphml(tmp_path / "g.graphml").weights().toarray().tolist() == [[0, 0], [4, 0]]
    with pytest.raises(ConnectomeError, match="GraphML"):
        Connectome.from_graphml(write(tmp_path / "bad.graphml", "<graphml><oops>"))
    bomb = '<!DOCTYPE a [<!ENTITY b "cc">]><graphml>&b;</graphml>'
    with pytest.raises(ConnectomeError, match="entities"):
        Connectome.from_graphml(write(tmp_path / "bomb.graphml", bomb))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "empty"),
        ("\n\n", "empty first line"),
        ("pre,post,count\n", "at least one row"),
        ("pre,post,count\n1,2\n", "readable table"),
        ("pre,post,count\n1,2,3\n1,2,4\n", "repeated edges"),
        ("pre,post,count\n1,,3\n", "missing"),
        ("pre,post,count\n1,2,\n", "missing"),
        ("pre,post,count\n1,2,nan\n", "missing"),
        ("pre,post,count\n1,2,many\n", "expected numbers"),
        ("pre,post,count\n1,2,inf\n", "finite"),
        ("pre,post,count\n7.205759406e17,2,1\n", "beyond 2\\^53"),
        ("pre,post,count\n1.5,2,1\n", "whole ids"),
        ("pre,post,count\na,2,1\n", "use one type"),
        ("pre,pre,count\n1,2,1\n", "presynaptic|postsynaptic|repeat"),
        ("one,two,three\n1,2,1\n", "cannot tell which column"),
        ("pre,post,count\n1,2,99999999999\n", "exceeds"),
    ],
)
def test_bad_text(tmp_path, text, message):
    with pytest.raises(ConnectomeError, match=message):
        Connectome.from_csv(write(tmp_path / "bad.csv", text))


def test_bad_files(tmp_path):
    whole = gzip.compress(("pre,post,count\n" + "".join(f"{i},{i + 1},1\n" for i in range(9999))).encode())
    (tmp_path / "cut.csv.gz").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ConnectomeError, match=r"cut\.csv\.gz"):
        Connectome.from_csv(tmp_path / "cut.csv.gz")
    (tmp_path / "line.csv").write_bytes(b"a" * (2**20 + 5))
    with pytest.raises(ConnectomeError, match="longer than"):
        Connectome.from_csv(tmp_path / "line.csv")
    (tmp_path / "later.csv").write_bytes(b"pre,post,count\n1,2," + b"3" * (40 << 20) + b"\n")
    with pytest.raises(ConnectomeError):
        Connectome.from_csv(tmp_path / "later.csv")
    (tmp_path / "binary.csv").write_bytes(bytes(range(256)))
    with pytest.raises(ConnectomeError):
        Connectome.from_csv(tmp_path / "binary.csv")
    (tmp_path / "bad.parquet").write_bytes(b"PAR1 nothing PAR1")
    with pytest.raises(ConnectomeError, match="Parquet"):
        Connectome.from_parquet(tmp_path / "bad.parquet")
    pd.DataFrame({"pre": [1, None], "post": [2, 3], "count": [1, 1]}).astype({"pre": "Int64"}).to_parquet(
        tmp_path / "null.parquet"
    )
    with pytest.raises(ConnectomeError, match="missing"):
        Connectome.from_parquet(tmp_path / "null.parquet")
    (tmp_path / "bad.npz").write_bytes(b"PK\x03\x04 broken")
    with pytest.raises(ConnectomeError, match="NPZ"):
        Connectome.from_npz(tmp_path / "bad.npz")
    for read in (Connectome.from_csv, Connectome.from_parquet, Connectome.from_npz, Connectome.from_graphml):
        with pytest.raises(FileNotFoundError):
            read(tmp_path / "absent")


def test_unknown_cells_and_large_ids():
    cells = pd.DataFrame({"root_id": [720575940596125868, 720575940596125869]})
    edges = pd.DataFrame({"pre": [720575940596125868], "post": [720575940596125869], "count": [1]})
    wiring = Connectome.from_dataframe(edges, cells)
    assert wiring.ids.tolist() == [720575940596125868, 720575940596125869]
    with pytest.raises(ConnectomeError, match=r"belong to no cell \(7\)"):
        Connectome.from_dataframe(edges.assign(pre=7), cells)
    with pytest.raises(ConnectomeError, match="beyond 2\\^53"):
        Connectome.from_dataframe(edges.assign(pre=edges["pre"].astype(float)), cells)
    with pytest.raises(ConnectomeError, match="more than once"):
        Connectome.from_dataframe(edges, pd.concat([cells, cells]))


def test_duplicates_can_be_summed():
    edges = pd.DataFrame({"pre": [1, 1], "post": [2, 2], "count": [3, 4]})
    wiring = Connectome.from_dataframe(edges, duplicates="sum")
    assert (wiring.n_edges, wiring.n_synapses) == (1, 7)
    cancelled = Connectome.from_dataframe(edges.assign(count=[3, -3]), duplicates="sum")
    assert cancelled.n_edges == 0


def test_zero_weights_are_dropped_and_said():
    wiring = Connectome.from_dataframe(pd.DataFrame({"pre": [1, 2], "post": [2, 1], "count": [0, 4]}))
    assert wiring.n_edges == 1
    assert any("weight 0 dropped" in note for note in wiring.source.notes)


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        (
            ["pre_root_id", "post_root_id", "neuropil", "syn_count"],
            ("pre_root_id", "post_root_id", "syn_count"),
        ),
        (["bodyId_pre", "bodyId_post", "weight"], ("bodyId_pre", "bodyId_post", "weight")),
        ([":START_ID(Body-ID)", "from", "to", "n_syn"], ("from", "to", "n_syn")),
        (["Source", "Target"], ("Source", "Target", None)),
    ],
)
def test_guessed_columns(columns, expected):
    assert resolve(columns)[:3] == expected


EDGES = st.lists(
    st.tuples(st.integers(-(2**62), 2**62), st.integers(-(2**62), 2**62), st.integers(1, 1000)),
    min_size=1,
    max_size=40,
    unique_by=lambda edge: edge[:2],
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(edges=EDGES, delimiter=st.sampled_from([",", "\t", ";"]), packed=st.booleans())
def test_any_edge_list_survives_the_text_reader(tmp_path, edges, delimiter, packed):
    text = "pre,post,count\n".replace(",", delimiter) + "".join(
        delimiter.join(map(str, edge)) + "\n" for edge in edges
    )
    path = tmp_path / ("f.csv.gz" if packed else "f.csv")
    path.write_bytes(gzip.compress(text.encode()) if packed else text.encode())
    table = Connectome.from_csv(path).synapses
    assert sorted(zip(table["pre"], table["post"], table["count"], strict=True)) == sorted(edges)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    junk=st.one_of(
        st.binary(max_size=400),
        st.text(max_size=300).map(str.encode),
        st.text(alphabet='pre,ost\n0123456789.-e\t "ncu', max_size=200).map(
            lambda text: b"pre,post,count\n" + text.encode()
        ),
    )
)
def test_junk_is_refused_or_read_but_never_crashes(tmp_path, junk):
    (tmp_path / "junk").write_bytes(junk)
    for read in (Connectome.from_csv, Connectome.from_parquet, Connectome.from_npz):
        try:
            wiring = read(tmp_path / "junk")
        except ConnectomeError:
            continue
        assert wiring.n_cells >= 1


@settings(max_examples=60, deadline=None)
@given(values=st.lists(st.lists(st.integers(-5, 5), min_size=4, max_size=4), min_size=4, max_size=4))
def test_any_signed_matrix_comes_back(values):
    matrix = np.array(values)
    wiring = Connectome.from_matrix(matrix)
    assert np.array_equal(wiring.weights(signs="given" if wiring.is_signed else None).toarray(), matrix)
    assert wiring.n_edges == np.count_nonzero(matrix)


def test_text_that_is_not_utf8_below_the_header(tmp_path):
    (tmp_path / "latin.csv").write_bytes(b"pre,post,count\na,b,3\n\xe9,b,4\n")
    with pytest.raises(ConnectomeError, match="UTF-8"):
        Connectome.from_csv(tmp_path / "latin.csv")


def test_endless_lines_below_the_header(tmp_path):
    (tmp_path / "long.txt").write_bytes(b"pre post\na " + b"b" * 2**21 + b"\n")
    with pytest.raises(ConnectomeError, match="longer than"):
        Connectome.from_csv(tmp_path / "long.txt")


def test_tables_of_mixed_or_numbered_columns():
    unnamed = Connectome.from_dataframe(pd.DataFrame([[1, 2, 3]]), pre=0, post=1, count=2)
    assert unnamed.n_synapses == 3
    mixed = pd.DataFrame({"pre": ["a"], "post": ["b"], "count": [3]}).astype(object)
    assert Connectome.from_dataframe(mixed).n_synapses == 3
    with pytest.raises(ConnectomeError, match="DataFrame"):
        Connectome.from_dataframe([("a", "b", 3)])
    with pytest.raises(ConnectomeError, match="signs"):
        Connectome.from_dataframe(mixed, pd.DataFrame({"id": ["a", "b"], "sign": ["+", "-"]}))


def test_two_to_the_53_may_have_been_another_id():
    with pytest.raises(ConnectomeError, match="beyond 2\\^53"):
        Connectome.from_dataframe(pd.DataFrame({"pre": [float(2**53)], "post": [1.0]}))


@pytest.mark.parametrize("matrix", [[[1, 2], [3]], [["a", "b"], ["c", "d"]]])
def test_matrices_without_numbers(matrix):
    with pytest.raises(ConnectomeError, match="matrix of numbers"):
        Connectome.from_matrix(matrix)
    assert Connectome.from_matrix(pd.DataFrame([[0, 1], [2, 0]], dtype=object)).n_synapses == 3
    with pytest.raises(ConnectomeError, match="'id' column"):
        Connectome.from_matrix(np.eye(2), cells=pd.DataFrame({"name": ["a", "b"]}))
