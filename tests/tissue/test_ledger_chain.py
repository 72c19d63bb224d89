"""The ledger on disk: what was written stays what it was, or the reader says so."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from brainwright.tissue import Chain, ChainBroken, Guarded, StimulusPlan, read_chain, verify
from brainwright.tissue.faults.bench import BenchTissue

_CHAIN = ("n", "at", "mono_s", "kind", "prev", "hash")


def session(path, pulses=3):
    with Guarded(BenchTissue(0.0), ledger=Chain(path), about={"seed": 1}) as guarded:
        guarded.arm(10.0)
        guarded.write(StimulusPlan.biphasic(0, np.arange(1, 1 + pulses), 0.01 + 0.01 * np.arange(pulses)))
        guarded.read(0.025)


@pytest.fixture
def whole(tmp_path):
    session(tmp_path / "ledger.jsonl")
    return tmp_path / "ledger.jsonl"


def test_a_session_is_accounted_for(whole):
    report = verify(whole)
    assert (report.intact, report.closed, report.notes) == (True, True, [])
    assert (report.admitted, report.delivered, report.cancelled) == (3, 2, 1)
    lines = [json.loads(line) for line in whole.read_text().splitlines()]
    assert [line["prev"] for line in lines[1:]] == [line["hash"] for line in lines[:-1]]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0), st.integers(1, 255))
def test_any_byte_that_is_changed_is_seen(whole, at, by):
    good = whole.read_bytes()
    bad = bytearray(good)
    bad[at % len(bad)] = (bad[at % len(bad)] + by) % 256
    copy = whole.with_name("copy")
    copy.write_bytes(bad)
    assert not verify(copy).intact or not verify(copy).closed


@pytest.mark.parametrize("change", ["removed", "repeated", "swapped", "inserted", "another ledger's"])
def test_lines_cannot_be_moved(whole, tmp_path, change):
    lines = whole.read_bytes().splitlines(keepends=True)
    session(tmp_path / "other", pulses=2)
    other = (tmp_path / "other").read_bytes().splitlines(keepends=True)
    bad = {
        "removed": lines[:2] + lines[3:],
        "repeated": [*lines[:3], lines[2], *lines[3:]],
        "swapped": [*lines[:2], lines[3], lines[2], *lines[4:]],
        "inserted": [*lines[:2], b'{"n":2,"kind":"stopped"}\n', *lines[2:]],
        "another ledger's": [*lines[:2], other[2], *lines[3:]],
    }[change]
    whole.write_bytes(b"".join(bad))
    report = verify(whole)
    assert not report.intact
    assert "line" in report.problems[0]
    with pytest.raises(ChainBroken):
        Chain(whole)


def test_a_torn_end_is_noted_and_the_ledger_goes_on(whole):
    whole.write_bytes(whole.read_bytes()[:-40])
    report = verify(whole)
    assert report.sound
    assert not report.intact  # nobody knows what came after
    session(whole)
    assert verify(whole).intact
    kinds = [entry["kind"] for entry in read_chain(whole)]
    assert kinds.count("opened") == 2
    assert "torn" in kinds


def test_a_line_is_on_disk_before_append_returns(tmp_path):
    """The process is killed without warning right after."""
    path = tmp_path / "ledger.jsonl"
    code = (
        "import os, signal, sys, pathlib; from brainwright.tissue import Chain\n"
        "chain = Chain(pathlib.Path(sys.argv[1]))\n"
        "for i in range(50): chain.append('entry', i=i)\n"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(path)], check=False)
    assert done.returncode == -9
    assert [entry["i"] for entry in read_chain(path)] == list(range(50))


def test_a_forged_delivery_is_seen(tmp_path):
    """A chain that is whole, and says what cannot be."""
    pulse = {"dish": [0], "channel": [1], "requested_s": [0.1]}
    dose = {"delivered_s": [0.1], "phase_charge_nC": [0.4], "net_charge_nC": [0.0], "admitted_s": [0.0]}
    wave = {"current_uA": [-2.0, 2.0], "width_us": [200.0, 200.0]}
    admitted = {**pulse, "plan": 1, "admitted_s": 0.0, "waveform": [0], "waveforms": [wave]}
    session(tmp_path / "real")
    opened, armed = (
        {k: v for k, v in e.items() if k not in _CHAIN} for e in list(read_chain(tmp_path / "real"))[:2]
    )
    lines = {
        "not admitted": [("delivered", {**pulse, **dose})],
        "or twice": [("admitted", admitted), *[("delivered", {**pulse, **dose})] * 2],
        "before it was requested": [
            ("admitted", admitted),
            ("delivered", {**pulse, **dose, "delivered_s": [0.05]}),
        ],
        "net charge": [("admitted", admitted), ("delivered", {**pulse, **dose, "net_charge_nC": [0.02]})],
        "not as expected": [("delivered", {})],
    }
    for number, (problem, entries) in enumerate(lines.items()):
        chain = Chain(tmp_path / str(number))
        for kind, fields in [("opened", {**opened, "file": str(number)}), ("armed", armed), *entries]:
            chain.append(kind, **fields)
        chain.close()
        assert any(problem in found for found in verify(chain.path).problems), problem
    assert not verify(tmp_path / "nowhere").intact


def test_the_note_of_a_torn_line_may_be_torn_too(tmp_path):
    chain = Chain(tmp_path / "ledger.jsonl")
    chain.append("first")
    write, room = os.write, [10, 50, 0, 10**6, 10**6]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "write", lambda file, data: write(file, data[: room.pop(0)]))
        for _ in range(3):
            with pytest.raises(OSError, match="disk full"):
                chain.append("lost")
            assert [entry["kind"] for entry in read_chain(chain.path)] == ["first"]
        chain.close()
        again = Chain(chain.path)  # as does another session
        for ledger in (chain, again):
            assert ledger._torn == chain.path.read_bytes().partition(b"\n")[2]
        again.append("last")
        again.close()
    assert [entry["kind"] for entry in read_chain(chain.path)] == ["first", "torn", "last"]
    Chain(chain.path).append("more")
    assert [entry["kind"] for entry in read_chain(chain.path)][-1] == "more"


def test_half_a_character_does_not_keep_a_line_out(tmp_path):
    chain = Chain(tmp_path / "ledger.jsonl")
    chain.append("stopped", cause="operator: \ud800 ü", now_s=0.0, cancelled=0)
    chain.close()
    assert verify(chain.path).stops == ["operator: \ud800 ü"]


def test_a_second_writer_is_refused_until_the_first_is_gone(tmp_path):
    first = Chain(tmp_path / "ledger.jsonl")
    first.append("opened")
    with pytest.raises(BlockingIOError, match="another writer"):
        Chain(tmp_path / "ledger.jsonl")
    first.close()
    second = Chain(tmp_path / "ledger.jsonl")
    second.append("goes on")
    second.close()
    assert [entry["kind"] for entry in read_chain(tmp_path / "ledger.jsonl")] == ["opened", "goes on"]
