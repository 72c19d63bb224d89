"""What a run asked of itself, and whether it holds."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .html import Html, badge, section, table


def holds_badge(holds: bool) -> Html:
    """In green or in red."""
    return Html(badge("holds", "good") if holds else badge("does not hold", "bad"))


def checks(
    found: Iterable[Mapping[str, Any]],
    heading: str = "Checks",
    header: Sequence[str] = ("check", "", "detail"),
) -> str:
    """A section with a row for each check of a `result.json`: `name`, `holds`, `detail`."""
    rows = [(one["name"], holds_badge(one["holds"]), one["detail"]) for one in found]
    return section(heading, table(header, rows))
