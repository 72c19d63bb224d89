"""Vats of brains: groups of simulated cultures, a rule for each group, a part of it for each brain."""

import os
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from brainwright.tissue import CultureParameters, SimulatedCulture, usable_channels

from ..dishes.dishes import Arrays
from ..graphs import Graph, all_to_all, many
from ..layout import Layout, Timing
from ..present import AFTER
from ..probe import ask, untaught_copy
from ..readout import IdentityReadout

SYMBOLS = 6
PARTS = 3
"""Into which the rule of a vat is divided: two symbols each."""
COUPLED = Timing(write_at_s=0.018, early_s=(0.002, 0.008), after_s=(0.008, 0.018), late_s=(0.024, 0.080))
"""The answer is read first, so the write comes late: true writes at 18 ms teach .70 where those at 8 teach
.80 and those at 26 .55 (after 200 symbols, on cultures that are not reported).
"""
# what a random draw is for; apart from the purposes of `Dishes`, so that no two draws are the same
CALIBRATE, RULE, PRIVATE, TOGETHER, PROBE, COPIES, AGAIN = range(20, 27)


@dataclass(frozen=True)
class VatSizes:
    """How long each phase is, in symbols: calibration of the read-outs; what is recorded of, and taught in,
    the private phase; what is listened to, and taught, in the vat; the probe.
    """

    calibration: int = 300
    recorded: int = 60
    private: int = 240
    listen: int = 40
    together: int = 300
    probe: int = 180


class Vats:
    """Simulated cultures in groups. Brain j of a vat is taught part j mod `PARTS` of the vat's rule.

    The rule of a vat is one cycle through all symbols. Each brain has its own wiring, its own random map of
    symbols to electrodes and its own read-out; all vats hear the same symbols, so that another vat's answers
    differ by their rule alone.

    Args:
        n_vats, n_brains: groups, and brains of each.
        first_seed: of the first brain; the others follow.
        graph: who hears whom within a vat, [n_brains, n_brains]; everybody everybody by default.
        sizes: of the phases.
        n_neurons: of each brain.
        threads: that advance brains; one per core by default.

    Raises:
        ValueError: a graph of another size, or fewer brains than the rule has parts.
    """

    def __init__(
        self,
        n_vats: int,
        n_brains: int,
        *,
        first_seed: int,
        graph: Graph | None = None,
        sizes: VatSizes | None = None,
        n_neurons: int = 256,
        threads: int | None = None,
    ):
        if n_brains < PARTS:
            raise ValueError(f"n_brains: expected {PARTS} or more, one for each part, got {n_brains}")
        self.n_vats, self.n_brains, self.first_seed = n_vats, n_brains, first_seed
        self.graph = all_to_all(n_brains) if graph is None else graph
        if self.graph.shape != (n_brains, n_brains):
            raise ValueError(f"graph: expected {n_brains} brains, got {list(self.graph.shape)}")
        self.sizes, self.n_neurons = sizes or VatSizes(), n_neurons
        self.threads = threads or os.cpu_count() or 1
        self.n = n_vats * n_brains
        self.seeds = [first_seed + i for i in range(self.n)]
        self.vat = np.arange(self.n) // n_brains
        self.channels = usable_channels()
        each = len(self.channels) // SYMBOLS
        self.layout = Layout.random(self.seeds, SYMBOLS, self.channels, COUPLED, each)
        self.alone = Layout(self.layout.electrodes, Timing())
        """The pace of the private phase: writes come at 8 ms, since nobody is asked first."""
        self.successor = rules(n_vats, first_seed)[self.vat]
        """Of every symbol, by each brain's vat, [dish, symbol]."""
        part = np.arange(self.n) % n_brains % PARTS
        self.known = np.arange(SYMBOLS) // (SYMBOLS // PARTS) == part[:, None]
        """Whether each brain is taught what follows a symbol, [dish, symbol]."""
        self.probe_symbols = self.shared(self.sizes.probe, PROBE)
        self._culture: SimulatedCulture | None = None
        self._copy: SimulatedCulture | None = None

    def shared(self, n: int, purpose: int) -> NDArray[np.int64]:
        """Uniform random symbols, never the same twice in a row, that all brains hear, [dish, n]."""
        return np.tile(never_twice(n, np.random.default_rng([self.first_seed, purpose])), (self.n, 1))

    def copies(self, symbols: NDArray[np.int64], noise: float) -> NDArray[np.int64]:
        """Each brain's own copy of symbols, in which a share is exchanged for others."""
        own = symbols.copy()
        for row, seed in zip(own, self.seeds, strict=True):
            rng = np.random.default_rng([seed, COPIES])
            wrong = rng.random(row.size) < noise
            row[wrong] = (row[wrong] + rng.integers(1, SYMBOLS, int(wrong.sum()))) % SYMBOLS
        return own

    def environments(self, n: int) -> NDArray[np.int64]:
        """What each brain hears by itself, [dish, n]: after a symbol that it knows comes its successor, after
        the others any other symbol.
        """

        def of_brain(seed: int, known: NDArray[np.bool_], successor: NDArray[np.int64]) -> NDArray[np.int64]:
            rng = np.random.default_rng([seed, PRIVATE])

            def follow(symbol: int) -> int:
                other = another(symbol, rng)
                return successor[symbol] if known[symbol] else other

            return walk(n, rng, follow)

        return np.stack(
            [of_brain(*each) for each in zip(self.seeds, self.known, self.successor, strict=True)]
        )

    def everywhere(self, graph: Graph) -> Graph:
        """The same graph in every vat."""
        return many(graph, self.n_vats)

    def with_weights(self, state: Arrays, other: Arrays, dishes: NDArray[np.int64]) -> Arrays:
        """A state in which some brains have the synapses of another state; what they do at the moment stays
        (potentials, traces, depression), and is over within a few seconds.
        """
        culture = self.culture(None, plasticity=False)
        mixed = {name: array.copy() for name, array in state.items()}
        for dish in dishes.tolist():
            mixed["weight"][culture.synapses_of(dish)] = other["weight"][culture.synapses_of(dish)]
        return mixed

    def culture(self, state: Arrays | None, *, plasticity: bool) -> SimulatedCulture:
        """All brains in a given state (None: as they are), one object that is used again."""
        if self._culture is None:
            self._culture = SimulatedCulture(
                self.seeds, CultureParameters(n_neurons=self.n_neurons), threads=self.threads
            )
        self._culture.plasticity = plasticity
        if state is not None:
            self._culture.restore(state)
        return self._culture

    def probe(self, culture: SimulatedCulture, readout: IdentityReadout) -> Arrays:
        """Every brain alone, its plasticity off, nothing written: `answers` [dish, trial], and `evidence`
        [dish, trial, symbol] from which a vote can be counted.
        """
        self._copy = untaught_copy(culture, self._copy)
        return answers_of(self._copy, self.layout, readout, self.probe_symbols)


def answers_of(
    untaught: SimulatedCulture, layout: Layout, readout: IdentityReadout, symbols: NDArray[np.int64]
) -> Arrays:
    """What a copy answers to symbols [dish, trial]: `answers` [dish, trial], `evidence` [dish, trial,
    symbol].
    """
    asked = ask(untaught, layout, readout, symbols)
    evidence = readout.scores(asked.heard.counts[:, :, AFTER]).astype(np.float32)
    return {"answers": asked.decoded.astype(np.int8), "evidence": evidence}


def never_twice(n: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Uniform random symbols, never the same twice in a row, [n]."""
    steps = np.append(rng.integers(SYMBOLS), rng.integers(1, SYMBOLS, n - 1))
    return np.cumsum(steps) % SYMBOLS


def another(symbol: int, rng: np.random.Generator) -> int:
    """A symbol that is not this one, uniform."""
    return (symbol + int(rng.integers(1, SYMBOLS))) % SYMBOLS


def walk(n: int, rng: np.random.Generator, follow: Callable[[int], int]) -> NDArray[np.int64]:
    """A random symbol, and what follows each, [n]."""
    row = np.empty(n, np.int64)
    row[0] = rng.integers(SYMBOLS)
    for t in range(1, n):
        row[t] = follow(row[t - 1])
    return row


def rules(n_vats: int, seed: int) -> NDArray[np.int64]:
    """One cycle through all symbols for each vat: the successor of every symbol, [vat, symbol].

    Two neighbours have one successor in common, every fourth pair two: as many as chance has it (6 / 5 on
    average), so that what a vat is told of its neighbour's rule is right as often as a guess.
    """
    rng, drawn = np.random.default_rng([seed, RULE]), []
    tries = 0
    while len(drawn) < n_vats:
        order, successor = rng.permutation(SYMBOLS), np.empty(SYMBOLS, np.int64)
        successor[order] = np.roll(order, -1)
        last = len(drawn) == n_vats - 1
        pairs = [(len(drawn) - 1, rule) for rule in drawn[-1:]]
        pairs += [(n_vats - 1, rule) for rule in drawn[:1]] if last and n_vats > 2 else []
        if all((successor == rule).sum() == 1 + (pair % 4 == 3) for pair, rule in pairs):
            drawn.append(successor)
            tries = 0
        tries += 1
        if tries > 2_000:  # of 120 rules: none fits between the last vat's two neighbours
            drawn, tries = [], 0
    return np.stack(drawn)
