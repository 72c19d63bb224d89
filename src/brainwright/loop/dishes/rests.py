"""What taught dishes still know after a rest, by what was replayed to them meanwhile."""

from collections.abc import Callable

from ..present import Writer
from ..readout import IdentityReadout
from ..rest import Replay, rest, trains_of
from .course import Course
from .dishes import REST, Arrays, Dishes

RESTS = {
    "silence": None,
    "sleep": "adaptive",
    "sham sleep": "matched",
    "sleep without gradient": "ungraded",
    "notes only": None,
}
"""Ways to rest, and the arm whose writer follows each symbol of a train: with what the improved emulator
forecasts, with random channels, with what the emulator forecasts that took no steps, or none.
"""
SLOW = "silence, slow weights"
TAU_RETURN_S = 20.0
"""Of the slow weights of that rest; chosen on dishes that are not reported, where 60 s kept as much."""


def rest_dishes(
    dishes: Dishes,
    duration_s: float,
    course: Course,
    *,
    state: Arrays,
    readout: IdentityReadout,
    replay: Replay | None = None,
    writer: Writer | None = None,
    progress: Callable[[float], None] = lambda _: None,
) -> Arrays:
    """Lets dishes rest from a state with their plasticity on, then asks copies of them.

    Args:
        dishes: brought into `state` first.
        duration_s: of the rest.
        course: whose symbols are replayed, and whose successors count as right.
        state: after teaching.
        readout: fixed on naive tissue.
        replay: when trains come; None for silence.
        writer: what follows each symbol of a train; it is told nothing of what is wanted.
        progress: told the share that is done.

    Returns:
        `Dishes.probes`.
    """
    culture = dishes.culture(state, plasticity=True)
    trains = 0 if replay is None else trains_of(replay, dishes.layout, duration_s)
    symbols = None if replay is None else dishes.from_stream(trains * replay.symbols, REST, course.heard)
    rest(
        culture,
        dishes.layout,
        duration_s,
        replay=replay,
        symbols=symbols,
        writer=writer,
        on_train=lambda done: progress(0.9 * done / max(trains, 1)),
    )
    return dishes.probes(dishes.copy(culture), readout, course.taught_stream)
