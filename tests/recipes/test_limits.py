"""Recipes stay short: a reader sees the question, what is compared, and the page, in one sitting."""

import ast
from itertools import combinations
from pathlib import Path

import pytest

import brainwright

PACKAGE = Path(brainwright.__file__).parent
RECIPES = sorted(path.parent for path in (PACKAGE / "recipes").glob("*/__init__.py"))
OLD = {"emulate", "fly", "heard", "larva", "organoid", "recordings", "rules"}
"""Older than the limit of 300 lines of code that recipes have since; `heard` was a part of `organoid`."""
LONG = {"blueprint": 500, "continual": 500, "mass": 500, "spider": 500}
"""Suites of many tests each, which a reader wants side by side."""
TEXT = {".py", ".svg", ".toml"}
"""Files of a recipe that someone wrote."""
ALIKE = 6
"""So many equal lines in two recipes belong into the library."""


def lines_of_code(path: Path) -> int:
    """Lines that are neither empty, nor comments, nor docstrings."""
    source = path.read_text("utf-8")
    words = {
        line
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
        for line in range(node.lineno, (node.end_lineno or node.lineno) + 1)
    }
    lines = enumerate(map(str.strip, source.splitlines()), 1)
    return sum(bool(text) and not text.startswith("#") and number not in words for number, text in lines)


def code_of(folder: Path) -> int:
    return sum(lines_of_code(path) for path in folder.rglob("*.py"))


def all_lines(*paths: Path) -> int:
    return sum(len(path.read_text("utf-8").splitlines()) for path in paths)


@pytest.mark.parametrize("folder", RECIPES, ids=lambda folder: folder.name)
def test_a_recipe_is_short(folder):
    assert code_of(folder) <= (700 if folder.name in OLD else LONG.get(folder.name, 300))
    lines = all_lines(*(path for path in folder.rglob("*") if path.suffix in TEXT))  # with its data
    assert lines <= 800


@pytest.mark.parametrize("folder", RECIPES, ids=lambda folder: folder.name)
def test_a_face_holds_no_function(folder):
    face = ast.parse((folder / "__init__.py").read_text("utf-8"))
    assert not [node.name for node in ast.walk(face) if isinstance(node, ast.FunctionDef)]


def test_no_framework_grows():
    room = PACKAGE / "experiment"
    assert all_lines(*(room / f"{name}.py" for name in ("design", "work", "summary"))) <= 350
    assert all_lines(*room.rglob("*.py")) <= 800


def chunks(folder: Path) -> set[tuple[str, ...]]:
    """Every run of so many lines of code; imports and closing brackets are no code here."""
    runs = set()
    for path in folder.rglob("*.py"):
        stripped = map(str.strip, path.read_text("utf-8").splitlines())
        lines = [
            line for line in stripped if len(line) > 2 and not line.startswith(("from ", "import ", "#"))
        ]
        runs |= {tuple(lines[k : k + ALIKE]) for k in range(len(lines) - ALIKE + 1)}
    return runs


def test_two_recipes_share_no_code():
    held = {folder.name: chunks(folder) for folder in RECIPES}
    shared = {(a, b): held[a] & held[b] for a, b in combinations(held, 2) if held[a] & held[b]}
    assert shared == {}
