"""The examples as executed notebooks: `python scripts/notebooks.py FOLDER [NAME ...]`.

Needs `pip install nbclient ipykernel`. Each runs in a folder and a kernel of its own, with what the example
has for defaults. An example that fails leaves no notebook.
"""

import argparse
import ast
import json
import tempfile
import time
from pathlib import Path
from typing import Any

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"
LONGEST_S = 1_800


def notebook(source: str) -> dict[str, Any]:
    """It returns an example as a notebook (format 4.5): what it shows, its parts, and `main()` called.

    Args:
        source: of an example, whose last statement runs `main` where it is a script.

    Raises:
        ValueError: no `main`, or nothing said of it.
    """
    tree = ast.parse(source)
    words, lines = ast.get_docstring(tree), source.splitlines()
    parts = [node for node in tree.body[1:] if not isinstance(node, ast.If)]
    at = next((k for k, n in enumerate(parts) if isinstance(n, ast.FunctionDef) and n.name == "main"), None)
    if words is None or at is None:
        raise ValueError("expected an example with a docstring and a function main")
    pieces = [
        "\n".join(lines[group[0].lineno - 1 : group[-1].end_lineno]) for group in (parts[:at], parts[at:])
    ]
    code = [*pieces, "shown = main()"]
    cells = [_cell("markdown", 0, words), *(_cell("code", k, piece) for k, piece in enumerate(code, 1))]
    return {
        "cells": cells,
        "metadata": {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def _cell(kind: str, number: int, source: str) -> dict[str, Any]:
    cell = {"cell_type": kind, "id": f"part-{number}", "metadata": {}, "source": source}
    return cell | ({"execution_count": None, "outputs": []} if kind == "code" else {})


def executed(made: dict[str, Any], folder: str) -> dict[str, Any]:
    """It returns the notebook with what its cells printed and drew; raises what a cell raised."""
    import nbformat  # here, so that a notebook can be made without them
    from nbclient import NotebookClient

    node = nbformat.from_dict(made)
    NotebookClient(node, timeout=LONGEST_S, resources={"metadata": {"path": folder}}).execute()
    return node


def main() -> None:
    """Writes a notebook for every example named, for all where none is."""
    from brainwright.runs import write_json

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("names", nargs="*", default=sorted(path.stem for path in EXAMPLES.glob("*.py")))
    told = parser.parse_args()
    told.folder.mkdir(parents=True, exist_ok=True)
    for name in told.names:
        begun = time.perf_counter()
        made = notebook((EXAMPLES / f"{name}.py").read_text("utf-8"))
        with tempfile.TemporaryDirectory() as scratch:
            whole = executed(made, scratch)
        write_json(told.folder / f"{name}.ipynb", json.loads(json.dumps(whole)))
        print(f"{name}: {time.perf_counter() - begun:.0f} s", flush=True)


if __name__ == "__main__":
    main()
