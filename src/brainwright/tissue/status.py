"""What a guarded tissue says of itself, and what it raises."""

from dataclasses import dataclass

from .budget import Use
from .limits import StimulusRefused


class TissueFault(RuntimeError):
    """The tissue, or the program that writes to it, broke the contract. Stimulation was stopped before this
    was raised."""


class PlanForged(StimulusRefused, TissueFault):
    """A plan that may be other than it says was refused, and stimulation was stopped."""


@dataclass(frozen=True)
class Status:
    """Where things stand. `paused` and `stopped` say why, empty where it is not so; `use`: dose by limit."""

    now_s: float
    armed: bool
    lease_left_s: float
    paused: str
    stopped: str
    waiting: int
    delivered: int
    use: tuple[Use, ...]
