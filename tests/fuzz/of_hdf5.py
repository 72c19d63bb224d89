"""HDF5: recordings in four layouts, activity in splits, MATLAB 7.3, and NWB where pynwb is installed."""

import importlib.util
from functools import partial
from pathlib import Path

import numpy as np
from mutate import VALUES, array_of, bytes_of
from of_arrays import _array, _load
from of_tables import _raised
from targets import Target

_dataset = partial(_raised, "brainwright.datasets", "DatasetError")
_recording = partial(_raised, "brainwright.tissue.adapters", "BadRecording")
SPIKES = np.array([(5, 1), (9, 3)], [("timestamp", "<u8"), ("channel", "u1")])


def targets() -> list[Target]:
    """All of this file."""
    found = [
        Target("hdf5 recording", _files(_recordings), _load, _recording),
        Target("hdf5 activity", _files(_splits), _read_splits, _dataset),
        Target("mat 7.3 activity", _files(_matlab, "x.mat"), _array, _dataset),
    ]
    if importlib.util.find_spec("pynwb"):
        found += [
            Target("nwb activity", _nwb, _read_nwb, _dataset),
            Target("nwb recording", _nwb, _load, _recording),
        ]
    return found


def _recordings():
    own = {
        "dish": np.zeros(3, "i4"),
        "channel": np.array([0, 1, 2], "i4"),
        "time_s": np.array([0.1, 0.2, 0.3]),
    }
    facts = {"n_dishes": 1, "n_channels": 4, "start_s": 0.0, "stop_s": 1.0}
    cl1 = {"frames_per_second": 25000, "duration_frames": 100, "channel_count": 64, "start_timestamp": 0}
    return [
        (own, facts),
        ({"spikes": np.array([0.1, 0.2, 0.3]), "sCount": np.array([2, 1])}, {}),
        ({"spikes": SPIKES}, cl1),
        ({"spike_times/0": np.array([0.1]), "spike_times/ch1": np.array([0.2, 0.4])}, {"stop_s": 1.0}),
    ]


def _splits():
    counts = np.random.default_rng(0).poisson(0.7, (3, 4, 5)).astype("f4")
    return [
        ({"train_data": counts, "valid_data": counts[:1]}, {}),
        (
            {
                "train_spikes_heldin": counts,
                "train_spikes_heldout": counts[..., :2],
                "eval_spikes_heldin": counts,
            },
            {},
        ),
    ]


def _matlab():
    counts = np.arange(24.0).reshape(4, 6)
    sparse = {"a/data": np.ones(3), "a/ir": np.array([0, 1, 2]), "a/jc": np.array([0, 1, 3])}
    return [({"a": counts}, {}), (sparse, {}), ({"a": np.zeros(3, [("real", "f8"), ("imag", "f8")])}, {})]


def _files(seeds, name: str = "x.h5"):
    """Half as bytes, half with other arrays, attributes, links and ways of storage."""

    def prepare(folder: Path):
        kept, raw = seeds(), []
        for arrays, facts in kept:
            for packed in (False, True):
                seed = folder / f"seed{Path(name).suffix}"
                _write(seed, arrays, facts, packed)
                raw.append(seed.read_bytes())

        def write(r, folder: Path) -> Path:
            path = folder / name
            if r.random() < 0.6:
                path.write_bytes(bytes_of(r, r.choice(raw)))
                return path
            arrays, facts = r.choice(kept)
            arrays, facts = dict(arrays), dict(facts)
            chosen = r.choice(list(arrays))
            if r.random() < 0.6:
                arrays[chosen] = array_of(r, arrays[chosen])
            elif facts and r.random() < 0.8:
                facts[r.choice(list(facts))] = r.choice(VALUES)
            _write(path, arrays, facts, r.random() < 0.3, r)
            return path

        return write

    return prepare


def _write(path: Path, arrays, facts, packed: bool, r=None) -> None:
    import h5py

    path.unlink(missing_ok=True)
    matlab = {"userblock_size": 512} if path.suffix == ".mat" else {}
    with h5py.File(path, "w", libver="latest" if packed else "earliest", **matlab) as file:
        for name, array in arrays.items():
            kind = r.randrange(12) if r is not None else 99
            try:
                if kind == 0:
                    file[name] = h5py.SoftLink(r.choice(("/nowhere", f"/{name}")))
                elif kind == 1:
                    file[name] = h5py.ExternalLink("other.h5", "/x")
                elif kind == 2:
                    file.create_dataset(name, shape=(r.choice((10**9, 10**15)),), dtype="f8", chunks=(10**6,))
                elif kind == 3:
                    file.create_dataset(name, data=["text", "é"])
                elif kind == 4:
                    file[name] = h5py.Empty("f8")
                else:
                    options = {"compression": "gzip"} if packed and array.size and array.ndim else {}
                    file.create_dataset(name, data=array, **options)
            except (TypeError, ValueError, RuntimeError, OSError):  # what HDF5 cannot hold
                continue
        for name, value in facts.items():
            try:
                file.attrs[name] = value
            except (TypeError, ValueError, UnicodeError, OverflowError):
                continue
    if matlab:
        with path.open("r+b") as raw:
            raw.write(b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(116) + bytes(8) + b"\x00\x02IM")


def _read_splits(path: Path):
    from brainwright.datasets.read import read_recording

    return read_recording(path, bin_s=0.05)


def _nwb(folder: Path):
    import datetime

    import pynwb

    seeds = []
    for kind in ("units", "voltage", "frames"):
        start = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
        file = pynwb.NWBFile(session_description="x", identifier=kind, session_start_time=start)
        device = file.create_device(name="d")
        if kind == "units":
            for train in ([0.1, 0.2], [0.15, 0.5]):
                file.add_unit(spike_times=train, obs_intervals=[[0.0, 1.0]])
            file.add_trial(start_time=0.0, stop_time=0.4)
        else:
            group = file.create_electrode_group(name="g", description="x", location="x", device=device)
            for _ in range(2):
                file.add_electrode(location="x", group=group)
            table = file.create_electrode_table_region([0, 1], "all")
            data = np.random.default_rng(0).normal(size=(50, 2))
            clock = {"rate": 100.0} if kind == "voltage" else {"timestamps": np.arange(50) / 100}
            file.add_acquisition(
                pynwb.ecephys.ElectricalSeries(name="v", data=data, electrodes=table, **clock)
            )
        with pynwb.NWBHDF5IO(folder / "s.nwb", "w") as io:
            io.write(file, cache_spec=False)
        seeds.append((folder / "s.nwb").read_bytes())

    def write(r, folder: Path) -> Path:
        path = folder / "x.nwb"
        path.write_bytes(r.choice(seeds))
        if r.random() < 0.7:
            path.write_bytes(bytes_of(r, path.read_bytes()))
        else:
            _change_in_place(r, path)
        return path

    return write


def _change_in_place(r, path: Path) -> None:
    """One data set or attribute replaced."""
    import h5py

    with h5py.File(path, "r+") as file:
        names: list[str] = []
        file.visit(names.append)
        name = r.choice(names)
        try:
            if isinstance(file[name], h5py.Dataset) and r.random() < 0.7:
                old, facts = file[name][()], dict(file[name].attrs)
                del file[name]
                if r.random() < 0.8:
                    new = (
                        array_of(r, old) if not isinstance(old, bytes) else np.array(r.choice((0, -1, 1e308)))
                    )
                    file.create_dataset(name, data=new).attrs.update(facts)
            elif len(file[name].attrs):
                file[name].attrs[r.choice(list(file[name].attrs))] = r.choice(VALUES)
        except (TypeError, ValueError, RuntimeError, OSError, KeyError, UnicodeError, OverflowError):
            return


def _read_nwb(path: Path):
    from brainwright.datasets.nwb import nwb_sources, read_nwb

    for source in nwb_sources(path):
        read_nwb(path, bin_s=0.05, source=source)
