"""The latent-diffusion emulator of the loop: dishes apart, shapes, what it may see, what it learns."""

import numpy as np
import pytest
import torch
from test_patch_emulator import cyclic_counts

from brainwright.emulator import DishEmulators, contexts, fit_emulator, forecast_skill
from brainwright.emulator.noise import N_LEVELS, clean_from_velocity, signal_share


def small(n_dishes=2, n_periods=24):
    counts, symbols = cyclic_counts(n_dishes=n_dishes, n_periods=n_periods)
    return DishEmulators(counts, n_latent=6), counts, symbols


def test_verbs_and_shapes():
    emulator, counts, _ = small()
    patches = emulator.encode(counts)
    predicted = emulator.predict(contexts(patches))
    assert patches.shape == (2, 24, 2, 6)
    assert predicted.shape == (2, 23, 2, 6)
    assert emulator.decode(predicted).shape == (2, 23, 2, 12)
    assert (emulator.decode(predicted) > 0).all()


def test_dishes_do_not_share_weights():
    emulator, counts, _ = small()
    emulator.decode(emulator.encode(counts))[1].sum().backward()
    gradients = [p.grad for p in emulator.parameters() if p.grad is not None]
    assert all(not g[0].any() for g in gradients)
    assert any(g[1].any() for g in gradients)


def test_a_patch_is_read_from_its_own_window_alone():
    emulator, counts, _ = small()
    changed = counts.clone()
    changed[:, 5, 1] += 3  # late
    before, after = emulator.encode(counts), emulator.encode(changed)
    same = torch.isclose(before, after).all(3)
    assert not same[:, 5, 1].any()
    same[:, 5, 1] = True
    assert same.all()


def test_the_prediction_is_the_diffusions_mean_of_pure_noise():
    """z0 = sqrt(abar) z - sqrt(1 - abar) v, with z = 0 at the last level, where abar is nothing."""
    assert signal_share(torch.tensor(N_LEVELS)) < 1e-4
    emulator, counts, _ = small()
    with torch.no_grad():
        for name, p in emulator.named_parameters():
            if name.startswith("dynamics__out__bias"):
                p.fill_(0.3)  # an untrained transformer says its last bias everywhere
    context = contexts(emulator.encode(counts))
    torch.testing.assert_close(emulator.predict(context), torch.full((2, 23, 2, 6), -0.3))


def test_it_learns_a_cycle_and_improves_through_its_dynamics_alone():
    counts, _ = cyclic_counts(n_dishes=1, n_periods=120)
    emulator = DishEmulators(counts[:, :90], n_latent=6)
    fit_emulator(emulator, counts[:, :90], steps=40, batch=16)
    skill = forecast_skill(emulator, counts[:, :90], counts[:, 90:])
    assert skill["emulator"][0] > max(0.3, float(skill["persistence"][0]))
    names = {id(p): name for name, p in emulator.named_parameters()}
    assert all(names[id(p)].startswith("dynamics__") for p in emulator.dynamics_parameters())
    loss = emulator.latent_loss(emulator.encode(counts), torch.Generator().manual_seed(0))
    assert np.isfinite(loss.detach().numpy()).all()


def test_a_chain_is_the_flow_from_the_mean_of_the_noise():
    """Of one step it is the expected value; the next step starts where that guess puts the patches."""
    counts = torch.poisson(torch.full((2, 8, 2, 5), 1.0), generator=torch.Generator().manual_seed(0))
    one, two = (DishEmulators(counts, 4, seed=1, chain=chain) for chain in (1, 2))
    with torch.no_grad():
        for emulator in (one, two):  # as drawn, the last layer is zero and the dynamics says nothing
            for name, parameter in emulator.named_parameters():
                if name.startswith("dynamics"):
                    parameter += 0.1 * torch.randn(
                        parameter.shape, generator=torch.Generator().manual_seed(len(name))
                    )
        context = contexts(one.encode(counts))
        first = one.predict(context)[:, :, [1, 0]]
        known, level = torch.zeros(3, dtype=torch.long), torch.tensor(N_LEVELS // 2)
        noisy = torch.cat([context, torch.zeros_like(context)], 2)
        guess = -one._diffuse(noisy, torch.cat([known, known + N_LEVELS]))
        torch.testing.assert_close(guess[:, :, 3:5], first)
        halfway = signal_share(level).sqrt() * guess[:, :, 3:]
        v = one._diffuse(torch.cat([context, halfway], 2), torch.cat([known, known + level]))[:, :, 3:]
        expected = clean_from_velocity(halfway, v, level)
    torch.testing.assert_close(two.predict(context).detach(), expected[:, :, [1, 0]])
    with pytest.raises(ValueError, match="at least one step"):
        DishEmulators(counts, 4, chain=0)
