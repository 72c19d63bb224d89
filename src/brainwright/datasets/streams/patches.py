"""Streams of patches: what a network is shown one after another, whatever the modality."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float, Int

from brainwright.datasets.errors import DatasetError


@dataclass(frozen=True, eq=False)
class Patches:
    """Streams of equal length, filled up with zeros where they are shorter.

    Args:
        values: float32 [stream, patch, value].
        valid: 1 for a patch, 0 for what fills up, float32 [stream, patch]; the first patches of a stream.
        labels: class of each stream, int64, or of each patch [stream, patch]; nobody trains on them.
    """

    values: Float[np.ndarray, "stream patch value"]
    valid: Float[np.ndarray, "stream patch"]
    labels: Int[np.ndarray, "stream ..."]

    def __post_init__(self) -> None:
        if self.values.ndim != 3 or self.valid.shape != self.values.shape[:2] or not len(self.values):
            raise DatasetError(
                f"expected streams [stream, patch, value] and which patches are valid, got shapes "
                f"{self.values.shape} and {self.valid.shape}"
            )
        shortest = int(self.valid.sum(1).min())
        if shortest < 2:
            raise DatasetError(
                f"a stream of {shortest} patch{'' if shortest == 1 else 'es'} has no next one: expected at "
                "least two patches in every stream"
            )
        if not np.isfinite(self.values).all():
            raise DatasetError("a stream has NaN or infinite values: fill them, or leave the stream out")

    @classmethod
    def of(cls, streams: Sequence[Float[np.ndarray, "patch value"]], labels: np.ndarray) -> "Patches":
        """Streams of unequal length, filled up to the longest."""
        longest = max(map(len, streams), default=0)
        values = np.zeros((len(streams), longest, streams[0].shape[1] if streams else 0), np.float32)
        valid = np.zeros(values.shape[:2], np.float32)
        for k, stream in enumerate(streams):
            values[k, : len(stream)], valid[k, : len(stream)] = stream, 1
        return cls(values, valid, labels)

    def with_constant(self, value: float) -> "Patches":
        """One value more in every patch, the same in all, 0 in what fills up: the direction of an embedding
        then holds how large a patch is, which it does not where a patch and its double lie in one direction.
        """
        constant = (self.valid * value).astype(np.float32)[..., None]
        return replace(self, values=np.concatenate([self.values, constant], axis=2))

    def chosen(self, index: np.ndarray) -> "Patches":
        """These streams alone."""
        return Patches(self.values[index], self.valid[index], self.labels[index])


@dataclass(frozen=True, eq=False)
class Split:
    """Streams to train on and to judge with."""

    train: Patches
    test: Patches

    def standardised(self) -> "Split":
        """Each value of a patch has mean 0 and deviation 1 over the valid patches of the training streams;
        what fills up stays 0.
        """
        rows = self.train.values[self.train.valid > 0]
        mean, sd = rows.mean(0), rows.std(0)
        # below a millionth of the largest, what varies is the rounding of float32
        scale = np.divide(1, sd, out=np.zeros_like(sd), where=sd > 1e-6 * max(float(sd.max()), 1e-30))

        def of(part: Patches) -> Patches:
            values = (part.values - mean) * scale * part.valid[..., None]
            return replace(part, values=values.astype(np.float32))

        return Split(of(self.train), of(self.test))
