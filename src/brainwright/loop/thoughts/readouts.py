"""What an assessor may read of a network that predicts: read-outs, and thoughts that go on without input."""

from collections.abc import Callable, Mapping

import torch
from jaxtyping import Float
from torch import Tensor

from brainwright.world.naming import SIGHT, SOUND

from .thinkers import Thinkers

Readout = Callable[[Tensor, Tensor, Tensor], Tensor]
"""(input, hidden state, predicted next input) → context."""
READOUTS: Mapping[str, Readout] = {
    "sensed": lambda sensed, hidden, ahead: sensed,
    "hidden": lambda sensed, hidden, ahead: hidden,
    "predicted": lambda sensed, hidden, ahead: ahead,
    "imagery": lambda sensed, hidden, ahead: ahead[..., SIGHT],
    "inner speech": lambda sensed, hidden, ahead: ahead[..., SOUND],
    # in the same units, so that what is seen and what is expected because of a word are one
    "completed": lambda sensed, hidden, ahead: (sensed + ahead) / 2,
}


@torch.no_grad()
def contexts(
    thinkers: Thinkers, inputs: Float[Tensor, "network batch time input"], readout: str
) -> Float[Tensor, "network batch time feature"]:
    """What is read at every step."""
    states = thinkers.states(inputs)
    return READOUTS[readout](inputs, states, thinkers.predicted(states))


@torch.no_grad()
def imagined(
    thinkers: Thinkers, inputs: Float[Tensor, "network batch time input"], readout: str, steps: int
) -> Float[Tensor, "network batch step feature"]:
    """What is read of a thought that goes on after the last input, each prediction being the next input; the
    first is read at that input itself.
    """
    hidden = thinkers.states(inputs)[:, :, -1]
    sensed, read = inputs[:, :, -1], []
    for _ in range(steps):
        ahead = thinkers.predicted(hidden)
        read.append(READOUTS[readout](sensed, hidden, ahead))
        sensed, hidden = ahead, thinkers.step(hidden, thinkers.entering(ahead))
    return torch.stack(read, 2)
