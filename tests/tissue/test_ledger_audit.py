"""What `verify` must not take for a whole ledger, and what a `Chain` must not go on writing to."""

import copy
import hashlib
import json
import os
import signal

import numpy as np
import pytest

from brainwright.runs import RunFolderError
from brainwright.tissue import Chain, ChainBroken, Guarded, StimulusPlan, read_chain, verify
from brainwright.tissue.anchor import kept_head
from brainwright.tissue.faults.bench import BenchTissue

ZERO = "0" * 64
_CHAIN = ("n", "prev", "hash")


def session(path, key=None, pulses=4):
    with Guarded(BenchTissue(0.0), ledger=Chain(path, key=key)) as guarded:
        guarded.arm(1e3, "session")
        for _ in range(3):
            guarded.write(StimulusPlan.biphasic(0, 10, guarded.now_s() + 0.01 + 0.02 * np.arange(pulses)))
            guarded.read(0.1)
        guarded.write(StimulusPlan.biphasic(0, 10, guarded.now_s() + 1.0))
    return path, guarded.head


@pytest.fixture
def whole(tmp_path):
    return session(tmp_path / "ledger.jsonl")[0]


def forged(path, change):
    """The ledger, changed, with every hash right again."""
    entries = [json.loads(line) for line in path.read_text().splitlines()]
    entries = change(changed := copy.deepcopy(entries)) or changed
    prev, lines = ZERO, []
    for n, entry in enumerate(entries):
        fields = {k: v for k, v in entry.items() if k not in _CHAIN}
        body = json.dumps({"n": n, **fields, "prev": prev}, separators=(",", ":"))[:-1]
        prev = hashlib.sha256(body.encode()).hexdigest()
        lines.append(f'{body},"hash":"{prev}"}}\n')
    path.write_text("".join(lines))
    return verify(path)


def test_what_is_whole_is_intact(whole):
    report = forged(whole, lambda entries: entries)
    assert report.intact, report.problems
    assert (report.admitted, report.delivered, report.cancelled) == (13, 12, 1)


def first(entries, kind):
    return next(entry for entry in entries if entry["kind"] == kind)


def setting(kind, field, value):
    def change(entries):
        entry = first(entries, kind)
        entry[field] = value(entry) if callable(value) else value
        return entries

    return change


def without(*kinds):
    return lambda entries: [entry for entry in entries if entry["kind"] not in kinds]


def inserting(kind, at, **fields):
    def change(entries):
        i = entries.index(first(entries, at))
        return [*entries[:i], {"at": 1.0, "mono_s": 1.0, "kind": kind, **fields}, *entries[i:]]

    return change


def moved(entries):
    """A pulse is delivered on a channel where it was not admitted."""
    first(entries, "delivered")["channel"][0] += 1
    return entries


FORGERIES = {
    "nothing but opened and closed": without("armed", "admitted", "delivered", "stopped"),
    "never armed": without("armed"),
    "a delivery less": lambda e: [x for x in e if x is not first(e, "delivered")],
    "no stop": without("stopped"),
    "no opening": without("opened"),
    "more charge": setting("delivered", "phase_charge_nC", lambda e: [1e6 for _ in e["phase_charge_nC"]]),
    "charge NaN": setting("delivered", "net_charge_nC", lambda e: [float("nan") for _ in e["net_charge_nC"]]),
    "an hour late": setting("delivered", "delivered_s", lambda e: [t + 3600 for t in e["delivered_s"]]),
    "at NaN": setting("delivered", "delivered_s", lambda e: [float("nan") for _ in e["delivered_s"]]),
    "at null": setting("delivered", "delivered_s", lambda e: [None for _ in e["delivered_s"]]),
    "times of 400 digits": setting("delivered", "delivered_s", lambda e: [10**400 for _ in e["delivered_s"]]),
    "charges of 400 digits": setting("delivered", "phase_charge_nC", lambda e: [10**400] * len(e["dish"])),
    "a column too short": setting("delivered", "phase_charge_nC", lambda e: e["phase_charge_nC"][1:]),
    "columns of text": setting("delivered", "dish", lambda e: "0" * len(e["dish"])),
    "another channel": moved,
    "one ampere": setting("admitted", "waveforms", [{"current_uA": [-1e6, 1e6], "width_us": [200, 200]}]),
    "not balanced": setting("admitted", "waveforms", [{"current_uA": [-2, 1], "width_us": [200, 200]}]),
    "no such waveform": setting("admitted", "waveform", [99] * 4),
    "a negative waveform": setting("admitted", "waveform", [-1] * 4),
    "a closed channel": lambda e: [x | ({"channel": [0] * len(x["dish"])} if "dish" in x else {}) for x in e],
    "a lease for ever": setting("armed", "lease_s", 1e300),
    "stopped before": inserting("stopped", "delivered", cause="", now_s=0.0, cancelled=4),
    "stopped at another time": inserting("stopped", "delivered", cause="", now_s=1e9, cancelled=0),
    "stopped and not cancelled": inserting("stopped", "delivered", cause="", now_s=0.0, cancelled=0),
    "paused before": inserting("paused", "admitted", cause="", now_s=0.0, cancelled=0),
    "nothing delivered": inserting("delivered", "admitted", dish=[], channel=[], requested_s=[],
                                   delivered_s=[], phase_charge_nC=[], net_charge_nC=[], admitted_s=[]),
    "fewer than none withdrawn": inserting("withdrawn", "delivered", plan=1, pulses=-3, cause=""),
    "all withdrawn": inserting("withdrawn", "delivered", plan=1, pulses=4, cause=""),
    "closed with more": setting("closed", "delivered", 10**9),
    "closed twice": lambda e: [*e, e[-1]],
    "more after the end": lambda e: [*e, first(e, "armed")],
    "a line of its own kind": inserting("blessed", "admitted"),
    "no limits": setting("opened", "limits", {}),
    "limits for ever": setting("opened", "limits", lambda e: {**e["limits"], "current_uA": -1}),
    "a kind that is a list": setting("armed", "kind", []),
    "under another name": setting("opened", "file", "other.jsonl"),
}  # fmt: skip


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forger_who_computes_the_hashes_anew_is_seen(whole, name):
    report = forged(whole, FORGERIES[name])
    assert not report.intact, report


def test_doses_beyond_the_envelope_are_seen_however_they_are_spread_over_plans(whole):
    """The limits that the ledger names itself: five pulses a second where it says four."""

    def tighten(entries):
        bucket = {"per": "channel", "unit": "pulses", "capacity": 4, "refill_s": None}
        first(entries, "opened")["envelope"]["buckets"] = [bucket]

    report = forged(whole, tighten)
    assert any("channel_pulses_per_session" in problem for problem in report.problems), report


def cut(lines, n):
    return lines[:n]


@pytest.mark.parametrize("n", [0, 1, 2, 5, -1])
def test_a_ledger_without_its_end_is_never_intact(whole, n):
    lines = whole.read_bytes().splitlines(keepends=True)
    whole.write_bytes(b"".join(lines[:n]))
    report = verify(whole)
    assert not report.intact
    assert not report.closed


NO_LEDGERS = {
    "deep": b'{"n":0,"kind":"x","at":0,"prev":"%s","a":%s' % (ZERO.encode(), b"[" * 50_000 + b"]" * 50_000),
    "long number": b'{"n":%s,"kind":"x","at":0,"prev":"%s"' % (b"9" * 5_000, ZERO.encode()),
}  # fmt: skip


def test_verify_never_raises_whatever_lies_there(tmp_path):
    path = tmp_path / "ledger.jsonl"
    contents = [
        b"",
        b"\n",
        b"[" * 200_000 + b"\n",
        b"\xff\xfe\n",
        b"null\n",
        b"{}\n",
        os.urandom(2_000),
        b"x" * 10_000,
    ]
    contents += [
        body + b',"hash":"%s"}\n' % hashlib.sha256(body).hexdigest().encode() for body in NO_LEDGERS.values()
    ]
    contents += [
        b'{"n":0,"kind":[],"at":0,"prev":0,"hash":{}}\n',
        b'{"n":0,"kind":"a","at":"","prev":"x","hash":"x"}\n',
    ]
    for content in contents:
        path.write_bytes(content)
        assert not verify(path).intact
    assert not verify(tmp_path).intact
    assert not verify(tmp_path / "nothing").intact
    assert not verify(path, key=tmp_path / "nothing").intact
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe")
        assert not verify(tmp_path / "pipe").intact
        with pytest.raises(OSError, match="expected a file"):
            Chain(tmp_path / "pipe")


def test_the_head_kept_elsewhere_shows_what_the_chain_alone_cannot(whole, tmp_path):
    head = list(read_chain(whole))[-1]["hash"]
    before = whole.read_bytes()
    _, later = session(whole)
    assert verify(whole, anchor=later).intact
    whole.write_bytes(before)  # the second session is cut off, and the first was closed
    assert verify(whole).intact
    assert not verify(whole, anchor=later).intact
    assert verify(whole, anchor=head).intact
    report = forged(whole, lambda entries: [entries[0], {**entries[-1], "delivered": 0}])
    assert report.intact  # all of it was invented
    assert not verify(whole, anchor=head).intact


def test_a_run_keeps_the_head_and_a_ledger_without_it_is_refused(tmp_path):
    path, anchor = tmp_path / "ledger.jsonl", tmp_path / "provenance.json"
    anchor.write_text('{"seed": 7, "ledgers": {"another": "kept"}}')

    def session():
        with Guarded(BenchTissue(0.0), ledger=Chain(path, anchor=anchor)) as guarded:
            guarded.arm(10.0)
            guarded.write(StimulusPlan.biphasic(0, 1, 0.01))
            guarded.read(0.1)

    session()
    before, head = path.read_bytes(), verify(path).head
    kept = json.loads(anchor.read_text())
    assert kept == {"seed": 7, "ledgers": {"another": "kept", "ledger.jsonl": head}}
    session()
    later = kept_head(anchor, path.name)
    assert later == verify(path).head != head
    whole = path.read_bytes()
    path.write_bytes(before)  # a closed ledger, but the session after it is cut off
    with pytest.raises(ChainBroken, match=f"expected the line {later} that its anchor names, got .* cut or"):
        Chain(path, anchor=anchor)
    path.write_bytes(whole)
    Chain(path, anchor=anchor).append("killed before it could tell")  # goes on behind the anchor
    report = verify(path, anchor=later)
    n = report.lines
    assert f"expected the anchor {later}, with which line {n - 1} of {n} ends" in report.problems[-1]
    Chain(path.with_name("again.jsonl"), anchor=anchor).close()  # without a line it has no head
    assert list(json.loads(anchor.read_text())["ledgers"]) == ["another", "ledger.jsonl"]


@pytest.mark.parametrize("content", ["[]", "{", '{"ledgers": []}', '{"ledgers": {"ledger.jsonl": 7}}'])
def test_an_anchor_that_is_none_is_refused_before_anything_is_stimulated(tmp_path, content):
    (tmp_path / "anchor").write_text(content)
    with pytest.raises(RunFolderError, match="anchor"):
        Chain(tmp_path / "ledger.jsonl", anchor=tmp_path / "anchor")
    assert not (tmp_path / "ledger.jsonl").exists()


def test_a_ledger_whose_anchor_fails_is_closed_all_the_same(tmp_path):
    chain = Chain(tmp_path / "ledger.jsonl", anchor=tmp_path / "gone" / "anchor")
    guarded = Guarded(BenchTissue(0.0), ledger=chain)
    with pytest.raises(FileNotFoundError):
        guarded.close()
    guarded.close()
    assert verify(tmp_path / "ledger.jsonl", anchor=guarded.head).intact
    Chain(tmp_path / "ledger.jsonl").close()  # nobody holds it


def test_with_a_key_only_its_owner_can_write(tmp_path):
    key, other = tmp_path / "key", tmp_path / "other"
    key.write_bytes(os.urandom(32))
    other.write_bytes(os.urandom(32))
    path, _ = session(tmp_path / "ledger.jsonl", key)
    assert verify(path, key=key).intact
    for wrong in (None, other):
        assert not verify(path, key=wrong).intact
        with pytest.raises(ChainBroken, match="key"):
            Chain(path, key=wrong)
    session(path, key)
    assert verify(path, key=key).delivered == 24
    forged(path, lambda entries: entries)
    assert not verify(path, key=key).intact
    other.write_bytes(b"short")
    with pytest.raises(ValueError, match="at least 16 bytes"):
        Chain(tmp_path / "new", key=other)
    assert not (tmp_path / "new").exists()


def replaced(path):
    os.unlink(path)
    path.write_text("")


def replaced_by_a_copy(path):
    content = path.read_bytes()
    (path.parent / "copy").write_bytes(content)
    os.replace(path.parent / "copy", path)


def cut_short(path):
    os.truncate(path, path.stat().st_size - 10)


def written_to(path):
    with path.open("ab") as file:
        file.write(b"x")


@pytest.mark.parametrize("change", [replaced, replaced_by_a_copy, os.unlink, cut_short, written_to])
def test_a_ledger_that_is_changed_below_a_session_stops_it(tmp_path, change):
    path = tmp_path / "ledger.jsonl"
    guarded = Guarded(BenchTissue(), ledger=Chain(path))
    guarded.arm(10.0)
    guarded.write(StimulusPlan.biphasic(0, 10, [0.1, 0.2]))
    change(path)
    with pytest.raises(OSError, match=r"ledger|No such file"):
        guarded.write(StimulusPlan.biphasic(0, 11, 0.1))
    assert not guarded.armed
    guarded.tissue.read(1.0)
    assert guarded.ledger.n_delivered == 0
    if change is not os.unlink:
        with pytest.raises(BlockingIOError, match="another writer"):
            Chain(path)


def test_a_ledger_has_one_writer_by_whatever_name(tmp_path):
    chain = Chain(tmp_path / "ledger.jsonl")
    chain.append("opened")
    os.symlink(tmp_path / "ledger.jsonl", tmp_path / "soft")
    os.link(tmp_path / "ledger.jsonl", tmp_path / "hard")
    for name in ("ledger.jsonl", "soft", "hard"):
        with pytest.raises(BlockingIOError, match="another writer"):
            Chain(tmp_path / name)
    chain.close()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["hard", "ledger.jsonl", "soft"]


def test_an_interrupt_while_a_line_is_written_breaks_no_chain(tmp_path):
    chain = Chain(tmp_path / "ledger.jsonl")
    chain.append("first")
    write, read = os.write, os.read
    for name, call in (("write", write), ("read", read)):
        with pytest.MonkeyPatch.context() as patch:

            def interrupted(*args, call=call):
                call(*args)
                raise KeyboardInterrupt

            patch.setattr(os, name, interrupted)
            with pytest.raises(KeyboardInterrupt):
                chain.append("interrupted")
        chain.append("next")
    chain.close()
    assert [e["kind"] for e in read_chain(chain.path)] == [
        "first",
        "interrupted",
        "next",
        "interrupted",
        "next",
    ]


def test_a_handler_that_stops_while_a_line_is_written_breaks_no_chain(tmp_path):
    guarded = Guarded(BenchTissue(), ledger=Chain(tmp_path / "ledger.jsonl"))
    guarded.arm(10.0)
    old = signal.signal(signal.SIGUSR1, lambda *_: guarded.disarm("operator"))
    write = os.write
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(os, "write", lambda *args: (signal.raise_signal(signal.SIGUSR1), write(*args))[1])
            with pytest.raises(ValueError, match="disarmed"):
                guarded.write(StimulusPlan.biphasic(0, 10, 0.1))
    finally:
        signal.signal(signal.SIGUSR1, old)
    guarded.close()
    assert verify(tmp_path / "ledger.jsonl").stops == ["operator"]
    assert verify(tmp_path / "ledger.jsonl").intact
