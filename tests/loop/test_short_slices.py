"""Short turns are asked for politely, and given back."""

import sys

import pytest

from brainwright.loop import short_slices as exported
from brainwright.loop.punctual.short_slices import _RUNTIME, _get, short_slices


def test_turns_are_shorter_within_the_block_and_as_before_after_it():
    before = _get()
    if before is None:
        pytest.skip("this kernel has no custom slices")
    with short_slices(200e-6) as granted:
        assert granted
        within = _get()
        assert within is not None
        assert within[_RUNTIME] == 200_000
    assert _get() == before


def test_elsewhere_nothing_changes(monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    with short_slices() as granted:
        assert not granted


def test_it_is_exported():
    assert exported is short_slices
