"""What modules know: probes with few labels, one sound among ten by its image, and the floors of both."""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from jaxtyping import Float, Int

from brainwright.network.modules import Heard, Hierarchy
from brainwright.network.modules.clock import in_parts
from brainwright.network.reservoir.ridge import ridge

from .digits import IMAGE, SOUND, Digits
from .fit_modules import streams_of
from .streams import Shown

PARTS = 4
"""Of each modality, over which states are averaged before they are read."""
STRENGTH = 1e-2
"""Of every ridge: as of the probes of `next_patch.judge`."""
COMPONENTS, KEPT = 9, 64
"""Canonical directions (one fewer than classes), and principal ones of each side that they are sought in."""

Features = Float[np.ndarray, "brain row feature"]


@torch.no_grad()
def heard_by(
    brains: Hierarchy, shown: Shown, names: Sequence[str], size: int = 500, *, cut: bool = False
) -> dict[str, Heard]:
    """What modules make of the pairs, in pieces of so many streams, which changes nothing but memory; what
    comes down may be cut.
    """
    needed = streams_of(brains, names, cut)
    paired = shown.paired() if len(shown.streams) > 1 else shown
    streams = {name: paired.streams[name] for name in needed}
    count = next(iter(streams.values()))[0].shape[1]
    pieces = []
    for start in range(0, count, size):
        part = slice(start, start + size)
        some = {name: (values[:, part], valid[:, part]) for name, (values, valid) in streams.items()}
        pieces.append(brains.hear(some, only=names, cut=cut))
    fields = ("embedding", "states", "prediction", "valid", "source")
    return {
        name: Heard(*(torch.cat([getattr(piece[name], field) for piece in pieces], 1) for field in fields))
        for name in pieces[0]
    }


def read(heard: Heard, parts: int = PARTS, source: int | None = None, cells: int | None = None) -> Features:
    """States, or those of the first cells, averaged over equal parts of what was heard, or of one input of
    it, side by side.
    """
    counted = heard.valid if source is None else heard.valid * (heard.source == source)
    return in_parts(heard.states[..., :cells], counted, parts).flatten(2).numpy()


def probe(
    train: Features,
    test: Features,
    labels: Int[np.ndarray, "brain row"],
    n: int,
) -> Float[np.ndarray, "brain row class"]:
    """Scores of the classes, by a ridge on the first n training rows of each brain."""
    return probes(train, (test,), labels, n)[0]


def probes(
    train: Features,
    tests: Sequence[Features],
    labels: Int[np.ndarray, "brain row"],
    n: int,
) -> list[Float[np.ndarray, "brain row class"]]:
    """The same of several sets of rows, with one ridge for all."""
    scores: list[list[np.ndarray]] = [[] for _ in tests]
    for b, (x, classes) in enumerate(zip(train, labels, strict=True)):
        ((weights, offset),) = ridge(x[:n].astype(np.float64), np.eye(10)[classes[:n]], [STRENGTH])
        for rows, test in zip(scores, tests, strict=True):
            rows.append(test[b] @ weights + offset)
    return [np.stack(rows) for rows in scores]


def right(scores: Float[np.ndarray, "brain row class"], classes: Int[np.ndarray, "brain row"]) -> np.ndarray:
    """Which answers are right, [brain, row]."""
    return scores.argmax(2) == classes


def by_speaker(right_ones: np.ndarray, digits: Digits) -> Float[np.ndarray, " speaker"]:
    """Share of each speaker, over the brains that never heard it."""
    speakers = np.unique(digits.speakers)
    return np.array([right_ones[digits.speakers == speaker].mean() for speaker in speakers])


def candidates(digits: Digits, seed: int = 0) -> Int[np.ndarray, "brain row ten"]:
    """For each test pair, ten sounds of its own speaker, one of each class; that of its class is its own."""
    rng = np.random.default_rng(seed)
    chosen = np.zeros((*digits.test_labels.shape, 10), np.int64)
    for b, (classes, speakers) in enumerate(zip(digits.test_labels, digits.speakers, strict=True)):
        for speaker in np.unique(speakers):
            rows = np.flatnonzero(speakers == speaker)
            for digit in range(10):
                of_class = np.flatnonzero((speakers == speaker) & (classes == digit))
                # a speaker without this digit among the test pairs: any of theirs, which is wrong anyway
                chosen[b, rows, digit] = rng.choice(of_class if len(of_class) else rows, len(rows))
        chosen[b, np.arange(len(classes)), classes] = np.arange(len(classes))
    return chosen


def found(
    made: Float[np.ndarray, "brain row z"],
    wanted: Float[np.ndarray, "brain row z"],
    chosen: Int[np.ndarray, "brain row ten"],
    digits: Digits,
    *,
    centred: bool = True,
) -> np.ndarray:
    """Whether, of ten candidates, the one of the right class is nearest by cosine to what was made, [brain,
    row]; candidates about their mean where they are centred.
    """
    hits = []
    for a, b, index, classes in zip(made, wanted, chosen, digits.test_labels, strict=True):
        ten = b[index]
        ten = ten - ten.mean(1, keepdims=True) if centred else ten
        like = np.einsum("rz,rcz->rc", a, ten) / np.maximum(np.linalg.norm(ten, axis=2), 1e-8)
        hits.append(like.argmax(1) == classes)
    return np.stack(hits)


def predicted_sound(heard: Heard) -> tuple[np.ndarray, np.ndarray]:
    """(prediction at the last step of the image, embedding of the first step of the sound), [brain, row,
    z].
    """
    first = (heard.source == 0).sum(2)[..., None, None] - 1
    wide = first.expand(*first.shape[:3], heard.prediction.shape[3])
    made, wanted = heard.prediction.gather(2, wide), heard.embedding.gather(2, wide + 1)
    return made[:, :, 0].numpy(), wanted[:, :, 0].numpy()


def canonical(
    seen: tuple[Features, Features], heard: tuple[Features, Features]
) -> tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]:
    """((training, test) rows of one side, the same of the other) in their canonical directions (Hotelling
    1936, Biometrika 28:321), sought among the first principal ones of the training rows, [brain, row,
    `COMPONENTS`].
    """
    sides = []
    for train, test in (seen, heard):
        whitened = [_whitened(x, later) for x, later in zip(train, test, strict=True)]
        sides.append(whitened)
    made: tuple[list, list] = ([], [])
    wanted: tuple[list, list] = ([], [])
    for a, b in zip(*sides, strict=True):
        u, sizes, vt = np.linalg.svd(a[0].T @ b[0] / len(a[0]))
        n = min(COMPONENTS, len(sizes))
        for k in (0, 1):
            made[k].append(a[k] @ u[:, :n] * sizes[:n])
            wanted[k].append(b[k] @ vt[:n].T)
    return (np.stack(made[0]), np.stack(made[1])), (np.stack(wanted[0]), np.stack(wanted[1]))


def _whitened(train: np.ndarray, test: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    mean = train.mean(0)
    _, sizes, vt = np.linalg.svd(train - mean, full_matrices=False)
    n = min(KEPT, len(sizes))
    scale = vt[:n].T / sizes[:n] * len(train) ** 0.5
    return (train - mean) @ scale, (test - mean) @ scale


def floors(
    train: Mapping[str, Features], test: Mapping[str, Features], digits: Digits
) -> dict[str, np.ndarray]:
    """Retrieval without any module above: by canonical correlation of the frozen embeddings of the training
    pairs ("CCA"), and by the classes that ridges give with as many labels as there are pairs ("labels").
    """
    chosen = candidates(digits)
    sides = [(train[name], test[name]) for name in (IMAGE, SOUND)]
    (_, made), (_, wanted) = canonical(sides[0], sides[1])
    n = digits.labels.shape[1]
    scores = [probe(*side, digits.labels, n) for side in sides]
    return {
        "CCA": found(made, wanted, chosen, digits),
        "labels": found(np.eye(10)[scores[0].argmax(2)], scores[1], chosen, digits),
    }
