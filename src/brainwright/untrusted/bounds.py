"""How much a file may make of itself before anything is allocated for it."""

import os
from dataclasses import dataclass, field

from .errors import Unreadable

_VARIABLE = "BRAINWRIGHT_LARGEST_"


def _default(name: str, number: int):
    """The bound, or what the environment says in its place: for programs that take no argument for it."""

    def asked() -> int:
        said = os.environ.get(_VARIABLE + name.upper(), "")
        if said and not (said.isascii() and said.isdigit() and 0 < len(said) < 16):
            raise Unreadable(f"{_VARIABLE}{name.upper()}: expected a whole number above 0, got {said!r}")
        return int(said) if said else number

    return field(default_factory=asked)


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """Bounds of what is read. Each may be raised by an argument of the readers,
    `bounds=Bounds(values=10**9)`, or by a variable of the environment, such as
    `BRAINWRIGHT_LARGEST_VALUES=1000000000`.

    Args:
        values: numbers that a file may unpack to, whatever its size. 2^24 of 8 bytes are 128 MiB, a dense
            matrix of 4,096 cells; readers work with up to eight copies, so that 1 GiB suffices.
        values_per_byte: and numbers for each byte of a larger file. Uncompressed ones hold at most 1; a dense
            matrix of which 1 % are not zero is packed to about 20 numbers a byte, a bomb to 128 or more.
        channels: of an array: the largest in use have 26,400 electrodes, of which some thousands record.
        columns: of a table.
    """

    values: int = _default("values", 2**24)
    values_per_byte: int = _default("values_per_byte", 32)
    channels: int = _default("channels", 2**16)
    columns: int = _default("columns", 2**14)

    def largest(self, n_bytes: int) -> int:
        """Numbers that a file of so many bytes may unpack to."""
        return max(self.values, self.values_per_byte * n_bytes)

    def check_values(self, count: int, n_bytes: int, what: str) -> None:
        """Raises Unreadable for more numbers than a file of `n_bytes` may unpack to."""
        largest = self.largest(n_bytes)
        if not 0 <= count <= largest:
            raise Unreadable(
                f"{what} would hold {count:,} numbers, more than the {largest:,} that a file of {n_bytes:,} "
                f"bytes may become{_raise('values', count)}"
            )

    def check(self, name: str, count: int, what: str) -> None:
        """Raises Unreadable for more channels or columns than the bound of that name."""
        largest = getattr(self, name)
        if count > largest:
            raise Unreadable(
                f"{what} has {count:,} {name}, more than the bound of {largest:,}{_raise(name, count)}"
            )


def _raise(name: str, count: int) -> str:
    return (
        f"; where you trust it, raise the bound: bounds=Bounds({name}={count}), or in the environment "
        f"{_VARIABLE}{name.upper()}={count}"
    )
