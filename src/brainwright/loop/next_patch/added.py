"""Recordings: what a prediction of the next patch adds to each cell's own history, animal by animal."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float

from brainwright.datasets.streams import Patches, RecordedStreams
from brainwright.network import Network
from brainwright.network.reservoir.ridge import ridge

LENGTH, OVERLAP = 32, 16
"""Bins of a stream to train on, and those it shares with the next."""
BURN_IN = 16
"""Bins that a network has seen before its predictions count: twice the history that a cell is given."""
LAGS = 8
"""Bins of a cell's own history."""
OWN, ADDED = 1e-2, 0.3
"""Strengths of the ridges of own history, and of what predictions add to it; chosen on tuning seeds."""


@dataclass(frozen=True, eq=False)
class Animal:
    """One recording beside the directions of a network's predictions.

    Attributes:
        stream: the recording.
        predictions: made at each bin, of the next one, [bin, dimension].
    """

    stream: RecordedStreams
    predictions: Float[np.ndarray, "bin dimension"]


def training_streams(recordings: Sequence[RecordedStreams]) -> Patches:
    """Overlapping pieces of the training parts of all recordings, or their trials."""
    pieces = [piece for each in recordings for piece in _pieces(each, each.values[: each.n_train], OVERLAP)]
    if not pieces:  # too short for one whole piece: take what there is
        pieces = [each.values[: each.n_train] for each in recordings]
    return Patches.of(pieces, np.zeros(len(pieces), np.int64))


def later_streams(recording: RecordedStreams) -> Patches:
    """Pieces of the part of a recording that is held out, or its trials."""
    later = recording.values[recording.n_train :]
    pieces = _pieces(recording, later, 0) or [later]
    return Patches.of(pieces, np.zeros(len(pieces), np.int64))


def _pieces(recording: RecordedStreams, part: np.ndarray, overlap: int) -> list[np.ndarray]:
    length, step = (recording.trial, recording.trial) if recording.trial else (LENGTH, LENGTH - overlap)
    return [part[start : start + length] for start in range(0, len(part) - length + 1, step)]


@torch.no_grad()
def with_predictions(network: Network, stream: RecordedStreams, hold: int = 1) -> Animal:
    """The directions of predictions at every bin, each made after at least `BURN_IN` bins (but at the very
    beginning): pieces are unrolled side by side. Trials are begun from rest.
    """
    n, step = len(stream.values), stream.trial or LENGTH
    burn_in = 0 if stream.trial else BURN_IN
    padded = np.pad(stream.values, ((burn_in, -n % step), (0, 0)))
    pieces = np.stack([padded[a : a + burn_in + step] for a in range(0, len(padded) - burn_in, step)])
    made = network.unroll(torch.from_numpy(pieces), hold=hold).outputs[:, hold - 1 :: hold]
    kept = made[:, burn_in:].flatten(0, 1)[:n]
    units = kept / kept.norm(dim=-1, keepdim=True).clamp(min=1e-8)
    return Animal(stream, units.numpy())


def shifted(animal: Animal, share: float) -> Animal:
    """The same predictions at other times: turned by a share of each part, so that they tell nothing of what
    comes, but drift and vary as they did; trials are exchanged whole, so that how far they are stays known.
    """
    n, rows, step = animal.stream.n_train, animal.predictions, animal.stream.trial or 1
    parts = [np.roll(part, round(share * len(part) / step) * step, axis=0) for part in (rows[:n], rows[n:])]
    return Animal(animal.stream, np.concatenate(parts))


def added_skill(animals: Sequence[Animal]) -> list[dict[str, float]]:
    """For each animal: "own history", R² of the next bin of all its cells on the part that is held out, by a
    ridge of each cell on its last bins; "added", how much R² rises when a ridge from the prediction, one map
    for all animals that have the cell, is added to it; and of both the parts "temporal" (correlation over
    time of the mean over cells), "spatial" (mean over bins of the correlation across cells) and "alignment"
    (mean cosine of the two patterns), after SpikeProphecy (arXiv:2605.12992). R² is about the mean of the
    training part.
    """
    parts = [_history(each) for each in animals]
    n_cells = animals[0].stream.values.shape[1]
    more = [np.zeros((len(part.coming), n_cells)) for part in parts]
    for cell in range(n_cells):
        have = [k for k, each in enumerate(animals) if each.stream.present[cell]]
        if not have:
            continue
        rest = np.concatenate([(parts[k].coming - parts[k].own)[parts[k].train, cell] for k in have])
        x = np.concatenate([parts[k].predictions[parts[k].train] for k in have])
        ((weights, offset),) = ridge(x, rest[:, None], [ADDED])
        for k in have:
            more[k][:, cell] = (parts[k].predictions @ weights + offset)[:, 0]
    rows = []
    for animal, part, extra in zip(animals, parts, more, strict=True):
        later, cells = ~part.train, animal.stream.present
        coming, own = part.coming[later][:, cells], part.own[later][:, cells]
        both = own + extra[later][:, cells]
        alone, joint = scores(own, coming), scores(both, coming)
        row = {"own history": alone["R2"], "added": joint["R2"] - alone["R2"]}
        for name in ("temporal", "spatial", "alignment"):
            row |= {f"own {name}": alone[name], f"added {name}": joint[name] - alone[name]}
        rows.append(row)
    return rows


def scores(made: Float[np.ndarray, "bin cell"], coming: Float[np.ndarray, "bin cell"]) -> dict[str, float]:
    """R² about 0, and its three parts; see `added_skill`."""
    energy = max(float(np.square(coming).sum()), 1e-12)
    lengths = np.linalg.norm(made, axis=1) * np.linalg.norm(coming, axis=1)
    cosines = np.divide((made * coming).sum(1), lengths, out=np.zeros(len(made)), where=lengths > 0)
    return {
        "R2": 1 - float(np.square(made - coming).sum()) / energy,
        "temporal": float(_correlation(made.mean(1), coming.mean(1))),
        "spatial": float(_correlation(made, coming).mean()),
        "alignment": float(cosines.mean()),
    }


@dataclass(frozen=True, eq=False)
class _Part:
    coming: Float[np.ndarray, "bin cell"]
    own: Float[np.ndarray, "bin cell"]
    predictions: Float[np.ndarray, "bin dimension"]
    train: np.ndarray


def _history(animal: Animal) -> _Part:
    """The next bin of each cell by its own last ones; the first bins, which lack a history, are left out."""
    values, n_train = animal.stream.values.astype(np.float64), animal.stream.n_train
    lags = min(LAGS, max(1, (animal.stream.trial or n_train) // 4))
    at = np.arange(lags - 1, len(values) - 1)
    if animal.stream.trial:  # neither the history nor what comes may lie in another trial
        within = at % animal.stream.trial
        at = at[(within >= lags - 1) & (within < animal.stream.trial - 1)]
    train = at + 1 < n_train
    coming, own = values[at + 1], np.zeros((len(at), values.shape[1]))
    for cell in np.flatnonzero(animal.stream.present):
        past = np.stack([values[at - lag, cell] for lag in range(lags)], axis=1)
        ((weights, offset),) = ridge(past[train], coming[train, cell][:, None], [OWN])
        own[:, cell] = (past @ weights + offset)[:, 0]
    # held-out bins whose history reaches into the training part are known, not what comes after them
    return _Part(coming, own, animal.predictions[at].astype(np.float64), train)


def _correlation(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Over the last axis; 0 where one does not vary."""
    a, b = a - a.mean(-1, keepdims=True), b - b.mean(-1, keepdims=True)
    size = np.sqrt(np.square(a).sum(-1) * np.square(b).sum(-1))
    return np.divide((a * b).sum(-1), size, out=np.zeros_like(size), where=size > 0)
