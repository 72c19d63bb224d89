"""The type itself: orientation, kinds, signs, subsets, and what it refuses."""

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from brainwright.connectome import Connectome, ConnectomeError, Edges, signs


def two_kinds() -> Connectome:
    table = pd.DataFrame(
        {
            "pre": ["a", "a", "b", "c", "a", "b", "d", "d"],
            "post": ["b", "c", "a", "a", "b", "c", "d", "a"],
            "count": [3, 1, 2, 5, 4, 2, 7, 1],
            "kind": ["ad", "ad", "ad", "ad", "aa", "electrical", "ad", "electrical"],
        }
    )
    cells = pd.DataFrame({"id": list("abcde"), "pool": ["sensory", "internal", "output", "internal", None]})
    return Connectome.from_dataframe(table, cells, kind="kind")


def test_orientation_of_an_asymmetric_pair():
    wiring = Connectome.from_dataframe(pd.DataFrame({"pre": ["x"], "post": ["y"], "count": [5]}))
    weights = wiring.weights().toarray()
    assert weights[wiring.locate("y")[0], wiring.locate("x")[0]] == 5
    assert weights.sum() == 5
    drive = wiring.weights() @ np.array([1.0, 0.0])  # x fires
    assert drive.tolist() == [0.0, 5.0]


def test_kinds_stay_apart():
    wiring = two_kinds()
    assert (wiring.n_edges, wiring.n_synapses, wiring.n_gap_junctions) == (5, 22, 2)
    assert wiring.weights().toarray()[1, 0] == 7  # both synapse kinds summed
    assert wiring.weights(kind="aa").sum() == 4
    gap = wiring.weights(kind="electrical").toarray()
    assert np.array_equal(gap, gap.T)
    assert gap[1, 2] == gap[2, 1] == 2
    assert gap[3, 0] == 1
    with pytest.raises(ConnectomeError, match="no edges of kind 'dd'"):
        wiring.weights(kind="dd")
    with pytest.raises(ConnectomeError, match="no sign"):
        wiring.weights(signs=np.ones(5), kind="electrical")


@pytest.mark.parametrize("format", ["csr", "csc", "coo"])
def test_formats_agree(format):
    wiring = two_kinds()
    matrix = wiring.weights(format=format)
    assert matrix.format == format
    assert np.array_equal(matrix.toarray(), wiring.weights().toarray())


def test_weights_are_copies():
    wiring = two_kinds()
    wiring.weights(format="csc").data[:] = 0
    assert wiring.n_synapses == 22
    with pytest.raises(ValueError, match="read-only"):
        wiring.edges.count[0] = 9


def test_cells_cannot_be_changed_from_outside():
    wiring = two_kinds()
    cells = wiring.cells
    cells["pool"] = "gone"
    cells.loc[:, "id"] = "gone"
    assert wiring.cells["pool"].iloc[0] == "sensory"
    assert wiring.ids.tolist() == list("abcde")


def test_signs_belong_to_the_presynaptic_cell():
    wiring = two_kinds()
    values = np.array([1, -1, 0.5, 1, 1])
    unsigned, signed = wiring.weights().toarray(), wiring.weights(signs=values).toarray()
    assert np.array_equal(signed, unsigned * values[None, :])
    with pytest.raises(ConnectomeError, match="one sign per cell"):
        wiring.weights(signs=np.ones(3))
    with pytest.raises(ConnectomeError, match="decide what unknown cells get"):
        wiring.weights(signs=np.full(5, np.nan))


def test_signed_matrix_comes_back():
    matrix = np.array([[0, -2.5, 1], [0.25, 0, 0], [3, 0, -1]])
    wiring = Connectome.from_matrix(matrix)
    assert wiring.unit == "real"
    assert np.array_equal(wiring.weights(signs="given").toarray(), matrix)
    assert np.array_equal(wiring.weights().toarray(), np.abs(matrix))
    assert np.array_equal(
        Connectome.from_matrix(matrix, rows="pre").weights(signs="given").toarray(), matrix.T
    )
    assert signs.dale_violations(wiring).tolist() == [2]
    with pytest.raises(ConnectomeError, match="both signs"):
        signs.Given()(wiring)


def test_subset_pools_threshold_and_kinds():
    wiring = two_kinds().with_pool("mine", ["a", "e"])
    assert {name: cells.tolist() for name, cells in wiring.pools.items()} == {
        "sensory": [0],
        "internal": [1, 3],
        "output": [2],
        "mine": [0, 4],
    }
    small = wiring.subset(["c", "a"])
    assert small.ids.tolist() == ["a", "c"]
    assert small.weights().toarray().tolist() == [[0, 5], [1, 0]]
    assert np.array_equal(wiring.subset(where="pool == 'internal'").ids, ["b", "d"])
    assert wiring.threshold(3).n_synapses == 19
    assert wiring.without_autapses().n_synapses == 15
    assert wiring.of_kind("aa", "ad").kinds == ("aa", "ad")
    assert wiring.of_kind("aa", "ad").weights(kind="aa").sum() == 4
    merged = wiring.merge_parallel()
    assert merged.kinds == ("chemical", "electrical")
    assert (merged.n_edges, merged.n_synapses, merged.n_gap_junctions) == (5, 22, 2)
    assert merged.edges_of("chemical").pre.size == 5


def test_relabel():
    wiring = two_kinds()
    assert wiring.relabel({"a": "z"}).ids.tolist() == ["z", "b", "c", "d", "e"]
    assert wiring.relabel(str.upper).ids.tolist() == list("ABCDE")
    assert wiring.relabel(range(5)).ids.tolist() == [0, 1, 2, 3, 4]
    with pytest.raises(ConnectomeError, match="more than once"):
        wiring.relabel(lambda name: "same")
    with pytest.raises(ConnectomeError, match="expected 5 new ids"):
        wiring.relabel(range(4))


def test_hops_and_components_agree_with_networkx():
    rng = np.random.default_rng(3)
    matrix = (rng.random((60, 60)) < 0.03).astype(int)
    wiring = Connectome.from_matrix(matrix)
    graph = nx.from_numpy_array(matrix.T, create_using=nx.DiGraph)
    expected = np.full(60, -1)
    for cell, distance in nx.multi_source_dijkstra_path_length(graph, {0, 7}, weight=None).items():
        expected[cell] = distance
    assert wiring.hops([0, 7]).tolist() == expected.tolist()
    assert wiring.hops([0, 7], [5, 9]).tolist() == expected[[5, 9]].tolist()
    for connection, components in (
        ("weak", nx.weakly_connected_components(graph)),
        ("strong", nx.strongly_connected_components(graph)),
    ):
        assert wiring.largest_component(connection).n_cells == max(map(len, components))


def test_networkx_both_ways():
    wiring = two_kinds()
    graph = wiring.to_networkx()
    assert graph["a"]["b"]["ad"]["weight"] == 3
    assert graph["c"]["b"]["electrical"]["weight"] == graph["b"]["c"]["electrical"]["weight"] == 2
    back = Connectome.from_networkx(nx.DiGraph([("a", "b", {"weight": 2}), ("b", "a", {"weight": 1})]))
    assert back.weights().toarray().tolist() == [[0, 1], [2, 0]]
    undirected = Connectome.from_networkx(nx.Graph([(0, 1, {"weight": 2})]))
    assert undirected.n_gap_junctions == 1
    assert undirected.weights().toarray().tolist() == [[0, 2], [2, 0]]


def test_equal_synapse_tables_after_pandas_round_trip():
    wiring = two_kinds()
    cells, synapses = wiring.to_pandas()
    again = Connectome.from_dataframe(synapses, cells, kind="kind")
    pd.testing.assert_frame_equal(again.synapses, synapses)


@pytest.mark.parametrize(
    ("matrix", "message"),
    [
        (np.zeros((2, 3)), "square"),
        (np.array([[0, np.nan], [1, 0]]), "NaN"),
        (np.array([[0, np.inf], [1, 0]]), "infinity"),
    ],
)
def test_bad_matrices(matrix, message):
    with pytest.raises(ConnectomeError, match=message):
        Connectome.from_matrix(matrix)


def test_declared_counts():
    with pytest.raises(ConnectomeError, match="declared counts"):
        Connectome.from_matrix(np.array([[0, 1.5], [0, 0]]), unit="count")
    with pytest.raises(ConnectomeError, match="declared counts"):
        Connectome.from_matrix(np.array([[0, -1], [0, 0]]), unit="count")
    assert Connectome.from_matrix(np.array([[0, 2.0], [0, 0]]), unit="count").n_synapses == 2
    assert Connectome.from_matrix(sparse.csr_array(np.array([[0, 2], [1, 0]]))).unit == "count"


def test_hand_made_nonsense_is_refused():
    cells = pd.DataFrame({"id": [1, 2]})
    one, kind = np.array([0], np.int32), np.zeros(1, np.uint8)
    with pytest.raises(ConnectomeError, match="outside the 2 cells"):
        Connectome(cells, Edges(one, one + 5, one + 1, kind))
    with pytest.raises(ConnectomeError, match="above zero"):
        Connectome(cells, Edges(one, one, one, kind))
    with pytest.raises(ConnectomeError, match="within \\[-1, 1\\]"):
        Connectome(cells.assign(sign=[2, 0]), Edges(one, one, one + 1, kind))


def test_describe_counts_by_hand():
    summary = two_kinds().describe()
    assert (summary.n_edges, summary.n_autapses, summary.n_gap_junctions) == (5, 1, 2)
    assert summary.density == pytest.approx(4 / 20)
    assert summary.reciprocity == pytest.approx(1.0)  # a↔b and a↔c
    assert summary.largest_weak == 4
    assert summary.pools == {"sensory": 1, "internal": 2, "output": 1}
    assert "gap junctions    2" in str(summary)


def test_figure(tmp_path):
    figure = two_kinds().plot(tmp_path / "figure.png")
    assert len(figure.axes) == 3
    assert (tmp_path / "figure.png").read_bytes().startswith(b"\x89PNG")
    assert [path.name for path in tmp_path.iterdir()] == ["figure.png"]


def test_networkx_gives_back_kinds_signs_and_gap_junctions():
    edges = pd.DataFrame(
        [("a", "b", -3, "ad"), ("b", "a", 2, "aa"), ("c", "b", 2, "electrical"), ("c", "c", 4, "electrical")],
        columns=["pre", "post", "count", "kind"],
    )
    first = Connectome.from_dataframe(edges, kind="kind")
    again = Connectome.from_networkx(first.to_networkx())
    pd.testing.assert_frame_equal(first.synapses, again.synapses)
    assert again.weights(kind="electrical").toarray().tolist() == [[0, 0, 0], [0, 0, 2], [0, 2, 4]]


def test_narrowing_to_nothing_and_bad_queries():
    none = two_kinds().subset(where=[])
    assert none.n_cells == none.largest_component().n_cells == 0
    for where in ("colour == 'red'", "id", [0.5]):
        with pytest.raises(ConnectomeError, match="query"):
            two_kinds().subset(where=where)
    with pytest.raises(ConnectomeError, match="no cells"):
        none.plot()


def test_with_edges_leaves_the_arrays_to_their_owner():
    own = Edges(*(np.array(x, t) for x, t in (([0], "i4"), ([1], "i4"), ([2], "i4"), ([0], "u1"))))
    wiring = Connectome.from_matrix(np.eye(2)).with_edges(own)
    own.count[0] = 9
    assert wiring.n_synapses == 2


def test_a_policy_replaces_the_signs_of_edges():
    wiring = Connectome.from_matrix([[0, -2], [1, 0]]).signed(signs.Unsigned())
    assert wiring.weights(signs="given").toarray().tolist() == [[0, 2], [1, 0]]
    assert wiring.of_kind("chemical").source.notes[-1] == "kinds chemical of chemical"


def test_adjacency_shows_gap_junctions_in_both_directions():
    edges = pd.DataFrame({"pre": [0], "post": [2], "count": [1], "kind": ["electrical"]})
    wiring = Connectome.from_dataframe(edges, pd.DataFrame({"id": range(3)}), kind="kind")
    image = wiring.plot().axes[0].images[0].get_array()
    assert image[0, 2] > 0
    assert image[2, 0] > 0


def test_figure_formats_are_told(tmp_path):
    with pytest.raises(ConnectomeError, match=r"\.png"):
        two_kinds().plot(tmp_path / "figure.txt")
    assert not list(tmp_path.iterdir())
