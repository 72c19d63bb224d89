"""A page as one HTML document that needs no network: light and dark, on screen, telephone and paper."""

import base64
import io
import re
import wave
from collections.abc import Iterable
from importlib import resources
from typing import TYPE_CHECKING, Any

import numpy as np

from brainwright.untrusted import html_text

from .numbers import short, with_minus
from .page import (
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
    used_columns,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Drawing


def document(page: Page) -> str:
    """The whole page."""
    detail = f'<p class="detail">{prose(page.answer)}</p>' if page.answer else ""
    tone = Mark(page.caveats[-1] if page.caveats else page.verdict).colour
    beside = "".join(f" <span>· {escape(caveat)}</span>" for caveat in page.caveats)
    banner = (
        f'<header class="verdict {tone}"><p class="word">{escape(page.verdict)}{beside}</p>'
        f"<h1>{prose(page.headline)}</h1>{detail}</header>"
    )
    sections = [_section(section, 2, f"s{k}") for k, section in enumerate(page.sections, 1)]
    parts = [banner, *map(block, page.opening), *_contents(page), *sections]
    style = resources.files("brainwright.report").joinpath("page.css").read_text("utf-8")
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{escape(page.title)}</title>
<style>
{style}</style>
</head>
<body>
<main>
{chr(10).join(parts)}
</main>
</body>
</html>
"""


def escape(text: object) -> str:
    """Plain text as HTML; what would act on a screen is written out."""
    return html_text(text)


def prose(text: object) -> str:
    """Plain text as HTML, its negative numbers with a minus sign."""
    return escape(with_minus(text))


LONG = 6
"""Sections from which on a page begins with a list of them."""


def _contents(page: Page) -> list[str]:
    if len(page.sections) < LONG:
        return []
    links = (f'<a href="#s{k}">{prose(section.heading)}</a>' for k, section in enumerate(page.sections, 1))
    return [f'<nav aria-label="contents">{" ".join(links)}</nav>']


def block(shown: Block, depth: int = 2) -> str:
    """One block as HTML; `depth` is the level of a section's heading."""
    match shown:
        case Section():
            return _section(shown, depth)
        case Text():
            kind = ' class="detail"' if shown.small else ""
            parts = [shown.parts] if isinstance(shown.parts, str) else shown.parts
            return f"<p{kind}>{' '.join(map(_inline, parts))}</p>"
        case Code():
            return f"<pre>{chr(10).join(map(escape, shown.text.splitlines()))}</pre>"
        case Items():
            return f"<ul>{''.join(f'<li>{prose(text)}</li>' for text in shown.texts)}</ul>"
        case Table():
            return _table(shown)
        case Figure():
            return _figure(figure_svg(shown.draw()), shown.caption, shown.wide)
        case Picture():
            inside = f'<div role="img" aria-label="{escape(shown.words)}">{shown.svg}</div>'
            return _figure(inside, "", shown.wide)
        case Audio():
            return _audio(shown)
        case Tiles():
            tiles = "".join(
                f"<div><dt>{prose(name)}</dt><dd><b>{prose(value)}</b> {prose(what)}</dd></div>"
                for name, value, what in shown.tiles
            )
            return f'<dl class="tiles">{tiles}</dl>'
        case Columns():
            kind = "columns pairs" if len(shown.blocks) == 4 else "columns"  # four of them two by two
            return (
                f'<div class="{kind}">{"".join(f"<div>{block(b, depth)}</div>" for b in shown.blocks)}</div>'
            )
        case Details():
            inside = "\n".join(block(b, depth) for b in shown.blocks)
            return f"<details><summary>{escape(shown.summary)}</summary>{inside}</details>"
    raise TypeError(f"expected a block of a page, got {type(shown).__name__}")


def _section(shown: Section, depth: int, name: str = "") -> str:
    lead = f'<p class="lead">{prose(shown.lead)}</p>\n' if shown.lead else ""
    inside = f"<h{depth}>{prose(shown.heading)}</h{depth}>\n{lead}"
    inside += "\n".join(block(b, depth + 1) for b in shown.blocks)
    target = f' id="{name}"' if name else ""
    return f"<section{target}>\n{inside}\n</section>" if depth == 2 else f'<div class="part">{inside}</div>'


def _inline(part: Cell) -> str:
    match part:
        case Mark():
            note = f" {prose(part.note)}" if part.note else ""
            return f'<span class="badge {part.colour}">{escape(part.word)}</span>{note}'
        case Strong():
            return f"<b>{prose(part.text)}</b>"
        case Points():
            return " ".join(f'<span class="unbroken">{escape(p)}</span>' for p in part.parts() if p)
        case None:
            return ""
        case tuple() | list():
            return " ".join(map(_inline, part))
        case bool() | str():
            return prose(part)
        case int() | float() | np.integer() | np.floating():
            return escape(short(part))
    return escape(part)


def _table(shown: Table) -> str:
    header, rows = used_columns(shown)
    right = [_all_numbers(row[k] for row in rows) for k in range(len(header))]
    head = "".join(_cell("th", prose(name), numbers) for name, numbers in zip(header, right, strict=True))
    lines = (
        "".join(_cell("td", _inline(cell), right[k] or _is_number(cell)) for k, cell in enumerate(row))
        for row in rows
    )
    body = "\n".join(f"<tr>{line}</tr>" for line in lines)
    caption = f"<caption>{prose(shown.caption)}</caption>" if shown.caption else ""
    head = f"<thead><tr>{head}</tr></thead>" if any(header) else ""
    return f'<div class="scroll"><table>{caption}{head}\n<tbody>\n{body}\n</tbody></table></div>'


def _cell(tag: str, inside: str, number: bool) -> str:
    return f'<{tag} class="number">{inside}</{tag}>' if number else f"<{tag}>{inside}</{tag}>"


def _is_number(cell: Cell) -> bool:
    return isinstance(cell, int | float | np.number) and not isinstance(cell, bool)


def _all_numbers(cells: Iterable[Cell]) -> bool:
    """Whether a column holds nothing but numbers, as such or as text, and dashes for none."""
    texts = [str(cell) for cell in cells]
    numeric = [re.fullmatch(r"[+−-]?[\d,]*\.?\d+(e[+-]?\d+)?( ?%)?", text) is not None for text in texts]
    return any(numeric) and all(
        good or text in ("", "–", "None") for good, text in zip(numeric, texts, strict=True)
    )


def _figure(svg: str, caption: str, wide: bool) -> str:
    """It scrolls where the screen is too narrow for its text to be read."""
    words = f"<figcaption>{prose(caption)}</figcaption>" if caption else ""
    kind = ' class="wide"' if wide else ""
    return f'<figure{kind}><div class="scroll">{svg}</div>{words}</figure>'


LEAST_SCALE, MOST_SCALE = 1.03, 1.65
"""Pixels for each point: half a page's width then fits a telephone, and alone on a wide page its words are no
larger than the text around.
"""


def figure_svg(fig: "Drawing") -> str:
    """A matplotlib figure as inline SVG that takes the page's width and, for what is black, its ink.

    Text stays text. Dense images inside should be rasterised by the caller (`rasterized=True`).
    """
    import matplotlib as mpl

    buffer = io.StringIO()
    options: Any = {"svg.fonttype": "none", "svg.hashsalt": "brainwright", "text.parse_math": False}
    with mpl.rc_context(options):
        fig.savefig(buffer, format="svg", transparent=True, bbox_inches="tight", metadata={"Date": None})
    return _fitted(buffer.getvalue())


def _fitted(svg: str) -> str:
    """Fits a stand-alone SVG into the page: its width, its ink for black, its card for white, its font."""
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg[svg.index("<svg") :], flags=re.DOTALL)
    opening, rest = svg.split(">", 1)
    points = re.search(r' width="([\d.]+)pt"', opening)
    within = ""
    if points:
        least, most = (f"{scale * float(points[1]):.0f}px" for scale in (LEAST_SCALE, MOST_SCALE))
        within = f' style="min-width: {least}; max-width: {most}"'
    opening = re.sub(r' (width|height)="[^"]*"', "", opening) + f' fill="currentColor"{within}'
    rest = re.sub(r"(fill|stroke): ?#000000", r"\1: currentColor", rest)
    rest = re.sub(r"(fill|stroke): ?#ffffff", r"\1: var(--card, #fff)", rest)
    rest = re.sub(r"font-family: ?[^;\"]*", "font-family: inherit", rest)
    return f"{opening}>{rest}"


def _audio(shown: Audio) -> str:
    """A player with the sound inside the page, 16-bit mono WAV. Raises ValueError: samples of another shape,
    beyond -1 to 1, or not finite.
    """
    samples = np.asarray(shown.samples, np.float64)
    if samples.ndim != 1 or not np.isfinite(samples).all() or np.abs(samples).max(initial=0) > 1:
        raise ValueError(
            "audio: expected samples in one row between -1 and 1, "
            f"got shape {samples.shape}; scale them first"
        )
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(shown.rate_hz)
        file.writeframes(np.round(samples * 32767).astype("<i2").tobytes())
    data = base64.b64encode(buffer.getvalue()).decode("ascii")
    return (
        f'<div class="audio"><span>{escape(shown.label)}</span>'
        f'<audio controls preload="metadata" src="data:audio/wav;base64,{data}"></audio></div>'
    )
