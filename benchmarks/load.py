"""Loading 15,091,983 synthetic edges: seconds and peak memory for each file format, each in a process of its
own.

`python benchmarks/load.py` writes the files into a temporary folder (about 0.8 GB), rows in random order with
large ids, and reads each back; limits are 10 s and 1.5 GB. Files are read once before, so that the disk is
not measured.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

READERS = {
    "saved folder": ("load", "saved"),
    "Parquet": ("from_parquet", "edges.parquet"),
    "CSV": ("from_csv", "edges.csv"),
}
LIMIT_S, LIMIT_GB = 10.0, 1.5


def main() -> int:
    """Prints the table; 1 where a limit was missed."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--edges", type=int, default=15_091_983)
    options.add_argument("--cells", type=int, default=138_639)
    options.add_argument("--read", nargs=2, help=argparse.SUPPRESS)
    options.add_argument("--write", help=argparse.SUPPRESS)
    given = options.parse_args()
    if given.read:
        return read(*given.read)
    if given.write:
        return write(Path(given.write), given.cells, given.edges)
    with tempfile.TemporaryDirectory() as folder:
        # in a process of its own: on Linux a child starts with the peak memory of its parent
        size = ["--cells", str(given.cells), "--edges", str(given.edges)]
        subprocess.run([sys.executable, __file__, "--write", folder, *size], check=True)
        return sum(measured(name, Path(folder), given.edges) for name in READERS) > 0


def write(folder: Path, n_cells: int, n_edges: int) -> int:
    """The same diagram in every format."""
    from brainwright.connectome import synthetic

    wiring = synthetic.fly_like(n_cells, n_edges, seed=3)
    ids = 720_575_940_600_000_000 + np.random.default_rng(0).permutation(10_000_000)[:n_cells]
    wiring = wiring.relabel(ids)
    wiring.save(folder / "saved")
    table = wiring.synapses[["pre", "post", "count"]].sample(frac=1, random_state=0)
    table.to_parquet(folder / "edges.parquet", index=False)
    table.to_csv(folder / "edges.csv", index=False)
    return 0


def measured(name: str, folder: Path, n_edges: int) -> bool:
    """Reads in a fresh process; True where a limit was missed."""
    method, file = READERS[name]
    for path in [folder / file] if (folder / file).is_file() else (folder / file).iterdir():
        path.read_bytes()
    command = [sys.executable, __file__, "--read", method, str(folder / file)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=os.environ)
    found = json.loads(done.stdout)
    assert found["edges"] == n_edges
    missed = found["seconds"] > LIMIT_S or found["gb"] > LIMIT_GB
    print(
        f"{name:14} {found['seconds']:6.1f} s  peak {found['gb']:.2f} GB  {'MISSED' if missed else 'kept'}",
        flush=True,
    )
    return missed


def read(method: str, path: str) -> int:
    """Reads one file and prints seconds, memory and edges."""
    from brainwright.connectome import Connectome

    start_s = time.perf_counter()
    wiring = getattr(Connectome, method)(path)
    seconds = time.perf_counter() - start_s
    gb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e9 if sys.platform == "darwin" else 1e6)
    print(json.dumps({"seconds": seconds, "gb": gb, "edges": wiring.n_edges}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
