"""`learn`: a network learns to act in a world, by any method, in one call."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from brainwright.network import Network

from .cloning import Cloning
from .errors import LearnError
from .evaluate import Make, made
from .evolution import Evolution
from .policy import Policy
from .ppo import PPO
from .rollout import Bonus, Runner

Progress = Callable[[int, float], object]
"""(steps so far, mean return lately)"""
METHODS = {"ppo": PPO, "evolution": Evolution}
LATELY = 100
"""Episodes of a mean return, as Gymnasium's boards have it."""


@dataclass(frozen=True, eq=False)
class Learned:
    """What came of it.

    Attributes:
        policy: that learned; its network is the one that was given.
        steps: of all bodies, at every point of the curve.
        returns: mean return of the last episodes there (by evolution of a generation; by cloning the mean log
            probability of what was done).
    """

    policy: Policy
    steps: np.ndarray
    returns: np.ndarray

    def predict(self, *given: Any, **options: Any) -> Any:
        """See `Policy.predict`."""
        return self.policy.predict(*given, **options)


def learn(
    network: Network,
    env: str | Make,
    *,
    method: str | PPO | Evolution | Cloning = "ppo",
    steps: int = 100_000,
    seed: int = 0,
    critic: Network | None = None,
    network_steps: int | None = None,
    scale: bool = True,
    bonus: Bonus | None = None,
    progress: Progress | None = None,
) -> Learned:
    """A network learns to act in a world; it is changed in place.

    Args:
        network: any: layered, compiled from a connectome, spiking.
        env: seeds → world, such as a class of worlds, or an id of Gymnasium.
        method: "ppo", "evolution", or settings: `PPO(...)`, `Evolution(...)`, `Cloning(shown)`.
        steps: of the world, all bodies together; cloning makes its own number of updates.
        seed: of worlds, draws and the default critic.
        critic, network_steps, scale: see `Policy`.
        bonus: a reward of curiosity, beside the world's (PPO alone).
        progress: called after every update.

    Raises:
        LearnError: a network that does not fit the world, an unknown method, a loss that is not finite.
        WorldError: as the world.

    Example:
        >>> from brainwright.network import layered
        >>> from brainwright.world import Rooms
        >>> learned = learn(layered([77, 16, 5], "tanh"), Rooms, method=PPO(horizon=8, epochs=1), steps=128)
        >>> learned.steps[-1]
        np.int64(128)
    """
    if isinstance(method, str) and method not in METHODS:
        raise LearnError(f"method: expected one of {', '.join(METHODS)} or Cloning(shown), got {method!r}")
    how = METHODS[method]() if isinstance(method, str) else method
    make, generator = made(env), torch.Generator().manual_seed(seed)
    options = {"critic": critic, "steps": network_steps, "scale": scale, "seed": seed}
    report = progress or (lambda steps, returns: None)
    if isinstance(how, PPO):
        world = make(range(seed * how.bodies, (seed + 1) * how.bodies))
        policy = Policy(network, world, **options)
        return _by_ppo(how, policy, Runner(policy, world, generator, bonus), steps, generator, report)
    policy = Policy(network, make([seed]), **options)
    if isinstance(how, Evolution):
        return _by_evolution(how, policy, make, steps, seed, generator, report)
    return _by_cloning(how, policy, generator, report)


def _by_ppo(
    how: PPO,
    policy: Policy,
    runner: Runner,
    steps: int,
    generator: torch.Generator,
    report: Progress,
) -> Learned:
    optimiser, curve = how.optimiser(policy), []
    while runner.n_steps < steps:
        for group in optimiser.param_groups:
            group["lr"] = how.rate * (1 - runner.n_steps / steps)
        rollout = runner.collect(how.horizon)
        losses = how.update(policy, rollout, optimiser, generator)
        policy.seen(rollout.observations)  # after the update, which must see what the rollout saw
        if not np.isfinite(list(losses.values())).all():
            raise LearnError(f"the loss is not finite after {runner.n_steps} steps: try a smaller rate")
        lately = float(np.mean(runner.returns[-LATELY:])) if runner.returns else np.nan
        curve.append((runner.n_steps, lately))
        report(*curve[-1])
    return _learned(policy, curve)


def _by_evolution(
    how: Evolution,
    policy: Policy,
    make: Make,
    steps: int,
    seed: int,
    generator: torch.Generator,
    report: Progress,
) -> Learned:
    optimiser = torch.optim.Adam(how.trained(policy).values(), lr=how.rate)
    curve, done, number = [], 0, 0
    while done < steps:
        seeds = [1_000_000 * seed + how.bodies * number + k for k in range(how.bodies)]
        world = make(seeds * how.individuals)  # every individual lives in the same episodes
        policy.seen(torch.from_numpy(np.array(world.observe())))
        mean, more = how.generation(policy, world, optimiser, generator)
        done, number = done + more, number + 1
        curve.append((done, mean))
        report(*curve[-1])
    return _learned(policy, curve)


def _by_cloning(how: Cloning, policy: Policy, generator: torch.Generator, report: Progress) -> Learned:
    policy.seen(torch.from_numpy(how.shown.observations))
    optimiser, curve = torch.optim.Adam(policy.parameters(), lr=how.rate), []
    for k in range(how.updates):
        loss = how.update(policy, optimiser, generator)
        if not np.isfinite(loss):
            raise LearnError(f"the loss is not finite after {k + 1} updates: try a smaller rate")
        curve.append((k + 1, -loss))
        report(*curve[-1])
    return _learned(policy, curve)


def _learned(policy: Policy, curve: list[tuple[int, float]]) -> Learned:
    return Learned(policy, np.array([at for at, _ in curve]), np.array([mean for _, mean in curve]))
