"""The state of a body, and how far it is from where it ought to be."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from jaxtyping import Float
from torch import Tensor

from .errors import SteeringError


@dataclass(frozen=True, eq=False)
class Body:
    """Levels of many bodies at once (salt, energy, ...) with the set points to which they ought to return.

    Attributes:
        levels: name → [body], in any unit, the set point's own.
        set_points: name → the level at which nothing is needed.

    Raises:
        SteeringError: a level that is not finite, without a set point, or of another number of bodies.

    Example:
        >>> import torch
        >>> body = Body({"salt": torch.tensor([0.2, 1.0])}, {"salt": 1.0})
        >>> body.need("salt").tolist()
        [0.800000011920929, 0.0]
    """

    levels: Mapping[str, Float[Tensor, " body"]]
    set_points: Mapping[str, float]

    def __post_init__(self) -> None:
        if set(self.levels) != set(self.set_points) or not self.levels:
            raise SteeringError(
                f"Body: expected a set point for each level, got levels {sorted(self.levels)} and set points "
                f"{sorted(self.set_points)}"
            )
        sizes = {tuple(level.shape) for level in self.levels.values()}
        if len(sizes) != 1 or len(next(iter(sizes))) != 1:
            raise SteeringError(f"Body: expected every level as [body], one size, got {sorted(sizes)}")
        for name, level in self.levels.items():
            wrong = (~level.isfinite()).nonzero()
            if len(wrong):
                where = int(wrong[0])
                raise SteeringError(
                    f"Body: expected finite levels, got {name} = {float(level[where])} in body {where}: "
                    "a need of it would make every score of its wants NaN"
                )

    @property
    def n_bodies(self) -> int:
        """The number is that of bodies."""
        return len(next(iter(self.levels.values())))

    def need(self, name: str) -> Float[Tensor, " body"]:
        """It returns how far a level lies below its set point; 0 where it lies above. Raises
        SteeringError.
        """
        if name not in self.levels:
            raise SteeringError(f"Body: no level {name!r}, there are {', '.join(self.levels)}")
        return (self.set_points[name] - self.levels[name]).clamp_min(0)

    def changed(self, **by: Tensor | float) -> "Body":
        """It returns the body after levels were added to: eating, sweating. Raises SteeringError."""
        if unknown := sorted(set(by) - set(self.levels)):
            raise SteeringError(f"Body: no level {', '.join(unknown)}, there are {', '.join(self.levels)}")
        more = {name: level + by.get(name, 0.0) for name, level in self.levels.items()}
        return replace(self, levels=more)
