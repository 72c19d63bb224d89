"""How far the activity for oneself is from that for another."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from .networks import FRIEND, RIVAL, SELF

PAIRS = ("all", "friend", "rival", "unpaired")
"""Whose activity is compared with one's own: of all others in the same situation, of one; or, at equal
weight, of all others in an unrelated situation.
"""


def apart(
    activity: Float[Tensor, "network kind goal place step unit"],
    kept: Float[Tensor, "network kind unit"],
    which: Sequence[str],
    generator: torch.Generator,
) -> Float[Tensor, " network"]:
    """Mean squared difference between self and others, per unit; `which` names one of `PAIRS` for each."""
    own = activity[:, SELF].flatten(1, 3)
    order = torch.randperm(own.shape[1], generator=generator)
    units = kept.amax(1).sum(-1)
    squares = {}
    for name, other in (("rival", RIVAL), ("friend", FRIEND)):
        others = activity[:, other].flatten(1, 3)
        squares[name] = ((own - others) ** 2).mean(1).sum(-1) / units
        squares[f"{name}, unpaired"] = ((own - others[:, order]) ** 2).mean(1).sum(-1) / units
    ways = {
        "all": (squares["rival"] + squares["friend"]) / 2,
        "unpaired": (squares["rival, unpaired"] + squares["friend, unpaired"]) / 2,
        "friend": squares["friend"],
        "rival": squares["rival"],
    }
    return torch.stack([ways[way][k] for k, way in enumerate(which)])


def alike(
    activity: Tensor, kept: Tensor, generator: torch.Generator, other: str = "rival"
) -> Float[Tensor, " network"]:
    """One less the squared difference of self and another for paired situations over that for unpaired ones:
    1 is the same activity, 0 no more alike than two situations of different content.
    """
    n = len(kept)
    paired, unpaired = (apart(activity, kept, [way] * n, generator) for way in (other, "unpaired"))
    return 1 - paired / unpaired.clamp_min(1e-9)
