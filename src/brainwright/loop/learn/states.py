"""States of networks as trees of tensors: what happens to all of their parts alike."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor


def mapped(change: Callable[..., Tensor], *trees: Any) -> Any:
    """A tree of the same form, whose tensors are `change` of those at the same place."""
    first = trees[0]
    if isinstance(first, Tensor):
        return change(*trees)
    if first is None:
        return None
    if isinstance(first, dict):
        return {name: mapped(change, *(tree[name] for tree in trees)) for name in first}
    parts = [mapped(change, *places) for places in zip(*trees, strict=True)]
    return type(first)(*parts) if hasattr(first, "_fields") else tuple(parts)


def begun_anew(state: Any, rest: Any, started: Tensor) -> Any:
    """The state at rest for bodies that are marked, bool [body], and its own for the others."""
    return mapped(
        lambda now, new: torch.where(started.view(-1, *[1] * (now.dim() - 1)), new, now), state, rest
    )


def of_bodies(state: Any, bodies: Tensor) -> Any:
    """The state of some bodies, by their places."""
    return mapped(lambda part: part[bodies], state)
