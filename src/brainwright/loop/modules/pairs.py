"""Digits seen and heard: modules beside one flat network of equal size, arm by arm."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import torch

from brainwright.loop.next_patch.predict_next import Course
from brainwright.network.modules import Hierarchy, ModulePlan, hierarchy
from brainwright.objective.curriculum import Stage, one_by_one, together

from .digits import IMAGE, SOUND, Digits, Sizes, brains_of, digits
from .fit_modules import fit_modules
from .judge import (
    PARTS,
    by_speaker,
    candidates,
    canonical,
    floors,
    found,
    heard_by,
    predicted_sound,
    probe,
    read,
    right,
)
from .streams import Shown

WIDTHS = {IMAGE: 49, SOUND: 128}
"""Values of a patch of each."""
CELLS, FLAT_CELLS = 96, 192
"""Of a module, and of the flat network, which is read in half as many parts: both give 768 values."""
FEW, SOME, MANY = 20, 100, 1_000
"""Labels of the probes."""
EYE, EAR, BOTH, FLAT = "eye", "ear", "both", "flat"
NEXT, CONTRAST = {"next": 1.0}, {"next": 1.0, "contrast": 1.0}
Figures = dict[str, np.ndarray]


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


ALONE, CATENATED, FLOOR_CCA, FLOOR_LABELS = "one module", "concatenated", "CCA", "labels"
CROSS = {
    "next embedding": (NEXT, False),
    "shuffled pairs": (NEXT, True),
    "with contrast": (CONTRAST, False),
    "contrast, shuffled pairs": (CONTRAST, True),
}
"""Arm → losses of the cross-modal module, and whether its pairs are shuffled; the modules below stay."""
END, UNTRAINED, FLAT_CONTRAST = "end to end", "untrained", "flat with contrast"
TRAINED = (*CROSS, END, FLAT, FLAT_CONTRAST, UNTRAINED)


def trained(arm: str, board: Board, state: Mapping[str, np.ndarray]) -> Figures:
    """One arm: trained, read and asked; one value for each speaker of every figure."""
    given, updates = shown(board.draws, board.sizes), board.course.updates
    if arm in (FLAT, FLAT_CONTRAST):
        brains = flat(board)
        losses = NEXT if arm == FLAT else CONTRAST
        fit_modules(brains, given.train, [Stage(updates, {FLAT: losses})], board.course)
        return asked(brains, FLAT, given)
    if arm == END:
        brains = modules(board)
        stage = together((EYE, EAR, BOTH), updates)
        fit_modules(brains, given.train, [stage], board.course, end_to_end=True)
        return asked(brains, BOTH, given)
    brains = modules(board, state)
    if arm == UNTRAINED:
        brains = modules(board)
        for plan in brains.table[2:]:
            brains.calibrate(_first(given.train).paired().streams, plan.name)
    else:
        losses, mixed = CROSS[arm]
        data = given.shuffled(board.seeds) if mixed else given.train
        fit_modules(brains, data, [Stage(updates, {BOTH: losses})], board.course)
    return asked(brains, BOTH, given)


def asked(brains: Hierarchy, name: str, given: Digits) -> Figures:
    """Probes of both modalities together, of each by itself with few labels, with one lost; retrieval."""
    sides = [heard_by(brains, side, [name])[name] for side in (_first(given.train), given.test)]
    parts = PARTS if name == BOTH else PARTS // 2
    seen = [[read(heard, parts, source) for source in (0, 1)] for heard in sides]
    joined = [np.concatenate(both, 2) for both in seen]
    figures = {
        f"{n:,} labels": of(right(probe(joined[0], joined[1], given.labels, n), given.test_labels), given)
        for n in (SOME, MANY)
    }
    made, wanted = predicted_sound(sides[1])
    chosen = candidates(given)
    figures["retrieval"] = of(found(made, wanted, chosen, given, centred=False), given)
    figures["retrieval, centred"] = of(found(made, wanted, chosen, given), given)
    for source, lost in enumerate((SOUND, IMAGE)):
        kept = [
            read(heard_by(brains, without(side, lost), [name])[name], parts, source)
            for side in (_first(given.train), given.test)
        ]
        own = (IMAGE, SOUND)[source]
        figures[f"{own}, {FEW} labels"] = of(
            right(probe(kept[0], kept[1], given.labels, FEW), given.test_labels), given
        )
        # what is lost is taken at its training mean
        filled = [np.broadcast_to(seen[0][k].mean(1, keepdims=True), seen[1][k].shape) for k in (0, 1)]
        filled[source] = kept[1]
        later = np.concatenate(filled, 2)
        scores = probe(joined[0], later, given.labels, MANY)
        figures[f"{lost} lost"] = of(right(scores, given.test_labels), given)
    return figures


def untaught(board: Board, state: Mapping[str, np.ndarray]) -> dict[str, Figures]:
    """Arms without a module above: each module by itself, the frozen embeddings side by side, and floors."""
    given, brains = shown(board.draws, board.sizes), modules(board, state)
    sides = [heard_by(brains, side, [EYE, EAR]) for side in (given.train, given.test)]
    seen = {IMAGE: [read(side[EYE]) for side in sides], SOUND: [read(side[EAR]) for side in sides]}
    joined = [np.concatenate([seen[IMAGE][k], seen[SOUND][k]], 2) for k in (0, 1)]
    arms: dict[str, Figures] = {f"{name} module": {} for name in (IMAGE, SOUND)}
    arms[CATENATED] = {}
    for arm, (train, test) in {**{f"{k} module": v for k, v in seen.items()}, CATENATED: joined}.items():
        for n in (SOME, MANY):
            scores = probe(train, test, given.labels, n)
            arms[arm][f"{n:,} labels"] = of(right(scores, given.test_labels), given)
    for name, lost, other in ((IMAGE, SOUND, 1), (SOUND, IMAGE, 0)):
        few = probe(*seen[name], given.labels, FEW)
        arms[CATENATED][f"{name}, {FEW} labels"] = of(right(few, given.test_labels), given)
        filled = [seen[IMAGE][1], seen[SOUND][1]]
        filled[other] = np.broadcast_to(seen[lost][0].mean(1, keepdims=True), filled[other].shape)
        scores = probe(joined[0], np.concatenate(filled, 2), given.labels, MANY)
        arms[CATENATED][f"{lost} lost"] = of(right(scores, given.test_labels), given)
        # labels that the other modality's probe gives to the pairs stand for those of this one
        taught = probe(seen[lost][0], seen[lost][0], given.labels, MANY).argmax(2)
        scores = probe(*seen[name], taught, taught.shape[1])
        arms.setdefault(BY_OTHER, {})[f"{name}, {FEW} labels"] = of(right(scores, given.test_labels), given)
    asked_floors = floors({k: v[0] for k, v in seen.items()}, {k: v[1] for k, v in seen.items()}, given)
    added = {FLOOR_LABELS: [given.labels] * 2}
    added[BY_OTHER] = [probe(x[0], x[0], given.labels, MANY).argmax(2) for x in (seen[SOUND], seen[IMAGE])]
    for name, taught in added.items():
        one, two = (probe(*x, t, t.shape[1]) for x, t in zip(seen.values(), taught, strict=True))
        arms.setdefault(name, {})[f"{MANY:,} labels"] = of(right(one + two, given.test_labels), given)
    made, wanted = canonical(*((side[0], side[1]) for side in seen.values()))
    scores = probe(*(np.concatenate(side, 2) for side in zip(made, wanted, strict=True)), given.labels, MANY)
    arms[FLOOR_CCA] = {f"{MANY:,} labels": of(right(scores, given.test_labels), given)}
    for name, hits in asked_floors.items():
        arms[name]["retrieval, centred"] = of(hits, given)
    return arms


BY_OTHER = "labelled by the other"
"""A modality's own module, with labels that the other one's probe of 1,000 labels gives to the pairs. Its
figure of both modalities adds the scores of the two; that of "labels" adds those of two probes with as many
labels as there are pairs, and that of "CCA" reads canonical directions.
"""


def without(given: Shown, lost: str) -> Shown:
    """The pairs, of which one modality is not there."""
    paired = given.paired()
    values, valid = paired.streams[lost]
    return Shown({**paired.streams, lost: (torch.zeros_like(values), torch.zeros_like(valid))})


def of(hits: np.ndarray, given: Digits) -> np.ndarray:
    """One value for each speaker."""
    return by_speaker(hits, given)


def _first(given: Shown) -> Shown:
    """The pairs that probes are fitted on."""
    assert given.pairs is not None
    return replace(given, pairs={name: index[:, :MANY] for name, index in given.pairs.items()})


LATER = ("modules", "modules, end to end", "flat, sounds alone", "flat, pairs", "flat, all but sounds kept")
"""Of the last, the embedding of sounds alone is trained when sounds come: what keeping still does without any
module.
"""
OLD, ANEW, NEW, KEPT = "image, old read-out", "image, new read-out", "sound", "both kept"


def later(arm: str, board: Board) -> Figures:
    """Images first; then sounds come, while a read-out of images that was fitted before stays as it is."""
    given, course = shown(board.draws, board.sizes), board.course
    name, parts = (FLAT, PARTS // 2) if arm.startswith(FLAT) else (EYE, PARTS)
    brains = flat(board) if name == FLAT else modules(board)
    images = Shown(without(given.train, SOUND).streams)
    fit_modules(brains, images, [Stage(course.updates, {name: NEXT})], course)
    before = image_states(brains, name, given, parts)
    if arm == LATER[0]:
        fit_modules(brains, given.train, one_by_one((EAR, BOTH), course.updates), course)
    elif arm == LATER[1]:
        stage = together((EAR, BOTH), course.updates)
        fit_modules(brains, given.train, [stage], course, end_to_end=True)
    else:
        sounds = Shown(without(given.train, IMAGE).streams)
        data = given.train if arm == LATER[3] else sounds
        if arm == LATER[4]:
            brains.requires_grad_(False)
            brains.of(FLAT).embeddings[1].requires_grad_(True)
        fit_modules(brains, data, [Stage(course.updates, {FLAT: NEXT})], course)
    after = image_states(brains, name, given, parts)
    heard = [
        heard_by(brains, without(side, IMAGE), [FLAT if name == FLAT else EAR])
        for side in (_first(given.train), given.test)
    ]
    sound = [read(side[FLAT], parts, 1) if name == FLAT else read(side[EAR], parts) for side in heard]
    figures = {
        "image, before": probe(before[0], before[1], given.labels, MANY),
        OLD: probe(before[0], after[1], given.labels, MANY),
        ANEW: probe(after[0], after[1], given.labels, MANY),
        NEW: probe(sound[0], sound[1], given.labels, MANY),
    }
    rows = {metric: of(right(scores, given.test_labels), given) for metric, scores in figures.items()}
    return rows | {KEPT: (rows[OLD] + rows[NEW]) / 2}


def image_states(brains: Hierarchy, name: str, given: Digits, parts: int) -> list[np.ndarray]:
    """Of the training and the test pairs, shown images alone."""
    sides = [
        heard_by(brains, without(side, SOUND), [name])[name] for side in (_first(given.train), given.test)
    ]
    return [read(heard, parts, 0) for heard in sides]
