"""Whether a forecast is as sure as it should be: single counts, sums over the window, sums over all units."""

import numpy as np

from brainwright.evidence.scores.counts import bits_per_spike
from brainwright.evidence.scores.forecasts import (
    coverage,
    crps_skill,
    kolmogorov_distance,
    randomised_pit,
    summed,
)

SUMS: dict[str, dict[str, bool]] = {
    "count": {},
    "window": {"bins": True},
    "population": {"units": True},
    "total": {"bins": True, "units": True},
}
"""What is summed before it is judged. On single counts of .1 even mean rates are calibrated; errors that
persist in time, and those that units share, show in sums. Of the last there is one to a trial: 120 trials
tell its coverage to 3 %, no better.
"""


def calibration(ensemble: np.ndarray, counts: np.ndarray, point: np.ndarray) -> dict[str, float]:
    """Judges an ensemble of rates by what came, beside a Poisson law around the point forecast.

    Args:
        ensemble: rates [member, trial, bin, unit].
        counts: what came, [trial, bin, unit].
        point: rates [trial, bin, unit] of the point forecast.

    Returns:
        Of each kind K of `SUMS`: `K_coverage` of the central 90 %, `K_distance` (the largest) of the
        randomised transforms from the uniform law, both of the Poisson law too (`K_coverage_point`,
        `K_distance_point`), and `K_crps_gain` over that law; `fp_point`: bits per spike of the point
        forecast.
    """
    figures = {"fp_point": bits_per_spike(point, counts)}
    for kind, over in SUMS.items():
        law, y = summed(ensemble, counts, **over)
        plain, _ = summed(point[None], counts, **over)
        for name, judged in (("", law), ("_point", plain)):
            u = randomised_pit(judged, y)
            figures[f"{kind}_coverage{name}"] = coverage(u)
            figures[f"{kind}_distance{name}"] = kolmogorov_distance(u)
        figures[f"{kind}_crps_gain"] = crps_skill(law, y, plain[0])
    return figures


def window_pit(ensemble: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Randomised transforms [entry] of the counts summed over the window; uniform where the forecast is
    calibrated.

    Args:
        ensemble: rates [member, trial, bin, unit].
        counts: what came, [trial, bin, unit].
    """
    return randomised_pit(*summed(ensemble, counts, bins=True))
