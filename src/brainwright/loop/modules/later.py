"""A modality that comes later: what is kept of images, and what of sounds is gained."""

from brainwright.network.modules import Hierarchy
from brainwright.objective.curriculum import Stage, one_by_one, together

from .asked import MANY, Figures, first, of, without
from .digits import IMAGE, SOUND, Digits
from .fit_modules import fit_modules
from .judge import PARTS, heard_by, probe, read, right
from .pairs import BOTH, EAR, EYE, FLAT, NEXT, Board, flat, modules, shown
from .streams import Shown

LATER = (
    "modules",
    "modules, end to end",
    "modules, untrained ear",
    "flat, sounds alone",
    "flat, pairs",
    "flat, all but sounds kept",
)
"""Of the third, nothing trains when sounds come: what keeping still does without learning. Of the last, the
embedding of sounds alone does: what it does without any module.
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
    elif name == FLAT:
        sounds = Shown(without(given.train, IMAGE).streams)
        data = given.train if arm == LATER[4] else sounds
        if arm == LATER[5]:
            brains.requires_grad_(False)
            brains.of(FLAT).embeddings[1].requires_grad_(True)
        fit_modules(brains, data, [Stage(course.updates, {FLAT: NEXT})], course)
    after = image_states(brains, name, given, parts)
    heard = [
        heard_by(brains, without(side, IMAGE), [FLAT if name == FLAT else EAR])
        for side in (first(given.train), given.test)
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


def image_states(brains: Hierarchy, name: str, given: Digits, parts: int) -> list:
    """Of the training and the test pairs, shown images alone, [brain, row, feature] each."""
    sides = [
        heard_by(brains, without(side, SOUND), [name])[name] for side in (first(given.train), given.test)
    ]
    return [read(heard, parts, 0) for heard in sides]
