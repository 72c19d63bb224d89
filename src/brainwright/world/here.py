"""Gymnasium, where it is installed."""

import importlib
from typing import Any

from .contract import WorldError


def gymnasium_for(who: str, extra: str = "worlds") -> Any:
    """The package gymnasium. Raises `WorldError` with the one command that installs it."""
    try:
        return importlib.import_module("gymnasium")
    except ModuleNotFoundError as error:
        raise WorldError(
            f"{who}: expected the package gymnasium, which is not installed; "
            f"pip install 'brainwright[{extra}]' (the worlds of brainwright.world do without it)"
        ) from error
