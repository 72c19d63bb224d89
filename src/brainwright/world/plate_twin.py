"""The klinotaxis plate in torch: the same law as `Plate`, with gradients."""

import math
from typing import NamedTuple

import torch
from torch import Tensor

from .plate_law import PlateLaw, advanced, concentration, distance, felt


class TwinState(NamedTuple):
    """Worms at one moment, each [body] in the type of the heading."""

    x: Tensor
    y: Tensor
    heading: Tensor
    near: Tensor
    """Sum of C over the recent window; `far` over the one before."""
    far: Tensor
    history: tuple[Tensor, ...]
    """C of the steps of both windows, oldest first."""
    steps: int


class PlateTwin:
    """`Plate` with gradients: `start`, `step` and `observe` hold no state. Agrees with it to rounding.

    Pirouettes have no gradient and are left out. Gradients reach as far back as the states were made with
    them: `cut` ends their way into the past (truncated backpropagation through time).
    """

    def __init__(self, law: PlateLaw | None = None):
        self.law = law or PlateLaw()

    def start(self, heading: Tensor) -> TwinState:
        """Worms at the origin with these headings, [body]."""
        zero, law = torch.zeros_like(heading), self.law
        here = concentration(law, zero, zero, distance(law, zero, zero, torch), torch)
        near, far = law.n_recent * here, law.n_before * here
        return TwinState(zero, zero, heading, near, far, (here,) * (law.n_recent + law.n_before), 0)

    def step(self, state: TwinState, turn: Tensor) -> tuple[TwinState, Tensor]:
        """The state a step later and its reward, [body]; `turn` in rad/s, [body], saturates at the limit."""
        law = self.law
        turn = torch.clip(turn, -law.turn_limit, law.turn_limit)
        x, y, heading = advanced(law, state.x, state.y, state.heading, turn, torch)
        h = distance(law, x, y, torch)
        smelled = concentration(law, x, y, h, torch)
        passing = state.history[-law.n_recent]
        near = state.near + (smelled - passing)
        far = state.far + (passing - state.history[0])
        new = TwinState(x, y, heading, near, far, (*state.history[1:], smelled), state.steps + 1)
        return new, (1 - h / law.peak_cm) / law.n_steps

    def observe(self, state: TwinState) -> Tensor:
        """ON, OFF and the phase of the head sweep, [body, 3]."""
        change = felt(self.law, state.near, state.far)
        phase = math.sin(2 * math.pi * self.law.dt_s / self.law.sweep_s * state.steps)
        return torch.stack([change.clip(0), (-change).clip(0), torch.full_like(change, phase)], dim=-1)


def cut(state: TwinState) -> TwinState:
    """The state without its past."""
    *parts, history, steps = state
    return TwinState(*(part.detach() for part in parts), tuple(c.detach() for c in history), steps)


def begun(state: TwinState, fresh: TwinState, anew: Tensor) -> TwinState:
    """The state with marked bodies as they are in a fresh one; the head goes on sweeping."""

    def chosen(new: Tensor, old: Tensor) -> Tensor:
        return torch.where(anew, new, old)

    *parts, history, steps = state
    *firsts, before, _ = fresh
    return TwinState(
        *(chosen(new, old) for new, old in zip(firsts, parts, strict=True)),
        tuple(chosen(new, old) for new, old in zip(before, history, strict=True)),
        steps,
    )
