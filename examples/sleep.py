"""A day, a hippocampus, a night: your own stream of contexts, and a forgetting curve of your own."""

import numpy as np
import torch

from brainwright.loop import Night, sleep
from brainwright.memory import Context, Experiences, Hippocampus, salience
from brainwright.memory.forgetting import Curve, forgetting
from brainwright.network import layered


def day(classes: tuple[int, int], n: int, seed: int) -> Experiences:
    """Stands in for your own: states of two classes; the second brings reward."""
    generator = torch.Generator().manual_seed(seed)
    targets = torch.tensor(classes)[torch.randint(2, (n,), generator=generator)]
    states = torch.randn(n, 20, generator=generator)
    states[torch.arange(n), targets] += 3.0
    return Experiences.of(states, targets, (targets == classes[1]).float())


def known(network, asked: Experiences) -> float:
    """Share of states that are named rightly."""
    with torch.no_grad():
        return float((network.unroll(asked.states).last.argmax(-1) == asked.targets).float().mean())


def main(n: int = 400, updates: int = 300) -> None:
    """Prints what is known of the first and the second day after each night, with and without replay."""
    for replay in (True, False):
        network, window = layered([20, 50, 4], seed=1), Context(64)
        store = Hippocampus(20, capacity=2 * n)
        for night, classes in enumerate([(0, 1), (2, 3)]):
            today = day(classes, n, seed=night)
            for k in range(0, n, 16):  # experience fills the window; what overflows goes to the hippocampus
                gone = window.add(today.at(slice(k, k + 16)))
                if gone is not None:
                    store.store(gone, salience.reward(gone) + 0.1)
            if (left := window.empty()) is not None:
                store.store(left, salience.reward(left) + 0.1)
            replayed = store.experiences if replay else today
            sleep(network, replayed, Night(updates, 32, order="uniform"), seed=night)
            shares = [known(network, day(c, 200, seed=9)) for c in [(0, 1), (2, 3)][: night + 1]]
            kind = "replay of all that is stored" if replay else "the day alone"
            print(
                f"night {night + 1}, {kind}: days known {np.round(shares, 2)}, {store.n_bytes / 1000:.0f} kB"
            )
    lags = np.array([1, 2, 5, 10, 20, 50, 100])  # your own retention data: lags, shares, items asked
    best = forgetting(Curve.of(lags, [0.71, 0.58, 0.41, 0.3, 0.22, 0.14, 0.1], trials=50))[0]
    print(best.law, {name: round(value, 3) for name, (value, _, _) in best.parameters.items()})


if __name__ == "__main__":
    main()
