"""Every example runs, small, and what `brainwright new` writes passes its own checker."""

import ast
import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

import brainwright as bw
from brainwright.cli import main, new
from brainwright.tissue import ContractBroken

FOLDER = Path(__file__).resolve().parents[1] / "examples"
SMALL = {
    "assessors": {"trials": 20},
    "audit": {"sentences": 24},
    "any_subset": {"rows": 200, "updates": 20},
    "body": {"updates": 1, "duration_s": 4.0, "episodes": 2},
    "couple": {"symbols": 60},
    "day": {"steps": 256},
    "culture_raster": {"duration_s": 1.0},
    "emulator_on_a_recording": {"updates": 5},
    "evoke": {"trials": 300},
    "modules": {"updates": 3, "streams": 40},
    "next_embedding": {"updates": 3, "samples": 100},
    "features": {"seconds": 4.0, "updates": 5, "trials": 150},
    "graft": {"updates": 20},
    "learn": {"steps": 256, "episodes": 4},
    "own_null": {"draws": 2},
    "own_rule": {"epochs": 1},
    "own_tissue_in_the_loop": {"record": 20, "teach": 4},
    "own_trials": {},
    "own_wiring": {"draws": 2},
    "pong": {"calibration": 60, "taught": 20, "probe": 20, "n_neurons": 64},
    "reservoir": {"seeds": 2, "draws": 2},
    "sleep": {"n": 64, "updates": 5},
    "text": {"texts": 12, "steps": 2},
    "worm_feedback_alignment": {"epochs": 1, "samples": 64},
}


def loaded(path: Path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_example_is_run_and_short():
    assert sorted(SMALL) == sorted(path.stem for path in FOLDER.glob("*.py"))
    for path in FOLDER.glob("*.py"):
        assert 20 <= len(path.read_text("utf-8").splitlines()) <= 60


@pytest.mark.parametrize("name", [name for name in SMALL if name != "reservoir"])  # which takes a minute
def test_an_example_runs_and_prints_something(name, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    loaded(FOLDER / f"{name}.py").main(**SMALL[name])
    assert capsys.readouterr().out.strip()


def test_a_notebook_of_an_example_has_all_of_its_code():
    notebooks = loaded(FOLDER.parent / "scripts" / "notebooks.py")
    for path in FOLDER.glob("*.py"):
        source = path.read_text("utf-8")
        told, *code = [cell["source"] for cell in notebooks.notebook(source)["cells"]]
        tree = ast.parse(source)
        assert told == ast.get_docstring(tree)
        script = ast.Module(tree.body[1:-1], [])  # without the docstring, and `if __name__ ...`
        assert ast.dump(ast.parse("\n".join(code[:-1]))) == ast.dump(script)
        assert code[-1] == "shown = main()"
    with pytest.raises(ValueError, match="docstring and a function main"):
        notebooks.notebook("x = 1")


@pytest.mark.parametrize("kind", ["tissue", "rule", "null"])
def test_what_new_writes_passes_its_own_checker(kind, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["new", kind, "my_own"]) == 0
    assert "python my_own.py" in capsys.readouterr().out
    done = subprocess.run([sys.executable, "my_own.py"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()
    assert main(["new", kind, "my_own"]) == 2
    assert "there already" in capsys.readouterr().err


def test_a_new_recipe_runs(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    assert main(["new", "recipe", "my_question"]) == 0
    assert main(["run", "./my_question.py", "--quick", "--workers", "1", "--out", "run"]) == 0
    shown = capsys.readouterr().out
    assert "scores/treated" in shown
    assert "Verdict (quick run):" in shown
    assert (tmp_path / "run" / "report.html").is_file()


def test_wrong_words_are_told(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for words in (["rul", "x"], ["rule"], ["rule", "a-b"], ["rule", "class"], ["rule", "a", "b"]):
        assert main(["new", *words]) == 2
        assert capsys.readouterr().err.count("\n") == 1
    assert main(["new", "--help"]) == 0
    assert not list(tmp_path.iterdir())


def test_the_checker_names_what_is_missing():
    class Half:
        n_dishes = n_channels = 1

        def now_s(self):
            return 0.0

    with pytest.raises(ContractBroken, match="Half lacks limits, ledger, read, write, stop"):
        bw.check_tissue(Half)
    assert "class MyRig" in new.text_of("tissue", "my_rig")
