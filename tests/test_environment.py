"""Machines as they are: read-only installations, consoles that are not UTF-8, back ends that are absent,
arrays in the other byte order. Neighbours of faults reported in numba (4032, 5566), seqspec (13), nilearn
(223), spinalcordtoolbox (4523) and deeptools (1416)."""

import os
import shutil
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import brainwright
from brainwright import compiled
from brainwright.connectome import Connectome
from brainwright.connectome.edges import Edges
from brainwright.datasets.activity import Activity
from brainwright.network.sparse.pattern import Pattern
from brainwright.runs import provenance
from brainwright.signal import Frames, Recording
from brainwright.simulation.engine import Wiring
from brainwright.tissue import StimulusPlan


def run(code, folder, **changed):
    env = {
        **os.environ,
        "OMP_NUM_THREADS": "1",
        "PYTHONPATH": str(Path(brainwright.__file__).parents[1]),
        **changed,
    }
    done = subprocess.run(
        [sys.executable, "-c", code], env=env, capture_output=True, cwd=folder, timeout=240, check=False
    )
    return done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")


def test_an_installation_that_cannot_be_written_to(tmp_path):
    """Every module with compiled code is imported, some of it runs, and one warning says why it is slow."""
    copy = tmp_path / "brainwright"
    shutil.copytree(Path(brainwright.__file__).parent, copy, ignore=shutil.ignore_patterns("__pycache__"))
    for folder in [copy, *(path for path in copy.rglob("*") if path.is_dir())]:
        (folder / "__pycache__").write_text("")  # a file in the way: no cache can be made, not even by root
    code = """
from brainwright.compiled import cache_folder
import brainwright.connectome.nulls.swap, brainwright.network.sparse.kernels
import brainwright.simulation.engine.kernel, brainwright.tissue.culture.kernel
from brainwright.connectome import Connectome, nulls
worm = Connectome.load("celegans/varshney2011")
print(cache_folder(), brainwright.__file__, nulls.degree_preserving(worm, seed=0).n_edges == worm.n_edges)
"""
    code, out, err = run(
        code,
        tmp_path,
        PYTHONPATH=str(tmp_path),
        PYTHONDONTWRITEBYTECODE="1",
        HOME="/dev/null/none",
        XDG_CACHE_HOME="/dev/null/none",
        NUMBA_CACHE_DIR="",
    )
    assert code == 0, err
    assert out.split() == ["None", str(copy / "__init__.py"), "True"]
    assert err.count("NUMBA_CACHE_DIR") == 1


def test_where_nothing_can_be_kept_it_is_said_once_and_other_faults_pass(monkeypatch):
    def refuse(**options):
        def decorate(function):
            if options.get("cache"):
                raise RuntimeError(f"cannot cache function {function.__name__!r}: no locator available")
            return function

        return decorate

    monkeypatch.setattr(compiled.numba, "njit", refuse)
    compiled._warn_once.cache_clear()
    with pytest.warns(RuntimeWarning, match="NUMBA_CACHE_DIR"):
        first = compiled.njit(cache=True)(len)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        second = compiled.njit(cache=True)(max)
    assert (first("ab"), second(1, 2)) == (2, 2)
    assert compiled.njit(min)(1, 2) == 1
    assert compiled.cache_folder() is None

    def broken(**_):
        raise RuntimeError("no compiler")

    monkeypatch.setattr(compiled.numba, "njit", broken)
    with pytest.raises(RuntimeError, match="no compiler"):
        compiled.njit(cache=True)(len)


def test_the_doctor_looks_at_the_cache(monkeypatch):
    from brainwright.cli import doctor

    well, words = doctor._compiled_code()
    assert well
    assert str(compiled.cache_folder()) in words
    monkeypatch.setattr(compiled, "cache_folder", lambda: None)
    assert doctor._compiled_code() == (False, doctor._compiled_code()[1])
    assert "NUMBA_CACHE_DIR" in doctor._compiled_code()[1]


def test_what_a_console_lacks_is_printed_as_an_escape(tmp_path):
    code = """
from brainwright.cli import main
show = "connectome show celegans/varshney2011 --figure none"
print([main(words.split()) for words in ("list", "data list", "--help", show, "run h\\u00e9\\u2192llo")])
"""
    code, out, err = run(
        code, tmp_path, PYTHONIOENCODING="ascii", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0", LC_ALL="C"
    )
    assert code == 0, err
    assert "[0, 0, 0, 0, 2]" in out
    assert "\\u2192llo" in err
    assert "Error" not in err


def test_figures_need_no_back_end_of_another_environment(tmp_path):
    code = """
import os, sys
from brainwright.connectome import Connectome
Connectome.load("celegans/varshney2011").plot("library.png")
from brainwright.cli import main
print(os.environ["MPLBACKEND"], main(["connectome", "show", "celegans/varshney2011", "--figure", "verb.png"]))
"""
    absent = "module://not_installed_here.backend_inline"
    code, out, err = run(code, tmp_path, MPLBACKEND=absent)
    assert code == 0, err
    assert f"{absent} " in out
    for name in ("library.png", "verb.png"):
        assert (tmp_path / name).read_bytes().startswith(b"\x89PNG")


def test_provenance_names_the_vector_units_of_the_processor():
    features = provenance.processor_features()
    assert features
    assert all(isinstance(name, str) for name in features)
    assert provenance.collect(None, {})["processor"] == features


# ---- arrays of other machines


def swapped(values, kind):
    """In the other byte order and with gaps between the values."""
    wide = np.zeros((len(values), 2), np.dtype(kind).newbyteorder(">" if sys.byteorder == "little" else "<"))
    wide[:, 0] = values
    return wide[:, 0]


def is_native(*arrays):
    return all(array.dtype.isnative and array.flags.c_contiguous for array in arrays)


PRE, POST, COUNT = [0, 1, 2, 0], [1, 2, 0, 2], [3, 1, 2, 5]
WEIGHTS = [[0, 0, 2], [3, 0, 0], [5, 1, 0]]


@pytest.mark.parametrize("kind", ["i2", "i4", "i8", "u4", "f4", "f8"])
def test_wiring_in_the_other_byte_order(kind):
    table = {"pre": swapped(PRE, "i8"), "post": swapped(POST, "i8"), "count": swapped(COUNT, kind)}
    cells = {
        "id": swapped([0, 1, 2], "i8"),
        "x_um": swapped([0.5, 1.5, 2.5], "f8"),
        7: swapped([1, 2, 3], "i4"),
    }
    matrix = np.array(WEIGHTS, np.dtype(kind).newbyteorder(">")).T.copy().T
    arrays = Edges(*(swapped(x, "i4") for x in (PRE, POST, COUNT)), np.zeros(4, np.uint8))
    made = [
        Connectome.from_dataframe(pd.DataFrame(table)),
        Connectome.from_dataframe(pd.DataFrame(table), pd.DataFrame(cells)),
        Connectome.from_matrix(matrix),
        Connectome.from_matrix(matrix, swapped([0, 1, 2], "i8")),
        Connectome.build(pd.DataFrame(cells), arrays),
    ]
    for wiring in made:
        assert wiring.weights().toarray().tolist() == WEIGHTS
        assert is_native(wiring.edges.pre, wiring.edges.post, wiring.edges.count, wiring.ids)
        assert wiring.describe().n_cells == 3
    assert made[1].cells.groupby("x_um").size().tolist() == [1, 1, 1]
    added = made[0].with_cells(depth=swapped([3.0, 1.0, 2.0], "f8"))
    assert added.cells.sort_values("depth")["id"].tolist() == [1, 2, 0]


def test_recordings_plans_and_networks_in_the_other_byte_order():
    heard = Recording(
        swapped([0, 0], "i4"), swapped([1, 2], "i8"), swapped([0.25, 0.5], "f8"), 1, 4, 0.0, 1.0
    )
    assert is_native(heard.dish, heard.channel, heard.time_s)
    assert heard.counts().tolist() == [[0, 1, 1, 0]]
    frames = Frames(np.ones((1, 2, 3), ">i8").transpose(0, 2, 1)[:, :2, :2], [[0, 1], [1, 2]])
    assert is_native(frames.counts)
    plan = StimulusPlan(
        swapped([0, 0], "i4"),
        swapped([1, 2], "i8"),
        swapped([0.1, 0.2], "f4"),
        np.array([[-1.0, 1.0]] * 2, ">f8", order="F"),
        np.full((2, 2), 200.0, ">f4").T,
    )
    assert is_native(plan.dish, plan.channel, plan.time_s, plan.current_uA, plan.width_us)
    activity = Activity(
        np.arange(12.0).reshape(1, 2, 6).astype(">f4")[:, :, ::3], 0.1, ("a", "b"), counts=False
    )
    assert is_native(activity.values)
    assert activity.values.tolist() == [[[0, 3], [6, 9]]]
    pattern = Pattern(swapped(PRE, "i4"), swapped(POST, "i4"), 3, 3)
    assert is_native(pattern.pre, pattern.post)
    engine = Wiring.from_edges(swapped(PRE, "i8"), swapped(POST, "u4"), swapped(COUNT, "i2"), 3)
    assert is_native(engine.row, engine.post, engine.weight)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert engine.weight.tolist() == [3, 5, 1, 2]
