"""Practice that is spaced keeps longer; what is relearned is learned faster."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..errors import RecallError


@dataclass(frozen=True)
class Traces:
    """Every practice leaves a trace that decays by a power law, faster the stronger the memory is at that
    moment: m = ln Σ t_k^-d_k, d_k = scale e^(m at practice k) + least (Pavlik & Anderson 2005,
    doi:10.1207/s15516709cog0000_14). Practice on a fresh memory is worth less later: the spacing effect.

    Attributes:
        scale, least: of the decay; as published.
        threshold, noise: recall has the chance 1 / (1 + e^((threshold - m) / noise)).
    """

    scale: float = 0.217
    least: float = 0.177
    threshold: float = -0.7
    noise: float = 0.255

    def strength(self, practised: Sequence[float], at: float) -> float:
        """m at a time after practice at these times, all in seconds.

        Raises:
            RecallError: no practice, or practice that is not earlier and in order.
        """
        times = list(practised)
        if not times or any(b <= a for a, b in zip(times, [*times[1:], at], strict=True)):
            raise RecallError("expected times of practice in order, and a later one to ask at")
        decays: list[float] = []
        for k, time in enumerate(times):
            before = sum((time - past) ** -d for past, d in zip(times[:k], decays, strict=True))
            decays.append(self.scale * before + self.least)  # e^m is the sum itself
        return float(np.log(sum((at - past) ** -d for past, d in zip(times, decays, strict=True))))

    def chance(self, practised: Sequence[float], at: float) -> float:
        """Chance of recall."""
        return float(1 / (1 + np.exp((self.threshold - self.strength(practised, at)) / self.noise)))


def savings(first: float, again: float) -> float:
    """Share of the first learning's effort that relearning saves (Ebbinghaus 1885).

    Args:
        first, again: trials, updates or seconds to the same criterion.

    Raises:
        RecallError: a first effort that is not above 0.
    """
    if not first > 0:
        raise RecallError(f"expected an effort above 0, got {first}")
    return 1 - again / first
