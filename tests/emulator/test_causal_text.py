"""A tiny, randomly initialised causal model of Hugging Face as the base of a text model."""

import pytest
import torch

from brainwright.emulator.text import TextError
from brainwright.emulator.text.causal import CausalText

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
