"""NCAP's four numbers, taught through the swimmer's twin, in the body of MuJoCo: the speed beside the twin's,
from the same bends and with the same beats. Needs `pip install 'brainwright[worlds]'`.

    python benchmarks/ncap_in_mujoco.py [--seeds 49100 49101 49102]
"""

import argparse
import time

import numpy as np
import torch
from numpy.typing import NDArray

from brainwright.loop.worms.ncap import Ncap
from brainwright.loop.worms.swimmers import SWIMMER
from brainwright.loop.worms.swimming import PERIOD_S, WARM_S, Lessons, Swimmers, learn_to_swim
from brainwright.world.swimmer import Swimmer
from brainwright.world.swimmer_twin import SwimmerState, SwimmerTwin, middle_of

AGREE = 0.05
"""Largest share by which the two bodies may differ, as for the physics alone."""


class Twin:
    """The twin, asked as MuJoCo's body is."""

    def __init__(self, bends: NDArray[np.float32]):
        start = SwimmerTwin(SWIMMER).start(len(bends))
        self.state = SwimmerState(start.head, start.heading, SWIMMER.limit * torch.from_numpy(bends))

    def observe(self) -> NDArray[np.float32]:
        return (self.state.angles / SWIMMER.limit).numpy()

    def step(self, actions: NDArray[np.float32]) -> None:
        self.state = SwimmerTwin(SWIMMER).step(self.state, torch.from_numpy(actions))

    def middle(self) -> NDArray[np.float64]:
        return middle_of(SWIMMER, self.state).double().numpy() / SWIMMER.length_m


@torch.no_grad()
def speed(ncap: Ncap, body: Swimmer | Twin, ahead: NDArray, phase: NDArray, duration_s: float) -> NDArray:
    """Body lengths per s in the direction of the body at its beginning, [body, brain]."""
    n, dt_s = len(ncap.numbers), SWIMMER.dt_s
    for k in range(round(duration_s / dt_s)):
        if k == round(WARM_S / dt_s):
            begun = body.middle()
        beat = np.where((phase + k * dt_s / PERIOD_S) % 1 < 0.5, 1.0, -1.0).astype(np.float32)
        seen = torch.from_numpy(np.concatenate([body.observe(), beat[:, None]], 1))
        body.step(ncap(seen.unflatten(0, (-1, n))).flatten(0, 1).numpy())
    way = ((body.middle() - begun) * ahead).sum(1) / (duration_s - WARM_S)
    return way.reshape(-1, n)


def main() -> None:
    """Prints a line for each brain."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, nargs="+", default=[49_100, 49_101, 49_102])
    torch.set_num_threads(1)
    begin, plan = time.process_time(), Lessons()
    for seed in parser.parse_args().seeds:
        ncap = Ncap()
        learn_to_swim(Swimmers([ncap]), plan, seed)
        mujoco = Swimmer(range(seed, seed + plan.asked), SWIMMER, duration_s=2 * plan.asked_s)
        turns = mujoco.shape()[1]
        ahead = -np.stack([np.cos(turns).mean(1), np.sin(turns).mean(1)], 1)
        ahead /= np.linalg.norm(ahead, axis=1, keepdims=True)
        phase = np.random.default_rng(seed).random(plan.asked)
        bodies = Twin(mujoco.observe()), mujoco
        twin, other = (speed(ncap, body, ahead, phase, plan.asked_s).mean() for body in bodies)
        numbers = ", ".join(f"{number:.2f}" for number in ncap.numbers[0].tolist())
        mark = "within" if abs(other / twin - 1) <= AGREE else "outside"
        print(
            f"seed {seed}, numbers {numbers}: twin {twin:.4f} body lengths/s, MuJoCo {other:.4f} "
            f"({other / twin - 1:+.1%}, {mark} {AGREE:.0%})",
            flush=True,
        )
    print(f"{time.process_time() - begin:.0f} s of processor time")


if __name__ == "__main__":
    main()
