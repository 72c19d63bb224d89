"""A world of one step, which a brain learns in moments if its rewards are its own."""

import numpy as np

from brainwright.world import Box, Choice, Moment


class Match:
    """One step: the choice that a number calls for pays."""

    observations, actions = Box((0.0,) * 3, (1.0,) * 3), Choice(3)

    def __init__(self, seeds):
        self.rng, self.n_bodies = np.random.default_rng(list(seeds)), len(seeds)
        self.restart()

    def observe(self):
        return np.eye(3, dtype=np.float32)[self.wanted]

    def restart(self, which=None):
        self.wanted = self.rng.integers(0, 3, self.n_bodies)
        return self.observe()

    def step(self, actions):
        paid, done = (actions == self.wanted) * 1.0, np.ones(self.n_bodies, bool)
        return Moment(self.restart(), paid, done, ~done)
