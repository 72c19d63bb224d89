"""What a network that predicts is worth: guards, a fixed decoder, and probes with few and many labels."""

from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from brainwright.datasets.streams import Patches, Split
from brainwright.network import Network
from brainwright.network.reservoir.ridge import ridge
from brainwright.objective import collapse
from brainwright.objective.next_embedding import Weights

from .predict_next import seen, tensors_of

LABELS = (100, 1_000)
"""Of the probes."""
STRENGTH = 1e-2
"""Of the ridge of a probe: fixed, found on tuning seeds, the same for states and for raw patches."""


def judged(
    network: Network, split: Split, first: Weights, *, hold: int = 1, seed: int = 0, read: str = "cells"
) -> dict[str, float]:
    """Guards and decoded skill on the test streams, and probes.

    Args:
        network: that predicts.
        split: streams that it was trained on, and others.
        first: the embedding that it began with.
        hold: steps for each patch.
        seed: of the labels that a probe is given.
        read: population that a probe reads.
    """
    train, before = seen(network, split.train, hold=hold, read=read)
    test, after = seen(network, split.test, hold=hold, read=read)
    patches, valid = tensors_of(split.test)
    figures = collapse.guards(train, test, first.embed(patches, valid))
    shown = labelled(before, split.train), labelled(after, split.test)
    return figures | probes(*shown, seed)


class Labelled(NamedTuple):
    """What a probe reads, and the class of each row."""

    features: Float[np.ndarray, "row feature"]
    classes: Int[np.ndarray, " row"]


def labelled(states: Float[Tensor, "stream patch cell"], streams: Patches) -> Labelled:
    """A row for each stream (`summary`), or for each valid patch where patches have labels of their own."""
    valid = torch.from_numpy(streams.valid)
    if streams.labels.ndim == 1:
        return Labelled(summary(states, valid), streams.labels)
    return Labelled(states[valid > 0].numpy(), streams.labels[streams.valid > 0])


def summary(
    states: Float[Tensor, "stream patch cell"], valid: Float[Tensor, "stream patch"]
) -> Float[np.ndarray, "stream feature"]:
    """The mean over patches and the last of them, side by side."""
    mean = (states * valid[..., None]).sum(1) / valid.sum(1, keepdim=True)
    last = states[torch.arange(len(states)), valid.sum(1).long() - 1]
    return torch.cat([mean, last], dim=1).numpy()


def probes(train: Labelled, test: Labelled, seed: int, name: str = "probe") -> dict[str, float]:
    """Share of test rows whose class a ridge finds that was given so many labels, which the seed draws."""
    order = np.random.default_rng(seed).permutation(len(train.classes))
    given = {n: order[:n] for n in LABELS if n <= len(order)}
    return {
        f"{name}, {n} labels": hits(train.features[index], train.classes[index], *test)
        for n, index in given.items()
    }


def hits(
    x: Float[np.ndarray, "row feature"],
    classes: Int[np.ndarray, " row"],
    x_later: Float[np.ndarray, "later feature"],
    classes_later: Int[np.ndarray, " later"],
) -> float:
    """Share of right answers of a ridge on one-hot classes."""
    wanted = np.eye(int(max(classes.max(), classes_later.max())) + 1)[classes]
    ((weights, offset),) = ridge(x.astype(np.float64), wanted, [STRENGTH])
    return float(((x_later @ weights + offset).argmax(1) == classes_later).mean())


def raw_probes(split: Split, seed: int) -> dict[str, float]:
    """The floor: the same ridge on all patches of a stream as they are, or on the patch that has a label."""
    sides = []
    for part in (split.train, split.test):
        if part.labels.ndim == 1:
            sides.append(Labelled(part.values.reshape(len(part.values), -1), part.labels))
        else:
            sides.append(Labelled(part.values[part.valid > 0], part.labels[part.valid > 0]))
    return probes(*sides, seed, "raw")


def leak(network: Network, streams: Patches, *, hold: int = 1, seed: int = 0) -> dict[str, float]:
    """Predictions up to a patch, with every later patch replaced by noise: the largest difference, which is 0
    to the last bit in a network that is causal. Also how much later predictions move, which is not 0.
    """
    some = streams.chosen(np.arange(min(8, len(streams.values))))
    patches, _ = tensors_of(some)
    at = patches.shape[1] // 2
    generator = torch.Generator().manual_seed(seed)
    other = patches.clone()
    other[:, at:] = torch.randn(other[:, at:].shape, generator=generator)
    with torch.no_grad():
        one, two = (network.unroll(x, hold=hold).outputs for x in (patches, other))
    steps = at * hold
    return {
        "leak": float((one[:, :steps] - two[:, :steps]).abs().max()),
        "moved": float((one[:, steps:] - two[:, steps:]).abs().max()),
    }
