"""The processes of a fault test, as the one that runs it sees them."""

import contextlib
import json
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

_STARTS_WITHIN_S = 60.0  # on a busy machine


def heed_signals() -> None:
    """A process of the test ends by Ctrl-C and SIGHUP, also where who began the test ignores them."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, signal.SIG_DFL)


class VoidRun(RuntimeError):
    """The fault did not strike a running experiment; nothing can be concluded."""


class Process:
    """One side of the test, with what it said as JSON lines."""

    def __init__(self, name: str, folder: Path, settings: dict[str, Any] | None = None):
        self.name = name
        self._errors = (folder / f"{name}.txt").open("wb")
        arguments = [json.dumps(settings)] if settings else []
        self._process = subprocess.Popen(
            [sys.executable, "-m", f"brainwright.tissue.faults.{name}_process", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
        )
        self.pid = self._process.pid
        self._said: dict[str, Any] = {}

    def tell(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()

    def said(self, key: str) -> Any:
        """It waits for a message with `key`. Raises VoidRun when the process ends without."""
        assert self._process.stdout is not None
        patience = threading.Timer(_STARTS_WITHIN_S, self._process.kill)
        patience.start()
        try:
            while key not in self._said:
                line = self._process.stdout.readline()
                if not line:
                    raise VoidRun(f"the {self.name} ended before it said {key!r}; see {self._errors.name}")
                self._said |= json.loads(line)
        finally:
            patience.cancel()
        return self._said[key]

    def left(self, key: str) -> Any:
        """It returns what the process said of `key` before it ended, or None."""
        return self._said.get(key)

    def end(self) -> None:
        """It closes its input; what does not end by itself within two seconds is killed."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        if self.name == "controller" and self._process.poll() is None:
            self._process.kill()
        try:
            self._process.wait(10.0)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        for line in self._process.stdout:
            self._said |= json.loads(line)
        self._process.stdout.close()
        self._errors.close()
