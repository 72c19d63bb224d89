"""Walks an HDF5 file in a process of its own, touching what readers touch: the library may break down over a
file that is damaged on purpose, and then only this process ends.

Run as a script: `hdf5_walk.py SECONDS PATH` walks one file and ends, at the latest when its standard input,
a pipe, does; without a path they come on standard input, one per line. Each is answered with a line. It
imports nothing of brainwright, so that it starts fast. SECONDS is the processor time that a small file may
take; where a file takes more, it ends by SIGXCPU.
"""

import contextlib
import os
import select
import signal
import sys

MEMORY_BYTES = 2 << 30
SWOLLEN_BYTES = 1 << 30
"""Memory that a file may take beside four times its size: a damaged one has the library ask for gigabytes."""
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
    paths = sys.argv[2:]
    if paths:
        end_with_reader()
    for path in paths or (line.rstrip("\n") for line in sys.stdin):
        _limit_time(path, float(sys.argv[1]))
        before = _peak_bytes()
        with _left_to_the_reader():
            walk(path)
        if _peak_bytes() - before > SWOLLEN_BYTES + 4 * _size(path):
            sys.exit(f"it asks for more than {SWOLLEN_BYTES >> 30} GiB of memory")
        print("walked", flush=True)


def end_with_reader() -> None:
    """From now on the system ends this process (SIGIO) where the other end of its standard input closes,
    whatever the library is doing: a thread of Python's would have to wait for it.
    """
    try:
        import fcntl
    except ImportError:  # not a POSIX system: its processor time ends it
        return
    signal.signal(signal.SIGIO, signal.SIG_DFL)
    fcntl.fcntl(0, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(0, fcntl.F_SETFL, fcntl.fcntl(0, fcntl.F_GETFL) | os.O_ASYNC)
    if select.select([0], [], [], 0)[0]:
        sys.exit("nobody waits for it any more")


def walk(path: str) -> None:
    """Every attribute, every description of a data set, text and references, the ends of numbers."""
    import h5py

    with h5py.File(path, "r") as file:
        waiting, seen = [file], set()
        while waiting:
            found = waiting.pop()
            _attributes(found)
            if isinstance(found, h5py.Dataset):
                with _left_to_the_reader():
                    _dataset(file, found)
                continue
            for name in found if isinstance(found, h5py.Group) else ():
                with _left_to_the_reader():
                    link = found.get(name, getlink=True)
                    if isinstance(link, h5py.HardLink):
                        member = found[name]
                        if hash(member.id) not in seen:  # the address in the file: links may lead back
                            seen.add(hash(member.id))
                            waiting.append(member)


def _attributes(found) -> None:
    with _left_to_the_reader():
        for name in found.attrs:
            with _left_to_the_reader():
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
        with _left_to_the_reader():
            getattr(dataset, fact)
    if dataset.external or dataset.is_virtual:
        return
    with _left_to_the_reader():
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
                    with _left_to_the_reader():
                        str(file[part].name)


@contextlib.contextmanager
def _left_to_the_reader():
    """An exception is the reader's affair, unless the library asked for more memory than a sound file needs:
    the reader would let it have that.
    """
    try:
        yield
    except Exception as error:
        if "memory allocation failed" in str(error):  # the library's words
            sys.exit(f"it asks for more than {SWOLLEN_BYTES >> 30} GiB of memory")


def _limit_memory() -> None:
    try:
        import resource
    except ImportError:  # not a POSIX system: the parent's clock is the limit
        return
    for kind, most in ((resource.RLIMIT_AS, MEMORY_BYTES), (resource.RLIMIT_CORE, 0)):
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(kind, (most, most))


def _size(path: str) -> int:
    try:
        return os.stat(path).st_size
    except OSError:
        return 0


def _peak_bytes() -> int:
    """Most memory that was in use; 0 where the system does not say."""
    with contextlib.suppress(OSError), open("/proc/self/status") as lines:
        for line in lines:
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return 0


def _limit_time(path: str, small_s: float) -> None:
    """From now on, in processor time."""
    try:
        import resource
    except ImportError:
        return
    with contextlib.suppress(ValueError, OSError):
        used = resource.getrusage(resource.RUSAGE_SELF)
        until_s = used.ru_utime + used.ru_stime + small_s + _size(path) / BYTES_PER_S
        _, most = resource.getrlimit(resource.RLIMIT_CPU)
        resource.setrlimit(resource.RLIMIT_CPU, (max(1, round(until_s)), most))


if __name__ == "__main__":
    main()
