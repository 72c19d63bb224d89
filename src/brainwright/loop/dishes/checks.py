"""What must hold for a comparison of taught arms to mean something."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from brainwright.evidence import Check
from brainwright.signal import SymbolStream

from ..audit import Probed, Saline, audit_decoder
from ..present import Periods
from .dishes import Arrays
from .naive import readout_of

CHARGE_TOLERANCE = 0.01
"""Relative; arms with the same pulses have the same charge, so it allows for nothing but rounding."""
AUDIT_DRAWS = 707  # a stream of random numbers apart from those of the dishes
CULTURE_HZ = (0.5, 10.0)
"""Mean rates of cortical cultures, at rest and driven."""


def audit(
    naive: Arrays, taught: Arrays, symbols: NDArray[np.int64], stream: SymbolStream, seed: int
) -> list[Check]:
    """Whether anything leaks into the score of a taught arm: `audit_decoder` of what is kept.

    Args:
        naive: what `naive_tissue` gave.
        taught: what `teach_dishes` gave.
        symbols: of the probe, [dish, trial].
        stream: whose successors are the right answers.
        seed: of the permutations.
    """
    heard, counts = naive["calibration_symbols"], naive["calibration_counts"].astype(np.float32)
    answers, untaught = (arrays["answers"].astype(np.int64) for arrays in (taught, naive))
    return audit_decoder(
        readout_of(naive),
        Probed(symbols, stream.successor, taught["probe_after"], answers, untaught),
        Periods(heard, heard, counts, np.full((*heard.shape, 0), -1)),
        Saline(naive["saline_probe_after"], naive["saline_probe_stimulus"]),
        constant=stream.constant_level,
        rng=np.random.default_rng([seed, AUDIT_DRAWS]),
    )


def same_charge(charges: Mapping[str, NDArray[np.float64]], tolerance: float = CHARGE_TOLERANCE) -> Check:
    """Whether arms delivered the same charge: arm → charge [dish], each beside the first arm's mean."""
    reference = next(iter(charges.values())).mean()
    worst = max(float(np.abs(charge / reference - 1).max()) for charge in charges.values())
    detail = f"largest deviation {worst:.2%} (limit {100 * tolerance:g} %)"
    return Check("same charge in all writing arms", worst <= tolerance, detail)


def culture_rates(
    rest_hz: NDArray[np.float64],
    before_hz: NDArray[np.float64],
    after_hz: NDArray[np.float64],
    limits_hz: tuple[float, float] = CULTURE_HZ,
) -> Check:
    """Whether tissue fires as cultures do: mean rates [dish] at rest, driven before and after teaching."""
    rates, (low, high) = [rate.mean() for rate in (rest_hz, before_hz, after_hz)], limits_hz
    said = f"at rest {rates[0]:.2f} Hz, driven {rates[1]:.2f} Hz before and {rates[2]:.2f} Hz after"
    holds = all(low <= rate <= high for rate in rates)
    return Check("rates in the culture range", holds, f"{said} ({low:g}-{high:g} Hz)")


def beats_trivial_forecasts(skill: Mapping[str, NDArray[np.float64]]) -> Check:
    """Whether an emulator forecasts better than what needs no model: `DishModel.skill`, [dish] each."""
    means = {name: float(values.mean()) for name, values in skill.items()}
    said = ", ".join(f"{name} {value:.3f}" for name, value in means.items())
    return Check(
        "emulator beats the trivial forecasts",
        means["emulator"] > max(means["mean"], means["persistence"]),
        f"{said} bits per spike, held-out frames",
    )
