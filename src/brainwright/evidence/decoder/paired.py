"""Activity and what was to be decoded from it, with what else could have told."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from brainwright.errors import UserError

BLOCKS = 20
"""Into which samples are cut where none are given: intervals are over blocks, since neighbours are alike."""
FEWEST_BLOCKS = 6
"""Of fewer, an interval decides nothing."""


class AuditError(UserError):
    """What is to be audited cannot be; the message says what to do."""


@dataclass(frozen=True, eq=False)
class Paired:
    """Samples in the order in which they were recorded.

    Attributes:
        activity: what the decoder reads, [sample, ...].
        target: what it shall say: labels [sample] (text, whole numbers), or numbers [sample] or [sample, k].
        stimulus: what was presented, where the target is no plain function of it (a sound, a picture, the
            traces of the eyes), [sample, ...].
        confounds: by name what goes with the target and could betray it (word length, loudness, movement),
            [sample] or [sample, k]; text is taken as categories. The position in the block and the time are
            added by themselves.
        blocks: of each sample, [sample]: sentences, trials or sessions, each in one piece. A block is never
            in training and test at once, and intervals are over blocks. Twenty of equal length where None.

    Raises:
        AuditError: tables of other lengths, missing values, too few blocks, a block in several pieces.
    """

    activity: NDArray
    target: NDArray
    stimulus: NDArray | None = None
    confounds: Mapping[str, NDArray] = field(default_factory=dict)
    blocks: NDArray | None = None

    def __post_init__(self) -> None:
        n = len(self.target)
        tables = {"activity": self.activity, "target": self.target, **self.confounds}
        more = {"stimulus": self.stimulus, "blocks": self.blocks}
        tables |= {name: table for name, table in more.items() if table is not None}
        for name, table in tables.items():
            values = np.asarray(table)
            if len(values) != n:
                raise AuditError(f"{name}: expected {n} samples, as many as targets, got {len(values)}")
            if values.dtype.kind == "f" and not np.isfinite(values).all():
                raise AuditError(
                    f"{name}: expected finite values, got NaN or infinity: leave these samples out"
                )
        blocks = np.arange(n) * BLOCKS // max(n, 1) if self.blocks is None else _numbered(self.blocks)
        if (there := len(set(blocks.tolist()))) < FEWEST_BLOCKS:
            raise AuditError(
                f"blocks: expected {FEWEST_BLOCKS} or more, got {there}: fewer give no interval; cut longer "
                "recordings into pieces"
            )
        object.__setattr__(self, "blocks", blocks)

    @property
    def numbers(self) -> bool:
        """Whether the target is a quantity; else it is labels."""
        target = np.asarray(self.target)
        return target.ndim > 1 or target.dtype.kind == "f"

    def folds(self, n: int) -> NDArray[np.int64]:
        """The fold of each sample: neighbouring whole blocks."""
        blocks = np.asarray(self.blocks)
        return blocks * min(n, blocks.max() + 1) // (blocks.max() + 1)

    def places(self) -> dict[str, NDArray]:
        """The confounds that every recording has: position in the block, and time."""
        blocks = np.asarray(self.blocks)
        starts = np.flatnonzero(np.diff(blocks, prepend=-1))
        order = np.arange(len(blocks))
        return {"position in the block": order - starts[blocks], "time": order}


def _numbered(blocks: NDArray) -> NDArray[np.int64]:
    """Numbers in the order of time. Raises AuditError for a block in several pieces."""
    names, code = np.unique(np.asarray(blocks), return_inverse=True)
    new = np.diff(code, prepend=code[0]) != 0
    if 1 + new.sum() != len(names):
        raise AuditError(
            f"blocks: expected each of {len(names)} in one piece, got {1 + new.sum()} pieces: sort the "
            "samples by time, and give a block that comes again another name"
        )
    return np.cumsum(new)


def table_of(values: NDArray) -> NDArray[np.float64]:
    """Any table as numbers, [sample, k]: text as one column for each category."""
    values = np.asarray(values)
    if values.dtype.kind in "OUS":
        _, numbers = np.unique(values.astype(str), return_inverse=True)
        return np.eye(numbers.max() + 1)[numbers.reshape(len(values), -1)].reshape(len(values), -1)
    return values.reshape(len(values), -1).astype(np.float64)
