"""Auxiliary maps against closed forms and SciPy, and on tasks whose answer is known."""

import numpy as np
import pytest
import torch
from scipy import stats
from scipy.special import log_softmax
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

from brainwright.emulator import Embeddings, Symbols, TaskEncoder, Vectors, fit_task_encoder

RNG = np.random.default_rng(0)


def normal(*shape):
    return torch.from_numpy(RNG.normal(size=shape))


def test_symbols_are_linear_discriminant_analysis():
    target = torch.from_numpy(RNG.integers(0, 4, 400))
    patch = normal(4, 5)[target] + 0.7 * normal(400, 5)
    found = Symbols.fit(patch, target, 4, ridge=0.0)
    lda = LinearDiscriminantAnalysis(solver="lsqr").fit(patch.numpy(), target.numpy())
    expected = lda.predict_log_proba(patch.numpy())[np.arange(400), target.numpy()]
    np.testing.assert_allclose(found.log_prob(patch, target).numpy(), expected, atol=2e-3)


def test_symbols_that_cannot_be_fitted_are_refused():
    with pytest.raises(ValueError, match="never occur"):
        Symbols.fit(normal(6, 2), torch.tensor([0, 0, 1, 1, 0, 1]), 3)
    with pytest.raises(ValueError, match="symbols 0 to 1"):
        Symbols.fit(normal(3, 2), torch.tensor([0, 1, 2]), 2)
    with pytest.raises(ValueError, match="a target for each"):
        Symbols.fit(normal(1, 2), torch.tensor([0]), 2)


def test_vectors_recover_a_linear_gaussian_law():
    weight, bias = normal(3, 2), normal(2)
    spread = torch.tensor([[0.5, 0.2], [0.2, 0.3]], dtype=torch.float64)
    patch = normal(40_000, 3)
    target = patch @ weight + bias + normal(40_000, 2) @ torch.linalg.cholesky(spread).mT
    found = Vectors.fit(patch, target, ridge=0.0)
    torch.testing.assert_close(found.weight, weight, atol=0.02, rtol=0)
    torch.testing.assert_close(found.bias, bias, atol=0.02, rtol=0)
    torch.testing.assert_close(found.covariance, spread, atol=0.02, rtol=0)
    law = stats.multivariate_normal(found.mean(patch[0]).numpy(), found.covariance.numpy())
    assert found.log_prob(patch[:1], target[:1]).item() == pytest.approx(law.logpdf(target[0].numpy()))


@pytest.mark.parametrize("kind", ["cosine", "gaussian"])
def test_embeddings_find_the_item_that_was_meant(kind):
    table, mix = normal(64, 16), normal(16, 10)
    target = torch.from_numpy(RNG.integers(0, 64, 900))
    patch = table[target] @ mix + 0.1 * normal(900, 10)
    found = Embeddings.fit(patch[:600], target[:600], table, kind=kind)
    hits = found.logits(patch[600:]).argmax(1) == target[600:]
    assert hits.double().mean() > 0.8  # chance is 1 / 64
    shuffled = Embeddings.fit(patch[:600], target[torch.randperm(600)], table, kind=kind)
    assert (shuffled.logits(patch[600:]).argmax(1) == target[600:]).double().mean() < 0.1
    assert shuffled.sharpness < found.sharpness
    np.testing.assert_allclose(found.logits(patch[:3]).log_softmax(1).exp().sum(1), 1)
    near = found.regression.mean(patch[:1]).numpy()[0]
    if kind == "gaussian":
        expected = log_softmax(-found.sharpness * np.square(table.numpy() - near).sum(1) / 2)
    else:
        unit = table.numpy() / np.linalg.norm(table.numpy(), axis=1, keepdims=True)
        expected = log_softmax(found.sharpness * unit @ near / np.linalg.norm(near))
    assert found.log_prob(patch[:1], target[:1]).item() == pytest.approx(expected[int(target[0])])


def test_the_encoder_learns_through_a_fixed_prediction():
    """The target is a linear function of what the emulator makes of context + C history, C known."""
    move, code = torch.linalg.qr(normal(4, 4))[0], normal(3, 4)
    context, history = normal(300, 4), normal(300, 3)
    target = (context + history @ code) @ move
    same = torch.eye(4, dtype=torch.float64)
    decoder = Vectors(same, torch.zeros(4, dtype=torch.float64), 0.1 * same)
    encoder = TaskEncoder(3, 4).double()
    assert not encoder(history).any()
    fit_task_encoder(encoder, lambda z: z @ move, decoder, context, history, target, steps=400)
    torch.testing.assert_close(encoder.map.weight.mT, code, atol=0.02, rtol=0)


def test_a_gradient_of_the_task_moves_a_patch_towards_its_target():
    target = torch.from_numpy(RNG.integers(0, 3, 200))
    patch = 2 * normal(3, 5)[target] + normal(200, 5)
    decoder = Symbols.fit(patch, target, 3)
    wanted = (target + 1) % 3
    here = patch.clone().requires_grad_()
    before = decoder.log_prob(here, wanted)
    before.sum().backward()
    assert (decoder.log_prob(patch + 0.05 * here.grad, wanted) > before.detach()).all()
