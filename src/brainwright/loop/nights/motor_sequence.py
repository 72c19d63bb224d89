"""A sequence of keys is practised until the evening: what changes until it is played the next day?"""

from copy import deepcopy

import numpy as np
import torch
from torch.nn.functional import cross_entropy, one_hot

from brainwright.memory import Experiences, Hippocampus
from brainwright.network import Network, layered

from ..sleep import Night, sleep

KEYS, LENGTH = 5, 12
"""Of the motor sequence, whose next key follows from the last two."""


def motor_sequence(updates: int, seed: int) -> dict[str, dict[str, float]]:
    """A sequence of keys is practised, then a night, or something else, then it is played again.

    Args:
        updates: of a night, or of as much practice.
        seed: of everything random.

    Returns:
        What comes between → `fewer errors`, `faster` (nats until the right key is sure, which stand for
        time), `errors before` and `errors after`, as shares.
    """
    rng, generator = np.random.default_rng(seed), torch.Generator().manual_seed(seed)
    keys = torch.tensor(_sequence(rng))
    played = torch.stack([keys.roll(2), keys.roll(1)], 1)

    def presses(n: int) -> Experiences:
        at = torch.arange(n) % LENGTH
        cue = one_hot(played[at], KEYS).flatten(1) + 0.5 * torch.randn(n, 2 * KEYS, generator=generator)
        return Experiences.of(cue, keys[at])

    practice, test, rows = presses(10 * LENGTH), presses(50 * LENGTH), {}
    practised, store = layered([2 * KEYS, 40, KEYS], seed=seed), Hippocampus(2 * KEYS, 200, seed=seed)
    # ten rounds at the keyboard, one press after another
    sleep(practised, practice, Night(10 * LENGTH, 1, length=10 * LENGTH), seed=seed)
    store.store(practice)
    errors, speed = _played(practised, test)
    for arm in ("night", "day without practice", "equal practice", "night, shuffled"):
        network, held = deepcopy(practised), store.experiences
        if arm == "equal practice":
            sleep(network, presses(20 * LENGTH), Night(updates, 16, length=4), seed=seed + 1)
        elif arm != "day without practice":
            if arm == "night, shuffled":
                order = torch.randperm(len(held), generator=torch.Generator().manual_seed(seed))
                held = Experiences(held.states, held.targets[order], held.rewards)
            sleep(network, held, Night(updates, 16, length=4), seed=seed + 1)
        later, faster = _played(network, test)
        rows[arm] = {
            "fewer errors": errors - later,
            "faster": speed - faster,
            "errors before": errors,
            "errors after": later,
        }
    return rows


@torch.no_grad()
def _played(network: Network, test: Experiences) -> tuple[float, float]:
    """Share of wrong keys, and nats until the right key is sure, which stand for time."""
    said = network.unroll(test.states).last
    wrong = (said.argmax(-1) != test.targets).float().mean()
    return float(wrong), float(cross_entropy(said, test.targets))


def _sequence(rng: np.random.Generator) -> list[int]:
    """Keys without repeats, in which no pair comes twice, so that two keys tell the next."""
    while True:
        keys = [int(k) for k in rng.integers(KEYS, size=LENGTH)]
        pairs = list(zip(keys, keys[1:] + keys[:1], strict=True))
        if len(set(pairs)) == LENGTH and all(a != b for a, b in pairs):
            return keys
