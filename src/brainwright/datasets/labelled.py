"""Recordings with what went along with them, to be decoded: reversals of worms, targets of reaches and of a
cursor.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from .recordings import bci, files_of, reach_days, worms

TOGETHER = 3
"""Moments of a worm that are seen at once, 1.8 s: fluorescence lags behind what the neurons do."""

DIRECTIONS = 8
"""Of a cursor's target."""


class Labelled(NamedTuple):
    """Samples in the order of time, and a class from 0 for each."""

    values: Float[np.ndarray, "sample feature"]
    classes: Int[np.ndarray, " sample"]


def reversing() -> dict[str, Labelled]:
    """Freely moving worms (Dag et al. 2023) by animal: the fluorescence of those neurons that were named in
    all of them, now and a little before, and whether the worm moves backwards. Each neuron is put to a mean
    of 0 and a deviation of 1 within its animal, without a look at what the worm does.

    Raises:
        MissingData: not one of the files is here.
    """
    traces = worms()
    named = set.intersection(*({n for n in own.unit_names if "/" not in n} for own in traces.values()))
    found = {}
    for path in files_of("celegans/calcium_dag2023", ".npz"):
        animal = path.stem.removeprefix("swf702_with_id_")
        own = traces[animal]
        with np.load(path, allow_pickle=False) as file:
            backwards = file["reversal_vec"][: len(own.values[0])].astype(np.int64)
        columns = [own.unit_names.index(name) for name in sorted(named)]
        values = own.values[0][:, columns]
        values = (values - values.mean(0)) / np.maximum(values.std(0), 1e-9)
        at_once = np.lib.stride_tricks.sliding_window_view(values, TOGETHER, axis=0)
        found[animal] = Labelled(at_once.reshape(len(at_once), -1), backwards[TOGETHER - 1 :])
    return found


def reaching() -> dict[str, Labelled]:
    """Motor cortex during centre-out reaches (Dyer et al. 2017) by day: the mean square root of each unit's
    counts in a trial, and which of four targets it went to.

    Raises:
        MissingData: not one of the files is here.
    """
    found = {}
    for day, trials, targets in reach_days():
        found[day] = Labelled(np.sqrt(trials).mean(1), targets.astype(np.int64))
    return found


def steering() -> dict[str, Labelled]:
    """Counts while a monkey steers a cursor (Golub et al. 2018) by stage, before and after it learned a new
    map: their square roots in 45 ms, and which of eight directions the target lay in.

    Raises:
        MissingData: not one of the files is here.
    """
    found = {}
    for stage, own in bci().items():
        counts = own.values[:, 0]
        # samples of all directions lie side by side, see `bci`
        found[stage] = Labelled(np.sqrt(counts), np.arange(len(counts)) % DIRECTIONS)
    return found
