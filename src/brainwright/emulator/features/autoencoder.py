"""A batch of sparse autoencoders: activity to a few active features, and back."""

from dataclasses import dataclass, fields

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from .frames import FeaturesError
from .topk import largest

ROWS = 8_192
"""Frames that are encoded at a time, so that memory does not grow with the recording."""


@dataclass(frozen=True, eq=False)
class SparseFeatures:
    """f = TopK(W_e (x - b) + c), and x again as W_d f + b, for each of a batch of models; x in units of the
    deviation of each unit (Gao et al. 2024, arXiv:2406.04093).

    Attributes:
        encoder: W_e, [model, feature, unit].
        bias: c, [model, feature].
        decoder: W_d, rows of length 1, [model, feature, unit]; a row is the pattern of a feature.
        centre: b, [model, unit].
        mean, sd: of the units, [1 or model, unit].
        k: features active in a frame at most.
        prefixes: first features that make do alone, rising; the last is all of them. More than one is a
            Matryoshka autoencoder.
    """

    encoder: Tensor
    bias: Tensor
    decoder: Tensor
    centre: Tensor
    mean: Tensor
    sd: Tensor
    k: int
    prefixes: tuple[int, ...]

    @property
    def n_models(self) -> int:
        return self.encoder.shape[0]

    @property
    def n_features(self) -> int:
        return self.encoder.shape[1]

    @property
    def n_units(self) -> int:
        return self.encoder.shape[2]

    def scaled(self, values: NDArray) -> NDArray[np.float32]:
        """Frames [time, unit] or [model, time, unit] in the units of the model, [model or 1, time, unit].

        Raises:
            FeaturesError: another number of units or models.
        """
        array = np.asarray(values, np.float32)
        array = array[None] if array.ndim == 2 else array
        if array.ndim != 3 or array.shape[2] != self.n_units or len(array) not in (1, self.n_models):
            raise FeaturesError(
                f"expected frames [time, {self.n_units}] or [{self.n_models}, time, {self.n_units}], got "
                f"shape {np.shape(values)}"
            )
        return (array - self.mean[:, None].numpy()) / self.sd[:, None].numpy()

    def encode(self, values: NDArray) -> NDArray[np.float32]:
        """Frames [time, unit], or [model, time, unit] -> active features [model, time, feature].

        Raises:
            FeaturesError: see `scaled`.
        """
        x = torch.from_numpy(self.scaled(values)).expand(self.n_models, -1, -1)
        with torch.no_grad():
            return torch.cat([self._codes(part) for part in x.split(ROWS, dim=1)], dim=1).numpy()

    def decode(self, codes: NDArray[np.floating]) -> NDArray[np.float32]:
        """Features [model, time, feature] -> frames [model, time, unit], in the units of the recording."""
        with torch.no_grad():
            f = torch.from_numpy(np.asarray(codes, np.float32))
            x = torch.baddbmm(self.centre[:, None], f, self.decoder)
        return x.numpy() * self.sd[:, None].numpy() + self.mean[:, None].numpy()

    def take(self, models: slice | list[int]) -> "SparseFeatures":
        """Some of the models."""
        parts = {f.name: getattr(self, f.name) for f in fields(self)}
        for name in ("encoder", "bias", "decoder", "centre", "mean", "sd"):
            parts[name] = parts[name] if len(parts[name]) == 1 < self.n_models else parts[name][models]
        return SparseFeatures(**parts)

    def _codes(self, x: Tensor) -> Tensor:
        drive = torch.baddbmm(self.bias[:, None], x - self.centre[:, None], self.encoder.mT)
        return largest(drive, self.k)
