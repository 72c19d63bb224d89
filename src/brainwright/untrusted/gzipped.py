"""Gzip that stops where a bound is reached, not where memory is."""

import io
import zlib

from .bounds import Bounds
from .errors import Unreadable

MAGIC = b"\x1f\x8b"
_WINDOW = 16 + zlib.MAX_WBITS  # a gzip header and trailer around the stream


def unpacked(raw: bytes, name: str, bounds: Bounds | None = None) -> bytes:
    """The contents, of one or more members; `raw` itself where it is not gzip.

    Raises:
        Unreadable: broken, cut short, or more bytes than eight for each number that `bounds` allow.
    """
    if raw[:2] != MAGIC:
        return raw
    limit = 8 * (bounds or Bounds()).largest(len(raw))
    whole, rest = io.BytesIO(), raw
    while rest.strip(b"\0"):  # zeros may pad the end
        stream = zlib.decompressobj(_WINDOW)
        try:
            whole.write(stream.decompress(rest, limit + 1 - whole.tell()))
        except zlib.error as error:
            raise Unreadable(f"{name}: broken gzip file ({error}): fetch it again") from error
        if whole.tell() > limit:
            (bounds or Bounds()).check_values(whole.tell() // 8 + 1, len(raw), name)
        if not stream.eof:
            raise Unreadable(f"{name}: broken gzip file (it is cut short): fetch it again")
        rest = stream.unused_data
    return whole.getvalue()
