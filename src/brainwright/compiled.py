"""Numba's `njit`, kept on disk where this machine lets it. Where nothing can be written (a read-only
installation, a user without a home) the same code is compiled anew in each process.
"""

import functools
import warnings
from collections.abc import Callable
from typing import Any

import numba


def njit(function: Callable | None = None, **options: Any) -> Any:
    """As `numba.njit`, with and without options; `cache=True` is a wish.

    Warns:
        RuntimeWarning: nothing can be cached; once in a process.
    """
    if function is None:
        return lambda function: _compiled(function, options)
    return _compiled(function, options)


def cache_folder() -> str | None:
    """Where compiled code is kept, beside the source or in the user's cache; None where nowhere."""
    try:
        return numba.njit(cache=True)(_nothing).stats.cache_path
    except RuntimeError:  # numba found no place
        return None


def _compiled(function: Callable, options: dict[str, Any]) -> Any:
    compiler: Any = numba.njit
    try:
        return compiler(**options)(function)
    except RuntimeError as error:
        if not (options.get("cache") and "cannot cache" in str(error)):
            raise
    _warn_once()
    return compiler(**options | {"cache": False})(function)


@functools.cache
def _warn_once() -> None:
    warnings.warn(
        "compiled code cannot be kept here and is compiled anew each time, which takes a minute; name a "
        "folder that can be written to in NUMBA_CACHE_DIR",
        RuntimeWarning,
        stacklevel=4,
    )


def _nothing() -> None: ...
