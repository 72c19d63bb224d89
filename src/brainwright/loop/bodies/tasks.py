"""Tasks by name: the library's own worlds, and any id of Gymnasium."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from brainwright.world import PongWorld, Rooms, World

from ..learn.evaluate import Make, made

ROOM = ("#######", "#.....#", "#.....#", "#.....#", "#.....#", "#.....#", "#######")
OWN: Mapping[str, Make] = {
    "rooms": partial(Rooms, plan=ROOM, limit=30),
    "pong": partial(PongWorld, limit=200),
}
"""Name → seeds → world. One room of five by five, whose goal is in sight within two steps; rallies of Pong.
Of both a moment shows nearly all that there is to know."""
STEPS: Mapping[str, int] = {"Acrobot-v1": 2, "Pendulum-v1": 3}
"""How many times as long as others a task is taught: their episodes are long, or pay little at first."""


@dataclass(frozen=True)
class Task:
    """A body and its world.

    Attributes:
        name: one of `OWN`, or an id of Gymnasium.
        longer: times as many steps of teaching as other tasks.
    """

    name: str
    longer: int = 1

    @property
    def make(self) -> Make:
        """Seeds → world. Raises `WorldError` where Gymnasium or a package of the environment is missing."""
        return OWN[self.name] if self.name in OWN else made(self.name)

    def with_pictures(self) -> World:
        """One body of it that can be drawn. Raises `WorldError` as `make`."""
        if self.name in OWN:
            return self.make([0])
        from brainwright.world.gym_world import GymWorld

        return GymWorld([0], self.name, render_mode="rgb_array")


def task_of(name: str) -> Task:
    """The task of this name; that there is such an environment shows when it is made."""
    return Task(name, STEPS.get(name, 1))
