"""Ask the kernel to run a loop soon after it wakes, in exchange for short turns (Linux 6.12 and later)."""

import contextlib
import ctypes
import platform
import struct
import sys
from collections.abc import Generator

_CALLS = {"x86_64": (314, 315), "aarch64": (274, 275)}  # numbers of sched_setattr and sched_getattr
_ATTRIBUTES = struct.Struct("<IIQiIQQQ")  # size, policy, flags, nice, priority, runtime, deadline, period
_RUNTIME = 5  # place of the slice among the attributes


@contextlib.contextmanager
def short_slices(slice_s: float = 100e-6) -> Generator[bool]:
    """Within the block the calling thread gets turns of `slice_s` (0.1 to 100 ms), if the kernel knows how.

    Linux's fair scheduler lets a thread that wakes interrupt one with longer turns, while the share of the
    processor stays what it was: a loop that computes little wakes in time among processes that compute all
    the time. No privilege is needed. Yields whether it was granted; elsewhere nothing changes.

    Source: the EEVDF scheduler's custom slices, sched(7), `sched_setattr` with SCHED_OTHER.
    """
    before = _get()
    granted = before is not None and _set(before, round(slice_s * 1e9))
    try:
        yield granted
    finally:
        if granted and before is not None:
            _set(before, before[_RUNTIME])


def _get() -> tuple[int, ...] | None:
    """The thread's scheduling attributes; None where there are none, or it is not scheduled as usual."""
    if sys.platform != "linux" or platform.machine() not in _CALLS:
        return None
    buffer = ctypes.create_string_buffer(_ATTRIBUTES.size)
    call = _CALLS[platform.machine()][1]
    if ctypes.CDLL(None).syscall(call, 0, buffer, _ATTRIBUTES.size, 0) != 0:
        return None
    attributes = _ATTRIBUTES.unpack(buffer.raw)
    usual = attributes[1] == 0 and attributes[_RUNTIME] > 0  # SCHED_OTHER, on a kernel with slices
    return attributes if usual else None


def _set(attributes: tuple[int, ...], slice_ns: int) -> bool:
    wanted = (*attributes[:_RUNTIME], slice_ns, *attributes[_RUNTIME + 1 :])
    call = _CALLS[platform.machine()][0]
    return ctypes.CDLL(None).syscall(call, 0, _ATTRIBUTES.pack(*wanted), 0) == 0
