"""Where figures come from: those of files, which need no window, whatever back end the environment names, and
those of a notebook.
"""

import contextlib
import importlib.util
import os
import sys
from collections.abc import Generator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

BACKEND, MODULE = "MPLBACKEND", "module://"


def new_figure(**options: Any) -> "Figure":
    """A Matplotlib figure on no screen.

    A notebook hands its back end on to every program that it starts, also to those whose environment lacks
    it, where Matplotlib then refuses to be imported; that name is left out.
    """
    with _without_absent_backend():
        from matplotlib.figure import Figure

    return Figure(**options)


def pyplot() -> Any:
    """Matplotlib's pyplot, for the reader's own notebook or script; on no screen where there is none."""
    with _without_absent_backend():
        import matplotlib.pyplot

    return matplotlib.pyplot


@contextlib.contextmanager
def _without_absent_backend() -> "Generator[None]":
    named = os.environ.get(BACKEND, "")
    if "matplotlib" in sys.modules or not named.startswith(MODULE) or _is_there(named.removeprefix(MODULE)):
        yield
        return
    del os.environ[BACKEND]
    try:
        yield
    finally:
        os.environ[BACKEND] = named


def _is_there(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except (ImportError, ValueError):  # its parent is missing, or it is no module's name
        return False
