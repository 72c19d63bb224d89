"""Files come whole or not at all, and what killed writers left is swept."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import brainwright
from brainwright import runs

PACKAGE = Path(brainwright.__file__).parent


@pytest.mark.parametrize("name", ["a.txt", "ä" * 120 + ".txt"])
def test_an_error_leaves_the_file_that_was_there_and_nothing_else(tmp_path, name):
    path = tmp_path / name
    runs.write_text(path, "before")
    with pytest.raises(ZeroDivisionError):
        _half(path)
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]


def _half(path):
    with runs.whole(path) as scratch:
        scratch.write_text("half")
        raise ZeroDivisionError


@pytest.mark.parametrize("durable", [True, False])
def test_only_what_must_last_waits_for_the_disk(tmp_path, durable, monkeypatch):
    waits = []
    monkeypatch.setattr(os, "fsync", waits.append)
    with runs.whole(tmp_path / "a", durable=durable, ending=".nwb") as scratch:
        assert scratch.name == f".a.{os.getpid()}.part.nwb"
        scratch.write_text("all")
    assert (tmp_path / "a").read_text() == "all"
    assert len(waits) == durable


def test_what_killed_writers_left_is_swept_and_what_is_being_written_is_not(tmp_path):
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    long = "x" * 230
    for name in (
        f".a.{gone.pid}.part",
        f".a.{gone.pid}.part.nwb",
        f".{long[:200]}.{gone.pid}.part",
        f".a.{os.getpid()}.part",
        ".a.x.part",
        f".b.{gone.pid}.part",
    ):
        (tmp_path / name).touch()
    runs.sweep(tmp_path / "a")
    runs.sweep(tmp_path / long)
    left = sorted(path.name for path in tmp_path.iterdir())
    assert left == sorted([f".a.{os.getpid()}.part", ".a.x.part", f".b.{gone.pid}.part"])


def test_one_place_gives_files_their_names():
    """The others write through `whole`, which a kill or a full disk cannot leave half done."""
    calls = {
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Attribute) and ast.unparse(node) in ("os.replace", "os.rename")
    }
    assert calls == {"runs/files.py", "tissue/faults/host_process.py"}  # the second is a fault on purpose


def test_sets_of_arrays_that_are_saved_together_come_apart_by_name(tmp_path):
    units = runs.Units(tmp_path)
    sets = {"c": {"x": np.zeros(1), "y: z": np.ones(3)}}
    units.save("one", runs.joined(sets))
    units.save("two", {"d": np.ones(1), "e": np.zeros(1)})
    apart = units.parted(["one"])
    assert apart.keys() == {"c"}
    assert all(np.array_equal(apart["c"][key], values) for key, values in sets["c"].items())
    assert units.several(["two"], ["e"])["two"].keys() == {"e"}
    assert units.several(["two"])["two"].keys() == {"d", "e"}
