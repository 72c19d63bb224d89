"""What is seen after teaching: responses side by side, what a dose teaches."""

from collections.abc import Mapping
from functools import partial

import numpy as np

from ..close_loop import close_loop
from ..readout import IdentityReadout
from ..responses import causal_connectivity, evoked_responses, go_on, pairs_of_electrodes, raster
from ..writers import OracleWriter
from .dishes import STREAM, Arrays, Dishes

MELODY, RESPONSES = 505, 606  # random draws for all dishes together
DOSES = (25, 50, 100, 200, 400, 800, 1600, 2400)


def look(
    dishes: Dishes,
    readout: IdentityReadout,
    states: Mapping[str, Arrays],
    dish: int,
    *,
    notes: int = 36,
    symbols: int = 6,
    seed: int = 0,
) -> Arrays:
    """Looks into tissue in several states, such as before and after teaching; plasticity is off.

    Args:
        dishes: brought into each state.
        readout: by which the tissue goes on with its stream.
        states: name → state.
        dish: the one of which all is kept.
        notes: symbols that it goes on with.
        symbols: shown in the raster, one after another.
        seed: of the random draws.

    Returns:
        Of the layout: `dish`, `electrodes` [dish, symbol, electrode], `usable` channels, `raster_symbols`,
        `period_s`, `write_at_s`, `after_s`. Then under each state's name what `go_on`, `raster`,
        `evoked_responses` and `causal_connectivity` give of the dish, as `melody_`, `raster_`, `psth_` and
        `causal_`; `taught_` and `untaught_` [dish] are mean causal responses from a symbol to its successor
        and to others.
    """
    layout, pulses = dishes.asked, dishes.sizes.pulses_per_electrode
    shown = np.arange(min(symbols, dishes.stream.k))
    arrays: Arrays = {"dish": np.array(dish), "raster_symbols": shown, "electrodes": layout.electrodes}
    arrays |= {name: np.array(getattr(layout.timing, name)) for name in ("period_s", "write_at_s", "after_s")}
    arrays["usable"] = np.array(dishes.channels)
    for when, state in states.items():
        tissue = partial(dishes.culture, state, plasticity=False)
        one, own = dishes.alone(dish, state)
        alone = partial(one.culture, own, plasticity=False)
        melody, order = (np.random.default_rng([seed, purpose]) for purpose in (MELODY, RESPONSES))
        arrays[f"melody_{when}"] = go_on(tissue(), layout, readout, notes, melody)[dish]
        arrays[f"raster_{when}"] = raster(alone(), one.asked, shown, 0)
        arrays[f"psth_{when}"] = evoked_responses(alone(), one.asked, 0, repeats=3 * pulses, rng=order)
        causal = causal_connectivity(tissue(), dishes.channels, pulses)
        arrays[f"causal_{when}"] = causal[dish]
        linked = pairs_of_electrodes(layout, dishes.stream.successor, dishes.channels, causal.shape[2])
        for pairs, which in zip(("taught", "untaught"), linked, strict=True):
            arrays[f"{pairs}_{when}"] = (causal * which).sum((1, 2)) / which.sum((1, 2))
    return arrays


def dose_curve(
    dishes: Dishes, readout: IdentityReadout, state: Arrays, doses: tuple[int, ...] = DOSES
) -> Arrays:
    """The share of right answers against the number of symbols taught with the oracle's writes.

    Args:
        dishes: brought into `state` first.
        readout: fixed on naive tissue.
        state: of naive tissue.
        doses: symbols taught, growing, each a multiple of the first.

    Returns:
        `dose` [dose] and `scores` [dish, dose].

    Raises:
        ValueError: doses that do not grow, or are no multiples of the first.
    """
    if not doses or list(doses) != sorted(set(doses)) or any(dose < 1 or dose % doses[0] for dose in doses):
        raise ValueError(f"doses: expected growing multiples of the first, got {doses}")
    culture, scores = dishes.culture(state, plasticity=True), []

    def probe(taught: int) -> None:
        if taught in doses:
            scores.append(dishes.probes(dishes.copy(culture), readout)["share"])

    symbols, writer = dishes.from_stream(doses[-1] + 2, STREAM), OracleWriter(dishes.layout)
    close_loop(culture, dishes.layout, symbols, writer, record=1, block=doses[0], after_block=probe)
    return {"dose": np.array(doses), "scores": np.stack(scores, axis=1)}
