"""What is looked at after teaching: responses side by side, what is left later, what a dose teaches."""

from functools import partial

import numpy as np

from brainwright import loop
from brainwright.runs import Units, of_prefix

from .teaching import SKILL, STREAM, Arrays, Dishes, Share, naive_state

MELODY, RESPONSES = 505, 606  # random draws for all dishes together
NOTES, RASTER_SYMBOLS, KEPT_S = 36, 6, 120.0
DOSES = (25, 50, 100, 200, 400, 800, 1600, 2400)


def display(dishes: Dishes, units: Units, share: Share) -> Arrays:
    """Naive and adaptively taught tissue side by side; plasticity off."""
    naive, taught = units.load("naive"), units.load("full-adaptive")
    timing, pulses, readout = dishes.layout.timing, dishes.sizes.pulses_per_electrode, naive_state(units)[1]
    shown, order = np.arange(min(RASTER_SYMBOLS, dishes.stream.k)), np.argsort(taught["share"], kind="stable")
    dish = int(order[len(order) // 2])  # the median dish, not the best one
    unit: Arrays = {"dish": np.array(dish), "raster_symbols": shown, "electrodes": dishes.layout.electrodes}
    unit |= {name: np.array(getattr(timing, name)) for name in ("period_s", "write_at_s", "after_s")}
    unit["usable"] = np.array(dishes.channels)
    for when, arrays in (("before", naive), ("after", taught)):
        tissue = partial(dishes.culture, of_prefix("state_", arrays), plasticity=False)
        melody, response = (np.random.default_rng([dishes.config.seed, d]) for d in (MELODY, RESPONSES))
        unit[f"melody_{when}"] = loop.go_on(tissue(), dishes.layout, readout, NOTES, melody)[dish]
        unit[f"raster_{when}"] = loop.raster(tissue(), dishes.layout, shown, dish)
        unit[f"psth_{when}"] = loop.evoked_responses(
            tissue(), dishes.layout, dish, repeats=3 * pulses, rng=response
        )
        causal = loop.causal_connectivity(tissue(), dishes.channels, pulses)
        unit[f"causal_{when}"] = causal[dish]
        linked = loop.pairs_of_electrodes(
            dishes.layout, dishes.stream.successor, dishes.channels, causal.shape[2]
        )
        for pairs, which in zip(("taught", "untaught"), linked, strict=True):
            unit[f"{pairs}_{when}"] = (causal * which).sum((1, 2)) / which.sum((1, 2))
    return unit


def retention(dishes: Dishes, units: Units, share: Share) -> Arrays:
    """The primary score of the adaptive arm again after two minutes of tissue time, plasticity on."""
    readout, n, kept = naive_state(units)[1], round(KEPT_S / dishes.layout.timing.period_s), {}
    heard = {"silence": None, "stream": dishes.from_stream(n, SKILL), "random": dishes.uniform(n, SKILL)}
    for name, symbols in heard.items():
        culture = dishes.culture(of_prefix("state_", units.load("full-adaptive")), plasticity=True)
        if symbols is None:
            culture.read(KEPT_S)
        else:
            loop.present(culture, dishes.layout, symbols)
        kept[name] = dishes.probes(dishes.copy(culture), readout, dishes.stream)["share"]
    return kept


def dose_curve(dishes: Dishes, units: Units, share: Share) -> Arrays:
    """The primary score against the number of symbols taught with oracle writes."""
    state, readout = naive_state(units)
    culture, scores = dishes.culture(state, plasticity=True), []

    def probe(taught: int) -> None:
        if taught in DOSES:
            scores.append(dishes.probes(dishes.copy(culture), readout, dishes.stream)["share"])

    symbols, writer = dishes.from_stream(DOSES[-1] + 2, STREAM), loop.OracleWriter(dishes.layout)
    loop.close_loop(culture, dishes.layout, symbols, writer, record=1, block=DOSES[0], after_block=probe)
    return {"dose": np.array(DOSES), "scores": np.stack(scores, axis=1)}
