"""The live page in headless Chromium: it draws what comes, and its button stops a run."""

import importlib.util
import json
import os
import socket
import threading
import time
from pathlib import Path

import numpy as np
import pytest
import uvicorn

from brainwright.report.live import application

SCRIPT = Path(__file__).parents[2] / "scripts" / "headless_chromium.py"
spec = importlib.util.spec_from_file_location("headless_chromium", SCRIPT)
chromium = importlib.util.module_from_spec(spec)
spec.loader.exec_module(chromium)

pytestmark = pytest.mark.skipif(
    chromium.find() is None or os.name == "nt", reason="no Chromium is installed, or it has no pipes"
)
TEXT = "document.getElementById('{}')?.textContent"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "recipe.json").write_text('{"recipe": "organoid"}')
    append(tmp_path, {"elapsed_s": 0.0, "event": "start"})
    return tmp_path


def append(folder: Path, event: dict) -> None:
    with (folder / "metrics.jsonl").open("a") as file:
        file.write(json.dumps(event) + "\n")


def speak(folder: Path, second: int) -> None:
    random = np.random.default_rng(second)
    live = {
        "unix_s": 1_000 + second,
        "stage": "full: adaptive",
        "tissue_s": 12.5,
        "raster": {
            "n_channels": 64,
            "start_s": 9.5,
            "stop_s": 12.5,
            "channel": random.integers(0, 64, 300).tolist(),
            "time_s": np.sort(random.uniform(9.5, 12.5, 300)).tolist(),
        },
        "rate_hz": [100.0 + second, 120.0],
        "dose": [{"limit": "charge in a minute, nC", "used": 250.0, "of": 1_000.0}],
        "latency_ms": {"p50": 1.5, "p99": 4.0, "worst": 9.0, "n": 100},
    }
    (folder / "new").write_text(json.dumps(live))
    os.replace(folder / "new", folder / "live.json")


@pytest.fixture
def address(folder: Path):
    listener = socket.create_server(("127.0.0.1", 0))  # a free port: other tests run beside this one
    port = listener.getsockname()[1]
    app = application(folder, request_stop=(folder / "stop").touch, port=port)
    settings = uvicorn.Config(app, port=port, log_level="error", lifespan="off", timeout_graceful_shutdown=1)
    server = uvicorn.Server(settings)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.02)
    yield f"http://127.0.0.1:{port}/"
    server.should_exit = True
    thread.join(10)
    listener.close()


def test_the_page_draws_what_comes_and_its_button_stops_the_run(folder, address):
    with chromium.Chromium() as browser:
        browser.open(address)
        browser.wait(f"{TEXT.format('word')} === 'running'")
        assert browser.value("document.getElementById('raster').dataset.spikes") == "0"
        shown = "[...document.querySelectorAll('section:not([hidden]) h2')].map((h) => h.textContent).join()"
        assert browser.value(shown) == "Last events"  # of what has nothing to show there is no panel
        speak(folder, 1)
        browser.wait("document.getElementById('raster').dataset.spikes === '300'")
        inked = """(() => {
            const c = document.getElementById('raster');
            const d = c.getContext('2d').getImageData(40, 0, c.width - 40, c.height - 24).data;
            let n = 0; for (let i = 3; i < d.length; i += 4) n += d[i] > 0; return n })()"""
        assert browser.value(inked) > 1_000
        speak(folder, 2)
        browser.wait("document.querySelectorAll('#rates polyline').length === 1")
        assert browser.value(TEXT.format("latency")) == "1.5 ms"
        assert browser.value("document.querySelector('#dose .bar span').style.width") == "25%"
        for taught in (50, 100):
            append(
                folder, {"elapsed_s": taught, "arm": "a", "taught": taught, "score": 0.3, "loss": 1 / taught}
            )
        append(folder, {"elapsed_s": 120.0, "fraction": 0.4, "unit": "full-adaptive", "score": 0.75})
        browser.wait("document.querySelectorAll('#scores path').length === 1")
        assert "0.75" in browser.value("document.getElementById('scores').textContent")
        assert browser.value("document.querySelectorAll('#learning polyline, #loss polyline').length") == 2
        assert browser.value(TEXT.format("done")) == "40 %"
        browser.value("document.getElementById('stop').click()")
        time.sleep(0.3)
        assert not (folder / "stop").exists()  # one click is a slip
        browser.value("document.getElementById('stop').click()")
        browser.wait(f"{TEXT.format('word')} === 'stopping'")
        assert (folder / "stop").exists()
        append(folder, {"elapsed_s": 121.0, "event": "stopped"})
        browser.wait(f"{TEXT.format('word')} === 'stopped'")
        assert browser.value("document.getElementById('stop').disabled") is True
        assert browser.messages == []  # no error, nothing that the policy blocked


def test_the_arms_that_are_compared_are_always_shown_in_colours_of_their_own(folder, address):
    start = {"unix_s": time.time() - 50, "event": "start", "main": ["mine", "other"]}
    append(folder, {"elapsed_s": 0.0, **start})
    for k, arm in enumerate(["mine", "other", *(f"arm {k}" for k in range(9))]):
        for taught in (50, 100):
            append(folder, {"elapsed_s": k, "fraction": k / 20, "arm": arm, "taught": taught, "score": k / 9})
    for seed in range(2):
        trial = {"stage": "s", "arm": "mine", "unit": f"mine-{seed}-0", "metrics": {"accuracy": seed / 4}}
        append(folder, {"elapsed_s": 20.0, "fraction": 0.5, **trial})
    with chromium.Chromium() as browser:
        browser.open(address)
        browser.wait("document.querySelectorAll('#scores path').length === 1")
        assert "0.125" in browser.value("document.getElementById('scores').textContent")  # their mean
        keys = "[...document.querySelectorAll('#learning .keys > span')].map((k) => k.textContent)"
        assert browser.value(keys) == ["mine", "other", *(f"arm {k}" for k in range(5, 9))]
        lines = "[...document.querySelectorAll('#learning polyline')].map((l) => getComputedStyle(l).stroke)"
        assert len(set(browser.value(lines))) == 6
        first = browser.value(TEXT.format("elapsed"))
        assert browser.value("elapsed() >= 50")  # by the clock on the wall, not by the last event
        assert browser.value(TEXT.format("left")).endswith("s")
        browser.wait(f"{TEXT.format('elapsed')} !== '{first}'")  # it ticks
        found = {
            "headline": "It does.", "answer": "By 1.",
            "primary": {"verdict": "supported", "arm": "mine", "control": "other", "study": "s"},
            "arms": {"other": {"study": "s", "mean": 0, "sd": 0, "n": 2}, "mine": {"study": "s", "mean": 1}},
            "checks": [{"name": "even", "holds": False}],
        }  # fmt: skip
        (folder / "result.json").write_text(json.dumps(found))
        browser.wait(f"{TEXT.format('title')} === 'It does.'")
        assert browser.value(TEXT.format("word")) == "supported · read with care"
        assert "even" in browser.value(TEXT.format("warnings"))
        assert browser.value("document.querySelector('#arms td').textContent") == "mine"
        assert browser.value("document.getElementById('report').getAttribute('href')") == "/report"
        assert browser.messages == []


def test_names_in_a_run_are_shown_and_never_run(folder, address):
    """A recipe's words come from files that others may have written."""
    bad = "<img src=x onerror='window.hurt=1'><script>window.hurt=1</script>"
    append(
        folder,
        {"elapsed_s": 1.0, "stage": bad, "arm": bad, "unit": bad, "score": 0.5, "taught": 1, "error": bad},
    )
    with chromium.Chromium(500, 900, dark=True) as browser:
        browser.open(address)
        browser.wait(f"({TEXT.format('events')} ?? '').includes('onerror')")
        assert browser.value("window.hurt === undefined && document.images.length === 0") is True
        assert browser.value("document.documentElement.scrollWidth <= 500") is True  # a telephone's width
        assert browser.messages == []


def test_extreme_values_are_drawn_or_left_out_and_the_page_lives(folder, address):
    """Losses that nearly overflow, or lie closer together than their rounding, and what is no number."""
    append(folder, {"elapsed_s": 1.0, "fraction": 1e9, "loss": 1.7e308})
    append(folder, {"elapsed_s": 2.0, "loss": -1.7e308, "score": 1e308, "unit": "a", "taught": 1e300})
    append(
        folder,
        {"elapsed_s": 1e16, "loss": 5e-324, "taught": 1e16 + 2, "score": 1e16, "unit": 7},
    )
    append(folder, {"elapsed_s": 1e16 + 2, "loss": None, "event": ["odd"], "arm": {"a": 1}})
    odd = {"raster": {"channel": 7}, "rate_hz": ["a"], "dose": [None], "latency_ms": 3}
    (folder / "live.json").write_text(json.dumps(odd))
    with chromium.Chromium() as browser:
        browser.open(address)
        browser.wait(f"({TEXT.format('events')} ?? '').includes('odd')")
        assert browser.value(TEXT.format("done")) == "100 %"
        assert browser.value("document.querySelectorAll('#loss polyline').length") >= 1
        assert "NaN" not in browser.value("document.getElementById('loss').innerHTML")
        append(folder, {"elapsed_s": 3.0, "event": "stopped"})
        browser.wait(f"{TEXT.format('word')} === 'stopped'")
