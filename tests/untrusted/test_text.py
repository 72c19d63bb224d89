"""Names from files are text wherever they are shown: on screens, on pages, in Markdown, in figures, in
errors.
"""

import io
import re

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from brainwright import report
from brainwright.cli import main
from brainwright.cli.report import verdict_lines
from brainwright.connectome import Connectome, ConnectomeError
from brainwright.datasets import DatasetError
from brainwright.datasets.read import read_recording
from brainwright.report.html import escape
from brainwright.untrusted import Fault, figure_text, html_text, label_text, markdown_text, printable

NASTY = {
    "mathematics": "$\\frac{1}{0}$",
    "half mathematics": "a$b",
    "broken mathematics": "$\\nosuch{$",
    "escaped": "a\\$b$",
    "tag": "<img src=x onerror=alert(1)>\"'&",
    "closing": "</title></svg><script>alert(1)</script>",
    "screen": "\x1b[2J\x1b]0;title\x07",
    "eight-bit control": "\x9b31m",
    "bell and null": "\x07\x00\x08",
    "line": "a\r\nVerdict: supported",
    "right to left": "\u202egnp.exe",
    "isolates": "\u2066x\u2069",
    "no width": "K\u200bC\ufeff",
    "half a surrogate": "\ud800",
    "rich": "[red]x[/red][link=file:///etc]y[/link]",
    "markdown": "**b** [x](y) `c` | d <i>",
    "hidden from legends": "_nolegend_",
    "line separator": "a\u2028b",
}
ACTS = re.compile("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")


@pytest.mark.parametrize("case", NASTY)
def test_what_is_shown_acts_on_nothing(case):
    name = NASTY[case]
    assert not ACTS.search(printable(name))
    printable(name).encode()
    assert not re.search("[<>\"']", html_text(name).replace("&lt;", "").replace("&gt;", ""))
    line = markdown_text(name)
    assert not re.search(r"(?<!\\)[|*_`\[\]$]", line)
    assert "<" not in line
    assert report.markdown_table(["name"], [[name]]).splitlines() == ["| name |", "| --- |", f"| {line} |"]


def test_plain_names_stay_as_they_are():
    for name in ("KC", "Kenyon cell α/β", "神経", "O'Brien–2", "a b", "100 %"):
        assert printable(name) == name
        assert figure_text(name) == name
    assert printable("a\nb", keep="\n") == "a\nb"


def drawn(text: str) -> str:
    """What a figure shows of a label, by its own SVG."""
    figure = Figure()
    figure.subplots().set_xlabel(figure_text(text))
    buffer = io.StringIO()
    import matplotlib as mpl

    with mpl.rc_context({"svg.fonttype": "none"}):
        figure.savefig(buffer, format="svg")
    import html

    return html.unescape("".join(re.findall(r"<text[^>]*>([^<]*)</text>", buffer.getvalue())))


@pytest.mark.parametrize(
    "case", ["mathematics", "half mathematics", "broken mathematics", "escaped", "tag", "screen"]
)
def test_figures_show_a_name_letter_by_letter(case):
    assert printable(NASTY[case]) in drawn(NASTY[case])


def nasty_wiring(name: str) -> Connectome:
    cells = pd.DataFrame({"id": [f"{name}{k}" for k in range(4)], "pool": [name, "sensory", name, "output"]})
    cells = cells.assign(type=name, x_um=np.arange(4.0), y_um=np.arange(4.0))
    ids = cells["id"].tolist()
    edges = pd.DataFrame(
        {"pre": ids, "post": ids[1:] + ids[:1], "n": [1, 2, 3, 4], "kind": [name, name, "ad", "ad"]}
    )
    return Connectome.from_dataframe(edges, cells, count="n", kind="kind").noted(name)


@pytest.mark.parametrize("case", ["broken mathematics", "tag", "screen", "hidden from legends"])
def test_a_connectome_shows_names_as_text(tmp_path, case):
    wiring = nasty_wiring(NASTY[case])
    figure = wiring.plot(tmp_path / "figure.svg")
    labels = [text.get_text() for text in figure.axes[2].get_legend().get_texts()]
    assert len(labels) == 2
    assert figure_text(NASTY[case]).strip() in [label.strip() for label in labels]
    for shown in (repr(wiring), str(wiring.describe())):
        assert not ACTS.search(shown.replace("\n", ""))
    with pytest.raises(ConnectomeError) as error:
        wiring.subset(where="nothing == 1")
    assert not ACTS.search(str(error.value))
    with pytest.raises(ConnectomeError) as error:
        wiring.locate([f"unknown {NASTY[case]}"])
    assert not ACTS.search(str(error.value).replace("\n", ""))


def test_the_command_line_prints_names_as_text(tmp_path, capsys):
    path = tmp_path / "a\x1b[31m.csv"
    path.write_text("pre,post,\x1b[2J$n$\n\x1b[31ma,b,1\nb,c\u202e,2\n")
    assert main(["connectome", "show", str(path), "--figure", str(tmp_path / "f.png")]) == 0
    shown = capsys.readouterr()
    assert not ACTS.search((shown.out + shown.err).replace("\n", ""))
    assert main(["connectome", "show", str(path), "--figure", "none", "--pre", "\x1b[2J"]) == 1
    shown = capsys.readouterr()
    assert "\\x1b" in shown.err
    assert not ACTS.search((shown.out + shown.err).replace("\n", ""))


def test_errors_are_cut_and_written_out(tmp_path):
    assert len(str(Fault("x" * 10**6))) < 3000
    (tmp_path / "a.csv").write_text("x\x1b[2J" * 2000 + "\n1\n")
    with pytest.raises(DatasetError) as error:
        read_recording(tmp_path / "a.csv", bin_s=0.1)
    assert "\x1b" not in str(error.value)
    assert len(str(error.value)) < 3000


def test_verdicts_are_lines_of_their_own():
    primary = {"metric": "m\nCheck", "arm": "\x1b[2J", "control": "b", "n": 3, "verdict": "supported"}
    primary |= {"effect_size": 1.0, "ci_low": 0.0, "ci_high": 2.0}
    lines = verdict_lines({"primary": primary, "checks": [{"name": "\x07", "holds": False, "detail": "d"}]})
    assert len(lines) == 2
    assert not ACTS.search("".join(lines))


@pytest.mark.parametrize("case", NASTY)
def test_pages_show_names_as_text(case):
    name = NASTY[case]
    inside = [report.Table([name, "n"], [[name, 1]], name), report.Text(name), report.Code(name)]
    page = report.Page(name, "against", name, name, sections=[report.Section(name, inside, name)])
    shown = report.document(page)
    assert "<img src=x" not in shown
    assert "<script>" not in shown
    assert not ACTS.search(shown.replace("\n", "").replace("\t", ""))
    shown.encode()
    text = report.markdown(page)
    assert not ACTS.search(text.replace("\n", "").replace("\t", ""))
    assert "<" not in text.replace(printable(name, keep="\n\t"), "")  # the code stands as it is, in its fence
    assert escape(name) == html_text(name)


@pytest.mark.parametrize("case", NASTY)
def test_figures_of_pages_show_names_as_text(case):
    name = NASTY[case]
    drawing = Figure()
    drawing.subplots().set_title(figure_text(name))
    assert "<script>" not in report.figure_svg(drawing)


def test_a_name_that_matplotlib_would_hide_from_a_legend():
    assert label_text("_nolegend_") == " _nolegend_"
    assert label_text("$x$") == "$x$"  # styles of ours draw no mathematics


def test_code_cannot_end_its_own_fence():
    shown = report.markdown(report.Page("t", "against", "h", "a", [report.Code("```\n<script>\n````")]))
    assert "`````\n```\n<script>\n````\n`````" in shown


def test_marks_of_format_that_show_nothing_are_written_out():
    for odd in "\xad\u061c\u180e\u206a\ufff9\uffff\U000e0041":
        assert printable(f"a{odd}b") == "a" + ascii(odd)[1:-1] + "b"
