"""The work: naive measurements once, then every arm of every condition from the same naive dishes."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch

from brainwright import loop
from brainwright.experiment import Step
from brainwright.loop import Course, Dishes, DishModel, IdentityReadout, Sizes
from brainwright.runs import Units, of_prefix
from brainwright.signal import make_stream, rule
from brainwright.tissue import Live

from . import Config
from .names import CONDITIONS, CONTROLS

Arrays = dict[str, np.ndarray]
Share = Callable[..., None]

FIRST_DISH_SEED = 100_000  # seeds below this were used for choosing parameters
THREE = ("adaptive", "ungraded", "oracle")
QUICK = Sizes(calibration=120, probe=80, short_probe=20, stream_probe=40, skill=80, pulses_per_electrode=2)
QUICK_DISHES = 6
"""The fewest with which `evidence` decides anything."""
EMULATOR_COST = 3.0  # of one symbol, in symbols without an emulator; for the progress bar only


@dataclass(frozen=True, eq=False)
class Teaching:
    """The dishes of a run, and by condition the course that they are taught and its arms in order."""

    config: Config
    dishes: Dishes
    courses: dict[str, tuple[Course, tuple[str, ...]]]

    @classmethod
    def of(cls, config: Config, sizes: Sizes | None = None) -> "Teaching":
        """What a configuration asks for. Raises StreamError where the stream cannot be made.

        `full` carries the primary comparison; the others ask what the gradient adds. `poor`: the same stream
        with 50 recorded symbols. `scarce`: a hidden successor rule with 20 % jumps and 20 recorded symbols,
        too few to hear every transition. `steered`: a target that the stream does not hold.
        """
        stream = make_stream(
            config.stream, text=config.text, csv=config.csv, column=config.column, seed=config.seed
        )
        n = min(config.dishes, QUICK_DISHES) if config.quick else config.dishes
        seeds = [FIRST_DISH_SEED + 1_000 * config.seed + i for i in range(n)]
        sizes = sizes or (QUICK if config.quick else Sizes())
        recorded, taught = (40, 100) if config.quick else (config.recorded, config.taught)
        scarce, poor, few = (20, 30, 40) if config.quick else (20, 50, 150)
        block = max(1, -(-taught // (2 if config.quick else 8)))  # two or eight points of a learning curve
        hidden = rule(stream.k, seed=config.seed)
        courses = (
            (Course(stream, recorded, taught, block), CONTROLS),
            (Course(stream, poor, few, few, refit=False), THREE),
            (Course(hidden, scarce, few, few, refit=False), THREE),
            (Course(stream, poor, few, few, refit=False, steered=True), (*THREE, "yoked")),
        )
        dishes = Dishes(seeds, stream, sizes=sizes, n_neurons=config.neurons, threads=config.workers)
        return cls(config, dishes, dict(zip(CONDITIONS, courses, strict=True)))

    @property
    def model(self) -> DishModel:
        """The emulator, in one thread, since the other cores advance dishes."""
        torch.set_num_threads(1)
        return DishModel.named(self.config.emulator, self.config.seed)

    @property
    def arms(self) -> list[tuple[str, str]]:
        """Every condition with each of its arms."""
        return [(condition, arm) for condition, (_, arms) in self.courses.items() for arm in arms]

    def steps(self) -> tuple[Step, ...]:
        """All work in order; costs are numbers of symbols."""
        s = self.dishes.sizes
        cost = s.calibration + 2 * s.probe + s.stream_probe + 3.0 * s.skill
        work = [Step("naive", self.naive, cost, "naive tissue: calibrate, probe, emulator skill")]
        for condition, arm in self.arms:
            c = self.courses[condition][0]
            probes = s.probe + s.stream_probe + (c.taught // c.block - 1) * s.short_probe
            cost = c.recorded + c.taught * (EMULATOR_COST if arm in ("adaptive", "ungraded") else 1) + probes
            name = f"{condition}-{arm}"
            work.append(Step(name, partial(self.arm, condition, arm), cost, f"{condition}: {arm}"))
        work.append(
            Step("display", self.display, 2.0 * 64 * s.pulses_per_electrode, "what changed in the tissue")
        )
        if self.config.retention:
            work.append(Step("retention", self.retention, 6000.0))
        if self.config.dose_curve:
            work.append(Step("dose", self.dose, 4000.0, "dose curve"))
        return tuple(work)

    def naive(self, units: Units, share: Share) -> Arrays:
        """Untaught tissue."""
        return loop.naive_tissue(self.dishes, self.model, live(units), share)

    def arm(self, condition: str, arm: str, units: Units, share: Share) -> Arrays:
        """Teaches from the naive state, then probes."""
        state, readout = beginning(units)
        adaptive = units.load(f"{condition}-adaptive") if arm in loop.REPLAYED else {}
        written = adaptive["written"].astype(np.int64) if adaptive else None
        steps = self.config.gradient_steps
        writer = loop.writer_of(arm, self.dishes, self.model, gradient_steps=steps, adaptive=written)
        kept = (condition, arm) == ("full", "adaptive")
        watch = {"live": live(units), "stage": f"{condition}: {arm}", "progress": share, "keep": kept}
        course = self.courses[condition][0]
        unit = loop.teach_dishes(self.dishes, course, arm, writer, state=state, readout=readout, **watch)
        seen = {"score": "share", "rate_hz": "teaching_hz", "charge_nC": "charge_nC", "pulses": "pulses"}
        means = {name: round(float(unit[key].mean()), 4) for name, key in seen.items()}
        share(1.0, unit=f"{condition}-{arm}", **means)
        return unit

    def display(self, units: Units, share: Share) -> Arrays:
        """Naive and adaptively taught tissue side by side, of the median dish, not the best one."""
        (state, readout), taught = beginning(units), units.load("full-adaptive")
        order = np.argsort(taught["share"], kind="stable")
        states = {"before": state, "after": of_prefix("state_", taught)}
        dish = int(order[len(order) // 2])
        return loop.look(self.dishes, readout, states, dish, seed=self.config.seed)

    def retention(self, units: Units, share: Share) -> Arrays:
        """The score of the adaptive arm again after two minutes of tissue time."""
        state = of_prefix("state_", units.load("full-adaptive"))
        return loop.retention(self.dishes, beginning(units)[1], state)

    def dose(self, units: Units, share: Share) -> Arrays:
        """The score against the number of symbols taught with oracle writes."""
        state, readout = beginning(units)
        return loop.dose_curve(self.dishes, readout, state)


def beginning(units: Units) -> tuple[Arrays, IdentityReadout]:
    """The state from which every arm begins, and the readout that was fixed on it."""
    arrays = units.load("naive")
    return of_prefix("state_", arrays), loop.readout_of(arrays)


def live(units: Units) -> Live:
    """What the tissue says now, beside the units: `live.json` of the run folder."""
    return Live(units.folder.parent / "live.json")
