"""Shapes and types of the emulator are checked while the tests run, not in use."""

import importlib.util

import pytest

if importlib.util.find_spec("brainwright.emulator") is not None:
    from jaxtyping import install_import_hook

    install_import_hook("brainwright.emulator", "beartype.beartype")


@pytest.fixture(autouse=True)
def _no_user_data(monkeypatch: pytest.MonkeyPatch) -> None:
    """Messages name the program as an installed user sees it."""
    monkeypatch.delenv("BRAINWRIGHT_PROGRAM", raising=False)
