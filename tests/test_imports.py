"""The direction of imports between rooms, and that the command line starts without heavy packages."""

import ast
import subprocess
import sys
from pathlib import Path

import networkx
import pytest

import brainwright

PACKAGE = Path(brainwright.__file__).parent

# A room imports only from rooms of an earlier row, and from its own. Rooms of one row do not know each other.
ROWS = (
    ("signal",),
    ("datasets",),
    ("connectome",),
    ("network", "simulation", "plot"),
    ("objective",),
    ("learning",),
    ("memory", "steering", "emulator", "world", "tissue"),
    ("loop",),
    ("recipes",),
    ("cli",),
)
LEVEL = {room: level for level, row in enumerate(ROWS) for room in row}
# The ground floor, free for every room to use. Name -> what of brainwright it may import itself.
APART = {
    "errors": (),
    "verdict": (),
    "untrusted": ("errors",),
    "shown": ("untrusted",),
    "runs": ("errors", "untrusted"),
    "evidence": ("errors", "verdict", "shown"),
    "experiment": ("errors", "verdict", "runs", "evidence"),
    "report": ("errors", "verdict", "untrusted", "figures", "runs", "shown"),
    "compiled": (),
    "prefetch": (),
    "figures": (),
    "__init__": (),
}
FORBIDDEN = {"world": {"network"}}
STDLIB = set(sys.stdlib_module_names)
ONLY = {
    "signal": {"numpy"},
    "evidence": {"numpy", "scipy"},
    "world": {"numpy", "torch"},  # torch in the differentiable twins alone, see below
}
WITHOUT = {room: {"torch"} for room in ("tissue", "datasets", "simulation", "runs", "experiment", "report")}


def rooms() -> list[str]:
    return sorted(p.stem for p in PACKAGE.iterdir() if p.suffix == ".py" or (p / "__init__.py").is_file())


def files_of(room: str) -> list[Path]:
    single = PACKAGE / f"{room}.py"
    return [single] if single.is_file() else sorted((PACKAGE / room).rglob("*.py"))


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


def imports_of(tree: ast.Module, package: str, *, types: bool = False) -> set[str]:
    """Dotted names of what a file imports, wherever in it; TYPE_CHECKING blocks only with `types`."""
    for node in ast.walk(tree) if not types else ():
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            node.body = [ast.Pass()]
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parent = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*parent, base] if base else parent)
            names |= {f"{base}.{alias.name}" for alias in node.names}
    return names


def imports_of_room(room: str) -> dict[str, str]:
    """Imported name -> file that imports it."""
    found = {}
    for path in files_of(room):
        package = ".".join(["brainwright", *path.relative_to(PACKAGE).parent.parts])
        found |= dict.fromkeys(imports_of(parsed(path), package), path.name)
    return found


def room_of(name: str) -> str | None:
    parts = name.split(".")
    if parts[0] != "brainwright" or len(parts) == 1:
        return None
    return parts[1] if (PACKAGE / parts[1]).exists() or (PACKAGE / f"{parts[1]}.py").exists() else None


def complaints(room: str) -> list[str]:
    found = []
    for name, file in imports_of_room(room).items():
        other, top = room_of(name), name.split(".")[0]
        if other not in (None, room):
            if room in APART:
                allowed = other in APART[room]
            else:
                later = LEVEL.get(other, -1) >= LEVEL.get(room, len(ROWS))
                allowed = not later and other not in FORBIDDEN.get(room, ())
            if not allowed:
                found.append(f"{room}/{file} imports {name}")
        if top != "brainwright" and top not in STDLIB:
            if room in ONLY and top not in ONLY[room]:
                found.append(f"{room}/{file} imports {name}; it may use {sorted(ONLY[room])}")
            if top in WITHOUT.get(room, ()):
                found.append(f"{room}/{file} imports {name}; it does without {top}")
    return found


@pytest.mark.parametrize("room", rooms())
def test_rooms_import_only_what_lies_above_them(room):
    assert complaints(room) == []


def test_only_twins_among_the_worlds_need_torch():
    needing = {path.name for path in files_of("world") if "torch" in imports_of(parsed(path), "x")}
    assert needing == {"plate_twin.py", "swimmer_twin.py"}


def test_every_room_has_its_place():
    unknown = set(rooms()) - set(LEVEL) - set(APART) - {"__main__"}
    assert unknown == set()


def test_the_walk_finds_what_it_should():
    source = "import a.b\nfrom ..signal import x\ndef f():\n    from brainwright.loop.y import z\n"
    found = imports_of(ast.parse(source), "brainwright.tissue")
    assert found == {"a.b", "brainwright.signal.x", "brainwright.loop.y.z"}
    guarded = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import torch\n"
    assert imports_of(ast.parse(guarded), "brainwright.tissue") == {"typing.TYPE_CHECKING"}
    assert room_of("brainwright.signal.Recording") == "signal"


@pytest.mark.parametrize("room", [r for r in rooms() if r in ("signal", "evidence")])
def test_a_wrong_import_would_be_seen(room, monkeypatch):
    monkeypatch.setitem(globals(), "imports_of_room", lambda _: {"brainwright.cli.main": "f", "torch": "f"})
    assert len(complaints(room)) == 2


HEAVY = ("torch", "numba", "pandas", "matplotlib", "scipy", "pyarrow")


@pytest.mark.parametrize(
    "code",
    [
        "import brainwright",
        "from brainwright.cli import main; main(['--help'])",
        "from brainwright.cli import main; main(['list'])",
    ],
)
def test_starting_imports_nothing_heavy(code):
    script = f"{code}\nimport sys\nprint('HEAVY', [m for m in {HEAVY!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.rstrip().endswith("HEAVY []")


# Conveniences worth an import inside a function although it closes a circle: module -> what it imports.
LAZY = {
    "brainwright.network.network": {"brainwright.network.unrolling"},  # Network.unroll
    "brainwright.simulation.whole_brain": {"brainwright.simulation.fly_run"},  # WholeBrain.run
    "brainwright.connectome.connectome": {"brainwright.connectome.loaders"},  # Connectome.load
    "brainwright.datasets.activity": {"brainwright.datasets.read"},  # Activity.load
    "brainwright.emulator.emulator": {"brainwright.emulator.fitted"},  # Emulator.fit
}


def modules() -> dict[str, Path]:
    """Dotted name of every module of the package -> its file."""
    names = {}
    for path in PACKAGE.rglob("*.py"):
        parts = ["brainwright", *path.relative_to(PACKAGE).with_suffix("").parts]
        names[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return names


def known(names: set[str], among: dict[str, Path]) -> set[str]:
    """The modules that imported names are, or lie in."""
    return {name if name in among else name.rpartition(".")[0] for name in names} & set(among)


def graph(*, lazy: bool) -> "networkx.DiGraph":
    """Which module imports which: when it is imported itself, or (`lazy`) ever, for types too."""
    names, edges = modules(), networkx.DiGraph()
    for name, path in names.items():
        package = name if path.name == "__init__.py" else name.rpartition(".")[0]
        tree = parsed(path)
        if not lazy:
            for node in ast.walk(tree):
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                    node.body = [ast.Pass()]
        imported = imports_of(tree, package, types=lazy)
        edges.add_edges_from((name, other) for other in known(imported, names) if other != name)
    return edges


def circles(edges: "networkx.DiGraph") -> list[list[str]]:
    return [sorted(part) for part in networkx.strongly_connected_components(edges) if len(part) > 1]


def test_no_circle_of_imports():
    assert circles(graph(lazy=False)) == []


def test_circles_that_an_import_in_a_function_closes_are_those_of_the_list():
    edges = graph(lazy=True)
    edges.remove_edges_from([(name, other) for name, others in LAZY.items() for other in others])
    assert circles(edges) == []
