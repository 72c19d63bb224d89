"""What native code would follow to its end is proven first: offsets of Arrow, attributes of HDF5, sizes of
XML.
"""

import contextlib
import gzip
import os
import struct
import subprocess
import sys
import time
import zlib
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.feather as feather
import pytest

from brainwright.connectome import Connectome, ConnectomeError
from brainwright.datasets import DatasetError
from brainwright.tissue.adapters import BadRecording, load_recording
from brainwright.untrusted import Unreadable, hdf5
from brainwright.untrusted.hdf5 import check_file

NAMES = pd.DataFrame({"pre": ["abc", "def", "ghi"], "post": ["def", "ghi", "abc"], "count": [1, 2, 3]})


@pytest.mark.parametrize(
    "offsets", [(0, 2**30, 6, 9), (0, 3, 2**31 - 1, 9), (0, -5, 6, 9), (9, 6, 3, 0), (0, 3, 6, 4000)]
)
def test_offsets_of_text_that_leave_the_file(tmp_path, offsets):
    path = tmp_path / "e.feather"
    feather.write_feather(pa.Table.from_pandas(NAMES, preserve_index=False), path, compression="uncompressed")
    raw = path.read_bytes()
    for kind, sound in (("<4i", (0, 3, 6, 9)), ("<4q", (0, 3, 6, 9))):
        raw = raw.replace(struct.pack(kind, *sound), struct.pack(kind, *offsets))
    path.write_bytes(raw)
    with pytest.raises(ConnectomeError, match=r"e\.feather"):
        Connectome.from_parquet(path)


def test_codes_of_categories_that_leave_their_list(tmp_path):
    path = tmp_path / "e.feather"
    table = NAMES.assign(pre=pd.Categorical(NAMES["pre"]))
    feather.write_feather(pa.Table.from_pandas(table, preserve_index=False), path, compression="uncompressed")
    raw = path.read_bytes()
    at = raw.rfind(bytes([0, 1, 2, 0, 0, 0, 0, 0]))
    path.write_bytes(raw[:at] + bytes([0, 101, 2]) + raw[at + 3 :])
    with pytest.raises(ConnectomeError, match=r"e\.feather"):
        Connectome.from_parquet(path)


@pytest.mark.parametrize("suffix", ["parquet", "feather"])
def test_every_32nd_byte_of_a_table(tmp_path, suffix):
    good, path = tmp_path / f"good.{suffix}", tmp_path / f"e.{suffix}"
    NAMES.to_parquet(good) if suffix == "parquet" else NAMES.to_feather(good)
    raw = good.read_bytes()
    for k in range(0, len(raw), 32):
        path.write_bytes(raw[:k] + bytes([raw[k] ^ 0xFF]) + raw[k + 1 :])
        try:
            Connectome.from_parquet(path)
        except ConnectomeError:
            continue


def test_a_table_of_more_rows_than_bytes(tmp_path):
    path = tmp_path / "e.parquet"
    zeros = np.zeros(2**24 + 1, np.int8)
    pd.DataFrame({"pre": zeros, "post": zeros}).to_parquet(path)
    with pytest.raises(ConnectomeError, match=r"bounds=Bounds\(values="):
        Connectome.from_parquet(path)


def test_a_file_over_which_hdf5_breaks_down(tmp_path):
    """An attribute of it is text at an address outside the file: the library reads there, and ends its
    process.
    """
    path = tmp_path / "a.nwb"
    path.write_bytes(gzip.decompress((Path(__file__).parent / "kills_hdf5.nwb.gz").read_bytes()))
    with pytest.raises(DatasetError, match=r"a\.nwb.*breaks down"):
        check_file(path, DatasetError, hdf5.Bounds())
    path = path.rename(tmp_path / "a.h5")
    with pytest.raises(BadRecording, match="breaks down"):
        load_recording(path)


def test_a_file_over_which_hdf5_never_ends(tmp_path, monkeypatch):
    """One of its attributes keeps the library busy for ever; the process that walks it ends by its limit."""
    monkeypatch.setattr(hdf5, "REHEARSAL_CPU_S", 1.0)
    path = tmp_path / "a.nwb"
    path.write_bytes(gzip.decompress((Path(__file__).parent / "hangs_hdf5.nwb.gz").read_bytes()))
    with pytest.raises(DatasetError, match="does not come to an end"):
        check_file(path, DatasetError, hdf5.Bounds())


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="needs /proc")
def test_the_walk_of_a_file_ends_with_its_reader(tmp_path):
    """Also in the middle of what never ends, where no thread of Python's would have its turn."""
    path = tmp_path / "a.nwb"
    path.write_bytes(gzip.decompress((Path(__file__).parent / "hangs_hdf5.nwb.gz").read_bytes()))
    code = (
        "import sys, pathlib; from brainwright.untrusted import hdf5; hdf5.REHEARSAL_CPU_S = 1e4;"
        "hdf5.rehearse(pathlib.Path(sys.argv[1]))"
    )
    reader = subprocess.Popen([sys.executable, "-c", code, str(path)])
    try:
        eventually(lambda: who_has_open(path))
        (walker,) = who_has_open(path)
        assert walker != reader.pid
    finally:
        reader.kill()
        reader.wait()
    eventually(lambda: not who_has_open(path))


def who_has_open(path):
    """Numbers of the processes that read a file."""
    holders = set()
    for link in Path("/proc").glob("[0-9]*/fd/*"):
        with contextlib.suppress(OSError):  # it ended meanwhile, or is another user's
            if os.readlink(link) == str(path):
                holders.add(int(link.parts[2]))
    return holders


def eventually(true):
    until_s = time.monotonic() + 60.0  # on a busy machine
    while not true():
        assert time.monotonic() < until_s
        time.sleep(0.02)


def test_a_file_over_which_hdf5_takes_gigabytes(tmp_path):
    """A piece of text in it claims 2 GB, which the library takes before it finds that they are not there."""
    path = tmp_path / "a.nwb"
    path.write_bytes(gzip.decompress((Path(__file__).parent / "swells_hdf5.nwb.gz").read_bytes()))
    with pytest.raises(DatasetError, match=r"breaks down over it .* more than 1 GiB"):
        check_file(path, DatasetError, hdf5.Bounds())


def test_many_chunks_take_time_in_proportion(tmp_path):
    """Asked for by number, 40,000 of them would take a minute of processor time, and the walk would end."""
    packed = zlib.compress(bytes(2))
    with h5py.File(tmp_path / "a.h5", "w") as file:
        chunked = file.create_dataset("x", shape=(40_000, 1), dtype="i2", chunks=(1, 1), compression="gzip")
        for k in range(40_000):
            chunked.id.write_direct_chunk((k, 0), packed)
    with hdf5.opened(tmp_path / "a.h5", BadRecording) as file:
        hdf5.check(file["x"], 1 << 20, hdf5.Bounds())


def test_a_walk_that_does_not_end(tmp_path, monkeypatch):
    def never(*_, **options):
        raise subprocess.TimeoutExpired("walk", options["timeout"])

    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["x"] = 1
    monkeypatch.setattr(subprocess, "run", never)
    with pytest.raises(BadRecording, match="does not come to an end"):
        load_recording(tmp_path / "a.h5")


def test_sound_files_and_files_that_only_raise_pass_the_walk(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["x"] = np.arange(3)
        file.attrs["text"] = ["a", "é"]
        file["ref"] = np.array([file["x"].ref], h5py.ref_dtype)
    hdf5.rehearse(tmp_path / "a.h5")
    (tmp_path / "b.h5").write_bytes(b"no hdf5")
    hdf5.rehearse(tmp_path / "b.h5")  # what only raises an exception is the reader's to say


XMLNS = "http://graphml.graphdrawing.org/xmlns"
XML = f'<?xml version="1.0"?>{{}}<graphml xmlns="{XMLNS}"><graph edgedefault="directed">{{}}'
LAUGHS = '<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>'


@pytest.mark.parametrize(
    "text",
    [
        XML.format(LAUGHS, '<node id="&b;"/>').encode(),
        XML.format(LAUGHS, '<node id="&b;"/>').encode("utf-16"),
        (" " * 70_000 + LAUGHS).encode(),
        XML.format("", "<graph>" * 3000).encode(),
        XML.format(
            "", '<edge source="a" target="b"><data key="nokey">1</data></edge></graph></graphml>'
        ).encode(),
        b"",
    ],
)
def test_graphml_that_is_refused(tmp_path, text):
    (tmp_path / "g.graphml").write_bytes(text)
    with pytest.raises(ConnectomeError, match=r"g\.graphml"):
        Connectome.from_graphml(tmp_path / "g.graphml")


def test_unreadable_is_a_value_error():
    assert issubclass(Unreadable, ValueError)
