"""Brains learn to swim through the swimmer's twin, and how fast they swim, as they are and in parts."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from brainwright.network import Network
from brainwright.network.side_by_side import side_by_side
from brainwright.world.swimmer_twin import SwimmerState, SwimmerTwin, ends_of, middle_of

from ..learn import LearnError
from .kinds import LAYERS, of_worm
from .ncap import Ncap
from .swimmers import SEEN, SWIMMER, swimmer

PERIOD_S = 0.5
"""Of the oscillator, a square wave: a worm in water beats twice a second."""
WARM_S = 0.4
"""Before a speed is measured, or paid: the wave has run down the body by then."""
BENT = 0.2
"""Of a joint's limit: the most that it is bent at the beginning."""
WITHOUT = (
    "no oscillator",
    "another's joints",
    "brain silenced",
    "bend held constant",
    "bends shuffled in time",
)


@dataclass(frozen=True)
class Lessons:
    """How long brains learn to swim, and for how long they are asked."""

    updates: int = 60
    bodies: int = 2
    duration_s: float = 1.0
    rate: float = 0.03
    asked: int = 8
    asked_s: float = 5.4


class Swum(NamedTuple):
    """How brains swam."""

    speed: NDArray[np.float64]
    """In the direction of the body at its beginning, body lengths per s, mean over bodies, [brain]."""
    shapes: NDArray[np.float32]
    """Ends of the links of the first body, [step, brain, link + 1, 2] in body lengths."""
    commands: NDArray[np.float32]
    """[step, body, brain, joint]"""


class Swimmers:
    """Brains beside each other in bodies of their own, of which all swim as one tensor.

    Args:
        groups: networks of `swimmer` whose structure is alike, or `Ncap`s; in the order of the brains.
        series: of bends and phases that each brain is given, [brain]; one for all by default.
    """

    def __init__(self, groups: "Sequence[Sequence[Network] | Ncap]", series: Sequence[int] | None = None):
        self.groups = [group if isinstance(group, Ncap) else side_by_side(group) for group in groups]
        self.sizes = [len(group.numbers) if isinstance(group, Ncap) else len(group) for group in groups]
        for group, n in zip(self.groups, self.sizes, strict=True):
            if isinstance(group, Network) and group.n_inputs != SEEN * n:
                raise LearnError(f"Swimmers: expected brains of {SEEN} inputs, as `swimmer` makes them")
        self.series = torch.tensor([0] * self.n if series is None else list(series))
        if len(self.series) != self.n:
            raise LearnError(f"series: expected one for each of {self.n} brains, got {len(self.series)}")

    @property
    def n(self) -> int:
        """Brains in all."""
        return sum(self.sizes)

    def parameters(self) -> list[Tensor]:
        """What is learned."""
        return [p for group in self.groups for p in group.parameters() if p.requires_grad]

    def begin(self, bodies: int) -> list[tuple[Any, Any]]:
        """State of each group at rest, and its weights gathered once."""
        return [
            (group.rest(bodies), group.products()) if isinstance(group, Network) else (None, None)
            for group in self.groups
        ]

    def act(self, seen: Tensor, states: list[tuple[Any, Any]]) -> tuple[Tensor, list[tuple[Any, Any]]]:
        """Commands [body, brain, joint] of what is seen [body, brain, joint + 1]."""
        told, after = [], []
        parts = zip(self.groups, seen.split(self.sizes, 1), states, strict=True)
        for group, part, (state, products) in parts:
            if isinstance(group, Network):
                state = group.step(state, part.flatten(1), products)
                told.append(group.read(state).unflatten(1, (part.shape[1], -1)))
            else:
                told.append(group(part))
            after.append((state, products))
        return torch.cat(told, 1), after


def learn_to_swim(
    swimmers: Swimmers,
    plan: Lessons,
    seed: int,
    progress: Callable[[float], object] = lambda share: None,
) -> NDArray[np.float32]:
    """Backpropagation through brain, body and water, in place; every window begins anew, at bends and a
    phase of the oscillator that are drawn for each series. Adam, whose rate falls to 0.

    Returns:
        what each brain was paid: its speed, [update, brain].
    """
    generator = torch.Generator().manual_seed(seed)
    optimiser, rows = torch.optim.Adam(swimmers.parameters(), lr=plan.rate), []
    for k in range(plan.updates):
        speed = _ways(swimmers, plan.bodies, plan.duration_s, generator).speed
        each = speed.mean(0)
        optimiser.zero_grad()
        (-each.sum()).backward()
        for group in optimiser.param_groups:
            group["lr"] = plan.rate * (1 - k / plan.updates)
            torch.nn.utils.clip_grad_value_(group["params"], 1.0)  # of single numbers: no brain feels another
        optimiser.step()
        rows.append(each.detach().numpy())
        progress((k + 1) / plan.updates)
    return np.stack(rows)


@torch.no_grad()
def swum(swimmers: Swimmers, plan: Lessons, seed: int, **without: Any) -> Swum:
    """The assay: all brains in as many bodies, with the same bends and phases at first.

    Args:
        swimmers: brains.
        plan: how many bodies, and how long.
        seed: of bends and phases.
        without: `sense`, what comes of what is seen [body, brain, 12]; or `commands` [step, body, brain,
            joint] that are given in place of the brain's.
    """
    generator = torch.Generator().manual_seed(seed)
    ways = _ways(swimmers, plan.asked, plan.asked_s, generator, **without)
    return Swum(
        ways.speed.double().mean(0).numpy(),
        torch.stack(ways.shapes).numpy(),
        torch.stack(ways.commands).numpy(),
    )


def swum_without(swimmers: Swimmers, plan: Lessons, seed: int, whole: Swum) -> dict[str, Swum]:
    """The same brains, bends and phases, with something taken away: the oscillator, the body's own joints
    (each brain is given those of another body), and the brain's part in the bends (none, their mean, their
    order lost).
    """
    commands = whole.commands
    order = np.random.default_rng(seed).permutation(len(commands))
    rows: tuple[dict[str, Any], ...] = (
        {"sense": lambda seen: torch.cat([seen[..., :-1], 0 * seen[..., -1:]], -1)},
        {"sense": lambda seen: torch.cat([seen[..., :-1].roll(1, 0), seen[..., -1:]], -1)},
        {"commands": np.zeros_like(commands)},
        {"commands": np.broadcast_to(commands.mean(0), commands.shape)},
        {"commands": commands[order]},
    )
    return {name: swum(swimmers, plan, seed, **row) for name, row in zip(WITHOUT, rows, strict=True)}


def taught_swimmers(
    kinds: Sequence[str],
    name: str,
    seeds: int,
    plan: Lessons,
    first: int,
    progress: Callable[[float], object] = lambda share: None,
) -> dict[str, NDArray[Any]]:
    """All brains of these kinds, of layers and NCAP, taught as one tensor: arrays by name, of speeds
    [kind * seed] before, after, and without each of `WITHOUT`; what was paid; the first body's shapes of the
    first brain of each kind, [step, kind, end, 2]; NCAP's numbers.
    """
    torch.set_num_threads(1)
    worm = of_worm(name)
    wired = [swimmer(kind, worm, first + k) for kind in kinds for k in range(seeds)]
    ncap, free = Ncap(seeds), [swimmer(LAYERS, worm, first + k) for k in range(seeds)]
    brains = Swimmers([wired, free, ncap], [*range(seeds)] * (len(kinds) + 2))
    before = swum(brains, plan, first)
    paid = learn_to_swim(brains, plan, first, progress)
    whole = swum(brains, plan, first)
    left = {"": whole, **swum_without(brains, plan, first, whole)}
    speeds = {f"{arm}/speed": each.speed for arm, each in left.items()}
    shapes, numbers = whole.shapes[:, ::seeds], ncap.numbers.detach().numpy()
    return {"before": before.speed, "paid": paid, "shapes": shapes, "numbers": numbers, **speeds}


def _ways(
    swimmers: Swimmers,
    bodies: int,
    duration_s: float,
    generator: torch.Generator,
    sense: Callable[[Tensor], Tensor] | None = None,
    commands: NDArray[np.float32] | None = None,
) -> Any:
    """Of some bodies: speed [body, brain], and step by step commands and the first body's shape."""
    law, n, twin = SWIMMER, swimmers.n, SwimmerTwin(SWIMMER)
    series = swimmers.series
    drawn = torch.rand(bodies, int(series.max()) + 1, law.n_joints + 1, generator=generator)[:, series]
    bent, phase = BENT * law.limit * (2 * drawn[..., 1:] - 1), drawn[..., 0]
    start = twin.start(bodies * n)
    state = SwimmerState(start.head, start.heading, bent.flatten(0, 1))
    turns = torch.cat([state.heading[:, None], state.angles.cumsum(1)], 1)
    ahead = -torch.stack([turns.cos().mean(1), turns.sin().mean(1)], -1)  # from tail to head
    ahead = ahead / ahead.norm(dim=-1, keepdim=True)
    brain = swimmers.begin(bodies)
    warm, steps = round(WARM_S / law.dt_s), round(duration_s / law.dt_s)
    shapes, told = [], []
    for k in range(steps):
        if commands is None:
            beat = torch.where((phase + k * law.dt_s / PERIOD_S) % 1 < 0.5, 1.0, -1.0)
            angles = (state.angles / law.limit).unflatten(0, (bodies, n))
            seen = torch.cat([angles, beat[..., None]], -1)
            command, brain = swimmers.act(seen if sense is None else sense(seen), brain)
        else:
            command = torch.from_numpy(np.array(commands[k]))
        if k == warm:
            begun = middle_of(law, state)
        first = SwimmerState(*(part[:n].detach() for part in state))
        shapes.append(ends_of(law, first) / law.length_m)
        told.append(command.detach())
        state = twin.step(state, command.flatten(0, 1))
    way = ((middle_of(law, state) - begun) * ahead).sum(-1) / law.length_m
    speed = way.unflatten(0, (bodies, n)) / ((steps - warm) * law.dt_s)
    return SimpleNamespace(speed=speed, shapes=shapes, commands=told)
