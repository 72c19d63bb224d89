"""Any file as a wiring: one small graph out of every format, and what was guessed stands in the notes."""

import gzip
import zipfile

import networkx
import numpy as np
import pandas as pd
import pytest
from scipy import io, sparse

from brainwright.cli import connectome as verb
from brainwright.connectome import Connectome, ConnectomeError

NAMES = ["AVA", "AVB", "PVC", "DVA"]
WEIGHTS = np.array([[0, 2, 0, 1], [3, 0, 0, 0], [0, 4, 0, 0], [0, 0, 5, 0]])
"""Entry [i, j] is from j onto i."""
TRUTH = {(NAMES[j], NAMES[i], int(WEIGHTS[i, j])) for i, j in zip(*np.nonzero(WEIGHTS), strict=True)}
EDGES = pd.DataFrame(sorted(TRUTH), columns=["source", "target", "synapses"])


def edges_of(wiring: Connectome) -> set:
    rows = wiring.synapses[["pre", "post", "count"]].itertuples(index=False)
    return {(str(pre), str(post), int(count)) for pre, post, count in rows}


def labelled(sep=",", corner=""):
    lines = [sep.join([corner, *NAMES])]
    lines += [sep.join([name, *map(str, row)]) for name, row in zip(NAMES, WEIGHTS, strict=True)]
    return "\n".join(lines) + "\n"


def centres():
    return "\n".join(f"{name} {k} 0.5 -1" for k, name in enumerate(NAMES))


def write_tvb(path, folder=""):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"{folder}weights.txt", "\n".join(" ".join(map(str, row)) for row in WEIGHTS))
        archive.writestr(f"{folder}centres.txt", centres())
        archive.writestr(f"{folder}tract_lengths.txt", "0 1\n1 0\n")


WRITERS = {
    "edges.csv": lambda path: EDGES.to_csv(path, index=False),
    "edges.tsv": lambda path: EDGES.to_csv(path, index=False, sep="\t"),
    "edges.csv.gz": lambda path: path.write_bytes(gzip.compress(EDGES.to_csv(index=False).encode())),
    "edges.parquet": lambda path: EDGES.to_parquet(path),
    "edges.feather": lambda path: EDGES.to_feather(path),
    "matrix.csv": lambda path: path.write_text(labelled()),
    "matrix.tsv": lambda path: path.write_text(labelled("\t", "post/pre")),
    "matrix.txt": lambda path: path.write_text(labelled(" ", "x")),
    "r.csv": lambda path: path.write_text(labelled().removeprefix(",")),
    "named.npz": lambda path: np.savez(path, w=WEIGHTS, ids=np.array(NAMES), other=np.arange(3)),
    "cells.mat": lambda path: io.savemat(
        path, {"W": WEIGHTS.astype(float), "Neuron_names": np.array(NAMES, object), "n": 4}
    ),
    "sparse.mat": lambda path: io.savemat(
        path, {"A": sparse.csc_matrix(WEIGHTS.astype(float)), "labels": np.array(NAMES)}, do_compression=True
    ),
    "graph.graphml": lambda path: networkx.write_graphml(
        networkx.from_pandas_edgelist(
            EDGES.rename(columns={"synapses": "weight"}), edge_attr="weight", create_using=networkx.DiGraph
        ),
        path,
    ),
    "connectivity_4.zip": write_tvb,
    "nested.zip": lambda path: write_tvb(path, "connectivity/"),
}


@pytest.mark.parametrize("name", WRITERS)
def test_the_same_wiring_out_of_every_format(tmp_path, name):
    WRITERS[name](tmp_path / name)
    wiring = Connectome.load(tmp_path / name)
    assert edges_of(wiring) == TRUTH
    if "edges" not in name and name != "graph.graphml":
        assert any("rows" in note for note in wiring.source.notes)
        assert edges_of(Connectome.load(str(tmp_path / name), rows="pre")) == {(b, a, n) for a, b, n in TRUTH}


def test_positions_of_regions_are_micrometres(tmp_path):
    write_tvb(tmp_path / "c.zip")
    cells = Connectome.load(tmp_path / "c.zip").cells
    assert cells["x_um"].tolist() == [0, 1000, 2000, 3000]


@pytest.mark.parametrize("kind", ["edges", "matrix", "both"])
def test_spreadsheets(tmp_path, kind):
    pytest.importorskip("openpyxl")
    path = tmp_path / "a.xlsx"
    with pd.ExcelWriter(path) as book:
        if kind != "matrix":
            EDGES.to_excel(book, sheet_name="edges", index=False)
        if kind != "edges":
            pd.DataFrame(np.where(WEIGHTS, WEIGHTS, np.nan), NAMES, NAMES).to_excel(book, sheet_name="m")
    if kind == "both":
        with pytest.raises(ConnectomeError, match="one sheet, got edges, m: pass key="):
            Connectome.load(path)
    for key in {"both": ["edges", "m"]}.get(kind, [None]):
        assert edges_of(Connectome.load(path, **({"key": key} if key else {}))) == TRUTH


def test_a_spreadsheet_without_the_extra_says_what_to_install(tmp_path, monkeypatch):
    with zipfile.ZipFile(tmp_path / "a.xlsx", "w"):
        pass
    monkeypatch.setattr("brainwright.connectome.readers.spreadsheet.find_spec", lambda name: None)
    with pytest.raises(ImportError, match=r"brainwright\[xlsx\]"):
        Connectome.load(tmp_path / "a.xlsx")


def test_plain_numbers_are_a_matrix_whose_orientation_is_said(tmp_path):
    np.save(tmp_path / "a.npy", WEIGHTS)
    np.savetxt(tmp_path / "a.csv", WEIGHTS, "%d", ",")
    np.savetxt(tmp_path / "a.txt", WEIGHTS)
    for name in ("a.npy", "a.csv", "a.txt"):
        wiring = Connectome.load(tmp_path / name)
        assert np.array_equal(wiring.weights().toarray(), WEIGHTS)
        assert "orientation guessed" in str(wiring.describe())
        assert "cells are numbered 0 to 3" in str(wiring.describe())
        assert np.array_equal(Connectome.load(tmp_path / name, rows="pre").weights().toarray(), WEIGHTS.T)
    np.save(tmp_path / "s.npy", WEIGHTS + WEIGHTS.T)
    assert "symmetric" in str(Connectome.load(tmp_path / "s.npy").describe())


def test_a_square_that_may_be_a_list_is_a_question(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("0,1,2\n1,2,3\n2,0,1\n")
    with pytest.raises(ConnectomeError, match="pass rows= for a matrix, header=False"):
        Connectome.load(path)
    assert Connectome.load(path, header=False).n_synapses == 6
    assert Connectome.load(path, rows="post").n_synapses == 12


def test_rows_and_columns_with_labels_of_their_own_are_joined(tmp_path):
    (tmp_path / "a.csv").write_text(",a,b,c\nb,0,2,1\nc,3,,0\n")
    wiring = Connectome.load(tmp_path / "a.csv")
    assert edges_of(wiring) == {("b", "b", 2), ("c", "b", 1), ("a", "c", 3)}
    assert "joined into 3 cells" in str(wiring.describe())


def test_undirected_graphs_say_what_became_of_their_edges(tmp_path):
    networkx.write_graphml(networkx.Graph([("a", "b"), ("b", "c")]), tmp_path / "g.graphml")
    wiring = Connectome.load(tmp_path / "g.graphml")
    assert wiring.n_gap_junctions == 2
    assert "undirected='both'" in str(wiring.describe())
    assert Connectome.load(tmp_path / "g.graphml", undirected="both").n_edges == 4


def test_arrays_are_named_where_one_must_be_chosen(tmp_path):
    io.savemat(tmp_path / "a.mat", {"W": WEIGHTS, "D": WEIGHTS, "names": np.array(["x", "y"], object)})
    with pytest.raises(ConnectomeError, match=r"W, D among W \(numbers 4x4\), D .*names \(cell 1x2\).*key="):
        Connectome.load(tmp_path / "a.mat")
    assert Connectome.load(tmp_path / "a.mat", key="W").n_cells == 4
    np.savez(tmp_path / "a.npz", a=WEIGHTS, b=WEIGHTS)
    with pytest.raises(ConnectomeError, match="found a, b among a, b: pass key="):
        Connectome.load(tmp_path / "a.npz")


@pytest.mark.parametrize(
    ("name", "content", "options", "expected"),
    [
        ("none.csv", None, {}, "no such file"),
        ("a.docx", b"x", {}, r"expected a file of \.csv"),
        ("a.parquet", b"x", {"rows": "pre"}, "rows= does not apply"),
        ("a.csv", b"source,target\na,b\n", {"rows": "pre"}, "does not apply to a list of edges"),
        ("a.zip", b"x", {}, "expected a connectivity zip"),
        ("a.npy", b"x", {}, "expected an NPY file"),
        ("a.xlsx", b"x", {}, "spreadsheet"),
        ("m.csv", b";a;b;c;d\na;0;1,5;0;0\nb;0;0;2;0\nc;1;0;0;0\nd;0;0;0;0\n", {}, "'1,5' .*decimal comma"),
        ("m.csv", b",a,b,c,d\na,0,1,0,0\nb,0,0,NA,0\nc,1,0,0,0\nd,0,0,0,0\n", {}, "'NA' in row 3, column 4"),
        ("m.csv", b"# made by x\n,a,b\na,0,1\nb,2,0\n", {}, "got a comment, '# made by x'; remove"),
    ],
)
def test_what_cannot_be_read_is_told_in_one_line(tmp_path, name, content, options, expected):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(ConnectomeError, match=expected) as refused:
        Connectome.load(tmp_path / name, **options)
    assert "\n" not in str(refused.value)


def test_signed_edges_are_described_as_what_they_are():
    mixed = Connectome.from_matrix(np.array([[0, -1, 0], [2, 0, 0], [-3, 1, 0]]))
    shown = str(mixed.describe())
    assert "of single edges: 2 positive, 2 negative; 2 cells send both" in shown
    assert "synapses in magnitude 7" in shown
    assert "every cell sends one sign" in str(Connectome.from_matrix([[0, -1], [2, 0]]).describe())


def test_every_option_that_an_error_advises_is_there(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.csv").write_text("0,1,2\n1,2,3\n2,0,1\n")
    assert verb.main(["show", "a.csv"]) == 1
    assert "pass --rows for a matrix, --no-header for a list" in capsys.readouterr().err
    assert verb.main(["show", "a.csv", "--no-header", "--figure", "none"]) == 0
    (tmp_path / "b.csv").write_text("pre,post,n\n1,2,3\n1,2,3\n")
    assert verb.main(["show", "b.csv", "--count", "n"]) == 1
    assert "pass --duplicates sum" in capsys.readouterr().err
    assert verb.main(["show", "b.csv", "--count", "n", "--duplicates", "sum", "--figure", "none"]) == 0
    assert "synapses 6" in capsys.readouterr().out
    np.savez(tmp_path / "a.npz", a=WEIGHTS, b=WEIGHTS)
    assert verb.main(["show", "a.npz"]) == 1
    assert "pass --key" in capsys.readouterr().err
    assert verb.main(["show", "a.npz", "--key", "b", "--rows", "pre", "--figure", "none"]) == 0
