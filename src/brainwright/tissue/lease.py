"""How long writing is allowed without being renewed."""

import warnings

from .envelope import LONGEST_LEASE_S


class Lease:
    """It ends `duration_s` after it was taken or renewed last, on a clock that its owner reads.

    Args:
        longest_s: that may be asked for; None only bounds it by `LONGEST_LEASE_S`.
    """

    def __init__(self, longest_s: float | None):
        self.longest_s = longest_s
        self.duration_s = self.end_s = 0.0

    def checked(self, duration_s: float) -> float:
        """It returns the duration that a lease of `duration_s` would have.

        Raises:
            ValueError: it is not positive and finite, or longer than `longest_s`.
        """
        if not 0 < duration_s < float("inf"):
            raise ValueError(f"lease_s must be positive and finite, got {duration_s!r}")
        if self.longest_s is not None and duration_s > self.longest_s:
            raise ValueError(
                f"lease_s: expected at most {self.longest_s} s (longest_lease_s of the envelope), got "
                f"{duration_s}; renew it at each tick"
            )
        if duration_s > LONGEST_LEASE_S:
            words = f"lease_s: {duration_s:g} s is no lease; this one ends after {LONGEST_LEASE_S:g} s"
            warnings.warn(words, RuntimeWarning, stacklevel=3)
        return min(duration_s, LONGEST_LEASE_S)

    def take(self, duration_s: float, clock_s: float) -> None:
        """It begins a lease of a duration that was checked."""
        self.duration_s, self.end_s = duration_s, clock_s + duration_s

    def renew(self, clock_s: float) -> None:
        """It begins it anew."""
        self.end_s = clock_s + self.duration_s

    def holds(self, clock_s: float) -> bool:
        """It tells whether it has not ended; a clock that is no number holds none."""
        return clock_s < self.end_s

    @property
    def lapsed(self) -> str:
        """It is what to say when the lease has ended."""
        return f"lease of {self.duration_s:g} s lapsed"
