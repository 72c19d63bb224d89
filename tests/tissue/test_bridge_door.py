"""An emergency stop gets through, whoever else is at the door and whatever the controller asks for."""

import contextlib
import json
import socket
import threading
import time

import numpy as np
import pytest
from waiting import WAIT_S, eventually

from brainwright.signal import Recording
from brainwright.tissue import StimulusLimits, StimulusPlan
from brainwright.tissue.bridge import RemoteTissue, TissueLost, emergency_stop, wire
from brainwright.tissue.bridge.heard import Heard
from brainwright.tissue.bridge.peer import Peer
from brainwright.tissue.faults.bench import BenchTissue

HELLO = b'{"seq":1,"do":"hello","version":1,"role":"operator","token":""}\n'


def bench():
    """Tissue that takes many pulses."""
    limits = StimulusLimits(channels=tuple(range(1, 64)), pulses_per_minute=10**6, charge_per_minute_nC=1e6)
    return BenchTissue(1.0, limits=limits)


@contextlib.contextmanager
def stimulating(host):
    with RemoteTissue(host.address, reply_s=WAIT_S) as tissue:
        tissue.arm(1e5)
        times = tissue.present_s() + 30 + 0.005 * np.arange(500)
        tissue.write(StimulusPlan.biphasic(0, 1 + np.arange(500) % 60, times, 0.5))
        yield tissue


def connected(address, words=b""):
    line = socket.create_connection(address, timeout=WAIT_S)
    if words:
        line.sendall(words)
    return line


def stopped(host):
    assert not host.guarded.armed
    eventually(lambda: host.guarded.status().waiting == 0)
    assert host.guarded.stopped == "operator: red button"


@pytest.mark.parametrize("door", ["address", "emergency_address"])
@pytest.mark.parametrize("clock", ["wall", "virtual"])
def test_both_doors_lead_to_the_stop(hosted, door, clock):
    with hosted(bench(), clock) as host, stimulating(host):
        emergency_stop(getattr(host, door), "red button")
        stopped(host)


def test_nobody_but_operators_comes_in_by_the_emergency_door(hosted):
    with hosted(bench(), "wall") as host:
        for role in ("controller", "watchdog"):
            with connected(host.emergency_address, HELLO.replace(b"operator", role.encode())) as line:
                assert json.loads(line.makefile("rb").readline())["error"] == "protocol"
        with connected(host.address, HELLO) as line:
            assert json.loads(line.makefile("rb").readline())["emergency_port"] == host.emergency_address[1]


def test_silent_strangers_and_operators_are_in_nobodys_way(hosted):
    with hosted(bench(), "wall") as host, stimulating(host), contextlib.ExitStack() as opened:
        for door in (host._door, host._emergency):
            door._most = 8
        for n in range(60):
            opened.enter_context(connected(host.address, HELLO if n % 2 else b""))
        emergency_stop(host.address, "red button")
        stopped(host)
        eventually(lambda: len(host._door._peers) <= 17)


def test_operators_that_ask_without_end_are_in_nobodys_way(hosted):
    with hosted(bench(), "wall") as host, stimulating(host), contextlib.ExitStack() as opened:
        flood = HELLO + b"".join(b'{"seq":%d,"do":"status"}\n' % n for n in range(2, 5_000))
        lines = [opened.enter_context(connected(host.address)) for _ in range(3)]
        for line in lines:
            threading.Thread(target=swallow, args=(line, flood), daemon=True).start()
        time.sleep(0.05)
        emergency_stop(host.address, "red button")
        assert not host.guarded.armed


def swallow(line, words):
    with contextlib.suppress(OSError):
        line.sendall(words)


@pytest.mark.parametrize("role", ["stranger", "operator", "controller"])
def test_a_line_beyond_the_bound_of_its_role_is_not_even_decoded(hosted, role, monkeypatch):
    decoded = []
    decode = wire.decode
    monkeypatch.setattr(wire, "decode", lambda line: decoded.append(len(line)) or decode(line))
    words = b'{"seq":2,"do":"status","x":[' + b"[]," * 2**20 + b"[]]}\n"
    with (
        hosted(bench(), "wall") as host,
        connected(
            host.address, b"" if role == "stranger" else HELLO.replace(b"operator", role.encode())
        ) as line,
    ):
        answers = line.makefile("rb")
        if role != "stranger":
            assert json.loads(answers.readline())["ok"]
        line.sendall(words)  # to the end: it is thrown away, so that the answer is not lost
        assert json.loads(answers.readline())["error"] == "protocol"
        assert answers.readline() == b""
    assert max(decoded, default=0) < 4096


class Endless:
    """A connection on which more of one line always waits."""

    def __init__(self, piece):
        self.piece, self.given = piece, 0

    def recv(self, _):
        self.given += len(self.piece)
        return self.piece


def test_a_line_that_is_too_long_is_known_in_the_turn_in_which_it_comes():
    line = Endless(b"[" * 4096)
    peer = Peer(line)
    peer.greet_as("controller")
    peer.receive()
    assert line.given == wire.LONGEST_REQUEST["controller"] + len(line.piece)  # and no further
    with pytest.raises(wire.WireError, match="at most"):
        list(peer.requests())


def test_who_is_not_understood_is_told_so_when_the_tissue_has_stopped(hosted, monkeypatch):
    told = []
    with hosted(bench(), "wall") as host, stimulating(host) as tissue:
        answer = Peer.answer

        def noting(peer, seq, fields):
            if fields.get("error") == "protocol":
                told.append((host.guarded.armed, len(host.guarded.tissue._queue)))
            answer(peer, seq, fields)

        monkeypatch.setattr(Peer, "answer", noting)
        with pytest.raises(PermissionError, match="at most"):
            tissue._ask("now", x=" " * wire.LONGEST_REQUEST["controller"])
    assert told == [(False, 0)]


def test_the_end_of_a_connection_in_the_middle_of_a_line_stops_at_once_and_without_a_watchdog(hosted):
    with hosted(bench(), "wall") as host, stimulating(host) as tissue:
        tissue._line._socket.sendall(b'{"seq":')
        tissue.close()
        eventually(lambda: not host.guarded.armed)
        assert host.guarded.stopped == "the controller closed its connection"
        assert not host.guarded.tissue._queue


def test_a_gap_that_a_fast_clock_left_is_no_lost_data_and_a_piece_may_lie_in_it():
    def heard_at(start_s):
        return Recording([0], [7], [start_s + 0.005], 1, 64, start_s, start_s + 0.01)

    heard, nothing = Heard(), {"dish": [], "channel": [], "time_s": []}
    heard.append(heard_at(0.03))
    assert heard.holds(0.0)
    assert heard.piece(0.0, 0.01) == {"start_s": 0.0, "stop_s": 0.01, **nothing}
    assert heard.piece(0.01, 0.04)["channel"] == [7]
    assert heard.piece(0.04, 0.05) == {"start_s": 0.04, "stop_s": 0.05, **nothing}
    for second in range(1, 64):
        heard.append(heard_at(float(second)))
    assert not heard.holds(0.05)
    assert heard.holds(10.0)
    heard.clear()
    assert heard.holds(0.0)


def test_an_emergency_stop_in_the_middle_of_a_long_projection(hosted):
    with hosted(bench(), "wall") as host, stimulating(host) as tissue:
        reached, check = threading.Event(), host.guarded._check_limits

        def slowly(plan):
            reached.set()
            time.sleep(0.01)
            return check(plan)

        host.guarded._check_limits = slowly
        rng = np.random.default_rng(0)
        wish = StimulusPlan.biphasic(
            0, rng.integers(1, 63, 4_000), tissue.present_s() + rng.uniform(1, 9, 4_000), 5.0
        )
        asking = threading.Thread(target=tissue.project, args=(wish,))
        asking.start()
        assert reached.wait(WAIT_S)
        emergency_stop(host.address, "red button")
        assert not host.guarded.armed
        assert not host.guarded.tissue._queue
        asking.join(WAIT_S)
        stopped(host)


class Hanging(BenchTissue):
    """A device that delivers by itself and hangs in a read."""

    def __init__(self):
        super().__init__(1.0)
        self.hang, self.go_on, self.zero_s = False, threading.Event(), time.monotonic()
        self.reached = threading.Event()

    def now_s(self):
        return self._now_s

    def read(self, duration_s):
        if self.hang:
            self.reached.set()
            assert self.go_on.wait(WAIT_S)
        return super().read(duration_s)


@pytest.mark.parametrize("by", ["operator", "lease"])
def test_tissue_that_hangs_is_stopped_beside_it(hosted, by):
    tissue = Hanging()
    with hosted(tissue, "wall") as host, RemoteTissue(host.address, reply_s=WAIT_S) as remote:
        remote.arm(1e5 if by == "operator" else 0.2)
        remote.write(StimulusPlan.biphasic(0, 10, remote.present_s() + 30.0))
        tissue.hang = True
        assert tissue.reached.wait(WAIT_S)
        if by == "operator":
            emergency_stop(host.address, "red button")
        eventually(lambda: not tissue._queue)
        assert not host.guarded.armed
        tissue.hang = False
        tissue.go_on.set()
        eventually(lambda: host.guarded.status().waiting == 0)
        assert ("red button" if by == "operator" else "lapsed") in host.guarded.stopped


def test_a_stop_that_comes_with_garbage_behind_it_is_done(hosted):
    with hosted(bench(), "wall") as host, stimulating(host):
        with connected(
            host.address, HELLO + b'{"seq":2,"do":"disarm","cause":"red button"}\n\xff\xff\n['
        ) as line:
            answers = [json.loads(answer) for answer in line.makefile("rb")]
        assert [answer["ok"] for answer in answers] == [True, True, False]
        stopped(host)


def test_a_long_answer_is_encoded_as_any_other():
    message = {"seq": 1, "x": list(range(10_000)), "y": [], "z": [[1.5, -2]] * 5_000, "ü": "\ud800"}
    assert json.loads(wire.encode(message)) == message
    assert wire.encode(message).count(b"\n") == 1
    with pytest.raises(ValueError, match="Out of range"):
        wire.encode({"x": [0.0] * 5_000 + [float("nan")]})


def test_no_host_is_said_at_once():
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = server.getsockname()
    with pytest.raises(TissueLost, match="does not answer"):
        emergency_stop(address, "red button")
