"""Reads run folders, writes one self-contained HTML page. Imports no other room."""

from brainwright.report.html import audio, badge, document, figure, figure_svg, section, table, verdict_banner

__all__ = ["audio", "badge", "document", "figure", "figure_svg", "section", "table", "verdict_banner"]
