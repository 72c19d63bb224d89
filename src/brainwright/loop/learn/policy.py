"""A policy: a network that is shown what a body sees and whose outputs are its action."""

from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor, nn
from torch.distributions import Categorical, Distribution, Independent, Normal

from brainwright.network import Network, layered
from brainwright.network.cells import InputCells
from brainwright.network.forward import forward_of
from brainwright.network.rate import RateCells
from brainwright.network.stepping import Step
from brainwright.world import Box, Choice, World

from .errors import LearnError
from .states import begun_anew

CLIP = 10.0
"""Of observations in units of their spread: rare ones would saturate every cell."""
FEWEST = 1e-4
"""Observations that the spread starts with, so that it is never divided by 0."""


class Told(NamedTuple):
    """What a policy makes of a moment."""

    parameters: Tensor
    """[body, action] logits of a `Choice`, means of a `Box`."""
    value: Tensor
    """[body]"""
    state: Any
    """Of the network, and of its critic where that is another one."""


class Policy(nn.Module):
    """A network with as many outputs as the actions need acts; with one more it is its own critic.

    Actions of a `Choice` are drawn by their logits; those of a `Box` are normal with a spread of their own.
    Between actions the network makes `steps` steps under the same input; its state stays from moment to
    moment and begins at rest with every episode.

    Args:
        network: any.
        world: that it will act in, for its spaces.
        critic: another network, with one output; by default a network of two layers of 64, unless the
            network is its own. It helps to learn and is not asked afterwards.
        steps: of the network for each action; the fewest in which its output feels its input by default.
        scale: whether observations are divided by their spread (running mean and variance while learning).
        memory: whether its state stays from moment to moment; without, every action is made from rest, so
            that moments are learned in any order, which is many times sooner and enough where a moment shows
            all that there is to know.
        seed: of the default critic.

    Raises:
        LearnError: outputs or inputs that do not fit the world, an output that never feels its input.
    """

    mean: Tensor
    squares: Tensor
    count: Tensor

    def __init__(
        self,
        network: Network,
        world: World,
        *,
        critic: Network | None = None,
        steps: int | None = None,
        scale: bool = True,
        memory: bool = True,
        seed: int = 0,
    ):
        super().__init__()
        self.actions, size = world.actions, world.observations.size
        self.network, self.needed = network, sizes(world)[1]
        self.fits(world)
        needed = self.needed
        own = network.n_outputs == needed + 1
        if own and critic is not None:
            raise LearnError("critic: expected none for a network with an output for the value of its own")
        self.critic = critic if critic is not None or own else layered([size, 64, 64, 1], "tanh", seed=seed)
        if self.critic is not None and (self.critic.n_inputs, self.critic.n_outputs) != (size, 1):
            raise LearnError(f"critic: expected {size} inputs and 1 output")
        fewest = network.fewest_steps
        if fewest is None:
            raise LearnError("no path leads from the network's input to its output: it cannot act")
        self.steps, self.scale, self.memory = steps or fewest, scale, memory
        spread = 0 if isinstance(self.actions, Choice) else needed
        self.log_sd = nn.Parameter(torch.zeros(spread))
        self._forward = forward_of(network)
        self._value = None if self.critic is None else forward_of(self.critic)
        self.register_buffer("mean", torch.zeros(size))
        self.register_buffer("squares", torch.full((size,), FEWEST))
        self.register_buffer("count", torch.tensor(FEWEST))

    def fits(self, world: World) -> None:
        """Raises `LearnError` where the network's inputs and outputs are not those of the world."""
        (size, needed), network = sizes(world), self.network
        wrong = network.n_inputs != size or network.n_outputs not in (needed, needed + 1)
        if wrong or type(self.actions) is not type(world.actions) or needed != self.needed:
            raise LearnError(
                f"expected a network of {size} inputs and {needed} outputs (or {needed + 1}, of which the "
                f"last is the value) for {_words(world.actions)}, got {network.n_inputs} and "
                f"{network.n_outputs}; embody(connectome, env, Body(sensors, motors)) makes one of any "
                "connectome"
            )

    def rest(self, batch: int) -> Any:
        """The state in which every episode begins; () for the part of one that keeps nothing."""
        mine = self.network.rest(batch) if self.memory and self._forward is None else ()
        return mine, () if self.critic is None or self._value is not None else self.critic.rest(batch)

    def forward(self, observation: Tensor, state: Any, step: Step | None = None) -> Told:
        """One moment: observations [body, size] as they come; `step` of the network, its own by default."""
        seen, (mine, critics) = self.scaled(observation), state
        if self._forward is not None:
            out = self._forward(seen)
        elif not self.memory:
            out = self.network.unroll(seen, steps=self.steps).last
        else:
            for _ in range(self.steps):
                mine = (step or self.network.step)(mine, seen)
            out = self.network.read(mine)
        if self.critic is None:
            return Told(out[:, : self.needed], out[:, self.needed], (mine, ()))
        if self._value is not None:
            return Told(out, self._value(seen)[:, 0], (mine, ()))
        for _ in range(self.critic.fewest_steps or 1):
            critics = self.critic.step(critics, seen)
        return Told(out, self.critic.read(critics)[:, 0], (mine, critics))

    def distribution(self, parameters: Tensor) -> Distribution:
        """Of actions, from `Told.parameters`."""
        if isinstance(self.actions, Choice):
            return Categorical(logits=parameters, validate_args=False)  # a check of each costs a tenth
        spread = self.log_sd.exp().expand_as(parameters)
        return Independent(Normal(parameters, spread, validate_args=False), 1, validate_args=False)

    def scaled(self, observation: Tensor) -> Tensor:
        """Observations less their mean, over their spread; as they are where `scale` is off."""
        if not self.scale:
            return observation
        spread = (self.squares / self.count).sqrt() + 1e-8  # what never varies stays 0
        return ((observation - self.mean) / spread).clamp(-CLIP, CLIP)

    @torch.no_grad()
    def seen(self, observations: Tensor) -> None:
        """Mean and spread take in more observations, [..., size] (sums of squares, Chan et al. 1979)."""
        rows = observations.reshape(-1, observations.shape[-1])
        count, mean = len(rows), rows.mean(0)
        total, apart = self.count + count, mean - self.mean
        self.squares += ((rows - mean) ** 2).sum(0) + apart**2 * self.count * count / total
        self.mean += apart * count / total
        self.count.copy_(total)

    @torch.no_grad()
    def predict(
        self,
        observation: ArrayLike,
        state: Any = None,
        episode_start: ArrayLike | None = None,
        deterministic: bool = False,
    ) -> tuple[NDArray[Any], Any]:
        """Actions and the state to hand back, called as Stable-Baselines3 calls its own.

        Args:
            observation: [body, size], or [size] of one body.
            state: what the last call returned; at rest where None.
            episode_start: bool [body], whose state begins anew.
            deterministic: the likeliest action in place of a draw (of torch's own generator).
        """
        seen = torch.as_tensor(np.asarray(observation), dtype=torch.float32)
        one = seen.dim() == 1
        seen = seen[None] if one else seen
        state = self.rest(len(seen)) if state is None else state
        if episode_start is not None:
            started = torch.as_tensor(np.atleast_1d(np.asarray(episode_start, bool)))
            state = begun_anew(state, self.rest(len(seen)), started)
        parameters, _, state = self(seen, state)
        if not deterministic:
            chosen = self.distribution(parameters).sample()
        else:
            chosen = parameters.argmax(-1) if isinstance(self.actions, Choice) else parameters
        actions = chosen.numpy()
        return (actions[0] if one else actions), state


def sizes(world: World) -> tuple[int, int]:
    """How many numbers a body observes, and how many say what it does."""
    actions = world.actions
    return world.observations.size, actions.n if isinstance(actions, Choice) else actions.size


def in_any_order(policy: Policy) -> bool:
    """Whether neither what acts nor its critic keeps anything from moment to moment."""
    acts = not policy.memory or memoryless(policy.network)
    return acts and (policy.critic is None or memoryless(policy.critic))


def memoryless(network: Network) -> bool:
    """Whether nothing of a step reaches the next one, so that moments may be learned in any order."""
    here = all(network.projection(k).delay_steps == 0 for k in range(len(network.projections)))
    return here and all(_forgets(network.cells(name)) for name in network.populations)


def _forgets(cells: Any) -> bool:
    if isinstance(cells, RateCells):
        return cells.train_tau == "none" and not bool(cells.keep.any())
    return isinstance(cells, InputCells)


def _words(actions: Box | Choice) -> str:
    if isinstance(actions, Choice):
        return f"a choice of {actions.n}"
    return f"actions of {actions.size} numbers"
