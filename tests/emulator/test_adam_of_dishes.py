"""Adam of small nets beside torch's own, to the last digit."""

import pytest
import torch

from brainwright.emulator.dish.adam import Adam


@pytest.mark.parametrize("weight_decay", [0.0, 1e-2])
def test_it_is_that_of_torch(weight_decay):
    """With rates that change, and sizes that fill no vector register."""
    draw = torch.Generator().manual_seed(0)
    mine = [torch.randn(size, generator=draw) for size in ((3, 7, 5), (3, 1, 5), (1,))]
    theirs = [parameter.clone().requires_grad_() for parameter in mine]
    optimiser = Adam(mine, rate=0.1, weight_decay=weight_decay)
    torchs = torch.optim.AdamW(theirs, lr=0.1, weight_decay=weight_decay)
    for step in range(20):
        gradients = [torch.randn(parameter.shape, generator=draw) for parameter in mine]
        optimiser.rate = torchs.param_groups[0]["lr"] = 0.1 * (1 - step / 20)
        optimiser.step(gradients)
        for parameter, gradient in zip(theirs, gradients, strict=True):
            parameter.grad = gradient
        torchs.step()
    for parameter, other in zip(mine, theirs, strict=True):
        assert torch.equal(parameter, other)


def test_without_a_gradient_nothing_changes():
    parameter = torch.ones(3)
    Adam([parameter], rate=0.1, weight_decay=0.1).step([None])
    assert torch.equal(parameter, torch.ones(3))
