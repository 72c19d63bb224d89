"""A course of teaching: what dishes hear and what is wanted of them, and one arm taken through it."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from brainwright.runs import with_prefix
from brainwright.signal import SymbolStream
from brainwright.tissue import Live

from ..close_loop import close_loop
from ..present import Writer
from ..probe import rate_hz, write_precision
from ..readout import IdentityReadout
from .arms import UNTAUGHT
from .dishes import STREAM, Arrays, Dishes

Share = Callable[..., None]
EVERY = 20
"""Periods between two reports of progress."""


def quiet(*_done: object, **_event: object) -> None:
    """Progress that nobody sees."""


@dataclass(frozen=True, eq=False)
class Course:
    """What is taught, and for how long.

    Attributes:
        heard: what the tissue hears.
        recorded, taught, block: symbols heard before the first write, with writes, and between two probes.
        refit: the emulator is fitted again after every block.
        wanted: whose successors the tissue shall answer with; what it hears, unless another order is wanted.
    """

    heard: SymbolStream
    recorded: int
    taught: int
    block: int
    refit: bool = True
    wanted: SymbolStream | None = None

    @property
    def taught_stream(self) -> SymbolStream:
        """The one whose successors are taught."""
        return self.wanted or self.heard

    def facts(self) -> dict[str, str | int]:
        """What is heard, recorded and taught, as plain values."""
        names = ("recorded", "taught", "block", "refit")
        streams = {"heard": self.heard.name, "wanted": self.taught_stream.name}
        return streams | {name: getattr(self, name) for name in names}

    def symbols(self, dishes: Dishes) -> NDArray[np.int64]:
        """What each dish hears, [dish, recorded + taught + 1]."""
        return dishes.from_stream(self.recorded + self.taught + 1, STREAM, self.heard)


def teach_dishes(
    dishes: Dishes,
    course: Course,
    arm: str,
    writer: Writer,
    *,
    state: Arrays,
    readout: IdentityReadout,
    live: Live,
    stage: str = "",
    progress: Share = quiet,
    keep: bool = False,
) -> Arrays:
    """Takes dishes through a course in one arm, and probes them in between and at the end as copies.

    Args:
        dishes: brought into `state` first.
        course: what they are taught.
        arm: tissue is plastic but in `frozen` and `saline`, and has cells but in `saline`.
        writer: of the arm; see `writer_of`.
        state: of naive tissue.
        readout: fixed on naive tissue.
        live: where the tissue can be watched, under the name `stage`.
        progress: told the share that is done, and of every block `event`, `arm`, `taught`, `score`, `loss`.
        keep: with the state after teaching, what was heard, and the dose ledger.

    Returns:
        `Dishes.probes`; `curve` [dish, block] of shares; `written` [dish, period, electrode]; `precision`,
        `teaching_hz` and the ledger's totals [dish]. If kept, `heard` [dish, period], and arrays with the
        prefixes `state_`, `ledger_` (pulses) and `minute_` (the busiest minute).
    """
    culture = dishes.culture(state, plasticity=arm not in UNTAUGHT, cells=arm != "saline")
    symbols, successor, recorded = course.symbols(dishes), course.taught_stream.successor, course.recorded
    n, curve = recorded + course.taught, []

    def probe(taught: int) -> None:
        if taught < course.taught:
            curve.append(dishes.short_probe(culture, readout, successor))
            progress(0.9 * (recorded + taught) / n, **_learned(stage, taught, curve[-1], writer))

    def period(done: int) -> None:
        if done % EVERY == 0:
            progress(0.9 * done / n)

    watched = live.watch(culture, stage)
    heard = close_loop(
        watched,
        dishes.layout,
        symbols,
        writer,
        record=recorded,
        block=course.block,
        refit=course.refit,
        targets=None if course.wanted is None else successor[symbols[:, :-1]],
        on_period=period,
        after_block=probe,
        recorded=dishes.record(culture, watched, symbols[:, :recorded], period),
    )
    arrays = dishes.probes(dishes.copy(culture), readout, course.taught_stream)
    progress(0.95, **_learned(stage, course.taught, arrays["share"], writer))
    arrays |= {
        "curve": np.stack([*curve, arrays["share"]], axis=1),
        "written": heard.written[:, recorded:].astype(np.int8),
        "precision": write_precision(heard, dishes.layout)[:, recorded:].mean((1, 2)),
        "teaching_hz": rate_hz(heard, dishes.layout.timing, dishes.n_neurons),
        **culture.ledger.totals(),
    }
    if not keep:
        return arrays
    arrays["heard"] = heard.symbols.astype(np.int8)
    arrays |= with_prefix("state_", culture.snapshot()) | with_prefix("ledger_", culture.ledger.table())
    return arrays | with_prefix("minute_", culture.ledger.busiest_minute())


def _learned(stage: str, taught: int, share: NDArray[np.float64], writer: Writer) -> dict[str, object]:
    """One point of the learning curve, and the emulator's loss where the writer has one."""
    point = {"event": "block", "arm": stage, "taught": taught, "score": round(float(share.mean()), 4)}
    loss = getattr(writer, "emulator_loss", None)
    return point if loss is None else point | {"loss": round(loss, 4)}
