"""Small files that would become gigabytes are refused before anything is allocated; who trusts one raises the
bound.
"""

import gzip
import io
import struct
import zipfile
import zlib
from pathlib import Path

import h5py
import numpy as np
import pytest
from scipy import sparse

from brainwright.connectome import Connectome, ConnectomeError
from brainwright.datasets import DatasetError
from brainwright.datasets.images import read_idx
from brainwright.datasets.read import read_recording
from brainwright.signal import Recording
from brainwright.tissue.adapters import BadRecording, load_recording
from brainwright.untrusted import Bounds, Unreadable, parse_json, read_npz, unpacked


def header(shape, descr: str = "'<f8'") -> bytes:
    """Of an array in NumPy's format, whatever it says."""
    text = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}"
    text += " " * (63 - (len(text) + 10) % 64) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text.encode()


def archive(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in members.items():
            file.writestr(name, data)
    return path


def zeros(path: Path, name: str, n: int) -> Path:
    """An archive of n zeros of one byte, packed a thousandfold."""
    return archive(path, {f"{name}.npy": header((n,), "'|i1'") + bytes(n)})


WRONG_MEMBERS = {
    "8 TB declared": (header((10**6, 10**6)) + bytes(100), "says that it holds"),
    "negative": (header((-1, -1)) + bytes(100), "no negative numbers"),
    "objects": (header((2, 2), "'|O'") + b"cos\nsystem\n(S'true'\ntR.", "pickled"),
    "code": (header((2, 2), "__import__('os').system('true')") + bytes(64), "malformed"),
    "cut short": (header((2, 2)) + bytes(31), "says that it holds"),
    "nothing": (b"", "NPZ"),
    "no characters": (header((1,), "'<U1'") + b"\xff\xff\xff\x7f", "do not exist"),
    "a text of a gigabyte": (header((1,), "'<U268435456'") + bytes(8), "says that it holds"),
    "a field of a gigabyte": (header((1,), "('<f8', (134217728,))") + bytes(8), "says that it holds"),
}


@pytest.mark.parametrize("case", WRONG_MEMBERS)
def test_arrays_that_are_not_what_they_say(tmp_path, case):
    data, message = WRONG_MEMBERS[case]
    path = archive(tmp_path / "a.npz", {"w.npy": data, "time_s.npy": data, "channel.npy": data})
    for read, error in (
        (Connectome.from_npz, ConnectomeError),
        (load_recording, BadRecording),
        (Recording.load, Unreadable),
        (lambda p: read_recording(p, bin_s=0.1, array="w"), DatasetError),
    ):
        with pytest.raises(error, match=message):
            read(path)


def test_what_unpacks_to_more_than_the_bound(tmp_path):
    path = zeros(tmp_path / "a.npz", "w", 2**24 + 1)
    with pytest.raises(Unreadable, match=r"16,777,217 numbers.*bounds=Bounds\(values=16777217\)"):
        read_npz(path)
    assert read_npz(path, bounds=Bounds(values=2**25))["w"].size == 2**24 + 1
    assert read_npz(path, only=["x"]) == {}


def test_the_environment_raises_a_bound_too(tmp_path, monkeypatch):
    path = tmp_path / "a.npz"
    np.savez(path, time_s=[0.1], channel=[70_000])
    with pytest.raises(BadRecording, match="BRAINWRIGHT_LARGEST_CHANNELS=70001"):
        load_recording(path)
    monkeypatch.setenv("BRAINWRIGHT_LARGEST_CHANNELS", "70001")
    assert load_recording(path).n_channels == 70_001
    monkeypatch.setenv("BRAINWRIGHT_LARGEST_CHANNELS", "many")
    with pytest.raises(ValueError, match="expected a whole number"):
        load_recording(path)


BROKEN_ZIPS = {
    "no zip": lambda b: b"PK\x03\x04" + bytes(range(200)),
    "cut": lambda b: b[:-60],
    "empty": lambda b: b"",
    "an array": lambda b: header((2,)) + bytes(16),
    "another method": lambda b: _at_entries(b, 10, 8, lambda _: 99),
    "encrypted": lambda b: _at_entries(b, 8, 6, lambda old: old | 1),
    "checksum": lambda b: _at_entries(b, 16, 14, lambda old: old ^ 0xFF),
}


def _at_entries(data: bytes, central: int, local: int, change) -> bytes:
    """A byte of every entry of the directory and of every local header."""
    out = bytearray(data)
    for mark, offset in ((b"PK\x01\x02", central), (b"PK\x03\x04", local)):
        at = data.find(mark)
        while at >= 0:
            out[at + offset] = change(out[at + offset])
            at = data.find(mark, at + 4)
    return bytes(out)


@pytest.mark.parametrize("case", BROKEN_ZIPS)
def test_broken_archives(tmp_path, case):
    buffer = io.BytesIO()
    np.savez(buffer, time_s=[0.1], channel=[0], w=np.eye(2))
    path = tmp_path / "a.npz"
    path.write_bytes(BROKEN_ZIPS[case](buffer.getvalue()))
    with pytest.raises(BadRecording):
        load_recording(path)
    with pytest.raises(ConnectomeError):
        Connectome.from_npz(path)


def csr(indptr, indices, shape=(3, 3), kind=b"csr", data=(1, 2, 3), **more) -> dict[str, np.ndarray]:
    parts = {"format": kind, "shape": shape, "indptr": indptr, "indices": indices, "data": data}
    return {name: np.array(value) for name, value in {**parts, **more}.items()}


SPOILED = {
    "starts beyond the data": csr([0, 30_000_000, 2, 3], [0, 1, 2]),
    "starts a little beyond": csr([0, 9, 2, 3], [0, 1, 2]),
    "starts that fall": csr([0, 2, 1, 3], [0, 1, 2]),
    "a start below 0": csr([0, -1, 2, 3], [0, 1, 2]),
    "too few starts": csr([0, 3], [0, 1, 2]),
    "columns -1 and 7": csr([0, 1, 2, 3], [0, -1, 7]),
    "csc, rows -1 and 7": csr([0, 1, 2, 3], [0, -1, 7], kind=b"csc"),
    "fractional columns": csr([0, 1, 2, 3], [0.0, 1.0, 2.0]),
    "columns beyond 64 bits": csr([0, 1, 2, 3], np.array([0, 1, 2**64 - 1], np.uint64)),
    "less data than columns": csr([0, 1, 2, 3], [0, 1, 2], data=[1, 2]),
    "blocks outside": csr([0, 1, 1, 1], [3], data=np.ones((1, 1, 1)), kind=b"bsr"),
    "blocks of no size": csr([0, 1, 1, 1], [0], data=np.ones((1, 0, 3)), kind=b"bsr"),
    "coo outside": csr([], [], row=[0, 1, 9], col=[0, 1, 2], kind=b"coo"),
    "diagonals outside": csr([], [], offsets=[-5], data=np.ones((1, 3)), kind=b"dia"),
    "5e8 cells in a kilobyte": csr([], [], (5 * 10**8,) * 2, b"coo", row=[0, 1, 2], col=[0, 1, 2]),
    "a shape of three": csr([0, 1, 2, 3], [0, 1, 2], (3, 3, 3)),
    "an unknown format": csr([0, 1, 2, 3], [0, 1, 2], kind=b"xyz"),
    "complex": csr([0, 1, 2, 3], [0, 1, 2], data=[1j, 2, 3]),
}


@pytest.mark.parametrize("case", SPOILED)
def test_sparse_matrices_whose_indices_lie(tmp_path, case):
    np.savez(tmp_path / "m.npz", **SPOILED[case])
    with pytest.raises(ConnectomeError, match=r"m\.npz"):
        Connectome.from_npz(tmp_path / "m.npz")


@pytest.mark.parametrize("kind", ["csr", "csc", "coo", "bsr", "dia"])
def test_sound_sparse_matrices_of_every_format(tmp_path, kind):
    dense = np.diag([1, 2, 3, 4]) + np.diag([5, 6, 7], 1) + np.diag([8, 9], -2)
    matrix = sparse.coo_array(dense).asformat(kind)
    sparse.save_npz(tmp_path / "m.npz", matrix)
    assert np.array_equal(Connectome.from_npz(tmp_path / "m.npz").weights().toarray(), dense)


def test_matrices_in_another_byte_order(tmp_path):
    np.savez(tmp_path / "m.npz", w=np.array([[0, 2.5], [1, 0]], ">f8"), ids=np.array([7, 9], ">i4"))
    wiring = Connectome.from_npz(tmp_path / "m.npz")
    assert wiring.weights().toarray().tolist() == [[0, 2.5], [1, 0]]
    assert wiring.ids.tolist() == [7, 9]


RECORDINGS = {
    "a channel far off": ({"time_s": [0.1], "channel": [2**31 - 2]}, "channels"),
    "1e8 channels": ({"time_s": [0.1], "channel": [0], "n_channels": 10**8}, "channels"),
    "no channels": ({"time_s": [0.1], "channel": [0], "n_channels": -3}, "above 0"),
    "two starts": ({"time_s": [0.1], "channel": [0], "start_s": [1, 2]}, "one finite number"),
    "a stop in words": ({"time_s": [0.1], "channel": [0], "stop_s": "x"}, "one finite number"),
    "no end": ({"time_s": [0.1], "channel": [0], "stop_s": np.inf}, "one finite number"),
    "an end that is none": ({"time_s": [0.1], "channel": [0], "stop_s": np.nan}, "one finite number"),
    "an end before the start": (
        {"time_s": [], "channel": np.zeros(0, int), "stop_s": -1.0},
        "start_s < stop_s",
    ),
    "counts below 0": ({"isi_10us": [1, 2], "spike_counts": [3, -1], "recording_s": [0, 1]}, "0 or more"),
    "one moment": ({"isi_10us": [1, 2], "spike_counts": [2], "recording_s": [1]}, "start and stop"),
    "counts in words": ({"isi_10us": [1], "spike_counts": ["x"], "recording_s": [0, 1]}, "numbers"),
    "saved, 1e9 x 1e9": ({"shape": [1, 10**9, 10**9]}, "channels"),
    "saved, 1e9 dishes": ({"shape": [1, 10**9, 10]}, "numbers"),
    "saved, a shape of two": ({"shape": [1, 2]}, "three"),
    "saved, half a dish": ({"shape": [1, 1, 1], "dish": [0.5]}, "whole numbers"),
    "saved, a dish beyond 32 bits": ({"shape": [1, 1, 1], "dish": [2**32]}, "32 bits"),
    "saved, a span of one": ({"shape": [1, 1, 1], "span_s": [0.0]}, "two"),
}


@pytest.mark.parametrize("case", RECORDINGS)
def test_recordings_that_cannot_be(tmp_path, case):
    arrays, message = RECORDINGS[case]
    if case.startswith("saved"):
        arrays = {"span_s": [0.0, 1.0], "dish": [0], "channel": [0], "time_s": [0.5], **arrays}
    np.savez(tmp_path / "r.npz", **{name: np.array(value) for name, value in arrays.items()})
    with pytest.raises(BadRecording, match=message):
        load_recording(tmp_path / "r.npz")


TABLES = {
    "two events 2e7 s apart": ("time_s,unit\n0,a\n2e7,a\n", "seconds"),
    "an event at 1e300 s": ("time_s,unit\n0,a\n1e300,a\n", "1e[+]300 is no time in seconds"),
    "an event at no time": ("time_s,unit\n0,a\ninf,a\n", "finite"),
    "nothing": ("", "an empty file"),
    "a header": ("time_s,unit\n", "none|no|event|frame|expected"),
    "text as times": ("time_s,a\nx,1\ny,2\n", "line 2: expected a finite number in column 'time_s'"),
    "text as traces": ("time_s,a\n0,p\n1,q\n2,r\n", "line 2: expected a finite number in column 'a'"),
    "an event of no unit": ("time_s,unit\n0,a\n1,\n", "line 3: expected a value in column 'unit'"),
    "an open quote": ('time_s,unit\n0,"a\n1,b\n', "a quote that is not closed"),
    "ragged": ("time_s,a\n1,2\n1,2,3,4\n", "line 3: a row of 4 cells under a header of 2"),
    "20,000 columns": ("time_s," + ",".join(f"u{i}" for i in range(20_000)) + "\n", "columns"),
}


@pytest.mark.parametrize("case", TABLES)
def test_tables_of_activity_that_cannot_be(tmp_path, case):
    text, message = TABLES[case]
    (tmp_path / "a.csv").write_text(text)
    with pytest.raises(DatasetError, match=message):
        read_recording(tmp_path / "a.csv", bin_s=0.02)


def test_packed_text_that_unpacks_for_ever(tmp_path):
    path = tmp_path / "e.csv.gz"
    path.write_bytes(gzip.compress(b"pre,post\n" + b"1,2\n" * 8_500_000, 1))
    with pytest.raises(ConnectomeError, match="values"):
        Connectome.from_csv(path)
    bomb = zlib.compressobj(9, zlib.DEFLATED, 31)
    raw = b"".join(bomb.compress(bytes(2**24)) for _ in range(16)) + bomb.flush()  # 256 MiB in 260 kB
    with pytest.raises(Unreadable, match="values"):
        unpacked(raw, "x.gz")
    (tmp_path / "i.gz").write_bytes(raw[:-9])
    with pytest.raises(DatasetError):
        read_idx(tmp_path / "i.gz")
    assert unpacked(gzip.compress(b"a") + gzip.compress(b"b"), "x.gz") == b"ab"


JSON = (
    "[" * 100_000,
    '{"a":' * 5000 + "1" + "}" * 5000,
    "[NaN]",
    "[1e999]",
    "[" + "9" * 5000 + "]",
    "{",
    b"\xff\xfe",
    "",
)


@pytest.mark.parametrize("text", JSON, ids=range(len(JSON)))
def test_json_that_is_refused(text):
    with pytest.raises(Unreadable, match=r"x\.json"):
        parse_json(text, "x.json")


def test_json_that_is_read():
    assert parse_json("[" * 60 + "]" * 60, "x.json")
    assert parse_json(b'{"a": [1, 2.5, "\\u00e9", null], "b": -7}', "x.json") == {
        "a": [1, 2.5, "é", None],
        "b": -7,
    }


def test_hdf5_that_declares_or_lies_elsewhere(tmp_path):
    def refused(fill, message: str) -> None:
        path = tmp_path / "r.h5"
        with h5py.File(path, "w") as file:
            file.attrs.update(n_dishes=1, n_channels=4, start_s=0.0, stop_s=1e6)
            for name, kind in (("dish", "i4"), ("channel", "i4")):
                file[name] = np.zeros(3, kind)
            fill(file)
        with pytest.raises(BadRecording, match=message):
            load_recording(path)

    secret = tmp_path / "secret.bin"
    np.array([1.0, 2.0, 3.0]).tofile(secret)
    layout = h5py.VirtualLayout((3,), "f8")
    layout[:] = h5py.VirtualSource("other.h5", "x", (3,))
    refused(lambda f: f.create_dataset("time_s", (10**9,), "f8", chunks=(10**6,)), "numbers")
    refused(lambda f: f.create_dataset("time_s", (3,), "f8", chunks=(10**9,), maxshape=(None,)), "numbers")
    refused(lambda f: f.create_dataset("time_s", (3,), "f8", external=[(str(secret), 0, 24)]), "another file")
    refused(lambda f: f.create_virtual_dataset("time_s", layout), "another file")
    refused(lambda f: f.__setitem__("time_s", h5py.ExternalLink("other.h5", "/x")), "another file")
    refused(lambda f: f.__setitem__("time_s", h5py.SoftLink("/time_s")), "time_s")
    refused(lambda f: f.create_group("time_s"), "data set")
    refused(lambda f: f.__setitem__("time_s", 0.5), "one row")
    refused(lambda f: f.__setitem__("time_s", h5py.Empty("f8")), "nothing")
    refused(lambda f: f.create_dataset("time_s", data=["a", "b", "c"]), "plain values")


def test_packed_chunks_that_become_more_than_they_say(tmp_path):
    path = tmp_path / "r.h5"
    with h5py.File(path, "w") as file:
        data = file.create_dataset(
            "train_data", (1, 1, 100_000), "f4", chunks=(1, 1, 100_000), compression="gzip"
        )
        data.id.write_direct_chunk(
            (0, 0, 0), zlib.compress(bytes(2**28 + 2**25), 9)
        )  # 288 MiB in 280 kB, for 400 kB
    with pytest.raises(DatasetError, match="unpacks to more"):
        read_recording(path, bin_s=0.1)
