"""Following a run folder whose files come, grow, are torn and are replaced."""

import json
import os
from pathlib import Path

from brainwright.report.live import RunTail


def append(folder: Path, text: str) -> None:
    with (folder / "metrics.jsonl").open("a") as file:
        file.write(text)


def replace(folder: Path, name: str, content: object) -> None:
    (folder / "new").write_text(json.dumps(content))
    os.replace(folder / "new", folder / name)


def test_each_line_comes_once_and_whole(tmp_path):
    tail = RunTail(tmp_path)
    assert tail.changes() == {}  # nothing is there yet
    append(tmp_path, '{"a": 1}\n{"a": 2}\n{"a": ')
    assert tail.changes() == {"metrics": [{"a": 1}, {"a": 2}]}
    assert tail.changes() == {}
    append(tmp_path, "3}\n")
    assert tail.changes() == {"metrics": [{"a": 3}]}


def test_torn_lines_and_what_is_no_object_are_left_out(tmp_path):
    append(tmp_path, '{"a": 1}\n{"a": \n[1]\n\xff\n{"a": 2}\n')
    assert RunTail(tmp_path).changes() == {"metrics": [{"a": 1}, {"a": 2}]}


def test_a_replaced_or_shortened_file_begins_anew(tmp_path):
    tail = RunTail(tmp_path)
    append(tmp_path, '{"a": 1}\n{"a": 2}\n')
    tail.changes()
    (tmp_path / "metrics.jsonl").write_text('{"b": 1}\n')
    assert tail.changes() == {"restarted": True, "metrics": [{"b": 1}]}
    replace(tmp_path, "metrics.jsonl", {"c": 1})
    append(tmp_path, '\n{"c": 2}\n')
    assert tail.changes() == {"restarted": True, "metrics": [{"c": 1}, {"c": 2}]}
    (tmp_path / "metrics.jsonl").unlink()
    assert tail.changes() == {"restarted": True}
    assert tail.changes() == {}


def test_small_files_come_when_they_change(tmp_path):
    tail = RunTail(tmp_path)
    replace(tmp_path, "recipe.json", {"recipe": "organoid"})
    replace(tmp_path, "live.json", {"unix_s": 1})
    assert tail.changes() == {"recipe": {"recipe": "organoid"}, "live": {"unix_s": 1}}
    assert tail.changes() == {}
    replace(tmp_path, "live.json", {"unix_s": 2})
    assert tail.changes() == {"live": {"unix_s": 2}}
    (tmp_path / "result.json").write_text('{"half": ')
    assert tail.changes() == {}
    (tmp_path / "result.json").write_text('{"half": 1}')
    assert tail.changes() == {"result": {"half": 1}}
    (tmp_path / "stop").touch()
    assert tail.changes() == {"stop": True}
    (tmp_path / "stop").unlink()
    assert tail.changes() == {"stop": False}


def test_a_long_file_comes_in_parts(tmp_path):
    line = json.dumps({"words": "x" * 1_000}) + "\n"
    append(tmp_path, line * 3_000)
    tail, found = RunTail(tmp_path), 0
    for _ in range(5):
        found += len(tail.changes().get("metrics", []))
    assert found == 3_000


def test_a_line_longer_than_a_look_does_not_stop_what_follows(tmp_path):
    path = tmp_path / "metrics.jsonl"
    long = json.dumps({"words": "x" * 3_000_000})
    path.write_text(long[:2_000_000])
    tail = RunTail(tmp_path)
    assert tail.changes() == {}  # still being written
    path.write_text(long + "\n" + json.dumps({"loss": 1.0}) + "\n")
    events = [event for _ in range(2) for event in tail.changes().get("metrics", [])]
    assert [sorted(event) for event in events] == [["words"], ["loss"]]


def test_what_no_browser_can_take_is_left_out_or_null(tmp_path):
    append(tmp_path, '{"loss": NaN, "score": -Infinity, "big": 1e999, "fine": 1e308}\n')
    append(
        tmp_path,
        '{"deep": ' + "[" * 100 + "]" * 100 + "}\n" + "[" * 100_000 + "\n" + '{"n": ' + "9" * 5_000 + "}\n",
    )
    append(tmp_path, '{"half": "\\ud800", "a": 1}\n')
    assert RunTail(tmp_path).changes() == {
        "metrics": [{"loss": None, "score": None, "big": None, "fine": 1e308}, {"half": "\ud800", "a": 1}]
    }
    (tmp_path / "live.json").write_text('{"x": ' + '{"x": ' * 5_000 + "1" + "}" * 5_001)
    assert "live" not in RunTail(tmp_path).changes()


def test_what_is_no_file_is_not_waited_for(tmp_path):
    for name in ("live.json", "recipe.json", "metrics.jsonl"):
        if hasattr(os, "mkfifo"):
            os.mkfifo(tmp_path / name)
        else:
            (tmp_path / name).mkdir()
    (tmp_path / "result.json").mkdir()
    assert RunTail(tmp_path).changes() == {}


def test_a_line_beyond_all_measure_is_passed_over(tmp_path, monkeypatch):
    monkeypatch.setattr("brainwright.report.live.tail._LONGEST", 2_000_000)
    tail = RunTail(tmp_path)
    append(tmp_path, '{"a": 1}\n{"x": "' + "x" * 7_000_000 + '"}\n{"a": 2}\n')
    events = [event for _ in range(9) for event in tail.changes().get("metrics", [])]
    assert events == [{"a": 1}, {"a": 2}]
