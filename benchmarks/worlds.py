"""Speed of the worlds, and what the face to Gymnasium costs.

    python benchmarks/worlds.py [--quick]

A step is one step of one body. Processor time of one core, the best of three, which other processes disturb
less than wall time.
"""

import argparse
import os
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from brainwright.world import Plate, Pong, PongWorld, Rooms, Sequences, Watched, World, WorldError

if TYPE_CHECKING:
    from brainwright.network import Network

IN_THE_LOOP = "302 cells in Pong, 64 bodies"
GOALS = {
    IN_THE_LOOP: 1e5,
    "point worm": 5e6,
    "Pong, 100 games": 5e5,
    "sequences (memory)": 1e6,
    "swimmer's twin, 512": 2e4,
    "swimmer's twin, gradient": 2e4,
}
"""Steps per second and core."""
OVERHEAD = 0.15
"""Largest share of time that the adapter may add to the same environments in a plain loop."""


def best(run: Callable[[int], object], steps: int, bodies: int) -> float:
    """Steps of all bodies per second of processor time, the best of three."""
    times = []
    for _ in range(3):
        start = time.process_time()
        run(steps)
        times.append(time.process_time() - start)
    return steps * bodies / min(times)


def stepped(world: World, actions: np.ndarray) -> Callable[[int], None]:
    """The world is stepped with the same actions; episodes that end are restarted, as in use."""

    def run(steps: int) -> None:
        for _ in range(steps):
            moment = world.step(actions)
            over = moment.terminated | moment.truncated
            if over.any():
                world.restart(over)

    return run


def pong(games: Pong) -> Callable[[int], None]:
    """The game itself, under a policy that follows the ball."""

    def run(steps: int) -> None:
        for _ in range(steps):
            games.step(np.where(games.offset > 0, 1, -1))

    return run


def same_steps(network: "Network", bodies: int) -> None:
    """Raises where the steps that are timed are not those of the network, to rounding."""
    import torch

    from brainwright.network.stepping import stepper

    advance, drives = stepper(network), torch.randn(50, bodies, network.n_inputs)
    plain = quick = network.rest(bodies)
    for drive in drives:
        plain, quick = network.step(plain, drive), advance(quick, drive)
        for name in plain:
            torch.testing.assert_close(quick[name][0], plain[name][0], rtol=1e-4, atol=1e-5)


def brain_in_the_loop(bodies: int = 64) -> Callable[[int], None]:
    """Rate cells of the worm's wiring act in Pong, one step of the network for each action, with memory."""
    import torch

    from brainwright.connectome import Connectome, signs
    from brainwright.loop.learn import Body, embody
    from brainwright.network.stepping import stepper

    torch.set_num_threads(1)
    worm = Connectome.load("celegans/cook2019").of_kind("chemical")
    worm = worm.signed(signs.ByTransmitter("worm", unknown=1.0))
    policy, world = embody(worm, PongWorld, Body(steps=1)), PongWorld(range(bodies))
    same_steps(policy.network, bodies)

    @torch.no_grad()
    def run(steps: int) -> None:
        seen, (state, _) = world.observe(), policy.rest(bodies)
        advance = stepper(policy.network)
        for _ in range(steps):
            state = advance(state, policy.scaled(torch.from_numpy(seen)))
            moment = world.step(policy.network.read(state).argmax(-1).numpy())
            over = moment.terminated | moment.truncated
            seen = world.restart(over) if over.any() else moment.observation

    return run


def swimmer(bodies: int, gradient: bool) -> Callable[[int], None]:
    """The swimmer's twin; with a gradient also back through all steps."""
    import torch

    from brainwright.world.swimmer_twin import SwimmerTwin

    torch.set_num_threads(1)
    twin, command = SwimmerTwin(), torch.linspace(-1, 1, 11).repeat(bodies, 1).requires_grad_(gradient)

    def run(steps: int) -> None:
        state = twin.start(bodies)
        for _ in range(steps):
            state = twin.step(state, command)
        if gradient:
            state.head.sum().backward()

    return run


def in_mujoco(bodies: int) -> Callable[[int], None] | None:
    """The swimmer's body; None where MuJoCo is not installed."""
    from brainwright.world.swimmer import Swimmer

    try:
        return stepped(Swimmer(range(bodies)), np.zeros((bodies, 11)))
    except WorldError as error:
        print(error)
        return None


def overhead(steps: int, n: int = 16) -> tuple[float, float, float]:
    """(steps per second of a plain loop over CartPole, of `GymWorld`, share of time added): the median of
    pairs measured in turn, so that a load that comes and goes meets both.
    """
    import gymnasium

    from brainwright.world.gym_world import GymWorld

    plain = [gymnasium.make("CartPole-v1") for _ in range(n)]
    for k, env in enumerate(plain):
        env.reset(seed=k)
    world, actions = GymWorld(range(n), "CartPole-v1"), np.tile([0, 1], n // 2)

    def loop(steps: int) -> None:
        for t in range(steps):
            seen = np.empty((n, 4), np.float32)
            for k, (env, action) in enumerate(zip(plain, ((actions + t) % 2).tolist(), strict=True)):
                seen[k], _, terminated, truncated, _ = env.step(action)
                if terminated or truncated:
                    seen[k], _ = env.reset()

    def adapted(steps: int) -> None:
        for t in range(steps):
            moment = world.step((actions + t) % 2)
            over = moment.terminated | moment.truncated
            if over.any():
                world.restart(over)

    pairs = []
    for _ in range(5):
        spent = []
        for run in (loop, adapted):
            start = time.process_time()
            run(steps)
            spent.append(time.process_time() - start)
        pairs.append(spent)
    one, other = np.median(pairs, axis=0)
    return n * steps / one, n * steps / other, float(np.median([b / a for a, b in pairs])) - 1


def main() -> None:
    """Prints a line for each world."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a tenth of the steps")
    scale = 1 if parser.parse_args().quick else 10
    n = 4_096
    worlds: dict[str, tuple[Callable[[int], object], int, int]] = {
        "point worm": (stepped(Plate(range(n)), np.zeros((n, 1))), 20, n),
        "Pong, 100 games": (pong(Pong(range(100))), 500, 100),
        "Pong as a world, 100 games": (stepped(PongWorld(range(100)), np.ones(100, int)), 300, 100),
        "sequences (memory)": (stepped(Sequences(range(n)), np.zeros(n, int)), 30, n),
        "rooms": (stepped(Rooms(range(n)), np.ones(n, int)), 5, n),
        IN_THE_LOOP: (brain_in_the_loop(), 30, 64),
        "watched": (stepped(Watched(range(n // 2)), np.ones(n, int)), 5, n),
        "swimmer's twin, 512": (swimmer(512, False), 10, 512),
        "swimmer's twin, gradient": (swimmer(512, True), 5, 512),
    }
    if body := in_mujoco(4):
        worlds["swimmer in MuJoCo"] = (body, 10, 4)
    for name, (run, steps, bodies) in worlds.items():
        speed, goal = best(run, steps * scale, bodies), GOALS.get(name)
        mark = f" (goal {goal:,.0f}: {'met' if speed >= goal else 'missed'})" if goal else ""
        print(f"{name:30s} {speed:14,.0f} steps/s{mark}")
    try:
        plain, adapted, added = overhead(300 * scale)
    except (ModuleNotFoundError, WorldError) as error:
        print(f"GymWorld not measured: {error}")
    else:
        mark = f"(goal {OVERHEAD:.0%}: {'met' if added <= OVERHEAD else 'missed'})"
        print(f"CartPole x 16: plain loop {plain:,.0f} steps/s, GymWorld {adapted:,.0f}, {added:+.1%} {mark}")
    print(f"cores {os.cpu_count()}, load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
