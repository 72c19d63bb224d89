"""Tissue behind a socket keeps the contract; what does not belong on the wire ends the connection only."""

import json
import socket
from contextlib import ExitStack

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from waiting import WAIT_S, eventually

from brainwright.tissue import (
    Chain,
    CultureParameters,
    Envelope,
    Guarded,
    SimulatedCulture,
    StimulusPlan,
    StimulusRefused,
    TissueFault,
    check_tissue,
    read_chain,
    verify,
)
from brainwright.tissue.bridge import Host, RemoteTissue, TissueLost, Watchdog, emergency_stop
from brainwright.tissue.faults.bench import BenchTissue

SMALL = CultureParameters(n_neurons=20)
LOOSE = Envelope(buckets=(), burst_pulses=10**6, queued_pulses=10**6)


@pytest.fixture(scope="module", autouse=True)
def compiled():
    """Compiling the culture takes longer than a host may take to answer."""
    SimulatedCulture([0], SMALL).read(0.01)


def test_remote_tissue_keeps_the_contract(hosted):
    with ExitStack() as opened:

        def make():
            host = opened.enter_context(hosted(SimulatedCulture([0, 1], SMALL, cells=False)))
            tissue = opened.enter_context(RemoteTissue(host.address, reply_s=WAIT_S))
            tissue.arm(1e6)
            return tissue

        check_tissue(make)


def test_remote_and_local_tissue_say_the_same(hosted):
    plan = StimulusPlan.biphasic(0, [9, 10, 11], [0.0104, 0.02, 0.3])
    local = Guarded(SimulatedCulture([0], SMALL), LOOSE)
    local.arm(1e6)
    local.write(plan)
    with hosted(SimulatedCulture([0], SMALL)) as host, RemoteTissue(host.address) as remote:
        remote.arm(1e6)
        remote.write(plan)
        for duration_s in (0.1, 0.033, 0.4):
            here, there = local.read(duration_s), remote.read(duration_s)
            for name in ("dish", "channel", "time_s"):
                assert np.array_equal(getattr(here, name), getattr(there, name))
            assert remote.now_s() == pytest.approx(local.now_s())
        assert len(there) > 0
        for name, column in local.ledger.table().items():
            assert np.array_equal(column, remote.ledger.table()[name])


def test_on_the_wall_clock_pulses_come_whether_anyone_reads_or_not(hosted, tmp_path):
    path = tmp_path / "ledger.jsonl"
    with (
        hosted(SimulatedCulture([0], SMALL), "wall", ledger=Chain(path)) as host,
        RemoteTissue(host.address) as tissue,
    ):
        tissue.arm(60.0)
        tissue.write(StimulusPlan.biphasic(0, 10, tissue.present_s() + 1.0))
        eventually(lambda: host.guarded.ledger.n_delivered == 1)
        parts = [tissue.read(0.1) for _ in range(3)]
        assert parts[0].stop_s == pytest.approx(parts[1].start_s)
        assert tissue.present_s() > tissue.now_s()  # reads follow one another without gap, and catch up
        assert tissue.ledger.n_delivered == 1
        with pytest.raises(StimulusRefused, match="past"):
            tissue.write(StimulusPlan.biphasic(0, 10, tissue.present_s() - 0.5))
        tissue.arm(0.05)
        tissue.write(StimulusPlan.biphasic(0, 10, tissue.present_s() + 30.0))
        eventually(lambda: not host.guarded.armed)
        with pytest.raises(StimulusRefused, match="lapsed"):
            tissue.renew()
    report = verify(path)
    assert report.intact
    assert report.closed
    assert (report.delivered, report.cancelled) == (1, 1)
    assert "lapsed" in report.stops[0]


def test_the_verbs_of_the_envelope_work_from_afar(hosted):
    with hosted() as host, RemoteTissue(host.address) as tissue:
        with pytest.raises(StimulusRefused) as refused:
            tissue.write(StimulusPlan.biphasic(0, 10, 0.1))
        assert refused.value.limit == "arming"
        tissue.arm(1.0, "a test")
        plan, projection = tissue.project(StimulusPlan.biphasic(0, [7, 10], 0.1, 9.0))
        assert projection.dropped == {"channels": 1}
        tissue.write(plan)
        assert tissue.status()["waiting"] == 1
        assert tissue.limits == host.guarded.limits
        tissue.disarm("enough")
        assert tissue.status()["stopped"] == "controller: enough"
        tissue.arm(1.0)
        emergency_stop(host.address, "the red button")
        with pytest.raises(StimulusRefused, match="operator: the red button"):
            tissue.renew()


def test_an_exception_in_the_controller_ends_stimulation_and_is_named(hosted, tmp_path):
    path = tmp_path / "ledger.jsonl"
    with hosted(ledger=Chain(path)) as host:
        with pytest.raises(ZeroDivisionError), RemoteTissue(host.address) as tissue:  # noqa: PT012, what is raised is the subject
            tissue.arm(1.0)
            tissue.write(StimulusPlan.biphasic(0, 10, 0.1))
            raise ZeroDivisionError("in the model")
        eventually(lambda: not host.guarded.armed)
    assert verify(path).stops == ["controller: ZeroDivisionError: in the model"]


def test_one_controller_at_a_time_and_the_next_after_it(hosted):
    with hosted() as host:
        with RemoteTissue(host.address) as tissue:
            tissue.arm(1e6)
            with pytest.raises(PermissionError, match="a controller already"):
                RemoteTissue(host.address)
            assert host.guarded.armed
        eventually(lambda: not host.guarded.armed)
        assert "closed its connection" in host.guarded.stopped
        with RemoteTissue(host.address) as tissue, pytest.raises(StimulusRefused):
            tissue.write(StimulusPlan.biphasic(0, 10, 0.1))
    with pytest.raises(TissueLost, match="expected a tissue host"):
        RemoteTissue(host.address)


def test_what_cannot_be_hosted_is_refused_before_anybody_connects():
    culture = SimulatedCulture([0], SMALL, cells=False)
    with pytest.raises(TypeError, match="expected guarded tissue, got SimulatedCulture"):
        Host(culture)  # it would be served without an envelope
    with pytest.raises(ValueError, match="virtual, wall, device, got 'walls'"):
        Host(Guarded(culture), clock="walls")
    for step_s in (0.0, -1.0, float("nan"), float("inf")):
        with pytest.raises(ValueError, match="step_s"):
            Host(Guarded(culture), step_s=step_s)
    half = type("Half", (), {"n_dishes": 1, "n_channels": 4})()
    with pytest.raises(TypeError, match="Half, which lacks limits, ledger, now_s, read, write, stop"):
        Guarded(half)


def test_a_token_is_needed_beyond_loopback(hosted):
    guarded = Guarded(SimulatedCulture([0], SMALL, cells=False))
    for address in ("0.0.0.0", "::", "192.0.2.1", "example.org"):
        with pytest.raises(ValueError, match="expected a token"):
            Host(guarded, address=(address, 0))
    with hosted(address=("0.0.0.0", 0), token="s3cret") as host:
        address = ("127.0.0.1", host.address[1])
        for wrong in ("", "S3cret", "s3cret "):
            with pytest.raises(PermissionError, match="token"):
                RemoteTissue(address, token=wrong)
        with RemoteTissue(address, token="s3cret") as tissue:
            tissue.read(0.01)
        with pytest.raises(PermissionError):
            emergency_stop(address, "a stranger")


def test_a_watchdog_ends_stimulation_and_is_missed(hosted, tmp_path):
    path = tmp_path / "ledger.jsonl"
    with hosted(clock="wall", ledger=Chain(path), watchdog_s=10.0) as host:
        with RemoteTissue(host.address) as tissue, pytest.raises(StimulusRefused, match="watchdog connected"):
            tissue.arm(1.0)
        eventually(lambda: len(host._peers) == 0)
        with Watchdog(host.address, lapse_s=0.3) as dog, RemoteTissue(host.address, watchdog=dog) as tissue:
            tissue.arm(1e6)
            tissue.renew()
            eventually(lambda: not host.guarded.armed)  # no more beats from here on
            assert "silent for 0.3 s" in tissue.status()["stopped"]
            tissue.arm(1e6)
            dog.process.kill()
            eventually(lambda: not host.guarded.armed)
            with pytest.raises(StimulusRefused, match=r"the watchdog (closed|was lost)"):
                tissue.renew()
    with pytest.raises(ConnectionError, match="could not connect"):
        Watchdog(host.address)


def test_a_watchdog_that_hangs_is_missed(hosted):
    with hosted(clock="wall", watchdog_s=0.2) as host, RemoteTissue(host.address) as tissue:
        dog = socket.create_connection(host.address)
        dog.sendall(b'{"seq":1,"do":"hello","version":1,"role":"watchdog","token":""}\n')
        eventually(lambda: "watchdog" in [peer.role for peer in host._peers.values()])
        tissue.arm(1e6)
        eventually(lambda: not host.guarded.armed)
        assert "watchdog was not heard" in tissue.status()["stopped"]
        dog.close()


class Plain:
    """What a client in any language does: lines of JSON, as docs/wire.md says."""

    def __init__(self, address, role="controller"):
        self.socket = socket.create_connection(address, timeout=WAIT_S)
        self.file = self.socket.makefile("rb")
        self.seq = 0
        self.hello = self.ask(do="hello", version=1, role=role, token="")

    def ask(self, **message):
        self.seq = message.setdefault("seq", self.seq + 1)
        self.socket.sendall(json.dumps(message).encode() + b"\n")
        return json.loads(self.file.readline())

    def close(self):
        self.file.close()
        self.socket.close()


PULSE = {"dish": [0], "channel": [10], "current_uA": [[-1, 1]], "width_us": [[200, 200]]}


def test_a_client_written_from_the_document(hosted, tmp_path):
    with hosted(ledger=Chain(tmp_path / "l")) as host:
        client = Plain(host.address)
        assert client.hello["n_channels"] == 64
        assert client.ask(do="arm", lease_s=5)["armed"] is True
        assert client.ask(do="write", time_s=[0.01], **PULSE)["scheduled_s"] == [0.01]
        refused = client.ask(do="write", time_s=[0.012], **PULSE)
        assert (refused["ok"], refused["error"], refused["limit"]) == (False, "refused", "channel_interval_s")
        reply = client.ask(do="read", duration_s=0.1)
        assert (reply["start_s"], reply["stop_s"]) == (0.0, 0.1)
        assert reply["delivered"]["requested_s"] == [0.01]
        client.close()


def test_a_duplicate_is_answered_and_not_done_twice_and_a_gap_disarms(hosted):
    with hosted() as host:
        client = Plain(host.address)
        client.ask(do="arm", lease_s=5)
        first = client.ask(do="write", time_s=[0.01], **PULSE)
        assert client.ask(do="write", seq=client.seq, time_s=[0.01], **PULSE) == first
        assert client.ask(do="status")["status"]["waiting"] == 1
        reply = client.ask(do="write", seq=client.seq + 3, time_s=[0.05], **PULSE)
        assert reply["limit"] == "arming"
        assert "2 requests of the controller were lost" in reply["message"]
        client.close()


BAD = [
    b"\n", b"null\n", b"[]\n", b"7\n", b'"arm"\n', b"{}\n", b"\xff\xfe\n", b"GET / HTTP/1.1\r\n\r\n",
    b'{"seq":NaN,"do":"now"}\n', b'{"seq":2,"do":"now","x":1e999}\n', b'{"seq":true,"do":"now"}\n',
    b'{"seq":-1,"do":"now"}\n', b'{"seq":2,"do":"__class__"}\n', b'{"seq":2,"do":7}\n',
    b'{"seq":2,"do":"write","dish":[],"channel":[1],"time_s":[0.1],"current_uA":[[-1,1]],"width_us":[[1,1]]}\n',
    b'{"seq":2,"do":"write"}\n', b'{"seq":2,"do":"write","dish":[0],"channel":["x"]}\n',
    b'{"seq":2,"do":"write","dish":[0],"channel":[1],"time_s":[0.1],"current_uA":[[-1,1]],"width_us":[[1]]}\n',
    b'{"seq":2,"do":"write","dish":[0],"channel":[1],"time_s":[Infinity],"current_uA":[[-1,1]],"width_us":[[1,1]]}\n',
    b'{"seq":2,"do":"write","dish":[0.5],"channel":[1],"time_s":[0.1],"current_uA":[[-1,1]],"width_us":[[1,1]]}\n',
    b'{"seq":2,"do":"read","duration_s":"long"}\n', b'{"seq":2,"do":"read"}\n', b'{"seq":2,"do":"arm"}\n',
    b"[" * 100_000 + b"\n", b'{"a":' * 100_000 + b"\n", b"9" * 5_000 + b"\n",
    b'{"seq":' + b"9" * 5_000 + b"}\n", b'{"seq":2,"do":"hello"}\n',
]  # fmt: skip


def send_and_hear(raw, data):
    """The lines of the answer, until the host hangs up (perhaps with something of ours unread)."""
    raw.sendall(data)
    answers = b""
    try:
        while data := raw.recv(65536):
            answers += data
    except ConnectionResetError:
        pass
    return answers.splitlines()


@pytest.mark.parametrize("greeted", [False, True], ids=["stranger", "controller"])
def test_what_is_not_understood_ends_the_connection_and_stimulation_and_nothing_else(hosted, greeted):
    with hosted() as host:
        for line in BAD:
            client = (
                Plain(host.address) if greeted else socket.create_connection(host.address, timeout=WAIT_S)
            )
            if greeted:
                assert client.ask(do="arm", lease_s=1e6)["ok"]
                line = line.replace(b'"seq":2', b'"seq":3')
            answers = send_and_hear(client.socket if greeted else client, line)
            if answers:
                assert json.loads(answers[-1])["error"] == "protocol", line[:80]
            client.close()
            eventually(lambda: not host.guarded.armed and len(host._peers) == 0)
        with RemoteTissue(host.address) as tissue:
            tissue.read(0.01)


@pytest.mark.parametrize("clock", ["virtual", "wall"])
def test_values_out_of_range_are_answered_and_the_connection_goes_on(hosted, clock):
    with hosted(clock=clock) as host:
        client = Plain(host.address)
        for message in (
            {"do": "read", "duration_s": -1},
            {"do": "read", "duration_s": 1e9},
            {"do": "read", "duration_s": 1e-10},
            {"do": "arm", "lease_s": 0},
            {"do": "write", "time_s": [0.1], **{**PULSE, "channel": [2**31 - 1]}},
        ):
            assert client.ask(**message)["error"] in ("value", "refused")
        assert client.ask(do="beat")["ok"]
        client.close()


scalar = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
value = st.recursive(scalar, lambda inner: st.lists(inner, max_size=3), max_leaves=6)
verb = st.sampled_from(
    ["arm", "write", "read", "renew", "project", "stop", "status", "disarm", "hello", "eval"]
)
names = st.sampled_from(
    ["lease_s", "duration_s", "dish", "channel", "time_s", "current_uA", "width_us", "cause"]
)
message = st.fixed_dictionaries({"do": verb}, optional={}).flatmap(
    lambda base: st.dictionaries(names, value, max_size=6).map(lambda more: {**more, **base})
)


@pytest.fixture(scope="module")
def long_lived(hosted):
    with hosted(BenchTissue(0.0)) as host:  # a minute of it is read at once
        yield host


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.one_of(message, st.binary(max_size=60)), min_size=1, max_size=5))
def test_whatever_is_sent_the_host_lives_and_ends_disarmed(long_lived, sent):
    raw = socket.create_connection(long_lived.address, timeout=WAIT_S)
    with raw:
        lines = [b'{"seq":1,"do":"hello","version":1,"role":"controller","token":""}']
        for seq, item in enumerate(sent, 2):
            lines.append(item if isinstance(item, bytes) else json.dumps({"seq": seq, **item}).encode())
        raw.sendall(b"\n".join(lines) + b"\n")
        raw.shutdown(socket.SHUT_WR)
        try:
            while raw.recv(65536):
                pass
        except ConnectionResetError:
            pass
    with socket.create_connection(long_lived.address, timeout=WAIT_S) as again:
        again.sendall(b'{"seq":1,"do":"hello","version":1,"role":"operator","token":""}\n')
        assert json.loads(again.makefile("rb").readline())["ok"]
    eventually(lambda: not long_lived.guarded.armed)


def send_forever(raw):
    while True:
        raw.sendall(b"x" * 65536)


def test_a_line_without_end_is_cut_off(hosted):
    with hosted() as host:
        raw = socket.create_connection(host.address, timeout=WAIT_S)
        with raw, pytest.raises(ConnectionError):
            send_forever(raw)
        eventually(lambda: len(host._peers) == 0)


def test_the_ledger_of_a_hosted_session_tells_the_story(hosted, tmp_path):
    path = tmp_path / "ledger.jsonl"
    with hosted(ledger=Chain(path)) as host, RemoteTissue(host.address) as tissue:
        tissue.arm(1.0, "story")
        tissue.write(StimulusPlan.biphasic(0, 10, [0.01, 0.5]))
        tissue.read(0.1)
    kinds = [entry["kind"] for entry in read_chain(path)]
    assert kinds == ["opened", "armed", "admitted", "delivered", "stopped", "closed"]


def test_of_too_many_strangers_the_longest_silent_goes_and_a_newcomer_is_heard(hosted):
    with hosted() as host, ExitStack() as opened, RemoteTissue(host.address) as tissue:
        host._door._most = 20
        crowd = [
            opened.enter_context(socket.create_connection(host.address, timeout=WAIT_S)) for _ in range(60)
        ]
        assert crowd[0].recv(1) == b""
        eventually(lambda: len(host._door._peers) <= 20)
        crowd[-1].sendall(b'{"seq":1,"do":"hello","version":1,"role":"operator","token":""}\n')
        assert json.loads(crowd[-1].makefile("rb").readline())["ok"]
        tissue.read(0.01)


def test_a_connection_that_is_gone_before_it_is_taken_leaves_the_host_alone(hosted):
    with hosted() as host, RemoteTissue(host.address) as tissue:

        def gone(_):
            raise ConnectionAbortedError

        listener, taken = host._door._listener, []
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(type(listener), "accept", lambda self: taken.append(1) or gone(self))
            stranger = socket.create_connection(host.address, timeout=WAIT_S)
            eventually(lambda: taken)
        tissue.read(0.01)
        stranger.close()


def test_a_flood_of_requests_does_not_hold_up_the_end_of_the_lease(hosted):
    """All in one piece, as far as the host is concerned; the lease ends in the middle."""
    with hosted(clock="wall") as host, RemoteTissue(host.address) as tissue:
        seen = []
        check = host.guarded.check_lease
        host.guarded.check_lease = lambda: seen.append(1) or check()
        flood = b"".join(b'{"seq":%d,"do":"status"}\n' % seq for seq in range(2, 502))
        hello = b'{"seq":1,"do":"hello","version":1,"role":"watchdog","token":""}\n'
        tissue.arm(60.0)
        with socket.create_connection(host.address, timeout=WAIT_S) as raw:
            raw.sendall(hello + flood)
            lines = raw.makefile("rb")
            assert [json.loads(lines.readline())["seq"] for _ in range(501)][-1] == 501
        assert len(seen) >= 500


def test_an_emergency_stop_that_fails_says_so(hosted):
    with hosted() as host:
        host.guarded.disarm = lambda cause: 1 / 0
        with pytest.raises(TissueFault, match="ZeroDivisionError"):
            emergency_stop(host.address, "the red button")
        del host.guarded.disarm
