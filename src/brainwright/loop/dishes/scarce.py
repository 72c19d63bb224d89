"""Teaching where less is heard: few notes recorded, or through electrodes that miss and make up spikes."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from brainwright.experiment import Step
from brainwright.runs import Units, of_prefix
from brainwright.signal import SymbolStream
from brainwright.tissue import Live

from ..layout import Timing
from ..present import Moment, Periods, Writer
from .arms import writer_of
from .course import Course, Share, teach_dishes
from .dishes import Arrays, Dishes
from .model import DishModel
from .naive import naive_tissue, readout_of

NOISE = 808
"""A stream of random numbers of its own for what electrodes miss and make up, apart from others of a seed."""
OF_MODEL = ("adaptive", "ungraded", "yoked", "other", "search")
"""Arms that every model is asked in, in the order in which they run in all ways of hearing."""
OF_NONE = ("oracle", "lookup")
"""Arms without a model."""
LISTENING = ("adaptive", "other", "ungraded", "search", "lookup")
"""Arms whose writes follow from what was heard."""


@dataclass(frozen=True)
class Hearing:
    """What a writer gets to hear.

    Attributes:
        recorded: symbols before the first write.
        missed: share of the spikes that its electrodes do not detect.
        false_hz: rate of detections without a spike, on each electrode.
    """

    recorded: int
    missed: float = 0.0
    false_hz: float = 0.0

    def __post_init__(self) -> None:
        if self.recorded < 4 or not 0 <= self.missed < 1 or self.false_hz < 0:
            raise ValueError(
                "Hearing: expected recorded >= 4, missed in [0, 1) and false_hz >= 0, got "
                f"{self.recorded}, {self.missed}, {self.false_hz}"
            )


class PoorElectrodes:
    """A writer that hears through poor electrodes, while it records and while it teaches.

    A spike is missed with one probability, whenever it comes; false detections are a Poisson process. The
    tissue, what is written and what it is asked by are as they were.

    Args:
        writer: that hears so.
        hearing: how poorly.
        timing: how long each window is, which decides how many false detections fall into it.
        seeds: of the dishes, by which misses and false detections are drawn.
    """

    def __init__(self, writer: Writer, hearing: Hearing, timing: Timing, seeds: list[int]):
        self.writer, self.hearing = writer, hearing
        windows = (timing.early_s, timing.late_s, timing.after_s, timing.stimulus_s)  # as of `Periods`
        self.window_s = np.array([stop - start for start, stop in windows])
        self.draws = [np.random.default_rng([seed, NOISE]) for seed in seeds]

    def learn(self, heard: Periods) -> None:
        self.writer.learn(replace(heard, counts=self._heard(heard.counts)))

    def channels(self, moment: Moment) -> NDArray[np.int64] | None:
        poor = {"previous": self._heard(moment.previous), "early": self._heard(moment.early[:, None])[:, 0]}
        return self.writer.channels(replace(moment, **poor))

    def _heard(self, counts: NDArray[np.float32]) -> NDArray[np.float32]:
        """Counts [dish, ..., window, channel], of the first windows of a period, as they are detected."""
        false = self.hearing.false_hz * self.window_s[: counts.shape[-2], None]
        rows = [
            draw.binomial(own.astype(np.int64), 1 - self.hearing.missed) + draw.poisson(false, own.shape)
            for own, draw in zip(counts, self.draws, strict=True)
        ]
        return np.stack(rows).astype(np.float32)


@dataclass(frozen=True, eq=False)
class Scarce:
    """The same dishes taught by each of several models, in each of several ways of hearing them.

    Attributes:
        dishes: of all arms, each from the same naive state.
        heard, wanted, twin: what is heard, and whose successors are wanted: of `other`, the twin's.
        hearings, models: by name.
        taught: symbols with writes.
        gradient_steps: per symbol.
    """

    dishes: Dishes
    heard: SymbolStream
    wanted: SymbolStream
    twin: SymbolStream
    hearings: Mapping[str, Hearing]
    models: Mapping[str, DishModel]
    taught: int = 200
    gradient_steps: int = 5

    def arms(self, hearing: str) -> dict[str, tuple[str, str]]:
        """Units of a way of hearing → (model, arm) in the order in which they run; model "" for none."""
        arms = {f"{hearing}/{arm}": ("", arm) for arm in OF_NONE}
        return arms | {f"{hearing}/{model} {arm}": (model, arm) for model in self.models for arm in OF_MODEL}

    def steps(self) -> tuple[Step, ...]:
        """All work in order; costs are rough numbers of symbols; a step of latent diffusion is many."""
        work = [Step("naive", self._naive, 1000.0, "naive tissue: fix the readout, ask")]
        for wanted in (*OF_NONE, *OF_MODEL):
            for hearing in self.hearings:
                for unit, (model, arm) in self.arms(hearing).items():
                    if arm == wanted:
                        slow = 20.0 if model == "latent" and arm != "yoked" else 2.0
                        made = partial(self.teach, hearing, model, arm)
                        work.append(Step(unit, made, slow * self.taught))
        return tuple(work)

    def teach(self, hearing: str, model: str, arm: str, units: Units, share: Share) -> Arrays:
        """One arm from the naive state: what `teach_dishes` gives."""
        dishes, how, naive = self.dishes, self.hearings[hearing], units.load("naive")
        wanted = self.twin if arm == "other" else self.wanted
        course = Course(self.heard, how.recorded, self.taught, self.taught, refit=False, wanted=wanted)
        written = None
        if arm == "yoked":
            written = units.load(f"{hearing}/{model} adaptive")["written"].astype(np.int64)
        fitted = self.models[model] if model else DishModel()
        writer = writer_of(arm, dishes, fitted, gradient_steps=self.gradient_steps, adaptive=written)
        if arm in LISTENING and (how.missed or how.false_hz):
            writer = PoorElectrodes(writer, how, dishes.layout.timing, dishes.seeds)
        told: dict[str, Any] = {
            "state": of_prefix("state_", naive),
            "readout": readout_of(naive),
            "progress": share,
        }
        return teach_dishes(dishes, course, arm, writer, live=_live(units), stage=arm, **told)

    def _naive(self, units: Units, share: Share) -> Arrays:
        model = next(iter(self.models.values()))
        return naive_tissue(self.dishes, model, _live(units), share, self.heard)


def _live(units: Units) -> Live:
    """As of `Teaching`, from the folder of a study below the units."""
    return Live(units.folder.parents[1] / "live.json")
