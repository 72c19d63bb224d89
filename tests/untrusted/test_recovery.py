"""Damage costs a reader a few times its bytes at most; what is behind a checksum is checked all the same."""

import hashlib
import json
import struct
import zlib

import numpy as np
import pytest

from brainwright.tissue.audit import verify
from brainwright.tissue.chain_lines import ChainBroken, read_chain
from brainwright.tissue.plan import StimulusPlan
from brainwright.tissue.recording import RecordingError, SegmentReader
from brainwright.tissue.recording.finalise import read_session
from brainwright.tissue.recording.segments import HEAD, MAGIC, SEARCH_EFFORT, blocks
from brainwright.tissue.recording.streams import NOTES, NUMBER, STREAMS, header


def block(stream: int, record: int, payload: bytes, sequence: int = 0) -> bytes:
    head = HEAD.pack(MAGIC, stream, record, len(payload), sequence)
    return head + struct.pack("<I", zlib.crc32(payload, zlib.crc32(head))) + payload


def false_head(size: int) -> bytes:
    return HEAD.pack(MAGIC, 1, 1, size, 0)


def test_false_heads_of_blocks_are_not_followed_for_ever(tmp_path, monkeypatch):
    """Each of 20,000 heads claims 400 kB of what follows: 8 GB to sum up, in half a megabyte."""
    summed = 0
    real = zlib.crc32

    def counting(data, value=0):
        nonlocal summed
        summed += len(data)
        return real(data, value)

    good = block(0, 1, b"{}\n")
    data = good + false_head(400_000) * 20_000 + bytes(400_000) + good
    (tmp_path / "000000.seg").write_bytes(data)
    monkeypatch.setattr(zlib, "crc32", counting)
    found = blocks(tmp_path / "000000.seg")
    assert next(found)[1].payload == b"{}\n"
    with pytest.raises(RecordingError, match="false heads"):
        list(found)
    assert summed < 2 * SEARCH_EFFORT * len(data)


def test_damage_by_accident_is_passed_over(tmp_path):
    """Heads that claim no more than blocks do, and blocks that were changed in the middle, cost little."""
    whole = [block(NUMBER["reads"], 28, bytes(28 * 4000), k) for k in range(20)]
    spoiled = [bytearray(b) for b in whole]
    for k in (3, 4, 11):
        spoiled[k][5000] ^= 1
    data = b"".join(bytes(b) for b in spoiled) + MAGIC * 1000 + false_head(2**31) * 1000
    (tmp_path / "000000.seg").write_bytes(data)
    reader = SegmentReader(tmp_path)
    assert [b.sequence for b in reader.poll()] == [k for k in range(20) if k not in (3, 4, 11)]
    assert reader.lost_blocks == 3


HEADER = json.dumps(header(1, 4)).encode()
FORGED = {
    "no header": [],
    "a header that is a list": [(0, b"[]")],
    "a header without end": [(0, b"[" * 5000)],
    "no number of dishes": [(0, HEADER.replace(b'"n_dishes": 1', b'"n_dishes": "1"'))],
    "1e12 channels": [(0, HEADER.replace(b'"n_channels": 4', b'"n_channels": 1000000000000'))],
    "half a record": [(0, HEADER), (NUMBER["spikes"], bytes(7))],
    "an unknown stream": [(0, HEADER), (77, bytes(8))],
    "a note that is a number": [(0, HEADER), (NOTES, b"3\n")],
    "a note without kind": [(0, HEADER), (NOTES, b'{"cause": 1}\n')],
    "a note that is no text": [(0, HEADER), (NOTES, b"\xff\xfe\n")],
    "a note of 5000 digits": [(0, HEADER), (NOTES, b'{"kind": ' + b"9" * 5000 + b"}\n")],
}


@pytest.mark.parametrize("case", FORGED)
def test_blocks_with_a_sum_that_fits_are_checked_too(tmp_path, case):
    (tmp_path / "session").mkdir()
    parts = FORGED[case]
    data = b"".join(block(stream, 1, payload, k) for k, (stream, payload) in enumerate(parts))
    (tmp_path / "session" / "000000.seg").write_bytes(data)
    with pytest.raises(RecordingError):
        read_session(tmp_path)


def test_an_end_without_a_cause(tmp_path):
    (tmp_path / "session").mkdir()
    data = block(0, 1, HEADER) + block(NOTES, 1, b'{"kind": "end"}\n', 1)
    (tmp_path / "session" / "000000.seg").write_bytes(data)
    assert read_session(tmp_path).cause == "not said"
    assert len(read_session(tmp_path).streams["spikes"]) == 0
    assert set(STREAMS) == set(read_session(tmp_path).streams)


def test_a_ledger_of_torn_lines_is_read_once(tmp_path):
    """Lines that are no entries: kept together anew for each, they cost the square of their number."""
    path = tmp_path / "ledger.jsonl"
    path.write_bytes(b"x\n" * 50_000)
    with pytest.raises(ChainBroken, match="no ledger entry"):
        list(read_chain(path))
    assert not verify(path).intact


def chained(entries: list[str]) -> bytes:
    """Lines whose hashes are right, whatever they say."""
    prev, lines = "0" * 64, []
    for entry in entries:
        body = f'{entry[:-1]},"prev":"{prev}"'
        prev = hashlib.sha256(body.encode()).hexdigest()
        lines.append(f'{body},"hash":"{prev}"}}\n')
    return "".join(lines).encode()


@pytest.mark.parametrize(
    "entry",
    [
        '{"n":0,"kind":"admitted"}',
        '{"n":0,"kind":"admitted","pulses":[[1,2],[3]]}',
        '{"n":0,"kind":"delivered","dish":{"a":1},"channel":3}',
        '{"n":0,"kind":["x"]}',
        '{"n":0,"kind":"delivered","charge_nC":' + "9" * 5000 + "}",
        '{"n":0,"kind":"delivered","charge_nC":1e999}',
        '{"n":0,"kind":' + "[" * 3000 + "]" * 3000 + "}",
    ],
    ids=range(7),
)
def test_a_ledger_is_verified_whatever_it_says(tmp_path, entry):
    (tmp_path / "l.jsonl").write_bytes(chained([entry]))
    verify(tmp_path / "l.jsonl")  # lists problems, raises nothing


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("dish", {"a": 1}),
        ("dish", [2**40]),
        ("channel", [0.5]),
        ("time_s", [{}]),
        ("time_s", [10**400]),
        ("current_uA", [[1.0], [2.0, 3.0]]),
        ("current_uA", "x"),
        ("width_us", [[np.nan, 1.0]]),
        ("width_us", None),
    ],
)
def test_plans_of_anything_else_are_refused_by_name(name, value):
    parts = {
        "dish": [0],
        "channel": [3],
        "time_s": [0.1],
        "current_uA": [[-1.0, 1.0]],
        "width_us": [[2e2, 2e2]],
    }
    with pytest.raises(ValueError, match=name):
        StimulusPlan(**{**parts, name: value})
