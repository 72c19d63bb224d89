"""Arms that teach the same dishes Pong from the same naive state, as pieces of work that a run can resume."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from brainwright.runs import Units, of_prefix, with_prefix
from brainwright.tissue import Tissue
from brainwright.world import Pong

from ..dishes.anew import teach_anew
from ..dishes.breaks import Spoiled
from ..dishes.course import Course, Share
from ..dishes.dishes import CALIBRATE, Arrays, Dishes
from ..dishes.model import DishModel
from ..dishes.teaching import live
from ..gradient_writer import GradientWriter
from ..layout import Layout
from ..present import AFTER, Periods, Writer, present
from ..writers import LookupWriter, OracleWriter, ReplayWriter
from .feedback import KINDS, Stimuli
from .motor import Motor
from .play_pong import Played, play_pong
from .scores import game_scores
from .sites import PLACES, babbling, permuted, to_the_ball

TEACHERS = ("gradient", "ungraded", "lookup", "oracle", "yoked", "silent", "frozen")
"""What writes while a game is taught. `gradient`: the emulator's forecast, improved for the wanted region by
gradient steps; `ungraded`: the same forecast without a step; `lookup`: the channels that stand out in the
mean response to the wanted region, no model; `oracle`: its electrodes; `yoked`: the electrodes of the region
that was wanted in the next dish's game, in this dish's own map; `silent`: nothing; `frozen`: what `gradient`
wrote, to tissue whose plasticity is off.
"""
BREAKS = ("labels permuted", "another culture's emulator", "learning rate 0")
"""The gradient's arm with one thing wrong: the wanted regions are a random policy; emulator and maps are
those of the next dish; steps move nothing.
"""
TAUGHT_GAME, PROBE_GAME = 1, 2
"""Games of one dish: slopes of teaching and of probes are others, the same in all arms."""
EVERY = 20
"""Ticks between two reports of progress."""
SALINE_TICKS = 50


@dataclass(frozen=True)
class Lesson:
    """How an arm plays before it is probed.

    Attributes:
        teacher: one of `TEACHERS` or `BREAKS`; or one of `feedback.KINDS`, by which nothing is written.
        depth: the ball's distance is told as well, in the probe too.
    """

    teacher: str
    depth: bool = False

    def __post_init__(self) -> None:
        known = (*TEACHERS, *BREAKS, *KINDS)
        if self.teacher not in known:
            raise ValueError(f"teacher: expected one of {', '.join(known)}, got {self.teacher!r}")


@dataclass(frozen=True, eq=False)
class PongLessons:
    """Dishes, and lessons in the order in which they run; each becomes a unit under its name.

    Attributes:
        dishes: of all arms.
        layout: electrodes of places and regions; see `pong_layout`.
        lessons: name → lesson; `yoked` and `frozen` ones replay what belongs to the lesson
            "gradient", which comes before them.
        model, gradient_steps: the emulator and the steps of the gradient's arms.
        calibration: pulses of places and regions in random order, to which motor and emulator are fitted.
        taught, session, probe: ticks with writes, of a lesson by feedback, and of a probe.
        checks: short probes (half a probe) within a lesson, for the learning curve.
    """

    dishes: Dishes
    layout: Layout
    lessons: Mapping[str, Lesson]
    model: DishModel = field(default_factory=lambda: DishModel(batch=16))
    gradient_steps: int = 2
    calibration: int = 300
    taught: int = 500
    session: int = 3000
    probe: int = 500
    checks: int = 3

    def naive(self, units: Units, share: Share) -> Arrays:
        """Untaught tissue: calibration, motor, probes with and without the distance, the state it is in."""
        dishes = self.dishes
        culture = dishes.culture(None, plasticity=False)
        rest_hz = culture.read(5.0).rate_hz().mean(axis=1) * culture.n_channels / dishes.n_neurons
        rngs = [np.random.default_rng([seed, CALIBRATE]) for seed in dishes.seeds]
        symbols = np.stack([rng.integers(0, PLACES + 2, self.calibration) for rng in rngs])
        heard = present(live(units).watch(culture, "naive"), self.layout, symbols)
        share(0.4)
        motor, state = Motor.fit(heard), culture.snapshot()
        arrays = {"motor_weight": motor.weight, "motor_offset": motor.offset, "rest_hz": rest_hz}
        arrays |= {"symbols": symbols, "counts": heard.counts.astype(np.uint8)}
        for name, depth in (("probe_", False), ("depth_", True)):
            culture = dishes.culture(state, plasticity=False)
            arrays |= with_prefix(name, self._probe(culture, motor, depth, self.probe))
        saline = dishes.culture(None, plasticity=False, cells=False)
        heard = present(saline, self.layout, symbols[:, :SALINE_TICKS])
        arrays["saline_after"] = heard.counts[:, :, AFTER].sum((1, 2))
        return arrays | with_prefix("state_", state)

    def arm(self, name: str, units: Units, share: Share) -> Arrays:
        """A lesson from the naive state, then a probe.

        Returns:
            `Played` of the lesson as `lesson_`, of the probe as `probe_`; `checks` [dish, check]; totals of
            the ledger, `precision` and `rate_hz` [dish]; of "gradient" and "yoked" the `state_` after it.
        """
        lesson, dishes, told = self.lessons[name], self.dishes, units.load("naive")
        motor = Motor(told["motor_weight"], told["motor_offset"])
        plastic = lesson.teacher != "frozen"
        culture = dishes.culture(of_prefix("state_", told), plasticity=plastic)
        by_feedback = lesson.teacher in KINDS
        n = self.session if by_feedback else self.taught
        points: list[NDArray[np.float64]] = []

        def on_tick(done: int) -> None:
            if done % EVERY == 0:
                share(0.9 * done / n)
            if not by_feedback and done % max(1, n // (self.checks + 1)) == 0 and done < n and self.checks:
                played = self._probe(dishes.copy(culture), motor, lesson.depth, max(1, self.probe // 2))
                points.append(game_scores(played["hit"], played["missed"])["balls"])

        options: dict[str, Any] = {"policy": self.policy(lesson), "depth": lesson.depth, "on_tick": on_tick}
        if by_feedback:
            feedback = KINDS[lesson.teacher]
            options |= {"feedback": feedback}
            options["stimuli"] = Stimuli(self.layout, dishes.seeds) if feedback.told else None
        else:
            options |= {"writer": self.writer(lesson, units), "babble": babbling(dishes.seeds, n)}
        tissue = live(units).watch(culture, name)
        played = play_pong(tissue, self.layout, self.game(TAUGHT_GAME), motor, n, **options)
        arrays = with_prefix("lesson_", played.arrays()) | culture.ledger.totals()
        seconds = n * self.layout.timing.period_s
        arrays["rate_hz"] = played.spikes.sum(1) / seconds / dishes.n_neurons
        arrays["precision"] = precision(played, self.layout)
        probed = self._probe(dishes.copy(culture), motor, lesson.depth, self.probe)
        points.append(game_scores(probed["hit"], probed["missed"])["balls"])
        arrays |= with_prefix("probe_", probed) | {"checks": np.stack(points, axis=1)}
        if name in ("gradient", "yoked"):
            arrays |= with_prefix("state_", culture.snapshot())
        share(1.0, unit=name, score=round(float(points[-1].mean()), 4))
        return arrays

    def ask(self, state: Arrays, units: Units) -> Arrays:
        """A probe of the dishes in any state, without the distance: `Played` by name."""
        told = units.load("naive")
        culture = self.dishes.culture(state, plasticity=False)
        return self._probe(culture, Motor(told["motor_weight"], told["motor_offset"]), False, self.probe)

    def anew(self, course: Course, unit: str, units: Units, share: Share) -> Arrays:
        """The ordinary loop teaches a stream to the dishes in the state after a unit; then Pong is asked.

        Args:
            course: what is taught.
            unit: "naive", "gradient" or "yoked" of the game.
            units: of a study of its own, a folder below those of the game.
            share: told the share that is done.

        Returns:
            `share` of answers that are the successor after it and `share_before` it, and `balls` hit, [dish].
        """
        game = Units(units.folder.parent)
        state, model = of_prefix("state_", game.load(unit)), DishModel(seed=self.model.seed)
        taught = teach_anew(self.dishes, course, model, state, live=live(game), progress=share)
        played = self.ask(of_prefix("state_", taught), game)
        balls = game_scores(played["hit"], played["missed"])["balls"]
        return {"share": taught["share"], "share_before": taught["share_before"], "balls": balls}

    def policy(self, lesson: Lesson) -> NDArray[np.int64]:
        """The region that is wanted at each place, [dish, place]."""
        seeds = self.dishes.seeds
        return permuted(seeds) if lesson.teacher == "labels permuted" else to_the_ball(len(seeds))

    def game(self, which: int) -> Pong:
        """The games of the dishes: other ones for each purpose."""
        return Pong(self.game_seeds(which))

    def game_seeds(self, which: int) -> list[int]:
        """Of the games of one purpose."""
        return [4 * seed + which for seed in self.dishes.seeds]

    def writer(self, lesson: Lesson, units: Units) -> Writer | None:
        """What writes in a lesson, fitted to naive responses."""
        layout, channels, teacher = self.layout, self.dishes.channels, lesson.teacher
        if teacher == "silent":
            return None
        if teacher == "oracle":
            return OracleWriter(layout)
        if teacher == "frozen":
            return ReplayWriter(units.load("gradient")["lesson_written"].astype(np.int64))
        if teacher == "yoked":
            wanted = np.roll(units.load("gradient")["lesson_wanted"].astype(np.int64), -1, axis=0)
            return ReplayWriter(np.stack([layout.of(symbols) for symbols in wanted.T], axis=1))
        heard = self.heard(lesson, units)
        writer: Writer
        if teacher == "lookup":
            writer = LookupWriter(layout.n_electrodes, channels)
        else:
            steps = 0 if teacher == "ungraded" else self.gradient_steps
            model = replace(self.model, step_rate=0.0) if teacher == "learning rate 0" else self.model
            writer = model.writer(layout, channels, steps)
            if teacher == "another culture's emulator":
                writer = Spoiled(writer, fitted=of_the_next_dish)
        writer.learn(heard)
        return writer

    def heard(self, lesson: Lesson, units: Units) -> Periods:
        """The calibration: what a writer learns from. Of places the region of the lesson's policy is wanted,
        of regions nothing.
        """
        told = units.load("naive")
        symbols = told["symbols"]
        wanted = np.take_along_axis(self.policy(lesson), np.minimum(symbols, PLACES - 1), axis=1)
        wanted = np.where(symbols < PLACES, wanted, -1)
        nothing = np.full((*symbols.shape, 0), -1)
        return Periods(symbols, wanted, told["counts"].astype(np.float32), nothing)

    def cost(self, name: str) -> float:
        """Of an arm, in ticks, for a progress bar."""
        by_feedback = self.lessons[name].teacher in KINDS
        alone = self.probe if by_feedback else (1 + self.checks / 2) * self.probe
        return alone + (self.session if by_feedback else 1.3 * self.taught)

    def _probe(self, tissue: Tissue, motor: Motor, depth: bool, ticks: int) -> Arrays:
        """Play alone: nothing is written, and what is asked has its plasticity off."""
        policy = to_the_ball(tissue.n_dishes)
        game = self.game(PROBE_GAME)
        return play_pong(tissue, self.layout, game, motor, ticks, policy=policy, depth=depth).arrays()


def precision(played: Played, layout: Layout) -> NDArray[np.float64]:
    """Share of the written electrodes that belong to the region wanted, [dish]; 0 where nothing was."""
    wanted = layout.electrodes[np.arange(layout.n_dishes)[:, None], played.wanted]
    there = played.written >= 0
    right = (played.written[..., None] == wanted[:, :, None]).any(3) & there
    return right.sum((1, 2)) / np.maximum(there.sum((1, 2)), 1)


def of_the_next_dish(writer: GradientWriter) -> None:
    """Emulator and maps change places between dishes."""
    writer.restore({name: np.roll(array, -1, axis=0) for name, array in writer.state().items()})
