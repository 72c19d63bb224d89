"""A process of its own that ends stimulation when it no longer hears from the controller.

It has its own connection to the host. The controller beats through a pipe: silence for `lapse_s`, or the end
of the pipe (the controller was killed), ends stimulation. The host in turn wants to hear from the watchdog
(`Host(watchdog_s=...)`) and ends stimulation when that falls silent. Standard library alone: the process
starts in a few hundredths of a second and depends on nothing that a controller could break.
"""

import contextlib
import json
import os
import select
import socket
import subprocess
import sys
import time


class Watchdog:
    """The controller's handle on its watchdog. Give it to `RemoteTissue`, whose `renew` beats.

    Args:
        address: of the host; token: the host's, where it has one.
        lapse_s: silence of the controller after which the watchdog ends stimulation.
        beat_s: how often it tells the host that it is there.
        urgent: run it at real-time priority where the system allows it (see `take_priority`).

    Raises:
        ConnectionError: the watchdog could not connect to the host.
    """

    def __init__(
        self,
        address: tuple[str, int],
        *,
        token: str = "",
        lapse_s: float = 0.1,
        beat_s: float = 0.02,
        urgent: bool = False,
    ):
        if not (0 < lapse_s < float("inf") and 0 < beat_s < float("inf")):
            raise ValueError(f"lapse_s and beat_s must be positive, got {lapse_s}, {beat_s}")
        settings = {"address": address, "token": token, "lapse_s": lapse_s, "beat_s": beat_s}
        self.process = subprocess.Popen(
            [sys.executable, "-I", __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        if urgent and hasattr(os, "sched_setscheduler"):
            with contextlib.suppress(PermissionError):
                os.sched_setscheduler(self.process.pid, os.SCHED_RR, os.sched_param(5))
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self._pipe, answers = self.process.stdin.fileno(), self.process.stdout
        os.write(self._pipe, json.dumps(settings).encode() + b"\n")
        answer = answers.readline().decode().strip()
        if answer != "ready":
            self.close()
            raise ConnectionError(f"the watchdog could not connect to {address}: {answer or 'it ended'}")
        os.set_blocking(self._pipe, False)

    def beat(self) -> None:
        """It says that the controller lives. Raises ConnectionError where the watchdog is gone or hangs."""
        try:
            os.write(self._pipe, b".")
        except (BrokenPipeError, BlockingIOError) as error:
            raise ConnectionError("the watchdog is gone or hangs; the host ends stimulation") from error

    def close(self) -> None:
        """It ends the watchdog. The host, where it asks for one, ends stimulation. Idempotent."""
        for stream in (self.process.stdin, self.process.stdout):
            if stream:
                with contextlib.suppress(BrokenPipeError):
                    stream.close()
        self.process.wait()

    def __enter__(self) -> "Watchdog":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Host:
    """The watchdog's own connection."""

    def __init__(self, address: tuple[str, int], token: str):
        self.socket = socket.create_connection(address, timeout=2.0)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._seq = 0
        self.say("hello", version=1, role="watchdog", token=token)
        answer = json.loads(self.socket.makefile("rb").readline())
        if not answer["ok"]:
            raise ConnectionError(answer["message"])

    def say(self, do: str, **fields: object) -> None:
        self._seq += 1
        self.socket.sendall(json.dumps({"seq": self._seq, "do": do, **fields}).encode() + b"\n")

    def drain(self) -> None:
        if not self.socket.recv(2**16):
            raise ConnectionResetError("the host hung up")


def _watch(host: _Host, lapse_s: float, beat_s: float) -> None:
    pipe, heard_s, lapsed = sys.stdin.fileno(), None, False
    next_s = time.monotonic()
    while True:
        now_s = time.monotonic()
        if now_s >= next_s:
            host.say("beat")
            next_s = now_s + beat_s
        wake_s = next_s if heard_s is None or lapsed else min(next_s, heard_s + lapse_s)
        ready, _, _ = select.select([pipe, host.socket], [], [], max(0.0, wake_s - now_s))
        if host.socket in ready:
            host.drain()
        if pipe in ready:
            if not os.read(pipe, 2**16):
                return host.say("disarm", cause="the controller's pipe ended")
            heard_s, lapsed = time.monotonic(), False
        elif heard_s is not None and not lapsed and time.monotonic() - heard_s >= lapse_s:
            host.say("disarm", cause=f"the controller was silent for {lapse_s:g} s")
            lapsed = True


def _first_line(pipe: int) -> bytes:
    """It reads by the byte, so that nothing of what follows is taken."""
    line = b""
    while not line.endswith(b"\n"):
        line += os.read(pipe, 1) or b"\n"
    return line


def main() -> int:
    settings = json.loads(_first_line(sys.stdin.fileno()))
    try:
        host = _Host(tuple(settings["address"]), settings["token"])
    except (OSError, ValueError) as error:
        print(error, flush=True)
        return 1
    print("ready", flush=True)
    try:
        _watch(host, settings["lapse_s"], settings["beat_s"])
    except OSError:
        return 1  # the host is gone
    return 0


if __name__ == "__main__":
    sys.exit(main())
