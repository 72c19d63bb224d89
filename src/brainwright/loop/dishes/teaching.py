"""Arms that teach the same dishes from the same naive state, as pieces of work that a run can resume."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from brainwright.runs import Units, of_prefix, with_prefix
from brainwright.tissue import Live

from ..gradient_writer import GradientWriter
from ..readout import IdentityReadout
from ..rest import Replay
from .afterwards import look
from .arms import REPLAYED, writer_of
from .breaks import broken_writer
from .course import Course, teach_dishes
from .dishes import Arrays, Dishes
from .model import DishModel
from .naive import naive_tissue, readout_of
from .rests import RESTS, SLOW, TAU_RETURN_S, rest_dishes
from .slow_weights import with_slow_weights

Share = Callable[..., None]
EMULATOR_COST = {"adaptive": 4.4, "other": 4.4, "search": 4.0, "ungraded": 1.3}
"""Of one symbol, in symbols without an emulator, measured on 24 dishes; for the progress bar and the order of
steps only.
"""
NAIVE = "naive"
"""The unit from which every arm begins."""
FIRST = "adaptive"
"""The arm that is kept in full, and whose writes are replayed."""


@dataclass(frozen=True, eq=False)
class Teaching:
    """Dishes, and arms in the order in which they run; each becomes a unit under its name.

    Attributes:
        dishes: of all arms.
        arms: name → (course, what writes in it, by `writer_of`); "adaptive" is among them, first.
        model: the emulator of dishes; its seed is also that of what is drawn when dishes are looked into.
        gradient_steps: per symbol.
    """

    dishes: Dishes
    arms: Mapping[str, tuple[Course, str]]
    model: DishModel = field(default_factory=DishModel)
    gradient_steps: int = 5

    @classmethod
    def named(
        cls,
        dishes: Dishes,
        arms: Mapping[str, tuple[Course, str]],
        emulator: str,
        *,
        seed: int,
        gradient_steps: int,
    ) -> "Teaching":
        """The arms with an emulator by its name and seed, as of `DishModel.named`.

        From then on torch computes in one thread of this process: the other cores advance dishes, and sums
        over several threads are rounded in another order.
        """
        torch.set_num_threads(1)
        return cls(dishes, arms, DishModel.named(emulator, seed), gradient_steps)

    def naive(self, units: Units, share: Share) -> Arrays:
        """Untaught tissue; its emulator is judged on what the first arm hears."""
        return naive_tissue(self.dishes, self.model, live(units), share, self.arms[FIRST][0].heard)

    def arm(self, name: str, units: Units, share: Share) -> Arrays:
        """Teaches from the naive state, then probes; with what a fitted writer knows, as `writer_`."""
        (state, readout), (course, kind) = beginning(units), self.arms[name]
        written = written_in(units) if kind in REPLAYED else None
        writer = writer_of(
            kind, self.dishes, self.model, gradient_steps=self.gradient_steps, adaptive=written
        )
        told: dict[str, Any] = {"state": state, "readout": readout, "live": live(units), "progress": share}
        unit = teach_dishes(self.dishes, course, kind, writer, stage=name, keep=name == FIRST, **told)
        if isinstance(writer, GradientWriter):
            unit |= with_prefix("writer_", writer.state())
        seen = {"score": "share", "rate_hz": "teaching_hz", "charge_nC": "charge_nC", "pulses": "pulses"}
        share(1.0, unit=name, **{said: round(float(unit[key].mean()), 4) for said, key in seen.items()})
        return unit

    def broken(self, name: str, n: int, units: Units, share: Share) -> Arrays:
        """The first arm again on the first `n` dishes, with one thing wrong; see `broken_writer`."""
        (state, readout), few = beginning(units), self.dishes.first(n)
        writer = broken_writer(name, self.model, few.layout, few.channels, self.gradient_steps)
        readout = IdentityReadout(readout.weight[:n], readout.offset[:n])
        told: dict[str, Any] = {"state": few.beginning(state), "readout": readout, "live": live(units)}
        told["progress"] = share
        return teach_dishes(few, self.arms[FIRST][0], FIRST, writer, stage=f"broken: {name}", **told)

    def rest(self, name: str, duration_s: float, units: Units, share: Share) -> Arrays:
        """What is left of the first arm after a rest, one of `RESTS`; or after `SLOW`, of the same writes to
        dishes whose weights have a slow part.
        """
        (naive, readout), adaptive, arm = beginning(units), units.load(FIRST), RESTS.get(name)
        dishes, course, state = self.dishes, self.arms[FIRST][0], of_prefix("state_", adaptive)
        writer = None
        if name == SLOW:
            dishes, state = with_slow_weights(dishes, course, written_in(units), naive, TAU_RETURN_S)
        elif arm == "matched":
            writer = writer_of(arm, dishes, self.model)
        elif arm is not None:
            writer = self.model.writer(dishes.layout, dishes.channels, 0)
            writer.restore(of_prefix("writer_", units.load(arm)))
        replay = None if name in ("silence", SLOW) else Replay()
        told: dict[str, Any] = {"state": state, "readout": readout, "replay": replay, "writer": writer}
        return rest_dishes(dishes, duration_s, course, progress=share, **told)

    def display(self, units: Units, share: Share, *, notes: int = 36) -> Arrays:
        """Naive tissue and the first arm's side by side, of the median dish, not the best one, which goes on
        with its stream for so many notes.
        """
        (state, readout), taught = beginning(units), units.load(FIRST)
        order = np.argsort(taught["share"], kind="stable")
        states = {"before": state, "after": of_prefix("state_", taught)}
        return look(
            self.dishes, readout, states, int(order[len(order) // 2]), notes=notes, seed=self.model.seed
        )

    def reads(self, name: str) -> tuple[str, ...]:
        """The units that an arm reads."""
        return (NAIVE, FIRST) if self.arms[name][1] in REPLAYED else (NAIVE,)

    def rest_reads(self, name: str) -> tuple[str, ...]:
        """The units that a rest reads; not those of an arm that follows symbols without having learned."""
        arm = RESTS.get(name)
        return (NAIVE, FIRST) if arm in (None, FIRST, "matched") else (NAIVE, FIRST, arm)

    def cost(self, name: str) -> float:
        """Of an arm, in symbols, for a progress bar."""
        (course, kind), s = self.arms[name], self.dishes.sizes
        probes = s.probe + s.stream_probe + (course.taught // course.block - 1) * s.short_probe
        each = EMULATOR_COST.get(kind, 1.0)
        return course.recorded + course.taught * each + probes


def beginning(units: Units) -> tuple[Arrays, IdentityReadout]:
    """The state from which every arm begins, and the readout that was fixed on it."""
    arrays = units.load(NAIVE)
    return of_prefix("state_", arrays), readout_of(arrays)


def written_in(units: Units, arm: str = FIRST) -> NDArray[np.int64]:
    """What an arm wrote, [dish, period, electrode]."""
    return units.load(arm)["written"].astype(np.int64)


def live(units: Units) -> Live:
    """What the tissue says now, beside the units: `live.json` of the run folder."""
    return Live(units.folder.parent / "live.json")
