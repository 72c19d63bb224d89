"""MNIST, 784-500-10 sigmoid, SGD 0.2, batch 128: four rules on the schedule of Akrout et al. 2019.

`python scripts/mnist_anchors.py OUT` trains 10 epochs on 3 seeds; `--epochs 400 --seeds 1` the long schedule.
Finished trials are kept in OUT and not run again. Needs the MNIST files.
"""

import argparse
import math
from dataclasses import replace
from functools import partial
from pathlib import Path

from brainwright.evidence import run_trials
from brainwright.learning import Backpropagation, FeedbackAlignment, KolenPollack, WeightMirror
from brainwright.recipes._rules.lineup import Arm
from brainwright.recipes._rules.problems import MNIST
from brainwright.recipes._rules.trial import train

ARMS = {
    "backpropagation": Arm(Backpropagation(), 0.2),
    "feedback alignment": Arm(FeedbackAlignment(), 0.2),
    "weight mirror": Arm(WeightMirror(), 0.2),
    "Kolen-Pollack": Arm(KolenPollack(decay=1e-3), 0.2),
}
# accuracy % after 10 and 400 epochs: logs of github.com/makrout/Deep-Learning-without-Weight-Transport
PUBLISHED = {
    "backpropagation": {10: 94.1, 400: 98.5},
    "feedback alignment": {10: 90.9, 400: 97.8},
    "weight mirror": {10: 90.5, 400: 98.4},
    "Kolen-Pollack": {10: 95.4, 400: 98.4},
}


def trial(epochs: int, arm: str, seed: int, draw: int) -> dict[str, float]:
    """Accuracy, and the angle between the update of the hidden weights and the gradient at the end."""
    found = train(replace(MNIST, epochs=epochs), ARMS[arm], seed)
    angle = math.degrees(math.acos(max(-1.0, min(1.0, found["cosine_end"]))))
    return {"accuracy": found["accuracy"], "angle": angle, "seconds": found["seconds"]}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--arms", nargs="*", choices=list(ARMS), default=list(ARMS))
    asked = parser.parse_args()
    for name in asked.arms:
        done = run_trials(
            partial(trial, asked.epochs),
            [name],
            range(asked.seeds),
            folder=asked.out / f"{asked.epochs}-{name.replace(' ', '-')}",
            settings={"epochs": asked.epochs, "arm": repr(ARMS[name])},
        )
        values = 100 * done.values(name, "accuracy")[0]
        angle = done.values(name, "angle")[0].mean()
        anchor = PUBLISHED[name].get(asked.epochs, float("nan"))
        shown = ", ".join(f"{value:.2f}" for value in values)
        print(f"{name}: {shown} % (published {anchor} %), angle {angle:.1f} degrees", flush=True)
