"""Saving and loading: equal after a round trip, whole or nothing, changes noticed."""

import json

import numpy as np
import pandas as pd
import pytest

from brainwright.connectome import Connectome, ConnectomeError, storage


def wiring() -> Connectome:
    table = pd.DataFrame(
        {
            "pre": ["a", "b", "c"],
            "post": ["b", "c", "a"],
            "count": [2, -3, 1],
            "kind": ["x", "x", "electrical"],
        }
    )
    return Connectome.from_dataframe(
        table, pd.DataFrame({"id": list("abc"), "type": ["T", None, "U"]}), kind="kind"
    )


def test_round_trip(tmp_path):
    first = wiring()
    again = Connectome.load(first.save(tmp_path / "w"))
    pd.testing.assert_frame_equal(first.cells, again.cells)
    pd.testing.assert_frame_equal(first.synapses, again.synapses)
    assert (again.kinds, again.unit, again.source) == (first.kinds, first.unit, first.source)
    header = json.loads((tmp_path / "w" / "connectome.json").read_text())
    assert header["format_version"] == 1
    assert set(header["sha256"]) == {"cells.parquet", "synapses.parquet"}


def test_saving_again_replaces(tmp_path):
    wiring().save(tmp_path / "w")
    wiring().threshold(3).save(tmp_path / "w")
    assert Connectome.load(tmp_path / "w").edges.pre.size == 1
    assert [path.name for path in tmp_path.iterdir()] == ["w"]


def test_a_failed_save_leaves_the_old_one(tmp_path, monkeypatch):
    wiring().save(tmp_path / "w")

    def full_disk(*_):
        raise OSError("no space left")

    monkeypatch.setattr(storage, "_sha256", full_disk)
    with pytest.raises(OSError, match="no space"):
        wiring().threshold(3).save(tmp_path / "w")
    monkeypatch.undo()
    assert Connectome.load(tmp_path / "w").edges.pre.size == 3
    assert [path.name for path in tmp_path.iterdir()] == ["w"]


def test_other_folders_are_not_overwritten(tmp_path):
    (tmp_path / "thesis.tex").write_text("precious")
    with pytest.raises(FileExistsError, match="other files"):
        wiring().save(tmp_path)


def test_changes_are_noticed(tmp_path):
    folder = wiring().save(tmp_path / "w")
    part = folder / "synapses.parquet"
    bytes_ = bytearray(part.read_bytes())
    bytes_[10] ^= 1
    part.write_bytes(bytes_)
    with pytest.raises(ConnectomeError, match="checksum"):
        Connectome.load(folder)
    part.unlink()
    with pytest.raises(ConnectomeError, match="missing"):
        Connectome.load(folder)
    header = json.loads((folder / "connectome.json").read_text())
    (folder / "connectome.json").write_text(json.dumps({**header, "format_version": 99}))
    with pytest.raises(ConnectomeError, match="format version 1, got 99"):
        Connectome.load(folder)
    (folder / "connectome.json").write_text("{")
    with pytest.raises(ConnectomeError, match=r"connectome\.json"):
        Connectome.load(folder)


def test_real_weights_round_trip(tmp_path):
    matrix = np.array([[0, 0.1], [-7e-5, 0]])
    again = Connectome.load(Connectome.from_matrix(matrix).save(tmp_path / "m"))
    assert np.array_equal(again.weights(signs="given").toarray(), matrix)


def test_files_beside_a_saved_connectome_are_not_lost(tmp_path):
    folder = wiring().save(tmp_path / "w")
    (folder / "notes.txt").write_text("mine")
    with pytest.raises(FileExistsError, match=r"notes\.txt"):
        wiring().save(folder)
    assert (folder / "notes.txt").read_text() == "mine"
    with pytest.raises(FileExistsError, match="is a file"):
        wiring().save(folder / "notes.txt")


@pytest.mark.parametrize(
    "change", [{"unit": "real"}, {"kinds": ["x", "electrical"]}, {"source": None}, {"sha256": {}}]
)
def test_a_changed_header_is_noticed(tmp_path, change):
    folder = wiring().save(tmp_path / "w")
    header = json.loads((folder / "connectome.json").read_text())
    (folder / "connectome.json").write_text(json.dumps({**header, **change}))
    with pytest.raises(ConnectomeError, match="was changed"):
        Connectome.load(folder)
