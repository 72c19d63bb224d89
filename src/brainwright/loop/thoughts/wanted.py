"""What is wanted once the body lacks it, and which imagined doors are entered."""

import numpy as np
import torch
from torch import Tensor

from brainwright.network.reservoir.ridge import ridge
from brainwright.steering import Body, Flinch, Moments, Salt, Scorecard, Veto
from brainwright.steering.scorecard import between

from .lessons import GROUP, MET, UNMET, Said

CRITICS = {"critic, blind to the need": 0.0, "critic, saw small needs": 0.1, "critic, saw all needs": 1.0}
"""Scalar critics, and the largest need in which they were taught."""
DISGUST = 1.0
"""What is offered is so salty that who is sated shuns it as much as who lacks salt wants it."""


def preferred(values: Tensor, group: int) -> Tensor:
    """Which names of a group are preferred to which neutral names, [world, name, name]."""
    one, neutral = (MET[GROUP[MET] == number] for number in (group, 3))
    return values[:, one][:, :, None] > values[:, neutral][:, None]


def flips(sated: Tensor, depleted: Tensor) -> dict[str, Tensor]:
    """Pairs of a salty and a neutral name of which the neutral one is preferred by the sated, and the salty
    one by the depleted; and how often the name of what is dangerous is wanted.
    """
    was, now = preferred(sated, 1), preferred(depleted, 1)
    rows = {"flipped": now & ~was, "wanted when depleted": now, "wanted when sated": was}
    rows["danger wanted"] = preferred(depleted, 0)
    return {name: pairs.double().mean((1, 2)) for name, pairs in rows.items()}


def devaluation(said: Said) -> dict[str, Tensor]:
    """Sated all the time it learned; now it lacks salt. Does the name of what is salty become wanted?"""
    card, values = Scorecard((Flinch(), Salt(DISGUST))), []
    for level in (1.0, 0.0):
        body = Body({"salt": torch.full((len(said.names),), level)}, {"salt": 1.0})
        values.append(card.score(body, said.names[..., :2]).value)
    return flips(*values)


def critics(said: Said, phase: Moments) -> dict[str, dict[str, Tensor]]:
    """Critics that are paid what salt is worth: one that does not see the need, one that saw none but small
    needs, one that saw all; by ridge regression, on products of context and need too.
    """
    values: dict[str, list[np.ndarray]] = {name: [] for name in CRITICS}
    salt = phase.truth[:, :, 6, 1].numpy()
    for world, where in enumerate(said.minds.worlds):
        rng = np.random.default_rng([where.seed, 61])
        x, probe = phase.context[world, :, 5].double().numpy(), said.thoughts[world].mean(1).double().numpy()
        for name, most in CRITICS.items():
            need = rng.uniform(0, most, (len(x), 1))
            paid = salt[world][:, None] * (need * (1 + DISGUST) - DISGUST)  # the want of the circuit
            ((weights, offset),) = ridge(_with(x, need, most), paid, (0.01,))
            each = [_with(probe, np.full((len(probe), 1), lacking), most) for lacking in (0.0, 1.0)]
            values[name].append(np.stack([(features @ weights + offset)[:, 0] for features in each]))
    return {name: flips(*torch.tensor(np.stack(each)).unbind(1)) for name, each in values.items()}


def _with(x: np.ndarray, need: np.ndarray, most: float) -> np.ndarray:
    """Features of a critic that sees the need; of one that does not, the context alone."""
    return np.hstack([x, need, need * x]) if most else x


def planning(said: Said, *, veto: bool = False, channel: int | None = None) -> dict[str, Tensor]:
    """A hall of four doors, a name on each: danger, salt, bait (salt five times, and it looms), neutral. Salt
    is lacking. All halls of names met, and all of names unmet, are entered; nothing behind a door was ever
    seen.
    """
    n, names = len(said.names), said.names
    seen = names[..., [0, 3]]
    body = Body({"salt": torch.zeros(n)}, {"salt": 1.0})
    guard = (Veto("flinch", between(names[..., 0])),) if veto else ()
    scored = Scorecard((Flinch(), Salt()), guard).score(body, seen)
    value = scored.value if channel is None else names[..., channel]
    value = value.masked_fill(scored.vetoed, -torch.inf)
    rows = {}
    for where, kinds in (("", MET), (", unmet", UNMET)):
        doors = torch.tensor(
            np.stack(np.meshgrid(*(kinds[GROUP[kinds] == g] for g in range(4)), indexing="ij"))
        )
        offered = value[:, doors.reshape(4, -1)]  # [world, door, hall]
        best = torch.where(offered.amax(1) > 0, offered.argmax(1), -1)
        rows["lethal" + where] = ((best == 0) | (best == 2)).double().mean(1)
        rows["safe door" + where] = (best == 1).double().mean(1)
    return rows | {"clean": (rows["lethal"] == 0).double()}
