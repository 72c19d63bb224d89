"""Set-up: the script, the lock, and what they promise to a fresh machine. Nothing is installed here."""

import ast
import importlib.util
import os
import re
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SCRIPT = ROOT / "start.py"
PINS = re.findall(r"(?m)^([a-z0-9][a-z0-9.-]*)==", (ROOT / "requirements.lock").read_text())
POSIX = pytest.mark.skipif(os.name == "nt", reason="stands in for Python with a shell script")


def load(path: Path):
    spec = importlib.util.spec_from_file_location("start_script", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout that was set up already, whose Python tells its arguments and place and exits with 7."""
    for name in ("start.py", "requirements.lock", "pyproject.toml"):
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    script = load(tmp_path / "start.py")
    script.python().parent.mkdir(parents=True)
    script.python().write_text('#!/bin/sh\necho "$PWD|$BRAINWRIGHT_PROGRAM|$@"\nexit 7\n')
    script.python().chmod(0o755)
    script.STAMP.write_text(script.stamp())
    return tmp_path


def call(script: Path, *arguments: str, cwd: Path) -> subprocess.CompletedProcess:
    command = [sys.executable, str(script), *arguments]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)


@POSIX
def test_arguments_and_exit_code_pass_through_from_any_folder(checkout):
    elsewhere = checkout / "else where"
    elsewhere.mkdir()
    done = call(checkout / "start.py", "run", "larva", "--seeds", "8", cwd=elsewhere)
    assert done.returncode == 7
    assert done.stdout == f"{elsewhere}|python3 start.py|-m brainwright run larva --seeds 8\n"
    done = call(checkout / "start.py", "test", "-k", "nulls", cwd=elsewhere)
    assert done.stdout == f"{checkout}|python3 start.py|-m pytest -k nulls\n"


@POSIX
@pytest.mark.parametrize("changed", ["requirements.lock", "pyproject.toml"])
def test_a_change_of_the_pins_sets_up_again(checkout, changed):
    script = load(checkout / "start.py")
    assert script.is_ready()
    with (checkout / changed).open("a") as file:
        file.write("\n")
    assert not script.is_ready()


def test_wrong_words_are_refused_before_anything_is_made(tmp_path):
    copy = tmp_path / "start.py"
    copy.write_bytes(SCRIPT.read_bytes())
    for words in ([], ["rum"]):
        done = call(copy, *words, cwd=tmp_path)
        assert done.returncode == 2
        assert "expected run or test" in done.stderr
    assert call(copy, "--help", cwd=tmp_path).returncode == 0
    assert [path.name for path in tmp_path.iterdir()] == ["start.py"]


def test_an_old_python_and_a_bare_one_are_told_what_to_do(tmp_path, monkeypatch):
    copy = tmp_path / "start.py"
    copy.write_bytes(SCRIPT.read_bytes())
    script = load(copy)
    monkeypatch.setattr(script, "is_ready", lambda: False)
    with monkeypatch.context() as patch:
        patch.setattr(script.sys, "version_info", (3, 9, 2))
        with pytest.raises(SystemExit, match=r"3\.11 or later, got 3\.9"):
            script.main(["run"])
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "ensurepip" else find(name))
    with pytest.raises(SystemExit, match=r"sudo apt install python3\.\d+-venv"):
        script.main(["run"])


def test_the_script_is_short_and_needs_only_the_standard_library():
    source = SCRIPT.read_text()
    assert len(source.splitlines()) <= 120
    nodes = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Import | ast.ImportFrom)]
    names = {a.name if isinstance(n, ast.Import) else n.module for n in nodes for a in n.names}
    assert {name.split(".")[0] for name in names} <= set(sys.stdlib_module_names)


def test_the_lock_names_no_host_no_torch_and_a_hash_for_every_pin():
    content = (ROOT / "requirements.lock").read_text()
    assert "://" not in content
    assert not re.search(r"(?m)^\s*--(?!hash)", content)
    assert not [pin for pin in PINS if re.match(r"torch$|nvidia|cuda|triton", pin)]
    blocks = re.split(r"(?m)^(?=[a-z0-9])", content)[1:]
    assert len(blocks) == len(PINS)
    assert all("--hash=sha256:" in block for block in blocks)


def plain_names(requirements: list[str]) -> set[str]:
    """Names of requirements that hold everywhere: those with a marker may be for another system."""
    names = {re.match(r"[A-Za-z0-9._-]+", r)[0] for r in requirements if ";" not in r}
    return {re.sub(r"[-_.]+", "-", name).lower() for name in names}


def test_the_lock_holds_everything_that_is_asked_for():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    asked = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    wanted = plain_names(asked) | {"hatchling", "editables"} | plain_names(metadata.requires("torch"))
    assert wanted - {"torch"} - set(PINS) == set()
    torch = load(SCRIPT).TORCH
    assert metadata.version("torch").split("+")[0] == torch.split("==")[1]
