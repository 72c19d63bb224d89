"""Digits seen and heard: modules beside one flat network of equal size, arm by arm."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch

from brainwright.loop.next_patch.predict_next import Course
from brainwright.network.modules import Hierarchy, ModulePlan, hierarchy
from brainwright.network.modules.clock import in_parts
from brainwright.objective.curriculum import Stage, one_by_one, together

from .asked import FEW, MANY, Figures, asked, first, named, of, retrieved, states_of, told
from .digits import IMAGE, SOUND, Digits, Sizes, brains_of, digits
from .fit_modules import fit_modules
from .judge import PARTS, Features, canonical, floors, heard_by, probe, read, right

WIDTHS = {IMAGE: 49, SOUND: 128}
"""Values of a patch of each."""
CELLS, FLAT_CELLS = 96, 192
"""Of a module, and of the flat network, which is read in half as many parts: both give 768 values."""
EYE, EAR, BOTH, FLAT = "eye", "ear", "both", "flat"
NEXT, CONTRAST = {"next": 1.0}, {"next": 1.0, "contrast": 1.0}


@dataclass(frozen=True)
class Board:
    """Who is shown what, for how long.

    Attributes:
        draws: seeds; each parts the six speakers into three pairs that are held out.
        course: of every module.
        sizes: of what is shown.
    """

    draws: tuple[int, ...]
    course: Course = Course(150, 32, 4e-3)  # noqa: RUF009 - frozen
    sizes: Sizes = Sizes()  # noqa: RUF009

    @property
    def seeds(self) -> list[int]:
        """Of the initial values, one for each brain."""
        return [10 * draw + k % 3 for k, (draw, _) in enumerate(brains_of(self.draws))]


MODULES = (
    ModulePlan(EYE, (IMAGE,), CELLS),
    ModulePlan(EAR, (SOUND,), CELLS),
    ModulePlan(BOTH, (EYE, EAR), CELLS, 64, join="series", parts=PARTS),
)


@lru_cache(4)
def shown(draws: tuple[int, ...], sizes: Sizes) -> Digits:
    """Kept while the arms of a few boards are run: 60 MB for each draw."""
    return digits(draws, sizes)


def modules(board: Board, state: Mapping[str, np.ndarray] | None = None) -> Hierarchy:
    """Untrained brains, or trained ones that were kept."""
    brains = hierarchy(MODULES, WIDTHS, seeds=board.seeds)
    if state is not None:
        brains.load_state_dict({name: torch.from_numpy(value) for name, value in state.items()})
    return brains


@lru_cache(1)
def flat_plan() -> ModulePlan:
    """One network that hears patches of images and sounds in series, with about as many trained values as the
    modules have together.
    """
    wanted = hierarchy(MODULES, WIDTHS).n_values()
    plans = [ModulePlan(FLAT, (IMAGE, SOUND), FLAT_CELLS, z, join="series") for z in range(40, 100, 2)]
    return min(plans, key=lambda plan: abs(hierarchy([plan], WIDTHS).n_values() - wanted))


def flat(board: Board) -> Hierarchy:
    """Untrained."""
    return hierarchy([flat_plan()], WIDTHS, seeds=board.seeds)


def base(board: Board) -> dict[str, np.ndarray]:
    """Image and sound modules, each trained on its own; the state of all modules."""
    brains, given = modules(board), shown(board.draws, board.sizes)
    fit_modules(brains, given.train, one_by_one((EYE, EAR), board.course.updates), board.course)
    return {name: value.numpy() for name, value in brains.state_dict().items()}


CATENATED, FLOOR_CCA, FLOOR_LABELS = "concatenated", "CCA", "labels"
CROSS = {
    "next embedding": (NEXT, False),
    "shuffled pairs": (NEXT, True),
    "with contrast": (CONTRAST, False),
    "contrast, shuffled pairs": (CONTRAST, True),
}
"""Arm → losses of the cross-modal module, and whether its pairs are shuffled; the modules below stay."""
END, UNTRAINED, FLAT_CONTRAST = "end to end", "untrained", "flat with contrast"
TRAINED = (*dict.fromkeys(("next embedding", FLAT, END, "with contrast", *CROSS)), FLAT_CONTRAST, UNTRAINED)
FLAT_APART = {
    "flat, each by itself": (True, False),
    "flat, four parts": (False, True),
    "flat, each by itself, four parts": (True, True),
}
"""Read-outs of the flat network that take from side by side what is no module: each modality heard by itself,
so that none disturbs the other; four parts of half its cells in place of two of all, as many values.
"""
STILL, PATCHES = "concatenated, untrained", "patches"
END_APART = "concatenated, end to end"
APART = (STILL, *FLAT_APART, END_APART, PATCHES)
"""Of side by side, what training or modules might not be needed for: both modules as they were drawn; flat
networks (`FLAT_APART`); both modules where errors cross, read in the same way; no network, the patches
themselves averaged over four parts.
"""


def trained(arm: str, board: Board, state: Mapping[str, np.ndarray]) -> dict[str, Figures]:
    """One arm, trained, read and asked, and what else is read of the same brains; one value for each speaker
    of every figure.
    """
    given, updates = shown(board.draws, board.sizes), board.course.updates
    if arm in (FLAT, FLAT_CONTRAST):
        brains = flat(board)
        losses = NEXT if arm == FLAT else CONTRAST
        fit_modules(brains, given.train, [Stage(updates, {FLAT: losses})], board.course)
        return read_apart(brains, arm, given)
    if arm == END:
        brains = modules(board)
        stage = together((EYE, EAR, BOTH), updates)
        fit_modules(brains, given.train, [stage], board.course, end_to_end=True)
        train, test = side_by_side(brains, given)
        beside = told((train, test), (train, test), given)
        return {arm: asked(brains, BOTH, given), END_APART: beside}
    brains = modules(board, state)
    if arm == UNTRAINED:
        brains = modules(board)
        for plan in brains.table[2:]:
            brains.calibrate(first(given.train).paired().streams, plan.name)
    else:
        losses, mixed = CROSS[arm]
        data = given.shuffled(board.seeds) if mixed else given.train
        fit_modules(brains, data, [Stage(updates, {BOTH: losses})], board.course)
    return {arm: asked(brains, BOTH, given)}


def read_apart(brains: Hierarchy, arm: str, given: Digits) -> dict[str, Figures]:
    """A flat network, asked as it is, and where it has no contrast by all of `FLAT_APART`."""
    seen, alone = states_of(brains, FLAT, given, PARTS // 2)
    rows = {arm: told(seen, alone, given) | retrieved(brains, FLAT, given)}
    if arm == FLAT:
        four = states_of(brains, FLAT, given, PARTS, CELLS)
        for name, (apart, parted) in FLAT_APART.items():
            of_both, of_one = four if parted else (seen, alone)
            rows[name] = told(of_one if apart else of_both, of_one, given)
    return rows


def side_by_side(brains: Hierarchy, given: Digits) -> list[list[Features]]:
    """States of the image and the sound module, of the training and the test pairs."""
    sides = [heard_by(brains, side, [EYE, EAR]) for side in (given.train, given.test)]
    return [[read(side[EYE]), read(side[EAR])] for side in sides]


def patches_of(given: Digits) -> list[list[Features]]:
    """Patches averaged over four parts, as states are."""
    sides = [side.paired().streams for side in (given.train, given.test)]
    return [[in_parts(*side[name], PARTS).flatten(2).numpy() for name in (IMAGE, SOUND)] for side in sides]


def untaught(board: Board, state: Mapping[str, np.ndarray]) -> dict[str, Figures]:
    """Arms without a module above: each module by itself, the frozen embeddings side by side, and floors."""
    given = shown(board.draws, board.sizes)
    train, test = side_by_side(modules(board, state), given)
    arms = {CATENATED: told((train, test), (train, test), given)}
    for name, sides in ((STILL, side_by_side(modules(board), given)), (PATCHES, patches_of(given))):
        arms[name] = told((sides[0], sides[1]), (sides[0], sides[1]), given)
    for name in (IMAGE, SOUND):
        own = {metric.removeprefix(f"{name}, "): v for metric, v in arms[CATENATED].items() if name in metric}
        arms[f"{name} module"] = {metric: v for metric, v in own.items() if "lost" not in metric}
    # labels that the other modality's probe gives to the pairs stand for those of this one
    by_other = [probe(x, x, given.labels, MANY).argmax(2) for x in (train[1], train[0])]
    arms[BY_OTHER] = {}
    for k, name in enumerate((IMAGE, SOUND)):
        scores = probe(train[k], test[k], by_other[k], by_other[k].shape[1])
        few = of(right(scores, given.test_labels), given)
        arms[BY_OTHER][named(name, f"{FEW} labels")] = few
    for arm, labels in ((FLOOR_LABELS, [given.labels] * 2), (BY_OTHER, by_other)):
        one, two = (probe(x, y, t, t.shape[1]) for x, y, t in zip(train, test, labels, strict=True))
        arms.setdefault(arm, {})[f"{MANY:,} labels"] = of(right(one + two, given.test_labels), given)
    made, wanted = canonical((train[0], test[0]), (train[1], test[1]))
    scores = probe(*(np.concatenate(side, 2) for side in zip(made, wanted, strict=True)), given.labels, MANY)
    arms[FLOOR_CCA] = {f"{MANY:,} labels": of(right(scores, given.test_labels), given)}
    named_sides = [dict(zip((IMAGE, SOUND), side, strict=True)) for side in (train, test)]
    for name, hits in floors(named_sides[0], named_sides[1], given).items():
        arms[name]["retrieval, centred"] = of(hits, given)
    return arms


BY_OTHER = "labelled by the other"
"""A modality's own module, with labels that the other one's probe of 1,000 labels gives to the pairs. Its
figure of both modalities adds the scores of the two; that of "labels" adds those of two probes with as many
labels as there are pairs, and that of "CCA" reads canonical directions.
"""
