"""Tissue is taught one tune and then another, with and without sleep between: what is left of the first?"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np
from numpy.typing import NDArray

from brainwright.signal import SymbolStream
from brainwright.tissue import SimulatedCulture

from ..close_loop import close_loop
from ..dishes.arms import writer_of
from ..dishes.dishes import CALIBRATE, PROBE, REST, STREAM, Arrays, Dishes, Sizes
from ..dishes.model import DishModel
from ..dishes.paces import PLAYING, TEACHING
from ..gradient_writer import GradientWriter
from ..present import Writer
from ..probe import ask, fix_readout
from ..readout import IdentityReadout
from ..rest import Replay, rest, trains_of

EACH = 4
"""Notes of a tune. Two tunes of four share no note, so that knowing both is no contradiction: tissue cannot
be told which of two is asked for.
"""
SECOND = 7
"""What a random draw is for: the second tune's stream, beside those of `Dishes`."""
BETWEEN = ("sleep", "silence", "sham sleep")
"""What comes between the tunes: trains of the first tune's notes in random order, each followed by what the
emulator of the first tune forecasts; nothing; the same trains followed by random electrodes.
"""
NO_SECOND = "silence, no second tune"
"""The same wait and no second tune: what time alone takes."""


@dataclass(frozen=True)
class TwoTunes:
    """How long everything takes.

    Attributes:
        recorded, taught: symbols of each tune before the first write, and with writes.
        rest_s: between the tunes, which sleep fills.
        replay: when trains come in a rest.
        gradient_steps: per symbol of teaching.
        calibration, probe: symbols by which the readout is fixed, and that are asked.
        n_neurons: of a dish.
        seed: of the emulators.
    """

    recorded: int = 100
    taught: int = 100
    rest_s: float = 120.0
    replay: Replay = field(default_factory=Replay)
    gradient_steps: int = 5
    calibration: int = 300
    probe: int = 160
    n_neurons: int = 400
    seed: int = 0


def tunes() -> tuple[SymbolStream, tuple[SymbolStream, SymbolStream]]:
    """What is wanted of eight notes, two rounds of four; and each tune's notes in random order, which is all
    that tissue hears.
    """
    k, labels = 2 * EACH, tuple("ABCDEFGH")
    first = np.arange(EACH)
    after = np.concatenate([np.roll(first, -1), np.roll(first, -1) + EACH])
    wanted = SymbolStream("two rounds of four", labels, np.arange(k), np.eye(k)[after], walk=True)
    heard = []
    for tune in range(2):
        own = np.arange(k) // EACH == tune
        steps = np.where(own[None] & ~np.eye(k, dtype=bool), 1.0, 0.0)
        steps /= steps.sum(1, keepdims=True)
        name = f"notes of tune {tune + 1} in random order"
        # a walk begins among the tune's own notes, since others come to it from none, and stays there
        heard.append(SymbolStream(name, labels, np.arange(k), steps, walk=True))
    return wanted, (heard[0], heard[1])


def dishes_of(seeds: Sequence[int], plan: TwoTunes, threads: int = 1) -> Dishes:
    """Cultures with electrodes for the eight notes."""
    sizes = Sizes(calibration=plan.calibration, probe=plan.probe, short_probe=0, stream_probe=0, skill=0)
    return Dishes(
        list(seeds),
        tunes()[0],
        sizes=sizes,
        n_neurons=plan.n_neurons,
        threads=threads,
        timing=TEACHING,
        asked=PLAYING,
    )


def two_tunes(
    dishes: Dishes, plan: TwoTunes, progress: Callable[[float], None] = lambda _: None
) -> dict[str, dict[str, NDArray[np.float64]]]:
    """Teaches the first tune once; then every kind of time between from the same state, and the second tune.

    Args:
        dishes: as they were born; see `dishes_of`.
        plan: how long.
        progress: told the share that is done.

    Returns:
        Arm (of `BETWEEN` and `NO_SECOND`) → `first, at the end`, `second, at the end`, `first, before`,
        `first, after the rest` and `second, naive` as shares of right answers, [dish]. Chance is an eighth.
    """
    wanted, heard = tunes()
    born = dishes.culture(None, plasticity=False)
    symbols = dishes.uniform(plan.calibration, CALIBRATE)
    readout, _ = fix_readout(born, dishes.asked, symbols)
    asked = partial(_asked, dishes, readout, wanted)
    naive, start = asked(born), born.snapshot()
    model = DishModel(seed=plan.seed)
    writer = model.writer(dishes.layout, dishes.channels, plan.gradient_steps)
    culture = _taught(dishes, start, heard[0], wanted, writer, plan, STREAM)
    taught, known = culture.snapshot(), asked(culture)
    progress(0.3)
    rows = {}
    for k, arm in enumerate((*BETWEEN, NO_SECOND)):
        culture = dishes.culture(taught, plasticity=True)
        _rested(dishes, culture, arm, writer, heard[0], plan)
        rested, after = culture.snapshot(), asked(culture)
        if arm != NO_SECOND:
            other = model.writer(dishes.layout, dishes.channels, plan.gradient_steps)
            culture = _taught(dishes, rested, heard[1], wanted, other, plan, SECOND)
        end = asked(culture)
        rows[arm] = {
            "first, at the end": end[0],
            "second, at the end": end[1],
            "first, before": known[0],
            "first, after the rest": after[0],
            "first, naive": naive[0],
            "second, naive": naive[1],
        }
        progress(0.3 + 0.7 * (k + 1) / 4)
    return rows


def by_dish(seeds: Sequence[int], rows: Mapping[str, Mapping[str, NDArray[np.float64]]]) -> dict[str, float]:
    """What a trial of all dishes says: "seed/arm/metric" → value."""
    return {
        f"{seed}/{arm}/{metric}": float(values[dish])
        for arm, row in rows.items()
        for metric, values in row.items()
        for dish, seed in enumerate(seeds)
    }


def _taught(
    dishes: Dishes,
    state: Arrays,
    heard: SymbolStream,
    wanted: SymbolStream,
    writer: Writer,
    plan: TwoTunes,
    purpose: int,
) -> SimulatedCulture:
    """Dishes that were taught a tune from a state, with their plasticity on."""
    culture = dishes.culture(state, plasticity=True)
    symbols = dishes.from_stream(plan.recorded + plan.taught + 1, purpose, heard)
    close_loop(
        culture,
        dishes.layout,
        symbols,
        writer,
        record=plan.recorded,
        block=plan.taught,
        refit=False,
        targets=wanted.successor[symbols[:, :-1]],
    )
    return culture


def _rested(
    dishes: Dishes,
    culture: SimulatedCulture,
    arm: str,
    taught: GradientWriter,
    heard: SymbolStream,
    plan: TwoTunes,
) -> None:
    if arm in ("silence", NO_SECOND):
        rest(culture, dishes.layout, plan.rest_s)
        return
    if arm == "sham sleep":
        writer = writer_of("matched", dishes, DishModel(seed=plan.seed))
    else:  # what it knows, without steps: nobody says what is wanted in sleep
        writer = DishModel(seed=plan.seed).writer(dishes.layout, dishes.channels, 0)
        writer.restore(taught.state())
    n = trains_of(plan.replay, dishes.layout, plan.rest_s) * plan.replay.symbols
    symbols = dishes.from_stream(n, REST, heard)
    rest(culture, dishes.layout, plan.rest_s, replay=plan.replay, symbols=symbols, writer=writer)


def _asked(
    dishes: Dishes, readout: IdentityReadout, wanted: SymbolStream, culture: SimulatedCulture
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Shares of right answers to the notes of each tune, [dish], of an untaught copy."""
    symbols = dishes.uniform(dishes.sizes.probe, PROBE)
    said = ask(dishes.copy(culture), dishes.asked, readout, symbols)
    right = said.decoded == wanted.successor[symbols]
    first = symbols < EACH
    return (right & first).sum(1) / first.sum(1), (right & ~first).sum(1) / (~first).sum(1)
