"""Activity of any kind as frames: [time, unit], without gaps."""

import numpy as np
from numpy.typing import NDArray

from brainwright.datasets.activity import Activity
from brainwright.signal import Recording
from brainwright.untrusted import Fault

MOST_MISSING = 0.5
"""Share of frames with a missing value from which a recording is refused: the rest would be a choice."""


class FeaturesError(Fault):
    """What is asked of sparse features cannot be had; the message says what to do."""


def frames_of(
    activity: Recording | Activity | NDArray, *, bin_s: float | None = None, dish: int = 0
) -> NDArray[np.float32]:
    """It returns activity as frames, [time, unit]; counts as roots, whose noise does not grow with them.

    Trials of an `Activity` follow one another. Frames in which a value is missing are left out. An array is
    taken as it is.

    Args:
        activity: spikes, binned activity, or an array [time, unit].
        bin_s: width of a bin, for spikes alone.
        dish: of the spikes.

    Raises:
        FeaturesError: another shape, spikes without a width of bins, fewer than two frames or units, more
            than half of the frames with missing values.
    """
    if isinstance(activity, Recording):
        if bin_s is None:
            raise FeaturesError("frames_of: expected bin_s, the width of a bin, for spikes, got none")
        activity = Activity.of(activity, bin_s, dish)
    if isinstance(activity, Activity):
        values = activity.values.reshape(-1, activity.values.shape[2])
        values = np.sqrt(values) if activity.counts else values
    else:
        values = np.asarray(activity)
    if values.ndim != 2 or min(values.shape) < 2 or values.dtype.kind not in "iufb":
        raise FeaturesError(
            f"expected activity [time, unit] of numbers, two or more of each, got {values.dtype} of shape "
            f"{values.shape}"
        )
    whole = np.isfinite(values).all(axis=1)
    if whole.mean() < 1 - MOST_MISSING or whole.sum() < 2:
        raise FeaturesError(
            f"expected values in most frames, got {int((~whole).sum())} of {len(values)} frames with a "
            "missing one: leave out the units that are missing"
        )
    return values[whole].astype(np.float32)
