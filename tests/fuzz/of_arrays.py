"""Arrays: NPZ as matrix, recording and activity; MATLAB files of three versions."""

import io
import struct
import zipfile
import zlib
from functools import partial
from pathlib import Path

import numpy as np
from mutate import arrays_of, bytes_of
from of_tables import _raised
from targets import Target

_connectome = partial(_raised, "brainwright.connectome", "ConnectomeError")
_dataset = partial(_raised, "brainwright.datasets", "DatasetError")
_recording = partial(_raised, "brainwright.tissue.adapters", "BadRecording")


def targets() -> list[Target]:
    """All of this file."""
    return [
        Target("npz matrix", _npz(_matrices), _from_npz, _connectome),
        Target("npz recording", _npz(_recordings), _load, _recording),
        Target("npz of Recording.save", _npz(_saved), _saved_load, lambda: ()),
        Target("npz activity", _npz(lambda: [{"a": np.arange(24.0).reshape(6, 4)}]), _array, _dataset),
        Target("mat activity", _mat, _array, _dataset),
    ]


def _matrices() -> list[dict[str, np.ndarray]]:
    from scipy import sparse

    dense = np.array([[0, 2, 0], [1, 0, 3], [0, 0, 1]])
    found: list[dict[str, np.ndarray]] = [{"w": dense}, {"w": dense * 0.5, "ids": np.array(["p", "q", "r"])}]
    for kind in ("csr", "csc", "coo", "bsr", "dia"):
        buffer = io.BytesIO()
        sparse.save_npz(buffer, getattr(sparse, f"{kind}_array")(dense))
        buffer.seek(0)
        with np.load(buffer) as file:
            found.append(dict(file))
    return found


def _recordings() -> list[dict[str, np.ndarray]]:
    times = {"time_s": np.array([0.1, 0.2, 0.2]), "channel": np.array([3, 0, 3])}
    return [
        {**times, "stop_s": np.array(1.0), "n_channels": np.array(8), "start_s": np.array(0.0)},
        {
            "isi_10us": np.array([5, 9, 1, 7]),
            "spike_counts": np.array([3, 1]),
            "recording_s": np.array([0.0, 1.0]),
        },
        *_saved(),
    ]


def _saved() -> list[dict[str, np.ndarray]]:
    return [
        {
            "shape": np.array([1, 2, 4]),
            "span_s": np.array([0.0, 1.0]),
            "dish": np.array([0, 1], np.int32),
            "channel": np.array([3, 0], np.int32),
            "time_s": np.array([0.25, 0.5]),
        }
    ]


def _npz(seeds):
    """A third with other arrays, a third with changed bytes in a member, a third with changed bytes of the
    archive.
    """

    def prepare(folder: Path):
        kept = seeds()

        def write(r, folder: Path) -> Path:
            path, kind = folder / "x.npz", r.randrange(3)
            arrays = r.choice(kept)
            if kind == 0:
                path.write_bytes(_archive({n: _npy(a) for n, a in arrays_of(r, arrays).items()}, r))
                return path
            members = {name: _npy(array) for name, array in arrays.items()}
            if kind == 1:
                name = r.choice(list(members))
                members[name] = bytes_of(r, members[name])
                path.write_bytes(_archive(members, r))
            else:
                path.write_bytes(bytes_of(r, _archive(members, r)))
            return path

        return write

    return prepare


def _npy(array: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, np.asarray(array), allow_pickle=False)
    return buffer.getvalue()


def _archive(members: dict[str, bytes], r) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", r.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))) as archive:
        for name, data in members.items():
            archive.writestr(f"{name}.npy".encode("utf-8", "replace").decode(), data)
    return buffer.getvalue()


def _mat(folder: Path):
    from scipy import sparse
    from scipy.io import savemat

    a = np.arange(24.0).reshape(6, 4)
    cell = np.empty((1, 2), object)
    cell[0, 0], cell[0, 1] = a, a[:2]
    values = (
        a,
        a.astype(np.int16),
        sparse.csc_matrix(a),
        a + 1j,
        {"data": a},
        cell,
        "text",
        a > 3,
        a.reshape(2, 3, 4),
    )
    seeds = []
    for k, value in enumerate(values):
        for form in ("5", "4") if k in (0, 1, 2, 3, 6) else ("5",):
            savemat(folder / "s.mat", {"b": a[:1], "a": value}, format=form)
            seeds.append((folder / "s.mat").read_bytes())

    def write(r, folder: Path) -> Path:
        path, raw = folder / "x.mat", r.choice(seeds)
        if raw[:6] == b"MATLAB" and r.random() < 0.4:  # the same damage within a packed variable
            inner = zlib.compress(bytes_of(r, raw[128:]), 1)
            raw = raw[:128] + struct.pack("<II", 15, len(inner)) + inner
        path.write_bytes(bytes_of(r, raw) if r.random() < 0.8 else raw)
        return path

    return write


def _from_npz(path: Path):
    from brainwright.connectome import Connectome

    return Connectome.from_npz(path).weights()


def _load(path: Path):
    from brainwright.tissue.adapters.recordings import load_recording

    return load_recording(path).counts()


def _saved_load(path: Path):
    from brainwright.signal import Recording

    return Recording.load(path).counts()


def _array(path: Path):
    from brainwright.datasets.read import read_recording

    return read_recording(path, bin_s=0.05, array="a")
