"""What the recipe does, fixed before it runs: conditions, arms, sizes."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from brainwright.signal import SymbolStream, rule

if TYPE_CHECKING:
    from brainwright.recipes.organoid import Config

METRIC = "successor share (change from before)"
FIRST_DISH_SEED = 100_000  # seeds below this were used for choosing parameters


@dataclass(frozen=True)
class Condition:
    """One way of teaching, and the arms that share it.

    `steered`: what is heard is independent uniform symbols, while the wanted symbol is the successor in
    `stream`, so nothing of it can be learned from what is heard. `refit`: the emulator is fitted again
    after every block.
    """

    name: str
    stream: SymbolStream
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
    short_probe: int = 60
    stream_probe: int = 200
    skill: int = 400
    pulses_per_electrode: int = 12


QUICK = Sizes(calibration=120, probe=80, short_probe=20, stream_probe=40, skill=80, pulses_per_electrode=2)

CONTROLS = ("adaptive", "oracle", "ungraded", "yoked", "matched", "silent", "frozen", "saline")


def arm_name(condition: str, arm: str) -> str:
    """How `result.json` calls an arm: those of the primary comparison by their plain name."""
    return arm if condition == "full" else f"{condition}/{arm}"


def sizes(config: "Config") -> Sizes:
    return QUICK if config.quick else Sizes()


def n_dishes(config: "Config") -> int:
    return min(config.dishes, 6) if config.quick else config.dishes


def conditions(config: "Config", stream: SymbolStream) -> tuple[Condition, ...]:
    """`full` carries the primary comparison; the others ask what the gradient adds.

    `poor`: the same stream with 50 recorded symbols. `scarce`: a hidden successor rule with 20 % jumps and
    20 recorded symbols, too few to hear every transition. `steered`: a target that the stream does not hold.
    """
    recorded, taught = (40, 100) if config.quick else (config.recorded, config.taught)
    scarce, poor, few = (20, 30, 40) if config.quick else (20, 50, 150)
    block = max(1, -(-taught // (2 if config.quick else 8)))
    hidden = rule(stream.k, seed=config.seed)
    three = ("adaptive", "ungraded", "oracle")
    return (
        Condition("full", stream, recorded, taught, block, True, False, CONTROLS),
        Condition("poor", stream, poor, few, few, False, False, three),
        Condition("scarce", hidden, scarce, few, few, False, False, three),
        Condition("steered", stream, poor, few, few, False, True, (*three, "yoked")),
    )
