"""Shapes and types of emulator, network and objective are checked while the tests run, not in use."""

import importlib.util
import os

import pytest

# One process of tests per core: more threads would fight for the cores, and round sums in another order.
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")

CHECKED = ("emulator", "objective", "loop.fit")
# compiled kernels cannot be hooked, so the parts are named one by one
CHECKED_NETWORK = (
    "cells checking compilation dynamics graph layers lif network projection rate scaling storage synapses "
    "unrolling sparse.pattern sparse.plain sparse.product"
)

if importlib.util.find_spec("brainwright.emulator") is not None:
    from jaxtyping import install_import_hook

    names = [*CHECKED, *(f"network.{part}" for part in CHECKED_NETWORK.split())]
    install_import_hook([f"brainwright.{name}" for name in names], "beartype.beartype")


@pytest.fixture(autouse=True)
def _no_user_data(monkeypatch: pytest.MonkeyPatch) -> None:
    """Messages name the program as an installed user sees it."""
    monkeypatch.delenv("BRAINWRIGHT_PROGRAM", raising=False)
