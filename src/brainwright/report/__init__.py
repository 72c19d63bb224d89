"""Pages as data, standard figures, HTML and Markdown. Knows the run folder alone."""

from brainwright.report import figures
from brainwright.report.beside import beside
from brainwright.report.controls import broken, same
from brainwright.report.culture import Culture, changed, plan_of_writes
from brainwright.report.dose import dose, dose_per_arm
from brainwright.report.film import Court, film
from brainwright.report.finished import Finished, per_unit, ranked
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
from brainwright.report.plates import plates
from brainwright.report.played import all_played, continued, order_of, played, wave
from brainwright.report.schematic import schematic
from brainwright.report.sound import melody
from brainwright.report.standard import standard_page
from brainwright.report.swimmers import swimmers
from brainwright.report.taught import before_and_after, forecasts
from brainwright.report.writes import writes

__all__ = [
    "Audio",
    "Block",
    "Cell",
    "Code",
    "Columns",
    "Court",
    "Culture",
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
    "all_played",
    "before_and_after",
    "beside",
    "broken",
    "changed",
    "continued",
    "document",
    "dose",
    "dose_per_arm",
    "escape",
    "figure_svg",
    "figures",
    "film",
    "forecasts",
    "latency",
    "markdown",
    "markdown_table",
    "melody",
    "number",
    "order_of",
    "per_unit",
    "plan_of_writes",
    "plates",
    "played",
    "ranked",
    "same",
    "schematic",
    "short",
    "standard_page",
    "swimmers",
    "wave",
    "within",
    "writes",
]
