"""A tiny, randomly initialised causal model of Hugging Face as the base of a text model."""

import pytest
import torch

from brainwright.emulator.text import TextError, TextPlan, TextShape, fit_adapters
from brainwright.emulator.text.causal import CausalText, _touched
from brainwright.loop.reading.text_model import packed, text_model, unpacked

TEXTS = ["a cat", "two dogs"]


def test_a_folder_without_weights_is_refused(tmp_path):
    with pytest.raises(TextError, match="expected the weights of a model in"):
        CausalText.load(tmp_path)


@pytest.mark.filterwarnings("ignore")  # deprecations within transformers
def test_adapters_of_a_frozen_model_learn_two_texts(tmp_path):
    transformers = pytest.importorskip("transformers")
    torch.manual_seed(1)
    # weights of sd 1: logits of a frozen model must be able to tell tokens apart
    sizes = {
        "initializer_range": 1.0,
        "bos_token_id": None,
        "eos_token_id": 1,
        "vocab_size": 384,
        "n_positions": 12,
        "n_embd": 16,
        "n_layer": 1,
        "n_head": 2,
    }
    transformers.GPT2LMHeadModel(transformers.GPT2Config(**sizes)).save_pretrained(tmp_path)
    transformers.ByT5Tokenizer().save_pretrained(tmp_path)
    model = CausalText.load(tmp_path, n_latent=4, n_tokens=10)
    before = {name: value.clone() for name, value in model.base.state_dict().items()}
    rows, silent = model.tokens(TEXTS), torch.zeros(2, 4)
    assert rows.shape == (2, 8)
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimiser, told = torch.optim.Adam(trained, lr=0.02), []
    for _ in range(150):
        loss, kl = model.losses(rows, silent)
        optimiser.zero_grad()
        loss.sum().backward()
        optimiser.step()
        told.append(float(loss.detach().sum()))
    assert (kl > 0).all()
    assert told[-1] < 0.5 * told[0]
    assert all(torch.equal(before[name], value) for name, value in model.base.state_dict().items())
    assert model.encode(TEXTS).shape == (2, 4)
    assert len(model.decode(model.encode(TEXTS))) == 2
    # what is behind a text's end changes nothing
    longer = torch.nn.functional.pad(rows, (0, 1), value=-1)
    assert torch.allclose(model.mean(rows), model.mean(longer), atol=1e-5)
    forced = model.right_forced(model.encode(TEXTS), TEXTS)
    assert all(0 <= share <= 1 for share in forced)
    # what was learned is kept without the base, and comes back over the same base
    again = CausalText.load(tmp_path, n_latent=4, n_tokens=10, seed=5)
    assert not torch.allclose(again.encode(TEXTS), model.encode(TEXTS), atol=1e-3)
    assert torch.equal(again.with_learned(model.learned()).encode(TEXTS), model.encode(TEXTS))
    with pytest.raises(TextError, match="adapters of this base"):
        CausalText.load(tmp_path, n_latent=3, n_tokens=10).with_learned(model.learned())


@pytest.fixture
def tiny(tmp_path):
    transformers = pytest.importorskip("transformers")
    torch.manual_seed(2)
    sizes = {"bos_token_id": None, "eos_token_id": 1, "vocab_size": 384, "n_positions": 12}
    config = transformers.GPT2Config(**sizes, n_embd=16, n_layer=1, n_head=2)
    transformers.GPT2LMHeadModel(config).save_pretrained(tmp_path)
    transformers.ByT5Tokenizer().save_pretrained(tmp_path)
    return tmp_path


@pytest.mark.filterwarnings("ignore")  # deprecations within transformers
def test_the_latents_reach_every_token_without_attention_and_hidden_tokens_do_not(tiny):
    """Else words that are learned late fade from the latents, as they did in the byte-level model."""
    model = CausalText.load(tiny, n_latent=4, n_tokens=10)
    for name, part in model.base.named_parameters():
        if "attn.c_proj" in name:
            torch.nn.init.zeros_(part)
    rows = model.tokens(TEXTS[:1])
    with torch.no_grad():
        apart = model._logits(torch.ones(1, 4), rows) - model._logits(-torch.ones(1, 4), rows)
        assert (apart.abs().amax(-1) > 1e-3).all()
        none = torch.zeros(1, 4)
        hidden, other = torch.ones_like(rows, dtype=torch.bool), rows.roll(1, 1)
        assert torch.equal(model._logits(none, rows, hidden), model._logits(none, other, hidden))
        assert not torch.equal(model._logits(none, rows), model._logits(none, other))


@pytest.mark.filterwarnings("ignore")  # deprecations within transformers
def test_a_reading_takes_a_pretrained_folder_and_keeps_what_was_learned(tiny):
    shape = TextShape(n_bytes=8, n_latent=4)
    model = text_model(tiny, TEXTS, shape, TextPlan(steps=2))
    assert isinstance(model, CausalText)
    again = unpacked(packed(model), tiny)
    assert torch.equal(again.encode(TEXTS), model.encode(TEXTS))
    frozen = {name: part.clone() for name, part in model.base.state_dict().items()}
    fit_adapters(model, TEXTS, TextPlan(steps=1))
    assert all(torch.equal(frozen[name], part) for name, part in model.base.state_dict().items())


@pytest.mark.parametrize(
    ("before", "shown", "words"),
    [("", "a", [0]), ("a", "a b", [1]), ("a ", "a b", [1]), ("a b", "a bc d", [1, 2]), ("a", "a ", [])],
)
def test_letters_that_come_belong_to_the_word_that_they_continue(before, shown, words):
    assert list(_touched(before, shown)) == words
