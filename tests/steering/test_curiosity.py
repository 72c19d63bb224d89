"""Curiosity falls where one has been, stays where one has not, and by two of three is not drawn by noise."""

import pytest
import torch

from brainwright.steering.curiosity import ICM, RND, Disagreement


def lived(n: int, seed: int, noisy: bool = False):
    """One number that the action moves; where it is noisy, another that nothing moves."""
    generator = torch.Generator().manual_seed(seed)
    seen, action = torch.randn(n, 2, generator=generator), torch.randint(0, 2, (n,), generator=generator)
    after = seen.clone()
    after[:, 0] += action - 0.5
    seen[:, 1] = after[:, 1] = 0.0
    if noisy:
        after[:, 1] = torch.randn(n, generator=generator)
    return seen, action, after


def taught(module, updates: int = 150, noisy: bool = False):
    optimiser = torch.optim.Adam((p for p in module.parameters() if p.requires_grad), lr=1e-2)
    for k in range(updates):
        optimiser.zero_grad()
        module.loss(*lived(64, k, noisy)).backward()
        optimiser.step()
    return module


MAKE = {"icm": lambda: ICM(2, 2), "rnd": lambda: RND(2), "disagreement": lambda: Disagreement(2, 2)}


@pytest.mark.parametrize("name", MAKE)
def test_what_was_learned_is_no_longer_curious_and_what_is_far_is(name):
    module = MAKE[name]()
    here = lived(64, 900)
    before = module.reward(*here).mean()
    after = taught(module).reward(*here).mean()
    seen, action, then = here
    far = module.reward(seen + 6.0, action, then + 6.0).mean()
    assert after < 0.3 * before
    assert far > 5 * after
    assert not module.reward(*here).requires_grad


def test_models_come_to_agree_about_noise_and_an_error_does_not_vanish():
    agreed = taught(Disagreement(2, 2), noisy=True)
    here = lived(256, 900, noisy=True)
    assert agreed.reward(*here).mean() < 0.1 * agreed.loss(*here)
