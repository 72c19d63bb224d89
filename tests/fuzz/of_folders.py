"""Folders: a saved connectome, network, emulator; a session's segments; a run."""

import hashlib
import json
import struct
import zlib
from functools import partial
from pathlib import Path

import numpy as np
from mutate import bytes_of, dumped, json_of, lines_of, value_of
from of_tables import _raised
from targets import Target

_connectome = partial(_raised, "brainwright.connectome", "ConnectomeError")
_network = partial(_raised, "brainwright.network.errors", "NetworkError")
_emulator = partial(_raised, "brainwright.emulator.storage", "SavedEmulatorError")
_session = partial(_raised, "brainwright.tissue.recording", "RecordingError")
_run = partial(_raised, "brainwright.runs", "RunFolderError", "ValuesError")


def targets() -> list[Target]:
    """All of this file."""
    return [
        Target("saved connectome", _saved_connectome, _load_connectome, _connectome),
        Target("saved network", _saved_network, _load_network, _network),
        Target("saved emulator", _saved_emulator, _load_emulator, _emulator),
        Target("session recording", _segments, _read_session, _session),
        Target("run folder", _run_folder, _read_run, _run),
        Target("run folder, followed live", _run_folder, _tail, lambda: ()),
        Target("finished trials", _trials, _read_trials, lambda: ()),
    ]


def _sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _sealed(value: object, own: str) -> object:
    """With its checksum set right, so that what is behind the checksum is reached."""
    if not isinstance(value, dict):
        return value
    rest = {k: v for k, v in value.items() if k != own}
    try:
        return {**rest, own: _sha(json.dumps(rest, sort_keys=True).encode())}
    except (RecursionError, TypeError):
        return value


def _folder(files: dict[str, bytes], header: str, own: str, sums):
    """Writes files of which the header or a part was changed; nine times in ten with checksums that fit."""

    def write(r, folder: Path) -> Path:
        parts, fits = dict(files), r.random() < 0.9
        description = json.loads(files[header])
        if r.random() < 0.4:
            name = r.choice([name for name in files if name != header])
            parts[name] = bytes_of(r, parts[name])
            if fits:
                sums(description, name, _sha(parts[name]))
        else:
            try:
                description = value_of(r, description)
            except RecursionError:
                description = None
        parts[header] = dumped(_sealed(description, own) if fits else description)
        if r.random() < 0.05:
            parts[header] = bytes_of(r, parts[header])
        for name, data in parts.items():
            (folder / name).write_bytes(data)
        return folder

    return write


def _contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def _saved_connectome(folder: Path):
    import pandas as pd

    from brainwright.connectome import Connectome

    edges = pd.DataFrame(
        {"pre": [1, 2, 3], "post": [2, 3, 1], "w": [-2, 1, 4], "kind": ["ad", "ad", "electrical"]}
    )
    cells = pd.DataFrame({"id": [1, 2, 3], "type": ["KC", "KC", None], "x_um": [0.5, 1.0, 2.0]})
    Connectome.from_dataframe(edges, cells, count="w", kind="kind").save(folder / "c")

    def sums(header, name, sha):
        header["sha256"][name] = sha

    return _folder(_contents(folder / "c"), "connectome.json", "header_sha256", sums)


def _load_connectome(folder: Path):
    from brainwright.connectome import Connectome
    from brainwright.connectome.storage import load_folder

    wiring = Connectome.build(*load_folder(folder))
    return repr(wiring), wiring.weights()


def _tensor_sum(header, name, sha):
    header["sha256"] = sha


def _saved_network(folder: Path):
    from brainwright.connectome import Connectome
    from brainwright.network import LIF, compile
    from brainwright.network.storage import save

    rng = np.random.default_rng(0)
    wiring = Connectome.from_matrix((rng.random((6, 6)) < 0.5) * rng.integers(1, 5, (6, 6)))
    wiring = (
        wiring.with_pool("sensory", [0, 1])
        .with_pool("output", [4, 5])
        .with_cells(sign=rng.choice([1.0, -1.0], 6))
    )
    writers = []
    for k, dynamics in enumerate((LIF(options={"dt_s": 1e-3}), "rate", "graph")):
        save(compile(wiring, dynamics, n_inputs=2, n_outputs=2), folder / str(k))
        files = _contents(folder / str(k))
        writers.append(_folder(files, "model.json", "description_sha256", _tensor_sum))
    return lambda r, folder: r.choice(writers)(r, folder)


def _load_network(folder: Path):
    from brainwright.network.storage import load

    network = load(folder)
    return network.read(network.rest(1))


def _saved_emulator(folder: Path):
    import torch

    from brainwright.emulator import Emulator
    from brainwright.emulator.emulator import Shape
    from brainwright.emulator.storage import save_emulator

    emulator = Emulator(torch.ones(3), torch.ones(3), Shape(size=1, n_latent=2))
    save_emulator(emulator, folder / "e", bin_s=0.02)
    return _folder(_contents(folder / "e"), "model.json", "description_sha256", _tensor_sum)


def _load_emulator(folder: Path):
    from brainwright.emulator.storage import load_emulator

    return load_emulator(folder)


def _segments(folder: Path):
    from brainwright.tissue.recording import STREAMS
    from brainwright.tissue.recording.segments import HEAD, MAGIC
    from brainwright.tissue.recording.streams import NOTES, NUMBER, header

    spikes = np.zeros(5, STREAMS["spikes"])
    parts = [
        (0, 1, json.dumps(header(1, 4, started="2026-01-01T00:00:00+00:00")).encode() + b"\n"),
        *((NUMBER[name], kind.itemsize, np.ones(2, kind).tobytes()) for name, kind in STREAMS.items()),
        (NUMBER["spikes"], spikes.itemsize, spikes.tobytes()),
        (NOTES, 1, b'{"present_s": 1.0, "kind": "start"}\n{"kind": "end", "cause": "done"}\n'),
    ]

    def block(stream: int, record: int, payload: bytes, sequence: int) -> bytes:
        head = HEAD.pack(MAGIC, stream, record, len(payload), sequence)
        return head + struct.pack("<I", zlib.crc32(payload, zlib.crc32(head))) + payload

    def write(r, folder: Path) -> Path:
        session = folder / "session"
        session.mkdir(exist_ok=True)
        changed = [list(part) for part in parts]
        if r.random() < 0.7:
            one = r.choice(changed)
            one[2] = (json_of if one[0] == 0 else bytes_of)(r, one[2])
            if r.random() < 0.2:
                one[0] = r.choice((0, 1, 9, 100, 65535))
        data = b"".join(block(s, k, p, n) for n, (s, k, p) in enumerate(changed))
        (session / "000000.seg").write_bytes(bytes_of(r, data) if r.random() < 0.4 else data)
        return folder

    return write


def _read_session(folder: Path):
    from brainwright.tissue.recording.finalise import finalise

    session = finalise(folder)
    return session.cause, session.seconds, session.stimuli(), session.tick_deliveries_s()


def _run_folder(folder: Path):
    from brainwright import runs
    from brainwright.recipes.organoid import Config

    made = runs.create("organoid", Config(), folder / "run")
    metrics = runs.Metrics(made, lambda: 1.5)
    for k in range(4):
        metrics.append(stage="teach", fraction=k / 4, score=0.1 * k)
    recipe, lines = (made / "recipe.json").read_bytes(), (made / "metrics.jsonl").read_bytes()
    primary = {
        "metric": "m",
        "arm": "a",
        "control": "b",
        "effect_size": 1.4,
        "ci_low": 0.7,
        "ci_high": 2.1,
        "n": 16,
    }
    checks = [{"name": "x", "holds": True, "detail": "d"}]
    result = json.dumps(
        {"recipe": "organoid", "primary": {**primary, "verdict": "supported"}, "checks": checks}
    ).encode()

    def write(r, folder: Path) -> Path:
        kind = r.randrange(3)
        (folder / "recipe.json").write_bytes(json_of(r, recipe) if kind == 0 else recipe)
        (folder / "metrics.jsonl").write_bytes(lines_of(json_of)(r, lines) if kind == 1 else lines)
        (folder / "result.json").write_bytes(json_of(r, result) if kind == 2 else result)
        return folder

    return write


def _read_run(folder: Path):
    from brainwright import runs
    from brainwright.cli.report import verdict_lines
    from brainwright.recipes.organoid import Config

    kept = runs.open_recipe(folder)
    runs.plain(runs.restore(Config, kept["config"]))
    runs.read_metrics(folder)
    runs.last_elapsed_s(folder)
    return verdict_lines(runs.read_json(folder / "result.json"))


def _tail(folder: Path):
    from brainwright.report.live.tail import RunTail

    return json.dumps(RunTail(folder).changes())


def _trials(folder: Path):
    rows = [{"arm": "a", "seed": s, "draw": 0, "metrics": {"m": 0.5 * s}} for s in range(3)]
    data = "".join(json.dumps(row) + "\n" for row in rows).encode()

    def write(r, folder: Path) -> Path:
        (folder / "trials.jsonl").write_bytes(lines_of(json_of)(r, data))
        return folder

    return write


def _read_trials(folder: Path):
    from brainwright.experiment.trials import finished_trials, run_trials

    trials, _ = finished_trials(folder, {"a": 1}, [0, 1, 2])
    run_trials(_half, ["a"], [0, 1, 2], folder=folder)
    return trials


def _half(arm: str, seed: int, draw: int) -> dict[str, float]:
    return {"m": 0.5 * seed}
