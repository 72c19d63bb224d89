"""A day of hungry bodies: they act, are paid by hunger, remember, foresee what comes, and sleep on it."""

import numpy as np
import torch

from brainwright.loop import Foresight, Night, Steering, live
from brainwright.loop.learn import PPO
from brainwright.memory import Hippocampus
from brainwright.network import layered, recurrent
from brainwright.network.embedding import embedded
from brainwright.steering import Assessors, Body, Hunger
from brainwright.world import Box, Choice, Moment

BODIES, BITE = 8, 0.002


class Larder:
    """Food comes and goes, in sight; to take (1) while it is there is to eat. The world pays nothing."""

    observations, actions = Box((0.0, 0.0), (1.0, 1.0)), Choice(2)

    def __init__(self, seeds):
        self.n_bodies, self.food = len(seeds), np.array([seed % 2 for seed in seeds])

    def observe(self):
        return np.stack([self.food, 1 - self.food], 1).astype(np.float32)

    def restart(self, which=None):
        return self.observe()

    def step(self, actions):
        self.food, no = 1 - self.food, np.zeros(self.n_bodies)
        return Moment(self.observe(), no, no > 0, no > 0)


def main(steps: int = 4_096) -> None:
    """Prints how much is eaten and foreseen, early and late, and what the night replayed."""
    hunger = Steering(
        [Hunger()],
        senses=lambda seen, action, after: {"food": seen[:, 0] * (action == 1)},
        body=Body({"energy": torch.zeros(BODIES)}, {"energy": 1.0}),
        changed=lambda body, senses: body.changed(energy=BITE * senses["food"]),
        assessors=Assessors(("food",)),
    )
    parts = {"steering": hunger, "memory": Hippocampus(2, 2_000, n_cells=64, winners=4), "night": Night(20)}
    parts["objective"] = Foresight(embedded(recurrent(4, 16, 4), n_values=2), rate=1e-2)
    how = PPO(BODIES, horizon=16, epochs=4, batch=128, rate=1e-2)
    day = live(layered([2, 8, 2], "tanh"), Larder, steps=steps, method=how, **parts)
    eaten = (day.innate > 0).mean(1)
    tenth = max(1, len(eaten) // 10)
    print(
        f"eats in {eaten[:tenth].mean():.2f} of the moments early, {eaten[-tenth:].mean():.2f} late (.5: all)"
    )
    print(f"loss of foresight {day.foreseen[0]:.2f} early, {day.foreseen[-1]:.2f} late (-1: all is foreseen)")
    print(f"the night replayed {len(day.slept.replayed)} moments that were paid for")


if __name__ == "__main__":
    main()
