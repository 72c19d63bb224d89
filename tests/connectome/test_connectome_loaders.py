"""Data sets by name: published counts where the files are here; the shape of every format on small files."""

import gzip
import json
import os
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from brainwright import datasets
from brainwright.connectome import Connectome, ConnectomeError, signs
from brainwright.connectome.loaders import flywire, larva, neuprint, optic_lobe
from brainwright.connectome.source import Source
from brainwright.connectome.statistics import reciprocity, spectral_radius
from brainwright.datasets import MissingData


def real(name: str, **options) -> Connectome:
    try:
        return Connectome.load(name, **options)
    except MissingData as missing:
        pytest.skip(str(missing))


def test_built_in_worm_offline(monkeypatch):
    monkeypatch.setenv("BRAINWRIGHT_DATA", os.devnull)
    worm = Connectome.load("celegans/varshney2011")
    assert (worm.n_cells, worm.n_edges, worm.n_synapses, worm.n_gap_junctions) == (279, 2_194, 6_394, 517)
    assert worm.weights(kind="chemical").sum() == 6_394
    gap = worm.weights(kind="electrical")
    assert (gap != gap.T).nnz == 0
    assert worm.edges_of("electrical").count.sum() == 890
    assert worm.pools.keys() == {"sensory", "internal", "output"}
    assert signs.transmitters(worm).value_counts().to_dict() == {
        "ACH": 150,
        "GLUT": 69,
        "GABA": 31,
        "DA": 8,
        "BET": 2,
        "OCT": 2,
    }
    avar, avbr = worm.locate(["AVAR", "AVBR"])
    assert worm.weights()[avar, avbr] > 0
    assert "to be confirmed" in worm.source.licence


def test_built_in_worm_equals_the_independent_table():
    table = datasets.dataset("celegans/cook2019")
    path = datasets.find(table, table.files[0])
    if path is None:
        pytest.skip(datasets.missing_line(table, table.files[0]))
    rows = pd.read_parquet(path).query("dataset == 'Varshney' and synclass == 'Generic_CS'")
    worm = Connectome.load("celegans/varshney2011")
    rows = rows[rows["pre"].isin(worm.ids) & rows["post"].isin(worm.ids)]
    ours = worm.of_kind("chemical").synapses
    assert sorted(zip(rows["pre"], rows["post"], rows["weight"].astype(int), strict=True)) == sorted(
        zip(ours["pre"], ours["post"], ours["count"], strict=True)
    )


@pytest.mark.parametrize(
    ("name", "edges", "synapses"),
    [("cook2019", 3_709, 20_965), ("witvliet2021-8", 1_933, 7_099)],
)
def test_worms_of_the_table(name, edges, synapses):
    worm = real(f"celegans/{name}")
    assert (worm.n_edges, worm.n_synapses) == (edges, synapses)
    assert worm.n_gap_junctions == np.count_nonzero(np.triu(worm.weights(kind="electrical").toarray()))


@pytest.mark.parametrize("name", [n for n in datasets.names() if n.startswith("celegans/")])
def test_every_worm_loads(name):
    if name == "celegans/calcium_dag2023":
        with pytest.raises(ConnectomeError, match="holds no wiring"):
            Connectome.load(name)
        return
    worm = real(name)
    assert worm.n_edges > 100
    assert worm.source.citation


def test_larva_from_the_original_zip():
    brain = real("larva/winding2023")
    assert (brain.n_cells, brain.n_edges, brain.n_synapses) == (2_952, 110_677, 352_611)
    counts = {kind: (brain.of_kind(kind).n_edges, brain.of_kind(kind).n_synapses) for kind in brain.kinds}
    assert counts == {
        "ad": (63_545, 234_958),
        "aa": (40_636, 90_800),
        "da": (3_722, 6_438),
        "dd": (9_019, 20_415),
    }
    autapses = brain.edges.take(brain.edges.pre == brain.edges.post)
    assert autapses.count.sum() == 783
    assert spectral_radius(brain.weights(kind="ad")) == pytest.approx(105.97, abs=0.005)
    assert spectral_radius(brain.of_kind("ad").without_autapses().weights()) == pytest.approx(
        105.96, abs=0.005
    )
    assert spectral_radius(brain.weights()) == pytest.approx(297.14, abs=0.005)
    assert reciprocity(brain.of_kind("ad").without_autapses()) == pytest.approx(0.033, abs=0.001)
    assert brain.of_kind("ad").largest_component("strong").n_cells == 2_282
    types = brain.cells["type"].value_counts()
    assert (types["sensory"], types["KC"], types["DN-SEZ"] + types["RGN"]) == (430, 144, 218)
    assert brain.cells["type"].isna().sum() == 346
    sensory = brain.pools["sensory"]
    assert brain.weights(kind="ad")[sensory].sum() == 0  # sensory cells receive no axo-dendritic input
    assert (
        Connectome.load("larva/winding2023", kinds=("ad",), outputs=("DN-SEZ", "RGN")).pools["output"].size
        == 218
    )


def test_larva_equals_the_tidy_table():
    brain = real("larva/winding2023")
    tidy = next(
        (folder / "larva_winding2023" / "edges.parquet" for folder in datasets.data_folders()), Path("absent")
    )
    if not tidy.exists():
        pytest.skip("no tidy table beside the zip")
    table = pd.read_parquet(tidy)
    for kind in brain.kinds:
        expected = table[table[kind] > 0].sort_values(["pre", "post"])
        ours = brain.of_kind(kind).synapses
        assert np.array_equal(ours["pre"], expected["pre"])
        assert np.array_equal(ours["post"], expected["post"])
        assert np.array_equal(ours["count"], expected[kind])


def write_zip(
    path: Path,
    matrices: dict,
    annotations="left_id,right_id,celltype,additional_annotations,level_7_cluster\n",
):
    with zipfile.ZipFile(path, "w") as archive:
        for kind, (ids, matrix) in matrices.items():
            text = pd.DataFrame(matrix, index=ids, columns=ids).to_csv()
            archive.writestr(f"S1/{kind}_connectivity_matrix.csv", text)
        archive.writestr("S1/annotations.csv", annotations)
    return path


def test_larva_rows_of_different_order(tmp_path):
    first = ([30, 10, 20], np.array([[0.0, 5, 0], [0, 0, 0], [0, 1, 0]]))
    second = ([10, 20, 30], np.array([[0.0, 0, 0], [0, 0, 0], [2, 0, 0]]))
    rest = ([20, 10, 30], np.zeros((3, 3)))
    path = write_zip(
        tmp_path / "a.zip",
        {"ad": first, "aa": second, "da": rest, "dd": rest},
        "left_id,right_id,celltype,additional_annotations,level_7_cluster\n10,20,sensory,smell,1\n"
        "30,no pair,RGN,x,2\n",
    )
    brain = larva.read_zip(path)
    table = brain.synapses
    assert list(zip(table["pre"], table["post"], table["count"], table["kind"], strict=True)) == [
        (20, 10, 1, "ad"),
        (30, 10, 5, "ad"),
        (30, 10, 2, "aa"),
    ]
    assert brain.cells["partner"].tolist() == [20, 10, -1]
    assert brain.cells["pool"].tolist() == ["sensory", "sensory", "output"]


def test_wrong_zips(tmp_path):
    good, other = ([1, 2], np.zeros((2, 2))), ([1, 3], np.zeros((2, 2)))
    rest = {"aa": good, "da": good, "dd": good}
    for matrices, message in (
        (rest, "expected one ad_connectivity_matrix.csv"),
        ({"ad": good, **rest, "dd": other}, "mixed matrices"),
        ({"ad": ([1, 2], np.array([[0, 0.5], [0, 0]])), **rest}, "whole synapse counts"),
        ({"ad": ([1, 1], np.zeros((2, 2))), **rest}, "twice|whole|ids"),
    ):
        with pytest.raises(ConnectomeError, match=message):
            larva.read_zip(write_zip(tmp_path / "w.zip", matrices))
    (tmp_path / "broken.zip").write_bytes((tmp_path / "w.zip").read_bytes()[:200])
    with pytest.raises(ConnectomeError, match="readable zip"):
        larva.read_zip(tmp_path / "broken.zip")


def test_mushroom_body():
    body = real("flywire/mushroom_body")
    assert (body.n_cells, body.n_edges) == (5_836, 53_162)
    classes = body.cells["class"].to_numpy()
    assert pd.Series(classes).value_counts().to_dict() == {
        "Kenyon_Cell": 5_153,
        "DAN": 301,
        "ALPN": 284,
        "MBON": 94,
        "MBIN": 4,
    }
    for pre, post, edges, synapses in (
        ("ALPN", "Kenyon_Cell", 22_177, 364_078),
        ("Kenyon_Cell", "MBON", 25_932, 178_068),
        ("DAN", "MBON", 866, 24_894),
    ):
        block = body.edges.take((classes[body.edges.pre] == pre) & (classes[body.edges.post] == post))
        assert (block.pre.size, block.count.sum()) == (edges, synapses)
    assert "not for commercial use" in body.source.licence


def test_optic_lobe():
    lobe = real("flyvis/optic_lobe")
    assert (lobe.n_cells, lobe.n_edges) == (45_669, 1_357_269)
    assert lobe.cells["type"].nunique() == 65
    assert (lobe.cells["type"] == "L1").sum() == 721
    column = real("flyvis/optic_lobe", extent=0)
    assert column.n_cells == 65
    assert real("flyvis/optic_lobe", extent=3, fill=1.0).n_edges > real("flyvis/optic_lobe", extent=3).n_edges


def test_unrolling_by_hand(tmp_path):
    spec = {
        "nodes": [{"name": "A", "pattern": ["stride", [1, 1]]}, {"name": "B", "pattern": ["stride", [2, 1]]}],
        "edges": [{"src": "A", "tar": "B", "alpha": -1, "offsets": [[[1, 0], 3], [[0, 0], 2]]}],
        "input_units": ["A"],
        "output_units": ["B"],
    }
    path = tmp_path / "f.json"
    path.write_text(json.dumps(spec))
    wiring = optic_lobe.read(path, extent=1)
    cells, table = wiring.cells.set_index("id"), wiring.synapses
    assert (cells["type"] == "A").sum() == 7
    assert (cells["type"] == "B").sum() == 3  # u = 0 only
    moves = {
        (
            int(cells.loc[r.post, "u"] - cells.loc[r.pre, "u"]),
            int(cells.loc[r.post, "v"] - cells.loc[r.pre, "v"]),
            float(c),
            int(s),
        )
        for r, c, s in zip(table.itertuples(), table["count"], table["sign"], strict=True)
    }
    assert moves == {(1, 0, 3.0, -1), (0, 0, 2.0, -1)}
    path.write_text("{}")
    with pytest.raises(ConnectomeError, match="filter file"):
        optic_lobe.read(path)


def shiu_table(path: Path, ids: np.ndarray) -> Path:
    pre, post = np.array([0, 0, 2, 3]), np.array([1, 2, 0, 1])
    count, sign = np.array([5, 7, 9, 1]), np.array([1, 1, -1, 1])
    pd.DataFrame(
        {
            "Presynaptic_ID": ids[pre],
            "Postsynaptic_ID": ids[post],
            "Presynaptic_Index": pre,
            "Postsynaptic_Index": post,
            "Connectivity": count,
            "Excitatory": sign,
            "Excitatory x Connectivity": count * sign,
        }
    ).to_parquet(path)
    return path


def test_whole_brain_table_of_shiu(tmp_path, monkeypatch):
    ids = 720575940596125868 + np.arange(4)
    folder = tmp_path / "flywire_783"
    folder.mkdir()
    path = shiu_table(folder / "Connectivity_783.parquet", ids)
    pd.DataFrame({"Unnamed: 0": ids, "Completed": True}).to_csv(folder / "Completeness_783.csv", index=False)
    monkeypatch.setenv("BRAINWRIGHT_DATA", str(tmp_path))
    brain = Connectome.load("flywire/783")
    assert brain.ids.tolist() == ids.tolist()
    assert brain.weights(signs=np.nan_to_num(brain.cells["sign"])).toarray().tolist() == [
        [0, 0, -9, 0],
        [5, 0, 0, 1],
        [7, 0, 0, 0],
        [0, 0, 0, 0],
    ]
    assert not brain.is_signed
    with pytest.raises(ConnectomeError, match="different versions"):
        flywire.read(path, ids[::-1])
    with pytest.raises(ConnectomeError, match="beyond the 3 cells"):
        flywire.read(path, ids[:3])


def test_annotations_join(tmp_path):
    from brainwright.connectome.loaders.annotations import JOINED, codex_tables, flywire_783
    from brainwright.connectome.loaders.common import file_named

    entry = datasets.dataset("flywire/annotations")
    for name in (JOINED, "neurons.csv.gz", "classification.csv.gz"):
        if datasets.find(entry, file_named(entry, name)) is None:
            pytest.skip(datasets.missing_line(entry, file_named(entry, name)))

    table = flywire_783()
    assert len(table) == 139_255
    assert table["transmitter"].value_counts().to_dict() == {
        "ACH": 82_298,
        "GLUT": 19_605,
        "GABA": 16_017,
        "SER": 1_021,
        "DA": 584,
        "OCT": 72,
    }
    assert table["pool"].value_counts().to_dict() == {"internal": 118_464, "sensory": 19_300, "output": 1_491}
    offered = codex_tables(entry).set_index("id").loc[table["id"]]  # what Codex offers says the same
    for column in ("transmitter", "class", "sub_class_of", "hemilineage", "side", "pool"):
        assert (offered[column].fillna("") == table.set_index("id")[column].fillna("")).all(), column
    ids = table["id"].to_numpy()[:4]
    brain = flywire.read(shiu_table(tmp_path / "c.parquet", ids), ids, table)
    assert brain.cells["type"].tolist() == table["type"].tolist()[:4]
    whole = Connectome.from_dataframe(pd.DataFrame({"pre": ids[:1], "post": ids[1:2]}), table)
    three = [signs.ByTransmitter(name, unknown=0)(whole).values for name in ("fly", "shiu", "flygm")]
    assert [int((values < 0).sum()) for values in three] == [35_622, 35_622, 16_017]
    expected = signs.FromProbabilities("expected", unknown=0)(whole)
    assert expected.coverage["labelled"] == pytest.approx(0.929, abs=0.002)
    assert expected.coverage["low_confidence"] == pytest.approx(0.14, abs=0.005)


def test_codex_tables(tmp_path, monkeypatch):
    folder = tmp_path / "flywire_codex"
    folder.mkdir()
    rows = "pre_root_id,post_root_id,neuropil,syn_count,nt_type\n1,2,AL,3,ACH\n1,2,LH,4,ACH\n2,3,AL,1,GABA\n"
    (folder / "connections_princeton.csv.gz").write_bytes(gzip.compress(rows.encode()))
    (folder / "neurons.csv.gz").write_bytes(gzip.compress(b"root_id,nt_type\n1,ACH\n2,GABA\n4,ACH\n"))
    (folder / "classification.csv.gz").write_bytes(
        gzip.compress(b"root_id,flow,super_class,side\n1,afferent,sensory,left\n")
    )
    monkeypatch.setenv("BRAINWRIGHT_DATA", str(tmp_path))
    brain = Connectome.load("flywire/codex")
    assert brain.ids.tolist() == [1, 2, 3, 4]
    assert (brain.n_edges, brain.n_synapses) == (2, 8)
    assert brain.cells["transmitter"].tolist()[:2] == ["ACH", "GABA"]
    assert brain.pools["sensory"].tolist() == [0]
    assert Connectome.load("flywire/codex", min_count=5).n_edges == 1


def test_a_mushroom_body_is_cut_from_codex_tables(tmp_path, monkeypatch):
    folder = tmp_path / "flywire_codex"
    folder.mkdir()
    rows = "pre_root_id,post_root_id,neuropil,syn_count\n1,2,CA,3\n2,3,MB,4\n2,4,MB,9\n3,2,MB,2\n"
    (folder / "connections_princeton.csv.gz").write_bytes(gzip.compress(rows.encode()))
    monkeypatch.setenv("BRAINWRIGHT_DATA", str(tmp_path))
    monkeypatch.setenv("BRAINWRIGHT_CACHE", str(tmp_path / "none"))
    with pytest.raises(datasets.MissingData, match=r"classification\.csv\.gz"):
        Connectome.load("flywire/mushroom_body")
    (folder / "classification.csv.gz").write_bytes(
        gzip.compress(
            b"root_id,flow,super_class,class\n1,intrinsic,central,ALPN\n2,intrinsic,central,Kenyon_Cell\n"
            b"3,intrinsic,central,MBON\n4,intrinsic,optic,\n"
        )
    )
    body = Connectome.load("flywire/mushroom_body")
    assert body.cells["class"].tolist() == ["ALPN", "Kenyon_Cell", "MBON"]
    assert body.cells["pool"].tolist() == ["sensory", "internal", "output"]
    assert body.synapses[["pre", "post", "count"]].to_numpy().tolist() == [[1, 2, 3], [2, 3, 4], [3, 2, 2]]


def test_neuprint_exports(tmp_path, monkeypatch):
    folder = tmp_path / "hemibrain"
    folder.mkdir()
    (folder / "traced-total-connections.csv").write_text(
        "bodyId_pre,bodyId_post,weight\n11,12,4\n12,11,1\n11,99,5\n"
    )
    (folder / "traced-neurons.csv").write_text("bodyId,type,instance\n11,KC,KC_R\n12,MBON,MBON_R\n")
    monkeypatch.setenv("BRAINWRIGHT_DATA", str(tmp_path))
    brain = Connectome.load("hemibrain")
    assert (brain.n_cells, brain.n_edges, brain.n_synapses) == (2, 2, 5)
    assert brain.cells["type"].tolist() == ["KC", "MBON"]
    assert any(note.startswith("1 rows to bodies") for note in brain.source.notes)
    edges = pd.DataFrame({"body_pre": [1, 2], "body_post": [2, 1], "weight": [8, 2]})
    assert neuprint.build(edges, pd.DataFrame({"id": [1, 2]}), Source(), min_count=5).n_synapses == 8


def test_unknown_names():
    with pytest.raises(ConnectomeError, match="did you mean 'larva/winding2023'"):
        Connectome.load("larva")
    assert Connectome.load("synthetic/fly_like", n_cells=2_000, n_edges=30_000, seed=2).n_edges == 30_000


def test_zips_with_wrong_annotations_or_a_password(tmp_path):
    matrix = ([1, 2], np.zeros((2, 2)))
    path = write_zip(tmp_path / "w.zip", dict.fromkeys(larva.KINDS, matrix))
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    table = next(name for name in members if name.endswith("annotations.csv"))
    head = ",".join(larva.ANNOTATIONS)
    for text, message in (("", "readable"), ("left_id\n1\n", "celltype"), (f"{head}\nfoo,2,KC,x,3\n", "ids")):
        with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
            for name, content in {**members, table: text}.items():
                archive.writestr(name, content)
        with pytest.raises(ConnectomeError, match=message):
            larva.read_zip(tmp_path / "x.zip")
    locked = bytearray(path.read_bytes())
    locked[6] |= 1
    locked[locked.find(b"PK\1\2") + 8] |= 1
    (tmp_path / "locked.zip").write_bytes(locked)
    with pytest.raises(ConnectomeError, match="encrypted"):
        larva.read_zip(tmp_path / "locked.zip")


@pytest.mark.parametrize("name", ["banc", "celegans/cook2019"])
def test_tables_with_other_columns(tmp_path, monkeypatch, name):
    monkeypatch.setenv("BRAINWRIGHT_DATA", str(tmp_path))
    entry = datasets.dataset(name)
    for file in entry.files:
        path = tmp_path / entry.folder / file.name
        path.parent.mkdir(exist_ok=True)
        if path.suffix == ".parquet":
            pd.DataFrame({"foo": [1]}).to_parquet(path)
        else:
            path.write_bytes(gzip.compress(b"root_id,bar\n1,2\n"))
    with pytest.raises(ConnectomeError, match=r"foo|bar"):
        Connectome.load(name)


def test_annotations_are_proven(tmp_path, monkeypatch):
    monkeypatch.setenv("BRAINWRIGHT_DATA", str(tmp_path))
    pd.DataFrame({"root_id": [1]}).to_parquet(tmp_path / "neurons_v783.parquet")
    with pytest.raises(datasets.ChecksumError):
        flywire.flywire_783()
