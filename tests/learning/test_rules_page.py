"""The page of the documentation says what the rules declare."""

import importlib.util
from pathlib import Path

from brainwright.learning.catalogue import catalogue

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "rules.md"


def script():
    spec = importlib.util.spec_from_file_location("rules_page", ROOT / "scripts" / "rules_page.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_is_current():
    assert PAGE.read_text("utf-8") == script().markdown(), "run scripts/rules_page.py"


def test_every_variant_has_a_row():
    rows = [line for line in script().markdown().splitlines() if line.startswith("| ")]
    assert len(rows) == len(catalogue()) + 2
