"""Decoders of anyone, and a plain one for tables: fit to some samples, asked about others."""

import copy
from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from .paired import AuditError, table_of

ROWS = 512
"""Samples whose neighbours are looked for at a time, so that memory does not grow with their number."""
MOST_NEIGHBOURS = 25


class Decoder(Protocol):
    """What scikit-learn calls an estimator."""

    def fit(self, x: Any, target: Any) -> Any: ...
    def predict(self, x: Any) -> Any: ...


Reader = Callable[[NDArray, NDArray, NDArray], NDArray]
"""(training inputs, their targets, inputs) -> what is said of these."""
Fitted = Callable[[NDArray], NDArray]


def fitter(decoder: Decoder | Reader) -> Callable[[NDArray, NDArray], Fitted]:
    """(training inputs, targets) -> what answers: of an object with `fit` and `predict` a fresh copy each
    time; a function of three arguments is called whenever it is asked.

    Raises:
        AuditError: neither.
    """
    if hasattr(decoder, "fit") and hasattr(decoder, "predict"):

        def fit(x: NDArray, target: NDArray) -> Fitted:
            fresh: Any = decoder() if isinstance(decoder, type) else copy.deepcopy(decoder)
            fresh.fit(x, target)
            return lambda asked: np.asarray(fresh.predict(asked))

        return fit
    if callable(decoder):
        said = decoder
        return lambda x, target: lambda asked: np.asarray(said(x, target, asked))
    raise AuditError(
        "decoder: expected an object with fit and predict, or a function (training inputs, targets, inputs), "
        f"got {type(decoder).__name__}"
    )


def nearest(x: NDArray, target: NDArray, asked: NDArray) -> NDArray:
    """What the nearest samples of a table say, which follows any shape: labels by vote, numbers by their
    mean; as many neighbours as the root of the samples, at most 25.
    """
    x, asked = table_of(x), table_of(asked)
    mean, sd = x.mean(0), np.where(x.std(0) > 0, x.std(0), 1.0)
    x, asked = (x - mean) / sd, (asked - mean) / sd
    k = int(np.clip(round(len(x) ** 0.5), 1, MOST_NEIGHBOURS))
    labels = target.ndim == 1 and target.dtype.kind != "f"
    names, numbers = np.unique(target, return_inverse=True) if labels else (None, None)
    said = []
    for first in range(0, len(asked), ROWS):
        part = asked[first : first + ROWS]
        far = (part**2).sum(1)[:, None] - 2 * part @ x.T + (x**2).sum(1)
        near = np.argsort(far, axis=1, kind="stable")[:, :k]
        if names is None or numbers is None:
            said.append(target[near].mean(1))
        else:
            votes = np.stack([np.bincount(row, minlength=len(names)) for row in numbers[near]])
            said.append(names[votes.argmax(1)])
    return np.concatenate(said)


def constant(target: NDArray, n: int) -> NDArray:
    """The best answer that looks at nothing: the commonest label, or the mean."""
    if target.ndim == 1 and target.dtype.kind != "f":
        names, counts = np.unique(target, return_counts=True)
        return np.repeat(names[counts.argmax()], n)
    return np.repeat(target.mean(0, keepdims=True), n, axis=0)
