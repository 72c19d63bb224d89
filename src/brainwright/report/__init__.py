"""Pages as data, standard figures, HTML and Markdown. Knows the run folder alone."""

from brainwright.report import figures
from brainwright.report.controls import same
from brainwright.report.dose import dose
from brainwright.report.finished import Finished, ranked
from brainwright.report.html import document, escape, figure_svg
from brainwright.report.latency import latency
from brainwright.report.markdown import markdown, markdown_table
from brainwright.report.numbers import number, short, within
from brainwright.report.page import (
    Audio,
    Block,
    Cell,
    Code,
    Columns,
    Details,
    Figure,
    Items,
    Mark,
    Page,
    Picture,
    Points,
    Section,
    Strong,
    Table,
    Text,
    Tiles,
)
from brainwright.report.sound import melody
from brainwright.report.standard import standard_page

__all__ = [
    "Audio",
    "Block",
    "Cell",
    "Code",
    "Columns",
    "Details",
    "Figure",
    "Finished",
    "Items",
    "Mark",
    "Page",
    "Picture",
    "Points",
    "Section",
    "Strong",
    "Table",
    "Text",
    "Tiles",
    "document",
    "dose",
    "escape",
    "figure_svg",
    "figures",
    "latency",
    "markdown",
    "markdown_table",
    "melody",
    "number",
    "ranked",
    "same",
    "short",
    "standard_page",
    "within",
]
