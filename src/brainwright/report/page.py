"""A page as data: sections of text, tables, figures and sound. `html` and `markdown` are two functions over
it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Union

from brainwright.verdict import VERDICTS

from .numbers import number

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.figure import Figure as Drawing

TONES: dict[str, str] = {
    **dict(zip(VERDICTS, ("good", "even", "bad", "open"), strict=True)),
    **{"met": "good", "missed": "bad", "void": "open", "holds": "good", "does not hold": "bad"},
    **{"quick run": "open", "not finished": "open", "no verdict": "open"},
    **{"read with care": "bad", "your input": "open"},
}
"""Word → tone of its mark: good, even, bad or open."""


@dataclass(frozen=True)
class Points:
    """A figure with its interval, such as "+1.2 [+0.3, +2.1]"."""

    value: float | None
    low: float | None = None
    high: float | None = None
    digits: int = 2
    sign: bool = False
    scale: float = 1.0

    @classmethod
    def of(
        cls, row: Mapping[str, Any] | None, *, digits: int = 2, scale: float = 1.0, sign: bool = False
    ) -> "Points | None":
        """Of a row of `result.json`: an arm's mean, a value with its interval, or (always with a sign) the
        effect of a comparison; None of none.
        """
        if row is None:
            return None
        compared = "effect_size" in row
        value = row["effect_size"] if compared else row.get("mean", row.get("value"))
        return cls(value, row.get("ci_low"), row.get("ci_high"), digits, compared or sign, scale)

    def parts(self) -> tuple[str, str]:
        """The value and its interval as text; the interval is empty where there is none."""
        value, low, high = (
            None if end is None else self.scale * end for end in (self.value, self.low, self.high)
        )
        text = number(value, digits=self.digits, sign=self.sign)
        if low is None and high is None:
            return text, ""
        ends = (
            number(end, digits=self.digits, sign=self.sign, unbounded=none) for end, none in _ends(low, high)
        )
        return text, f"[{', '.join(ends)}]"

    def __str__(self) -> str:
        return " ".join(part for part in self.parts() if part)


def _ends(low: float | None, high: float | None) -> tuple[tuple[float | None, str], ...]:
    """A bound that JSON cannot hold is an infinite one."""
    return (low, "−∞"), (high, "∞")


@dataclass(frozen=True)
class Mark:
    """A coloured word: a verdict, a gate, a check. `tone` is good, even, bad or open; by default that of the
    word.
    """

    word: str
    note: str = ""
    tone: str = ""

    @property
    def colour(self) -> str:
        """Its tone."""
        return self.tone or TONES.get(self.word, "even")

    def __str__(self) -> str:
        return f"{self.word} {self.note}".strip()


@dataclass(frozen=True)
class Strong:
    """Words that stand out."""

    text: str

    def __str__(self) -> str:
        return self.text


Cell = Union[str, int, float, "np.number", Points, Mark, Strong, None, Sequence["Cell"]]
"""What a table holds: plain text, numbers, the parts above, or several of these one after another."""


@dataclass(frozen=True)
class Text:
    """A paragraph; parts are plain text, marks or strong words."""

    parts: str | Sequence[str | Mark | Strong]
    small: bool = False


@dataclass(frozen=True)
class Code:
    """Lines to type or to read as they are."""

    text: str


@dataclass(frozen=True)
class Items:
    """A list of sentences."""

    texts: Sequence[str]


@dataclass(frozen=True)
class Table:
    """A table. Columns that hold nothing are left out, columns of numbers are set to the right."""

    header: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    caption: str = ""


@dataclass(frozen=True)
class Figure:
    """A drawing that is made when the page is, with its caption; a `wide` one scrolls on a telephone."""

    draw: "Callable[[], Drawing]"
    caption: str = ""
    wide: bool = False


@dataclass(frozen=True)
class Picture:
    """A drawing that is SVG already, made by hand and trusted; `words` say it to those who do not see it. A
    `wide` one scrolls on a telephone.
    """

    svg: str
    words: str
    wide: bool = False


@dataclass(frozen=True, eq=False)
class Audio:
    """Sound, samples [sample] between -1 and 1."""

    label: str
    samples: "np.ndarray"
    rate_hz: int


@dataclass(frozen=True)
class Tiles:
    """Figures to be seen at once: (name, figure, what belongs to it)."""

    tiles: Sequence[tuple[str, str, str]]


@dataclass(frozen=True)
class Columns:
    """Blocks beside each other where there is room."""

    blocks: "Sequence[Block]"


@dataclass(frozen=True)
class Details:
    """Blocks that are shown when asked for."""

    summary: str
    blocks: "Sequence[Block]"


@dataclass(frozen=True)
class Section:
    """A heading, an opening sentence and blocks; within another one it is a part of it."""

    heading: str
    blocks: "Sequence[Block]"
    lead: str = ""


Block = Text | Code | Items | Table | Figure | Picture | Audio | Tiles | Columns | Details | Section


@dataclass(frozen=True)
class Page:
    """A whole page, verdict first.

    Attributes:
        title: of the window.
        verdict: one of the four words, "not finished", or "no verdict" where what decides was left out.
        headline: the verdict as a sentence.
        answer: the figures behind it in a sentence.
        opening: what belongs to the verdict: warnings, tiles.
        sections: in order.
        caveats: what stands beside the verdict wherever it is said, such as "quick run".
    """

    title: str
    verdict: str
    headline: str
    answer: str
    opening: Sequence[Block] = ()
    sections: Sequence[Section] = field(default_factory=list)
    caveats: Sequence[str] = ()


def used_columns(table: Table) -> tuple[list[str], list[list[Cell]]]:
    """Header and rows without the columns in which every cell is empty."""
    rows = [list(row) for row in table.rows]
    if any(len(row) != len(table.header) for row in rows):
        raise ValueError(f"table {list(table.header)}: expected {len(table.header)} cells in every row")
    kept = [k for k in range(len(table.header)) if any(row[k] not in (None, "") for row in rows)]
    if not rows:
        kept = list(range(len(table.header)))
    return [table.header[k] for k in kept], [[row[k] for k in kept] for row in rows]
