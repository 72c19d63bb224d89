"""A tiny recipe that counts, kept in the tests: it can be slow, stopped, killed and resumed."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import brainwright
import brainwright.recipes

COUNTING = '''
"""Counts."""
import time
from dataclasses import dataclass
from pathlib import Path

from brainwright.recipes import InputError

SUMMARY = "count to a number"
PROVENANCE = {"citations": ["Nobody 1900"]}


@dataclass(frozen=True)
class Config:
    """Counts."""
    seed: int = 0
    """Where to begin."""
    quick: bool = False
    """Counts less."""
    units: int = 4
    """How far to count."""
    pause_s: float = 0.0
    """Pause after each unit in seconds."""
    source: Path | None = None
    """A file."""
    arms: tuple[str, ...] = ("a", "b")
    """Names."""


def check(config):
    if config.units < 1:
        raise ValueError(f"expected units >= 1, got {config.units}")


def run(config, folder, progress):
    total = 0
    if config.seed == 15:
        raise InputError("no cell is called 15")
    for i in range(config.units):
        unit = folder / "units" / f"{i}.txt"
        if not unit.exists():
            time.sleep(config.pause_s)
            unit.write_text(str(config.seed + i))
            progress(f"unit {i}", (i + 1) / config.units, event="unit", index=i)
        total += int(unit.read_text())
    if config.seed == 13:
        raise RuntimeError("unlucky")
    if config.seed == 14:
        raise InputError("no cell is called 14; nearest: 15")
    primary = dict(metric="sum", arm="a", control="b", verdict="supported", n=config.units)
    primary |= dict(effect_size=float(total), ci_low=float("nan"), ci_high=2.0)
    checks = [{"name": "even", "holds": False}]
    return {"primary": primary, "arms": {}, "comparisons": [], "checks": checks}


def page(folder):
    return "<p>counted</p>"
'''


@pytest.fixture
def cookbook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Puts the recipe `count-up` among the recipes and works in an empty folder."""
    folder = tmp_path / "recipes"
    folder.mkdir()
    (folder / "count_up.py").write_text(COUNTING)
    monkeypatch.setattr(brainwright.recipes, "__path__", [*brainwright.recipes.__path__, str(folder)])
    sys.modules.pop("brainwright.recipes.count_up", None)
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    yield folder
    sys.modules.pop("brainwright.recipes.count_up", None)


@pytest.fixture
def start(cookbook: Path) -> Callable[..., subprocess.Popen]:
    """Starts the command line in a process of its own, with the recipe of `cookbook`."""

    def start(*arguments: str) -> subprocess.Popen:
        script = (
            "import signal, sys, brainwright.recipes as r\n"
            "signal.signal(signal.SIGINT, signal.default_int_handler)\n"  # ignored in a shell's background
            f"r.__path__.append({str(cookbook)!r})\n"
            "from brainwright.cli import main\n"
            f"sys.exit(main({list(arguments)!r}))"
        )
        environment = {**os.environ, "PYTHONPATH": str(Path(brainwright.__file__).parents[1])}
        pipe = subprocess.PIPE
        return subprocess.Popen(
            [sys.executable, "-c", script], env=environment, stdout=pipe, stderr=pipe, text=True
        )

    return start
