"""Boards as studies: what is tried of each, and with which training seeds."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from brainwright.evidence import draws_needed
from brainwright.experiment import Study

from . import modalities, recordings
from .arms import FROZEN, NONE, RULES, SPOILED, STOP, UNTRAINED, Arm, arms
from .boards import BOARDS, tried
from .floors import SKILL, with_floor, with_history
from .laminar import COURSE, SHUFFLED, SHUFFLES, WIRINGS, compared

FEWER = {"senses": 3, "layers": 1, "worms": 3, "cultures": 3, "reaches": 3, "wiring": 1}
"""Training seeds of boards where a verdict rests on recordings or graphs, or where none is given."""


def study_of(name: str, seeds: tuple[int, ...], quick: bool, about: Mapping[str, Any]) -> Study:
    """All arms of a board.

    Args:
        name: of the board.
        seeds: training seeds, of which some boards take the first alone.
        quick: smaller boards, and fewer arms.
        about: the settings on which results depend.
    """
    seeds = seeds[: FEWER.get(name, len(seeds))]
    if name == "senses":
        run = partial(modalities.together, modalities.COURSE.updates)
        return Study(name, run, dict.fromkeys(modalities.SHARES, 1), seeds, modalities.FIRED, about, 2)
    if name in ("laminar", "layers"):
        more = {f"{w}, {SHUFFLED}": SHUFFLES for w in WIRINGS} if name == "layers" else {}
        shapes = {w: 1 for w in WIRINGS} | more
        run = partial(compared, COURSE.updates)
        return Study(name, run, shapes, seeds, SKILL, about, 12 if more else 1)
    if name == "wiring":
        graphs = {"wiring": 1, "null": draws_needed(1)}
        run = partial(recordings.wired, recordings.UPDATES[name])
        return Study(name, run, graphs, seeds, "added", about, 10, recordings.by_recording)
    if name in recordings.UPDATES:
        run = partial(recordings.added, name, recordings.UPDATES[name], None, None, None)
        return Study(name, run, dict.fromkeys(recordings.RECORDED, 1), seeds, "added", about, 4, with_history)
    if name == "rules":
        taught = {**RULES, UNTRAINED: Arm(network=False)}
        run = partial(tried, BOARDS["digits"], taught)
        return Study(name, run, dict.fromkeys(taught, 1), seeds, SKILL, about, 3)
    board = BOARDS[name].smaller() if quick else BOARDS[name]
    every = {**arms(board.course.updates), **SPOILED}
    fewer = (STOP, FROZEN, UNTRAINED, NONE, "delay line, 5 %")
    names = fewer if quick else tuple(every)
    names = tuple(arm for arm in names if name == "digits" or arm not in SPOILED)
    run = partial(tried, board, {arm: every[arm] for arm in names})
    return Study(name, run, dict.fromkeys(names, 1), seeds, SKILL, about, 10, with_floor)
