"""The wiring of modules: pools of real brains, expanded, beside their nulls, as brains of one batch."""

from functools import lru_cache, partial

import numpy as np

from brainwright.connectome import Connectome
from brainwright.connectome.nulls import named
from brainwright.loop.next_patch.predict_next import Course
from brainwright.network.modules import Hierarchy, ModulePlan, Pool, hierarchy
from brainwright.objective.curriculum import one_by_one

from .asked import MANY, SOME
from .digits import IMAGE, SOUND, Sizes, digits
from .fit_modules import fit_modules
from .judge import PARTS, heard_by, probe, read, right
from .pairs import BOTH, EAR, EYE, WIDTHS
from .streams import Shown

NEEDS = ("flyvis/optic_lobe", "larva/winding2023", "flywire/mushroom_body")
WIRED, NULLS = "wiring", ("degree", "random")
SIZE = 96
"""Cells of every module: larger pools are cut to it, smaller ones expanded."""


@lru_cache(1)
def pools() -> tuple[Pool, Pool, Pool]:
    """Seeing by two columns of the fly's optic lobe, hearing by the larva's chordotonal organs and the cells
    behind them (62), both by the left mushroom body of the fly; of larger pools the 96 cells that have most
    synapses there. Signs are drawn where none are known. (The optic lobe cannot be expanded: its counts are
    means, and some cell types excite some partners and inhibit others.)
    """
    lobe, larva, body = (Connectome.load(name) for name in NEEDS)
    heard = "`class` == 'mechano-Ch' or `class` == 'mechano-Ch 2nd_order PN'"
    return (
        Pool(lobe, "u == 0 and (v == 0 or v == 1)", most=SIZE),
        Pool(larva, heard),
        Pool(body, "side == 'left'", most=SIZE),
    )


def table() -> tuple[ModulePlan, ...]:
    """An eye, an ear and a module above both, of these pools."""
    eye, ear, both = pools()
    return (
        ModulePlan(EYE, (IMAGE,), SIZE, topology=eye),
        ModulePlan(EAR, (SOUND,), SIZE, topology=ear),
        ModulePlan(BOTH, (EYE, EAR), SIZE, 64, join="series", parts=PARTS, topology=both),
    )


def graphs(nulls: int) -> list[tuple[str, int]]:
    """(wiring or null, draw) of every brain."""
    return [(WIRED, 0), *((name, k) for name in NULLS for k in range(nulls))]


def wired(seed: int, nulls: int, course: Course, sizes: Sizes) -> dict[str, np.ndarray]:
    """Brains of equal seed and data, one for each graph: probes of the cross-modal module's states before and
    after pretraining, and the difference, [graph].
    """
    every = graphs(nulls)
    taken = [None if name == WIRED else partial(named(name), seed=1_000 * seed + k) for name, k in every]
    brains = hierarchy(table(), WIDTHS, seeds=[seed] * len(every), nulls=taken)
    # the first of the three brains of a draw, for all graphs
    given = digits([seed], sizes)
    train, test = (_same(side, len(every)) for side in (given.train, given.test))
    some = Shown(train.streams, {name: index[:, :MANY] for name, index in (train.pairs or {}).items()})
    brains.calibrate(some.paired().streams, BOTH)
    rows: dict[str, np.ndarray] = {}
    for when in ("before", "after"):
        if when == "after":
            order = [seed] * len(every)
            fit_modules(brains, train, one_by_one((EYE, EAR, BOTH), course.updates), course, seeds=order)
        for n, told in told_by(brains, some, test, given.labels[:1], given.test_labels[:1]).items():
            rows[f"{n:,} labels, {when}"] = told
    for n in (SOME, MANY):
        rows[f"{n:,} labels gained"] = rows[f"{n:,} labels, after"] - rows[f"{n:,} labels, before"]
    return rows


def told_by(
    brains: Hierarchy, train: Shown, test: Shown, labels: np.ndarray, test_labels: np.ndarray
) -> dict[int, np.ndarray]:
    """Share of right classes, by labels and graph."""
    count = len(brains.seeds)
    sides = [read(heard_by(brains, side, [BOTH])[BOTH], 2 * PARTS) for side in (train, test)]
    classes, later = (np.repeat(side, count, 0) for side in (labels, test_labels))
    return {n: right(probe(sides[0], sides[1], classes, n), later).mean(1) for n in (SOME, MANY)}


def _same(given: Shown, count: int) -> Shown:
    """Streams of the first brain, for so many; nothing is copied."""
    streams = {
        name: (values[:1].expand(count, *values.shape[1:]), valid[:1].expand(count, *valid.shape[1:]))
        for name, (values, valid) in given.streams.items()
    }
    pairs = {name: index[:1].expand(count, -1) for name, index in (given.pairs or {}).items()}
    return Shown(streams, pairs)
