"""What an experimenter permits over time, on top of the limits of the preparation."""

from dataclasses import dataclass, fields
from typing import Literal

from .limits import StimulusLimits

FOREVER = float("inf")
LONGEST_LEASE_S = 1e6
"""Eleven days: who asks for more has no lease in mind, but a way round it."""


@dataclass(frozen=True, kw_only=True)
class Bucket:
    """A token bucket: `capacity` at once, refilled at capacity / refill_s.

    In any interval of length T one key (a channel of a dish, or a dish) receives at most
    capacity x (1 + T / refill_s). `refill_s` of infinity is a budget for the whole session.
    """

    per: Literal["channel", "dish"]
    unit: Literal["nC", "pulses"]
    capacity: float
    refill_s: float

    def __post_init__(self) -> None:
        if self.per not in ("channel", "dish") or self.unit not in ("nC", "pulses"):
            raise ValueError(
                f"Bucket: expected per 'channel' or 'dish' and unit 'nC' or 'pulses', got {self.per!r}, "
                f"{self.unit!r}"
            )
        if not (0 < self.capacity < FOREVER and self.refill_s > 0):
            raise ValueError(
                f"Bucket: expected a positive capacity and refill_s, got {self.capacity}, {self.refill_s}"
            )

    @property
    def name(self) -> str:
        """It is as refusals name it, for example `channel_pulses_per_1s`, `dish_nC_per_session`."""
        over = "session" if self.refill_s == FOREVER else f"{self.refill_s:g}s"
        return f"{self.per}_{self.unit}_per_{over}"


DOSE = (
    Bucket(per="channel", unit="pulses", capacity=100, refill_s=1.0),
    Bucket(per="channel", unit="nC", capacity=60.0, refill_s=1.0),
    Bucket(per="dish", unit="pulses", capacity=1_000, refill_s=1.0),
    Bucket(per="dish", unit="nC", capacity=400.0, refill_s=1.0),
    Bucket(per="channel", unit="pulses", capacity=2_500, refill_s=60.0),
    Bucket(per="channel", unit="nC", capacity=1_000.0, refill_s=60.0),
    Bucket(per="dish", unit="pulses", capacity=25_000, refill_s=60.0),
    Bucket(per="dish", unit="nC", capacity=10_000.0, refill_s=60.0),
    Bucket(per="dish", unit="pulses", capacity=2_000_000, refill_s=FOREVER),
    Bucket(per="dish", unit="nC", capacity=800_000.0, refill_s=FOREVER),
)
"""Second, minute and session; a choice, to be set for each preparation."""


@dataclass(frozen=True, kw_only=True)
class Envelope:
    """Bounds over time, whatever the hardware. Together with the limits of the tissue the strictest holds.

    Every bound is monotone: a plan that is admitted is still admitted without some of its pulses.

    limits: further `StimulusLimits`, held beside the tissue's own.
    buckets: doses per second, minute and session.
    burst_pulses: pulses of one channel that follow one another by less than `burst_gap_s`, at most.
    queued_pulses: how many may wait.
    rise_nC: how much more charge an update may hold than the one before, summed over the channels of a dish
        that receive more; None is no bound. Less is always admitted.
    update_s: plans admitted within this time from the first of an update belong to it: a change is not made
        small by cutting it into plans.
    longest_lease_s: for how long stimulation may be armed at a time; a longer lease is refused. None suits
        simulated tissue alone: a lease then runs for `LONGEST_LEASE_S` at most, with a warning.
    """

    limits: StimulusLimits | None = None
    buckets: tuple[Bucket, ...] = DOSE
    burst_pulses: int = 100
    burst_gap_s: float = 0.05
    queued_pulses: int = 100_000
    rise_nC: float | None = None
    update_s: float = 0.005
    longest_lease_s: float | None = None

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name in ("limits", "buckets") or value is None:
                continue
            if not 0 < value < FOREVER:
                raise ValueError(f"{field.name} must be positive and finite, got {value!r}")
        names = [bucket.name for bucket in self.buckets]
        if len(set(names)) < len(names):
            raise ValueError(f"buckets: expected one of each kind, got {sorted(names)}")
