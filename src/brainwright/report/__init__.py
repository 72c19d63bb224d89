"""Reads run folders, writes one self-contained HTML page. Imports no other room."""

from brainwright.report.checks import checks, holds_badge
from brainwright.report.html import (
    Html,
    audio,
    badge,
    document,
    escape,
    figure,
    figure_svg,
    section,
    table,
    verdict_banner,
)
from brainwright.report.latency import latency
from brainwright.report.markdown import markdown_table
from brainwright.report.sound import melody

__all__ = [
    "Html",
    "audio",
    "badge",
    "checks",
    "document",
    "escape",
    "figure",
    "figure_svg",
    "holds_badge",
    "latency",
    "markdown_table",
    "melody",
    "section",
    "table",
    "verdict_banner",
]
