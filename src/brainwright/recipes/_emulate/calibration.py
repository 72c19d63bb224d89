"""Whether a forecast is as sure as it should be: single counts, sums over the window, sums over all units."""

import numpy as np
from jaxtyping import Float

from brainwright.evidence.scores import (
    bits_per_spike,
    coverage,
    crps_skill,
    kolmogorov_distance,
    randomised_pit,
    summed,
)

COVERED = {
    "count": "single counts",
    "window": "each unit's sum over the window",
    "population": "each bin's sum over the units",
    "total": "sum over window and units",
}
"""On single counts of .1 even mean rates are calibrated; errors that persist in time, and those that units
share, show in sums. Of the last there is one to a trial: 120 trials tell its coverage to 3 %, no better."""
SUMS: dict[str, dict[str, bool]] = {
    "count": {},
    "window": {"bins": True},
    "population": {"units": True},
    "total": {"bins": True, "units": True},
}


def calibration(
    ensemble: Float[np.ndarray, "member trial bin unit"],
    counts: Float[np.ndarray, "trial bin unit"],
    point: Float[np.ndarray, "trial bin unit"],
) -> dict[str, float]:
    """Of each kind: coverage of the central 90 %, distance of the transforms from uniform, gain in CRPS over
    a Poisson law around the point forecast; coverage and distance of that law too.
    """
    found = {"fp_point": bits_per_spike(point, counts)}
    for kind in COVERED:
        law, y = summed(ensemble, counts, **SUMS[kind])
        plain, _ = summed(point[None], counts, **SUMS[kind])
        for name, one in (("", law), ("_point", plain)):
            u = randomised_pit(one, y)
            found |= {f"{kind}_coverage{name}": coverage(u), f"{kind}_distance{name}": kolmogorov_distance(u)}
        found[f"{kind}_crps_gain"] = crps_skill(law, y, plain[0])
    return found


def window_pit(
    ensemble: Float[np.ndarray, "member trial bin unit"], counts: Float[np.ndarray, "trial bin unit"]
) -> Float[np.ndarray, " entry"]:
    """Randomised transforms of the counts summed over the window, for the figure."""
    return randomised_pit(*summed(ensemble, counts, bins=True))
