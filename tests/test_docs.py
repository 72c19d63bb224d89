"""Examples in docstrings run and print what they say."""

import doctest
import importlib
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import brainwright

PACKAGE = Path(brainwright.__file__).parent
FILES = sorted(path for path in PACKAGE.rglob("*.py") if ">>> " in path.read_text("utf-8"))


def module_name(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@pytest.mark.parametrize("name", [module_name(path) for path in FILES])
def test_examples_print_what_they_say(name):
    result = doctest.testmod(importlib.import_module(name))
    assert result.attempted > 0
    assert result.failed == 0


README = (PACKAGE.parents[1] / "README.md").read_text("utf-8")


@pytest.mark.parametrize("block", re.findall(r"```python\n(.*?)```", README, re.DOTALL))
def test_examples_of_the_readme_run(block, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    edges = pd.DataFrame({"source": [1, 2, 3, 1, 4], "target": [2, 3, 1, 3, 1], "synapses": [5, 1, 2, 7, 3]})
    edges.to_csv("edges.csv", index=False)
    matrix = np.array([[0, 2, 1], [3, 0, 0], [0, 4, 0]])
    exec(compile(block, "README.md", "exec"), {"edges": edges, "matrix": matrix})


def test_the_readme_names_every_room():
    named = re.findall(r"^\| `(\w+)` \|", README, re.MULTILINE)
    assert sorted(named) == sorted(p.name for p in PACKAGE.iterdir() if (p / "__init__.py").is_file())
