"""Finds recipes: modules of `brainwright.recipes`, listed without importing them."""

import importlib
from pathlib import Path
from types import ModuleType

import brainwright.recipes
from brainwright.cli.words import UsageError, nearest, program


def recipe_files() -> dict[str, Path]:
    """Name on the command line (dashes) and file of each recipe, sorted by name."""
    files = [path for folder in brainwright.recipes.__path__ for path in Path(folder).glob("*.py")]
    return {p.stem.replace("_", "-"): p for p in sorted(files) if not p.stem.startswith("_")}


def load_recipe(name: str) -> ModuleType:
    """Imports a recipe. Raises UsageError with the nearest name."""
    known = recipe_files()
    name = name.replace("_", "-")
    if name not in known:
        raise UsageError(f"unknown recipe {name!r}{nearest(name, known)}; see {program()} list")
    return importlib.import_module(f"brainwright.recipes.{known[name].stem}")
