"""What minds are shown: probes, trials of conditioning, and things that matter; and what assessors then
say.
"""

import numpy as np
import torch
from torch import Tensor

from brainwright.steering import Assessors, Body, Flinch, Moments, Salt
from brainwright.world.naming import N_KINDS, group_of, met

from .minds import Minds

KINDS = np.arange(N_KINDS)
MET, UNMET = KINDS[met(KINDS)], KINDS[~met(KINDS)]
GROUP = group_of(KINDS)
LOOMS, TASTES = np.isin(GROUP, (0, 2)), np.isin(GROUP, (1, 2))
CHANNELS = ("flinch", "salt", "sum", "amount", "baited sum")
"""Those of innate circuits (salt, and how much of it there is where there is bait), and scalar critics that
are paid the sum of what those sense.
"""
BAIT, PLAIN = 1.0, 0.2
"""Salt in what also looms, and in what tastes alone: the bait is worth five times as much."""
SIGHTINGS = 6
"""Of every kind in the steering phase."""


# -------------------------------------------------------------------------------------------


def probes(
    minds: Minds, see: np.ndarray | None = None, hear: np.ndarray | None = None, steps: int = 2
) -> np.ndarray:
    """Nothing for two steps, then something, [world, trial, time, 2]; numbers [trial] or [world, trial]."""
    given = next(part for part in (see, hear) if part is not None)
    shape = np.broadcast_shapes((len(minds.worlds), 1), given.shape)
    streams = np.full((*shape, 2 + steps, 2), -1)
    for sense, part in enumerate((see, hear)):
        if part is not None:
            streams[:, :, 2:, sense] = part[..., None]
    return streams


def trials(see: np.ndarray, hear: np.ndarray) -> np.ndarray:
    """Nothing for two steps, a cue for four, which is still there as something happens, nothing: [.., 8,
    2].
    """
    streams = np.full((*see.shape, 8, 2), -1)
    streams[..., 2:7, 0], streams[..., 2:7, 1] = see[..., None], hear[..., None]
    return streams


def moments(context: Tensor, happens: Tensor, gate: Tensor | None = None) -> Moments:
    """Innate circuits say "nothing" where there is nothing, and what is the case as it happens; [.., channel]
    of every trial. Closed: the gate before a cue comes on (nothing foretells it) and from the event on.
    """
    truth = torch.zeros(*context.shape[:3], happens.shape[-1], dtype=torch.float64)
    truth[:, :, 6] = happens
    override = torch.zeros_like(truth, dtype=torch.bool)
    override[:, :, [0, 1, 6, 7]] = True
    opened = torch.ones_like(override)
    opened[:, :, [1, 6, 7]] = False
    return Moments(context, truth, override, opened if gate is None else opened & gate)


def steering_phase(minds: Minds, sightings: int = SIGHTINGS) -> Moments:
    """Objects of the kinds that are met, without a word: some loom, some taste of salt."""
    kinds = _sighted(minds, sightings)
    context = minds.experienced(trials(kinds, np.full_like(kinds, -1)), 22)
    return moments(context, innate(kinds))


def at_random(minds: Minds, phase: Moments, sightings: int = SIGHTINGS) -> Moments:
    """The same, but that each kind does what another kind does, drawn for each world."""
    others = KINDS + np.zeros((len(minds.worlds), 1), int)
    for world, own in zip(minds.worlds, others, strict=True):
        own[MET] = np.random.default_rng([world.seed, 23]).permutation(MET)
    return moments(phase.context, innate(np.take_along_axis(others, _sighted(minds, sightings), 1)))


def _sighted(minds: Minds, sightings: int) -> np.ndarray:
    """Kinds in the order in which they are met, [world, trial]."""
    rngs = [np.random.default_rng([world.seed, 21]) for world in minds.worlds]
    return np.stack([rng.permutation(np.tile(MET, sightings)) for rng in rngs])


def innate(kinds: np.ndarray) -> Tensor:
    """What the circuits sense of kinds, and the sums of it that critics are paid, [.., channel]."""
    looms, tastes = (torch.tensor(part[kinds].reshape(-1)) for part in (LOOMS, TASTES))
    body = Body({"salt": torch.ones(looms.numel())}, {"salt": 1.0})
    flinch = Flinch().sense({"looming": torch.where(looms, 4.0, 0.0)}, body).truth
    salt = Salt().sense({"salt": tastes.double()}, body).truth
    amount = salt * torch.where(looms, BAIT, PLAIN) / PLAIN
    return torch.stack([flinch, salt, salt - flinch, amount, amount - flinch], -1).reshape(*kinds.shape, -1)


def auroc(scores: Tensor, high: np.ndarray, low: np.ndarray) -> Tensor:
    """Chance that one of `high` scores more than one of `low`, [world]."""
    lead = scores[:, high][:, :, None] - scores[:, low][:, None]
    return ((lead > 0).double() + 0.5 * (lead == 0)).mean((1, 2))


class Said:
    """What assessors say of all names and all objects, [world, kind, channel]."""

    def __init__(self, minds: Minds, assessors: Assessors, state: Tensor):
        self.minds, self.assessors, self.state = minds, assessors, state
        self.thoughts = minds.thought(probes(minds, hear=KINDS), 11)
        self.names = assessors.read(state, self.thoughts).mean(2)
        self.objects = assessors.read(state, minds.thought(probes(minds, see=KINDS), 12)).mean(2)
