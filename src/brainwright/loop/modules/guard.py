"""A guard per module: does its loss within its own streams rise while that of a module above falls?"""

import torch

from brainwright.network.modules import Hierarchy
from brainwright.objective.collapse import at_the_others_cost
from brainwright.objective.curriculum import boundary
from brainwright.objective.curriculum.losses import next_embedding
from brainwright.objective.next_embedding import cosine

from .judge import heard_by
from .streams import Shown

Costs = dict[str, list[dict[str, float]]]
"""Module → "within" and "across" of each brain."""


@torch.no_grad()
def costs(brains: Hierarchy, shown: Shown, above: str) -> Costs:
    """Of every module that the one `above` hears, for each brain: "within", 1 - mean cosine of its prediction
    to the next embedding of its own stream, and "across", 1 - mean cosine of the prediction above to the
    first embedding of the other input, where one input gives way to the other.

    Args:
        brains: whose modules are asked.
        shown: pairs that nobody trained on.
        above: a module that hears several others in series.
    """
    below = next(plan.hears for plan in brains.table if plan.name == above)
    heard = heard_by(brains, shown, [*below, above])
    across = 1 - cosine(*boundary(heard[above])).mean(1)
    within = {name: 1 + next_embedding(heard[name]) for name in below}
    return {
        name: [{"within": float(a), "across": float(b)} for a, b in zip(own, across, strict=True)]
        for name, own in within.items()
    }


def gave_up_their_own(before: Costs, after: Costs) -> dict[str, float]:
    """Module → in what share of the brains it gained across while it lost within."""
    return {
        name: sum(at_the_others_cost(*pair) for pair in zip(rows, after[name], strict=True)) / len(rows)
        for name, rows in before.items()
    }
