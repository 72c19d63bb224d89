"""A stream of pictures whose order has a rule: which memory comes to mind when one is asked for later?"""

import torch
from torch import Tensor

from brainwright.memory import Experiences
from brainwright.memory.hippocampus import LearnedIndex, nearest

INDICES = ("learned", "plain store", "no reward tokens", "tokens shuffled", "not trained")
LIKELY = 0.9
"""Chance that the next kind is the one that follows by the rule; else any."""
REWARDED = 3
"""Of the kinds, those whose coming is rewarded, counted from the first of the rule."""
NOISE = 0.5
"""Deviation added to a stored picture that is to be recognised, whose pixels go from -1 to 1."""


def stream_of(pictures: Tensor, kinds: Tensor, n: int, generator: torch.Generator) -> Experiences:
    """Pictures in an order of kinds that mostly follows one round over all kinds, drawn anew for each
    generator; targets are the kinds, which no index is told.
    """
    n_kinds = int(kinds.max()) + 1
    order = torch.randperm(n_kinds, generator=generator)
    after = torch.empty_like(order)
    after[order] = order.roll(-1)
    of_kind = [torch.nonzero(kinds == k).flatten() for k in range(n_kinds)]
    now, rows = int(order[0]), []
    for _ in range(n):
        which = int(torch.randint(len(of_kind[now]), (), generator=generator))
        rows.append(int(of_kind[now][which]))
        kept = float(torch.rand((), generator=generator)) < LIKELY
        now = int(after[now]) if kept else int(torch.randint(n_kinds, (), generator=generator))
    picked = torch.tensor(rows)
    rewards = torch.isin(kinds[picked], order[:REWARDED]).float()
    return Experiences.of(pictures[picked], kinds[picked], rewards)


def asked_later(
    pictures: Tensor,
    kinds: Tensor,
    new: Tensor,
    new_kinds: Tensor,
    *,
    n: int = 600,
    stored: int = 60,
    updates: int = 200,
    seed: int = 0,
) -> dict[str, dict[str, float]]:
    """Every index on the same stream and the same few stored moments of it.

    Args:
        pictures, kinds: of which the stream is made.
        new, new_kinds: never seen, asked for later.
        n: moments of the stream.
        stored: of them, drawn evenly; the stream itself is gone when it is asked.
        updates: of a learned index.
        seed: of everything random.

    Returns:
        Index → `kind`, the share of new pictures for which a memory of their kind comes to mind; `reward`,
        the share for which a memory comes that was followed by a reward just if their kind is likely to be;
        `episode`, the share of noisy stored pictures for which they themselves come.
    """
    generator = torch.Generator().manual_seed(seed)
    stream = stream_of(pictures, kinds, n, generator)
    turned = stream.at(torch.randperm(n, generator=generator))
    rows = torch.randperm(n - 1, generator=generator)[:stored]
    held, followed = stream.at(rows), stream.rewards[rows + 1]
    likely = _likely(stream)
    noisy = held.states + NOISE * torch.randn(held.states.shape, generator=generator)
    figures = {}
    for name in INDICES:
        index = LearnedIndex(pictures.shape[1], reward_weight=float(name != "no reward tokens"), seed=seed)
        index.mean = stream.states.mean(0)
        if name in ("learned", "no reward tokens"):
            index.learn(stream, updates=updates)
        elif name == "tokens shuffled":
            index.learn(turned, updates=updates)
        keys = (lambda x, m=index.mean: x - m) if name == "plain store" else index.keys
        mind = nearest(keys(held.states), keys(new))
        own = nearest(keys(held.states), keys(noisy))
        figures[name] = {
            "kind": _share(held.targets[mind] == new_kinds),
            "reward": _share(followed[mind] == likely[new_kinds]),
            "episode": _share(own == torch.arange(stored)),
        }
    return figures


def _likely(stream: Experiences) -> Tensor:
    """Whether a kind was mostly followed by reward in the stream, as 0 or 1, [kind]."""
    n_kinds = int(stream.targets.max()) + 1
    shares = [stream.rewards[1:][stream.targets[:-1] == k].mean() for k in range(n_kinds)]
    return (torch.stack(shares) > 0.5).float()


def _share(hits: Tensor) -> float:
    return float(hits.float().mean())
