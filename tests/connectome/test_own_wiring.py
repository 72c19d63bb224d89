"""A wiring of one's own, made ready for an experiment: what the file does not say is drawn and said."""

import numpy as np
import pandas as pd
import pytest

from brainwright.connectome import Connectome
from brainwright.connectome.own import own_wiring
from brainwright.errors import UserError


def table(tmp_path, n=40):
    rng = np.random.default_rng(0)
    pre, post = np.nonzero(rng.random((n, n)) < 0.1)
    rows = [f"{a},{b},{1 + a % 3}" for a, b in zip(pre, post, strict=True)]
    (tmp_path / "own.csv").write_text("\n".join(["pre,post,count", *rows]))
    return tmp_path / "own.csv"


def test_what_a_file_does_not_say_is_drawn_and_said(tmp_path):
    wiring = own_wiring(table(tmp_path), seed=3)
    driven, read = wiring.pools["sensory"], wiring.pools["output"]
    assert len(driven) == len(read) == 4
    assert not set(driven) & set(read)
    signs = wiring.cells["sign"].to_numpy()[np.concatenate([driven, read])]
    assert set(signs) == {-1.0, 1.0}, "pools are drawn apart from signs"
    assert (wiring.cells["sign"] < 0).sum() == 12
    assert any("4 cells each drawn (seed 3) that are driven and read" in note for note in wiring.source.notes)
    assert not (wiring.edges.pre == wiring.edges.post).any()
    assert np.array_equal(own_wiring(table(tmp_path), seed=3).pools["output"], read)


def test_what_it_says_is_kept(tmp_path):
    whole = Connectome.load(table(tmp_path))
    whole = whole.with_cells(sign=1.0).with_pool("sensory", whole.ids[:3]).with_pool("output", whole.ids[5:7])
    whole.save(tmp_path / "saved")
    wiring = own_wiring(tmp_path / "saved")
    assert wiring.pools["sensory"].tolist() == [0, 1, 2]
    assert wiring.pools["output"].tolist() == [5, 6]
    assert (wiring.cells["sign"] == 1).all()


@pytest.mark.parametrize("name", ["signed.csv", "signed.parquet"])
@pytest.mark.parametrize("words", [{1: 1, -1: -1}, {1: "exc", -1: "Inhibitory"}, {1: 1, -1: 1}])
def test_a_column_of_signs_is_read_and_none_are_drawn(tmp_path, name, words):
    edges = pd.read_csv(table(tmp_path)).assign(nt_type="GABA", sign=lambda table: 1 - 2 * (table.pre % 2))
    truth = {
        (pre, post): count * (-1 if words[sign] in (-1, "Inhibitory") else 1)
        for pre, post, count, sign in edges[["pre", "post", "count", "sign"]].to_numpy().tolist()
    }
    edges["sign"] = edges["sign"].map(words)
    path = tmp_path / name
    edges.to_csv(path, index=False) if path.suffix == ".csv" else edges.to_parquet(path)
    wiring = own_wiring(path, seed=3)
    weights = wiring.weights("given").toarray()
    place = {cell: k for k, cell in enumerate(wiring.ids)}
    for (pre, post), weight in truth.items():
        if pre != post:
            assert weights[place[post], place[pre]] == weight
    assert wiring.is_signed
    assert "sign" not in wiring.cells
    notes = " ".join(wiring.source.notes)
    assert "signs of the edges out of 'sign'" in notes
    assert "columns not read: nt_type" in notes


@pytest.mark.parametrize("sign", [0, 0.5, None, "maybe", True])
def test_a_column_that_holds_no_signs_is_said_to_be_unread(tmp_path, sign):
    edges = pd.read_csv(table(tmp_path)).assign(sign=sign)
    edges.to_parquet(tmp_path / "edges.parquet")
    wiring = Connectome.load(tmp_path / "edges.parquet")
    assert not wiring.is_signed
    assert "column 'sign' not read: expected 1 or -1 in every row, got" in " ".join(wiring.source.notes)


def test_signs_and_negative_weights_must_agree():
    edges = pd.DataFrame({"pre": [1, 2, 3], "post": [2, 3, 1], "weight": [-2.0, 3, 0], "sign": [-1, 1, -1]})
    assert Connectome.from_dataframe(edges).weights("given").sum() == 1
    with pytest.raises(UserError, match="differ from column 'sign' in 1 rows, first in row 2: expected magn"):
        Connectome.from_dataframe(edges.assign(sign=[-1, -1, 1]))


def test_too_little_is_refused(tmp_path):
    (tmp_path / "few.csv").write_text("pre,post\n1,2\n2,3\n")
    with pytest.raises(UserError, match="expected 20 cells or more with synapses, got 3"):
        own_wiring(tmp_path / "few.csv")
