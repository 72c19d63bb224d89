"""Lines and words: the ledger, plans, the wire, questions to cells, names on screens and in figures."""

import functools
import hashlib
import json
from functools import partial
from pathlib import Path

import numpy as np
from mutate import TOKENS, VALUES, bytes_of, json_of, lines_of, value_of
from of_tables import _raised
from targets import Target, changing

_connectome = partial(_raised, "brainwright.connectome", "ConnectomeError")
_wire = partial(_raised, "brainwright.tissue.bridge.wire", "WireError")
_stream = partial(_raised, "brainwright.signal", "StreamError")
_chain = partial(_raised, "brainwright.tissue.chain_lines", "ChainBroken")
PLAN = {
    "dish": [0, 0],
    "channel": [3, 9],
    "time_s": [0.1, 0.2],
    "current_uA": [[-2.0, 2.0], [-1.0, 1.0]],
    "width_us": [[200.0, 200.0], [200.0, 200.0]],
}


def targets() -> list[Target]:
    """All of this file."""
    return [
        Target("ledger", _ledger, _verify, lambda: ()),
        Target("ledger, line by line", _ledger, _read_chain, _chain),
        Target("stimulus plan", _values(PLAN), _plan, lambda: ()),
        Target("plan on the wire", _values({"verb": "write", "n": 7, "why": "x", **PLAN}), _wire_plan, _wire),
        Target("lines on the wire", _wire_bytes, _lines, _wire),
        Target("query of cells", _queries, _subset, _connectome),
        Target("notes", _tunes, _notes, _stream),
        Target("names as text", _names, _shown, lambda: ()),
    ]


def _values(seed: dict):
    def prepare(folder: Path):
        def write(r, folder: Path) -> Path:
            (folder / "v.json").write_bytes(json_of(r, json.dumps(seed).encode()))
            return folder / "v.json"

        return write

    return prepare


def _ledger(folder: Path):
    """Lines of a true ledger, changed; half with their hashes made anew, so that the contents are reached."""
    from brainwright.tissue import Guarded, StimulusPlan
    from brainwright.tissue.chain import Chain
    from brainwright.tissue.faults.bench import BenchTissue

    guarded = Guarded(BenchTissue(), ledger=Chain(folder / "ledger.jsonl"))
    guarded.arm(60.0)
    guarded.write(StimulusPlan.biphasic(0, [1, 2], guarded.now_s() + 0.05, 1.0))
    guarded.read(0.2)
    guarded.stop()
    guarded.close()
    data = (folder / "ledger.jsonl").read_bytes()

    def write(r, folder: Path) -> Path:
        path = folder / "l.jsonl"
        if r.random() < 0.4:
            path.write_bytes(lines_of(json_of)(r, data))
            return path
        entries = [json.loads(line) for line in data.splitlines()]
        k = r.randrange(len(entries))
        try:
            changed = value_of(r, {n: v for n, v in entries[k].items() if n not in ("prev", "hash")})
        except RecursionError:
            changed = None
        entries[k] = changed if isinstance(changed, dict) else entries[k]
        path.write_bytes(_chained(entries))
        return path

    return write


def _chained(entries: list[dict]) -> bytes:
    prev, lines = "0" * 64, []
    for entry in entries:
        rest = {n: v for n, v in entry.items() if n not in ("prev", "hash")}
        try:
            body = json.dumps({**rest, "prev": prev}, separators=(",", ":"))[:-1]
        except RecursionError:
            body = '{"n":0,"kind":' + "[" * 2000 + "]" * 2000 + f',"prev":"{prev}"'
        prev = hashlib.sha256(body.encode()).hexdigest()
        lines.append(f'{body},"hash":"{prev}"}}\n')
    return "".join(lines).encode()


def _verify(path: Path):
    from brainwright.tissue.audit import verify

    return verify(path)


def _read_chain(path: Path):
    from brainwright.tissue.chain_lines import read_chain

    return list(read_chain(path))


def _plan(path: Path):
    from brainwright.tissue import StimulusPlan

    try:
        value = json.loads(path.read_bytes())
    except (ValueError, RecursionError):
        return None
    if not (isinstance(value, dict) and set(PLAN) <= set(value)):
        return None
    plan = StimulusPlan(**{name: value[name] for name in PLAN})
    return plan.first_s, plan.phase_charge_nC, plan.cathodic_uA


def _wire_plan(path: Path):
    from brainwright.tissue.bridge import wire

    message = wire.decode(path.read_bytes())
    wire.words(message, "why")
    wire.number(message, "n")
    return wire.plan_fields(wire.plan_of(message))


def _wire_bytes(folder: Path):
    line = json.dumps({"verb": "read", "duration_s": 0.1, "token": "x"}).encode() + b"\n"

    def write(r, folder: Path) -> Path:
        (folder / "w").write_bytes(bytes_of(r, line * r.choice((1, 2, 5))))
        return folder / "w"

    return write


def _lines(path: Path):
    from brainwright.tissue.bridge import wire

    lines, data, found = wire.Lines(wire.LONGEST_REQUEST[""]), path.read_bytes(), []
    for part in (data[:9], data[9:]):
        lines.feed(part)
        while lines.waiting:
            found += map(wire.decode, lines.take(16))
    return [(wire.words(message, "verb"), wire.number(message, "duration_s")) for message in found]


QUERIES = (
    "type == 'KC' and not (x_um > 1.5 or side in ['left', \"right\"])",
    "`pool:mine` & (id != 3) | ~(count >= 2)",
    "1 < x_um <= 2.5 and type not in ('MBON',)",
)


PYTHON = (
    "type", "@x", "id.to_csv('x')", "__import__('os')", "lambda: 0", "x_um.__class__", "[i for i in id]",
    "not ", "~", "-", "(", ")", " and ", " or ", " in ", "==", "<", "`", "f'{id}'", "1j", "b'x'", "...", "is",
    "if", "**", "//", ":=", "not " * 300, "-" * 500, "(" * 900,
)  # fmt: skip


def _queries(folder: Path):
    words = (*TOKENS, *PYTHON)

    def write(r, folder: Path) -> Path:
        text = r.choice(QUERIES)
        for _ in range(r.choice((1, 1, 2, 4))):
            at = r.randrange(len(text) + 1)
            text = text[:at] + r.choice(words) + text[at + r.choice((0, 0, 1, 3, 10)) :]
        (folder / "q").write_bytes(text.encode("utf-8", "surrogatepass"))
        return folder / "q"

    return write


@functools.cache
def _cells():
    import pandas as pd

    from brainwright.connectome import Connectome

    cells = pd.DataFrame(
        {
            "id": [1, 2, 3],
            "type": ["KC", "MBON", None],
            "x_um": [1.0, np.nan, 3.0],
            "side": ["left", "right", "left"],
        }
    )
    cells = cells.assign(**{"pool:mine": [True, False, True], "count": [1, 2, 3]})
    return Connectome.from_dataframe(pd.DataFrame({"pre": [1, 2, 3], "post": [2, 3, 1]}), cells)


def _subset(path: Path):
    return _cells().subset(where=path.read_bytes().decode("utf-8", "surrogatepass")).ids


def _names(folder: Path):
    texts = (
        *TOKENS,
        *(value for value in VALUES if isinstance(value, str)),
        "a|b",
        "**b**",
        "[x](y)",
        "[red]x[/red]",
    )

    def write(r, folder: Path) -> Path:
        name = "".join(r.choice(texts)[:40] for _ in range(3)) + "".join(
            chr(r.randrange(0x3000)) for _ in range(5)
        )
        (folder / "n").write_bytes(name.encode("utf-8", "surrogatepass"))
        return folder / "n"

    return write


def _shown(path: Path):
    """Every way of showing a name leaves no control, tag, or cell's end of its own."""
    from matplotlib import cbook

    from brainwright.report import markdown_table
    from brainwright.report.html import escape
    from brainwright.untrusted import figure_text, markdown_text, printable

    name = path.read_bytes().decode("utf-8", "surrogatepass")
    assert printable(name).encode().decode().isprintable() or all(
        c.isspace() for c in _unprintable(printable(name))
    )
    assert not cbook.is_math_text(figure_text(name))
    assert "<" not in escape(name)
    assert ">" not in escape(name)
    assert "\x1b" not in escape(name)
    assert markdown_table(["a"], [[markdown_text(name)]]).count("\n") == 2
    return name


def _unprintable(text: str) -> str:
    """Unassigned characters and unusual blanks, which no terminal acts on."""
    return "".join(c for c in text if not c.isprintable() and (ord(c) < 0x20 or 0x7F <= ord(c) < 0xA0))


def _tunes(folder: Path):
    """MIDI files of one and of two tracks, and lists of notes, changed."""
    import mido

    seeds = [b"E4 F4 G#4, 64 65\n# a comment\nBb3 67"]
    for tracks in (1, 2):
        file = mido.MidiFile()
        for _ in range(tracks):
            track = mido.MidiTrack()
            file.tracks.append(track)
            for note in (64, 65, 67, 65):
                track.append(mido.Message("note_on", note=note, velocity=64))
                track.append(mido.Message("note_off", note=note, time=240))
        file.save(folder / f"{tracks}.mid")
        seeds.append((folder / f"{tracks}.mid").read_bytes())
    return changing(seeds, bytes_of, "tune.mid")


def _notes(path: Path) -> int:
    from brainwright.datasets.notes import read_notes

    return len(read_notes(path))
