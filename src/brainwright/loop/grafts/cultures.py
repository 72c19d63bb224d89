"""A graft in place of a lesioned module between two simulated cultures, through the contract of tissue."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray

from brainwright.network import layered
from brainwright.network.graft import Many
from brainwright.network.initial import normal
from brainwright.tissue import SimulatedCulture, Tissue

from ..layout import Layout, Timing, symbol_of
from ..present import AFTER, EARLY, Periods, present
from ..readout import IdentityReadout
from ..ticks import run_ticks
from .arms import Arm
from .beside import Scale, Scores, plain
from .between import CYCLE, TICK_S, GraftBetween, Sites

SYMBOLS, ELECTRODES, READS, CELLS = 4, 6, 16, (16,)
"""Four symbols of six electrodes, all of which a graft writes: 24 are the most that may pulse together. It
reads 16 of the others.
"""
CALIBRATE = 200
"""Periods for the fixed decoder of a culture: 50 of each symbol."""
RATE = 0.01
WORDS = 404
"""A stream of random numbers of its own for what cultures hear."""


def arms_between(rate: float = RATE) -> dict[str, Arm]:
    """Rules inside, floors, and signals that say nothing or the wrong thing; "intact" has the module that was
    lost, "intact and graft" both.
    """
    arms = {name: Arm(name, rate=rate) for name in ("BP", "FA", "NP", "edge", "frozen", "none")}
    arms |= {name: Arm("BP", name, rate=rate) for name in ("permuted", "shuffled", "flipped")}
    arms |= {"random feedback": Arm("BP", "mixed", rho=0.0, rate=rate)}
    return arms | {"intact": Arm("none"), "intact and graft": Arm("BP", rate=rate)}


INTACT = ("intact", "intact and graft")
STATES = ("fixed synapses", "synapses that learn")
TEST = 100
"""Periods of the test: a share of symbols is then known to .05 in one pair of cultures."""


def row(scale: Scale, state: str) -> Scores:
    """Shares of symbols answered, for tissue whose synapses are fixed or learn; two thirds as many periods as
    a graft has batches elsewhere.
    """
    periods = scale.late * 2 // 3
    shares = between_cultures(scale.seeds, periods, TEST, plasticity=state == STATES[1])
    return {name: plain(torch.from_numpy(values)) for name, values in shares.items()}


def between_cultures(
    seeds: tuple[int, ...],
    periods: int,
    test: int,
    arms: Mapping[str, Arm] | None = None,
    *,
    plasticity: bool = False,
    calibrate: int = CALIBRATE,
) -> dict[str, NDArray[np.float64]]:
    """Cultures are given symbols, and others must answer with them, over a graft.

    The lost module heard all channels of the first culture that are not pulsed, and pulsed, in the second,
    the electrodes of the symbol that it decoded. A graft hears `READS` of them. Every arm has second cultures
    of its own, copies of each other; the first are shared, since nothing comes back to them.

    Args:
        seeds: pairs of cultures; the second of a pair has another wiring.
        periods: of 80 ms, in which grafts learn.
        test: periods afterwards.
        arms: those of `arms_between` by default.
        plasticity: whether the tissue learns too.
        calibrate: periods before, with synapses fixed, for decoders.

    Returns:
        Arm → share of the symbols of the test that the second culture answers, [pair].
    """
    arms = arms_between() if arms is None else arms
    tissue, controller = prepared(seeds, periods, test, arms, calibrate=calibrate)
    tissue.plasticity = plasticity
    transmit(tissue, controller)
    meant = controller.symbols[controller.sites.read_dish, periods:]
    shares = (controller.answers[:, periods:] == meant).mean(1).reshape(len(arms), -1)
    return dict(zip(arms, shares, strict=True))


def prepared(
    seeds: tuple[int, ...], periods: int, test: int, arms: Mapping[str, Arm], calibrate: int = CALIBRATE
) -> tuple[SimulatedCulture, GraftBetween]:
    """Cultures with decoders, and the controller of their grafts; see `between_cultures`."""
    n, each = len(seeds), len(arms)
    seconds = [seed + 500_000 for seed in seeds]  # another culture than the first
    tissue = SimulatedCulture([*seeds, *seconds * each], plasticity=False)
    layout = Layout.random([*seeds, *seconds * each], SYMBOLS, tissue.limits.channels, Timing(), ELECTRODES)
    tissue.read(1.0)  # from rest to its own activity
    heard = present(tissue, layout, words(layout.n_dishes, calibrate, 0, n))
    readout, counts = decoder_of(heard, layout)
    sites = sites_of(layout, n, each, tissue.n_channels)
    read = counts[sites.read_dish[:, None], :, sites.reads].transpose(0, 2, 1)
    usual = read.mean(1), read.std(1) + 0.1  # spikes; no division by 0 of a silent electrode
    stands = symbol_of(layout.electrodes, tissue.n_channels)[sites.write_dish[:, None], sites.writes]
    address = torch.from_numpy((stands[:, None] == np.arange(SYMBOLS)[:, None]).astype(np.float32))
    symbols = words(layout.n_dishes, periods + test, 1, n)
    symbols[n:] = -1
    return tissue, GraftBetween(
        tissue, sites, layout, symbols, readout, address, usual, grafts_between(seeds).repeated(each), arms,
        taught=periods, intact=tuple(name for name in INTACT if name in arms),
    )  # fmt: skip


def decoder_of(heard: Periods, layout: Layout) -> tuple[IdentityReadout, NDArray[np.float32]]:
    """A decoder of all that a culture answers (`HEARD_S`), which hears no electrode that is ever pulsed; and
    counts [dish, period, channel].
    """
    counts = heard.counts[:, :, [EARLY, AFTER]].sum(2)
    answered, twice = counts.copy(), heard.counts.copy()
    for own, electrodes in zip(answered, layout.electrodes, strict=True):
        own[:, electrodes.ravel()] = 0
    twice[:, :, EARLY] = twice[:, :, AFTER] = answered
    return IdentityReadout.fit(replace(heard, counts=twice), layout.n_symbols), counts


def transmit(tissue: Tissue, controller: GraftBetween) -> None:
    """All periods, in virtual time."""
    run_ticks(tissue, controller, period_s=TICK_S, n_ticks=CYCLE * controller.symbols.shape[1])


def words(dishes: int, periods: int, stream: int, firsts: int) -> NDArray[np.int64]:
    """What each dish hears, at random; copies of a second culture hear the same."""
    drawn = [
        np.random.default_rng([WORDS, stream, dish if dish < firsts else firsts + dish % firsts]).integers(
            SYMBOLS, size=periods
        )
        for dish in range(dishes)
    ]
    return np.stack(drawn)


def sites_of(layout: Layout, firsts: int, arms: int, n_channels: int) -> Sites:
    """Electrodes that are read, none of which is pulsed in that dish, and all that stand for symbols in the
    other.
    """
    grafts = np.arange(firsts * arms)
    free = [
        np.random.default_rng([WORDS, 2, dish]).permutation(
            np.setdiff1d(np.arange(n_channels), layout.electrodes[dish])
        )[:READS]
        for dish in range(firsts)
    ]
    written = layout.electrodes[firsts:].reshape(len(grafts), -1)
    return Sites(grafts % firsts, np.stack(free)[grafts % firsts], firsts + grafts, written)


def grafts_between(seeds: tuple[int, ...]) -> Many:
    """Untaught grafts, one for each pair."""
    sizes = [READS, *CELLS, SYMBOLS * ELECTRODES]
    return Many.of([normal(layered(sizes, "tanh"), seed) for seed in seeds])
