"""`learn`: a network learns to act in a world, by any method, in one call."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from brainwright.network import Network
from brainwright.world import World

from .cloning import Cloning
from .errors import Interrupted, LearnError
from .evaluate import Make, made
from .evolution import Evolution
from .policy import Policy
from .ppo import PPO
from .rollout import Bonus, Runner
from .scaled import ReturnScale
from .through import BPTT

Progress = Callable[[int, float], object]
"""(steps so far, mean return lately)"""
METHODS = {"ppo": PPO, "evolution": Evolution, "bptt": BPTT}
LATELY = 100
"""Episodes of a mean return, as Gymnasium's boards have it."""


@dataclass(frozen=True, eq=False)
class Learned:
    """What came of it.

    Attributes:
        policy: that learned; its network is the one that was given.
        steps: of all bodies, at every point of the curve.
        returns: mean return of the last episodes there (by evolution of a generation; by cloning the mean log
            probability of what was done; by BPTT what a step of the window paid, in units of the most).
    """

    policy: Policy
    steps: np.ndarray
    returns: np.ndarray

    def predict(self, *given: Any, **options: Any) -> Any:
        """See `Policy.predict`."""
        return self.policy.predict(*given, **options)


def learn(
    network: Network | Policy,
    env: str | Make,
    *,
    method: str | PPO | Evolution | Cloning | BPTT = "ppo",
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
        network: any: layered, compiled from a connectome, spiking; or a `Policy`, such as `embody` makes of
            a connectome.
        env: seeds → world, such as a class of worlds, or an id of Gymnasium.
        method: "ppo", "evolution", "bptt", or settings: `PPO(...)`, `Evolution(...)`, `BPTT(...)`,
            `Cloning(shown)`.
        steps: of the world, all bodies together; cloning and BPTT make their own number of updates.
        seed: of worlds, draws and the default critic.
        critic, network_steps, scale: see `Policy`; those of a given policy stay.
        bonus: a reward of curiosity, beside the world's (PPO alone).
        progress: called after every update.

    Raises:
        LearnError: a network that does not fit the world, an unknown method, a loss that is not finite.
        Interrupted: the world raised in the middle, or gave what is not finite; what was learned until then
            is its attribute `learned`.
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
        policy = _policy(network, world, options)
        own = ReturnScale((how.bodies,), how.discount) if how.scaled else None
        return _by_ppo(how, policy, Runner(policy, world, generator, bonus, own), steps, generator, report)
    world = make([seed])
    policy = _policy(network, world, options)
    if isinstance(how, BPTT):
        return _by_bptt(how, policy, world, generator, report)
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
        try:
            rollout = runner.collect(how.horizon)
        except Interrupted as error:
            raise _kept(error, policy, curve, runner.n_steps) from error
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
        try:
            mean, more = how.generation(policy, world, optimiser, generator)
        except Interrupted as error:
            raise _kept(error, policy, curve, done) from error
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


def _by_bptt(
    how: BPTT, policy: Policy, world: World, generator: torch.Generator, report: Progress
) -> Learned:
    if policy.scale:
        policy.seen(torch.from_numpy(world.observe()))
    course, curve, each = how.course(policy, world, generator), [], how.bodies * how.length
    for k in range(how.updates):
        paid = float(course.window(1 - k / how.updates)[0])
        if not np.isfinite(paid):
            raise LearnError(f"the loss is not finite after {k + 1} updates: try a smaller rate")
        curve.append((each * (k + 1), paid))
        report(*curve[-1])
    return _learned(policy, curve)


def _policy(network: Network | Policy, world: World, options: dict[str, Any]) -> Policy:
    """The policy that was given, if it fits the world, or one of the network."""
    if not isinstance(network, Policy):
        return Policy(network, world, **options)
    network.fits(world)
    return network


def _kept(error: Interrupted, policy: Policy, curve: list[tuple[int, float]], steps: int) -> Interrupted:
    """The same, with what was learned."""
    kept = Interrupted(f"{error} (after {steps:,} steps; what was learned is in .learned of this error)")
    kept.learned = _learned(policy, curve)
    return kept


def _learned(policy: Policy, curve: list[tuple[int, float]]) -> Learned:
    return Learned(policy, np.array([at for at, _ in curve]), np.array([mean for _, mean in curve]))
