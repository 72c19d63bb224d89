"""The page of the documentation says what the rules declare."""

from pathlib import Path

import brainwright
from brainwright.learning.catalogue import catalogue, markdown

PAGE = Path(brainwright.__file__).parents[2] / "docs" / "rules.md"


def test_the_page_is_current():
    assert PAGE.read_text("utf-8") == markdown(), "run scripts/rules_page.py"


def test_every_variant_has_a_row():
    rows = [line for line in markdown().splitlines() if line.startswith("| ")]
    assert len(rows) == len(catalogue()) + 2
