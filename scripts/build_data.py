"""Makes the files that are derived from what others publish: python scripts/build_data.py NAME SOURCE FOLDER.

SOURCE is a folder with what was published (`brainwright data info NAME` says where that is), FOLDER a
`BRAINWRIGHT_DATA` folder. What is made is compared with the checksums of the registry, which are those of
contents: whoever builds from the same source has the same file. NAME is one of

  chess_openings           the five tables a.tsv to e.tsv, joined
  cifar10_jpeg_subset      of train/CLASS/*.jpg and test/CLASS/*.jpg the first 1,000 and 200, shuffled
  mea/charlesworth2015     *.h5 of inst/extdata, spike times as whole steps of 10 us from one to the next
  spoken_digits_fsdd       the folder recordings as one zip

Worms' wirings are made by `build_celegans.py` and `build_celegans_table.py`. The tables of Codex, the larva's
supplement and MNIST are read as they are published. Not made here: `celegans/calcium_dag2023`, whose names of
cells are published in a format of Julia alone (JLD2).
"""

import argparse
import gzip
import io
import sys
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np

from brainwright.datasets import Dataset, dataset
from brainwright.datasets.hdf5 import read_arrays
from brainwright.datasets.locate import checksum_of
from brainwright.runs import write_bytes

TICK_S = 1e-5
"""Spike times of the cultures are kept in steps of 10 us: they were sampled every 40 us."""
N_TRAIN, N_TEST = 1000, 200
"""Images of each class that are taken, in the order of their paths."""
Made = Iterable[tuple[str, bytes]]


def chess_openings(source: Path, entry: Dataset) -> Made:
    """The rows of all five tables under one header."""
    header, rows = "", []
    for letter in "abcde":
        header, *lines = (source / f"{letter}.tsv").read_text("utf-8").splitlines()
        rows += lines
    yield entry.files[0].name, gzip.compress(("\n".join([header, *rows]) + "\n").encode(), mtime=0)


def cifar10_jpeg_subset(source: Path, entry: Dataset) -> Made:
    """JPEG files end to end, with where each begins and its class; both sides are shuffled by seed 0."""
    classes = sorted(folder.name for folder in (source / "train").iterdir() if folder.is_dir())
    arrays: dict[str, np.ndarray] = {}
    for side, n in (("train", N_TRAIN), ("test", N_TEST)):
        paths = [path for name in classes for path in sorted((source / side / name).glob("*.jpg"))[:n]]
        labels = np.array([classes.index(path.parent.name) for path in paths], np.uint8)
        order = np.random.default_rng(0).permutation(len(paths))
        images = [paths[k].read_bytes() for k in order]
        arrays[f"{side}_jpeg"] = np.frombuffer(b"".join(images), np.uint8)
        arrays[f"{side}_offsets"] = np.cumsum([0, *map(len, images)])
        arrays[f"{side}_labels"] = labels[order]
    yield entry.files[0].name, packed({**arrays, "classes": np.array(classes)})


def cultures(source: Path, entry: Dataset) -> Made:
    """Recordings one by one; those that are not in the source are left out."""
    for file in entry.files:
        path = source / f"{Path(file.name).stem}.h5"
        if file.name.endswith(".npz") and path.is_file():
            yield file.name, packed(culture(path))


def culture(path: Path) -> dict[str, np.ndarray]:
    """A recording as the R package g2chvcdata keeps it: all spike times, unit after unit, and how many each
    unit has.
    """
    told = read_arrays(path, only=("spikes", "sCount", "epos", "names", "recordingtime"))
    counts = np.ravel(told["sCount"]).astype(np.int32)
    trains = np.split(np.ravel(told["spikes"]), np.cumsum(counts)[:-1])
    steps = [np.diff(np.rint(train / TICK_S), prepend=0) for train in trains]
    return {
        "isi_10us": np.concatenate(steps).astype(np.int32),
        "spike_counts": counts,
        "electrode_xy_um": told["epos"].astype(np.float32),
        "unit_names": np.ravel(told["names"]).astype(told["names"].dtype.str),  # without h5py's note on it
        "recording_s": np.ravel(told["recordingtime"]).astype(float),
    }


def spoken_digits(source: Path, entry: Dataset) -> Made:
    """Every WAV file of the folder `recordings`."""
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted((source / "recordings").glob("*.wav")):
            archive.write(path, f"recordings/{path.name}")
    yield entry.files[0].name, whole.getvalue()


def packed(arrays: dict[str, np.ndarray]) -> bytes:
    """Arrays as the bytes of an NPZ file."""
    whole = io.BytesIO()
    np.savez_compressed(whole, allow_pickle=False, **arrays)
    return whole.getvalue()


BUILDERS: dict[str, Callable[[Path, Dataset], Made]] = {
    "chess_openings": chess_openings,
    "cifar10_jpeg_subset": cifar10_jpeg_subset,
    "mea/charlesworth2015": cultures,
    "spoken_digits_fsdd": spoken_digits,
}


def main(arguments: list[str] | None = None) -> int:
    """Writes the files of a data set; 1 where one is not what the registry knows."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("name", choices=BUILDERS)
    asked.add_argument("source", type=Path)
    asked.add_argument("folder", type=Path)
    options = asked.parse_args(arguments)
    entry = dataset(options.name)
    known = {file.name: file for file in entry.files}
    n_made = n_other = 0
    for name, content in BUILDERS[options.name](options.source, entry):
        path = options.folder / entry.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        write_bytes(path, content)
        same = checksum_of(path, known[name]) == known[name].sha256
        n_made, n_other = n_made + 1, n_other + (not same)
        print(f"{path}: {'as known' if same else 'not the content that the registry knows'}")
    if not n_made:
        print(f"{options.source} holds nothing of {entry.name}: from {entry.where}", file=sys.stderr)
    return int(n_other > 0 or n_made == 0)


if __name__ == "__main__":
    sys.exit(main())
