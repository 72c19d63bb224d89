"""The contract of a piece of neural tissue: read what it says, write what it should hear.

Simulated, saline, replayed and real tissue are the same to the caller. A preparation may hold several
dishes (a batch of cultures, the wells of a plate); hardware with one dish has `n_dishes == 1`.
"""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from brainwright.signal import Recording

from .ledger import DoseLedger
from .limits import StimulusLimits
from .plan import StimulusPlan

NEEDED = ("n_dishes", "n_channels", "limits", "ledger", "now_s", "read", "write", "stop")
"""What tissue must have; nothing has a default."""


@dataclass(frozen=True, eq=False)
class Receipt:
    """What became of an admitted plan: requested and scheduled times, [pulse] each, in tissue seconds."""

    admitted_s: float
    requested_s: NDArray[np.float64]
    scheduled_s: NDArray[np.float64]
    charge_nC: float


@runtime_checkable
class Tissue(Protocol):
    """Anything that can be read and stimulated. `brainwright.tissue.check_tissue` tests an implementation."""

    n_dishes: int
    n_channels: int
    limits: StimulusLimits

    @property
    def ledger(self) -> DoseLedger:
        """It holds all that was admitted and delivered."""
        ...

    def now_s(self) -> float:
        """It returns seconds on the tissue's own clock, never going back."""
        ...

    def read(self, duration_s: float) -> Recording:
        """It waits for `duration_s` and returns what was detected in [now, now + duration).

        Raises:
            ValueError: a duration that is not positive and finite.
        """
        ...

    def write(self, plan: StimulusPlan) -> Receipt:
        """It queues a plan. Admitted whole, or refused whole with `StimulusRefused` and nothing delivered."""
        ...

    def stop(self) -> None:
        """It cancels everything queued. May be called at any time, any number of times."""
        ...


def missing_parts(tissue: object) -> list[str]:
    """What an object lacks to be `Tissue`, by name."""
    return [name for name in NEEDED if not hasattr(tissue, name)]


def check_parts(tissue: object) -> None:
    """Raises TypeError where an object lacks parts of `Tissue`: now, not in its first write."""
    missing = missing_parts(tissue)
    if missing:
        raise TypeError(
            f"expected tissue, got {type(tissue).__name__}, which lacks {', '.join(missing)}; "
            "brainwright.tissue.check_tissue tries every promise"
        )
