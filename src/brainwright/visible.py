"""Names from strangers' files as text alone, for screens, pages and figures."""

import unicodedata


def visible(text: object) -> str:
    """A name as text alone: control characters, which terminals and browsers obey, become their visible
    signs, and characters that turn the direction of writing are left out.
    """
    return "".join(_visible(char) for char in str(text))


def _visible(char: str) -> str:
    if char in "\n\t":
        return " "
    kind = unicodedata.category(char)
    if kind == "Cc":
        return chr(0x2400 + ord(char)) if ord(char) < 0x20 else "␡" if char == "\x7f" else "�"
    return "" if kind == "Cf" else "�" if kind in ("Cs", "Co", "Cn") else char
