"""The hand-written gradient of leaky networks against finite differences and automatic differentiation."""

import torch

from brainwright.loop.thoughts.leaky import LEAK, leaky_states


def drawn(*shape):
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(sum(shape)))


def test_gradients_are_those_of_finite_differences():
    parts = [part.requires_grad_() for part in (drawn(2, 3, 4, 5), drawn(2, 3, 5), drawn(2, 5, 5) * 0.5)]
    assert torch.autograd.gradcheck(leaky_states, parts)


def test_states_are_those_of_the_equation():
    entering, hidden, again = drawn(2, 3, 4, 5), drawn(2, 3, 5), drawn(2, 5, 5)
    states = leaky_states(entering, hidden, again)
    for step in range(4):
        hidden = (1 - LEAK) * hidden + LEAK * torch.tanh(entering[:, :, step] + hidden @ again.mT)
        torch.testing.assert_close(states[:, :, step], hidden)
