"""Names from files as text: on screens, on pages, in figures. What is no letter there is written out."""

import html
import re

# Controls move the cursor or ring the bell, half surrogates cannot be printed at all, two codes are no
# characters and end an SVG; marks of direction, of format and of no width (soft hyphen, zero-width space to
# right-to-left mark, embeddings, isolates, the byte-order mark, tags) show another name.
_ODD = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff"
    "\ufeff\ufff9-\ufffb\ufffe\uffff\U000e0000-\U000e007f]"
)
_MARKDOWN = re.compile(r"[\\`*_\[\]|~$]|^[#+-]+(?=\s)")


def printable(value: object, *, keep: str = "") -> str:
    r"""The text with what would act on a terminal or a page written out, such as `\x1b`.

    Args:
        value: anything that has a text.
        keep: characters to leave as they are, such as the ends of lines of a message.

    Example:
        >>> printable("cell\x1b[2J")
        'cell\\x1b[2J'
    """
    return _ODD.sub(lambda found: found[0] if found[0] in keep else _written_out(found[0]), str(value))


def _written_out(character: str) -> str:
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def figure_text(value: object) -> str:
    r"""The text as matplotlib draws it letter by letter: a dollar would begin mathematics, an underscore at
    the start would hide a line from the legend (a space before it does not show).

    Example:
        >>> figure_text("$x$")
        '\\$x\\$'
    """
    return label_text(value).replace("$", r"\$")


def label_text(value: object) -> str:
    """As `figure_text`, for figures whose style draws no mathematics (`text.parse_math` is off)."""
    text = printable(value)
    return f" {text}" if text.startswith("_") else text


def html_text(value: object) -> str:
    """The text as HTML that shows it."""
    return html.escape(printable(value, keep="\n\t"))


def markdown_text(value: object) -> str:
    r"""The text as Markdown that shows it, in one line.

    Example:
        >>> markdown_text("a|b <i>")
        'a\\|b &lt;i&gt;'
    """
    return _MARKDOWN.sub(r"\\\g<0>", html.escape(printable(value), quote=False))
