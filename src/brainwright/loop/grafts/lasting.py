"""What lasts: hosts that learned on beside a graft and lose it, and ports that move to other units."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from brainwright.network.graft import Many, Ports

from .arms import Arm
from .beside import FEW, SITES, Scale, Scores, columns, lost, plain, setting
from .closed import closed
from .many import augment_many, teach_many
from .score import r2
from .task import Waves, grafts_of, hosts_of

KEPT = ("BP", "edge", "frozen", "none")
"""Grafts beside hosts that learn on; "none" is the host that was never grafted, with the same training."""
AFTER = (0.1, 0.3, 1.0)
"""When a host that lost its graft is looked at again, in multiples of the time that both learned together."""
MOVES = tuple(range(len(FEW.writes) + 1))
"""Written units that have moved, one after another."""
MOVE = 0.1
"""Time between two moves, in the same multiples."""


def drifted(moved: int) -> Ports:
    """The ports of which so many written units have become others of the same layer."""
    return Ports(FEW.read, FEW.reads, FEW.write, [*list(SITES.writes)[:moved], *list(FEW.writes)[moved:]])


@dataclass(eq=False)
class Pair:
    """Hosts and grafts after some learning, and what they go on with."""

    hosts: Many
    grafts: Many
    waves: Waves

    def on(self, arm: Arm, updates: int, ports: Ports = FEW) -> "Pair":
        """They learn on."""
        how = setting("BP", max(updates, 1), ports)
        done = augment_many(self.hosts, self.grafts, {"": arm}, self.waves, how)
        return Pair(done.hosts, done.grafts, self.waves)


def lasting(scale: Scale, _rule: str) -> Scores:
    """Removal after late learning in which the host took part, and drift of what is written, for a host that
    learned on and for a lesioned, frozen one; all of backpropagation.
    """
    waves, x, y = scale.fresh()
    hosts, _ = teach_many(hosts_of(scale.seeds), waves, setting("BP", scale.updates))
    arms, how = {name: columns(True)[name] for name in KEPT}, setting("BP", scale.late)
    done = augment_many(hosts, grafts_of(scale.seeds, FEW), arms, waves, how)
    pairs = {}
    for name in KEPT:
        nets = done.of(name)
        pairs[name] = Pair(done.hosts.some(nets), done.grafts.some(nets), waves)
    found = {name: plain(r2(p.hosts, x, y, p.grafts, FEW)) for name, p in pairs.items()}
    found |= removed(pairs, scale, x, y)
    found |= drift(pairs["BP"], scale, x, y, plastic=True)
    _, left, scores = lost(scale, "BP", FEW, waves, x, y)
    start = Pair(left.lesion, grafts_of(scale.seeds, FEW), waves).on(Arm("BP"), scale.late)
    found |= {f"lesion: {name}": row for name, row in scores.items()}
    return found | {f"lesion: {name}": row for name, row in drift(start, scale, x, y, plastic=False).items()}


def removed(pairs: dict[str, Pair], scale: Scale, x: torch.Tensor, y: torch.Tensor) -> Scores:
    """The hosts without their grafts: at once, with the mean current left, and as they learn on alone."""
    found, nothing = {}, Arm("none", plastic=True)
    for name, pair in pairs.items():
        found[f"{name}, removed"] = plain(r2(pair.hosts, x, y))
        left = pair.hosts.repeated(1)
        (written,) = closed(pair.hosts, pair.grafts, FEW, x).inner
        left.biases[FEW.write][:, list(FEW.writes)] += written.sent[pair.grafts.output].mean(1)
        found[f"{name}, its mean left"] = plain(r2(left, x, y))
        now, spent = pair, 0
        for share in AFTER:
            until = round(share * scale.late)
            now, spent = now.on(nothing, until - spent), until
            found[f"{name}, removed, {share:g} later"] = plain(r2(now.hosts, x, y))
    return found


def drift(pair: Pair, scale: Scale, x: torch.Tensor, y: torch.Tensor, *, plastic: bool) -> Scores:
    """One written unit after another moves. Nothing learns, the graft does, the host does, or both do."""
    learners = {"nobody": None, "graft": Arm("BP")}
    if plastic:
        learners |= {"host": Arm("frozen", plastic=True), "both": Arm("BP", plastic=True)}
    found = {}
    for name, arm in learners.items():
        now = pair
        for moved in MOVES:
            if moved and arm is not None:
                now = now.on(arm, round(MOVE * scale.late), drifted(moved))
            score = r2(now.hosts, x, y, now.grafts, drifted(moved))
            found[f"{moved} moved, {name} learns"] = plain(score)
    return found


def drifts(r2s: Mapping[str, Sequence[float]]) -> dict[str, dict[str, NDArray[np.float64]]]:
    """State of the host → who learns while units move → R2 [network, move], from that of every arm."""
    found: dict[str, dict[str, NDArray[np.float64]]] = {}
    for title, word in {"host learned on": "", "in place of deleted cells": "lesion: "}.items():
        for who in ("nobody", "graft", "host", "both"):
            names = [f"{word}{k} moved, {who} learns" for k in MOVES]
            if names[0] in r2s:
                found.setdefault(title, {})[f"{who} learns"] = np.array([r2s[name] for name in names]).T
    return found
