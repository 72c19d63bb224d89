"""Recordings as streams of patches, pooled over animals by the names of their cells."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from brainwright.datasets.activity import Activity
from brainwright.datasets.errors import DatasetError

HELD_OUT = 0.3
"""Last share of each recording that is judged, and never trained on."""
CLIPPED = 5.0
"""Deviations from the mean at which a value is cut off: single artefacts of calcium reach dozens."""


@dataclass(frozen=True, eq=False)
class RecordedStreams:
    """One recording as a stream, over the cells of all recordings.

    Args:
        name: of the recording.
        values: standardised by the training part, 0 for cells that were not recorded, [bin, cell].
        present: which cells were recorded.
        n_train: bins of the training part.
        trial: bins of each of the trials that lie one after another, whole ones on either side of the split;
            0 for one long recording.
    """

    name: str
    values: Float[np.ndarray, "bin cell"]
    present: np.ndarray
    n_train: int
    trial: int = 0


def pooled(
    recordings: Sequence[tuple[str, Activity]], *, fewest: int = 1, most: int | None = None
) -> tuple[tuple[str, ...], list[RecordedStreams]]:
    """The names of cells that at least `fewest` recordings have (of these, the `most` that most have), and
    every recording over them: counts as their square roots, each cell about its mean over its own training
    part in units of its deviation, cut off at `CLIPPED`. Missing values are the mean. Of
    a recording of several trials the last ones are judged.

    Raises:
        DatasetError: no such cell, or a recording shorter than two bins (or without a trial of two bins) on
            either side.
    """
    times = Counter(name for _, whole in recordings for name in whole.unit_names)
    names = tuple(name for name, n in times.most_common(most) if n >= fewest)
    if not names:
        raise DatasetError(f"no cell was recorded in {fewest} recordings or more: ask for fewer")
    place = {name: k for k, name in enumerate(names)}
    streams = []
    for title, whole in recordings:
        trials, length, _ = whole.values.shape
        if trials > 1 and length < 2:
            raise DatasetError(f"{title}: a trial of {length} bin has no next one: expected at least two")
        raw = np.concatenate(np.sqrt(whole.values) if whole.counts else whole.values)
        step = length if trials > 1 else 1
        n_train = round((1 - HELD_OUT) * len(raw) / step) * step
        if n_train < 2 or len(raw) - n_train < 2:
            raise DatasetError(
                f"{title}: a stream of {len(raw)} bins has no two patches on either side of its split"
            )
        own = [k for k, name in enumerate(whole.unit_names) if name in place]
        values, present = np.zeros((len(raw), len(names)), np.float32), np.zeros(len(names), bool)
        before = raw[:n_train, own]
        known = np.isfinite(before).any(0)
        mean = np.nanmean(np.where(known, before, 0), 0)
        sd = np.nanstd(np.where(known, before, 0), 0)
        moves = known & (sd > 0)
        scaled = (raw[:, own] - mean) / np.where(moves, sd, 1)
        index = [place[whole.unit_names[k]] for k in own]
        values[:, index] = np.clip(np.nan_to_num(scaled), -CLIPPED, CLIPPED) * moves
        present[index] = moves
        streams.append(RecordedStreams(title, values, present, n_train, length if trials > 1 else 0))
    return names, streams
