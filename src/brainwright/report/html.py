"""One HTML page that needs no network: light and dark, on screen, telephone and paper."""

import base64
import io
import re
import wave
from collections.abc import Iterable, Sequence
from importlib import resources
from typing import TYPE_CHECKING

import numpy as np

from brainwright.untrusted import html_text

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TONES = {"supported": "good", "no difference": "even", "against": "bad", "cannot tell": "open"}


def document(title: str, body: str) -> str:
    """A whole page: `title` as plain text, `body` as HTML made of the parts below."""
    style = resources.files("brainwright.report").joinpath("page.css").read_text("utf-8")
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{escape(title)}</title>
<style>
{style}</style>
</head>
<body>
<main>
{body}
</main>
</body>
</html>
"""


def escape(text: object) -> str:
    """Plain text as HTML; what would act on a screen is written out."""
    return html_text(text)


def section(heading: str, body: str, lead: str = "") -> str:
    """A section with a heading, an opening sentence (plain text) and HTML below."""
    opening = f'<p class="lead">{escape(lead)}</p>\n' if lead else ""
    return f"<section>\n<h2>{escape(heading)}</h2>\n{opening}{body}\n</section>"


def verdict_banner(verdict: str, headline: str, detail: str = "") -> str:
    """The first thing on the page: the verdict, what it is about, and the figures behind it."""
    tone = TONES.get(verdict, "open")
    small = f'<p class="detail">{escape(detail)}</p>' if detail else ""
    return (
        f'<header class="verdict {tone}"><p class="word">{escape(verdict)}</p>'
        f"<h1>{escape(headline)}</h1>{small}</header>"
    )


def badge(text: str, tone: str = "even") -> str:
    """A short coloured word; `tone` is good, even, bad or open."""
    return f'<span class="badge {escape(tone)}">{escape(text)}</span>'


def table(header: Sequence[str], rows: Iterable[Sequence[object]], caption: str = "") -> str:
    """A table. Cells are plain text, except those wrapped in `Html`; numbers are set to the right."""
    rows = [list(row) for row in rows]
    right = [_all_numbers(row[i] for row in rows if i < len(row)) for i in range(len(header))]
    head = "".join(
        f'<th class="number">{escape(cell)}</th>' if numbers else f"<th>{escape(cell)}</th>"
        for cell, numbers in zip(header, right, strict=True)
    )
    lines = "\n".join(
        f"<tr>{''.join(_cell(cell, i < len(right) and right[i]) for i, cell in enumerate(row))}</tr>"
        for row in rows
    )
    top = f"<caption>{escape(caption)}</caption>" if caption else ""
    head = f"<thead><tr>{head}</tr></thead>" if any(header) else ""
    inside = f"{top}{head}\n<tbody>\n{lines}\n</tbody>"
    return f'<div class="scroll"><table>{inside}</table></div>'


class Html(str):
    """A cell of a table that is HTML already."""

    __slots__ = ()


def _all_numbers(cells: Iterable[object]) -> bool:
    """Whether a column holds nothing but numbers, as such or as text, and dashes for none."""
    texts = [str(cell) for cell in cells if not isinstance(cell, Html)]
    numeric = [re.fullmatch(r"[+−-]?[\d,]*\.?\d+(e[+-]?\d+)?( ?%)?", text) is not None for text in texts]
    return any(numeric) and all(
        good or text in ("", "–", "None") for good, text in zip(numeric, texts, strict=True)
    )


def _cell(cell: object, right: bool = False) -> str:
    if isinstance(cell, Html):
        return f"<td>{cell}</td>"
    if right and isinstance(cell, str):
        return f'<td class="number">{escape(cell)}</td>'
    if isinstance(cell, int | float | np.number) and not isinstance(cell, bool):
        words = f"{cell:,}" if isinstance(cell, int | np.integer) else f"{cell:.3g}"
        return f'<td class="number">{words}</td>'
    return f"<td>{escape('' if cell is None else cell)}</td>"


def figure(fig: "Figure", caption: str = "", *, wide: bool = False) -> str:
    """A matplotlib figure as inline SVG with a caption (plain text).

    A `wide` one does not shrink to a telephone's width, where its text could not be read: it scrolls.
    """
    words = f"<figcaption>{escape(caption)}</figcaption>" if caption else ""
    if wide:
        return f'<figure class="wide"><div class="scroll">{figure_svg(fig)}</div>{words}</figure>'
    return f"<figure>{figure_svg(fig)}{words}</figure>"


def figure_svg(fig: "Figure") -> str:
    """A matplotlib figure as inline SVG that takes the page's width and, for what is black, its ink.

    Text stays text. Dense images inside should be rasterised by the caller (`rasterized=True`).
    """
    import matplotlib as mpl

    buffer = io.StringIO()
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "brainwright"}):
        fig.savefig(buffer, format="svg", transparent=True, bbox_inches="tight", metadata={"Date": None})
    return _inline(buffer.getvalue())


def _inline(svg: str) -> str:
    """Fits a stand-alone SVG into the page: its width, its ink for black, its card for white, its font."""
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg[svg.index("<svg") :], flags=re.DOTALL)
    opening, rest = svg.split(">", 1)
    opening = re.sub(r' (width|height)="[^"]*"', "", opening) + ' fill="currentColor"'
    rest = re.sub(r"(fill|stroke): ?#000000", r"\1: currentColor", rest)
    rest = re.sub(r"(fill|stroke): ?#ffffff", r"\1: var(--card, #fff)", rest)
    rest = re.sub(r"font-family: ?[^;\"]*", "font-family: inherit", rest)
    return f"{opening}>{rest}"


def audio(label: str, samples: np.ndarray, rate_hz: int) -> str:
    """A player with the sound inside the page, 16-bit mono WAV.

    Args:
        label: what one hears, plain text.
        samples: the sound, [sample], between -1 and 1.
        rate_hz: samples per second.

    Raises:
        ValueError: samples of another shape, beyond -1 to 1, or not finite.
    """
    samples = np.asarray(samples, np.float64)
    if samples.ndim != 1 or not np.isfinite(samples).all() or np.abs(samples).max(initial=0) > 1:
        raise ValueError(
            f"audio: expected samples in one row between -1 and 1, "
            f"got shape {samples.shape}; scale them first"
        )
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate_hz)
        file.writeframes(np.round(samples * 32767).astype("<i2").tobytes())
    data = base64.b64encode(buffer.getvalue()).decode("ascii")
    return (
        f'<div class="audio"><span>{escape(label)}</span>'
        f'<audio controls preload="metadata" src="data:audio/wav;base64,{data}"></audio></div>'
    )
