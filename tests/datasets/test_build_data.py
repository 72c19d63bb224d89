"""Files made from what others publish: taken apart and built again they are what the registry knows."""

import gzip
import importlib.util
import io
import zipfile
from pathlib import Path

import h5py
import numpy as np
import pytest

from brainwright.datasets import dataset, missing_line
from brainwright.datasets.locate import find
from brainwright.untrusted import checksum_of_members

PATH = Path(__file__).parents[2] / "scripts/build_data.py"


@pytest.fixture(scope="module")
def script():
    spec = importlib.util.spec_from_file_location("build_data", PATH)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def real(name, file):
    entry = dataset(name)
    wanted = next(known for known in entry.files if known.name == file)
    path = find(entry, wanted)
    if path is None:
        pytest.skip(missing_line(entry, wanted))
    return path


def test_openings(script, tmp_path, capsys):
    text = gzip.decompress(real("chess_openings", "chess_openings.tsv.gz").read_bytes()).decode()
    header, *rows = text.splitlines()
    for letter in "abcde":
        own = [row for row in rows if row[0] == letter.upper()]
        (tmp_path / f"{letter}.tsv").write_text("\n".join([header, *own]) + "\n")
    assert script.main(["chess_openings", str(tmp_path), str(tmp_path)]) == 0
    assert "as known" in capsys.readouterr().out
    (tmp_path / "e.tsv").write_text(f"{header}\n")
    assert script.main(["chess_openings", str(tmp_path), str(tmp_path)]) == 1


def test_cultures(script, tmp_path):
    name = "TC115-NB-C57-DIV7_A"
    with np.load(real("mea/charlesworth2015", f"{name}.npz")) as kept:
        trains = np.split(kept["isi_10us"], np.cumsum(kept["spike_counts"])[:-1])
        with h5py.File(tmp_path / f"{name}.h5", "w") as file:
            file["spikes"] = np.concatenate([1e-5 * np.cumsum(train, dtype=np.int64) for train in trains])
            for theirs, ours in (
                ("sCount", "spike_counts"),
                ("epos", "electrode_xy_um"),
                ("names", "unit_names"),
                ("recordingtime", "recording_s"),
            ):
                file[theirs] = kept[ours]
    assert script.main(["mea/charlesworth2015", str(tmp_path), str(tmp_path)]) == 0


def test_an_empty_source(script, tmp_path, capsys):
    assert script.main(["mea/charlesworth2015", str(tmp_path), str(tmp_path / "made")]) == 1
    assert "github.com/sje30/g2chvcdata" in capsys.readouterr().err
    assert not (tmp_path / "made").exists()


def test_images(script, tmp_path, monkeypatch):
    monkeypatch.setattr(script, "N_TRAIN", 2)
    monkeypatch.setattr(script, "N_TEST", 1)
    for side in ("train", "test"):
        for name in ("cat", "boat"):
            folder = tmp_path / side / name
            folder.mkdir(parents=True)
            for k in range(3):
                (folder / f"{k}.jpg").write_bytes(f"{side} {name} {k}".encode())
    ((_, content),) = script.cifar10_jpeg_subset(tmp_path, dataset("cifar10_jpeg_subset"))
    with np.load(io.BytesIO(content)) as arrays:
        assert arrays["classes"].tolist() == ["boat", "cat"]
        starts, raw = arrays["train_offsets"], arrays["train_jpeg"].tobytes()
        told = {
            (raw[a:b].decode(), int(label))
            for a, b, label in zip(starts[:-1], starts[1:], arrays["train_labels"], strict=True)
        }
        assert told == {(f"train {name} {k}", i) for i, name in enumerate(("boat", "cat")) for k in (0, 1)}
        assert arrays["test_labels"].size == 2


def test_an_archive_is_known_by_its_files(tmp_path):
    """Order, folder, compression and a desktop's own file change nothing, a byte of a file does."""

    def archive(name, files, method):
        with zipfile.ZipFile(tmp_path / name, "w", method) as made:
            for path, content in files:
                made.writestr(path, content)
        return checksum_of_members(tmp_path / name)

    a, b = ("r/a.wav", b"one"), ("r/b.wav", b"two" * 50)
    whole = archive("1.zip", [a, b], zipfile.ZIP_STORED)
    plain = [("b.wav", b[1]), ("a.wav", a[1]), ("r/.DS_Store", b"x")]
    assert archive("2.zip", plain, zipfile.ZIP_DEFLATED) == whole
    assert archive("3.zip", [a, ("r/b.wav", b"two" * 49 + b"twO")], zipfile.ZIP_STORED) != whole
    assert archive("4.zip", [a], zipfile.ZIP_STORED) != whole
    assert archive("5.zip", [("r/b.wav", a[1]), ("r/a.wav", b[1])], zipfile.ZIP_STORED) != whole
