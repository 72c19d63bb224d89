"""What is asked of every arm: probes of both modalities and of each, with few labels and many, one lost."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from jaxtyping import Int

from brainwright.network.modules import Hierarchy

from .digits import IMAGE, SOUND, Digits
from .judge import (
    PARTS,
    Features,
    by_speaker,
    candidates,
    found,
    heard_by,
    predicted_sound,
    probes,
    read,
    right,
)
from .streams import Shown

COUNTS = (20, 50, 100, 200, 500, 1_000)
"""Labels of the probes: the first three where labels are few, the last as many as there are."""
FEW, SOME, MANY = COUNTS[0], COUNTS[2], COUNTS[-1]
SETS = 5
"""Sets of labels, of which none is in two, over which a probe with few is averaged: which twenty they are
matters as much as what is compared.
"""
REACHED = {"": 0.6, IMAGE: 0.5, SOUND: 0.5}
"""Share of right answers up to which labels are counted: on tuning seeds 0 and 1 side by side passes it
between 50 and 200 labels, and no arm with 20.
"""
SAVED = "labels saved"
Figures = dict[str, np.ndarray]
Sides = Sequence[Features]
"""Of images and of sounds."""


def named(modality: str, what: str) -> str:
    """The name of a figure, of both modalities or of one."""
    return f"{modality}, {what}" if modality else what


def curve(
    train: Features,
    tests: Sequence[Features],
    labels: Int[np.ndarray, "brain row"],
    given: Digits,
) -> tuple[Figures, list[np.ndarray]]:
    """Share of right answers with each number of labels, of each speaker; and with most of them, of all sets
    of test rows.
    """
    rows, last = {}, []
    for n in COUNTS:
        sets = [slice(k * n, (k + 1) * n) for k in range(min(SETS, max(1, train.shape[1] // n)))]
        scores = [probes(train[:, s], tests[: None if n == MANY else 1], labels[:, s], n) for s in sets]
        rows[n] = of(np.mean([right(each[0], given.test_labels) for each in scores], axis=0), given)
        last = [of(right(each, given.test_labels), given) for each in scores[0]]
    return {f"{n:,} labels": row for n, row in rows.items()}, last


def saved(rows: Figures, modality: str) -> np.ndarray:
    """How often the 1,000 labels may be halved until a probe falls to `REACHED`: log2 of 1,000 over the
    labels that it needs, by straight lines over the logarithm; 0 where it needs more.
    """
    points = np.stack([rows[named(modality, f"{n:,} labels")] for n in COUNTS])
    doublings = np.log2(np.array(COUNTS) / MANY)
    made = []
    for told in np.maximum.accumulate(points, axis=0).T:  # more labels cannot be worth less
        first = int(np.argmax(told >= REACHED[modality]))
        if told[-1] < REACHED[modality]:
            made.append(0.0)
        elif first == 0:
            made.append(-doublings[0])
        else:
            share = (REACHED[modality] - told[first - 1]) / (told[first] - told[first - 1])
            made.append(-(doublings[first - 1] + share * (doublings[first] - doublings[first - 1])))
    return np.array(made)


def told(seen: tuple[Sides, Sides], alone: tuple[Sides, Sides], given: Digits) -> Figures:
    """Everything that probes tell, of each speaker.

    Args:
        seen: features of the (training, test) pairs, of images and of sounds.
        alone: the same where the other modality is not there.
    """
    joined = [np.concatenate(list(sides), 2) for sides in seen]
    later = [joined[1]]
    for k in (0, 1):  # what is lost is taken at its training mean
        filled = [np.broadcast_to(x.mean(1, keepdims=True), y.shape) for x, y in zip(*seen, strict=True)]
        filled[k] = alone[1][k]
        later.append(np.concatenate(filled, 2))
    rows, (_, *lost) = curve(joined[0], later, given.labels, given)
    rows |= {f"{SOUND} lost": lost[0], f"{IMAGE} lost": lost[1], SAVED: saved(rows, "")}
    for k, name in enumerate((IMAGE, SOUND)):
        own, _ = curve(alone[0][k], [alone[1][k]], given.labels, given)
        rows |= {named(name, what): row for what, row in own.items()}
        rows[named(name, SAVED)] = saved(rows, name)
    return rows


def states_of(
    brains: Hierarchy, name: str, given: Digits, parts: int, cells: int | None = None
) -> tuple[tuple[list[Features], list[Features]], tuple[list[Features], list[Features]]]:
    """Features by which one module that hears both is asked (`told`): its states while it hears both, and
    while it hears one alone; of all cells or of the first few.
    """
    seen, alone = [], []
    for side in (first(given.train), given.test):
        both = heard_by(brains, side, [name])[name]
        seen.append([read(both, parts, k, cells) for k in (0, 1)])
        lone = [heard_by(brains, without(side, lost), [name])[name] for lost in (SOUND, IMAGE)]
        alone.append([read(heard, parts, k, cells) for k, heard in enumerate(lone)])
    return (seen[0], seen[1]), (alone[0], alone[1])


def retrieved(brains: Hierarchy, name: str, given: Digits) -> Figures:
    """One sound of ten by what was predicted after its image."""
    made, wanted = predicted_sound(heard_by(brains, given.test, [name])[name])
    chosen = candidates(given)
    return {
        "retrieval": of(found(made, wanted, chosen, given, centred=False), given),
        "retrieval, centred": of(found(made, wanted, chosen, given), given),
    }


def asked(brains: Hierarchy, name: str, given: Digits, parts: int = PARTS) -> Figures:
    """All figures of a module that hears both."""
    return told(*states_of(brains, name, given, parts), given) | retrieved(brains, name, given)


def without(given: Shown, lost: str) -> Shown:
    """The pairs, of which one modality is not there."""
    paired = given.paired()
    values, valid = paired.streams[lost]
    return Shown({**paired.streams, lost: (torch.zeros_like(values), torch.zeros_like(valid))})


def of(hits: np.ndarray, given: Digits) -> np.ndarray:
    """One value for each speaker."""
    return by_speaker(hits, given)


def first(given: Shown) -> Shown:
    """The pairs that probes are fitted on."""
    assert given.pairs is not None
    return replace(given, pairs={name: index[:, :MANY] for name, index in given.pairs.items()})
