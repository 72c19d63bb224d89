"""How an object shows itself: a line in a terminal, a small table in a notebook."""

from collections.abc import Mapping

from brainwright.untrusted import html_text, printable


class Shown:
    """It gives an object `__repr__` and `_repr_html_` out of one table, `glance`.

    A dataclass that inherits it is declared with `repr=False`. Names in it may be of strangers: they are made
    harmless here.
    """

    def glance(self) -> Mapping[str, str]:
        """What is worth knowing on one screen: name → value in words."""
        raise NotImplementedError

    def __repr__(self) -> str:
        known = (f"{name} {value}" if name else value for name, value in self.glance().items())
        return f"{type(self).__name__}({printable(', '.join(known))})"

    def _repr_html_(self) -> str:
        cells = "".join(
            f"<tr><th style='text-align:left'>{html_text(name)}</th>"
            f"<td style='text-align:left'>{html_text(value)}</td></tr>"
            for name, value in self.glance().items()
        )
        return f"<table><caption>{type(self).__name__}</caption>{cells}</table>"
