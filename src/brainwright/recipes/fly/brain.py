"""The brain of a run: wiring, signs, what is activated and read. All that can be wrong with the input shows
here, before the run begins.
"""

import json
import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from brainwright.connectome import Connectome, signs
from brainwright.errors import UserError
from brainwright.simulation import WholeBrain
from brainwright.simulation.published import driven_cells, published_folder, read_spikes

from . import SYNTHETIC, Config

PUBLISHED_WIRING = "flywire/630"
"""The wiring of the published spikes."""
SMALL = {"n_cells": 4000, "n_edges": 120_000}
"""Of the synthetic wiring in a quick run; as dense per cell as a third of the fly's."""


@dataclass(frozen=True, eq=False)
class Setup:
    """What a run works with.

    Attributes:
        config: as asked for, shortened for a quick run.
        bare: the brain with nothing done to it.
        brain: with its input, and what is silenced throughout.
        outputs: ids of the cells that are read.
        published: folder of the published spikes; None where they are not here.
    """

    config: Config
    bare: WholeBrain
    brain: WholeBrain
    outputs: list
    published: Path | None

    @property
    def threads(self) -> int:
        """Trials at a time."""
        return self.config.workers or os.cpu_count() or 1

    @property
    def simulated(self) -> WholeBrain | None:
        """The brain to which the published protocols can be given, if it is theirs."""
        return self.bare if self.config.wiring == PUBLISHED_WIRING else None


def prepare(config: Config) -> Setup:
    """Reads or makes the wiring and finds all cells that are named.

    Raises:
        UserError: unknown cells, no signs, files that are not here, durations that are no whole number of
            steps, too little memory.
    """
    activated = config.activate or DEFAULT_INPUT.get(config.wiring)
    if activated is None:
        raise UserError(
            f"--activate: expected types, names or ids of cells of {config.wiring}; only "
            f"{' and '.join(DEFAULT_INPUT)} have a default input"
        )
    config = shortened(replace(config, activate=activated))
    try:
        published = published_folder()
        wiring = signed(config)
        bare = WholeBrain(wiring, precision=config.precision, groups=groups(config, published))
        for name in ("duration_s", "screen_duration_s"):
            whole_steps(bare, name, getattr(config, name))
        brain = bare.activate(activated, rate_hz=config.rate_hz)
        if config.silence:
            brain = brain.silence(config.silence)
        for candidate in config.candidates:
            brain.choose(candidate)
        outputs = brain.connectome.ids[brain.choose(config.outputs)].tolist()
    except UserError:
        raise
    except (ValueError, MemoryError) as error:  # of the engine, about what the user has asked for
        raise UserError(str(error)) from error
    return Setup(config, bare, brain, outputs, published)


DEFAULT_INPUT = {SYNTHETIC: ("input",), PUBLISHED_WIRING: ("published",)}
"""Wiring → what is activated unless the user says otherwise."""


def shortened(config: Config) -> Config:
    """The options of a quick run: fewer and shorter trials; screened trials are never longer than others."""
    if config.quick:
        few = {"trials": min(config.trials, 4), "screen": min(config.screen, 8), "screen_trials": 3}
        config = replace(config, duration_s=min(config.duration_s, 0.3), **few)
    return replace(config, screen_duration_s=min(config.screen_duration_s, config.duration_s))


def whole_steps(brain: WholeBrain, name: str, duration_s: float) -> None:
    """Raises UserError for a duration that is no whole number of time steps."""
    try:
        brain.parameters.steps(duration_s)
    except ValueError as error:
        raise UserError(f"--{str(error).replace('duration_s', name.replace('_', '-'), 1)}") from error


def signed(config: Config) -> Connectome:
    """The wiring with signs."""
    options: dict[str, Any] = {"seed": config.seed} if config.wiring == SYNTHETIC else {}
    if options and config.quick:
        options |= SMALL
    connectome = Connectome.load(config.wiring, **options)
    if config.signs == "sampled":
        return connectome.signed(signs.Sampled(seed=config.seed))
    if config.signs != "given":
        return connectome.signed(signs.ByTransmitter(config.signs, unknown=0.0))
    if not (connectome.is_signed or "sign" in connectome.cells):
        raise UserError(
            f"{config.wiring} has no signs: expected --signs fly, shiu or worm (from transmitters) or sampled"
        )
    return connectome


def groups(config: Config, published: Path | None) -> dict[str, list]:
    """Names of cells that the published runs give to their wiring."""
    if published is None or config.wiring != PUBLISHED_WIRING:
        return {}
    named = {"published": driven_cells(read_spikes(published / "sugarR.parquet")).tolist()}
    names = published / "sez_neurons.json"
    return named | (json.loads(names.read_text("utf-8")) if names.is_file() else {})
