"""Any world of several bodies for a seed through PettingZoo's parallel interface. The spaces are Gymnasium's
(the extra `pettingzoo` brings both packages); nothing else needs them.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from .contract import Box, Choice, World, WorldError
from .here import gymnasium_for


class ParallelEnv:
    """The bodies of one seed as the agents of `pettingzoo.ParallelEnv`, which it is by what it offers and not
    by descent: `ParallelEnv(Watched, ("knower", "watcher"))`. Whoever is over leaves `agents`; the episode of
    a seed is over for all.

    `reset(seed=...)` begins the series of episodes of that seed; without a seed the series goes on.

    Args:
        make: seeds → world, such as a class of worlds or `functools.partial` of one.
        names: of the bodies of a seed, in their order.
        render_mode: "rgb_array" for pictures, which need no display; None for none.

    Raises:
        WorldError: as many names as there are not bodies, names that are not distinct, an unknown render
            mode, or a world that has no picture.
    """

    metadata: ClassVar[dict[str, Any]] = {"render_modes": ["rgb_array"], "is_parallelizable": True}

    def __init__(
        self,
        make: Callable[[Sequence[int]], World],
        names: Sequence[str],
        *,
        render_mode: str | None = None,
    ):
        self.world, self._make, self.possible_agents = make([0]), make, list(names)
        if len(set(names)) != self.world.n_bodies or len(names) != self.world.n_bodies:
            raise WorldError(
                f"ParallelEnv: expected {self.world.n_bodies} distinct names, one for each body of a seed, "
                f"got {', '.join(names)}"
            )
        if render_mode not in (None, "rgb_array"):
            raise WorldError(f"render_mode: expected None or 'rgb_array', got {render_mode!r}")
        if render_mode and not hasattr(self.world, "picture"):
            raise WorldError(f"render_mode: {type(self.world).__name__} has no method picture(body)")
        self.render_mode, self._fresh = render_mode, False
        self.agents: list[str] = []
        self._seeds = np.random.default_rng()

    @cached_property
    def observation_spaces(self) -> dict[str, Any]:
        """By name. Raises WorldError where Gymnasium is not installed."""
        return {name: _space(self.world.observations) for name in self.possible_agents}

    @cached_property
    def action_spaces(self) -> dict[str, Any]:
        """By name. Raises WorldError where Gymnasium is not installed."""
        return {name: _space(self.world.actions) for name in self.possible_agents}

    def observation_space(self, agent: str) -> Any:
        """The same space for the same agent."""
        return self.observation_spaces[agent]

    def action_space(self, agent: str) -> Any:
        """The same space for the same agent."""
        return self.action_spaces[agent]

    def reset(self, seed: int | None = None, options: Mapping[str, Any] | None = None):
        """Observations and empty infos of all agents, by name; there are no options."""
        if seed is not None or not self._fresh:
            self._seeds = self._seeds if seed is None else np.random.default_rng(seed)
            self.world, self._fresh = self._make([int(self._seeds.integers(2**62))]), True
        else:
            self.world.restart()
        self.agents = self.possible_agents[:]
        return self._named(self.world.observe()), self._infos()

    def step(self, actions: Mapping[str, Any]):
        """Observations, rewards, terminated, truncated and infos, each by name.

        Raises:
            WorldError: before `reset`, after the end, or without an action of every agent.
        """
        if set(actions) != set(self.agents) or not self.agents:
            raise WorldError(
                f"ParallelEnv.step: expected an action of each of {', '.join(self.agents) or 'nobody'}, got "
                f"{', '.join(actions) or 'none'}; after an episode, reset()"
            )
        moment = self.world.step(np.stack([np.asarray(actions[name]) for name in self.possible_agents]))
        infos = self._infos()
        over = moment.terminated | moment.truncated
        self.agents = [name for name, done in zip(self.agents, over, strict=True) if not done]
        rewards = {name: float(r) for name, r in zip(self.possible_agents, moment.reward, strict=True)}
        ends = (
            {name: bool(flag) for name, flag in zip(self.possible_agents, flags, strict=True)}
            for flags in (moment.terminated, moment.truncated)
        )
        return self._named(moment.observation), rewards, *ends, infos

    def render(self) -> NDArray[np.uint8] | None:
        """The picture, uint8 [height, width, 3]; None without a render mode."""
        picture: Any = getattr(self.world, "picture", None)
        return picture(0) if self.render_mode == "rgb_array" else None

    def close(self) -> None:
        """Nothing is open."""

    def state(self) -> NDArray[np.float32]:
        """What all see, one after the other."""
        return self.world.observe().reshape(-1)

    @property
    def num_agents(self) -> int:
        return len(self.agents)

    @property
    def max_num_agents(self) -> int:
        return len(self.possible_agents)

    @property
    def unwrapped(self) -> "ParallelEnv":
        return self

    def _named(self, rows: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
        return dict(zip(self.possible_agents, rows, strict=True))

    def _infos(self) -> dict[str, dict[str, Any]]:
        return {name: {} for name in self.possible_agents}


def _space(bounds: Box | Choice) -> Any:
    spaces = gymnasium_for("world.parallel_env", "pettingzoo").spaces
    if isinstance(bounds, Choice):
        return spaces.Discrete(bounds.n)
    low, high = (np.array(bound, np.float32) for bound in (bounds.low, bounds.high))
    return spaces.Box(low, high, dtype=np.float32)
