"""What the recipe does, fixed before it runs: conditions, arms, sizes."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from brainwright.recipes.organoid import Config

METRIC = "successor share (change from before)"
FIRST_DISH_SEED = 100_000  # seeds below this were used for choosing parameters


@dataclass(frozen=True)
class Condition:
    """One way of teaching, and the arms that share it.

    `steered`: the stream is independent uniform symbols and the wanted symbol is the taught stream's
    successor, so nothing of it can be learned from what is heard. `refit`: the emulator is fitted again
    after every block.
    """

    name: str
    recorded: int
    taught: int
    block: int
    refit: bool
    steered: bool
    arms: tuple[str, ...]


@dataclass(frozen=True)
class Sizes:
    """Numbers of symbols of the measurements."""

    calibration: int = 400
    probe: int = 300
    short_probe: int = 100
    stream_probe: int = 200
    skill: int = 400
    pulses_per_electrode: int = 12


QUICK = Sizes(
    calibration=150, probe=100, short_probe=40, stream_probe=60, skill=120, pulses_per_electrode=2
)

CONTROLS = ("adaptive", "oracle", "ungraded", "yoked", "matched", "silent", "frozen", "saline")


def sizes(config: "Config") -> Sizes:
    return QUICK if config.quick else Sizes()


def n_dishes(config: "Config") -> int:
    return min(config.dishes, 4) if config.quick else config.dishes


def conditions(config: "Config") -> tuple[Condition, ...]:
    """`full` carries the primary comparison; `poor` and `steered` ask what the gradient adds."""
    recorded, taught = (60, 150) if config.quick else (config.recorded, config.taught)
    scarce, few = (30, 60) if config.quick else (50, 150)
    block = max(1, -(-taught // 4))
    return (
        Condition("full", recorded, taught, block, True, False, CONTROLS),
        Condition("poor", scarce, few, few, False, False, ("adaptive", "ungraded", "oracle")),
        Condition("steered", scarce, few, few, False, True, ("adaptive", "ungraded", "oracle", "yoked")),
    )
