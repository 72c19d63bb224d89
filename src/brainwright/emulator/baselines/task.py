"""What every model is asked: rates of all units at all times, from some units in the first bins."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from brainwright.evidence.scores import bits_per_spike

Predict = Callable[[np.ndarray], np.ndarray]
"""Counts [trial, bin, unit], NaN where missing, to expected counts of the same shape."""


@dataclass(frozen=True, eq=False)
class Window:
    """Trials in which the first units are seen in the first bins; all else is to be predicted.

    Args:
        train, validation: counts [trial, bin, unit].
        n_held_in: units that are seen; those after them never.
        n_observed: bins that are seen; those after them are the forecast.
    """

    train: Float[np.ndarray, "train bin unit"]
    validation: Float[np.ndarray, "validation bin unit"]
    n_held_in: int
    n_observed: int

    @property
    def n_bins(self) -> int:
        """Bins of a trial."""
        return self.train.shape[1]

    @property
    def n_units(self) -> int:
        """Units, seen or not."""
        return self.train.shape[2]

    def seen(self, counts: Float[np.ndarray, "trial bin unit"]) -> Float[np.ndarray, "trial bin unit"]:
        """NaN where a model may not look."""
        hidden = np.array(counts, np.float32)
        hidden[:, self.n_observed :] = np.nan
        hidden[:, :, self.n_held_in :] = np.nan
        return hidden

    def inputs(self, counts: Float[np.ndarray, "trial bin unit"]) -> Float[np.ndarray, "trial seen held_in"]:
        """The seen part alone, [trial, observed, held in]."""
        return np.asarray(counts[:, : self.n_observed, : self.n_held_in], np.float64)

    def scores(
        self, rates: Float[np.ndarray, "trial bin unit"], counts: Float[np.ndarray, "trial bin unit"]
    ) -> dict[str, float]:
        """co-bps on unseen units over the seen bins, fp-bps on all units over the bins to come."""
        co = np.s_[:, : self.n_observed, self.n_held_in :]
        fp = np.s_[:, self.n_observed :]
        found = {}
        if self.n_held_in < self.n_units:
            found["co_bps"] = bits_per_spike(rates[co], counts[co])
        if self.n_observed < self.n_bins:
            found["fp_bps"] = bits_per_spike(rates[fp], counts[fp])
        return found


def search(
    window: Window, fit: Callable[..., Predict], settings: list[dict[str, float]]
) -> tuple[Predict, dict[str, float]]:
    """The fit with the best sum of co-bps and fp-bps on the validation trials, and its settings."""
    best, chosen, top = None, {}, -np.inf
    for one in settings:
        predict = fit(window, **one)
        value = sum(window.scores(predict(window.seen(window.validation)), window.validation).values())
        if value > top:
            best, chosen, top = predict, one, value
    if best is None:
        raise ValueError("search: expected at least one setting with a finite score, got none")
    return best, chosen
