"""Networks that act for themselves and among others are taught side by side, as one tensor."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from .corridor import KINDS, Ends, lived, situations

SELF, RIVAL, FRIEND = range(3)


@dataclass(frozen=True)
class Arm:
    """One way to be taught.

    Attributes:
        name: of the arm.
        width: of the layer between senses and actions.
        separate: self has one half of the layer, others the other half.
        overlap: weight of the squared difference between the layer's activity for oneself and for another, in
            the second part of the teaching.
        pairs: of whom: all others, "friend" alone; "unpaired" compares other situations at equal weight.
        goes_on: whether what others bring is still paid for in the second part; the agent's own food is.
    """

    name: str
    width: int = 32
    separate: bool = False
    overlap: float = 0.0
    pairs: str = "all"
    goes_on: bool = False


@dataclass(frozen=True)
class Plan:
    """How long.

    Attributes:
        alone: updates by payoff alone.
        after: further updates, with the overlap.
        rate: of Adam.
        entropy: weight of the policy's entropy at first, which keeps it from settling for standing still; it
            falls to 0 within the first part.
    """

    alone: int = 800
    after: int = 400
    rate: float = 0.01
    entropy: float = 3.0


def taught(arms: Sequence[Arm], seeds: Sequence[int], plan: Plan) -> tuple[Ends, dict[str, Tensor]]:
    """What every network brings after the teaching, and how alike its layer is for self and others.

    Args:
        arms: of one seed they begin with the same values (the first of those of a wider one).
        seeds: of initial values and of pairings.
        plan: how long.

    Returns: ends [arm * seed, kind, goal], arm by arm; and by name, [arm * seed]: "overlap", one less the
        squared difference for paired situations over that for unpaired ones; 1 is the same activity for self
        and rival, 0 no more alike than two situations of different content.
    """
    widest = max(arm.width for arm in arms)
    senses = situations()
    weights = [_initial(seed, senses.shape[-1], widest) for seed in seeds]
    layers = [torch.stack([part[k] for part in weights] * len(arms)).requires_grad_() for k in range(4)]
    kept = torch.stack([_units(arm, widest) for arm in arms]).repeat_interleave(len(seeds), 0)
    strength = torch.tensor([arm.overlap for arm in arms]).repeat_interleave(len(seeds))
    which = [arm.pairs for arm in arms for _ in seeds]
    among = torch.tensor([[1.0, float(arm.goes_on), float(arm.goes_on)] for arm in arms for _ in seeds])
    generator = torch.Generator().manual_seed(int(seeds[0]))
    optimiser = torch.optim.Adam(layers, lr=plan.rate)
    for update in range(plan.alone + plan.after):
        activity = _activity(layers, senses, kept)
        chances = _actions(layers, activity)
        entropy = -(chances * chances.clamp_min(1e-9).log()).sum(-1).mean((1, 2, 3, 4))  # log of 0
        paid = lived(chances).payoff.mean(2)
        later = update >= plan.alone
        gained = (paid * (among if later else 1.0)).mean(1) + plan.entropy * max(
            0.0, 1 - update / plan.alone
        ) * entropy
        apart = _apart(activity, kept, which, generator) if later else torch.zeros(len(which))
        loss = (strength * apart - gained).sum()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    with torch.no_grad():
        activity = _activity(layers, senses, kept)
        ends = lived(_actions(layers, activity))
        ways = (["rival"] * len(which), ["unpaired"] * len(which))
        paired, unpaired = (_apart(activity, kept, way, generator) for way in ways)
    return ends, {"overlap": 1 - paired / unpaired.clamp_min(1e-9)}


def _initial(seed: int, senses: int, width: int) -> tuple[Tensor, ...]:
    generator = torch.Generator().manual_seed(int(seed))
    first = torch.randn(width, senses, generator=generator)  # four senses are on at once, so of order 1
    return first, torch.zeros(width), torch.randn(3, width, generator=generator) * 0.3, torch.zeros(3)


def _units(arm: Arm, widest: int) -> Tensor:
    """Which units are there for each kind, [kind, unit]."""
    there = (torch.arange(widest) < arm.width).float().repeat(len(KINDS), 1)
    if arm.separate:
        half = torch.arange(widest) < arm.width // 2
        there[SELF] *= half
        there[1:] *= ~half
    return there


def _activity(layers: list[Tensor], senses: Tensor, kept: Tensor) -> Tensor:
    """[network, kind, goal, place, step, unit]"""
    driven = torch.einsum("kgpti,nui->nkgptu", senses, layers[0]) + layers[1][:, None, None, None, None]
    return torch.tanh(driven) * kept[:, :, None, None, None]


def _actions(layers: list[Tensor], activity: Tensor) -> Tensor:
    """[network, kind, goal, place, step, action]"""
    # a layer's drive does not grow with its width
    raised = torch.einsum("nkgptu,nau->nkgpta", activity, layers[2]) + layers[3][:, None, None, None, None]
    return raised.softmax(-1)


def _apart(activity: Tensor, kept: Tensor, which: list[str], generator: torch.Generator) -> Tensor:
    """Mean squared difference between self and others, per unit, [network]."""
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


def widths(arms: Sequence[int], separate: bool) -> list[Arm]:
    """An arm for each width."""
    shown = "separate" if separate else "shared"
    return [Arm(f"{shown}, {width}", width, separate, goes_on=True) for width in arms]
