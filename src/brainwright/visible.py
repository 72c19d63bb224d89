"""Names from strangers' files as text alone, for screens, pages and figures."""

import unicodedata

REPLACED = "\ufffd"
"""What stands for a character that cannot be shown; every font has it."""


def visible(text: object) -> str:
    """A name as text alone: control characters, which terminals and browsers obey, become a visible sign, and
    characters that turn the direction of writing are left out.
    """
    return "".join(_visible(char) for char in str(text))


def _visible(char: str) -> str:
    if char in "\n\t":
        return " "
    kind = unicodedata.category(char)
    return "" if kind == "Cf" else REPLACED if kind.startswith("C") else char
