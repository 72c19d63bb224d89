"""Pages of the documentation site that are made from the repository: the start page from the README, a
page per example, the reference from the public names of the rooms, changes, experiments. A hook of MkDocs.
"""

import ast
import re
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.nav import Navigation
from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "src" / "brainwright"
APART = {"recipes", "cli", "untrusted"}
"""Rooms that are used by their commands, or by other rooms alone."""


def rooms() -> list[str]:
    """Rooms whose public names are for users."""
    return sorted(path.parent.name for path in PACKAGE.glob("*/__init__.py") if path.parent.name not in APART)


def public(package: Path) -> list[str]:
    """What the `__all__` of a package or module names; what it defines itself where it has none."""
    folder = package / "__init__.py"
    tree = ast.parse((folder if folder.is_file() else package.with_suffix(".py")).read_text("utf-8"))
    names: list[str] = []
    for node in tree.body:
        if isinstance(node, ast.Assign | ast.AugAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if [getattr(target, "id", "") for target in targets] == ["__all__"]:
                names += ast.literal_eval(node.value)
    own = [node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    return names or [name for name in own if not name.startswith("_")]


def is_module(path: Path) -> bool:
    """Whether a public name is a module of its room, such as `connectome.nulls`."""
    return path.with_suffix(".py").is_file() or (path / "__init__.py").is_file()


def reference(room: str) -> str:
    """The page of a room: its public names, and those of its public modules."""
    names = public(PACKAGE / room)
    modules = [name for name in names if is_module(PACKAGE / room / name)]
    page = f"# {room}\n\n" + _listed(f"brainwright.{room}", [name for name in names if name not in modules])
    for name in modules:
        page += f"\n## {room}.{name}\n\n" + _listed(
            f"brainwright.{room}.{name}", public(PACKAGE / room / name), 3
        )
    return page


def _listed(module: str, names: list[str], level: int = 2) -> str:
    members = "".join(f"        - {name}\n" for name in names)
    options = (
        f"      heading_level: {level}\n      show_root_heading: false\n      show_root_toc_entry: false\n"
    )
    return f"::: {module}\n    options:\n{options}      members:\n{members}"


def example(path: Path) -> str:
    """The page of an example: what it shows, and its code."""
    source = path.read_text("utf-8")
    title, _, rest = (ast.get_docstring(ast.parse(source)) or path.stem).partition(".")
    code = source.split('"""', 2)[2].strip()
    run = f"`python examples/{path.name}` runs it."
    return f"# {title.strip()}\n\n{rest.strip()}\n\n{run}\n\n```python\n{code}\n```\n"


def on_page_markdown(markdown: str, /, *, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Links that lead to a file of the repository lead to its page, or are words where it has none."""
    del page, config

    def of(found: re.Match[str]) -> str:
        words, target = found[1], found[2]
        path, _, anchor = target.partition("#")
        name = path.removeprefix("../").removeprefix("docs/")
        name = {"README.md": "index.md", "CHANGELOG.md": "changes.md", "LOG.md": "experiments.md"}.get(
            name, name
        )
        name = re.sub(r"^examples/(\w+)\.py$", r"examples/\1.md", name)
        if files.get_file_from_path(name) is None:
            return words
        return f"[{words}]({name}{'#' + anchor if anchor else ''})"

    return re.sub(r"(?<!!)\[([^\]]*)\]\((?!https?:|#)([^)\s]+)\)", of, markdown).replace("](docs/", "](")


def on_files(files: Files, /, *, config: MkDocsConfig) -> Files:
    """Adds the pages that are made here, and their places in the menu."""
    made: dict[str, str] = {
        "index.md": (ROOT / "README.md").read_text("utf-8"),
        "changes.md": (ROOT / "CHANGELOG.md").read_text("utf-8"),
        "experiments.md": (ROOT / "LOG.md").read_text("utf-8"),
    }
    examples = sorted((ROOT / "examples").glob("*.py"))
    made |= {f"examples/{path.stem}.md": example(path) for path in examples}
    made |= {f"reference/{room}.md": reference(room) for room in rooms()}
    for name, text in made.items():
        files.append(File.generated(config, name, content=text))
    menu: list[Any] = config.nav or []
    config.nav = [
        *menu,
        {"Examples": [f"examples/{path.stem}.md" for path in examples]},
        {"Reference": [f"reference/{room}.md" for room in rooms()]},
        {"Changes": ["changes.md", "experiments.md", "citing.md"]},
    ]
    return files


def on_nav(nav: Navigation, /, *, config: MkDocsConfig, files: Files) -> Navigation:
    """Nothing is left out of the menu."""
    del config
    left = [page.src_uri for page in files.documentation_pages() if page.page is None]
    if left:
        raise SystemExit(f"mkdocs.yml: these pages are in no menu: {', '.join(left)}")
    return nav
