"""What rate cells send is worked out once of a state, and anew when anything about it changed."""

import torch

from brainwright.network.rate import RateCells, RateState


def test_once_of_a_state_without_gradients():
    tanh, identity = RateCells(3, "tanh", tau_s=1e-2), RateCells(3, "identity", tau_s=1e-2)
    state = RateState(torch.tensor([[0.5, -1.0, 2.0]]))
    with torch.no_grad():
        sent = tanh.output(state)
        assert tanh.output(state) is sent
        assert identity.output(state) is state.x
        state.x.mul_(2)
        torch.testing.assert_close(tanh.output(state), state.x.tanh(), rtol=0, atol=0)
        tanh.output(state).zero_()
        torch.testing.assert_close(tanh.output(state), state.x.tanh(), rtol=0, atol=0)
    given = state.x.requires_grad_()
    assert torch.autograd.grad(tanh.output(RateState(given)).sum(), given)[0].abs().min() > 0
    with torch.inference_mode():
        torch.testing.assert_close(tanh.output(RateState(given * 1)), given.tanh(), rtol=0, atol=0)
