"""Retrieval as a stop-gap: good at once, and it does not generalise."""

import torch
from torch import Tensor

from brainwright.memory import Experiences, Hippocampus
from brainwright.network import layered

from ..sleep import Night, sleep


def rule_of_examples(updates: int, seed: int) -> dict[str, dict[str, float]]:
    """Two hundred examples of a linear rule in 40 dimensions: stored at once, or slept on.

    Args:
        updates: of the night.
        seed: of everything random.

    Returns:
        Who answers → shares that are right: of the examples themselves, `stored`, and of a thousand `new`.
    """
    generator = torch.Generator().manual_seed(seed)
    rule = torch.randn(40, generator=generator)
    states = torch.randn(1200, 40, generator=generator)
    whole = Experiences.of(states, (states @ rule > 0).long())
    stored, new = whole.at(slice(0, 200)), whole.at(slice(200, None))
    store, network = Hippocampus(40, 200, seed=seed), layered([40, 40, 2], seed=seed)
    store.store(stored)
    rows = {}
    for arm in ("retrieval", "network before sleep", "network after sleep"):
        if arm == "network after sleep":
            sleep(network, store.experiences, Night(updates, 32), seed=seed)
        if arm == "retrieval":
            both = [hits(store.recall(part.states).targets, part.targets) for part in (stored, new)]
        else:
            both = [hits(network.unroll(part.states).last.argmax(-1), part.targets) for part in (stored, new)]
        rows[arm] = {"stored": both[0], "new": both[1]}
    return rows


def hits(named: Tensor, targets: Tensor) -> float:
    """Share that is right."""
    return float((named == targets).float().mean())
