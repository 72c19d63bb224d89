"""What one looks at: evoked responses, rasters, causal connectivity and the tune, before and after."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from brainwright.loop import AFTER, present
from brainwright.tissue import SimulatedCulture, StimulusPlan, usable_channels

from . import units

if TYPE_CHECKING:
    from .experiment import Experiment

NOTES = 36
RASTER_SYMBOLS = 6
PSTH_MS = 40


def measure(experiment: "Experiment") -> units.Unit:
    """Naive and adaptively taught tissue side by side; plasticity off, the taught state kept."""
    taught = units.load(experiment.folder, "full-adaptive")
    order = np.argsort(taught["share"], kind="stable")
    dish = int(order[len(order) // 2])  # the median dish, not the best one
    unit: units.Unit = {"dish": np.array(dish), "usable": np.array(usable_channels()), **setting(experiment)}
    for name, state in (("before", experiment.state), ("after", units.of_prefix("state_", taught))):
        culture = experiment.culture(state, plasticity=False)
        unit[f"melody_{name}"] = continue_tune(experiment, culture, dish)
        culture.restore(state)
        unit[f"raster_{name}"] = raster(experiment, culture, dish)
        culture.restore(state)
        unit[f"psth_{name}"] = psth(experiment, culture, dish)
        culture.restore(state)
        causal = causal_connectivity(culture, experiment.sizes.pulses_per_electrode)
        unit[f"causal_{name}"] = causal[dish]
        for pairs, linked in taught_pairs(experiment).items():
            unit[f"{pairs}_{name}"] = (causal * linked).sum((1, 2)) / linked.sum((1, 2))
    return unit


def setting(experiment: "Experiment") -> units.Unit:
    """What pictures are read by: the electrodes of every symbol, the raster's symbols, timing, limits."""
    limits, timing = experiment.culture(experiment.state, plasticity=False).limits, experiment.layout.timing
    return {
        "period_s": np.array(timing.period_s),
        "write_at_s": np.array(timing.write_at_s),
        "after_s": np.array(timing.after_s),
        "electrodes": experiment.layout.electrodes,
        "raster_symbols": np.arange(min(RASTER_SYMBOLS, experiment.stream.k)),
        "charge_per_minute_limit_nC": np.array(limits.charge_per_minute_nC),
        "pulses_per_minute_limit": np.array(limits.pulses_per_minute),
        "phase_charge_limit_nC": np.array(limits.phase_charge_nC),
    }


def taught_pairs(experiment: "Experiment") -> dict[str, NDArray[np.bool_]]:
    """Electrode pairs from a symbol to its successor ("taught") and to any other symbol ("untaught"),
    [dish, pulsed channel (usable ones), channel]."""
    electrodes, k = experiment.layout.electrodes, experiment.stream.k
    owner = np.full((len(electrodes), 64), -1)
    np.put_along_axis(
        owner, electrodes.reshape(len(electrodes), -1), np.repeat(np.arange(k), electrodes.shape[2]), 1
    )
    source, target = owner[:, list(usable_channels()), None], owner[:, None, :]
    both = (source >= 0) & (target >= 0)
    successor = np.append(experiment.stream.successor, -1)[source] == target
    return {"taught": both & successor, "untaught": both & ~successor & (source != target)}


def continue_tune(experiment: "Experiment", culture: SimulatedCulture, dish: int) -> NDArray[np.int64]:
    """Symbols that the tissue goes on with by itself: each answer, drawn from the decoder's
    sharpened probabilities without the current symbol, is the next stimulus. [note]"""
    rng = np.random.default_rng([experiment.config.seed, 505])
    current = np.zeros(culture.n_dishes, np.int64)
    played = [int(current[dish])]
    for _ in range(NOTES - 1):
        heard = present(culture, experiment.layout, current[:, None])
        p = experiment.readout.probabilities(heard.counts[:, :, AFTER])[:, 0] ** 4
        p[np.arange(len(p)), current] = 0
        p /= p.sum(axis=1, keepdims=True)
        current = (p.cumsum(axis=1) < rng.random(len(p))[:, None]).sum(axis=1)
        played.append(int(current[dish]))
    return np.array(played)


def raster(experiment: "Experiment", culture: SimulatedCulture, dish: int) -> NDArray[np.float64]:
    """Spikes [spike, (time in s, electrode)] while a few symbols are presented."""
    start = culture.now_s()
    rows = []
    for symbol in range(min(RASTER_SYMBOLS, experiment.stream.k)):  # as in `setting`
        symbols = np.full(culture.n_dishes, symbol)
        culture.write(experiment.layout.plan(experiment.layout.of(symbols), culture.now_s()))
        heard = culture.read(experiment.layout.timing.period_s)
        mine = heard.dish == dish
        rows.append(np.stack([heard.time_s[mine] - start, heard.channel[mine]], axis=1))
    return np.concatenate(rows)


def psth(experiment: "Experiment", culture: SimulatedCulture, dish: int) -> NDArray[np.float64]:
    """Mean spikes per ms on the electrodes of each symbol after each symbol, [symbol, symbol, ms]."""
    k, repeats = experiment.stream.k, 3 * experiment.sizes.pulses_per_electrode
    electrodes = experiment.layout.electrodes[dish]
    owner = np.full(culture.n_channels, -1)
    owner[electrodes.ravel()] = np.repeat(np.arange(k), electrodes.shape[1])
    response = np.zeros((k, k, PSTH_MS))
    rng = np.random.default_rng([experiment.config.seed, 606])
    for symbol in rng.permutation(np.repeat(np.arange(k), repeats)):
        start = culture.now_s()
        culture.write(experiment.layout.plan(experiment.layout.of(np.full(culture.n_dishes, symbol)), start))
        heard = culture.read(experiment.layout.timing.period_s)
        ms = np.rint((heard.time_s - start) * 1000).astype(int)
        keep = (heard.dish == dish) & (ms < PSTH_MS) & (owner[heard.channel] >= 0)
        np.add.at(response, (symbol, owner[heard.channel[keep]], ms[keep]), 1 / repeats)
    return response


def causal_connectivity(culture: SimulatedCulture, repeats: int) -> NDArray[np.float64]:
    """Spikes on each electrode 5 to 30 ms after a pulse on each other, less those 50 to 75 ms after.

    [dish, pulsed channel (usable ones), channel]
    """
    channels = usable_channels()
    total = np.zeros((culture.n_dishes, len(channels), culture.n_channels))
    dishes = np.arange(culture.n_dishes)
    for row, channel in enumerate(channels):
        for _ in range(repeats):
            start = culture.now_s()
            culture.write(StimulusPlan.biphasic(dishes, channel, start))
            heard = culture.read(0.08)
            late_s = heard.time_s - start
            for low, high, sign in ((0.005, 0.030, 1.0), (0.050, 0.075, -1.0)):
                keep = (late_s >= low - 1e-9) & (late_s < high - 1e-9)
                np.add.at(total[:, row], (heard.dish[keep], heard.channel[keep]), sign / repeats)
    return total
