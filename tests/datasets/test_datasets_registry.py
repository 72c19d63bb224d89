"""The registry, and where files are looked for."""

import gzip
import hashlib
import os
import re

import pytest

from brainwright import datasets
from brainwright.datasets import ChecksumError, Dataset, DatasetError, File, MissingData

HELLO = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
TOY = Dataset("toy/set", "a toy", "nobody", "CC0", "toy", (File("hello.txt", HELLO, 5),), where="the attic")


@pytest.fixture
def empty(tmp_path, monkeypatch):
    monkeypatch.delenv("BRAINWRIGHT_DATA", raising=False)
    monkeypatch.setenv("BRAINWRIGHT_CACHE", str(tmp_path / "cache"))
    return tmp_path


def test_entries_are_complete():
    assert len(set(datasets.names())) == len(datasets.ALL)
    for entry in datasets.ALL:
        assert entry.title
        assert entry.citation
        assert entry.licence
        assert entry.where
        for file in entry.files:
            assert not file.sha256 or re.fullmatch("[0-9a-f]{64}", file.sha256)
            assert file.url.startswith("https://") or not file.url
            assert not file.url or file.sha256


def test_names():
    assert datasets.dataset("LARVA/winding2023").name == "larva/winding2023"
    assert datasets.nearest("larva") == "larva/winding2023"
    assert datasets.nearest("celegans/varshny2011") == "celegans/varshney2011"
    assert datasets.nearest("zzzzzz") is None
    with pytest.raises(DatasetError, match="did you mean 'hemibrain'"):
        datasets.dataset("hemibrian")
    with pytest.raises(DatasetError, match="data list"):
        datasets.dataset("zzzzzz")


def test_missing_says_what_and_where_in_one_line(empty):
    with pytest.raises(MissingData) as caught:
        datasets.require(TOY, TOY.files[0])
    line = str(caught.value)
    assert "\n" not in line
    assert str(empty / "cache" / "toy" / "hello.txt") in line
    assert "5 bytes" in line
    assert "the attic" in line
    assert isinstance(caught.value, FileNotFoundError)


def test_named_folders_win_over_the_cache(empty, monkeypatch):
    for place in ("cache/toy", "mine/toy", "flat"):
        (empty / place).mkdir(parents=True)
    (empty / "cache/toy/hello.txt").write_text("hello")
    assert datasets.require(TOY, TOY.files[0]) == empty / "cache/toy/hello.txt"
    (empty / "mine/toy/hello.txt").write_text("hello")
    monkeypatch.setenv("BRAINWRIGHT_DATA", str(empty / "mine"))
    assert datasets.require(TOY, TOY.files[0]) == empty / "mine/toy/hello.txt"
    (empty / "flat/hello.txt").write_text("hello")
    monkeypatch.setenv("BRAINWRIGHT_DATA", f"{empty / 'nothing'}{os.pathsep}{empty / 'flat'}")
    assert datasets.require(TOY, TOY.files[0]) == empty / "flat/hello.txt"


def test_wrong_bytes_are_refused(empty, monkeypatch):
    (empty / "hello.txt").write_text("hullo")
    monkeypatch.setenv("BRAINWRIGHT_DATA", str(empty))
    with pytest.raises(ChecksumError, match="expected sha256 2cf24dba5fb0"):
        datasets.require(TOY, TOY.files[0])


def test_embedded_file():
    content = datasets.embedded("celegans_varshney2011.json")
    assert len(content["cells"]["id"]) == 279
    assert "PLoS Comput Biol 7:e1001066" in content["provenance"]["citation"]


def test_data_is_loaded_by_name():
    assert datasets.load("digits").train_inputs.shape == (1437, 64)
    with pytest.raises(DatasetError, match=r"Connectome\.load\('celegans/varshney2011'\) reads a wiring"):
        datasets.load("celegans/varshney2011")
    with pytest.raises(DatasetError, match="did you mean 'digits'"):
        datasets.load("digit")


PACKED = File("images.gz", hashlib.sha256(b"hello").hexdigest(), 5, packed=True)


@pytest.mark.parametrize("level", [1, 9])
def test_a_packed_file_is_known_by_what_it_unpacks_to(empty, monkeypatch, level):
    entry = Dataset("toy", "t", "c", "l", "toy", (PACKED,), also=("OTHER/raw",))
    monkeypatch.setenv("BRAINWRIGHT_DATA", str(empty))
    plain, packed = empty / "OTHER/raw/images", empty / "toy/images.gz"
    for path, content in ((plain, b"hello"), (packed, gzip.compress(b"hello", level, mtime=level))):
        path.parent.mkdir(parents=True)
        path.write_bytes(content)
        assert datasets.require(entry, PACKED) == path
    for wrong in (gzip.compress(b"hullo"), gzip.compress(b"hello")[:-9], b"hullo"):
        packed.write_bytes(wrong)
        with pytest.raises(ChecksumError, match="expected sha256 2cf24dba5fb0"):
            datasets.require(entry, PACKED)
