"""`learn`: a network learns to act in a world, by any method, in one call."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from brainwright.network import Network
from brainwright.world import World

from . import dagger
from .by_rule import ByRule, e_prop, finite, three_factor
from .cloning import Cloning
from .dagger import DAgger
from .errors import Interrupted, LearnError
from .evaluate import Make, made
from .evolution import Evolution
from .keep import Keep, Place
from .policy import Policy
from .ppo import PPO
from .rollout import Bonus, Rollout, Runner
from .scaled import ReturnScale
from .through import BPTT

Progress = Callable[[int, float], object]
"""(steps so far, mean return lately)"""
Method = PPO | Evolution | Cloning | BPTT | DAgger | ByRule
METHODS: dict[str, Callable[[], Method]] = {
    "ppo": PPO,
    "evolution": Evolution,
    "bptt": BPTT,
    "e-prop": e_prop,
    "three-factor": three_factor,
}
LATELY = 100
"""Episodes of a mean return, as Gymnasium's boards have it."""
PARTS = 10_000_000
"""Added to the bodies' seeds each time that learning was kept."""


@dataclass(frozen=True, eq=False)
class Learned:
    """What came of it.

    Attributes:
        policy: that learned; its network is the one that was given.
        steps: of all bodies, at every point of the curve.
        returns: mean return of the last episodes there (by evolution of a generation; by cloning the mean log
            probability of what was done; by DAgger what a step of a round paid, the teacher's first; by BPTT
            what a step of the window paid, in units of the most).
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
    method: str | Method = "ppo",
    steps: int = 100_000,
    seed: int = 0,
    critic: Network | None = None,
    network_steps: int | None = None,
    scale: bool = True,
    bonus: Bonus | None = None,
    keep: Keep | None = None,
    progress: Progress | None = None,
) -> Learned:
    """A network learns to act in a world; it is changed in place.

    Args:
        network: any: layered, compiled from a connectome, spiking; or a `Policy`, such as `embody` makes of
            a connectome.
        env: seeds → world, such as a class of worlds, or an id of Gymnasium.
        method: "ppo", "evolution", "bptt", "e-prop", "three-factor", or settings: `PPO(...)`,
            `Evolution(...)`, `BPTT(...)`, `ByRule(rule)`, `Cloning(shown)`, `DAgger(teacher)`.
        steps: of the world, all bodies together; cloning, DAgger and BPTT have their own number of updates.
        seed: of worlds, draws and the default critic.
        critic, network_steps, scale: see `Policy`; those of a given policy stay.
        bonus: a reward of curiosity, beside the world's (PPO alone).
        keep: where learning is kept, so that the same call goes on after it was cut short, and comes to the
            same numbers (PPO and evolution).
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
    if keep is not None and not isinstance(how, PPO | Evolution):
        raise LearnError(f"keep: expected PPO or evolution, got {type(how).__name__}")
    make, generator = made(env), torch.Generator().manual_seed(seed)
    options = {"critic": critic, "steps": network_steps, "scale": scale, "seed": seed}
    report = progress or (lambda steps, returns: None)
    world = make([seed])
    policy = _policy(network, world, options)
    if isinstance(how, PPO):
        return _by_ppo(how, policy, make, steps, seed, generator, bonus, keep, report)
    if isinstance(how, ByRule):
        return _by_rule(how, policy, make, steps, seed, generator, bonus, report)
    if isinstance(how, BPTT):
        return _by_bptt(how, policy, world, generator, report)
    if isinstance(how, Evolution):
        return _by_evolution(how, policy, make, steps, seed, generator, keep, report)
    if isinstance(how, DAgger):
        return _learned(policy, dagger.taught(how, policy, make, seed, generator, report))
    return _by_cloning(how, policy, generator, report)


def _by_ppo(
    how: PPO,
    policy: Policy,
    make: Make,
    steps: int,
    seed: int,
    generator: torch.Generator,
    bonus: Bonus | None,
    keep: Keep | None,
    report: Progress,
) -> Learned:
    optimiser = how.optimiser(policy)
    scale = ReturnScale((how.bodies,), how.discount) if how.scaled else None
    place = Place(keep, _asked(how, steps, seed), policy, optimiser, generator, scale)

    def update(rollout: Rollout) -> float:
        return float(np.sum([*how.update(policy, rollout, optimiser, generator).values()]))

    return _by_rollouts(how, update, place, make, steps, seed, bonus, report)


def _by_rule(
    how: ByRule,
    policy: Policy,
    make: Make,
    steps: int,
    seed: int,
    generator: torch.Generator,
    bonus: Bonus | None,
    report: Progress,
) -> Learned:
    state, optimiser = how.start(policy, seed)
    place = Place(None, {}, policy, optimiser, generator)

    def update(rollout: Rollout) -> float:
        nonlocal state
        state, loss = how.update(policy, rollout, state, optimiser)
        return loss

    return _by_rollouts(how, update, place, make, steps, seed, bonus, report)


def _by_rollouts(
    how: PPO | ByRule,
    update: Callable[[Rollout], float],
    place: Place,
    make: Make,
    steps: int,
    seed: int,
    bonus: Bonus | None,
    report: Progress,
) -> Learned:
    """Bodies act, and every rollout is an update, which returns its loss; the rate falls to 0."""
    policy = place.policy
    runner = _runner(place, policy, make, how.bodies, seed, bonus)
    while place.done < steps:
        _slower(place.optimiser, how.rate, place.done / steps)
        rollout = _collected(runner, how.horizon, policy, place)
        loss = update(rollout)
        policy.seen(rollout.observations)  # after the update, which must see what the rollout saw
        finite(loss, runner.n_steps)
        if _moved(place, runner, report):
            runner = _runner(place, policy, make, how.bodies, seed, bonus)
    return _learned(policy, place.curve)


def _runner(place: Place, policy: Policy, make: Make, bodies: int, seed: int, bonus: Bonus | None) -> Runner:
    """Bodies at the beginning of the first episodes, or of those after the last time that it was kept."""
    first = PARTS * place.part + seed * bodies
    if place.scale is not None:
        place.scale.paid = np.zeros(bodies)
    runner = Runner(policy, make(range(first, first + bodies)), place.generator, bonus, place.scale)
    runner.n_steps, runner.returns = place.done, [*place.lately]
    return runner


def _collected(runner: Runner, horizon: int, policy: Policy, place: Place) -> Rollout:
    try:
        return runner.collect(horizon)
    except Interrupted as error:
        raise _kept(error, policy, place.curve, runner.n_steps) from error


def _moved(place: Place, runner: Runner, report: Progress) -> bool:
    """One update later: it is told, and kept where its turn has come."""
    lately = runner.returns[-LATELY:]
    report(runner.n_steps, float(np.mean(lately)) if lately else np.nan)
    return place.moved(runner.n_steps, float(np.mean(lately)) if lately else np.nan, lately)


def _slower(optimiser: torch.optim.Optimizer, rate: float, share: float) -> None:
    for group in optimiser.param_groups:
        group["lr"] = rate * (1 - share)


def _asked(how: PPO | Evolution, steps: int, seed: int) -> dict[str, Any]:
    """On what the numbers depend, beside the network and the world."""
    return {"method": repr(how), "steps": steps, "seed": seed}


def _by_evolution(
    how: Evolution,
    policy: Policy,
    make: Make,
    steps: int,
    seed: int,
    generator: torch.Generator,
    keep: Keep | None,
    report: Progress,
) -> Learned:
    optimiser = torch.optim.Adam(how.trained(policy).values(), lr=how.rate)
    place = Place(keep, _asked(how, steps, seed), policy, optimiser, generator)
    while place.done < steps:
        first = 1_000_000 * seed + how.bodies * len(place.curve)
        world = make([first + k for k in range(how.bodies)] * how.individuals)  # the same episodes for all
        policy.seen(torch.from_numpy(np.array(world.observe())))
        try:
            mean, more = how.generation(policy, world, optimiser, generator)
        except Interrupted as error:
            raise _kept(error, policy, place.curve, place.done) from error
        place.moved(place.done + more, mean)
        report(*place.curve[-1])
    return _learned(policy, place.curve)


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
