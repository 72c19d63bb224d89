"""Under what conditions tissue is taught, which arms each has, how much is measured: fixed before the run."""

import tomllib
from dataclasses import dataclass
from importlib import resources

from brainwright.signal import SymbolStream, make_stream, rule

from . import Config

WORDS = tomllib.loads(
    resources.files("brainwright.recipes.organoid").joinpath("words.toml").read_text("utf-8")
)
"""The sentences of the page."""
METRIC = "successor share (change from before)"
LOG_SCORE = "next-symbol log score on the stream, bits (change from before)"
ORACLE_MARGIN = 0.05
"""Of the share: what is less far from the oracle's teaching counts as equal to it."""
CONTROLS = ("adaptive", "oracle", "ungraded", "yoked", "matched", "silent", "frozen", "saline")
THREE = ("adaptive", "ungraded", "oracle")
CONDITIONS = ("full", "poor", "scarce", "steered")
BEFORE = "before"
"""The arm of naive tissue, whose change is nothing: what a negative control must not differ from."""
QUICK_DISHES = 6
"""The fewest with which `evidence` decides anything."""


@dataclass(frozen=True)
class Condition:
    """One way of teaching, and the arms that share it.

    Attributes:
        name: one of `CONDITIONS`.
        stream: what is taught.
        recorded, taught, block: symbols heard before the first write, with writes, and between two probes.
        refit: the emulator is fitted again after every block.
        steered: what is heard is independent uniform symbols, while the wanted symbol is the successor in
            `stream`, so nothing of it can be learned from what is heard.
        arms: in the order of the run.
    """

    name: str
    stream: SymbolStream
    recorded: int
    taught: int
    block: int
    refit: bool
    steered: bool
    arms: tuple[str, ...]

    def facts(self) -> dict[str, str | int]:
        """What was heard, recorded and taught."""
        names = ("recorded", "taught", "block", "refit", "steered")
        return {"stream": self.stream.name} | {name: getattr(self, name) for name in names}

    def unit(self, arm: str) -> str:
        """The name of the unit that holds what came of an arm."""
        return f"{self.name}-{arm}"


@dataclass(frozen=True)
class Sizes:
    """Numbers of symbols of the measurements, and of pulses on each electrode."""

    calibration: int = 400
    probe: int = 300
    short_probe: int = 60
    stream_probe: int = 200
    skill: int = 400
    pulses_per_electrode: int = 12


QUICK = Sizes(calibration=120, probe=80, short_probe=20, stream_probe=40, skill=80, pulses_per_electrode=2)


def arm_name(condition: str, arm: str) -> str:
    """How `result.json` calls an arm: those of the primary comparison by their plain name."""
    return arm if condition == "full" else f"{condition}/{arm}"


def stream_of(config: Config) -> SymbolStream:
    """The stream that a configuration asks for. Raises StreamError where it cannot be made."""
    return make_stream(
        config.stream, text=config.text, csv=config.csv, column=config.column, seed=config.seed
    )


def conditions(config: Config, stream: SymbolStream) -> tuple[Condition, ...]:
    """`full` carries the primary comparison; the others ask what the gradient adds.

    `poor`: the same stream with 50 recorded symbols. `scarce`: a hidden successor rule with 20 % jumps and
    20 recorded symbols, too few to hear every transition. `steered`: a target that the stream does not hold.
    """
    recorded, taught = (40, 100) if config.quick else (config.recorded, config.taught)
    scarce, poor, few = (20, 30, 40) if config.quick else (20, 50, 150)
    block = max(1, -(-taught // (2 if config.quick else 8)))  # two or eight points of a learning curve
    hidden = rule(stream.k, seed=config.seed)
    return (
        Condition("full", stream, recorded, taught, block, True, False, CONTROLS),
        Condition("poor", stream, poor, few, few, False, False, THREE),
        Condition("scarce", hidden, scarce, few, few, False, False, THREE),
        Condition("steered", stream, poor, few, few, False, True, (*THREE, "yoked")),
    )
