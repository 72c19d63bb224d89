"""Help, lists, progress and the doctor."""

import io
import json
import re
import time

import pytest

from brainwright.cli import main
from brainwright.cli.options import first_message
from brainwright.cli.progress import Progress
from brainwright.runs import Metrics, read_metrics


def test_help_teaches_with_examples(capsys):
    for words in ([], ["--help"], ["help"]):
        assert main(words) == 0
        out = capsys.readouterr().out
        assert "run --quick" in out
        assert "every recipe in one line" in out
    assert main(["--version"]) == 0
    for verb in ("list", "report", "doctor"):
        assert main([verb, "--help"]) == 0
        assert f"brainwright {verb}" in capsys.readouterr().out


def test_the_help_of_a_recipe_names_its_options(cookbook, capsys):
    with pytest.raises(SystemExit) as stop:
        main(["run", "count-up", "--help"])
    assert stop.value.code in (0, None)
    out = capsys.readouterr().out
    for word in ("count to a number", "--seed", "Everything random follows from it", "--resume", "--quick"):
        assert word in out


def test_list_shows_summaries_without_importing(cookbook, capsys):
    (cookbook / "broken").mkdir()
    (cookbook / "broken" / "__init__.py").write_text(
        'SUMMARY = "cannot be imported"\nimport nothing_of_this_name\n'
    )
    assert main(["list"]) == 0
    out = capsys.readouterr().out
    assert re.search(r"^count-up +count to a number$", out, re.MULTILINE)
    assert "cannot be imported" in out


def test_boxed_errors_become_one_line():
    box = "╭─ Value error ─╮\n│ Error parsing │\n│ --seed: bad   │\n│ ───────────── │\n│ For help │\n╰───╯"
    assert first_message(box) == "Error parsing --seed: bad"
    plain = " Value error\n -----\n  Error parsing\n  --seed: bad\n  -----\n  For help\n"
    assert first_message(plain) == "Error parsing --seed: bad"
    assert first_message("") == "wrong options"


def test_plain_progress_is_a_line_per_stage(tmp_path):
    stream = io.StringIO()
    with Progress(Metrics(tmp_path, time.monotonic), stream) as progress:
        progress("record", 0.0)
        progress("record", 0.1)
        progress("teach", 0.5, event="symbol", score=float("nan"))
        progress("teach", 1.7)
    shown = stream.getvalue().splitlines()
    assert [line.split()[0] for line in shown] == ["0%", "50%"]
    assert "left" in shown[1]
    (event,) = read_metrics(tmp_path)
    assert event["score"] is None
    assert event["stage"] == "teach"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_gets_a_bar(tmp_path, monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    stream = Terminal()
    with Progress(Metrics(tmp_path, time.monotonic), stream) as progress:
        progress("teach [1/3]", 0.5)
    assert "teach [1/3]" in stream.getvalue()


def test_no_color_means_no_escapes(cookbook, capsys, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    with pytest.raises(SystemExit):
        main(["run", "count-up", "--help"])
    assert main(["run", "count-up", "--units", "1"]) == 0
    shown = capsys.readouterr()
    assert "--seed" in shown.out
    assert "Report: " in shown.out
    assert "\x1b" not in shown.out + shown.err


def test_a_shell_is_told_what_may_come_next(cookbook, capsys):
    from brainwright.cli.completion import SCRIPTS, candidates

    assert candidates(["re"]) == ["report"]
    assert candidates(["run", "count"]) == ["count-up"]
    assert candidates(["run", "count-up", "--un"]) == ["--units"]
    assert candidates(["data", "info", "celegans/v"]) == ["celegans/varshney2011"]
    assert candidates(["new", ""]) == ["tissue", "recipe", "rule", "null"]
    assert candidates(["watch", "runs/"]) == candidates(["run", "no-such", "--"]) == []
    for shell, script in SCRIPTS.items():
        assert main(["completion", shell]) == 0
        assert script in capsys.readouterr().out
    assert main(["completion", "tcsh"]) == 2


def test_the_clock_of_metrics_goes_on_after_a_torn_line(tmp_path):
    first = Metrics(tmp_path, iter([0.0, 100.0]).__next__)
    first.append(event="a")
    with (tmp_path / "metrics.jsonl").open("a") as file:
        file.write('{"elapsed_s": 2')
    second = Metrics(tmp_path, iter([7.0, 12.0]).__next__)
    second.append(event="b")
    assert [e["elapsed_s"] for e in read_metrics(tmp_path)] == [100.0, 105.0]
    assert json.loads((tmp_path / "metrics.jsonl").read_text().splitlines()[-1])["event"] == "b"


def test_doctor_looks_at_the_machine(capsys, tmp_path, monkeypatch):
    monkeypatch.setenv("BRAINWRIGHT_DATA", str(tmp_path / "none"))
    assert main(["doctor"]) == 1
    out = capsys.readouterr().out
    assert "does not exist; correct BRAINWRIGHT_DATA" in out
    assert "python 3." in out
    assert "torch 2" in out


def test_doctor_finds_what_is_wrong_with_a_folder(cookbook, capsys, tmp_path):
    assert main(["doctor", "nowhere"]) == 1
    main(["run", "count-up", "--out", "here"])
    folder = tmp_path / "work" / "here"
    (folder / ".result.json.1.part").write_text("x")
    result = json.loads((folder / "result.json").read_text())
    result["primary"]["verdict"] = "wonderful"
    del result["arms"]
    (folder / "result.json").write_text(json.dumps(result))
    capsys.readouterr()
    assert main(["doctor", "here"]) == 1
    out = capsys.readouterr().out
    for words in ("may be deleted", "got 'wonderful'", "lacks: arms"):
        assert words in out


def test_the_arms_are_shown_with_what_is_compared_first():
    from brainwright.cli.report import arm_lines

    row = {"study": "s", "mean": 0.00123456, "sd": None, "n": 3}
    arms = {"s/other": row, "s/a": row | {"mean": 2.0}, "s/b": row, "t/x": row | {"study": "t"}}
    primary = {"study": "s", "arm": "s/a", "control": "s/b", "metric": "score"}
    head, *lines = arm_lines({"arms": arms, "primary": primary})
    assert head.endswith("(score)")
    assert [line.split()[:2] for line in lines] == [["s/a", "2"], ["s/b", "0.00123"], ["s/other", "0.00123"]]
    assert arm_lines({}) == []
    many = {f"s/{k}": row for k in range(30)}
    assert arm_lines({"arms": many, "primary": primary})[-1] == "... and 6 more in the report"
