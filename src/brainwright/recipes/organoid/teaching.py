"""The work: naive measurements once, then every arm of every condition from the same naive dishes."""

import os
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from brainwright import loop
from brainwright.emulator import DishEmulators, PatchEmulator, fit_emulator, forecast_skill
from brainwright.loop import AFTER, STIMULUS
from brainwright.runs import Units, of_prefix, with_prefix
from brainwright.signal import SymbolStream
from brainwright.tissue import CultureParameters, Live, SimulatedCulture, StimulusLimits, usable_channels

from . import Config
from .conditions import QUICK, QUICK_DISHES, Condition, Sizes, conditions, stream_of

Arrays = dict[str, np.ndarray]
Share = Callable[..., None]

FIRST_DISH_SEED = 100_000  # seeds below this were used for choosing parameters
# what a random draw is for; drawn per dish, so that a dish does not depend on how many there are
CALIBRATE, PROBE, STREAM, RANDOM_STREAM, STREAM_PROBE, SKILL = range(6)
# kinds of emulator, how many moments their steps take (what the time allows), and the learning rate
EMULATORS = {"patch": (PatchEmulator, 64, 1e-2), "latent": (DishEmulators, 16, 3e-3)}


class Dishes:
    """The dishes of a run and the steps that they go through together. What a step needs of an earlier one it
    reads from its unit, so that a run goes on after a kill as if nothing had been.
    """

    def __init__(self, config: Config, sizes: Sizes | None = None):
        self.config, self.stream = config, stream_of(config)
        self.conditions = conditions(config, self.stream)
        self.sizes = sizes or (QUICK if config.quick else Sizes())
        n = min(config.dishes, QUICK_DISHES) if config.quick else config.dishes
        self.seeds = [FIRST_DISH_SEED + 1_000 * config.seed + i for i in range(n)]
        self.channels = usable_channels()
        self.limits = StimulusLimits(channels=self.channels)
        self.layout = loop.Layout.random(self.seeds, self.stream.k, self.channels, loop.Timing())
        self.probe_symbols = self.uniform(self.sizes.probe, PROBE)
        self._cultures: dict[bool, SimulatedCulture] = {}
        self._born: dict[bool, Arrays] = {}
        self._copies: dict[bool, SimulatedCulture] = {}

    def uniform(self, n: int, purpose: int) -> NDArray[np.int64]:
        """Independent uniform symbols, [dish, n]."""
        return np.stack(
            [np.random.default_rng([s, purpose]).integers(0, self.stream.k, n) for s in self.seeds]
        )

    def from_stream(self, n: int, purpose: int, stream: SymbolStream | None = None) -> NDArray[np.int64]:
        """A stream (the taught one) from a random phase of each dish, [dish, n]."""
        stream = stream or self.stream
        return np.stack([stream.draw(n, np.random.default_rng([s, purpose])) for s in self.seeds])

    def culture(self, state: Arrays | None, *, plasticity: bool, cells: bool = True) -> SimulatedCulture:
        """The dishes in a given state (None: as they were born), one object that is used again."""
        if cells not in self._cultures:
            options: dict[str, Any] = {"cells": cells, "limits": self.limits}
            options["threads"] = self.config.workers or os.cpu_count() or 1
            parameters = CultureParameters(n_neurons=self.config.neurons)
            culture = SimulatedCulture(self.seeds, parameters, **options)
            self._cultures[cells], self._born[cells] = culture, culture.snapshot()
        culture = self._cultures[cells]
        culture.plasticity = plasticity
        culture.restore(self._born[cells] if state is None else state)
        return culture

    def copy(self, culture: SimulatedCulture) -> SimulatedCulture:
        """A copy to probe, so that the taught tissue is not disturbed."""
        self._copies[culture.cells] = loop.untaught_copy(culture, self._copies.get(culture.cells))
        return self._copies[culture.cells]

    def naive(self, units: Units, share: Share) -> Arrays:
        """Untaught tissue: fix the readout, probe, forecast skill; plasticity off throughout."""
        culture = self.culture(None, plasticity=False)
        rest_hz = culture.read(5.0).rate_hz().mean(axis=1) * culture.n_channels / self.config.neurons
        watched = live(units).watch(culture, "naive tissue")
        readout, heard = loop.fix_readout(
            watched, self.layout, self.uniform(self.sizes.calibration, CALIBRATE)
        )
        share(0.3)
        state = culture.snapshot()
        return {
            "readout_weight": readout.weight,
            "readout_offset": readout.offset,
            "calibration_symbols": heard.symbols,
            "calibration_counts": heard.counts.astype(np.uint8),
            "rest_hz": rest_hz,
            **self.probes(culture, readout, self.stream),
            **with_prefix("skill_", self.skill(state)),
            **with_prefix("state_", state),
            **with_prefix(
                "saline_",
                self.probes(self.culture(None, plasticity=False, cells=False), readout, self.stream),
            ),
        }

    def skill(self, state: Arrays) -> Arrays:
        """Forecast skill of the emulator on the last quarter of a recording of the stream."""
        culture, cut = self.culture(state, plasticity=False), self.sizes.skill * 3 // 4
        heard = loop.present(culture, self.layout, self.from_stream(self.sizes.skill, SKILL))
        counts = torch.from_numpy(heard.counts[:, :, : loop.LATE + 1])
        kind, options = self.emulator()
        emulator = kind(counts[:, :cut], seed=self.config.seed)
        fit_emulator(emulator, counts[:, :cut], steps=200, **options)
        return forecast_skill(emulator, counts[:, :cut], counts[:, cut:])

    def emulator(self) -> tuple[type, dict[str, Any]]:
        """Its kind and how it is fitted: in one thread, since the other cores advance dishes."""
        torch.set_num_threads(1)
        kind, batch, rate = EMULATORS[self.config.emulator]
        return kind, {"learning_rate": rate, "batch": batch, "seed": self.config.seed}

    def probes(self, tissue: SimulatedCulture, readout: loop.IdentityReadout, stream: SymbolStream) -> Arrays:
        """The primary probe (random symbols) and the score on the stream; writes and plasticity off."""
        random = loop.ask(tissue, self.layout, readout, self.probe_symbols)
        coming = self.from_stream(self.sizes.stream_probe + 1, STREAM_PROBE, stream)
        return {
            "share": random.share(stream.successor),
            "answers": random.decoded.astype(np.int8),
            "probe_after": random.heard.counts[:, :, AFTER].astype(np.uint8),
            "probe_stimulus": random.heard.counts[:, :, STIMULUS].astype(np.uint8),
            "log_score_bits": loop.ask(tissue, self.layout, readout, coming).log_score_bits(),
            "driven_hz": loop.rate_hz(random.heard, self.layout.timing, self.config.neurons),
        }

    def writer(self, units: Units, condition: Condition, arm: str) -> loop.Writer:
        """What writes in an arm."""
        if arm in ("adaptive", "ungraded"):
            kind, options = self.emulator()
            steps = self.config.gradient_steps if arm == "adaptive" else 0
            options |= {"emulator": kind, "gradient_steps": steps}
            return loop.GradientWriter(self.stream.k, self.layout.n_electrodes, self.channels, **options)
        if arm in ("yoked", "frozen", "saline"):
            written = units.load(condition.unit("adaptive"))["written"].astype(np.int64)
            # yoked: the writes of the next dish, which has its own symbol-electrode map and stream phase
            return loop.ReplayWriter(np.roll(written, -1, axis=0) if arm == "yoked" else written)
        if arm == "matched":
            return loop.MatchedWriter(self.layout, self.channels, self.seeds)
        return loop.OracleWriter(self.layout) if arm == "oracle" else loop.SilentWriter()

    def arm(self, condition: Condition, arm: str, units: Units, share: Share) -> Arrays:
        """Teaches from the naive state, then probes."""
        state, readout = naive_state(units)
        culture = self.culture(state, plasticity=arm not in ("frozen", "saline"), cells=arm != "saline")
        writer, successor = self.writer(units, condition, arm), condition.stream.successor
        n, recorded = condition.recorded + condition.taught, condition.recorded
        drawn = self.uniform if condition.steered else partial(self.from_stream, stream=condition.stream)
        symbols = drawn(n + 1, RANDOM_STREAM if condition.steered else STREAM)
        stage, curve = f"{condition.name}: {arm}", []

        def short_probe(taught: int) -> None:
            if taught < condition.taught:
                few = self.probe_symbols[:, : self.sizes.short_probe]
                curve.append(loop.ask(self.copy(culture), self.layout, readout, few).share(successor))
                share(0.9 * (recorded + taught) / n, **learned(stage, taught, curve[-1], writer))

        heard = loop.close_loop(
            live(units).watch(culture, stage),
            self.layout,
            symbols,
            writer,
            record=recorded,
            block=condition.block,
            refit=condition.refit,
            targets=successor[symbols[:, :-1]] if condition.steered else None,
            on_period=lambda done: share(0.9 * done / n) if done % 20 == 0 else None,
            after_block=short_probe,
        )
        unit = self.probes(self.copy(culture), readout, condition.stream)
        share(0.95, **learned(stage, condition.taught, unit["share"], writer))
        unit |= {
            "curve": np.stack([*curve, unit["share"]], axis=1),
            "written": heard.written[:, recorded:].astype(np.int8),
            "precision": loop.write_precision(heard, self.layout)[:, recorded:].mean((1, 2)),
            "teaching_hz": loop.rate_hz(heard, self.layout.timing, self.config.neurons),
            **culture.ledger.totals(),
        }
        if condition.unit(arm) == "full-adaptive":
            unit["heard"] = heard.symbols.astype(np.int8)
            unit |= with_prefix("state_", culture.snapshot()) | with_prefix("ledger_", culture.ledger.table())
            unit |= with_prefix("minute_", culture.ledger.busiest_minute())
        share(1.0, unit=condition.unit(arm), **figures(unit))
        return unit


def naive_state(units: Units) -> tuple[Arrays, loop.IdentityReadout]:
    """The state from which every arm begins, and the readout that was fixed on it."""
    naive = units.load("naive")
    return of_prefix("state_", naive), loop.IdentityReadout(naive["readout_weight"], naive["readout_offset"])


def live(units: Units) -> Live:
    """What the tissue says now, beside the units: `live.json` of the run folder."""
    return Live(units.folder.parent / "live.json")


def figures(unit: Arrays) -> dict[str, float]:
    """The figures of a finished arm that someone who watches the run wants to see, mean over dishes."""
    wanted = {"score": "share", "rate_hz": "teaching_hz", "charge_nC": "charge_nC", "pulses": "pulses"}
    return {name: round(float(unit[key].mean()), 4) for name, key in wanted.items()}


def learned(stage: str, taught: int, share: NDArray[np.float64], writer: loop.Writer) -> dict[str, object]:
    """One point of the learning curve, and the emulator's loss where the writer has one."""
    point = {"event": "block", "arm": stage, "taught": taught, "score": round(float(share.mean()), 4)}
    loss = getattr(writer, "emulator_loss", None)
    return point if loss is None else point | {"loss": round(loss, 4)}
