"""The arms of a vat: whom each brain hears, what is written, on what tissue."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..graphs import Graph, alone, ring
from ..layout import Layout
from ..messages import Messages, message_bits
from ..partners import PartnerWriter, RelayWriter, TallyWriter
from ..present import Writer
from ..readout import IdentityReadout
from ..writers import ReplayWriter, RuleWriter, SilentWriter
from .vats import SYMBOLS, Vats

EMULATED = ("gradient", "ungraded", "search", "symbols")
"""Ways to write that have an emulator."""
NOISE = 0.2
"""Share of symbols that are wrong in each brain's own copy of the environment."""


@dataclass(frozen=True)
class VatArm:
    """What is done in an arm.

    Attributes:
        hears: whom a brain hears: "partners" (the graph of the vat), "self" or "ring" (one fixed neighbour),
            both as loud as all partners together, "other vat" (the partners of the brain of its number in the
            next vat) or "saline" (dishes without cells in their place, which always say the same).
        writes: "gradient", "ungraded" (the same emulator without steps), "search" (blind changes of it in
            their place, as many), "symbols" (steps on dynamics that were never fitted and see symbols alone,
            no response of the tissue), "relay" (the answer of the moment), "tally" (all answers so far),
            "replay" (what the brain of its number in the next vat was written), "rule" (the truth) or
            "nothing".
        plasticity: whether the tissue can learn.
        levels, delay, soft: as of `Messages`.
        noise: share of symbols in which brains hear something else than their partners.
    """

    hears: str = "partners"
    writes: str = "gradient"
    plasticity: bool = True
    levels: int | None = None
    delay: int = 0
    soft: bool = True
    noise: float = 0.0

    @property
    def bits(self) -> float:
        """It is the size of a message."""
        return message_bits(SYMBOLS, self.levels)


VAT_ARMS = {
    "mutual": VatArm(),
    "ungraded": VatArm(writes="ungraded"),
    "search": VatArm(writes="search"),
    "relay": VatArm(writes="relay"),
    "tally": VatArm(writes="tally"),
    "self_grad": VatArm("self"),
    "self": VatArm("self", "relay"),
    "other vat": VatArm("other vat"),
    "yoked": VatArm(writes="replay"),
    "shuffled": VatArm(delay=2),
    "ring": VatArm("ring"),
    "silent": VatArm(writes="nothing"),
    "saline": VatArm("saline"),
    "frozen": VatArm(plasticity=False),
    "oracle": VatArm(writes="rule"),
}
"""Name → arm."""
BANDWIDTH = {"1 vote": 1, "2 levels": 2, "4 levels": 4}
"""Name → levels of a message; `mutual` tells numbers as they are."""
VARIED = {name: VatArm(levels=levels) for name, levels in BANDWIDTH.items()} | {
    "hard": VatArm(soft=False),
    "noisy copies": VatArm(noise=NOISE),
    "symbols only": VatArm(writes="symbols"),
}
"""Name → `mutual` with one thing changed."""


def graph_of(arm: VatArm, vats: Vats) -> Graph:
    """Who hears whom over all vats, [dish, dish]; for saline the partners are dishes of their own, behind."""
    partners = vats.everywhere(vats.graph)
    # one brain's evidence, as loud as the sum of that many independent ones is on average
    as_loud = float(np.sqrt((vats.graph**2).sum(axis=1).mean()))
    if arm.hears == "self":
        return as_loud * alone(vats.n)
    if arm.hears == "ring":
        return as_loud * vats.everywhere(ring(vats.n_brains))
    if arm.hears == "other vat":
        return np.roll(partners, vats.n_brains, axis=1)
    if arm.hears == "saline":
        nothing = np.zeros_like(partners)
        return np.block([[nothing, partners], [nothing, nothing]])
    return partners


def messages_of(arm: VatArm, vats: Vats, readout: IdentityReadout) -> Messages:
    """What brains tell one another in an arm."""
    if arm.hears == "saline":  # read out as the brain that stands there would be
        readout = readout.followed_by(readout)
    return Messages(readout, graph_of(arm, vats), arm.levels, arm.delay, arm.soft)


def layout_of(arm: VatArm, vats: Vats) -> Layout:
    """Electrodes of all dishes of an arm."""
    electrodes = vats.layout.electrodes
    return replace(vats.layout, electrodes=np.concatenate([electrodes] * (1 + (arm.hears == "saline"))))


def vat_writer(
    arm: VatArm,
    vats: Vats,
    messages: Messages,
    *,
    written: NDArray[np.int64] | None = None,
    gradient_steps: int = 2,
    seed: int = 0,
) -> Writer:
    """What writes in an arm.

    Args:
        written: what was written in `mutual` from the first write on, [dish, period, electrode], to replay.
        gradient_steps: per symbol.
        seed: of emulators.

    Raises:
        ValueError: an unknown way to write, or nothing to replay.
    """
    layout = layout_of(arm, vats)
    if arm.writes in EMULATED:
        options: dict[str, Any] = {"gradient_steps": 0 if arm.writes == "ungraded" else gradient_steps}
        options |= {"blind": arm.writes == "search", "seed": seed}
        options |= {"fit_steps": 0, "deaf": True} if arm.writes == "symbols" else {}
        return PartnerWriter(layout, messages, vats.channels, **options)
    if arm.writes == "replay":
        if written is None:
            raise ValueError("replay: expected what was written in mutual, got None")
        return ReplayWriter(np.roll(written, -vats.n_brains, axis=0))
    if arm.writes == "rule":
        return RuleWriter(layout, vats.successor)
    if arm.writes == "nothing":
        return SilentWriter()
    if arm.writes not in ("relay", "tally"):
        raise ValueError(f"writes: unknown way to write {arm.writes!r}")
    return (RelayWriter if arm.writes == "relay" else TallyWriter)(layout, messages)
