"""Files and texts of strangers: how much they may make of themselves, and how they are shown.

Readers of all rooms go through here: `Bounds` is what a file may grow to, `read_npz`, `read_mat`, `datasets`
(HDF5) and `parse_json` refuse before they allocate, `refused_as` turns a parser's complaint into the room's
own error, `printable` and its relatives make a name from a file harmless on screens, pages and figures.
"""

from .bounds import Bounds
from .errors import Fault, Unreadable, refused_as
from .gzipped import unpacked
from .npz import read_npz
from .plain_json import parse_json
from .text import figure_text, html_text, label_text, markdown_text, printable
from .zipped import checksum_of_members

__all__ = [
    "Bounds",
    "Fault",
    "Unreadable",
    "checksum_of_members",
    "figure_text",
    "html_text",
    "label_text",
    "markdown_text",
    "parse_json",
    "printable",
    "read_npz",
    "refused_as",
    "unpacked",
]
