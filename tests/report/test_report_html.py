"""Pages: self-contained, escaped, with figures and sound inside."""

import base64
import io
import re
import wave
from html.parser import HTMLParser

import numpy as np
import pytest

from brainwright import report
from brainwright.report.html import Html


class Checker(HTMLParser):
    """Collects addresses and unbalanced tags."""

    VOID = ("meta", "br", "img", "input", "hr", "link", "path", "use")

    def __init__(self) -> None:
        super().__init__()
        self.open, self.addresses = [], []

    def handle_starttag(self, tag, attrs):
        if tag not in self.VOID:
            self.open.append(tag)
        self.addresses += [v for k, v in attrs if k in ("src", "href", "xlink:href")]

    def handle_startendtag(self, tag, attrs):
        self.addresses += [v for k, v in attrs if k in ("src", "href", "xlink:href")]

    def handle_endtag(self, tag):
        if tag not in self.VOID:
            assert self.open.pop() == tag


def whole_page() -> str:
    from matplotlib.figure import Figure

    fig = Figure(figsize=(4, 2))
    axes = fig.add_subplot()
    axes.plot([0, 1], [1, 0], label="a < b")
    axes.set_title("Rates & sums", fontweight="bold")
    axes.legend()
    parts = [
        report.verdict_banner("supported", "It learned <it>", "d = 1"),
        report.section(
            "One", report.table(["a", "b"], [[1234, 0.12345], ["<x>", Html("<b>y</b>")]], "c"), "lead"
        ),
        report.figure(fig, "caption"),
        report.audio("before", np.sin(np.linspace(0, 100, 800)), 8000),
        report.badge("ok", "good"),
    ]
    return report.document("A & B", "\n".join(parts))


def test_a_page_is_whole_and_needs_no_network():
    page = whole_page()
    checker = Checker()
    checker.feed(page)
    assert checker.open == []
    assert all(a.startswith(("data:", "#")) for a in checker.addresses)
    assert not re.search(r"@import|url\((?!#)|<script", page)
    assert "<title>A &amp; B</title>" in page


def test_words_are_escaped_and_numbers_are_set():
    page = whole_page()
    assert "It learned &lt;it&gt;" in page
    assert "&lt;x&gt;" in page
    assert "<b>y</b>" in page
    assert '<td class="number">1,234</td>' in page
    assert '<td class="number">0.123</td>' in page


def test_figures_scale_take_the_ink_of_the_page_and_are_the_same_each_time():
    page = whole_page()
    svg = page[page.index("<svg") : page.index("</svg>")]
    opening = svg[: svg.index(">")]
    assert "viewBox" in opening
    assert "width=" not in opening
    assert "height=" not in opening
    assert "Rates &amp; sums" in svg
    assert "#000000" not in svg
    assert "#ffffff" not in svg
    assert "font-weight: 700" in svg
    assert "DejaVu" not in svg
    assert "currentColor" in svg
    assert "<metadata>" not in svg
    assert svg in whole_page()


def test_sound_comes_back_as_it_was():
    samples = np.array([0.0, 0.5, -1.0, 1.0])
    page = report.audio("x", samples, 8000)
    data = re.search(r"base64,([^\"]+)", page)[1]
    with wave.open(io.BytesIO(base64.b64decode(data))) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, 8000)
        back = np.frombuffer(file.readframes(4), "<i2")
    assert np.allclose(back / 32767, samples, atol=1e-4)


@pytest.mark.parametrize("samples", [[0.0, 1.5], [np.nan], [[0.0]]])
def test_sound_that_would_clip_is_refused(samples):
    with pytest.raises(ValueError, match="scale them first"):
        report.audio("x", samples, 8000)


def test_columns_of_numbers_written_as_text_stand_to_the_right():
    html = report.table(
        ("arm", "share", "words"), [("a", "−0.20", "1 of 2"), ("b", "–", "3"), ("c", "12,600 %", "")]
    )
    assert html.count('<th class="number">') == 1
    assert '<td class="number">−0.20</td>' in html
    assert '<td class="number">–</td>' in html
    assert "<td>1 of 2</td>" in html
    assert "<td>3</td>" in html


def test_a_table_without_names_of_columns_has_no_head():
    assert "<thead>" not in report.table(("", ""), [("a", "b")])
    assert "<thead>" in report.table(("", "b"), [("a", "b")])


def test_a_wide_figure_scrolls_where_it_would_become_too_small():
    from matplotlib.figure import Figure

    html = report.figure(Figure(figsize=(4, 2)), "caption", wide=True)
    assert html.startswith('<figure class="wide"><div class="scroll"><svg')
