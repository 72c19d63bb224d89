"""The worm learns digits with errors that cross random weights: feedback alignment beside the gradient."""

from functools import partial

import torch

import brainwright as bw
from brainwright.datasets.digits import digits
from brainwright.learning import Backpropagation, FeedbackAlignment
from brainwright.loop import Schedule, evaluate
from brainwright.network import Rate, SpectralRadius
from brainwright.objective import Batch, Classification


def main(epochs: int = 5, samples: int = 1000) -> dict[str, float]:
    """Prints and returns the test accuracy of both rules, from the same initial values."""
    task = digits().standardised().first(samples, 0)
    worm = bw.Connectome.load("celegans/varshney2011").of_kind("chemical").without_autapses()
    worm = worm.signed(bw.signs.Sampled(0.3, seed=0))  # no transmitters are used: 30 % inhibit
    train, test = (
        Batch(torch.from_numpy(x), torch.from_numpy(y))
        for x, y in ((task.train_inputs, task.train_targets), (task.test_inputs, task.test_targets))
    )
    schedule = Schedule(epochs, 32, partial(torch.optim.Adam, lr=3e-3))
    accuracy = {}
    for rule in (Backpropagation(), FeedbackAlignment()):
        network = bw.compile(
            worm, Rate("tanh", bias="cell"), n_inputs=64, n_outputs=10, train="edge",
            scaling=SpectralRadius(0.95), seed=0,
        )  # fmt: skip
        bw.fit(network, Classification(), train, schedule, unrolling={"steps": 6}, rule=rule, seed=0)
        accuracy[rule.name] = evaluate(network, Classification(), test, unrolling={"steps": 6})["accuracy"]
        print(f"{rule.name}: {accuracy[rule.name]:.1%} of test digits")
    return accuracy


if __name__ == "__main__":
    main()
