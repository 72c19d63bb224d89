"""The work itself: naive measurements once, then every arm of every condition from the same naive tissue."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray

from brainwright.emulator import DishEmulators, PatchEmulator, fit_emulator, forecast_skill
from brainwright.loop import (
    AFTER,
    EARLY,
    LATE,
    STIMULUS,
    GradientWriter,
    IdentityReadout,
    Layout,
    MatchedWriter,
    OracleWriter,
    Periods,
    ReplayWriter,
    SilentWriter,
    Timing,
    Writer,
    close_loop,
    present,
    successor_share,
)
from brainwright.signal import SymbolStream
from brainwright.tissue import CultureParameters, Live, SimulatedCulture, usable_channels

from . import display, units
from .design import FIRST_DISH_SEED, Condition, conditions, n_dishes, sizes

if TYPE_CHECKING:
    from brainwright.recipes.organoid import Config

# what a random draw is for; drawn per dish, so that a dish does not depend on how many there are
CALIBRATE, PROBE, STREAM, RANDOM_STREAM, STREAM_PROBE, SKILL = range(6)
EMULATORS = {"patch": (PatchEmulator, 64, 1e-2), "latent": (DishEmulators, 16, 3e-3)}
"""Kinds of emulator, how many moments their steps take (what the time allows), and the learning rate."""
EMULATOR_COST = 3.0  # of one symbol, in symbols without an emulator; for the progress bar only


class Experiment:
    """Runs what is not yet finished in `folder`, one file per unit of work."""

    def __init__(
        self,
        config: "Config",
        stream: SymbolStream,
        folder: Path,
        progress: Callable[..., None],
        live: Live | None = None,
    ):
        self.config, self.stream, self.folder, self._progress = config, stream, folder, progress
        self.live = live or Live(None)
        self.conditions, self.sizes = conditions(config, stream), sizes(config)
        self.seeds = [FIRST_DISH_SEED + 1_000 * config.seed + i for i in range(n_dishes(config))]
        self.layout = Layout.random(self.seeds, stream.k, usable_channels(), Timing())
        self.probe_symbols = self.uniform(self.sizes.probe, PROBE)
        self._done, self._total = 0.0, sum(self._costs().values())
        self._cultures: dict[tuple[str, bool], SimulatedCulture] = {}
        self._born: dict[bool, units.Unit] = {}
        torch.set_num_threads(1)  # the tensors are small; the second core advances dishes

    # ---- randomness

    def uniform(self, n: int, purpose: int) -> NDArray[np.int64]:
        """Independent uniform symbols, [dish, n]."""
        return np.stack(
            [np.random.default_rng([s, purpose]).integers(0, self.stream.k, n) for s in self.seeds]
        )

    def from_stream(self, n: int, purpose: int, stream: SymbolStream | None = None) -> NDArray[np.int64]:
        """A stream (the taught one) from a random phase of each dish, [dish, n]."""
        stream = stream or self.stream
        return np.stack([stream.draw(n, np.random.default_rng([s, purpose])) for s in self.seeds])

    # ---- progress

    def _costs(self) -> dict[str, float]:
        s = self.sizes
        costs = {"naive": s.calibration + 2 * s.probe + s.stream_probe + 3.0 * s.skill}
        for condition in self.conditions:
            for arm in condition.arms:
                emulated = arm in ("adaptive", "ungraded")
                taught = condition.taught * (EMULATOR_COST if emulated else 1)
                probes = s.probe + s.stream_probe + (condition.taught // condition.block - 1) * s.short_probe
                costs[f"{condition.name}-{arm}"] = condition.recorded + taught + probes
        costs["display"] = 2.0 * 64 * s.pulses_per_electrode
        costs["retention"] = 6000.0 * self.config.retention
        costs["dose"] = 4000.0 * self.config.dose_curve
        return costs

    def _unit(self, name: str, stage: str, work: Callable[[Callable[..., None]], units.Unit]) -> None:
        """Do a unit of work unless its file exists; report progress within it."""
        cost = self._costs()[name]
        if not units.done(self.folder, name):
            self._progress(stage, self._done / self._total)
            made = work(
                lambda share, **event: self._progress(
                    stage, (self._done + cost * share) / self._total, **event
                )
            )
            units.save(self.folder, name, made)
            self._progress(stage, (self._done + cost) / self._total, unit=name, **_figures(made))
        self._done += cost

    # ---- the whole

    def run(self) -> None:
        self._unit("naive", "naive tissue: calibrate, probe, emulator skill", self.naive)
        naive = units.load(self.folder, "naive")
        self.readout = IdentityReadout(naive["readout_weight"], naive["readout_offset"])
        self.state = units.of_prefix("state_", naive)
        for condition in self.conditions:
            for arm in condition.arms:
                self._unit(
                    f"{condition.name}-{arm}",
                    f"{condition.name}: {arm}",
                    lambda share, c=condition, a=arm: self.arm(c, a, share),
                )
        self._unit("display", "what changed in the tissue", lambda _: display.measure(self))
        if self.config.retention:
            self._unit("retention", "retention", lambda _: self.retention())
        if self.config.dose_curve:
            self._unit("dose", "dose curve", lambda _: self.dose_curve())

    def culture(
        self, state: units.Unit | None, *, plasticity: bool, cells: bool = True, role: str = "taught"
    ) -> SimulatedCulture:
        """The dishes in a given state (None: as they were born). One object per role, used again."""
        key = (role, cells)
        if key not in self._cultures:
            self._cultures[key] = SimulatedCulture(
                self.seeds,
                CultureParameters(n_neurons=self.config.neurons),
                cells=cells,
                threads=os.cpu_count() or 1,
            )
            self._born.setdefault(cells, self._cultures[key].snapshot())
        culture = self._cultures[key]
        culture.plasticity = plasticity
        culture.restore(self._born[cells] if state is None else state)
        return culture

    # ---- units

    def naive(self, share: Callable[..., None]) -> units.Unit:
        """Untaught tissue: fix the readout, probe, forecast skill; plasticity off throughout."""
        culture = self.culture(None, plasticity=False)
        rest_hz = culture.read(5.0).rate_hz().mean(axis=1) * culture.n_channels / self.config.neurons
        symbols = self.uniform(self.sizes.calibration, CALIBRATE)
        calibration = present(self.live.watch(culture, "naive tissue"), self.layout, symbols)
        self.readout = IdentityReadout.fit(calibration, self.stream.k)
        share(0.3)
        state = culture.snapshot()
        unit = {
            "readout_weight": self.readout.weight,
            "readout_offset": self.readout.offset,
            "calibration_symbols": calibration.symbols,
            "calibration_counts": calibration.counts.astype(np.uint8),
            "rest_hz": rest_hz,
            **self.probes(culture),
            **units.with_prefix("skill_", self.skill(culture, state)),
            **units.with_prefix("state_", state),
        }
        saline = self.culture(None, plasticity=False, cells=False)
        unit |= units.with_prefix("saline_", self.probes(saline))
        return unit

    def skill(self, culture: SimulatedCulture, state: units.Unit) -> units.Unit:
        """Forecast skill of the emulator on the last quarter of a recording of the stream."""
        culture.restore(state)
        heard = present(culture, self.layout, self.from_stream(self.sizes.skill, SKILL))
        counts = torch.from_numpy(heard.counts[:, :, : LATE + 1])
        cut = self.sizes.skill * 3 // 4
        make, batch, rate = EMULATORS[self.config.emulator]
        emulator, seed = make(counts[:, :cut], seed=self.config.seed), self.config.seed
        fit_emulator(emulator, counts[:, :cut], steps=200, learning_rate=rate, batch=batch, seed=seed)
        return forecast_skill(emulator, counts[:, :cut], counts[:, cut:])

    def probes(self, twin: SimulatedCulture, stream: SymbolStream | None = None) -> units.Unit:
        """The primary probe (random symbols) and the score on the stream; writes and plasticity off."""
        stream = stream or self.stream
        random = present(twin, self.layout, self.probe_symbols)
        answers = self.readout.answers(random.counts[:, :, AFTER])
        streamed = present(
            twin, self.layout, self.from_stream(self.sizes.stream_probe + 1, STREAM_PROBE, stream)
        )
        p = self.readout.probabilities(streamed.counts[:, :-1, AFTER])
        coming = np.take_along_axis(p, streamed.symbols[:, 1:, None], axis=2)[:, :, 0]
        return {
            "share": successor_share(answers, self.probe_symbols, stream.successor),
            "answers": answers.astype(np.int8),
            "probe_after": random.counts[:, :, AFTER].astype(np.uint8),
            "probe_stimulus": random.counts[:, :, STIMULUS].astype(np.uint8),
            "log_score_bits": np.log2(coming).mean(axis=1),
            "driven_hz": self.rate_hz(random),
        }

    def rate_hz(self, heard: Periods) -> NDArray[np.float64]:
        """Mean rate per neuron in the early and late windows, [dish]; the end of the artifact counts too
        (the figure of the saline arm)."""
        timing = self.layout.timing
        seconds = sum(stop - start for start, stop in (timing.early_s, timing.late_s))
        return heard.counts[:, :, (EARLY, LATE)].sum((2, 3)).mean(1) / seconds / self.config.neurons

    def twin(self, culture: SimulatedCulture) -> SimulatedCulture:
        """A copy to probe, so that the taught tissue is not disturbed; plasticity off."""
        return self.culture(culture.snapshot(), plasticity=False, cells=culture.cells, role="probed")

    def writer(self, condition: Condition, arm: str) -> Writer:
        channels, layout = usable_channels(), self.layout
        if arm in ("adaptive", "ungraded"):
            steps = self.config.gradient_steps if arm == "adaptive" else 0
            make, batch, rate = EMULATORS[self.config.emulator]
            return GradientWriter(
                self.stream.k,
                layout.n_electrodes,
                channels,
                gradient_steps=steps,
                learning_rate=rate,
                batch=batch,
                seed=self.config.seed,
                emulator=make,
            )
        if arm in ("yoked", "frozen", "saline"):
            written = units.load(self.folder, f"{condition.name}-adaptive")["written"].astype(np.int64)
            # yoked: the writes of the next dish, which has its own symbol-electrode map and stream phase
            return ReplayWriter(np.roll(written, -1, axis=0) if arm == "yoked" else written)
        if arm == "matched":
            return MatchedWriter(layout, channels, self.seeds)
        return OracleWriter(layout) if arm == "oracle" else SilentWriter()

    def arm(self, condition: Condition, arm: str, share: Callable[..., None]) -> units.Unit:
        """Teach from the naive state, then probe."""
        culture = self.culture(self.state, plasticity=arm not in ("frozen", "saline"), cells=arm != "saline")
        n = condition.recorded + condition.taught
        symbols = (
            self.uniform(n + 1, RANDOM_STREAM)
            if condition.steered
            else self.from_stream(n + 1, STREAM, condition.stream)
        )
        curve: list[NDArray[np.float64]] = []
        stage, writer = f"{condition.name}: {arm}", self.writer(condition, arm)

        def short_probe(taught: int) -> None:
            if taught < condition.taught:
                heard = present(
                    self.twin(culture), self.layout, self.probe_symbols[:, : self.sizes.short_probe]
                )
                answers = self.readout.answers(heard.counts[:, :, AFTER])
                curve.append(successor_share(answers, heard.symbols, condition.stream.successor))
                share(0.9 * (condition.recorded + taught) / n, **_learning(stage, taught, curve[-1], writer))

        heard = close_loop(
            self.live.watch(culture, stage),
            self.layout,
            symbols,
            writer,
            record=condition.recorded,
            block=condition.block,
            refit=condition.refit,
            targets=condition.stream.successor[symbols[:, :-1]] if condition.steered else None,
            on_period=lambda done: share(0.9 * done / n) if done % 20 == 0 else None,
            after_block=short_probe,
        )
        unit = self.probes(self.twin(culture), condition.stream)
        share(0.95, **_learning(stage, condition.taught, unit["share"], writer))
        written = heard.written[:, condition.recorded :]
        wanted = np.sort(self.layout.electrodes[np.arange(len(symbols))[:, None], heard.targets], axis=2)
        hits = (written[:, :, :, None] == wanted[:, condition.recorded :, None]).any(3)
        unit |= {
            "curve": np.stack([*curve, unit["share"]], axis=1),
            "written": written.astype(np.int8),
            "precision": hits.mean((1, 2)),
            "charge_nC": culture.ledger.totals()["charge_nC"],
            "pulses": culture.ledger.totals()["pulses"],
            "teaching_hz": self.rate_hz(heard),
        }
        if (condition.name, arm) == ("full", "adaptive"):
            unit |= units.with_prefix("state_", culture.snapshot())
            unit |= units.with_prefix("ledger_", culture.ledger.table())
        return unit

    def retention(self) -> units.Unit:
        """The primary score of the adaptive arm again after 120 s of tissue time, plasticity on."""
        state = units.of_prefix("state_", units.load(self.folder, "full-adaptive"))
        n = round(120 / self.layout.timing.period_s)
        kept = {}
        for name in ("silence", "stream", "random"):
            culture = self.culture(state, plasticity=True)
            if name == "silence":
                culture.read(120.0)
            else:
                symbols = self.from_stream(n, SKILL) if name == "stream" else self.uniform(n, SKILL)
                present(culture, self.layout, symbols)
            kept[name] = self.probes(self.twin(culture))["share"]
        return kept

    def dose_curve(self) -> units.Unit:
        """The primary score against the number of symbols taught with oracle writes."""
        culture = self.culture(self.state, plasticity=True)
        doses = (25, 50, 100, 200, 400, 800, 1600, 2400)
        scores = []

        def probe(taught: int) -> None:
            if taught in doses:
                scores.append(self.probes(self.twin(culture))["share"])

        close_loop(
            culture,
            self.layout,
            self.from_stream(doses[-1] + 2, STREAM),
            OracleWriter(self.layout),
            record=1,
            block=doses[0],
            after_block=probe,
        )
        return {"dose": np.array(doses), "scores": np.stack(scores, axis=1)}


def _figures(made: units.Unit) -> dict[str, float]:
    """The figures of a finished unit that someone who watches the run wants to see, mean over dishes."""
    wanted = {"score": "share", "rate_hz": "teaching_hz", "charge_nC": "charge_nC", "pulses": "pulses"}
    return {name: round(float(made[key].mean()), 4) for name, key in wanted.items() if key in made}


def _learning(stage: str, taught: int, share: NDArray[np.float64], writer: Writer) -> dict[str, object]:
    """One point of the learning curve, and the emulator's loss where the writer has one."""
    point: dict[str, object] = {"event": "block", "arm": stage, "taught": taught}
    point["score"] = round(float(share.mean()), 4)
    loss = getattr(writer, "emulator_loss", None)
    return point if loss is None else point | {"loss": round(loss, 4)}
