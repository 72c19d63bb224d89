"""A wiring of one's own, made ready for an experiment: what the file does not say is drawn and said."""

import numpy as np
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


def test_too_little_is_refused(tmp_path):
    (tmp_path / "few.csv").write_text("pre,post\n1,2\n2,3\n")
    with pytest.raises(UserError, match="expected 20 cells or more with synapses, got 3"):
        own_wiring(tmp_path / "few.csv")
