"""Any signed wiring as a reservoir: its matrix at a spectral radius, what drives it, what its cells do."""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from jaxtyping import Float, Int

from brainwright.connectome import Connectome
from brainwright.network.compilation import wiring as topology
from brainwright.network.errors import NetworkError
from brainwright.network.scaling import SpectralRadius
from brainwright.network.sparse import SparseMatrix


def recurrent_matrix(
    connectome: Connectome, radius: float = 1.0, draw: Callable[[int], np.ndarray] | None = None
) -> SparseMatrix:
    """The signed counts of a wiring as a matrix, post × pre, scaled by one factor to a spectral radius.

    Args:
        connectome: signed, with at least one cycle; gap junctions and autapses are left out.
        radius: > 0.
        draw: number of connections → their weights, in place of the signed counts; such as
            `rng.standard_normal`.

    Raises:
        NetworkError: a wiring without signs or without a cycle, or weights of another number.
    """
    pattern, counts, _ = topology(connectome)
    weights = counts if draw is None else np.asarray(draw(counts.size), np.float64)
    if weights.shape != counts.shape:
        raise NetworkError(f"expected {counts.size} weights, one per connection, got shape {weights.shape}")
    scaled, _ = SpectralRadius(radius)(pattern, weights)
    return SparseMatrix(pattern, torch.tensor(scaled, dtype=torch.float32))


def input_drive(
    series: Float[np.ndarray, "time value"],
    cells: Int[np.ndarray, " driven"],
    n_cells: int,
    rng: np.random.Generator,
    scale: float = 1.0,
) -> Float[np.ndarray, "time cell"]:
    """What each cell gets of a series: weights onto `cells`, drawn uniformly from -1 to 1, times `scale`; the
    other cells get nothing. Float32.
    """
    drive = np.zeros((len(series), n_cells), np.float32)
    drive[:, cells] = scale * series @ rng.uniform(-1, 1, (series.shape[1], len(cells)))
    return drive


def driven_states(
    matrix: SparseMatrix,
    alphas: Sequence[float],
    drives: Float[np.ndarray, "series time cell"],
    read: Int[np.ndarray, " read"],
    phi: Callable[[torch.Tensor], torch.Tensor] = torch.tanh,
) -> Float[np.ndarray, "series alpha time read"]:
    """x(t) = phi(alpha W x(t - 1) + drive(t)) from rest, one reservoir per alpha and drive, side by side.

    Args:
        matrix: W; with a spectral radius of 1 the alphas are the radii of the reservoirs.
        alphas: factors of W.
        drives: what each cell gets, such as by `input_drive`.
        read: which cells are given back.
        phi: of the cells.
    """
    n_series, n_steps, n_cells = drives.shape
    scale = torch.tensor(tuple(alphas), dtype=torch.float32).repeat(n_series)[:, None]
    given, chosen = torch.from_numpy(drives), torch.as_tensor(np.asarray(read)).long()
    x = torch.zeros(n_cells, len(scale)).mT  # cells first in memory, as the sparse product wants it
    states = torch.empty(n_steps, len(chosen), len(scale))
    for t in range(n_steps):
        x = phi((matrix @ x) * scale + given[:, t].repeat_interleave(len(alphas), 0))
        states[t] = x.mT[chosen]
    return states.permute(2, 0, 1).unflatten(0, (n_series, len(alphas))).double().numpy()
