"""Shapes and types of emulator, network and objective are checked while the tests run, not in use."""

import importlib.util
import os
from collections.abc import Callable
from types import CodeType
from typing import Any

import pytest

# One process of tests per core: more threads would fight for the cores, and round sums in another order.
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")

CHECKED = ("emulator", "objective", "loop.fit")
# compiled kernels cannot be hooked, so the parts are named one by one
CHECKED_NETWORK = (
    "cells checking compilation dynamics graph layers lif network over_time projection rate scaling "
    "storage synapses unrolling sparse.pattern sparse.plain sparse.product"
)

if importlib.util.find_spec("brainwright.emulator") is not None:
    import jaxtyping
    from jaxtyping import install_import_hook

    checks, made = jaxtyping.jaxtyped, set[CodeType]()

    def jaxtyped(*, typechecker: Any) -> Callable[[Any], Any]:
        """Functions within functions are checked the first time that they are made: to wrap them takes .6 ms,
        which at every product of a network was half the time of a test.
        """

        def checked(thing: Any) -> Any:
            code = getattr(thing, "__code__", None) if "<locals>" in thing.__qualname__ else None
            if code in made:
                return thing
            if code is not None:
                made.add(code)
            return checks(typechecker=typechecker)(thing)

        return checked

    jaxtyping.jaxtyped = jaxtyped  # what the hook writes above every function

    names = [*CHECKED, *(f"network.{part}" for part in CHECKED_NETWORK.split())]
    install_import_hook([f"brainwright.{name}" for name in names], "beartype.beartype")


@pytest.fixture(autouse=True)
def _no_user_data(monkeypatch: pytest.MonkeyPatch) -> None:
    """Messages name the program as an installed user sees it."""
    monkeypatch.delenv("BRAINWRIGHT_PROGRAM", raising=False)
