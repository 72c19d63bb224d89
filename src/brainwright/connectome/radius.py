"""The spectral radius of a directed graph, part by part.

The eigenvalues of a matrix are those of its strongly connected parts. On the whole graph a solver sees paths
that lead on and never back as cycles that are almost there (pseudo-eigenvalues; Trefethen & Embree 2005,
Spectra and Pseudospectra), on a single part it seldom does; what it then finds is checked from both sides.
"""

from itertools import pairwise

import numpy as np
from scipy import linalg, sparse
from scipy.sparse import csgraph
from scipy.sparse.linalg import ArpackError, eigs

from brainwright.connectome.errors import ConnectomeError

DENSE_CELLS = 1_000  # a second or two by dense eigenvalues, which see crowded circles as they are
FALLBACK_CELLS = 4_000  # about a minute and 0.5 GB, where Arnoldi iteration did not converge
RELATIVE_ERROR = 1e-6  # beyond it a radius is no longer one to scale weights by
AGREEMENT = 1e-9  # of the matrix and its transpose, whose eigenvalues are the same; rounding leaves 1e-13
PAIRS, VECTORS, RESTARTS = 4, 40, 300  # of Arnoldi iteration: pairs, so that ±r and a complex pair fit in
PRIME = 2_097_143.0  # the largest below 2^21: 1,000 products of two remainders add up exactly in 53 bits


def spectral_radius(matrix) -> float:
    """It returns the largest |eigenvalue| of a directed matrix; exactly 0 where nothing runs in a circle.

    Strongly connected parts of one cell give their autapse, those of up to 1,000 cells dense eigenvalues,
    larger ones Arnoldi iteration on the matrix and on its transpose, which must agree, or dense eigenvalues
    up to 4,000 cells. The error left by rounding, ε ‖A‖ over the cosine between left and right eigenvector
    (Golub & Van Loan 2013, Matrix Computations, 7.2.2), must stay below one part in a million.

    Args:
        matrix: (n, n), dense or sparse, real. Entries that are repeated add up.

    Raises:
        ConnectomeError: not square, not real, or not finite; or a part whose radius did not converge, or
            hangs on the rounding of its weights.
    """
    matrix, exponent = _checked(matrix)
    n_parts, part = csgraph.connected_components(matrix, directed=True, connection="strong")
    size = np.bincount(part, minlength=n_parts)
    radius = float(np.abs(matrix.diagonal()[size[part] == 1]).max(initial=0.0))
    order, ends = np.argsort(part, kind="stable"), np.cumsum(size)
    for k in np.flatnonzero(size > 1):
        cells = order[ends[k] - size[k] : ends[k]]
        # |eigenvalues| are at most the largest sum of a row or column: many parts need no more than that
        inner = matrix[cells][:, cells]
        if min(abs(inner).sum(axis).max() for axis in (0, 1)) > radius:
            radius = max(radius, _part_radius(inner))
    return float(np.ldexp(radius, exponent))


def _checked(matrix) -> tuple[sparse.csr_array, int]:
    """It returns the matrix over a power of two that brings its largest entry below 1, and that power."""
    matrix = sparse.csr_array(matrix)
    if matrix.shape[0] != matrix.shape[1]:
        raise ConnectomeError(f"a spectral radius needs a square matrix, got {matrix.shape}")
    if np.iscomplexobj(matrix.data):
        raise ConnectomeError("a spectral radius is computed for real weights, got complex ones")
    matrix = matrix.astype(np.float64, copy=True)
    matrix.sum_duplicates()
    if not np.isfinite(matrix.data).all():
        raise ConnectomeError("a spectral radius needs finite weights, got NaN or infinity")
    matrix.eliminate_zeros()
    exponent = int(np.frexp(np.abs(matrix.data).max(initial=0.0))[1])
    matrix.data = np.ldexp(matrix.data, -exponent)
    return matrix, exponent


def _part_radius(part: sparse.csr_array) -> float:
    """It is that of one strongly connected part; a periodic one is followed once round its classes."""
    n = part.shape[0]
    turn = _one_turn(part)
    if turn is not None:
        product, log_scale, period = turn
        turned = spectral_radius(product)
        return float(np.exp((np.log(turned) + log_scale) / period)) if turned else 0.0
    if n <= DENSE_CELLS:
        return _dense_radius(part.toarray())
    radius = _arnoldi_radius(part)
    if radius is not None:
        return radius
    if n <= FALLBACK_CELLS:
        return _dense_radius(part.toarray())
    raise ConnectomeError(
        f"the spectral radius of a strongly connected part of {n:,} cells did not converge, and dense "
        f"eigenvalues are computed up to {FALLBACK_CELLS:,} cells: scale by FanIn() or by a fixed factor"
    )


def _dense_radius(part: np.ndarray) -> float:
    values = np.linalg.eigvals(part)
    leading = values[np.abs(values).argmax()]
    if not _determined(part, leading):
        if len(part) <= DENSE_CELLS and _nilpotent(part):
            return 0.0
        raise ConnectomeError(
            f"the spectral radius of a strongly connected part of {len(part):,} cells hangs on the rounding "
            f"of its weights (about {abs(leading):.3g}): scale by FanIn() or by a fixed factor"
        )
    return float(abs(leading))


def _determined(part: np.ndarray, leading: complex) -> bool:
    """It says whether rounding moves the leading eigenvalue by less than RELATIVE_ERROR of itself."""
    balanced = linalg.matrix_balance(part, permute=False)[0]
    norm = np.linalg.norm(balanced)
    shifted = balanced - leading * np.eye(len(part))
    factors, pivots, _ = linalg.get_lapack_funcs("getrf", (shifted,))(shifted)
    exact = np.flatnonzero(
        factors.diagonal() == 0
    )  # inverse iteration wants a matrix that is almost singular
    factors[exact, exact] = np.finfo(float).eps * norm
    start = np.random.default_rng(0).random(len(part))
    right, left = start, start
    for _ in range(2):
        right, left = (linalg.lu_solve((factors, pivots), v, trans) for v, trans in ((right, 0), (left, 2)))
        right, left = right / np.linalg.norm(right), left / np.linalg.norm(left)
    cosine = abs(np.vdot(left, right))
    return np.finfo(float).eps * norm < RELATIVE_ERROR * cosine * abs(leading)


def _nilpotent(part: np.ndarray) -> bool:
    """It says whether a power of the matrix is exactly 0: as whole numbers (doubles times a power of two),
    modulo a prime.
    """
    lowest = np.frexp(part[part != 0])[1].min()
    power = np.fmod(np.ldexp(part, 53 - lowest), PRIME)
    for _ in range(len(part).bit_length()):
        power = np.fmod(power @ power, PRIME)
    return not power.any()


def _one_turn(part: sparse.csr_array) -> tuple[sparse.csr_array, float, int] | None:
    """It returns (product of the weights once round the classes of a periodic part, from its smallest class
    to itself, over e^log_scale; log_scale; period); None where the part has period 1, or no class of up to
    DENSE_CELLS.

    Cells fall into `period` classes, each of which sends to the next alone, so that the eigenvalues of the
    part are the roots of those of the product (Frobenius; Horn & Johnson 2013, Matrix Analysis, 8.4).
    """
    post, pre = part.nonzero()
    joined = sparse.csr_array((np.ones(pre.size), (pre, post)), shape=part.shape)
    level = csgraph.shortest_path(joined, unweighted=True, indices=0).astype(np.int64)
    period = int(np.gcd.reduce(level[pre] + 1 - level[post]))
    size = np.bincount(level % period, minlength=period)
    if period == 1 or size.min() > DENSE_CELLS:
        return None
    classes = [np.flatnonzero(level % period == (size.argmin() + k) % period) for k in range(period + 1)]
    product, log_scale = sparse.eye_array(size.min(), format="csr"), 0.0
    for source, target in pairwise(classes):
        product = part[target][:, source] @ product
        scale = abs(product).max()
        if scale == 0:
            return product, 0.0, period
        product, log_scale = product / scale, log_scale + float(np.log(scale))
    return product, log_scale, period


def _arnoldi_radius(part: sparse.csr_array) -> float | None:
    """It returns the same from the matrix and its transpose; None where they did not converge, or do not
    agree.
    """
    sides = []
    for seed, matrix in enumerate((part, part.T.tocsr())):
        start = np.random.default_rng(seed).random(part.shape[0])
        try:
            values, vectors = eigs(matrix, k=PAIRS, which="LM", v0=start, ncv=VECTORS, maxiter=RESTARTS)
        except ArpackError:  # not converged, or broken down
            return None
        residual = np.linalg.norm(matrix @ vectors - vectors * values, axis=0)
        sides.append((values, vectors, residual))
    (values, right, residual), (others, left, residual_left) = sides
    i = int(np.abs(values).argmax())
    j = int(np.abs(others - values[i]).argmin())
    radius = float(np.abs(values[i]))
    rounding = np.finfo(float).eps * sparse.linalg.norm(part)
    cosine = abs(left[:, j] @ right[:, i])  # the transpose's eigenvector is the conjugate of the left one
    error = max(residual[i], residual_left[j], rounding)
    agrees = abs(np.abs(others).max() - radius) < AGREEMENT * radius
    if part.data.min() > 0:  # the eigenvector of the radius, and no other, is of one sign (Perron, Frobenius)
        vector = right[:, i] / right[np.abs(right[:, i]).argmax(), i]
        agrees &= vector.real.min() > -np.sqrt(AGREEMENT) and np.abs(vector.imag).max() < np.sqrt(AGREEMENT)
    return radius if agrees and error < RELATIVE_ERROR * cosine * radius else None
