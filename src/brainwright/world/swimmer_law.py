"""The law of a swimmer of straight links, for its twin in torch and its body in MuJoCo."""

import math
from dataclasses import dataclass

from .contract import WorldError


@dataclass(frozen=True)
class SwimmerLaw:
    """Links in a row whose joints are bent by muscles; drag is all there is (resistive-force theory, Gray &
    Hancock 1955, J Exp Biol 32:802).

        force on a piece of length l that moves with u: -[c_t (u·t) t + c_n (u·n) n] l
        joint angle q: dq/dt = (limit × command - q) / muscle_s

    No mass: at every moment the forces and the torque of the fluid add up to nothing, and that decides how
    the body moves.

    Attributes:
        links: straight pieces.
        length_m: of the body; a worm's millimetre.
        drag_ratio: c_n / c_t: 1.4 in water (Sznitman et al. 2010), about 10 on agar (Shen & Arratia 2011,
            arXiv:1112.1118).
        muscle_s: how fast a joint follows.
        limit: of a joint's angle, rad; 2 pi / (links), so that a fully bent body closes to a circle.
        dt_s: of a step.
    """

    links: int = 12
    length_m: float = 1e-3
    drag_ratio: float = 1.4
    muscle_s: float = 0.05
    limit: float = 2 * math.pi / 12
    dt_s: float = 0.01

    def __post_init__(self) -> None:
        numbers = (self.length_m, self.drag_ratio, self.muscle_s, self.limit, self.dt_s)
        if self.links < 2 or not all(0 < number < math.inf for number in numbers):
            raise WorldError(f"SwimmerLaw: expected at least 2 links and numbers above 0, got {self}")

    @property
    def n_joints(self) -> int:
        """Between links."""
        return self.links - 1
