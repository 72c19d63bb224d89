"""The HTTP surface of the live page: what it serves, and to whom it does not."""

import json
import socket
import threading
import time
from pathlib import Path

import anyio
import httpx
import pytest
import uvicorn

from brainwright.report.live import application
from brainwright.report.live.guard import is_loopback
from brainwright.report.live.server import changes

HERE = "http://127.0.0.1:8765"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "recipe.json").write_text('{"recipe": "organoid"}')
    (tmp_path / "metrics.jsonl").write_text('{"elapsed_s": 0.0, "event": "start"}\n')
    return tmp_path


class Client:
    """Asks the application without a network."""

    def __init__(self, app, base: str):
        self._app, self._base = app, base

    def request(self, method: str, path: str, **options) -> httpx.Response:
        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(self._app)
            async with httpx.AsyncClient(transport=transport, base_url=self._base) as client:
                return await client.request(method, path, **options)

        return anyio.run(ask)

    def get(self, path: str, **options) -> httpx.Response:
        return self.request("GET", path, **options)

    def post(self, path: str, **options) -> httpx.Response:
        return self.request("POST", path, **options)


def client(folder: Path, base: str = HERE, **options) -> Client:
    return Client(application(folder, request_stop=(folder / "stop").touch, **options), base)


def test_the_page_is_whole_and_loads_nothing_else(folder):
    answer = client(folder).get("/")
    assert answer.status_code == 200
    assert answer.text.count("<script") == answer.text.count("<style") == 1
    for word in ("http://", "https://", "//cdn", "@import", "NONCE", "/*SCRIPT*/", "/*STYLE*/"):
        assert word not in answer.text.replace("http://www.w3.org/2000/svg", "")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    nonce = policy.split("nonce-")[1].split("'")[0]
    assert answer.text.count(f'nonce="{nonce}"') == 2
    assert nonce not in client(folder).get("/").text
    assert answer.headers["referrer-policy"] == "no-referrer"


def test_the_state_is_what_the_folder_holds(folder):
    found = client(folder).get("/state").json()
    assert found == {"metrics": [{"elapsed_s": 0.0, "event": "start"}], "recipe": {"recipe": "organoid"}}


def test_a_report_may_look_as_it_likes_and_do_nothing(folder):
    assert client(folder).get("/report").status_code == 404
    (folder / "report.html").write_text("<style>p {}</style><script>alert(1)</script>")
    answer = client(folder).get("/report")
    assert answer.text.startswith("<style>")
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "script-src" not in answer.headers["content-security-policy"]
    assert "sandbox" in answer.headers["content-security-policy"]


def test_stop_asks_once_the_page_itself_asks(folder):
    answer = client(folder).post("/stop", headers={"origin": HERE})
    assert answer.status_code == 202
    assert (folder / "stop").exists()
    assert client(folder).get("/state").json()["stop"] is True


def test_programs_may_stop_with_their_own_header(folder):
    assert client(folder).post("/stop").status_code == 403
    assert not (folder / "stop").exists()
    assert client(folder).post("/stop", headers={"x-brainwright": "1"}).status_code == 202


def test_a_finished_run_cannot_be_stopped(folder):
    (folder / "result.json").write_text("{}")
    assert client(folder).post("/stop", headers={"origin": HERE}).status_code == 409
    assert not (folder / "stop").exists()


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"origin": "http://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": "http://127.0.0.1:9999"}, 403),
        ({"origin": "https://127.0.0.1:8765"}, 403),
        ({"origin": HERE, "sec-fetch-site": "cross-site"}, 403),
        ({"host": "evil.example:8765", "origin": "http://evil.example:8765"}, 421),  # DNS rebinding
        ({"host": "127.0.0.1.evil.example:8765"}, 421),
        ({"host": "127.0.0.1"}, 421),
        ({"host": ""}, 421),
        ({"host": "127.0.0.1:8764"}, 421),
    ],
)
def test_other_origins_and_other_names_are_refused(folder, method, headers, status):
    for path in ("/", "/state", "/events", "/stop"):
        assert client(folder).request(method, path, headers=headers).status_code == status
    assert not (folder / "stop").exists()


@pytest.mark.parametrize("base", [HERE, "http://localhost:8765", "http://[::1]:8765"])
def test_every_name_of_this_machine_works(folder, base):
    assert client(folder, base).get("/state").status_code == 200
    assert client(folder, base).post("/stop", headers={"origin": base}).status_code == 202


def test_off_loopback_the_token_is_needed_everywhere(folder):
    with pytest.raises(ValueError, match="expected a token for the host"):
        client(folder, host="0.0.0.0")
    there = client(folder, "http://lab.example:8765", host="0.0.0.0", token="secret")
    origin = {"origin": "http://lab.example:8765"}
    for path in ("/", "/state", "/events", "/nothing"):
        assert there.get(path).status_code == 401
        assert there.get(f"{path}?token=wrong").status_code == 401
        assert there.get(f"{path}?token=").status_code == 401
    assert there.post("/stop", headers=origin).status_code == 401
    assert there.post("/stop?token=secret", headers={"origin": "http://evil.example"}).status_code == 403
    assert not (folder / "stop").exists()
    assert there.get("/?token=secret").status_code == 200
    assert there.get("/state", headers={"authorization": "Bearer secret"}).status_code == 200
    assert there.post("/stop?token=secret", headers=origin).status_code == 202


@pytest.mark.parametrize("host", ["0.0.0.0", "127.0.0.1"])
def test_an_empty_token_is_none(folder, host):
    with pytest.raises(ValueError, match="expected a token"):
        application(folder, request_stop=lambda: None, host=host, token="")


def test_a_token_may_be_asked_for_on_this_machine_too(folder):
    here = client(folder, token="sécret")
    assert here.get("/state").status_code == 401
    assert here.get("/state", params={"token": "sécret"}).status_code == 200


@pytest.mark.parametrize(
    ("host", "is_ours"),
    [
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("::1", True),
        ("[::1]", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("192.168.0.4", False),
        ("localhost.evil.example", False),
        ("", False),
    ],
)
def test_what_is_this_machine(host, is_ours):
    assert is_loopback(host) is is_ours


def test_events_follow_the_folder(folder):
    """Everything so far at once, then each new line, as server-sent events."""

    async def follow() -> list[dict]:
        found = []
        with anyio.fail_after(10):
            async for message in changes(folder, every_s=0.01):
                found.append(json.loads(message.removeprefix("data: ")))
                assert message.endswith("\n\n")
                if len(found) == 1:
                    with (folder / "metrics.jsonl").open("a") as file:
                        file.write('{"unit": "naive", "score": 0.25}\n')
                if len(found) == 2:
                    (folder / "result.json").write_text("{}")
                if len(found) == 3:
                    break
        return found

    first, second, third = anyio.run(follow)
    assert first["recipe"] == {"recipe": "organoid"}
    assert second == {"metrics": [{"unit": "naive", "score": 0.25}]}
    assert third == {"result": {}}


def test_a_real_server_streams_and_ends_with_a_reader_attached(folder):
    listener = socket.create_server(("127.0.0.1", 0))  # a free port: other tests run beside this one
    port = listener.getsockname()[1]
    settings = uvicorn.Config(
        application(folder, request_stop=(folder / "stop").touch, port=port),
        port=port,
        log_level="error",
        lifespan="off",
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(settings)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive()
            time.sleep(0.02)
        with httpx.stream("GET", f"http://127.0.0.1:{port}/events", timeout=10) as answer:
            assert answer.headers["content-type"].startswith("text/event-stream")
            line = next(line for line in answer.iter_lines() if line)
            assert json.loads(line.removeprefix("data: "))["recipe"] == {"recipe": "organoid"}
            server.should_exit = True
            thread.join(10)
            assert not thread.is_alive()
    finally:
        server.should_exit = True
        thread.join(10)


@pytest.mark.parametrize(
    "content",
    [
        '{"x": NaN}', '{"x": 1e999}', '{"x": "\\ud800"}', '{"x": ' + "[" * 900 + "]" * 900 + "}",
        "[" * 100_000,
        '{"x": ' + "9" * 400 + "}",
    ],
)  # fmt: skip
def test_whatever_the_files_hold_the_state_is_answered(folder, content):
    for name in ("live.json", "result.json"):
        (folder / name).write_text(content)
    with (folder / "metrics.jsonl").open("a") as file:
        file.write(content + "\n")
    answer = client(folder).get("/state")
    assert answer.status_code == 200
    assert answer.json()["recipe"] == {"recipe": "organoid"}
    json.dumps(answer.json(), allow_nan=False)
