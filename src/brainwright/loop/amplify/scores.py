"""What rose when a feature was amplified, and what rose beside it."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from brainwright.emulator.features import SparseFeatures

from ..evoke.protocol import Writes
from .cues import CueReadout

LEAST_SD = 1e-3
"""Of a feature's activity: one that hardly varies is not blown up."""


class Rises(NamedTuple):
    """Changes against silence, [dish, target] each."""

    rise: NDArray[np.float64]
    """Of the feature itself, in deviations of its recorded activity."""
    others: NDArray[np.float64]
    """The same, mean over all other live features."""
    specific: NDArray[np.float64]
    """The one less the other."""
    rank: NDArray[np.float64]
    """Share of the other live features that rose less: .5 where the feature is as any other."""
    share: NDArray[np.float64]
    """Of the feature in the activity of all features."""
    elsewhere: NDArray[np.float64]
    """Rise where channels that were stimulated are heard as in silence."""
    firing: NDArray[np.float64]
    """Spikes in the window, all channels."""
    task: NDArray[np.float64]
    """Probability that the readout gives to the cue to which the feature is tuned."""


def rises(
    counts: NDArray,
    silent: NDArray,
    features: SparseFeatures,
    readout: CueReadout,
    told: Mapping[str, NDArray],
    writes: Writes,
    electrodes: NDArray[np.int64],
) -> Rises:
    """It compares an arm with silence.

    Args:
        counts: of the arm, [dish, target, repeat, channel].
        silent: of silence, the same shape.
        features: a model for each dish.
        readout: of the task.
        told: `own` [dish, target], `alive` [dish, feature], `code_sd` [dish, feature], `tuning` [dish, cue,
            feature].
        writes: of the arm, [dish, target, input].
        electrodes: the channel of each input.
    """
    own, dish = told["own"], np.arange(len(counts))[:, None]
    sd = np.maximum(told["code_sd"].astype(np.float64), LEAST_SD)
    frames, still = (np.sqrt(part.astype(np.float32)) for part in (counts, silent))
    before = _codes(features, still).mean((1, 2))
    codes = _codes(features, frames).mean(2)
    z = (codes - before[:, None]) / sd[:, None]
    rise = np.take_along_axis(z, own[:, :, None], 2)[..., 0]
    rest = np.broadcast_to(told["alive"][:, None], z.shape).copy()
    np.put_along_axis(rest, own[:, :, None], False, 2)
    others = (z * rest).sum(2) / rest.sum(2)
    below = (((z < rise[..., None]) + 0.5 * (z == rise[..., None])) * rest).sum(2) / rest.sum(2)
    total, total_before = codes.sum(2), before.sum(1)
    share = np.take_along_axis(codes, own[:, :, None], 2)[..., 0] / np.maximum(total, LEAST_SD)
    share = share - before[dish, own] / np.maximum(total_before, LEAST_SD)[:, None]
    stimulated = np.zeros((*writes.shape[:2], frames.shape[-1]), bool)
    stimulated[..., electrodes] = writes
    masked = np.where(stimulated[:, :, None], still.mean((1, 2))[:, None, None], frames)
    away = np.take_along_axis(_codes(features, masked).mean(2), own[:, :, None], 2)[..., 0]
    preferred = np.take_along_axis(told["tuning"].argmax(1), own, 1)
    chance = _probabilities(readout, still).mean((1, 2))
    given = _probabilities(readout, frames).mean(2)
    task = np.take_along_axis(given, preferred[:, :, None], 2)[..., 0] - chance[dish, preferred]
    firing = counts.sum(3, dtype=np.float64).mean(2) - silent.sum(3, dtype=np.float64).mean((1, 2))[:, None]
    elsewhere = (away - before[dish, own]) / sd[dish, own]
    return Rises(rise, others, rise - others, below, share, elsewhere, firing, task)


def _codes(features: SparseFeatures, frames: NDArray) -> NDArray[np.float64]:
    """[dish, target, repeat, channel] -> [dish, target, repeat, feature]"""
    flat = frames.reshape(len(frames), -1, frames.shape[-1]).astype(np.float32)
    return features.encode(flat).reshape(*frames.shape[:3], -1).astype(np.float64)


def _probabilities(readout: CueReadout, frames: NDArray) -> NDArray[np.float64]:
    flat = frames.reshape(len(frames), -1, frames.shape[-1])
    return readout.probabilities(flat).reshape(*frames.shape[:3], -1)
