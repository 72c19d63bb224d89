"""The text model: pieces of its bound, what each role may see, few sentences learned by heart, storage."""

import math

import pytest
import torch

from brainwright.emulator.text import (
    Bigram,
    SavedTextError,
    TextError,
    TextPlan,
    TextShape,
    TextVAE,
    between,
    fit_text,
    load_text,
    save_text,
    share_exact,
    share_grammatical,
)
from brainwright.emulator.text.bytes import END, N_SYMBOLS, bytes_right, texts_of, tokens, words_right

FEW = ["the cat sat", "a dog ran", "an owl flew", "naïve ☃"]
SMALL = TextShape(n_bytes=12, n_latent=8, width=24, n_layers=1, n_heads=2, rank=4)


@pytest.fixture(scope="module")
def by_heart() -> TextVAE:
    """Learned in about a second."""
    return fit_text(FEW, SMALL, TextPlan(steps=160, batch=16, learning_rate=1e-2, kl_weight=1e-3))


def test_texts_become_bytes_and_back():
    rows = tokens(FEW, 12)
    assert texts_of(rows) == FEW
    assert (rows[:, -1] == END).all()


@pytest.mark.parametrize(
    ("texts", "words"), [([], "none"), (["x" * 13], "13"), ([""], "1 to 12 bytes, got one of 0")]
)
def test_texts_that_do_not_fit_are_refused(texts, words):
    with pytest.raises(TextError, match=words):
        tokens(texts, 12)


def test_few_sentences_are_learned_by_heart_and_written_from_latents_alone(by_heart):
    assert by_heart.reconstruct(FEW) == FEW
    assert share_exact(by_heart, FEW) == 1
    assert by_heart.right_forced(by_heart.encode(FEW), FEW) == [1.0] * 4
    assert min(by_heart.right_forced(by_heart.encode(FEW).roll(1, 0), FEW)) < 1
    ends = between(by_heart.encode(FEW[:2]), by_heart.encode(FEW[2:]), 3)
    assert ends.shape == (2, 3, 8)
    assert 0 <= share_grammatical(by_heart, FEW, lambda text: text if text in FEW else None) <= 1


def test_pieces_of_the_bound_of_a_model_that_knows_nothing():
    """All symbols alike: log(259) nats for every byte and the end; the other piece is |mu|^2 / 2."""
    model = TextVAE(SMALL)
    torch.nn.init.zeros_(model.base.read.weight)
    torch.nn.init.zeros_(model.base.read.bias)
    rows = tokens(["abc", "abcdef"], 12)
    told, kl = model.losses(rows, torch.randn(2, 8, generator=torch.Generator().manual_seed(1)))
    assert torch.allclose(told, math.log(N_SYMBOLS) * torch.tensor([4.0, 7.0]), rtol=1e-5)
    assert torch.allclose(kl, model.mean(rows).square().sum(1) / 2)
    # KL of N(mu, 1) from N(0, 1), by torch
    law = torch.distributions.Normal(model.mean(rows), 1.0)
    assert torch.allclose(
        kl, torch.distributions.kl_divergence(law, torch.distributions.Normal(0.0, 1.0)).sum(1)
    )


def test_the_decoder_sees_the_latents_and_no_later_byte(by_heart):
    rows, z = tokens(FEW[:1], 12), by_heart.encode(FEW[:1])
    changed = rows.clone()
    changed[0, 5:] = ord("x")
    with torch.no_grad():
        before, after = by_heart.logits(z, rows), by_heart.logits(z, changed)
        assert torch.allclose(before[:, :6], after[:, :6], atol=1e-5)  # float32 sums of another shape
        assert not torch.allclose(before[:, 6:], after[:, 6:], atol=1e-2)
        assert not torch.allclose(before[:, 0], by_heart.logits(z + 1, rows)[:, 0], atol=1e-2)


def test_the_rows_of_a_byte_are_its_embedding_and_a_convolution_over_those_before(by_heart):
    base, rows = by_heart.base, tokens(FEW, 12)
    embedded = base.embedding(rows)
    convolved = base.neighbours(torch.nn.functional.pad(embedded.mT, (3, 0))).mT
    assert torch.allclose(
        base.entered(rows), embedded + convolved, atol=1e-5
    )  # float32, another order of sums


def test_the_encoder_sees_later_bytes_and_no_padding(by_heart):
    rows = tokens(["the cat sat"], 12)
    longer = torch.cat([rows, torch.full((1, 1), END)], dim=1)
    with torch.no_grad():
        assert torch.allclose(by_heart.mean(rows), by_heart.mean(longer), atol=1e-5)
        assert not torch.allclose(by_heart.mean(rows), by_heart.mean(tokens(["the cat ran"], 12)), atol=1e-2)


def test_roles_begin_as_the_base_and_differ_by_low_rank():
    model = TextVAE(SMALL)
    layer, x = model.base.blocks[0].qkv, torch.randn(3, 24)
    assert torch.equal(layer(x, "encoder"), layer(x, "decoder"))
    torch.nn.init.normal_(layer.up["encoder"])
    change = layer(torch.eye(24), "encoder") - layer(torch.eye(24), "decoder")
    assert torch.linalg.matrix_rank(change, atol=1e-3) == SMALL.rank


def test_the_latents_reach_every_byte_without_attention():
    """Else words that are learned late fade from the latents: attention must find them first."""
    model, rows = TextVAE(SMALL), tokens(FEW[:1], 12)
    for block in model.base.blocks:
        torch.nn.init.zeros_(block.out.base.weight)  # its adapters start at zero
    with torch.no_grad():
        apart = model.logits(torch.ones(1, 8), rows) - model.logits(torch.zeros(1, 8), rows)
    assert (apart.abs().amax(-1) > 1e-2).all()


def test_the_bigram_says_what_was_counted_and_nothing_of_a_text():
    """By hand: in "abab" and "abb" "a" begins, "b" follows it, and "b" is followed by an end twice."""
    bigram, rows = Bigram(["abab", "abb"], 4), tokens(["abab", "abb", "ab b"], 4)
    assert bigram.decode(torch.zeros(2, 8)) == ["ab", "ab"]
    guess = bigram.likeliest(torch.zeros(3, 8), rows)
    assert bytes_right(rows, guess) == pytest.approx([3 / 4, 2 / 3, 2 / 4])
    assert words_right(rows, guess) == [0, 0, 0.5]


def test_training_draws_depend_on_the_seed_alone():
    plan = TextPlan(steps=2, batch=4)
    a, b = (fit_text(FEW, SMALL, plan).encode(FEW) for _ in range(2))
    assert torch.equal(a, b)


def test_what_was_saved_comes_back_and_a_folder_without_weights_is_refused(by_heart, tmp_path):
    save_text(by_heart, tmp_path / "model")
    assert load_text(tmp_path / "model").reconstruct(FEW) == FEW
    with pytest.raises(SavedTextError, match="no weights"):
        load_text(tmp_path)
    path = tmp_path / "model" / "text.safetensors"
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(SavedTextError, match="checksum"):
        load_text(tmp_path / "model")
