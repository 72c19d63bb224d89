"""Changes to bytes, texts, JSON values and arrays, each drawn from a random generator that is given."""

import copy
import json
import random
import struct
from collections.abc import Callable
from typing import Any

import numpy as np

Random = random.Random
NUMBERS = (
    0,
    1,
    2,
    3,
    7,
    8,
    127,
    128,
    255,
    256,
    32767,
    65535,
    65536,
    2**24,
    2**31 - 1,
    2**31,
    2**32 - 1,
    2**53,
    2**62,
    2**63 - 1,
)
TOKENS = (
    "", "0", "-1", "1e308", "-1e308", "1e-320", "nan", "inf", "-inf", "NaN", "null", "None", "true", "0x10",
    "1_0", "007", "1,5", "9" * 30, "9" * 5000, "1e999", "99999999999", "-9223372036854775809", "x", "a b",
    " ", "\t", '"', "'", "\\", "$x$", "\x1b[2J", "\u202e", "\ud7ff", "é", "<b>", "&amp;", "@x", "`id`", ";",
    ",", "\n", "\r", "\r\n", "\x00", "\ufeff",
    "id", "pre", "post", "count", "weight", "time_s", "unit", "type", "pgn", "(" * 200, "[" * 200, "{" * 90,
)  # fmt: skip
VALUES: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 2, 65537, 2**31, 2**63, 10**30, 10**310, 0.5, -0.0, 1e308, 1e-320, "", "x",
    "a" * 300,
    "\x1b[31m", "\ud800", "$", [], {}, [[]], [None], {"a": None}, [1, 2], ["a"], float("nan"), float("inf"),
)  # fmt: skip


def bytes_of(r: Random, data: bytes, others: tuple[bytes, ...] = ()) -> bytes:
    """One to eight changes: bits, bytes, numbers at any place, parts lost, doubled or of another file."""
    out = bytearray(data)
    for _ in range(r.choice((1, 1, 1, 2, 3, 8))):
        n = len(out)
        at = r.randrange(n) if n else 0
        kind = r.randrange(10)
        if kind == 0 and n:
            out[at] ^= 1 << r.randrange(8)
        elif kind == 1 and n:
            out[at] = r.choice((0, 1, 0x7F, 0x80, 0xFF, r.randrange(256)))
        elif kind in (2, 3) and n:
            size = r.choice((1, 2, 4, 8))
            value = r.choice(NUMBERS) if r.random() < 0.8 else r.getrandbits(64)
            out[at : at + size] = (value % 256**size).to_bytes(size, r.choice(("little", "big")))
        elif kind == 4:
            del out[at : at + r.choice((1, 2, 4, 8, r.randrange(1, 64)))]
        elif kind == 5:
            part = out[at : at + r.randrange(1, 64)]
            out[at:at] = part * r.choice((1, 1, 2, 20))
        elif kind == 6:
            out[at:at] = r.choice(TOKENS).encode("utf-8", "surrogatepass") or b"\0"
        elif kind == 7 and r.random() < 0.3:
            del out[at:]
        elif kind == 8 and others:
            other = r.choice(others)
            start = r.randrange(len(other) or 1)
            out[at : at + r.randrange(1, 200)] = other[start : start + r.randrange(1, 200)]
        elif n >= 4:
            (value,) = struct.unpack_from("<i", out, min(at, n - 4))
            value = (value + r.choice((-1, 1, 2, -8, 256))) & 0xFFFFFFFF
            struct.pack_into("<I", out, min(at, n - 4), value)
    return bytes(out)


def text_of(r: Random, data: bytes, others: tuple[bytes, ...] = ()) -> bytes:
    """Cells and lines changed, doubled, lost and moved; sometimes bytes."""
    if r.random() < 0.25:
        return bytes_of(r, data, others)
    text = data.decode("utf-8", "replace")
    mark = max(",\t; ", key=text.count)
    rows = [line.split(mark) for line in text.split("\n")]
    for _ in range(r.choice((1, 1, 2, 4))):
        i = r.randrange(len(rows)) if r.random() < 0.7 else 0
        j = r.randrange(len(rows[i])) if rows[i] else 0
        kind = r.randrange(7)
        if kind <= 2 and rows[i]:
            rows[i][j] = r.choice(TOKENS)
        elif kind == 3:
            rows[i].insert(j, r.choice(TOKENS))
        elif kind == 4 and rows[i]:
            del rows[i][j]
        elif kind == 5:
            rows.insert(i, list(rows[i]))
        elif kind == 6 and len(rows) > 1:
            del rows[i]
        if not rows:
            rows = [[]]
    mark = r.choice((mark, mark, mark, mark, ",", ";", "\t", " "))
    return "\n".join(mark.join(row) for row in rows).encode("utf-8", "surrogatepass")


def value_of(r: Random, value: Any) -> Any:
    """One to three places of a JSON value replaced, removed, doubled or renamed."""
    box = [json.loads(json.dumps(value))]
    for _ in range(r.choice((1, 1, 2, 3))):
        where: Any = box
        key: Any = 0
        while isinstance(where[key], dict | list) and where[key] and r.random() < 0.85:
            where = where[key]
            key = r.choice(list(where)) if isinstance(where, dict) else r.randrange(len(where))
        kind = r.randrange(8)
        if kind == 0 and where is not box:
            del where[key]
        elif kind == 1 and isinstance(where, dict):
            where[r.choice(TOKENS)] = where.pop(key)
        elif kind == 2 and isinstance(where, list) and where is not box:
            where.insert(key, copy.deepcopy(where[key]))
        elif kind == 3 and isinstance(where[key], int | float):
            where[key] = r.choice(NUMBERS) * r.choice((1, -1, 1.5))
        elif kind == 4:
            deep: Any = copy.deepcopy(r.choice(VALUES))
            for _ in range(r.choice((1, 3, 70, 2000))):
                deep = [deep]
            where[key] = deep if r.random() < 0.3 else copy.deepcopy(r.choice(VALUES))
        else:
            where[key] = copy.deepcopy(r.choice(VALUES))
    return box[0]


def dumped(value: Any) -> bytes:
    """As JSON text, whatever its depth."""
    try:
        return json.dumps(value).encode()
    except RecursionError:
        return b"[" * 3000 + b"]" * 3000


def json_of(r: Random, data: bytes, others: tuple[bytes, ...] = ()) -> bytes:
    """A JSON text with another value; sometimes with other bytes."""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):  # changed before
        return bytes_of(r, data, others)
    try:
        return bytes_of(r, data, others) if r.random() < 0.3 else dumped(value_of(r, value))
    except RecursionError:  # a deep value was put into a deep one
        return dumped([]).join((b"[" * 3000, b"]" * 3000))


def lines_of(change: Callable[[Random, bytes], bytes]) -> Callable[..., bytes]:
    """Changes to some of the lines, each by `change`."""

    def changed(r: Random, data: bytes, others: tuple[bytes, ...] = ()) -> bytes:
        lines = data.split(b"\n")
        for _ in range(r.choice((1, 1, 2, 5))):
            i = r.randrange(len(lines))
            kind = r.randrange(6)
            if kind == 0:
                lines.insert(i, lines[r.randrange(len(lines))])
            elif kind == 1 and len(lines) > 1:
                del lines[i]
            elif lines[i]:
                lines[i] = change(r, lines[i])
        return b"\n".join(lines)

    return changed


DTYPES = (
    "f8",
    "f8",
    "f8",
    ">f8",
    "f4",
    "f2",
    "i8",
    "i4",
    "i4",
    ">i2",
    "u8",
    "u1",
    "?",
    "S3",
    "U2",
    "c16",
    "M8[s]",
    "V4",
    "i4,f8",
)


def array_of(r: Random, array: np.ndarray) -> np.ndarray:
    """Another type, shape or other values, mostly near to what it was."""
    kind = r.randrange(6)
    array = np.array(array)
    with np.errstate(all="ignore"):
        if kind == 0:
            dtype = np.dtype(r.choice(DTYPES))
            try:
                return array.astype(dtype)
            except (TypeError, ValueError):
                return np.zeros(array.shape, dtype)
        if kind == 1:
            shape = r.choice(
                ((), (0,), (1,), (2,), (1, 1), (0, 3), (3, 0, 2), (2, 2, 2), (1,) * 8, array.shape[::-1])
            )
            return np.resize(array, shape)
        if kind == 2 and array.ndim:
            return (
                array[: r.randrange(array.shape[0] + 1)]
                if r.random() < 0.5
                else np.concatenate([array, array])
            )
        if array.size and array.dtype.kind in "iuf":
            special = (
                -1,
                0,
                1,
                2**31 - 1,
                2**31,
                -(2**31),
                2**53,
                2**62,
                1e308,
                -1e308,
                np.nan,
                np.inf,
                0.5,
                1e-320,
            )
            flat = array.astype(
                np.float64 if array.dtype.kind == "f" or r.random() < 0.3 else np.int64
            ).ravel()
            for _ in range(r.choice((1, 1, 3))):
                value = r.choice(special)
                if flat.dtype.kind == "i":
                    value = int(value) if np.isfinite(value) and abs(value) < 2**63 else -7
                flat[r.randrange(flat.size)] = value
            return flat.reshape(array.shape)
    return array


def arrays_of(r: Random, arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """One or two arrays changed, lost, renamed or added."""
    out = dict(arrays)
    for _ in range(r.choice((1, 1, 2))):
        name = r.choice(list(out)) if out else "a"
        kind = r.randrange(8)
        if kind == 0:
            out.pop(name, None)
        elif kind == 1 and out:
            out[r.choice(("a", "x" * 70, "ids", "\u202e", "stop_s", "n_channels", "format"))] = out[name]
        elif name in out:
            out[name] = array_of(r, out[name])
    return out
