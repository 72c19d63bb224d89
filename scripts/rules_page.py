"""Writes `docs/rules.md` from the declarations of the learning rules: `python scripts/rules_page.py`."""

from pathlib import Path

from brainwright.learning.catalogue import markdown
from brainwright.runfolder import write_text

PAGE = Path(__file__).parents[1] / "docs" / "rules.md"

if __name__ == "__main__":
    write_text(PAGE, markdown())
    print(PAGE)
