"""A tiny recipe that counts, kept in the tests: it can be slow, stopped, killed and resumed."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import brainwright
import brainwright.recipes

FACE = '''
"""Counts."""
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from brainwright.experiment import AtLeast, Options

SUMMARY = "count to a number"
SOURCES = ("Nobody 1900",)


@dataclass(frozen=True)
class Config(Options):
    """Counts."""
    units: Annotated[int, AtLeast(1)] = 4
    """How far to count."""
    pause_s: float = 0.0
    """Pause after each unit in seconds."""
    source: Path | None = None
    """A file."""
    arms: tuple[str, ...] = ("a", "b")
    """Names."""
'''
EXPERIMENT = """
import time
from functools import partial

import numpy as np

from brainwright.errors import UserError
from brainwright.evidence import Check
from brainwright.experiment import Claim, Design, Procedure, Step, matters
from brainwright.experiment.trials import Trials
from brainwright.verdict import VERDICTS

WORDS = ("It counts.", "So so.", "It does not.", "Who knows.")
SENTENCES = dict(zip(VERDICTS, WORDS))


def design(config):
    if config.seed == 15:
        raise UserError("no cell is called 15")
    steps = tuple(Step(f"unit{k}", partial(count, config, k)) for k in range(config.units))
    return Design(
        studies=(Procedure("", steps, partial(outcomes, config), "sum", matters(config)),),
        primary=Claim("", "a", "b"),
        sentences=SENTENCES,
        answer=lambda outcomes, row: f"{row['effect_size']:g} more",
        checks=lambda outcomes: [Check("even", False, "odd")],
    )


def count(config, k, units, share):
    if config.seed == 14 and k == 1:
        raise UserError("no cell is called 14; nearest: 15")
    if config.seed == 13 and k == 1:
        raise RuntimeError("unlucky")
    time.sleep(config.pause_s)
    return {"value": np.full(6, config.seed + k, float) + np.arange(6)}


def outcomes(config, units):
    total = sum(units.load(f"unit{k}")["value"] for k in range(config.units))
    return Trials.of({"a": {"sum": total}, "b": {"sum": 0 * total + np.arange(6) / 10}})
"""
PAGE = """
from brainwright.report import Section, Table

LIMITS = "Counting is not understanding."


def sections(run):
    rows = [[name, row["mean"]] for name, row in run.arms().items()]
    return [Section("Counted", [Table(["arm", "sum"], rows)])]
"""


def write_recipe(folder: Path) -> Path:
    """The recipe as a folder."""
    folder.mkdir(parents=True)
    for name, content in (("__init__", FACE), ("experiment", EXPERIMENT), ("page", PAGE)):
        (folder / f"{name}.py").write_text(content)
    return folder


def forget(name: str) -> None:
    """Takes a module and its parts out of those that are imported."""
    for module in [m for m in sys.modules if m == name or m.startswith(f"{name}.")]:
        del sys.modules[module]


@pytest.fixture
def cookbook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Puts the recipe `count-up` among the recipes and works in an empty folder."""
    folder = tmp_path / "recipes"
    write_recipe(folder / "count_up")
    monkeypatch.setenv("BRAINWRIGHT_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(brainwright.recipes, "__path__", [*brainwright.recipes.__path__, str(folder)])
    forget("brainwright.recipes.count_up")
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    yield folder
    forget("brainwright.recipes.count_up")


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
