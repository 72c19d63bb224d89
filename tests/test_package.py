"""The package as others get it: what lies in wheel and sdist, and what the top of it gives."""

import ast
import importlib
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

import brainwright

PACKAGE = Path(brainwright.__file__).parent
ROOT = PACKAGE.parents[1]


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> Path:
    """A folder with the wheel and the sdist of this tree."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "hatchling", "build", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return folder


def written() -> set[str]:
    """Every file of the package that someone wrote."""
    files = (p for p in PACKAGE.rglob("*") if p.is_file() and "__pycache__" not in p.parts)
    return {path.relative_to(PACKAGE.parent).as_posix() for path in files}


def test_the_wheel_holds_the_package_and_nothing_else(built):
    with zipfile.ZipFile(next(built.glob("*.whl"))) as wheel:
        inside = {name for name in wheel.namelist() if ".dist-info/" not in name}
    assert inside == written()
    assert "brainwright/py.typed" in inside


def test_a_wheel_alone_starts(built):
    wheel = next(built.glob("*.whl"))
    code = f"import sys; sys.path.insert(0, {str(wheel)!r}); import brainwright as b; print(b.__file__)"
    done = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.startswith(str(wheel))


def test_the_sdist_holds_what_is_needed_to_test_and_to_cite(built):
    with tarfile.open(next(built.glob("*.tar.gz"))) as sdist:
        inside = {name.split("/", 1)[1] for name in sdist.getnames()}
    wanted = ("README.md", "LICENSE", "CITATION.cff", "CONTRIBUTING.md", "pyproject.toml", "start.py")
    assert inside.issuperset(wanted)
    assert {f"src/{name}" for name in written()} <= inside
    assert not [
        name for name in inside if ".venv" in name or "__pycache__" in name or name.startswith("runs/")
    ]


def test_the_citation_names_this_version():
    assert f"version: {brainwright.__version__}\n" in (ROOT / "CITATION.cff").read_text("utf-8")


def test_everything_at_the_top_is_where_it_says():
    for module, names in brainwright.MAIN.items():
        for name in names:
            home = importlib.import_module(f"brainwright.{module}")
            assert getattr(brainwright, name) is getattr(home, name)
    for room in brainwright.ROOMS:
        assert getattr(brainwright, room) is importlib.import_module(f"brainwright.{room}")
    assert set(brainwright.__all__) <= set(dir(brainwright))


def test_type_checkers_are_told_the_same():
    stub = ast.parse((PACKAGE / "__init__.pyi").read_text("utf-8"))
    said = {
        alias.name: (node.module or "").removeprefix("brainwright").lstrip(".")
        for node in stub.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    meant = {name: module for module, names in brainwright.MAIN.items() for name in names}
    assert said == meant | dict.fromkeys(brainwright.ROOMS, "")


def test_a_wrong_name_is_answered_with_the_nearest():
    with pytest.raises(AttributeError, match="did you mean Connectome"):
        _ = brainwright.Connectom
