"""Downloads from a server on this machine: resumed, bounded, checked, atomic."""

import hashlib
import http.server
import threading

import pytest

from brainwright.datasets import ChecksumError, Dataset, DatasetError, File, MissingData, download, get

CONTENT = bytes(range(256)) * 4_000
SHA = hashlib.sha256(CONTENT).hexdigest()


class Server(http.server.BaseHTTPRequestHandler):
    """/good honours ranges, /plain ignores them, /cut breaks off half-way, /endless never stops, /other
    lies.
    """

    asked: list = []  # noqa: RUF012

    def do_GET(self):
        Server.asked.append((self.path, self.headers.get("Range")))
        body, status = CONTENT, 200
        if self.path == "/absent":
            self.send_error(404)
            return
        if self.path == "/beyond":
            self.send_error(416, "Requested Range Not Satisfiable")
            return
        if self.path in ("/chunked", "/garbage"):
            start = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1000\r\n"
            self.wfile.write(start.encode() if self.path == "/chunked" else b"garbage\r\n\r\n")
            return
        if self.path == "/good" and self.headers.get("Range"):
            body, status = CONTENT[int(self.headers["Range"].split("=")[1].rstrip("-")) :], 206
        if self.path == "/other":
            body = b"x" * len(CONTENT)
        self.send_response(status)
        if self.path not in ("/endless", "/cut"):
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        try:
            self.wfile.write(body[: len(body) // 2] if self.path == "/cut" else body)
            while self.path == "/endless":
                self.wfile.write(b"x" * 65536)
        except (BrokenPipeError, ConnectionResetError):
            pass

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def address():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def file(address, path):
    return File("data.bin", SHA, len(CONTENT), f"{address}/{path}")


@pytest.mark.parametrize("path", ["good", "plain"])
@pytest.mark.parametrize("have", [0, 1_000, len(CONTENT)])
def test_whole_and_resumed(address, tmp_path, path, have):
    target = tmp_path / "folder" / "data.bin"
    if have:
        target.parent.mkdir()
        target.with_name("data.bin.part").write_bytes(CONTENT[:have])
    Server.asked.clear()
    seen = []
    download(file(address, path), target, lambda *step: seen.append(step))
    assert target.read_bytes() == CONTENT
    assert [p.name for p in target.parent.iterdir()] == ["data.bin"]
    if have == 1_000:
        assert Server.asked == [(f"/{path}", "bytes=1000-")]
    if have < len(CONTENT):
        assert seen[-1] == ("data.bin", len(CONTENT), len(CONTENT))
    else:
        assert Server.asked == []


def test_broken_off_then_resumed(address, tmp_path):
    target = tmp_path / "data.bin"
    with pytest.raises(DatasetError, match=r"broke off at 512,000 of 1,024,000 bytes"):
        download(file(address, "cut"), target)
    assert not target.exists()
    Server.asked.clear()
    assert download(file(address, "good"), target).read_bytes() == CONTENT
    assert Server.asked == [("/good", "bytes=512000-")]


def test_endless_download_is_stopped(address, tmp_path):
    with pytest.raises(DatasetError, match="more than the 1,024,000 bytes"):
        download(file(address, "endless"), tmp_path / "data.bin")
    assert list(tmp_path.iterdir()) == []


def test_other_bytes_are_refused(address, tmp_path):
    with pytest.raises(ChecksumError, match="gave other bytes"):
        download(file(address, "other"), tmp_path / "data.bin")
    assert list(tmp_path.iterdir()) == []


def test_errors_of_the_server(address, tmp_path):
    with pytest.raises(DatasetError, match="Not Found"):
        download(file(address, "absent"), tmp_path / "data.bin")
    with pytest.raises(DatasetError, match="could not download"):
        download(File("data.bin", SHA, 5, "http://127.0.0.1:9/nobody"), tmp_path / "data.bin")
    with pytest.raises(DatasetError, match="no known checksum"):
        download(File("data.bin", "", 5, f"{address}/good"), tmp_path / "data.bin")


def test_get_fetches_what_can_be_had(address, tmp_path, monkeypatch):
    monkeypatch.delenv("BRAINWRIGHT_DATA", raising=False)
    monkeypatch.setenv("BRAINWRIGHT_CACHE", str(tmp_path))
    entry = Dataset(
        "toy", "t", "c", "l", "toy", (file(address, "good"), File("extra.txt", optional=True)), "here"
    )
    assert get(entry) == [tmp_path / "toy" / "data.bin"]
    by_hand = Dataset("toy", "t", "c", "l", "toy", (File("letter.txt"),), "the post office")
    with pytest.raises(MissingData, match="from the post office"):
        get(by_hand)


@pytest.mark.parametrize("path", ["chunked", "garbage"])
def test_servers_that_break_the_protocol(address, tmp_path, path):
    with pytest.raises(DatasetError, match="could not download"):
        download(file(address, path), tmp_path / "data.bin")
    assert not (tmp_path / "data.bin").exists()


def test_a_part_that_the_server_cannot_go_on_with_is_dropped(address, tmp_path):
    (tmp_path / "data.bin.part").write_bytes(CONTENT)
    unsized = File("data.bin", SHA, 0, f"{address}/beyond")
    with pytest.raises(DatasetError, match="Range"):
        download(unsized, tmp_path / "data.bin")
    assert not list(tmp_path.iterdir())


def test_get_proves_what_is_here(tmp_path, monkeypatch):
    monkeypatch.setenv("BRAINWRIGHT_DATA", str(tmp_path))
    (tmp_path / "data.bin").write_bytes(b"other")
    entry = Dataset("a/b", "t", "c", "l", "folder", (File("data.bin", SHA),))
    with pytest.raises(ChecksumError):
        get(entry)
