"""Examples in docstrings run and print what they say."""

import doctest
import importlib.util
import inspect
import re
from pathlib import Path

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
def test_examples_of_the_readme_run_as_printed_and_show_something(block, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    exec(compile(block, "README.md", "exec"), {})
    assert capsys.readouterr().out.strip()


NEEDED = {
    "LslInlet": "pylsl",
    "BrainFlowBoard": "brainflow",
    "CL1": "cl",
    "cl.sim": "cl",
    "import couple": "cl",
}
"""Word of a block → the package of a device that the block needs."""
BLOCKS = [
    (path.name, block)
    for path in sorted((PACKAGE.parents[1] / "docs").glob("*.md"))
    for block in re.findall(r"```python\n(.*?)```", path.read_text("utf-8"), re.DOTALL)
]


@pytest.mark.parametrize(("name", "block"), BLOCKS)
def test_blocks_of_the_documentation_run_as_printed(name, block, tmp_path, monkeypatch, capsys):
    code = compile(block, name, "exec")
    if "CartPole" in block:
        pytest.importorskip("gymnasium")
    needed = [package for word, package in NEEDED.items() if word in block]
    if needed:
        pytest.skip(f"needs {needed[0]} and its device")  # its syntax was tried
    monkeypatch.chdir(tmp_path)
    exec(code, {})


def test_every_public_name_says_what_it_is():
    for room in brainwright.ROOMS:
        module = importlib.import_module(f"brainwright.{room}")
        for name in getattr(module, "__all__", []):
            thing = getattr(module, name)
            if inspect.isclass(thing) or inspect.isroutine(thing) or inspect.ismodule(thing):
                assert thing.__doc__, f"{room}.{name}"


def test_every_page_of_the_documentation_is_in_its_menu():
    root = PACKAGE.parents[1]
    menu = (root / "mkdocs.yml").read_text("utf-8") + (root / "scripts" / "site_pages.py").read_text("utf-8")
    assert [path.name for path in (root / "docs").glob("*.md") if path.name not in menu] == []


def test_figures_of_the_readme_are_those_of_the_run():
    path = PACKAGE.parents[1] / "scripts" / "readme_figures.py"
    spec = importlib.util.spec_from_file_location("readme_figures", path)
    assert spec is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    page = (PACKAGE.parents[1] / "docs" / "organoid.md").read_text("utf-8")
    assert len(script.of_page(page)) >= 5
    assert script.differences(README, page) == []
    share, whole = script.of_page(page)["adaptive"]
    assert script.differences(README, page.replace(f"adaptive: {share:.2f}", "adaptive: 0.11")) == [
        f"adaptive: the README says {share, whole}, the run {0.11, whole}"
    ]


def test_the_readme_names_every_room():
    rooms = README.partition("## Where to read on")[2]
    named = re.findall(r"^\| `(\w+)` \|", rooms, re.MULTILINE)
    assert sorted(named) == sorted(p.name for p in PACKAGE.iterdir() if (p / "__init__.py").is_file())


def test_the_readme_names_every_recipe():
    recipes = re.findall(r"`(\w+)`", re.findall(r"^\| `recipes` \|.*$", README, re.MULTILINE)[0])
    assert sorted({*recipes} - {"recipes"}) == sorted(
        p.parent.name for p in PACKAGE.glob("recipes/*/__init__.py")
    )
