"""Auxiliary maps against the closed form, and the promise that the emulator stays fixed."""

import numpy as np
import torch
from scipy.special import softmax
from test_patch_emulator import cyclic_counts

from brainwright.emulator import AuxiliaryMaps, PatchEmulator, contexts, fit_auxiliary, fit_emulator
from brainwright.emulator.dish.auxiliary import SURE, fit_decoder


def fitted(n_periods=120):
    counts, symbols = cyclic_counts(n_periods=n_periods)
    emulator = PatchEmulator(counts)
    fit_emulator(emulator, counts, steps=60)
    maps = AuxiliaryMaps(len(counts), 3, emulator.n_latent)
    return emulator, maps, counts, symbols


def test_logits_are_the_posterior_of_gaussian_classes():
    maps = AuxiliaryMaps(2, 4, 5)
    rng = np.random.default_rng(0)
    maps.centres = torch.from_numpy(rng.normal(size=(2, 4, 5)).astype(np.float32))
    maps.spread = torch.full((2, 1, 1), 0.7)
    z = torch.from_numpy(rng.normal(size=(2, 3, 2, 5)).astype(np.float32))
    distance = ((z.numpy()[:, :, 0, None] - maps.centres.numpy()[:, None]) ** 2).sum(3)
    expected = softmax(-distance / (2 * 0.7**2), axis=2)
    np.testing.assert_allclose(maps.logits(z).softmax(2).numpy(), expected, rtol=1e-4)


def test_a_centre_is_named_surely():
    maps = AuxiliaryMaps(1, 3, 3)
    patches = torch.zeros(1, 30, 2, 3)
    symbols = torch.arange(30)[None] % 3
    patches[0, :, 0] = torch.eye(3)[symbols[0]]  # equidistant centres
    fit_decoder(maps, patches, symbols)
    p = maps.logits(patches).softmax(2)
    named = p.gather(2, symbols[:, :, None])
    torch.testing.assert_close(named, torch.full_like(named, SURE), rtol=1e-4, atol=1e-5)


def test_a_symbol_never_heard_keeps_the_mean():
    maps = AuxiliaryMaps(1, 4, 3)
    patches = torch.randn(1, 20, 2, 3, generator=torch.Generator().manual_seed(0))
    fit_decoder(maps, patches, torch.arange(20)[None] % 3)
    torch.testing.assert_close(maps.centres[0, 3], patches[0, :, 0].mean(0))


def test_fitting_leaves_the_emulator_alone_and_names_the_next_symbol():
    emulator, maps, counts, symbols = fitted()
    before = {k: v.clone() for k, v in emulator.state_dict().items()}
    fit_auxiliary(maps, emulator, counts, symbols)
    assert all(torch.equal(before[k], v) for k, v in emulator.state_dict().items())
    context = contexts(emulator.encode(counts))[:, :-1]
    history = torch.stack([symbols[:, 1:-1], symbols[:, :-2]], dim=2)
    named = maps.logits(emulator.predict(maps.with_task(context, history))).argmax(2)
    assert (named == symbols[:, 2:]).float().mean() > 0.95


def test_the_task_enters_at_the_current_response_only():
    emulator, maps, counts, symbols = fitted()
    context = contexts(emulator.encode(counts))
    history = torch.stack([symbols[:, 1:], symbols[:, :-1]], dim=2)
    changed = maps.with_task(context, history)
    assert torch.equal(changed[:, :, :2], context[:, :, :2])
    assert not torch.equal(changed[:, :, 2], context[:, :, 2])
