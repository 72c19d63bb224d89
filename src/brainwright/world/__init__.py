"""Worlds: environments that a brain or a piece of tissue acts in. NumPy alone, but for the differentiable
twins of the plate and the swimmer (`world.plate_twin`, `world.swimmer_twin`, torch), `Swimmer` (MuJoCo) and
the faces to Gymnasium (`world.world_env`,
`world.gym_world`, `world.pong_env`), which need the extra `worlds`, and to PettingZoo (`world.parallel_env`),
which needs the extra `pettingzoo`.
"""

from brainwright.world.checker import WorldBroken, check_world
from brainwright.world.contract import Box, Choice, Moment, World, WorldError
from brainwright.world.grid import Rooms
from brainwright.world.marks import marks
from brainwright.world.plate import Plate
from brainwright.world.plate_law import PlateLaw
from brainwright.world.pong import COLUMNS, HALF_LENGTH, PADDLE_STEP, Bounce, Pong
from brainwright.world.pong_world import PongWorld
from brainwright.world.recent import Recent
from brainwright.world.sequences import TASKS, Sequences, Trials
from brainwright.world.swimmer import Swimmer
from brainwright.world.swimmer_law import SwimmerLaw
from brainwright.world.tables import Table, TableWorld, anywhere, branch, cliff, lake
from brainwright.world.watched import Watched

__all__ = [
    "COLUMNS",
    "HALF_LENGTH",
    "PADDLE_STEP",
    "TASKS",
    "Bounce",
    "Box",
    "Choice",
    "Moment",
    "Plate",
    "PlateLaw",
    "Pong",
    "PongWorld",
    "Recent",
    "Rooms",
    "Sequences",
    "Swimmer",
    "SwimmerLaw",
    "Table",
    "TableWorld",
    "Trials",
    "Watched",
    "World",
    "WorldBroken",
    "WorldError",
    "anywhere",
    "branch",
    "check_world",
    "cliff",
    "lake",
    "marks",
]
