"""A learning rule of one's own: the sign of the gradient alone, checked, beside the gradient on digits."""

from dataclasses import dataclass
from functools import partial
from typing import ClassVar

import torch

import brainwright as bw
from brainwright.datasets.digits import digits
from brainwright.learning import Backpropagation, LearningRule
from brainwright.loop import Schedule, evaluate
from brainwright.objective import Batch, Classification


@dataclass(frozen=True)
class SignOfGradient(LearningRule):
    """Δw = -η sign(∂L/∂w): every synapse moves by one step, however large its error (Manhattan rule)."""

    name: ClassVar[str] = "sign of the gradient"
    equation: ClassVar[str] = "Δw = -η sign(∂L/∂w)"
    locality = Backpropagation().locality  # it reads all that the gradient reads

    def update(self, network, batch, objective, state, unrolling=None):
        """It fills `.grad` with signs; see `LearningRule`."""
        state, metrics = Backpropagation().update(network, batch, objective, state, unrolling)
        for parameter in network.parameters():
            if parameter.grad is not None:
                parameter.grad.sign_()
        return state, metrics


def main(epochs: int = 10) -> None:
    """Prints what the checker says, and the accuracy of both rules from the same initial values."""
    print(bw.check_rule(SignOfGradient()))
    task = digits().standardised()
    train, test = (
        Batch(torch.from_numpy(x), torch.from_numpy(y))
        for x, y in ((task.train_inputs, task.train_targets), (task.test_inputs, task.test_targets))
    )
    for rule, rate in ((Backpropagation(), 0.1), (SignOfGradient(), 0.01)):
        network = bw.layered([64, 32, 10], seed=0)
        schedule = Schedule(epochs, 32, partial(torch.optim.SGD, lr=rate))
        bw.fit(network, Classification(), train, schedule, rule=rule, seed=0)
        print(f"{rule.name}: {evaluate(network, Classification(), test)['accuracy']:.1%}")


if __name__ == "__main__":
    main()
