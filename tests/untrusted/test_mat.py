"""MATLAB files of all versions: values as SciPy reads them, and damage that kills SciPy's reader refused."""

import base64
import contextlib
import struct
import zlib
from pathlib import Path

import h5py
import numpy as np
import pytest
from scipy import io, sparse

from brainwright.datasets import DatasetError
from brainwright.datasets.read import read_recording
from brainwright.untrusted import Unreadable
from brainwright.untrusted.mat import read_mat
from brainwright.untrusted.mat_contents import mat_contents, read_mat_list

COUNTS = np.random.default_rng(0).poisson(0.5, (20, 4)).astype(float)
KINDS = {
    "numbers": COUNTS,
    "whole numbers of 16 bits": COUNTS.astype(np.int16),
    "whole numbers of 64 bits": np.array([[2**63, 3]], np.uint64),
    "true and false": COUNTS > 0,
    "sparse": sparse.csc_matrix(COUNTS),
    "complex": COUNTS + 1j,
    "three dimensions": COUNTS.reshape(4, 5, 4),
    "nothing": np.zeros((0, 3)),
    "one": np.float32(2.5),
    "a vector": np.arange(5.0),
}


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_values_are_those_that_scipy_reads(tmp_path, kind, packed):
    path = tmp_path / "a.mat"
    io.savemat(path, {"first": 1.0, "a": KINDS[kind], "text": "x"}, do_compression=packed)
    truth = io.loadmat(path)["a"]
    truth = truth.toarray() if sparse.issparse(truth) else truth
    found = read_mat(path, "a")
    assert np.array_equal(found, truth)
    assert found.dtype.kind == truth.dtype.kind


@pytest.mark.parametrize("kind", ["numbers", "whole numbers of 16 bits", "complex"])
def test_version_4(tmp_path, kind):
    io.savemat(tmp_path / "a.mat", {"b": 1.0, "a": KINDS[kind]}, format="4")
    assert np.array_equal(read_mat(tmp_path / "a.mat", "a"), KINDS[kind])


def test_the_other_byte_order(tmp_path):
    def element(kind: int, data: bytes) -> bytes:
        return struct.pack(">II", kind, len(data)) + data + bytes(-len(data) % 8)

    numbers = np.array([1.5, 2.5, 3.5, 4.5, 5.5, 6.5], ">f8").tobytes()
    parts = [(6, struct.pack(">II", 6, 0)), (5, struct.pack(">ii", 3, 2)), (1, b"a"), (9, numbers)]
    body = b"".join(element(*part) for part in parts)
    raw = b"MATLAB 5.0 MAT-file".ljust(124) + b"\x01\x00MI" + element(14, body)
    (tmp_path / "a.mat").write_bytes(raw)
    assert np.array_equal(read_mat(tmp_path / "a.mat", "a"), [[1.5, 4.5], [2.5, 5.5], [3.5, 6.5]])


def v73(path: Path, fill) -> Path:
    """As MATLAB writes version 7.3: HDF5 behind a block of 512 bytes."""
    with h5py.File(path, "w", userblock_size=512) as file:
        fill(file)
    with open(path, "r+b") as file:
        file.write(b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(116) + bytes(8) + b"\x00\x02IM")
    return path


def test_version_73(tmp_path):
    def sparse_of(file):
        matrix = sparse.csc_matrix(COUNTS)
        group = file.create_group("a")
        group.attrs["MATLAB_sparse"] = np.uint64(20)
        for name, part in (("data", matrix.data), ("ir", matrix.indices), ("jc", matrix.indptr)):
            group[name] = part

    def text(file):
        file["a"] = np.array([[104, 105]], "u2")
        file["a"].attrs["MATLAB_class"] = np.bytes_("char")

    path = tmp_path / "a.mat"
    assert np.array_equal(read_mat(v73(path, lambda file: file.__setitem__("a", COUNTS.T)), "a"), COUNTS)
    assert np.array_equal(read_mat(v73(path, sparse_of), "a"), COUNTS)
    for fill, message in (
        (text, "char"),
        (lambda f: f.create_group("a/b"), "struct"),
        (lambda f: None, "expected an"),
    ):
        with pytest.raises(Unreadable, match=message):
            read_mat(v73(path, fill), "a")


def cell() -> np.ndarray:
    both = np.empty((1, 2), object)
    both[0, 0], both[0, 1] = COUNTS, COUNTS[:5]
    return both


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"data": COUNTS, "fs": 1000.0}, "struct.*save"),
        (cell(), "cell array.*save"),
        ("words", "text.*save"),
        (COUNTS + 1j, "complex"),
    ],
)
def test_what_is_no_matrix_is_refused_with_what_to_save(tmp_path, value, message):
    io.savemat(tmp_path / "a.mat", {"spikes": value})
    with pytest.raises(DatasetError, match=message):
        read_recording(tmp_path / "a.mat", bin_s=0.05, array="spikes")


def test_names_that_are_there(tmp_path):
    io.savemat(tmp_path / "a.mat", {"spikes": COUNTS, "speed": COUNTS}, do_compression=True)
    with pytest.raises(DatasetError, match=r"'rates', got \['speed', 'spikes'\]"):
        read_recording(tmp_path / "a.mat", bin_s=0.05, array="rates")


def test_activity_of_dense_sparse_and_73_is_the_same(tmp_path):
    io.savemat(tmp_path / "dense.mat", {"spikes": COUNTS})
    io.savemat(tmp_path / "sparse.mat", {"spikes": sparse.csc_matrix(COUNTS)})
    v73(tmp_path / "v73.mat", lambda file: file.__setitem__("spikes", COUNTS.T))
    for name in ("dense", "sparse", "v73"):
        found = read_recording(tmp_path / f"{name}.mat", bin_s=0.05, array="spikes")
        assert np.array_equal(found.values[0], COUNTS)
        assert found.counts


def numeric(shape: bytes, data: bytes, kind: int = 6) -> bytes:
    """A file of one variable named a, its parts as given."""
    flags = struct.pack("<IIII", 6, 8, kind, 0)
    dims = struct.pack("<II", 5, len(shape)) + shape + bytes(-len(shape) % 8)
    name = struct.pack("<HH", 1, 1) + b"a\0\0\0"
    body = flags + dims + name + data
    return b"MATLAB 5.0 MAT-file".ljust(124) + b"\x00\x01IM" + struct.pack("<II", 14, len(body)) + body


def number_part(n: int) -> bytes:
    return struct.pack("<II", 9, 8 * n) + np.arange(n, dtype="<f8").tobytes()


def packed(inner: bytes) -> bytes:
    squeezed = zlib.compress(inner, 9)
    return (
        b"MATLAB 5.0 MAT-file".ljust(124) + b"\x00\x01IM" + struct.pack("<II", 15, len(squeezed)) + squeezed
    )


DAMAGED = {
    "empty": b"",
    "noise": bytes(range(256)) * 2,
    "two gigabytes declared": b"MATLAB 5.0 MAT-file".ljust(124)
    + b"\x00\x01IM"
    + struct.pack("<II", 14, 2**31 - 8),
    "32 MiB of zeros in 30 kB": packed(struct.pack("<II", 14, 2**25) + bytes(2**25)),
    "more rows than numbers": numeric(struct.pack("<ii", 1000, 2), number_part(3)),
    "rows below 0": numeric(struct.pack("<ii", -1, 2), number_part(2)),
    "a terabyte": numeric(struct.pack("<ii", 2**20, 2**17), number_part(2)),
    "one dimension": numeric(struct.pack("<i", 2), number_part(2)),
    "no numbers": numeric(struct.pack("<ii", 1, 2), b""),
    "an unknown class": numeric(struct.pack("<ii", 1, 2), number_part(2), kind=77),
    "an object of MATLAB": numeric(struct.pack("<ii", 1, 2), number_part(2), kind=17),
    "sparse without columns": numeric(struct.pack("<ii", 1, 2), number_part(2), kind=5),
    "version 4, cut short": struct.pack("<5i", 0, 1000, 1000, 0, 2) + b"a\0" + bytes(64),
    "version 4, text": struct.pack("<5i", 51, 1, 2, 0, 2) + b"a\0" + b"hi",
    "version 4, rows below 0": struct.pack("<5i", 0, -5, 2, 0, 2) + b"a\0",
}


@pytest.mark.parametrize("case", DAMAGED)
def test_damage_is_refused(tmp_path, case):
    (tmp_path / "a.mat").write_bytes(DAMAGED[case])
    with pytest.raises(DatasetError, match=r"a\.mat"):
        read_recording(tmp_path / "a.mat", bin_s=0.05, array="a")


def test_sparse_indices_that_lie(tmp_path):
    io.savemat(tmp_path / "a.mat", {"a": sparse.csc_matrix(np.eye(3))}, do_compression=False)
    raw = bytearray((tmp_path / "a.mat").read_bytes())
    at = raw.find(np.array([0, 1, 2], "<i4").tobytes())
    for value in (-1, 3, 2**31 - 1):
        raw[at : at + 4] = struct.pack("<i", value)
        (tmp_path / "b.mat").write_bytes(raw)
        with pytest.raises(DatasetError, match="rows 0 to 2"):
            read_recording(tmp_path / "b.mat", bin_s=0.05, array="a")


KILLERS = {
    "of 568 bytes": (
        "c-r%I4DoSvQZUssQ1EpO(M`+DNmU5QNi0drFUqx2D9A6)tk6+#E=o--Nlj76&$ChpPApOI%P&(fvQRKIu`)HbGPO`J"
        "GB7e@AOkRZ`tkv(2|&yS#2io>1X!Vb79eH@DFwnrAk7KH2^a=(I6!C#D6IsgKiETP0VrPvN~=I=1}H58r4^vGnghsP"
        "1xW5<LUR`*95XT$gT-0EY8ZiJ5|9SzH$c+Qf>S@#g+NvXRNn$5eT-Q2F+uH3hN`zfQqM=g9v(DvNp`0K#GL^7T_G<"
    ),
    "of 202 bytes": (
        "c-r%I4DoSvQZUssQ1EpO(M`+DNmU5QNi0drFUqx2D9A6)tk6+#E=o--Nlj76&$ChpPApOI%P&(fvQRKIu`)HWGB8ju"
        "GB7e@AOkRZ`tk!QCm^nv^Ef#nVFtsI9EUTEOC1|TPo*;^r75Jb9CBeRIq;BSq3VJyLR0=F@GoSQ5y+Bmh+sWd?jXd%"
        "#Hta0mXRUh4x1<dn*J@&"
    ),
}
"""Files over which SciPy's reader ends the interpreter; deflated and in base 85."""


@pytest.mark.parametrize("case", KILLERS)
def test_files_that_kill_another_reader(tmp_path, case):
    path = tmp_path / "a.mat"
    path.write_bytes(zlib.decompress(base64.b85decode(KILLERS[case])))
    found = None
    with contextlib.suppress(Unreadable):
        found = read_mat(path, "a")
    assert found is None or found.dtype.kind in "fc"


def test_hdf5_without_the_header_of_matlab(tmp_path):
    """The order of its dimensions is unknown: a matrix would be read, perhaps turned round."""
    with h5py.File(tmp_path / "a.mat", "w") as file:
        file["a"] = COUNTS
    with pytest.raises(DatasetError, match=r"name it \.h5"):
        read_recording(tmp_path / "a.mat", bin_s=0.05, array="a")


@pytest.mark.parametrize("n", [202, 568])
def test_every_prefix_and_every_byte_of_a_small_file(tmp_path, n):
    """Whatever one byte becomes, the reader ends in values or in its own error."""
    io.savemat(tmp_path / "a.mat", {"a": np.eye(2), "b": {"c": 1.0}} if n > 300 else {"a": np.eye(2)})
    raw = (tmp_path / "a.mat").read_bytes()[: n + 60]
    for k in range(len(raw)):
        for changed in (raw[:k], raw[:k] + b"\xff" + raw[k + 1 :]):
            (tmp_path / "x.mat").write_bytes(changed)
            try:
                read_mat(tmp_path / "x.mat", "a")
            except Unreadable:
                continue


def lists(file):
    """A cell array of a text and two numbers, and a matrix of text, as version 7.3 keeps them."""
    dtype = h5py.special_dtype(ref=h5py.Reference)
    items = [np.array([[65], [86]], "u2"), np.array([[1.5], [2.5]])]
    for k, (item, kind) in enumerate(zip(items, ("char", "double"), strict=True)):
        file[f"#refs#/{k}"] = item
        file[f"#refs#/{k}"].attrs["MATLAB_class"] = np.bytes_(kind)
    references = [[file[f"#refs#/{k}"].ref] for k in range(2)]
    file.create_dataset("a", data=np.array(references, dtype), dtype=dtype)
    file["a"].attrs["MATLAB_class"] = np.bytes_("cell")


def test_lists_and_contents_of_both_versions(tmp_path):
    both = np.empty((1, 2), object)
    both[0, 0], both[0, 1] = "AV", np.array([[1.5, 2.5]])
    names = np.array(["AVA", "DB"])
    io.savemat(tmp_path / "5.mat", {"a": both, "names": names, "n": COUNTS}, do_compression=True)
    kinds = {name: (found.kind, found.shape) for name, found in mat_contents(tmp_path / "5.mat").items()}
    assert kinds == {"a": ("cell", (1, 2)), "names": ("text", (2, 3)), "n": ("numbers", (20, 4))}
    assert read_mat_list(tmp_path / "5.mat", "names") == ["AVA", "DB"]
    v73(tmp_path / "73.mat", lists)
    assert mat_contents(tmp_path / "73.mat")["a"].kind == "cell"
    for name in ("5.mat", "73.mat"):
        text, numbers = read_mat_list(tmp_path / name, "a")
        assert text == "AV"
        assert np.array_equal(np.ravel(numbers), [1.5, 2.5])
    with pytest.raises(Unreadable, match="n is numbers, expected a cell array"):
        read_mat_list(tmp_path / "5.mat", "n")
