"""Packages that only one adapter needs: imported when used, with an error that says what to install."""

import importlib
from typing import Any


class MissingPackage(ImportError):
    """An adapter's package is not installed, or cannot be used on this machine."""


def need(module: str, extra: str | None = None) -> Any:
    """It imports `module`, which belongs to the extra `brainwright[extra]`, or to what every machine but a
    device's bare environment has.

    Raises:
        MissingPackage: it is absent or does not load; the message names the extra.
    """
    try:
        return importlib.import_module(module)
    except (ImportError, OSError, RuntimeError) as error:  # a wheel without its C library raises these
        wanted = f"'brainwright[{extra}]'" if extra else module
        raise MissingPackage(f"{module} cannot be imported ({error}); pip install {wanted}") from error
