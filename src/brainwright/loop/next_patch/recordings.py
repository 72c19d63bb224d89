"""Networks that are trained on recordings: worms and cultures, or a file of one's own; and wired ones."""

from collections.abc import Callable
from dataclasses import replace
from functools import cache, lru_cache
from pathlib import Path

import numpy as np

from brainwright.connectome import Connectome, nulls, signs
from brainwright.datasets import recordings
from brainwright.datasets.activity import Activity
from brainwright.datasets.read import read_recording
from brainwright.datasets.streams import RecordedStreams, pooled
from brainwright.experiment.trials import Trial, Trials
from brainwright.network import Network, Rate, SpectralRadius, compile, embedded, recurrent
from brainwright.objective import collapse
from brainwright.objective.next_embedding import Weights

from .added import Animal, added_skill, later_streams, shifted, training_streams, with_predictions
from .arms import FROZEN, STOP, UNTRAINED, Arm, arms
from .predict_next import Course, predict_next, seen, tensors_of

DIMENSION, CELLS = 32, 100
COURSE = Course(200, 32, 3e-3)
UPDATES = {"worms": 150, "cultures": 150, "reaches": 150, "wiring": 80, "file": 200}
SHIFTED = "predictions of other times"
SHIFTS = 0.35
"""Share of a part by which predictions are turned, of the control arm."""
FEWEST = {"worms": 2, "cultures": 1, "reaches": 1, "file": 1}
"""Recordings that must have a cell: worms are pooled by the names of their cells, others share none."""
LOADED: dict[str, Callable[[], dict[str, Activity]]] = {
    "worms": recordings.worms,
    "cultures": recordings.cultures,
    "reaches": recordings.reaches,
}


@cache
def streams_of(
    name: str, path: Path | None = None, bin_s: float | None = None, array: str | None = None
) -> tuple[tuple[str, ...], tuple[RecordedStreams, ...]]:
    """The cells and recordings of a set, or of one's own file ("file"), read once per process."""
    if path is None:
        whole = list(LOADED[name]().items())
    else:
        whole = [(path.name, read_recording(path, bin_s=bin_s, array=array))]
    names, streams = pooled(whole, fewest=FEWEST[name])
    return names, tuple(streams)


Rows = list[dict[str, float]]
"""Figures of each recording."""


def trained(
    streams: tuple[RecordedStreams, ...], arm: Arm, seed: int, course: Course, core: Network | None = None
) -> tuple[tuple[Animal, ...], Rows]:
    """What a network predicts that was trained on all recordings together, and its guards for each."""
    core = core or recurrent(DIMENSION, CELLS, DIMENSION, seed=seed)
    network = embedded(core, streams[0].values.shape[1], seed=seed)
    first = predict_next(network, training_streams(streams), arm, course, seed=seed).first
    guards = [guards_of(network, first, each) for each in streams]
    return tuple(with_predictions(network, each) for each in streams), guards


def guards_of(network: Network, first: Weights, stream: RecordedStreams) -> dict[str, float]:
    """All guards on the part of one recording that is held out; only cells that it has are decoded."""
    sides = []
    for part in (training_streams([stream]), later_streams(stream)):
        shown, _ = seen(network, part)
        sides.append(replace(shown, patches=shown.patches[..., stream.present]))
    patches, valid = tensors_of(part)
    return collapse.guards(*sides, first.embed(patches, valid))


@lru_cache(4)
def stopped(
    name: str, seed: int, updates: int, path: Path | None, bin_s: float | None, array: str | None
) -> tuple[tuple[Animal, ...], Rows]:
    """The stop-gradient arm, trained once for all that asks for its predictions."""
    streams = streams_of(name, path, bin_s, array)[1]
    return trained(streams, Arm(), seed, Course(updates, COURSE.batch, COURSE.rate))


def added(
    name: str,
    updates: int,
    path: Path | None,
    bin_s: float | None,
    array: str | None,
    arm: str,
    seed: int,
    draw: int,
) -> dict[str, float]:
    """What an arm adds to own history and what its guards say, for each recording as "figure@number"; the
    draw of `SHIFTED` is by how much its predictions are turned.
    """
    streams = streams_of(name, path, bin_s, array)[1]
    if arm in (STOP, SHIFTED):
        animals, guards = stopped(name, seed, updates, path, bin_s, array)
        if arm == SHIFTED:
            share = SHIFTS if path is None else (draw + 1) / 41  # 40 shares of a turn, none of them near 0
            animals, guards = tuple(shifted(each, share) for each in animals), [{}] * len(animals)
    else:
        how = arms(updates)[arm]
        animals, guards = trained(streams, how, seed, Course(updates, COURSE.batch, COURSE.rate))
    return by_number([more | row for more, row in zip(guards, added_skill(animals), strict=True)])


def wired(updates: int, arm: str, seed: int, draw: int) -> dict[str, float]:
    """The same for worms with their wiring as the core, or a rewired one ("null"); only maps train."""
    names, streams = streams_of("worms")
    core = worm_core(names, seed, None if arm == "wiring" else draw)
    animals, guards = trained(streams, Arm(), seed, Course(updates, COURSE.batch, COURSE.rate), core)
    rows = [more | row for more, row in zip(guards, added_skill(animals), strict=True)]
    return {"added": float(np.mean([row["added"] for row in rows])), **by_number(rows)}


def worm_core(names: tuple[str, ...], seed: int, draw: int | None) -> Network:
    """The worm's chemical synapses, driven and read at the recorded cells that it names; frozen."""
    wiring = Connectome.load("celegans/cook2019").of_kind("chemical").without_autapses()
    wiring = wiring.signed(signs.ByTransmitter("worm", unknown=1.0))
    if draw is not None:
        wiring = nulls.degree_preserving(wiring, seed=draw)
    there = [name for name in wiring.ids.tolist() if name in set(names)]
    return compile(
        wiring.with_pool("recorded", there),
        Rate("tanh"),
        n_inputs=DIMENSION,
        n_outputs=DIMENSION,
        input_pool="recorded",
        output_pool="recorded",
        scaling=SpectralRadius(0.95),
        seed=seed,
    )


def by_number(rows: Rows) -> dict[str, float]:
    """Figures of all recordings in one row, "figure@number"."""
    return {f"{name}@{k}": value for k, row in enumerate(rows) for name, value in row.items()}


def by_recording(trials: Trials) -> Trials:
    """Recordings are the units: each with its mean over training seeds."""
    sums: dict[Trial, dict[str, list[float]]] = {}
    for trial, row in trials.metrics.items():
        for key, value in row.items():
            name, _, number = key.partition("@")
            if number:
                place = Trial(trial.arm, int(number), trial.draw)
                sums.setdefault(place, {}).setdefault(name, []).append(value)
    return Trials({place: {n: float(np.mean(v)) for n, v in row.items()} for place, row in sums.items()})


RECORDED = (STOP, FROZEN, UNTRAINED, SHIFTED)
