"""Pictures of docs/gallery.md, each made by the block beside it: `python scripts/gallery.py`."""

import re
import time
from pathlib import Path

import matplotlib

matplotlib.use("Agg")  # before anything draws: no screen is needed

import matplotlib.pyplot as plt

from brainwright.runs import whole_file

DOCS = Path(__file__).resolve().parents[1] / "docs"
SECTION = re.compile(r"!\[[^\]]*\]\((gallery/[\w-]+\.png)\)\n\n```python\n(.*?)```", re.DOTALL)
INCHES, DPI = (6.0, 3.4), 100


def main() -> None:
    """Runs every block and keeps the figure that it opened."""
    for path, block in SECTION.findall((DOCS / "gallery.md").read_text("utf-8")):
        begun = time.perf_counter()
        exec(compile(block, path, "exec"), {})
        figure = plt.gcf()
        figure.set_size_inches(INCHES)
        with whole_file(DOCS / path) as file:
            figure.savefig(file, format="png", dpi=DPI)
        plt.close("all")
        print(f"{path}: {time.perf_counter() - begun:.1f} s, {(DOCS / path).stat().st_size // 1024} KiB")


if __name__ == "__main__":
    main()
