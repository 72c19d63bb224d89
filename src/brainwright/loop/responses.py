"""Look at tissue: rasters, evoked responses, causal connectivity, and what it goes on with by itself."""

import numpy as np
from numpy.typing import NDArray

from brainwright.tissue import StimulusPlan, Tissue

from .layout import Layout, symbol_of
from .present import AFTER, present
from .readout import IdentityReadout

READ_S = 0.08
"""How long the tissue is read after a pulse; both windows lie within."""
DIRECT_S, LATER_S = (0.005, 0.030), (0.050, 0.075)
"""Windows after a pulse, as long as each other: behind the directly driven spikes, and when the response is
over.
"""
ROUNDING_S = 1e-9
"""Times are multiples of a step of the tissue; a sum of them may miss the edge of a window by less."""


def raster(tissue: Tissue, layout: Layout, symbols: NDArray[np.int64], dish: int) -> NDArray[np.float64]:
    """Spikes of one dish while it hears symbols, a period each.

    Args:
        tissue: hears them in all its dishes.
        layout: electrodes of every symbol, and the period.
        symbols: int64 [period], the same for all dishes.
        dish: whose spikes are returned.

    Returns:
        [spike, (seconds from the first symbol, channel)].
    """
    start, rows = tissue.now_s(), []
    for symbol in symbols:
        tissue.write(layout.plan(layout.of(np.full(tissue.n_dishes, symbol)), tissue.now_s()))
        heard = tissue.read(layout.timing.period_s)
        mine = heard.dish == dish
        rows.append(np.stack([heard.time_s[mine] - start, heard.channel[mine]], axis=1))
    return np.concatenate(rows)


def evoked_responses(
    tissue: Tissue,
    layout: Layout,
    dish: int,
    *,
    repeats: int,
    rng: np.random.Generator,
    until_ms: int = 40,
) -> NDArray[np.float64]:
    """Peristimulus histograms of one dish: spikes on the electrodes of each symbol after each symbol.

    Args:
        tissue, layout, dish: as of `raster`.
        repeats: how often each symbol is presented.
        rng: shuffles the order.
        until_ms: how far the histograms reach, within a period.

    Returns:
        Mean spikes per bin of 1 ms, [symbol presented, symbol of the electrodes, ms].
    """
    k, owner = layout.n_symbols, symbol_of(layout.electrodes[dish], tissue.n_channels)
    response = np.zeros((k, k, until_ms))
    for symbol in rng.permutation(np.repeat(np.arange(k), repeats)):
        start = tissue.now_s()
        tissue.write(layout.plan(layout.of(np.full(tissue.n_dishes, symbol)), start))
        heard = tissue.read(layout.timing.period_s)
        ms = np.rint((heard.time_s - start) * 1000).astype(int)
        keep = (heard.dish == dish) & (ms < until_ms) & (owner[heard.channel] >= 0)
        np.add.at(response, (symbol, owner[heard.channel[keep]], ms[keep]), 1 / repeats)
    return response


def causal_connectivity(tissue: Tissue, channels: tuple[int, ...], repeats: int) -> NDArray[np.float64]:
    """Spikes on each channel 5 to 30 ms after a pulse on each other, less those 50 to 75 ms after: what the
    pulse causes beyond what is there anyway.

    Args:
        tissue: with its plasticity off where that can be had, since every pulse may teach it.
        channels: those that are pulsed, one at a time.
        repeats: pulses on each.

    Returns:
        Spikes per pulse, [dish, pulsed channel in the order given, channel].
    """
    total = np.zeros((tissue.n_dishes, len(channels), tissue.n_channels))
    dishes = np.arange(tissue.n_dishes)
    for row, channel in enumerate(channels):
        for _ in range(repeats):
            start = tissue.now_s()
            tissue.write(StimulusPlan.biphasic(dishes, channel, start))
            heard = tissue.read(READ_S)
            late_s = heard.time_s - start
            for (low, high), sign in ((DIRECT_S, 1.0), (LATER_S, -1.0)):
                keep = (late_s >= low - ROUNDING_S) & (late_s < high - ROUNDING_S)
                np.add.at(total[:, row], (heard.dish[keep], heard.channel[keep]), sign / repeats)
    return total


def pairs_of_electrodes(
    layout: Layout, successor: NDArray[np.int64], channels: tuple[int, ...], n_channels: int
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which pairs of `causal_connectivity` lead from a symbol to its successor, and which to any other.

    Args:
        layout: electrodes of every symbol.
        successor: [symbol].
        channels, n_channels: those pulsed, and how many there are.

    Returns:
        Two masks [dish, pulsed channel, channel].
    """
    owner = symbol_of(layout.electrodes, n_channels)
    source, target = owner[:, list(channels), None], owner[:, None, :]
    both = (source >= 0) & (target >= 0)
    follows = np.append(successor, -1)[source] == target  # the -1 is that of channels that stand for nothing
    return both & follows, both & ~follows & (source != target)


def go_on(
    tissue: Tissue, layout: Layout, readout: IdentityReadout, n: int, rng: np.random.Generator
) -> NDArray[np.int64]:
    """Symbols with which the tissue goes on by itself: each answer is the next stimulus.

    An answer is drawn from the readout's probabilities, sharpened (their fourth power, so that the melody
    follows the likeliest answers) and without the symbol just heard.

    Args:
        tissue, layout, readout: what is asked, and how.
        n: symbols, the first of which is given: symbol 0.
        rng: of the draws.

    Returns:
        Int64 [dish, n].
    """
    played = [np.zeros(tissue.n_dishes, np.int64)]
    for _ in range(n - 1):
        heard = present(tissue, layout, played[-1][:, None])
        p = readout.probabilities(heard.counts[:, :, AFTER])[:, 0] ** 4
        p[np.arange(len(p)), played[-1]] = 0
        p /= p.sum(axis=1, keepdims=True)
        drawn = (p.cumsum(axis=1) < rng.random(len(p))[:, None]).sum(axis=1)
        played.append(np.minimum(drawn, p.shape[1] - 1))  # a sum may end a rounding error below 1
    return np.stack(played, axis=1)
