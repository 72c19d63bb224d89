"""`brainwright new`: a tissue, recipe, rule or null of one's own, to begin with."""

import importlib.util
import keyword
from pathlib import Path

from brainwright.cli.words import UsageError, nearest, program
from brainwright.runs import write_text

SUMMARY = "begin a tissue, recipe, rule or null of your own: a working one to change"
KINDS = ("tissue", "recipe", "rule", "null")
CLASSES = ("tissue", "rule")
"""Kinds that are classes, named in capitals: my_rig becomes MyRig."""


def main(args: list[str]) -> int:
    """Writes NAME.py into the current folder, and prints how to check it."""
    if not args or args[0] in ("-h", "--help"):
        print(
            f"usage: {program()} new {'|'.join(KINDS)} NAME\n\n{SUMMARY}; writes NAME.py, which checks itself"
        )
        return 0
    kind, name = (*args, "")[:2]
    if kind not in KINDS:
        raise UsageError(f"expected {', '.join(KINDS)}, got {kind!r}{nearest(kind, KINDS)}")
    if len(args) != 2 or not name.isidentifier() or keyword.iskeyword(name):
        raise UsageError(
            f"expected one name that Python can import (letters, digits, _), got {name or 'none'!r}"
        )
    if importlib.util.find_spec(name):
        raise UsageError(f"{name} is a package that Python knows, which this would hide: choose another name")
    path = Path(f"{name}.py")
    if path.exists():
        raise UsageError(f"{path} is there already: choose another name")
    write_text(path, text_of(kind, name))
    check = f"{program()} run ./{path} --quick" if kind == "recipe" else f"python {path}"
    print(f"{path} is written and works as it is. Check it with: {check}")
    return 0


def text_of(kind: str, name: str) -> str:
    """It returns the template of a kind with the name put in."""
    template = (Path(__file__).parent / "templates" / f"{kind}.py").read_text("utf-8")
    inner = "".join(part[:1].upper() + part[1:] for part in name.split("_")) if kind in CLASSES else name
    return template.replace("NAME", inner).replace("FILE", name)
