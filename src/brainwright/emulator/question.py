"""What every model of a recording is asked: what it may not see, from what it may."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from brainwright.evidence.scores import bits_per_spike


@dataclass(frozen=True, eq=False)
class Question:
    """Windows of activity in which units are seen in the first bins; all else is to be predicted.

    Args:
        train, validation, test: activity [window, bin, unit].
        n_seen: bins that are seen; those after them are the forecast.
        n_unseen: how many units, the last ones, are never seen.
        counts: whether the activity is counts, or a continuous signal as a difference from its mean over the
            seen bins, in units of the training sd.
        name: of the animal, culture or day.
        unit_names: units of one name in several recordings are the same unit.
        scale: of a continuous signal, the training sd that it is in units of, [unit].
    """

    train: Float[np.ndarray, "train bin unit"]
    validation: Float[np.ndarray, "validation bin unit"]
    test: Float[np.ndarray, "test bin unit"]
    n_seen: int
    n_unseen: int = 0
    counts: bool = True
    name: str = ""
    unit_names: tuple[str, ...] = ()
    scale: Float[np.ndarray, " unit"] | None = None

    @property
    def n_bins(self) -> int:
        """The number is that of the bins of a window."""
        return self.train.shape[1]

    @property
    def n_ahead(self) -> int:
        """The number is that of the bins to be forecast."""
        return self.n_bins - self.n_seen

    @property
    def n_units(self) -> int:
        """The number is that of the units, seen or not."""
        return self.train.shape[2]

    @property
    def n_held_in(self) -> int:
        """The number is that of the units that are seen."""
        return self.n_units - self.n_unseen

    @property
    def unseen(self) -> tuple[int, ...]:
        """The units are those that are never seen."""
        return tuple(range(self.n_held_in, self.n_units))

    def seen(self, activity: Float[np.ndarray, "window bin unit"]) -> Float[np.ndarray, "window bin unit"]:
        """Windows with NaN where a model may not look, float32."""
        hidden = np.array(activity, np.float32)
        hidden[:, self.n_seen :] = np.nan
        hidden[:, :, self.n_held_in :] = np.nan
        return hidden

    def coming(
        self, activity: Float[np.ndarray, "window bin unit"]
    ) -> Float[np.ndarray, "window ahead unit"]:
        """The rates are cut to the bins that are to be forecast."""
        return activity[:, self.n_seen :]

    def inputs(
        self, activity: Float[np.ndarray, "window bin unit"]
    ) -> Float[np.ndarray, "window seen held_in"]:
        """It returns the seen part alone, [window, seen bin, seen unit], float64."""
        return np.asarray(activity[:, : self.n_seen, : self.n_held_in], np.float64)

    def scores(
        self, rates: Float[np.ndarray, "window bin unit"], counts: Float[np.ndarray, "window bin unit"]
    ) -> dict[str, float]:
        """It returns the bits per spike over each unit's mean: `co_bps` of unseen units over the seen bins,
        `fp_bps` of all units over the bins to come; what nothing is asked of is left out.
        """
        unseen, coming = np.s_[:, : self.n_seen, self.n_held_in :], np.s_[:, self.n_seen :]
        scores = {}
        if self.n_unseen:
            scores["co_bps"] = bits_per_spike(rates[unseen], counts[unseen])
        if self.n_ahead:
            scores["fp_bps"] = bits_per_spike(rates[coming], counts[coming])
        return scores
