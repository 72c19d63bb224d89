"""A recipe of one's own: run by its path, resumed and reported as a built-in one."""

import json
import shutil
import sys
from pathlib import Path

import pytest

from brainwright.cli import main
from conftest import EXPERIMENT, FACE, PAGE, forget, write_recipe

EXAMPLE = Path(__file__).parents[2] / "examples" / "recipe"


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("BRAINWRIGHT_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    for name in ("mine", "one_file", "recipe", "wanting"):
        forget(name)


def refused(capsys, *words: str) -> str:
    capsys.readouterr()
    assert main([*words]) == 2
    lines = [line for line in capsys.readouterr().err.splitlines() if "%  " not in line]  # no progress
    assert len(lines) == 1
    return lines[0]


def test_a_folder_runs_resumes_and_reports(home, capsys):
    write_recipe(home / "mine")
    with pytest.raises(RuntimeError, match="unlucky"):
        main(["run", "./mine/", "--seed", "13", "--out", "cut"])
    assert main(["run", "mine/", "--seed", "3", "--out", "here"]) == 0
    recipe = json.loads(Path("here/recipe.json").read_text())
    assert (recipe["recipe"], recipe["path"]) == ("mine", str(home / "mine"))
    assert len(recipe["checksum"]) == 64
    assert main(["report", "here"]) == 0
    page = Path("here/report.html").read_text()
    assert "of your own: mine" in page
    assert str(home) not in page
    with pytest.raises(RuntimeError, match="unlucky"):
        main(["run", "--resume", "cut"])
    with pytest.raises(RuntimeError, match="unlucky"):
        main(["run", "mine/", "--resume", "cut"])

    (home / "mine" / "page.py").write_text(PAGE + "# changed")
    for words in (["run", "--resume", "cut"], ["run", "./mine/", "--resume", "cut"]):
        said = refused(capsys, *words)
        assert f"begun with another version of {home / 'mine'}" in said
        assert "restore it to go on" in said


def test_one_file_is_a_recipe_too(home):
    whole = FACE + EXPERIMENT + PAGE
    (home / "one_file.py").write_text(whole)
    assert main(["run", "one_file.py", "--seed", "3", "--out", "here"]) == 0
    assert "Counting is not understanding." in Path("here/report.html").read_text()


def test_code_that_nobody_named_is_not_run(home, capsys):
    """A run folder of somebody else names a path: neither resuming nor reporting runs what lies there."""
    write_recipe(home / "mine")
    main(["run", "./mine/", "--out", "here"])
    shutil.rmtree(home / "cache")
    forget("mine")
    trap = home / "ran"
    (home / "mine" / "__init__.py").write_text(FACE + f"open({str(trap)!r}, 'w').close()\n")
    recipe = json.loads(Path("here/recipe.json").read_text())
    from brainwright.cli.own import checksum

    Path("here/recipe.json").write_text(json.dumps(recipe | {"checksum": checksum(home / "mine")}))
    for words in (["report", "here"], ["run", "--resume", "here"]):
        assert "code that you have not run here" in refused(capsys, *words)
        assert not trap.exists()
    main(["run", "./mine/", "--resume", "here"])
    assert trap.exists()


@pytest.mark.parametrize(
    ("part", "content", "words"),
    [
        ("experiment.py", None, "expected experiment.py in"),
        ("experiment.py", "x = 1", "expected a function design in"),
        ("__init__.py", "SUMMARY = 'x'", "expected a class Config in"),
        ("__init__.py", "class Config: pass", "expected Config to be a dataclass that extends Options"),
        (
            "__init__.py",
            "import nothing_of_this_name",
            "No module named 'nothing_of_this_name'",
        ),
        ("__init__.py", "def f(:\n  pass", "SyntaxError: invalid syntax"),
        (
            "experiment.py",
            "import nothing_of_this_name",
            "No module named 'nothing_of_this_name'",
        ),
        (
            "experiment.py",
            "def design(config): return 7",
            "expected design(config) to return a Design, got 7",
        ),
    ],
)
def test_what_is_missing_or_broken_is_one_line(home, capsys, part, content, words):
    folder = write_recipe(home / "wanting")
    if content is None:
        (folder / part).unlink()
    else:
        (folder / part).write_text(content)
    assert words in refused(capsys, "run", "./wanting/", "--out", "here")
    assert not Path("here").exists()


def test_names_that_cannot_be_imported_are_refused(home, capsys):
    write_recipe(home / "my-recipe")
    assert "a name that Python can import" in refused(capsys, "run", "./my-recipe/")
    write_recipe(home / "json")
    assert "'json' is already that of a module" in refused(capsys, "run", "./json/")
    assert "expected a recipe: a .py file or a folder" in refused(capsys, "run", "./nowhere/")
    write_recipe(home / "mine")
    assert "a recipe of your own by its path: ./NAME/" in refused(capsys, "run", "mine")


UNPICKLABLE = """
from brainwright.experiment import Claim, Design, Study


def design(config):
    study = Study("s", lambda arm, seed, draw: {"x": seed}, {"a": 1, "b": 1}, (0, 1), "x")
    words = dict.fromkeys(("supported", "no difference", "against", "cannot tell"), "")
    return Design((study,), Claim("s", "a", "b"), words, lambda outcomes, row: "")
"""


def test_a_trial_that_cannot_be_sent_to_other_processes_is_one_line(home, capsys):
    folder = write_recipe(home / "wanting")
    (folder / "experiment.py").write_text(UNPICKLABLE)
    said = refused(capsys, "run", "./wanting/", "--workers", "2", "--out", "here")
    assert "put the function at the top of a module" in said
    assert not Path("here").exists()
    assert main(["run", "./wanting/", "--workers", "1", "--out", "here"]) == 0


def test_the_example_is_short_and_runs(home, capsys):
    lines = sum(len(path.read_text().splitlines()) for path in EXAMPLE.glob("*.py"))
    assert lines <= 120
    assert main(["run", str(EXAMPLE), "--draws", "2", "--workers", "1", "--out", "here"]) == 0
    result = json.loads(Path("here/result.json").read_text())
    assert result["arms"]["wirings/worm"]["mean"] == pytest.approx(0.2124, abs=1e-4)
