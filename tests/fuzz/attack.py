"""The child: changes inputs of one target and reads them, until one kills it or there are no more.

usage: attack.py "TARGET[;TARGET...]" SEED FIRST STOP PROGRESS FOUND

What it does now stands in PROGRESS, eight bytes in a shared file, so that its parent knows what killed it.
"""

import json
import mmap
import os
import random
import resource
import shutil
import signal
import struct
import sys
import tempfile
import traceback
import warnings
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from targets import Target, targets

SHARED_MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None
CPU_S = float(os.environ.get("FUZZ_CPU_S", "5"))
"""Processor time of one input: not the clock's, which runs on where the machine is busy."""
MEMORY_BYTES = int(os.environ.get("FUZZ_MEMORY_MIB", "1024")) << 20
ADDRESS_BYTES = 3 << 30
"""What the process may ask for beyond its start: protects the machine; what is used is measured apart."""


def main() -> None:
    """Runs as the docstring of the module says; prints one JSON line per finding, and one at the end."""
    names, seed, first, stop, progress, found = sys.argv[1:7]
    known = targets(wrong=True)
    warnings.simplefilter("ignore")
    with open(progress, "r+b") as file, mmap.mmap(file.fileno(), 8) as at:
        for target in (known[name] for name in names.split(";")):
            folder = Path(tempfile.mkdtemp(prefix="fuzz-", dir=SHARED_MEMORY))
            try:
                _attack(target, int(seed), range(int(first), int(stop)), folder, at, Path(found))
            finally:
                shutil.rmtree(folder, ignore_errors=True)


class Walker:
    """`rehearse` with one process for many files: starting one for each would take most of the time."""

    def __init__(self) -> None:
        self.child = None

    def __call__(self, path: Path) -> None:
        import subprocess

        from brainwright.untrusted import Unreadable, hdf5_walk

        if self.child is None:
            pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
            self.child = subprocess.Popen([sys.executable, hdf5_walk.__file__, str(CPU_S)], **pipes)
        self.child.stdin.write(f"{path.absolute()}\n".encode())
        self.child.stdin.flush()
        signal.alarm(60)  # by the clock: ends this process, which its parent sees
        answer = self.child.stdout.readline()
        signal.alarm(0)
        if not answer.startswith(b"walked"):
            code, self.child = self.child.wait(), None
            raise Unreadable(f"the HDF5 library breaks down over it (code {code})")


def _attack(target: Target, seed: int, inputs: range, folder: Path, at: mmap.mmap, found: Path) -> None:
    from brainwright.untrusted import hdf5

    prepared, work = folder / "seeds", folder / "input"
    prepared.mkdir()
    write = target.prepare(prepared)
    documented = target.documented()
    work.mkdir()
    _try(
        target, random.Random(f"{target.name} {seed} warm"), write, work
    )  # imports and compiles what it needs
    hdf5.rehearse = Walker()
    base = _peak()
    _limit_addresses()
    accepted = refused = 0
    for k in inputs:
        at[:8] = struct.pack("<q", k)
        signal.setitimer(signal.ITIMER_PROF, CPU_S)  # ends the process where nobody counts
        error = _try(target, random.Random(f"{target.name} {seed} {k}"), write, work)
        signal.setitimer(signal.ITIMER_PROF, 0)
        accepted += error is None
        refused += error is not None
        if error is not None and not _is_documented(error, documented):
            _report(k, target, error, work, found)
        if _peak() - base > MEMORY_BYTES:
            _report(k, target, MemoryError(f"{(_peak() - base) >> 20} MiB"), work, found)
            base = _peak()
    print(json.dumps({"target": target.name, "accepted": accepted, "refused": refused}), flush=True)


def _try(target: Target, r: random.Random, write, work: Path) -> BaseException | None:
    for path in work.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    path = write(r, work)
    try:
        target.read(path)
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:
        return error
    return None


def _is_documented(error: BaseException, documented: tuple[type[BaseException], ...]) -> bool:
    """One of the reader's own, or a ValueError that stands in our code."""
    if isinstance(error, documented):
        return True
    return (
        type(error).__name__ in ("ValueError", "Unreadable")
        and not documented
        and "/brainwright/" in _place(error)
    )


def _place(error: BaseException) -> str:
    """Where it was raised."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{frames[-1].filename}:{frames[-1].lineno}" if frames else ""


def _report(k: int, target: Target, error: BaseException, work: Path, found: Path) -> None:
    frames = [f for f in traceback.extract_tb(error.__traceback__) if "/brainwright/" in f.filename]
    ours = f"{frames[-1].filename.split('/brainwright/')[-1]}:{frames[-1].lineno}" if frames else ""
    kept = found / f"{target.name.replace(' ', '_')}-{k}"
    shutil.copytree(work, kept, dirs_exist_ok=True)
    line = {
        "target": target.name,
        "input": k,
        "error": type(error).__name__,
        "place": ours,
        "words": ascii(str(error))[:200],
    }
    print(json.dumps(line), flush=True)


def _peak() -> int:
    """Most memory that was in use, in bytes; of this program alone, where `ru_maxrss` begins at what the
    process had that started it.
    """
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _limit_addresses() -> None:
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + ADDRESS_BYTES, resource.RLIM_INFINITY))


if __name__ == "__main__":
    main()
