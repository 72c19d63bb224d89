"""What untaught tissue is like: at rest, driven, decoded, forecast. Every arm begins from its state."""

from collections.abc import Callable, Mapping

import numpy as np

from brainwright.runs import with_prefix
from brainwright.signal import SymbolStream
from brainwright.tissue import Live

from ..present import present
from ..probe import fix_readout
from ..readout import IdentityReadout
from .dishes import CALIBRATE, SKILL, Arrays, Dishes
from .model import DishModel

REST_S = 5.0
"""How long tissue is left alone for its rate at rest."""


def naive_tissue(
    dishes: Dishes,
    model: DishModel,
    live: Live,
    progress: Callable[[float], None] = lambda _: None,
    heard: SymbolStream | None = None,
) -> Arrays:
    """Fixes the readout of untaught tissue, probes it, and asks how well its emulator forecasts it.

    Plasticity is off throughout.

    Args:
        dishes: as they were born.
        model: the emulator that is judged.
        live: where the tissue can be watched.
        progress: told the share that is done.
        heard: what the emulator is judged on; the dishes' own stream by default.

    Returns:
        `rest_hz` [dish], the readout, its calibration, `Dishes.probes`; with the prefix `skill_` what
        `DishModel.skill` gives where the sizes ask for it, with `saline_` the probes of dishes without cells,
        with `state_` the state from which arms begin.
    """
    culture = dishes.culture(None, plasticity=False)
    rest_hz = culture.read(REST_S).rate_hz().mean(axis=1) * culture.n_channels / dishes.n_neurons
    watched = live.watch(culture, "naive tissue")
    symbols = dishes.uniform(dishes.sizes.calibration, CALIBRATE)
    readout, calibration = fix_readout(watched, dishes.asked, symbols)
    progress(0.3)
    state = culture.snapshot()
    arrays = {
        "readout_weight": readout.weight,
        "readout_offset": readout.offset,
        "calibration_symbols": calibration.symbols,
        "calibration_counts": calibration.counts.astype(np.uint8),
        "rest_hz": rest_hz,
        **dishes.probes(culture, readout),
    }
    culture = dishes.culture(state, plasticity=False)
    skill = {}
    if dishes.sizes.skill:
        symbols = dishes.from_stream(dishes.sizes.skill, SKILL, heard)
        skill = model.skill(present(culture, dishes.layout, symbols))
    saline = dishes.probes(dishes.culture(None, plasticity=False, cells=False), readout)
    arrays |= with_prefix("skill_", skill) | with_prefix("state_", state)
    return arrays | with_prefix("saline_", saline)


def readout_of(naive: Mapping[str, np.ndarray]) -> IdentityReadout:
    """The readout that was fixed on naive tissue, of what `naive_tissue` gave."""
    return IdentityReadout(naive["readout_weight"], naive["readout_offset"])
