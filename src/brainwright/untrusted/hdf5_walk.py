"""Walks an HDF5 file in a process of its own, touching what readers touch: the library may break down over a
file that is damaged on purpose, and then only this process ends.

Run as a script, with the paths on standard input, one per line; answers each with a line. It imports nothing
of brainwright, so that it starts fast. Its argument is the processor time that a small file may take, in
seconds; where a file takes more, it ends by SIGXCPU.
"""

import contextlib
import os
import sys

MEMORY_BYTES = 2 << 30
BYTES_PER_S = 10e6
"""What a file may take more for its size: unpacking goes at ten times that."""
SMALL = 1 << 24
"""Values of a data set that is read whole. Of larger ones, whose plain numbers need no care, only the ends
are.
"""
MOST_REFERENCES = 10_000


def main() -> None:
    """Answers each path with `walked`; what only raises an exception is left to the reader."""
    _limit_memory()
    for line in sys.stdin:
        path = line.rstrip("\n")
        _limit_time(path, float(sys.argv[1]))
        with contextlib.suppress(Exception):
            walk(path)
        print("walked", flush=True)


def walk(path: str) -> None:
    """Every attribute, every description of a data set, text and references, the ends of numbers."""
    import h5py

    with h5py.File(path, "r") as file:
        waiting, seen = [file], set()
        while waiting:
            found = waiting.pop()
            _attributes(found)
            if isinstance(found, h5py.Dataset):
                with contextlib.suppress(Exception):
                    _dataset(file, found)
                continue
            for name in found if isinstance(found, h5py.Group) else ():
                with contextlib.suppress(Exception):
                    link = found.get(name, getlink=True)
                    if isinstance(link, h5py.HardLink):
                        member = found[name]
                        if hash(member.id) not in seen:  # the address in the file: links may lead back
                            seen.add(hash(member.id))
                            waiting.append(member)


def _attributes(found) -> None:
    with contextlib.suppress(Exception):
        for name in found.attrs:
            with contextlib.suppress(Exception):
                _follow(found.file, found.attrs[name])


def _dataset(file, dataset) -> None:
    for fact in (
        "shape",
        "dtype",
        "maxshape",
        "chunks",
        "compression",
        "fillvalue",
        "external",
        "is_virtual",
    ):
        with contextlib.suppress(Exception):
            getattr(dataset, fact)
    if dataset.external or dataset.is_virtual:
        return
    with contextlib.suppress(Exception):
        if dataset.chunks:
            dataset.id.chunk_iter(lambda _: None)  # asked for by number, they would take quadratic time
    if dataset.size is not None and dataset.size <= SMALL:
        _follow(file, dataset[()])
    elif dataset.ndim:
        dataset[:1]
        dataset[-1:]


def _follow(file, value) -> None:
    """What references point to, as readers of tables ask for it."""
    import h5py
    import numpy as np

    array = np.asarray(value, object) if isinstance(value, h5py.Reference) else np.asarray(value)
    if array.dtype.hasobject:
        for one in array.ravel()[:MOST_REFERENCES]:
            parts = one if isinstance(one, tuple | np.void) else (one,)
            for part in parts:
                if isinstance(part, h5py.Reference):
                    with contextlib.suppress(Exception):
                        str(file[part].name)


def _limit_memory() -> None:
    try:
        import resource
    except ImportError:  # not a POSIX system: the parent's clock is the limit
        return
    for kind, most in ((resource.RLIMIT_AS, MEMORY_BYTES), (resource.RLIMIT_CORE, 0)):
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(kind, (most, most))


def _limit_time(path: str, small_s: float) -> None:
    """From now on, in processor time."""
    try:
        import resource
    except ImportError:
        return
    with contextlib.suppress(ValueError, OSError):
        used = resource.getrusage(resource.RUSAGE_SELF)
        until_s = used.ru_utime + used.ru_stime + small_s + os.stat(path).st_size / BYTES_PER_S
        _, most = resource.getrlimit(resource.RLIMIT_CPU)
        resource.setrlimit(resource.RLIMIT_CPU, (max(1, round(until_s)), most))


if __name__ == "__main__":
    main()
