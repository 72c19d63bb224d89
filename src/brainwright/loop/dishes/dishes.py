"""Dishes of simulated tissue that go through many arms: each begins from the same state, hears symbols of its
own, and is probed as a copy.
"""

import os
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from brainwright.signal import SymbolStream
from brainwright.tissue import (
    CultureParameters,
    DoseLedger,
    SimulatedCulture,
    StimulusLimits,
    Tissue,
    usable_channels,
)

from ..kept import Kept
from ..layout import Layout, Timing
from ..play import play
from ..present import AFTER, STIMULUS, PeriodDone, Periods, present
from ..probe import ask, rate_hz, untaught_copy
from ..readout import IdentityReadout

Arrays = dict[str, np.ndarray]
# what a random draw is for; drawn per dish, so that a dish does not depend on how many there are
CALIBRATE, PROBE, STREAM, REST, STREAM_PROBE, SKILL = range(6)


MOST_DISHES = 1_000
"""Of a run: from there on they would be those of its next seed."""


def dish_seeds(first: int, run_seed: int, n: int) -> list[int]:
    """Seeds of the dishes of a run, other ones for every seed of the run.

    Args:
        first: that of the first dish of a run with seed 0; those below it are for choosing parameters.
        run_seed: of the run.
        n: dishes, at most `MOST_DISHES`.
    """
    return [first + MOST_DISHES * run_seed + dish for dish in range(n)]


@dataclass(frozen=True)
class Sizes:
    """How long measurements are: symbols of the calibration of the readout, of a probe, of a short probe
    between blocks, of a probe on the stream and of the recording that an emulator is judged by; pulses on
    each electrode; free runs, none unless they are asked for. A probe on the stream, or a recording to
    judge by, of no symbols is not made.
    """

    calibration: int = 400
    probe: int = 300
    short_probe: int = 60
    stream_probe: int = 200
    skill: int = 400
    pulses_per_electrode: int = 12
    runs: int = 0


class Dishes:
    """Simulated cultures, one per seed, with electrodes of their own for each symbol of a stream.

    Args:
        seeds: of the cultures; a dish is the same whatever other dishes there are.
        stream: what is taught.
        sizes: of the measurements.
        n_neurons: in each dish.
        tau_return_s: of the slow weights of `CultureParameters`; 0 for tissue without.
        threads: that advance dishes; one per core by default.
        timing: of a symbol's period.
        asked: the same while the tissue is asked: where the readout is fixed and in every probe.

    Raises:
        ValueError: more symbols than there are electrodes.
    """

    def __init__(
        self,
        seeds: list[int],
        stream: SymbolStream,
        *,
        sizes: Sizes | None = None,
        n_neurons: int = 256,
        tau_return_s: float = 0.0,
        threads: int | None = None,
        timing: Timing | None = None,
        asked: Timing | None = None,
    ):
        self.seeds, self.stream, self.sizes = seeds, stream, sizes or Sizes()
        self.n_neurons, self.threads = n_neurons, threads or os.cpu_count() or 1
        self.tau_return_s = tau_return_s
        self.channels = usable_channels()
        self.limits = StimulusLimits(channels=self.channels)
        self.layout = Layout.random(seeds, stream.k, self.channels, timing or Timing())
        self.asked = replace(self.layout, timing=asked or self.layout.timing)
        self.probe_symbols = self.uniform(self.sizes.probe, PROBE)
        self._cultures: dict[bool, SimulatedCulture] = {}
        self._born: dict[bool, Arrays] = {}
        self._copies: dict[bool, SimulatedCulture] = {}
        self._parts: dict[Any, Dishes] = {}
        self._kept = Kept()

    def __getstate__(self) -> dict[str, Any]:
        """A copy in another process begins without cultures and advances them in one thread: the other cores
        have work of their own there.
        """
        nothing = {name: {} for name in ("_cultures", "_born", "_copies", "_parts")}
        return vars(self) | nothing | {"threads": 1}

    def uniform(self, n: int, purpose: int) -> NDArray[np.int64]:
        """Independent uniform symbols, [dish, n]; others for each purpose."""
        return np.stack(
            [np.random.default_rng([s, purpose]).integers(0, self.stream.k, n) for s in self.seeds]
        )

    def from_stream(self, n: int, purpose: int, stream: SymbolStream | None = None) -> NDArray[np.int64]:
        """A stream (the taught one) from a random phase of each dish, [dish, n]."""
        stream = stream or self.stream
        return np.stack([stream.draw(n, np.random.default_rng([s, purpose])) for s in self.seeds])

    def first(self, n: int, **changed: Any) -> "Dishes":
        """The first `n` of the dishes, with some options changed; one object that is used again."""
        return self._part(slice(n), changed)

    def alone(self, dish: int, state: Arrays) -> "tuple[Dishes, Arrays]":
        """One of the dishes by itself, and its part of a state of all of them."""
        mine, synapses = slice(dish, dish + 1), self.culture(None, plasticity=False).synapses_of(dish)
        rows = {"weight": synapses, "slow": synapses, "step": slice(None)}
        own = {name: array[rows.get(name, mine)] for name, array in state.items()}
        return self._part(mine, {}), own

    def _part(self, which: slice, changed: dict[str, Any]) -> "Dishes":
        options = {name: getattr(self, name) for name in ("sizes", "n_neurons", "tau_return_s", "threads")}
        options |= {"timing": self.layout.timing, "asked": self.asked.timing} | changed
        key = repr((which, options))
        if key not in self._parts:
            self._parts[key] = Dishes(self.seeds[which], self.stream, **options)
        return self._parts[key]

    def beginning(self, state: Arrays) -> Arrays:
        """A state of these dishes and of others after them, or of tissue without slow weights, as one of
        these alone.
        """
        self.culture(None, plasticity=False)
        born = self._born[True]
        return {
            name: state[name][: len(array)] if len(state[name]) else array for name, array in born.items()
        }

    def culture(self, state: Arrays | None, *, plasticity: bool, cells: bool = True) -> SimulatedCulture:
        """The dishes in a given state (None: as they were born), one object that is used again.

        Without `cells` they hold nothing but saline.
        """
        if cells not in self._cultures:
            parameters = CultureParameters(n_neurons=self.n_neurons, tau_return_s=self.tau_return_s)
            culture = SimulatedCulture(
                self.seeds, parameters, cells=cells, limits=self.limits, threads=self.threads
            )
            self._cultures[cells], self._born[cells] = culture, culture.snapshot()
        culture = self._cultures[cells]
        culture.plasticity = plasticity
        culture.restore(self._born[cells] if state is None else state)
        return culture

    def copy(self, culture: SimulatedCulture) -> SimulatedCulture:
        """A copy to probe, so that the taught tissue is not disturbed; one object that is used again."""
        self._copies[culture.cells] = untaught_copy(culture, self._copies.get(culture.cells))
        return self._copies[culture.cells]

    def record(
        self,
        culture: SimulatedCulture,
        tissue: Tissue,
        symbols: NDArray[np.int64],
        on_period: PeriodDone | None = None,
    ) -> Periods:
        """What dishes hear of symbols [dish, period] with nothing written; where they heard the same from the
        same state before, they are brought at once to where it left them.

        Args:
            culture: as `culture` gave it.
            tissue: the same, behind whatever watches it.
            symbols: as of `present`.
            on_period: as of `present`.
        """

        def listen() -> tuple[Periods, Arrays, DoseLedger]:
            heard = present(tissue, self.layout, symbols, on_period=on_period)
            return heard, culture.snapshot(), culture.ledger

        switches = culture.plasticity, culture.cells, culture.synapses, culture.consolidating
        heard, state, ledger = self._kept.of(listen, symbols, switches, *culture.snapshot().values())
        culture.restore(state)
        culture.ledger = ledger
        return heard

    def short_probe(
        self, culture: SimulatedCulture, readout: IdentityReadout, successor: NDArray[np.int64]
    ) -> NDArray[np.float64]:
        """The share of answers that are the successor [symbol], of a copy asked a few symbols, [dish]."""
        few = self.probe_symbols[:, : self.sizes.short_probe]
        return ask(self.copy(culture), self.asked, readout, few).share(successor)

    def probes(
        self, tissue: SimulatedCulture, readout: IdentityReadout, stream: SymbolStream | None = None
    ) -> Arrays:
        """What tissue answers to random symbols and to a stream (the taught one), with nothing written.

        Returns:
            `share` of answers that are the successor, `log_score_bits` on the stream and rate `driven_hz`,
            [dish]; `answers` [dish, trial]; the counts `probe_after` that are read and those under the
            artifact, `probe_stimulus` [dish, trial, channel]; free runs `played` [dish, run, 1 + K].
        """
        stream = stream or self.stream
        random = ask(tissue, self.asked, readout, self.probe_symbols)
        arrays = {
            "share": random.share(stream.successor),
            "answers": random.decoded.astype(np.int8),
            "probe_after": random.heard.counts[:, :, AFTER].astype(np.uint8),
            "probe_stimulus": random.heard.counts[:, :, STIMULUS].astype(np.uint8),
            "driven_hz": rate_hz(random.heard, self.asked.timing, self.n_neurons),
        }
        if self.sizes.runs:  # before it hears the stream once more
            runs = play(tissue, self.asked, readout, runs=self.sizes.runs)
            arrays["played"] = runs.astype(np.int8)
        if self.sizes.stream_probe:
            coming = self.from_stream(self.sizes.stream_probe + 1, STREAM_PROBE, stream)
            arrays["log_score_bits"] = ask(tissue, self.asked, readout, coming).log_score_bits()
        return arrays
