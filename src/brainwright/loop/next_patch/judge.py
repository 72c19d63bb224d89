"""What a network that predicts is worth: guards, a fixed decoder, and probes with few and many labels."""

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
    """Guards and decoded skill on the test streams; probes where streams have one label each.

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
    if split.train.labels.ndim == 1:
        shown = summary(before, train.valid), summary(after, test.valid)
        figures |= probes(*shown, split, seed)
    return figures


def summary(
    states: Float[Tensor, "stream patch cell"], valid: Float[Tensor, "stream patch"]
) -> Float[np.ndarray, "stream feature"]:
    """The mean over patches and the last of them, side by side."""
    mean = (states * valid[..., None]).sum(1) / valid.sum(1, keepdim=True)
    last = states[torch.arange(len(states)), valid.sum(1).long() - 1]
    return torch.cat([mean, last], dim=1).numpy()


def probes(
    before: Float[np.ndarray, "train feature"],
    after: Float[np.ndarray, "test feature"],
    split: Split,
    seed: int,
    name: str = "probe",
) -> dict[str, float]:
    """Share of test streams whose class a ridge finds that was given so many labels, which the seed draws."""
    order = np.random.default_rng(seed).permutation(len(before))
    return {
        f"{name}, {n} labels": hits(
            before[order[:n]], split.train.labels[order[:n]], after, split.test.labels
        )
        for n in LABELS
        if n <= len(before)
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
    """The floor: the same ridge on all patches of a stream as they are."""
    flat = [part.values.reshape(len(part.values), -1) for part in (split.train, split.test)]
    return probes(*flat, split, seed, "raw")


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
