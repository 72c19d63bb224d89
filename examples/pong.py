"""Teach tissue Pong: any piece of tissue that keeps the contract can play it."""

import numpy as np

from brainwright.loop import (
    DishModel,
    Motor,
    Periods,
    babbling,
    game_scores,
    play_pong,
    pong_layout,
    present,
    to_the_ball,
)
from brainwright.tissue import CultureParameters, SimulatedCulture, usable_channels
from brainwright.world import Pong

SEEDS = [1, 2, 3, 4]


def main(calibration: int = 300, taught: int = 300, probe: int = 300, n_neurons: int = 256) -> None:
    """Prints the share of balls hit before and after teaching."""
    # your own: anything that keeps the contract `Tissue`, a dish per game; a CL1 is one dish
    tissue = SimulatedCulture(SEEDS, CultureParameters(n_neurons=n_neurons), plasticity=False)
    layout, policy = pong_layout(SEEDS, usable_channels()), to_the_ball(len(SEEDS))

    rng, places = np.random.default_rng(0), policy.shape[1]
    symbols = rng.integers(0, places + 2, (len(SEEDS), calibration))  # places, then the regions up and down
    wanted = np.take_along_axis(policy, np.minimum(symbols, places - 1), axis=1)
    heard: Periods = present(tissue, layout, symbols, targets=np.where(symbols < places, wanted, -1))
    motor = Motor.fit(heard)
    writer = DishModel(batch=16).writer(layout, usable_channels(), gradient_steps=2)
    writer.learn(heard)

    def share() -> float:
        played = play_pong(tissue, layout, Pong([10, 11, 12, 13]), motor, probe, policy=policy)
        return float(game_scores(played.hit, played.missed)["balls"].mean())

    before = share()
    tissue.plasticity, babble = True, babbling(SEEDS, taught)
    play_pong(tissue, layout, Pong(SEEDS), motor, taught, policy=policy, writer=writer, babble=babble)
    tissue.plasticity = False
    print(f"balls hit before {before:.2f}, after {share():.2f}")


if __name__ == "__main__":
    main()
