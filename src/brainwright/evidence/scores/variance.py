"""What a score of explained variance does where nothing varies: leaves it out and says so, or refuses."""

import warnings

import numpy as np


class NothingVaries(ValueError):
    """There is no variance that a prediction could explain: the score is undefined."""


class LeftOut(UserWarning):
    """Part of the data was left out of a score, since it does not vary."""


def varying(values: np.ndarray) -> np.ndarray:
    """Which columns of [row, column] take more than one value, bool [column]."""
    values = np.asarray(values, np.float64)
    return values.min(0) < values.max(0) if len(values) else np.zeros(values.shape[1], bool)


def scored(kept: np.ndarray, score: str, what: str) -> np.ndarray:
    """`kept`, bool, once it is said how many of `what` are left out of `score`.

    Raises:
        NothingVaries: none is kept.
    """
    left = int((~kept).sum())
    if not kept.any():
        raise NothingVaries(f"{score}: expected {what} that vary, got {left} that do not: it is undefined")
    if left:
        message = f"{score}: {left} of {kept.size} {what} do not vary and are left out"
        warnings.warn(message, LeftOut, stacklevel=3)
    return kept


def pearson(a: np.ndarray, b: np.ndarray) -> float | None:
    """Pearson's r over the entries where both are finite; None where one of them does not vary there."""
    here = np.isfinite(a) & np.isfinite(b)
    x, y = a[here], b[here]
    return float(np.corrcoef(x, y)[0, 1]) if varying(np.stack([x, y], 1)).all() else None
