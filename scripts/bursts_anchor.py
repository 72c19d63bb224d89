"""Burst-dependent plasticity on MNIST: 784-500-500-500-10 sigmoid, squared error, SGD in batches of 32.

The setting of the notebook beside Greedy et al. 2022 (github.com/neuralml/BurstCCN), whose single run gives
92.4 % after one epoch and 94.1 % after two: random fixed feedback Y of standard deviation 0.5, no momentum,
Q = p0 Y (there it starts so and learns slowly). The published rate, 0.3 on b - p0 e, is 0.15 on the gradient
(b - p0 e) / p0 here if their updates have no further factor, and reaches 91.6 and 93.2 % (seed 0); 0.3
reaches 92.6 and 93.9 % (3 seeds). Rate and strength below were the best of eight after two epochs on held-out
training samples with seed 1000: 0.2 and 1.5, 94.9 %; with 0.3 and 0.5 it was 93.2 %. Backpropagation with
that rate is trained beside it.

`python scripts/bursts_anchor.py OUT` trains on 3 seeds; finished trials are kept in OUT. Needs
the MNIST files.
"""

import argparse
from dataclasses import replace
from functools import partial
from pathlib import Path

from brainwright.experiment.trials import run_trials
from brainwright.learning import Backpropagation, BurstDependent
from brainwright.loop import Entry, teach
from brainwright.network import layered
from brainwright.objective import OneHot
from brainwright.recipes.rules.problems import MNIST

SIZES = (784, 500, 500, 500, 10)
SIGMOIDS = partial(layered, SIZES, output="sigmoid")
"""Throughout, the output included; `MNIST` draws normal weights."""
ARMS = {
    "burst-dependent": Entry(BurstDependent(strength=1.5), 0.2),
    "burst-dependent, feedback of the size of W": Entry(BurstDependent(), 0.2),
    "backpropagation": Entry(Backpropagation(), 0.2),
}
PUBLISHED = {1: 92.0, 2: 94.0}
"""Epochs → % that must be reached."""


def trial(epochs: int, arm: str, seed: int, draw: int) -> dict[str, float]:
    """Test accuracy after so many epochs."""
    metrics = teach(problem_of(epochs).lesson(ARMS[arm]), seed, ARMS[arm].rule).metrics
    return {key: metrics[key] for key in ("accuracy", "train_accuracy", "seconds")}


def problem_of(epochs: int):
    """MNIST in the published setting."""
    return replace(MNIST, network=SIGMOIDS, objective=OneHot(), epochs=epochs, batch=32)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--epochs", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--arms", nargs="+", choices=list(ARMS), default=list(ARMS))
    asked = parser.parse_args()
    for name in asked.arms:
        for epochs in asked.epochs:
            done = run_trials(
                partial(trial, epochs),
                [name],
                range(asked.seeds),
                folder=asked.out / f"{epochs}-{name.replace(' ', '-')}",
                settings={"epochs": epochs, "arm": repr(ARMS[name]), "sizes": SIZES},
            )
            values = 100 * done.values(name, "accuracy")[0]
            shown = ", ".join(f"{value:.2f}" for value in values)
            wanted = (
                f"; must reach {PUBLISHED[epochs]:.0f}"
                if name == "burst-dependent" and epochs in PUBLISHED
                else ""
            )
            print(f"{name}, {epochs} epochs: {shown} %{wanted}", flush=True)
