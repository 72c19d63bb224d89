"""Drives headless Chromium over a pipe, with the standard library alone, for pictures and tests of pages."""

import base64
import json
import os
import select
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

NAMES = ("chromium", "chromium-browser", "google-chrome")


def find() -> str | None:
    """Path of a Chromium, or None."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


class Chromium:
    """One tab of a headless Chromium, steered by its DevTools protocol; ends with the `with` block.

    Args:
        width, height: of the window in pixels.
        dark: what `prefers-color-scheme` says.
    """

    def __init__(self, width: int = 1100, height: int = 1400, *, dark: bool = False):
        path = find()
        if path is None:
            raise FileNotFoundError(f"expected one of {', '.join(NAMES)} on the path")
        self._home = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        to_it, our_out = os.pipe()
        our_in, from_it = os.pipe()
        options = ["--headless=new", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe"]
        options += [f"--user-data-dir={self._home.name}", f"--window-size={width},{height}", "--no-first-run"]

        def place() -> None:  # the protocol's pipes are file descriptors 3 and 4
            first, second = os.dup(to_it), os.dup(from_it)
            os.dup2(first, 3)
            os.dup2(second, 4)

        self._process = subprocess.Popen(
            [path, *options, "about:blank"],
            preexec_fn=place,
            close_fds=False,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        os.close(to_it)
        os.close(from_it)
        self._in, self._out, self._buffer, self._last = our_in, our_out, b"", 0
        self.messages: list[str] = []
        """Errors and warnings of the page's console."""
        target = self._ask("Target.createTarget", url="about:blank")["targetId"]
        self._session = self._ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log"):
            self._call(f"{domain}.enable")
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self._call("Emulation.setEmulatedMedia", features=[scheme])
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self._call("Emulation.setDeviceMetricsOverride", **size)

    def open(self, url: str) -> None:
        """Begins to load a page."""
        self._call("Page.navigate", url=url)

    def value(self, script: str) -> Any:
        """What an expression gives in the page."""
        answer = self._call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(answer["exceptionDetails"].get("exception", {}).get("description", "failed"))
        return answer["result"].get("value")

    def wait(self, script: str, seconds: float = 20.0) -> Any:
        """Waits until an expression is true. Raises TimeoutError."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            value = self.value(script)
            if value:
                return value
            time.sleep(0.1)
        raise TimeoutError(f"not true within {seconds} s: {script}; the console said {self.messages}")

    def picture(self, path: Path) -> None:
        """Writes a PNG of the window."""
        data = self._call("Page.captureScreenshot", format="png")["data"]
        path.write_bytes(base64.b64decode(data))

    def close(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(10)
        os.close(self._in)
        os.close(self._out)
        self._home.cleanup()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def _call(self, method: str, **parameters: Any) -> dict[str, Any]:
        return self._ask(method, self._session, **parameters)

    def _ask(self, method: str, session: str | None = None, **parameters: Any) -> dict[str, Any]:
        self._last += 1
        message: dict[str, Any] = {"id": self._last, "method": method, "params": parameters}
        if session:
            message["sessionId"] = session
        os.write(self._out, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._next()
            if answer.get("id") == self._last:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return answer["result"]
            self._note(answer)

    def _next(self, seconds: float = 30.0) -> dict[str, Any]:
        while b"\0" not in self._buffer:
            ready, _, _ = select.select([self._in], [], [], seconds)
            part = os.read(self._in, 1 << 16) if ready else b""
            if not part:
                raise TimeoutError(f"Chromium said nothing for {seconds} s, or ended")
            self._buffer += part
        message, self._buffer = self._buffer.split(b"\0", 1)
        return json.loads(message)

    def _note(self, event: dict[str, Any]) -> None:
        facts = event.get("params", {})
        if event.get("method") == "Log.entryAdded" and facts["entry"]["level"] in ("error", "warning"):
            self.messages.append(facts["entry"]["text"])
        elif event.get("method") == "Runtime.exceptionThrown":
            details = facts["exceptionDetails"]
            self.messages.append(details.get("exception", {}).get("description", details["text"]))
