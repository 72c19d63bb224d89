"""Names from files as text: on screens, on pages, in figures. What is no letter there is written out."""

import html
import re

# Controls move the cursor or ring the bell, half surrogates cannot be printed at all; marks of direction and
# of no width (zero-width space to right-to-left mark, embeddings, isolates, the byte-order mark) show another
# name.
_ODD = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+!|~$])")


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
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def figure_text(value: object) -> str:
    r"""The text as matplotlib draws it letter by letter: a dollar would begin mathematics, an underscore at
    the start would hide a line from the legend (a space before it does not show).

    Example:
        >>> figure_text("$x$")
        '\\$x\\$'
    """
    text = printable(value).replace("$", r"\$")
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
    return _MARKDOWN.sub(r"\\\1", html.escape(printable(value), quote=False))
