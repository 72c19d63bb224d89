"""The law of the klinotaxis plate, in one place for NumPy and torch: `xp` is either module."""

import math
from dataclasses import dataclass
from typing import Any

from .contract import WorldError

FIELDS = ("gaussian", "cone", "pair", "none")


@dataclass(frozen=True)
class PlateLaw:
    """A point worm on a plate (Izquierdo & Lockery 2010, 10.1523/JNEUROSCI.2606-10.2010; Izquierdo & Beer
    2013, 10.1371/journal.pcbi.1002890).

        dmu/dt = turn,  dx/dt = v cos mu,  dy/dt = v sin mu
        d = gain (mean C over the last `recent_s` - mean C over the `before_s` before it)
        ON = max(0, d),  OFF = max(0, -d)                                          (ASEL, ASER)

    It starts at the origin with a random heading; the peak lies at (`peak_cm`, 0).

    Attributes:
        field: "gaussian" exp(-h² / 2 λ²), "cone" slope × h, "pair" (a Gaussian at the peak less one at its
            mirror image), "none" (the control without gradient); h is the distance to the peak in cm.
        dt_s: of a step; .01 in the papers. .05 is 84 steps of a head sweep.
        duration_s: of an episode. A straight way to the peak takes 204 s of 500, so that no trajectory
            index can exceed .795.
        sweep_s: of the head; its phase is seen as sin(2 pi t / sweep_s).
        recent_s, before_s: .1 to 4.2 in the papers' search; half a second is a choice within it.
        turn_limit: rad/s: two muscles of weight 3, the largest of the search.
        pirouettes_hz: rate of turns to a uniform heading; .033 in the papers, none by default.
    """

    field: str = "gaussian"
    peak_cm: float = 4.5
    width_cm: float = 1.61
    slope: float = -0.2
    speed_cm_s: float = 0.022
    dt_s: float = 0.05
    duration_s: float = 500.0
    sweep_s: float = 4.2
    recent_s: float = 0.5
    before_s: float = 0.5
    gain: float = 100.0
    turn_limit: float = 6.0
    pirouettes_hz: float = 0.0

    def __post_init__(self) -> None:
        if self.field not in FIELDS:
            raise WorldError(f"field: expected one of {', '.join(FIELDS)}, got {self.field!r}")
        positive = ("peak_cm", "width_cm", "speed_cm_s", "dt_s", "duration_s", "sweep_s", "turn_limit")
        if wrong := [name for name in positive if not 0 < getattr(self, name) < math.inf]:
            raise WorldError(f"{wrong[0]}: expected a number above 0, got {getattr(self, wrong[0])}")
        if min(self.n_recent, self.n_before) < 1 or self.pirouettes_hz < 0:
            raise WorldError(
                f"expected recent_s and before_s of at least a step of {self.dt_s} s and no negative rate, "
                f"got {self.recent_s}, {self.before_s} and {self.pirouettes_hz}"
            )

    @property
    def n_recent(self) -> int:
        return round(self.recent_s / self.dt_s)

    @property
    def n_before(self) -> int:
        return round(self.before_s / self.dt_s)

    @property
    def n_steps(self) -> int:
        return round(self.duration_s / self.dt_s)


def advanced(law: PlateLaw, x: Any, y: Any, heading: Any, turn: Any, xp: Any) -> tuple[Any, Any, Any]:
    """Position and heading a step later."""
    heading = heading + turn * law.dt_s
    way = law.speed_cm_s * law.dt_s
    return x + way * xp.cos(heading), y + way * xp.sin(heading), heading


def distance(law: PlateLaw, x: Any, y: Any, xp: Any) -> Any:
    """To the peak, cm. The 1e-24 keeps the slope of the root finite at the peak; it is 1e-12 cm."""
    away = x - law.peak_cm
    return xp.sqrt(away * away + y * y + 1e-24)


def concentration(law: PlateLaw, x: Any, y: Any, h: Any, xp: Any) -> Any:
    """C at a place whose distance to the peak is h."""
    if law.field == "none":
        return h * 0.0
    if law.field == "cone":
        return law.slope * h
    scale = -0.5 / law.width_cm**2
    near = xp.exp(scale * h * h)
    if law.field == "gaussian":
        return near
    mirrored = x + law.peak_cm
    return near - xp.exp(scale * (mirrored * mirrored + y * y))


def felt(law: PlateLaw, recent: Any, before: Any) -> Any:
    """The difference that ON and OFF split, from the sums of C over both windows."""
    return law.gain * (recent / law.n_recent - before / law.n_before)
