"""The verb watch, and that a run honours the stop file."""

import json
import re
import signal
import time
from pathlib import Path

import httpx
import pytest

from brainwright import runs
from brainwright.cli import main


def test_a_run_that_is_asked_to_stop_ends_cleanly_and_goes_on_later(start):
    process = start("run", "count-up", "--units", "30", "--pause-s", "0.05", "--out", "here")
    deadline = time.monotonic() + 20
    while not Path("here/units/unit3.npz").exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    runs.request_stop(Path("here"))
    out, _ = process.communicate(timeout=20)
    assert process.returncode == 130
    assert "Stopped. What was finished is kept" in out
    assert "run --resume here" in out
    assert not Path("here/stop").exists()
    events = [json.loads(line) for line in Path("here/metrics.jsonl").read_text().splitlines()]
    assert events[-1]["event"] == "stopped"
    done = len(list(Path("here/units").glob("unit*.npz")))
    assert 4 <= done < 30
    runs.request_stop(Path("here"))  # one that came too late does not stop the next session
    assert main(["run", "--resume", "here"]) == 0
    main(["run", "count-up", "--units", "30", "--out", "straight"])
    ours, straight = (json.loads(Path(f, "result.json").read_text()) for f in ("here", "straight"))
    assert ours["primary"] == straight["primary"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["watch"], "expected a run folder first, got none"),
        (["watch", "--port", "1"], "expected a run folder first, got --port"),
        (["watch", "nowhere"], "expected a run folder, got nowhere"),
        (["watch", ".", "--port", "99999"], "a port of 0 to 65535, got 99999"),
        (["watch", ".", "--prot", "1"], "--prot"),
        (["watch", ".", "--token", ""], "at least one letter"),
        (["watch", ".", "--host", "203.0.113.9"], "cannot serve on 203.0.113.9"),
    ],
)
def test_wrong_use_is_one_line_and_exit_code_2(cookbook, capsys, words, message):
    assert main(words) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert len(captured.err.splitlines()) == 1
    assert message in captured.err


def test_help_tells_the_options(capsys):
    with pytest.raises(SystemExit):
        main(["watch", "--help"])
    said = capsys.readouterr().out
    assert all(option in said for option in ("--host", "--port", "--token"))


def test_the_page_is_served_while_a_run_goes_on_and_stops_it(start):
    run = start("run", "count-up", "--units", "200", "--pause-s", "0.05", "--out", "here")
    deadline = time.monotonic() + 20
    while not Path("here/units/unit1.npz").exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    watch = start("watch", "here", "--port", "0")
    address = re.search(r"http://127\.0\.0\.1:\d+", watch.stdout.readline())[0]
    assert "brainwright watch" in httpx.get(address, timeout=30).text
    state = httpx.get(f"{address}/state").json()
    assert state["recipe"]["recipe"] == "count-up"
    assert any(event.get("unit") == "unit0" for event in state["metrics"])
    assert httpx.post(f"{address}/stop").status_code == 403
    assert httpx.post(f"{address}/stop", headers={"Origin": address}).status_code == 202
    run.communicate(timeout=20)
    assert run.returncode == 130
    watch.send_signal(signal.SIGINT)
    watch.communicate(timeout=20)
    assert watch.returncode in (0, 130)


def test_a_run_shows_itself_and_what_it_found_until_interrupted(start):
    run = start("run", "count-up", "--watch", "--out", "here")
    lines = iter(run.stdout.readline, "")  # so short a run may say what it found before the page stands
    address = next(m[0] for line in lines if (m := re.search(r"http://127\.0\.0\.1:\d+", line)))
    deadline = time.monotonic() + 60
    while not Path("here/report.html").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    state = httpx.get(f"{address}/state", timeout=30).json()
    assert state["metrics"][0]["main"] == ["a", "b"]
    assert state["result"]["headline"]
    report = httpx.get(f"{address}/report")
    assert report.text == Path("here/report.html").read_text("utf-8")
    assert "sandbox" in report.headers["content-security-policy"]
    run.send_signal(signal.SIGINT)
    run.communicate(timeout=30)
    assert run.returncode == 0


def test_off_this_machine_a_token_is_made_and_needed(start):
    Path("here").mkdir()
    watch = start("watch", "here", "--host", "0.0.0.0", "--port", "0")
    try:
        port, token = re.search(
            r"http://0\.0\.0\.0:(\d+)/\?token=(\S{20,})", watch.stdout.readline()
        ).groups()
        assert httpx.get(f"http://127.0.0.1:{port}/", timeout=30).status_code == 401
        assert httpx.get(f"http://127.0.0.1:{port}/", params={"token": token}).status_code == 200
    finally:
        watch.send_signal(signal.SIGINT)
        watch.communicate(timeout=20)
