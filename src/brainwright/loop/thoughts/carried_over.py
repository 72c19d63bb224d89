"""Does what looms make its name feared, also by way of a word that was only heard beside the name?"""

import numpy as np
import torch
from torch import Tensor

from brainwright.network.reservoir.ridge import ridge
from brainwright.world.naming import N_KINDS, SOUND

from .lessons import GROUP, KINDS, LOOMS, MET, UNMET, Said, auroc, probes


def transfer(names: Tensor, objects: Tensor, channel: int) -> dict[str, Tensor]:
    """Does what looms make its name feared?"""
    of = {
        where: (kinds[LOOMS[kinds]], kinds[~LOOMS[kinds]])
        for where, kinds in (("met", MET), ("unmet", UNMET))
    }
    by_name = {where: auroc(names[..., channel], *sides) for where, sides in of.items()}
    by_object = {where: auroc(objects[..., channel], *sides) for where, sides in of.items()}
    both, neutral, danger = (MET[GROUP[MET] == group] for group in (2, 3, 0))
    return {
        "transfer": by_name["met"],
        "objects": by_object["met"],
        "unmet": by_name["unmet"],
        "unmet objects": by_object["unmet"],
        "both against neutral": auroc(names[..., channel], both, neutral),
        "leak": auroc(names[..., 1], danger, neutral),
        "leak, objects": auroc(objects[..., 1], danger, neutral),
    }


def two_hops(said: Said) -> dict[str, Tensor]:
    """An associate, heard only beside the name: read straight, and after its next word is thought anew."""
    minds = said.minds
    if minds.inferred:
        return {}
    heard = probes(minds, hear=KINDS + N_KINDS, steps=1)
    straight = said.assessors.read(said.state, minds.thought(heard, 31)).mean(2)[..., 0]
    words = minds.next_input(heard, 31)[..., SOUND]
    known = torch.tensor(np.stack([world.words for world in minds.worlds])).to(words)
    nearest = torch.einsum("wku,wvu->wkv", words, known).argmax(-1).numpy()
    again = said.assessors.read(said.state, minds.thought(probes(minds, hear=nearest), 32)).mean(2)[..., 0]
    sides = MET[LOOMS[MET]], MET[~LOOMS[MET]]
    right = torch.tensor(nearest == KINDS).double()[:, MET].mean(1)
    return {
        "two hops": auroc(again, *sides),
        "two hops, straight": auroc(straight, *sides),
        "name known": right,
    }


def left_out(said: Said) -> Tensor:
    """How well names of a kind can be told by their contexts with labels of the other kinds: the bound."""
    looms, scores = LOOMS[MET].astype(float)[:, None], []
    for world in said.thoughts.mean(2).double().numpy()[:, MET]:
        each = []
        for k in range(len(MET)):
            rest = np.arange(len(MET)) != k
            ((weights, offset),) = ridge(world[rest], looms[rest], (0.1,))
            each.append(float((world[k] @ weights + offset)[0]))
        scores.append(each)
    places = np.arange(len(MET))
    return auroc(torch.tensor(scores), places[LOOMS[MET]], places[~LOOMS[MET]])
