"""Pages: self-contained, escaped, with figures and sound inside."""

import base64
import io
import re
import wave
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest

from brainwright import report
from brainwright.report.html import block


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


def drawing():
    from matplotlib.figure import Figure

    fig = Figure(figsize=(4, 2))
    axes = fig.add_subplot()
    axes.plot([0, 1], [1, 0], label="a < b")
    axes.set_title("Rates & sums", fontweight="bold")
    axes.legend()
    return fig


def tone() -> report.Audio:
    return report.Audio("before", np.sin(np.linspace(0, 100, 800)), 8000)


def page() -> report.Page:
    table = report.Table(
        ["a", "b", "empty"],
        [[1234, 0.12345, ""], ["<x>", report.Strong("y"), None], ["z", report.Points(-1.5, -2, None), ""]],
        "c",
    )
    marks = report.Text([report.Mark("supported"), "It holds.", report.Strong("Much.")])
    part = report.Section("A part", [report.Code("a < b\n  c"), report.Items(["x", "y"])])
    return report.Page(
        title="A & B",
        verdict="supported",
        headline="It learned <it>",
        answer="d = 1",
        opening=[marks, report.Tiles([("n", "6", "cultures")])],
        sections=[
            report.Section("One", [table, report.Figure(drawing, "caption")], "lead"),
            report.Section("Two", [tone(), report.Columns([part, part]), report.Details("more", [marks])]),
        ],
    )


def test_a_page_is_whole_and_needs_no_network():
    shown = report.document(page())
    checker = Checker()
    checker.feed(shown)
    assert checker.open == []
    assert all(a.startswith(("data:", "#")) for a in checker.addresses)
    assert not re.search(r"@import|url\((?!#)|<script", shown)
    assert "<title>A &amp; B</title>" in shown
    assert shown.index("supported") < shown.index("It learned") < shown.index("<h2>One</h2>")
    assert "<h3>A part</h3>" in shown


def test_words_are_escaped_and_numbers_are_set():
    shown = report.document(page())
    assert "It learned &lt;it&gt;" in shown
    assert "&lt;x&gt;" in shown
    assert "<b>y</b>" in shown
    assert '<td class="number">1,234</td>' in shown
    assert '<td class="number">0.123</td>' in shown
    assert '<span class="unbroken">−1.50</span> <span class="unbroken">[−2.00, ∞]</span>' in shown
    assert '<span class="badge good">supported</span>' in shown
    assert "empty" not in shown  # a column that holds nothing


def test_a_verdict_is_not_said_without_its_caveats():
    warned = replace(page(), caveats=["quick run", "read with care"], answer="-1.5 of 2015-03")
    shown = report.document(warned)
    assert '<header class="verdict bad">' in shown
    assert "supported <span>· quick run</span> <span>· read with care</span>" in shown
    assert "−1.5 of 2015-03" in shown
    assert (
        report.markdown(warned).splitlines()[2] == "**supported, quick run, read with care.** −1.5 of 2015-03"
    )


def test_a_long_page_begins_with_its_contents():
    assert "<nav" not in report.document(page())
    sections = [report.Section(f"Part {k}", [report.Text("x")]) for k in range(6)]
    shown = report.document(replace(page(), sections=sections))
    assert [f'href="#s{k}"' in shown and f'id="s{k}"' in shown for k in range(8)] == [
        False,
        *[True] * 6,
        False,
    ]


HOSTILE = "<script>alert(1)</script>\x1b[31m$x^2$\u202eevil"


def test_hostile_names_are_text_on_pages_and_in_figures():
    rows = {HOSTILE: np.arange(4.0)}
    figure = report.Figure(lambda: report.figures.dots(rows, x=HOSTILE), HOSTILE)
    shown = report.document(
        report.Page(HOSTILE, "supported", HOSTILE, HOSTILE, [], [report.Section(HOSTILE, [figure])])
    )
    assert "<script" not in shown
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    assert shown.count("$x^2$") >= 6  # not set as mathematics either
    text = report.markdown(report.Page("", "against", HOSTILE, HOSTILE))
    assert "<" not in text
    assert "\x1b" not in text


def test_the_page_as_markdown():
    text = report.markdown(page())
    assert text.startswith("# It learned &lt;it&gt;\n\n**supported.** d = 1\n")
    assert "| a | b |\n| --- | --- |\n| 1,234 | 0.123 |\n| &lt;x&gt; | **y** |" in text
    assert "## One\n\nlead\n\nc\n\n| a | b |" in text
    assert "```\na < b\n  c\n```" in text
    assert "*Figure: caption*" in text
    assert "*Sound: before*" in text
    assert "### A part" in text


def test_figures_scale_take_the_ink_of_the_page_and_are_the_same_each_time():
    svg = report.figure_svg(drawing())
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
    assert svg == report.figure_svg(drawing())


def test_sound_comes_back_as_it_was():
    samples = np.array([0.0, 0.5, -1.0, 1.0])
    data = re.search(r"base64,([^\"]+)", block(report.Audio("x", samples, 8000)))[1]
    with wave.open(io.BytesIO(base64.b64decode(data))) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, 8000)
        back = np.frombuffer(file.readframes(4), "<i2")
    assert np.allclose(back / 32767, samples, atol=1e-4)


@pytest.mark.parametrize("samples", [[0.0, 1.5], [np.nan], [[0.0]]])
def test_sound_that_would_clip_is_refused(samples):
    with pytest.raises(ValueError, match="scale them first"):
        block(report.Audio("x", samples, 8000))


def test_columns_of_numbers_written_as_text_stand_to_the_right():
    header, rows = (
        ("arm", "share", "words"),
        [("a", "−0.20", "1 of 2"), ("b", "–", "3"), ("c", "12,600 %", "")],
    )
    html = block(report.Table(header, rows))
    assert html.count('<th class="number">') == 1
    assert '<td class="number">−0.20</td>' in html
    assert '<td class="number">–</td>' in html
    assert "<td>1 of 2</td>" in html
    assert "<td>3</td>" in html
    with pytest.raises(ValueError, match="expected 3 cells in every row"):
        block(report.Table(header, [("a", "b")]))


def test_a_table_without_names_of_columns_has_no_head():
    assert "<thead>" not in block(report.Table(("", ""), [("a", "b")]))
    assert "<thead>" in block(report.Table(("", "b"), [("a", "b")]))


def test_a_wide_figure_scrolls_where_it_would_become_too_small():
    html = block(report.Figure(drawing, "caption", wide=True))
    assert html.startswith('<figure class="wide"><div class="scroll"><svg')
    least = re.search(r"min-width: (\d+)px", block(report.Figure(drawing, "caption")))  # of 4 inches, trimmed
    assert 250 < int(least[1]) < 330


@pytest.mark.parametrize(
    ("value", "options", "text"),
    [
        (-0.001, {}, "0.00"),
        (-1.5, {"sign": True, "digits": 1}, "−1.5"),
        (12345.678, {"digits": 1}, "12,345.7"),
        (0.5, {"sign": True}, "+0.50"),
        (None, {}, "unbounded"),
        (float("nan"), {}, "unbounded"),
    ],
)
def test_numbers_as_text(value, options, text):
    assert report.number(value, **options) == text


def test_points_of_arms_and_comparisons():
    arm = {"mean": 0.5, "ci_low": 0.4, "ci_high": 0.6}
    assert str(report.Points.of(arm, digits=1, scale=100)) == "50.0 [40.0, 60.0]"
    assert str(report.Points.of({"mean": 0.5, "ci_low": None, "ci_high": None})) == "0.50"
    compared = {"effect_size": 0.02, "ci_low": None, "ci_high": 0.03}
    assert str(report.Points.of(compared, digits=1, scale=100)) == "+2.0 [−∞, +3.0]"
    assert report.Points.of(None) is None
