"""Are the figures of the README those of the run that `docs/organoid.md` shows? Prints what differs.

python scripts/readme_figures.py
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SHARE = r"\*{0,2}(\.\d\d)\*{0,2}"


def of_page(page: str) -> dict[str, tuple[float, int | None]]:
    """Arm → notes in a row as a share of the tune, and whole tunes in %, as the page of the run says."""
    rows = re.findall(r"^- (\w+): (\d\.\d\d) [^\n]*?(?:whole tunes (\d+)%)?$", page, re.MULTILINE)
    return {arm: (float(share), int(whole) if whole else None) for arm, share, whole in rows}


def of_readme(readme: str) -> dict[str, tuple[float, int]]:
    """The same out of the table of the README; of several names in a cell the first one counts."""
    rows = re.findall(rf"^\| (\w+)[^|]*\| {SHARE}[^|]*\| (\d+) % \|", readme, re.MULTILINE)
    return {arm: (float(share), int(whole)) for arm, share, whole in rows}


def differences(readme: str, page: str) -> list[str]:
    """One line for each figure that differs, or for an arm of the page that the README leaves out."""
    said, found = of_readme(readme), of_page(page)
    lines = [f"{arm}: not in the README" for arm in found if arm not in said]
    for arm, (share, whole) in found.items():
        if arm in said and (abs(said[arm][0] - share) > 1e-9 or whole not in (None, said[arm][1])):
            lines.append(f"{arm}: the README says {said[arm]}, the run {share, whole}")
    return lines


def main() -> int:
    """0 where all figures match."""
    texts = [(ROOT / name).read_text("utf-8") for name in ("README.md", "docs/organoid.md")]
    lines = differences(*texts)
    print("\n".join(lines) or f"{len(of_page(texts[1]))} arms match")
    return bool(lines)


if __name__ == "__main__":
    sys.exit(main())
